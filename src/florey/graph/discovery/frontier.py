"""Which page to read next: the one with the largest expected gain.

gain = pull x expected yield x rarity x scarcity. The last three depend only on what kind of page is expected (its type
and specialty) and change with every page read; the pull belongs to one page. Pages are therefore kept in one heap a
kind, and the best page is the best of the heaps' tops: choosing among a million pages looks at some dozens.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from pydantic import BaseModel, ConfigDict

from florey.graph.discovery.reading import Reading, Why

UNKNOWN = "unknown"
Kind = tuple[str, str]  # expected type, specialty
SEED_PULL = 1e6
"""Seeds come before anything that they lead to."""


class GainWeights(BaseModel):
    """How much each reason counts; 0 switches it off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    open_ends: float = 2.0  # an edge leads there, but the page was not read; a plain link counts 1
    rarity: float = 2.0  # few pages of its type were read
    scarcity: float = 2.0  # few pages of its specialty were read


class Frontier:
    """Its state is a function of the readings it was told of, in order: replaying a journal restores it."""

    def __init__(self, weights: GainWeights, expected_type: Callable[[str], str | None]) -> None:
        self._weights = weights
        self._expected_type = expected_type
        self._heaps: defaultdict[Kind, list[tuple[float, str]]] = defaultdict(list)  # (-pull, title); old pulls stay in
        self._chosen: Counter[str] = Counter()  # pages, by expected type
        self._gave: Counter[str] = Counter()  # relations that those gave
        self._kind_of: dict[str, Kind] = {}  # every page heard of
        self._links: Counter[str] = Counter()
        self._open_ends: Counter[str] = Counter()
        self._pull: dict[str, float] = {}  # of pages that wait; the chosen ones are gone
        self._done: set[str] = set()
        self._types: Counter[str] = Counter()
        self._specialties: Counter[str] = Counter()

    def __len__(self) -> int:
        """Pages that wait."""
        return len(self._pull)

    def seed(self, titles: Iterable[str]) -> None:
        """Pages to start from, most important first."""
        for place, title in enumerate(titles):
            if title not in self._kind_of:
                self._hear_of(title, "")
                self._put(title, SEED_PULL - place)

    def learn(self, reading: Reading) -> None:
        """Takes a reading into account: the page is done, its links and open ends wait."""
        for title in (reading.asked, reading.title):
            self._done.add(title)
            self._pull.pop(title, None)
        self._chosen[reading.why.expected_type] += 1
        self._gave[reading.why.expected_type] += len(reading.candidates)
        if reading.outcome == "read":
            self._types[reading.type or UNKNOWN] += 1
            self._specialties.update(reading.specialties or ("",))
        specialty = reading.specialties[0] if reading.specialties else ""
        ends = Counter(reading.ends())
        for title in sorted({*reading.links, *ends} - self._done):
            self._hear_of(title, specialty)
            self._links[title] += reading.links.get(title, 0) > 0
            self._open_ends[title] += ends[title]
            if self._pull.get(title, 0) < SEED_PULL / 2:  # a seed keeps its place
                wanted = self._links[title] + self._weights.open_ends * self._open_ends[title]
                self._put(title, math.log2(1 + wanted))

    def choose(self, count: int) -> list[tuple[str, Why]]:
        """Takes out the `count` best pages, best first; ties by title."""
        chosen: list[tuple[str, Why]] = []
        while len(chosen) < count and (best := self._best()):
            title, why = best
            del self._pull[title]
            chosen.append((title, why))
        return chosen

    def _best(self) -> tuple[str, Why] | None:
        best: tuple[float, str, Why] | None = None
        for kind, heap in sorted(self._heaps.items()):
            while heap and self._pull.get(heap[0][1]) != -heap[0][0]:
                heapq.heappop(heap)
            if heap:
                why = self._why(kind, -heap[0][0])
                if best is None or (-why.gain, heap[0][1]) < best[:2]:
                    best = (-why.gain, heap[0][1], why)
        return best[1:] if best else None

    def _why(self, kind: Kind, pull: float) -> Why:
        expected_type, specialty = kind
        # as if one page had given one relation, before anything is known
        expected_yield = (self._gave[expected_type] + 1) / (self._chosen[expected_type] + 1)
        share = 1.0 if expected_type == UNKNOWN else self._types[expected_type] / max(1, self._types.total())
        rarity = 1 + self._weights.rarity * (1 - share)
        scarcity = 1 + self._weights.scarcity / math.sqrt(1 + self._specialties[specialty])
        return Why(
            expected_type=expected_type,
            specialty=specialty,
            pull=pull,
            expected_yield=expected_yield,
            rarity=rarity,
            scarcity=scarcity,
            gain=pull * expected_yield * rarity * scarcity,
        )

    def _hear_of(self, title: str, specialty: str) -> None:
        if title not in self._kind_of:
            self._kind_of[title] = (self._expected_type(title) or UNKNOWN, specialty)

    def _put(self, title: str, pull: float) -> None:
        self._pull[title] = pull
        heapq.heappush(self._heaps[self._kind_of[title]], (-pull, title))
