"""What is kept: names of the graph, eponyms that ontologies lack, and values that belong to the case and to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy

from florey.curation.privacy.rules.clinical import KEPT
from florey.curation.privacy.words import lines_of
from florey.graph.linking.linker import Linker, names_of_graph
from florey.graph.linking.mention import Name
from florey.graph.store import Graph

Range = tuple[int, int]


class AllowList:
    """Names and patterns that redaction leaves alone, matched as words: plurals and possessives too."""

    def __init__(self, names: Iterable[Name] = ()) -> None:
        """The eponyms that come with Florey are always in it."""
        self._linkers: tuple[Linker, ...] = (Linker(names), _linker_of(_eponyms()))

    @classmethod
    def of_graph(cls, graph: Graph) -> AllowList:
        """Every name and synonym of a graph."""
        return cls(names_of_graph(graph))

    def with_words(self, words: Iterable[str]) -> AllowList:
        """This list and further words."""
        longer = copy(self)
        longer._linkers = (*self._linkers, _linker_of(words))
        return longer

    def ranges(self, text: str) -> list[Range]:
        """(start, end) of everything in the text that is to be kept, sorted; they may overlap."""
        mentions = (mention for linker in self._linkers for mention in linker.link(text))
        values = (found.span() for pattern in KEPT for found in pattern.finditer(text))
        return sorted({*((mention.start, mention.end) for mention in mentions), *values})


def _linker_of(words: Iterable[str]) -> Linker:
    return Linker(Name(word, f"kept:{word}", "finding") for word in words)


def _eponyms() -> Iterator[str]:
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
