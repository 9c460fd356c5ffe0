"""What is kept: names of the graph, eponyms that ontologies lack, and values that belong to the case and to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from florey.curation.privacy.rules.clinical import KEPT
from florey.curation.privacy.words import lines_of
from florey.graph.linking.linker import Linker, names_of_graph
from florey.graph.linking.mention import Name
from florey.graph.store import Graph

Range = tuple[int, int]


class AllowList:
    """Names and patterns that redaction leaves alone, matched as words: plurals and possessives too."""

    def __init__(self, names: Iterable[Name] = (), words: Iterable[str] = ()) -> None:
        """`words`: further ones. The eponyms that come with Florey are always in it."""
        further = (Name(word, f"kept:{word}", "finding") for word in (*_listed(), *words))
        self._linker = Linker(chain(names, further))

    @classmethod
    def of_graph(cls, graph: Graph, words: Iterable[str] = ()) -> AllowList:
        """Every name and synonym of a graph."""
        return cls(names_of_graph(graph), words)

    def ranges(self, text: str) -> list[Range]:
        """(start, end) of everything in the text that is to be kept, sorted; they may overlap."""
        named = [(mention.start, mention.end) for mention in self._linker.link(text)]
        return sorted({*named, *(found.span() for pattern in KEPT for found in pattern.finditer(text))})


def _listed() -> Iterator[str]:
    for line in lines_of("eponyms.txt"):
        yield from (name.strip() for name in line.split(","))


def without_kept(start: int, end: int, kept: Iterable[Range]) -> Range | None:
    """What of a find is left beside what is kept: None where it lies within, a part where they overlap.

    A find that holds something kept and more stays whole: "John Murphy" is a person although Murphy has a sign.

    >>> without_kept(4, 10, [(4, 20)]), without_kept(0, 10, [(6, 20)]), without_kept(0, 10, [(5, 10)])
    (None, (0, 6), (0, 10))
    """
    for low, high in kept:
        if low <= start and end <= high:
            return None
        if start < low < end < high:
            end = low
        elif low < start < high < end:
            start = high
    return (start, end) if start < end else None
