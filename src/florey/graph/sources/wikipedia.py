"""Wikipedia: what a discovery found (the folder of its journal), or every medical page of a dump, read by rule alone.

Pages are nodes "ENWIKI:Title"; joining makes them one with the same things of other sources. Every edge names the
page, the revision, the sentence and its place in the revision's wikitext.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from florey.errors import BadInput
from florey.files import file_digest
from florey.graph.discovery.journal import JOURNAL, read_journal
from florey.graph.discovery.page_reader import PageReader
from florey.graph.discovery.reading import Reading, Why
from florey.graph.discovery.vocabulary import Vocabulary
from florey.graph.extraction.candidate import Candidate
from florey.graph.linking.mention import Name
from florey.graph.model import Node, Statement, joins, statement
from florey.graph.sources import Licence
from florey.graph.wiki.article import curie_title, page_curie
from florey.graph.wiki.dump_library import DumpLibrary, index_beside

SOURCE = "wikipedia"
LICENCE = Licence(
    "CC-BY-SA-4.0",
    "Wikipedia contributors, https://en.wikipedia.org; page and revision stand with every edge, and "
    "https://en.wikipedia.org/w/index.php?oldid=REVISION shows the text and its authors",
)
_ALL = Why(expected_type="", specialty="", pull=0, expected_yield=0, rarity=0, scarcity=0, gain=0)


class Wikipedia:
    """`path`: a folder of `florey graph discover`, or a dump. `names`: of the graph that it becomes part of; a dump's
    mentions are linked to them, and its pages typed by them where they do not say themselves what they are about."""

    def __init__(self, path: Path, names: Iterable[Name], *, strict: bool = True, wiki: str = "enwiki") -> None:
        self.dropped: Counter[str] = Counter()
        self.rewritten: Counter[str] = Counter()
        self._wiki = wiki
        self._readings: Callable[[], Iterator[Reading]]  # a journal may be larger than the memory
        names = list(names)
        self._known = {name.id for name in names}
        if path.is_dir():
            if not (path / JOURNAL).is_file():
                raise BadInput(f"{path}: no {JOURNAL}; expected a folder of 'florey graph discover' or a dump")
            self._readings = partial(read_journal, path)
            self.release = f"journal sha256:{file_digest(path / JOURNAL)[:12]}"
        else:
            read = list(_sweep(path, Vocabulary(names), self.dropped, strict, wiki))
            self._readings = partial(iter, read)
            self.release = path.name
        for reading in self._readings():
            self.dropped.update({f"candidate: {why}": count for why, count in reading.dropped.items()})
            if reading.outcome not in ("read", "repeated"):
                self.dropped[f"page: {reading.outcome}"] += 1
        self._types, self._titles = _ends(self._readings(), wiki)

    @property
    def licences(self) -> Mapping[str, Licence]:
        return {SOURCE: LICENCE}

    def nodes(self) -> Iterator[Node]:
        """Pages that were read, then other ends of what they say, each with its type."""
        done = set()
        for reading in self._readings():
            node = page_curie(reading.title, self._wiki)
            if reading.outcome == "read" and node in self._types and node not in done:
                done.add(node)
                yield Node(node, self._types[node], reading.title, reading.aliases, reading.xrefs)
        for node in sorted(self._types.keys() - done - self._known):
            yield Node(node, self._types[node], self._titles[node])

    def statements(self) -> Iterator[Statement]:
        for reading in self._readings():
            for candidate in reading.candidates:
                subject, object = self._types[candidate.subject], self._types[candidate.object]
                if joins(candidate.relation, subject, object):
                    yield self._statement(candidate)
                else:  # another page, or the page itself, says that an end is of another type
                    self.dropped["candidate: types do not fit after all pages were read"] += 1

    def _statement(self, candidate: Candidate) -> Statement:
        return statement(
            candidate.subject,
            candidate.relation,
            candidate.object,
            SOURCE,
            self.release,
            negated=not candidate.positive,
            reference=f"{self._wiki.upper()}:{candidate.revision}",
            code=candidate.rule,
            page=candidate.page,
            revision=str(candidate.revision),
            quote=candidate.quote,
            start=candidate.start,
            end=candidate.end,
            confidence=candidate.confidence,
        )


def _sweep(path: Path, vocabulary: Vocabulary, dropped: Counter[str], strict: bool, wiki: str) -> Iterator[Reading]:
    """Every page of a dump that looks medical, in the order of the dump."""
    with tempfile.TemporaryDirectory() as scratch:
        stash = Path(scratch) / "dump.sqlite"
        with DumpLibrary.open(path, stash, index=index_beside(path), name=wiki, strict=strict) as library:
            dropped.update({f"page: {why}": count for why, count in library.counts.dropped.items()})
            reader = PageReader(library, vocabulary)
            for step, page in enumerate(library):
                prepared = reader.prepare_page(page, page.title, _ALL, with_llm=False)
                yield reader.finish(prepared, [], step)


def _ends(readings: Iterable[Reading], wiki: str) -> tuple[dict[str, str], dict[str, str]]:
    """Type and name of every node: as its own page says, else as most of what was read says."""
    own: dict[str, str] = {}
    said: dict[str, Counter[str]] = {}
    titles: dict[str, str] = {}
    prefix = page_curie("", wiki)
    for reading in readings:
        if reading.outcome == "read" and reading.type:
            own[page_curie(reading.title, wiki)] = reading.type
        for node, end in reading.entities.items():
            said.setdefault(node, Counter())[end.type] += 1
            titles.setdefault(node, curie_title(node) if node.startswith(prefix) else end.name)
    most = {node: min(counts, key=lambda type: (-counts[type], type)) for node, counts in said.items()}
    return most | own, titles
