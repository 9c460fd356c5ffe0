"""Which answers are asked for: rare ones rather than common, all groups of them, none too often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from florey.graph.store import Graph
from florey.synthesis import rarity
from florey.synthesis.config import SynthesisConfig

PATIENCE = 30
"""Failures in a row after which an answer is retired; a quarter of it for one that has made no question yet."""
Floats = npt.NDArray[np.float64]


class Answers:
    """The possible answers of one kind of question, with the probability of each; they retire, so that drawing ends."""

    def __init__(
        self,
        graph: Graph,
        members: npt.NDArray[np.int64],
        degrees: npt.NDArray[np.int64],  # by node of the graph
        config: SynthesisConfig,
        prevalence: Mapping[str, float] | None,
    ) -> None:
        self.members, self.degrees = members, np.maximum(degrees[members], 1)
        self._limit = config.max_per_answer
        known = None
        if prevalence is not None:
            known = np.array([prevalence.get(graph.ids[node], np.nan) for node in members.tolist()])
        self._weights = rarity.weights(self.degrees, config.alpha, known)
        self._strata, self._share = np.full(len(members), -1), 0.0
        if config.coverage:
            self._strata, self._share = rarity.strata(graph, members, config.coverage.by), config.coverage.share
        self._alive = np.ones(len(members), bool)
        self._place = {int(node): i for i, node in enumerate(members.tolist())}
        self._failures: Counter[int] = Counter()
        self._used: Counter[int] = Counter()
        self.rarities = _rarities(members, self.degrees)

    @property
    def left(self) -> int:
        """How many have not retired."""
        return int(self._alive.sum())

    def probabilities(self) -> Floats:
        """Of each member at the next draw; 0 where it has retired."""
        return rarity.covered(np.where(self._alive, self._weights, 0.0), self._strata, self._share)

    def draw(self, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Node indices in random order, each floor or ceil of count times its probability."""
        drawn: npt.NDArray[np.int64] = self.members[rarity.systematic(self.probabilities(), count, rng)]
        return drawn

    def failed(self, node: int) -> None:
        self._failures[node] += 1
        if self._failures[node] >= (PATIENCE if self._used[node] else PATIENCE // 4):
            self._alive[self._place[node]] = False

    def made(self, node: int) -> None:
        self._used[node] += 1
        self._failures[node] = 0
        if self._used[node] >= self._limit:
            self._alive[self._place[node]] = False

    def spent(self, node: int) -> bool:
        """Whether the answer has all the questions it may have."""
        return self._used[node] >= self._limit

    def describe(self, count: int) -> dict[str, Any]:
        """Chosen weights beside uniform and degree-proportional ones, before anything retired."""
        chosen = rarity.covered(self._weights, self._strata, self._share)
        return rarity.beside(self.degrees, chosen, count)


def _rarities(members: npt.NDArray[np.int64], degrees: npt.NDArray[np.int64]) -> dict[int, float]:
    """Share of the other members that have a higher degree; ties count half. 0 common .. 1 rare."""
    ordered = np.sort(degrees)
    above = len(ordered) - np.searchsorted(ordered, degrees, side="right")
    ties = np.searchsorted(ordered, degrees, side="right") - np.searchsorted(ordered, degrees, side="left") - 1
    share = (above + ties / 2) / max(len(ordered) - 1, 1)
    return dict(zip(members.tolist(), share.tolist(), strict=True))
