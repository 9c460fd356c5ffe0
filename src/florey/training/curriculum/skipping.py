"""Questions whose groups keep coming back without a gradient are asked less often, and never quite forgotten.

After GRESO (arXiv 2506.02177): each further group in a row that was all right or all wrong makes it likelier that the
question is passed over. A floor keeps asking; deleting solved questions outright has destabilised runs (MiMo).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from florey.training.curriculum.groups import Group


class SkipConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    keep: float = Field(default=0.5, ge=0, le=1)  # chance to be asked is keep ** (groups in a row without gradient)
    floor: float = Field(default=0.05, gt=0, le=1)  # exploration: the chance never falls below it


class Skipping:
    """Runs of groups without a gradient, by question. A run of right ones counts up, of wrong ones down."""

    def __init__(self, ids: Sequence[str], config: SkipConfig) -> None:
        self.ids, self.config = tuple(ids), config
        self._place = {id: place for place, id in enumerate(self.ids)}
        self.runs = np.zeros(len(self.ids), dtype=np.int64)

    def observe(self, group: Group) -> None:
        place = self._place.get(group.question_id)
        if place is None:
            return
        if group.informative:
            self.runs[place] = 0
        else:
            sign = 1 if all(group.correct) else -1
            self.runs[place] = sign * (abs(int(self.runs[place])) + 1 if self.runs[place] * sign >= 0 else 1)

    def chance(self) -> npt.NDArray[np.float64]:
        """To be asked, by question."""
        return np.asarray(np.maximum(self.config.keep ** np.abs(self.runs).astype(float), self.config.floor))

    def asked(self, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
        """Who is not passed over this time."""
        return np.asarray(rng.random(len(self.ids)) < self.chance())

    @property
    def solved(self) -> npt.NDArray[np.bool_]:
        """Whose newest group was all right."""
        return np.asarray(self.runs > 0)

    def metrics(self) -> dict[str, float]:
        return {"skipped": float(1 - self.chance().mean()), "solved": float(self.solved.mean())}

    def state_dict(self) -> dict[str, Any]:
        return {"runs": {id: run for id, run in zip(self.ids, self.runs.tolist(), strict=True) if run}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing of before stays: a question that the state does not name has no run."""
        self.runs[:] = 0
        for id, run in state["runs"].items():
            if (place := self._place.get(id)) is not None:
                self.runs[place] = run
