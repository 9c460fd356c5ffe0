"""How often the policy answers a question rightly: a Beta posterior per question that forgets as the policy changes.

After MoPPS (arXiv 2507.04632): every observation decays what was known toward the prior, so that a question seen long
ago is known less well. Rates are corrected for guessing: of four options 0.25 is what knowing nothing gives.

Most questions are met once or never, and a posterior of their own says nothing of those. So the prior is what their
stratum (tier and kind) has shown, which is never worth more than some rollouts of the question's own.
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
    # The same of a question's stratum, whose rate is the mean of its prior; null: the prior stays as it is
    stratum_memory: float | None = Field(default=0.95, ge=0, le=1)
    stratum_weight: float = Field(default=16.0, gt=0)  # pseudo-counts that the prior has from it at most


def corrected(rate: Floats | float, options: npt.NDArray[np.int64] | int) -> Any:
    """The share that is known rather than guessed: (p - 1/k) / (1 - 1/k), not below 0.

    >>> corrected(0.25, 4), corrected(1.0, 4), round(corrected(0.625, 4), 3)
    (0.0, 1.0, 0.5)
    """
    chance = 1 / np.asarray(options, dtype=float)
    found = np.maximum(0.0, (np.asarray(rate) - chance) / (1 - chance))
    return found if found.ndim else float(found)


class PassRates:
    """Posteriors of the questions of a pool, by their place in `ids`. `strata`: of every question; none: no sharing."""

    def __init__(
        self, ids: Sequence[str], options: Sequence[int], config: PassRateConfig, strata: Sequence[str] = ()
    ) -> None:
        self.ids, self.config = tuple(ids), config
        self.options = np.asarray(options, dtype=np.int64)
        self._place = {id: place for place, id in enumerate(self.ids)}
        self._seen = np.zeros((2, len(self.ids)))  # right and wrong rollouts, decayed
        shared = strata if config.stratum_memory is not None else ()
        self.strata = tuple(sorted(set(shared)))
        place = {name: number for number, name in enumerate(self.strata)}
        self._stratum = np.asarray([place[name] for name in shared], dtype=np.int64)
        self._of_strata = np.zeros((2, len(self.strata)))

    def _prior(self) -> Floats:
        """(2, questions): pseudo-counts of right and wrong."""
        prior = np.asarray([[self.config.right], [self.config.wrong]])
        if not self.strata:
            return np.broadcast_to(prior, self._seen.shape)
        shown = self._of_strata + prior
        known = shown.sum(axis=0)
        worth = np.minimum(known, max(self.config.stratum_weight, float(prior.sum())))
        return np.asarray((worth * shown / known)[:, self._stratum])

    @property
    def right(self) -> Floats:
        return np.asarray(self._prior()[0] + self._seen[0])

    @property
    def wrong(self) -> Floats:
        return np.asarray(self._prior()[1] + self._seen[1])

    def place(self, question_id: str) -> int | None:
        return self._place.get(question_id)

    def observe(self, question_id: str, right: int, asked: int) -> None:
        """`right` of `asked` rollouts were right. Questions outside the pool are passed over."""
        place = self._place.get(question_id)
        if place is None or not asked:
            return
        counts = np.asarray([right, asked - right])
        self._seen[:, place] = self.config.memory * self._seen[:, place] + counts
        if self.strata and (memory := self.config.stratum_memory) is not None:
            stratum = self._stratum[place]
            self._of_strata[:, stratum] = memory * self._of_strata[:, stratum] + counts

    def mean(self) -> Floats:
        return np.asarray(self.right / (self.right + self.wrong))

    def drawn(self, rng: np.random.Generator) -> Floats:
        """One draw from every posterior (Thompson), corrected for guessing."""
        return np.asarray(corrected(rng.beta(self.right, self.wrong), self.options))

    def mixed(self, rollouts: int) -> Floats:
        """Probability that a group of so many rollouts is neither all right nor all wrong: 1 - E[p^n] - E[(1-p)^n]."""
        right, wrong = self.right, self.wrong
        known = betaln(right, wrong)
        all_right = np.exp(betaln(right + rollouts, wrong) - known)
        all_wrong = np.exp(betaln(right, wrong + rollouts) - known)
        return np.asarray(1 - all_right - all_wrong)

    def metrics(self) -> dict[str, float]:
        seen = self._seen.sum(axis=0) > 0
        return {"seen": float(seen.mean()), "pass_rate": float(self.mean()[seen].mean()) if seen.any() else 0.0}

    def state_dict(self) -> dict[str, Any]:
        """Decayed rollouts, right and wrong, of the questions and strata that were seen."""
        return {"counts": _named(self.ids, self._seen), "strata": _named(self.strata, self._of_strata)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Of another pool too: what is known of questions that are not in this one is left out. Questions
        that the state does not name are at the prior."""
        self._seen[:], self._of_strata[:] = 0, 0
        for id, counts in state["counts"].items():
            if (place := self._place.get(id)) is not None:
                self._seen[:, place] = counts
        for place, name in enumerate(self.strata):
            self._of_strata[:, place] = state.get("strata", {}).get(name, (0, 0))


def _named(names: Sequence[str], counts: Floats) -> dict[str, list[float]]:
    return {name: pair for name, pair in zip(names, counts.T.tolist(), strict=True) if any(pair)}
