"""One short file a source: nodes and statements with their evidence, streamed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from florey.files import file_digest
from florey.graph.model import Node, Statement


@dataclass(frozen=True, slots=True)
class Licence:
    """What a source's data may be used for, and whom to name. Travels with the graph, its exports and its questions."""

    name: str  # SPDX where there is one: "CC0-1.0", "CC-BY-SA-4.0"
    attribution: str


class Source(Protocol):
    """`dropped` and `rewritten` count, by reason, while `nodes` and then `statements` are consumed, once each."""

    release: str
    dropped: Counter[str]
    rewritten: Counter[str]

    @property
    def licences(self) -> Mapping[str, Licence]:
        """By the name that stands in `Statement.source`."""
        ...

    def nodes(self) -> Iterator[Node]: ...

    def statements(self) -> Iterator[Statement]: ...


def distinct(statements: Iterable[Statement], dropped: Counter[str]) -> Iterator[Statement]:
    """Each statement once; a source that says the very same thing again is counted instead."""
    seen: set[str] = set()
    for found in statements:
        if found.edge_id in seen:
            dropped[f"{found.relation}: exact duplicate"] += 1
        else:
            seen.add(found.edge_id)
            yield found


def release_of(*files: Path) -> str:
    """A name for files that carry no release: their content. Equal files, equal release."""
    return "sha256:" + "+".join(file_digest(file)[:12] for file in files)
