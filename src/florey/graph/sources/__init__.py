"""One short file a source: nodes and statements with their evidence, streamed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from florey.graph.model import Node, Statement


@dataclass(frozen=True, slots=True)
class Licence:
    """What a source's data may be used for, and whom to name. Travels with the graph, its exports and its questions."""

    name: str  # SPDX where there is one: "CC0-1.0", "CC-BY-SA-4.0"
    attribution: str


class Source(Protocol):
    """`dropped` and `rewritten` count, by reason, while `nodes` and then `statements` are consumed."""

    release: str
    dropped: Counter[str]
    rewritten: Counter[str]

    @property
    def licences(self) -> Mapping[str, Licence]:
        """By the name that stands in `Statement.source`."""
        ...

    def nodes(self) -> Iterator[Node]: ...

    def statements(self) -> Iterator[Statement]: ...
