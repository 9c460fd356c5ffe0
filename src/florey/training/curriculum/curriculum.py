"""A round's curriculum as an engine sees it: what is asked next, what came of it, whether the round is over."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from florey.training.curriculum.choosing import Adaptive, ChoiceConfig, Chooser, InOrder
from florey.training.curriculum.groups import Group, informative_share, mean_reward
from florey.training.curriculum.guard import Guard, GuardConfig
from florey.training.curriculum.plateau import Plateau, PlateauConfig

WRONG, RIGHT = "wrong", "right"
"""The parts of a stage 2 round."""


class CurriculumConfig(BaseModel):
    """Of one round. JSON, so that it can travel to the processes that train."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    choice: ChoiceConfig | None = None  # null: the rows in their order
    shares: dict[str, float] = Field(default={})  # part -> share of the places; empty: equal shares
    plateau: PlateauConfig | None = None
    guard: GuardConfig | None = None
    seed: int = 0


class Curriculum:
    """Chooses, watches for the plateau, guards against collapse.

    An engine may ask for a step's rows before it has told what came of the step before (a data loader reads ahead).
    What was handed out and not told of yet is part of the state: a run that goes on is handed it again.
    """

    def __init__(self, config: CurriculumConfig, rows: Sequence[Mapping[str, Any]]) -> None:
        self.config = config
        self.chooser: Chooser = (
            Adaptive(rows, config.shares, config.choice, config.seed) if config.choice else InOrder(len(rows))
        )
        self.plateau = Plateau(config.plateau) if config.plateau else None
        self.guard = Guard(config.guard) if config.guard else None
        self.steps = 0
        self._out: deque[list[int]] = deque()  # handed out, nothing heard of
        self._again: deque[list[int]] = deque()  # to be handed out again first

    def next(self, count: int) -> list[int]:
        """Rows of a step."""
        rows = self._again.popleft() if self._again else self.chooser.next(count)
        self._out.append(rows)
        return rows

    def observe(self, groups: Sequence[Group]) -> None:
        """What came of the oldest step that nothing was heard of."""
        self.steps += 1
        if self._out:
            self._out.popleft()
        self.chooser.observe(groups)
        informative = informative_share(groups)
        if self.plateau:
            self.plateau.observe(mean_reward(groups), 1 - informative)
        if self.guard and self.guard.observe(informative):
            self.soften()

    def soften(self) -> None:
        """Fewer of the questions it fails, more of those it can."""
        if self.guard is None:
            return
        event: dict[str, Any] = {"step": self.steps}
        if isinstance(self.chooser, Adaptive) and {WRONG, RIGHT} <= self.chooser.shares.keys():
            shares = self.chooser.shares
            shares[WRONG], shares[RIGHT] = self.guard.softened(shares[WRONG], shares[RIGHT])
            event["shares"] = {part: round(share, 6) for part, share in shares.items()}
        self.guard.events[-1] |= event

    @property
    def ended(self) -> bool:
        return self.plateau is not None and self.plateau.fired_at is not None

    def metrics(self) -> dict[str, float]:
        found = self.chooser.metrics()
        for part in (self.plateau, self.guard):
            found |= part.metrics() if part else {}
        return {name: round(value, 6) for name, value in found.items()}

    def state_dict(self) -> dict[str, Any]:
        return {
            "steps": self.steps,
            "out": [*map(list, self._out), *map(list, self._again)],
            "chooser": self.chooser.state_dict(),
            "plateau": self.plateau.state_dict() if self.plateau else None,
            "guard": self.guard.state_dict() if self.guard else None,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.steps, self._out, self._again = state["steps"], deque(), deque(map(list, state["out"]))
        self.chooser.load_state_dict(state["chooser"])
        if self.plateau:
            self.plateau.load_state_dict(state["plateau"])
        if self.guard:
            self.guard.load_state_dict(state["guard"])
