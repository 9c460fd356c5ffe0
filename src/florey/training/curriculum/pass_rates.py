"""How often the policy answers a question rightly: a Beta posterior per question that forgets as the policy changes.

After MoPPS (arXiv 2507.04632): every observation decays what was known toward the prior, so that a question seen long
ago is known less well. Rates are corrected for guessing: of four options 0.25 is what knowing nothing gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field
from scipy.special import betaln

Floats = npt.NDArray[np.float64]


class PassRateConfig(BaseModel):
    """The prior and how fast it comes back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    right: float = Field(default=1.0, gt=0)  # pseudo-counts of the prior
    wrong: float = Field(default=1.0, gt=0)
    memory: float = Field(default=0.7, ge=0, le=1)  # of what was seen before, at every observation of the question


def corrected(rate: Floats | float, options: npt.NDArray[np.int64] | int) -> Any:
    """The share that is known rather than guessed: (p - 1/k) / (1 - 1/k), not below 0.

    >>> corrected(0.25, 4), corrected(1.0, 4), round(corrected(0.625, 4), 3)
    (0.0, 1.0, 0.5)
    """
    chance = 1 / np.asarray(options, dtype=float)
    found = np.maximum(0.0, (np.asarray(rate) - chance) / (1 - chance))
    return found if found.ndim else float(found)


class PassRates:
    """Posteriors of the questions of a pool, by their place in `ids`."""

    def __init__(self, ids: Sequence[str], options: Sequence[int], config: PassRateConfig) -> None:
        self.ids, self.config = tuple(ids), config
        self.options = np.asarray(options, dtype=np.int64)
        self._place = {id: place for place, id in enumerate(self.ids)}
        self.right = np.full(len(self.ids), config.right)
        self.wrong = np.full(len(self.ids), config.wrong)

    def place(self, question_id: str) -> int | None:
        return self._place.get(question_id)

    def observe(self, question_id: str, right: int, asked: int) -> None:
        """`right` of `asked` rollouts were right. Questions outside the pool are passed over."""
        place = self._place.get(question_id)
        if place is None or not asked:
            return
        memory, config = self.config.memory, self.config
        self.right[place] = config.right + memory * (self.right[place] - config.right) + right
        self.wrong[place] = config.wrong + memory * (self.wrong[place] - config.wrong) + asked - right

    def mean(self) -> Floats:
        return np.asarray(self.right / (self.right + self.wrong))

    def drawn(self, rng: np.random.Generator) -> Floats:
        """One draw from every posterior (Thompson), corrected for guessing."""
        return np.asarray(corrected(rng.beta(self.right, self.wrong), self.options))

    def mixed(self, rollouts: int) -> Floats:
        """Probability that a group of so many rollouts is neither all right nor all wrong: 1 - E[p^n] - E[(1-p)^n]."""
        known = betaln(self.right, self.wrong)
        all_right = np.exp(betaln(self.right + rollouts, self.wrong) - known)
        all_wrong = np.exp(betaln(self.right, self.wrong + rollouts) - known)
        return np.asarray(1 - all_right - all_wrong)

    def metrics(self) -> dict[str, float]:
        seen = (self.right + self.wrong) > self.config.right + self.config.wrong
        return {"seen": float(seen.mean()), "pass_rate": float(self.mean()[seen].mean()) if seen.any() else 0.0}

    def state_dict(self) -> dict[str, Any]:
        """Of the questions that were seen."""
        prior = (self.config.right, self.config.wrong)
        pairs = zip(self.ids, self.right.tolist(), self.wrong.tolist(), strict=True)
        return {"counts": {id: [right, wrong] for id, right, wrong in pairs if (right, wrong) != prior}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Of another pool too: what is known of questions that are not in this one is left out. Questions
        that the state does not name are at the prior."""
        self.right[:], self.wrong[:] = self.config.right, self.config.wrong
        for id, (right, wrong) in state["counts"].items():
            if (place := self._place.get(id)) is not None:
                self.right[place], self.wrong[place] = right, wrong
