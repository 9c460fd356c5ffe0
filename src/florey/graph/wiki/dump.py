"""Reading a pages-articles dump: plain XML, bz2 or multistream bz2, on one core or several, the result the same.

Only pages that pass the pre-filter are parsed, each by itself and by `mwxml`: one that is broken costs no other.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Generic, TypeVar
from xml.etree.ElementTree import ParseError

import mwxml  # type: ignore[import-untyped]
from mwxml.errors import MalformedXML  # type: ignore[import-untyped]

from florey.errors import BadInput
from florey.files import canonical
from florey.graph.wiki.article import Article, Page, PageTooComplex, normal_title
from florey.graph.wiki.elements import BLOCK, Broken, Element, RawPage, Span, check_dump, stream_starts
from florey.graph.wiki.prefilter import Prefilter
from florey.graph.wiki.wikitext import redirect_target, take_apart

Made = TypeVar("Made")
MAX_PLACES = 100
_PART = 16 << 20  # bytes of plain XML that a process reads at once; of multistream bz2 a quarter
_HEAD = re.compile(
    rb"<page>\s*<title>([^<]*)</title>\s*<ns>(-?\d+)</ns>\s*<id>(\d+)</id>(?:\s*<redirect title=\"([^\"]*)\" ?/>)?"
)
_REVISION = re.compile(rb"<revision>\s*<id>(\d+)</id>")


@dataclass
class DumpCounts:
    """What became of the pages of a dump; grows while it is read."""

    pages: int = 0  # seen, of every namespace
    kept: int = 0
    redirects: int = 0
    homonyms: int = 0  # disambiguation pages, where they are asked for
    passed_over: int = 0  # articles that the pre-filter does not let through
    other_namespaces: int = 0
    dropped: Counter[str] = field(default_factory=Counter)  # reason -> how many
    places: list[str] = field(default_factory=list)  # of the first MAX_PLACES dropped

    read: int = field(default=0, compare=False)  # bytes of the file, for those who wait; the last few may count twice

    def note(self, size: int) -> None:
        self.read += size

    def drop(self, reason: str, where: str) -> None:
        self.dropped[reason] += 1
        if len(self.places) < MAX_PLACES:
            self.places.append(f"{where}: {reason}")

    def add(self, other: DumpCounts) -> None:
        self.pages += other.pages
        self.kept += other.kept
        self.redirects += other.redirects
        self.homonyms += other.homonyms
        self.passed_over += other.passed_over
        self.other_namespaces += other.other_namespaces
        self.read += other.read
        self.dropped.update(other.dropped)
        self.places += other.places[: MAX_PLACES - len(self.places)]

    def to_json(self) -> str:
        kept = {name: value for name, value in vars(self).items() if name != "read"}
        return canonical({**kept, "dropped": dict(self.dropped)})

    @classmethod
    def from_json(cls, text: str) -> DumpCounts:
        found = json.loads(text)
        return cls(**{**found, "dropped": Counter(found["dropped"])})


def read_pages(
    path: Path,
    keep: Prefilter | None = None,
    *,
    strict: bool = False,
    processes: int = 1,
    counts: DumpCounts | None = None,
) -> Iterator[Page]:
    """Articles that pass `keep` (None: all), and redirects (without text), in the order of the dump.

    What is damaged is dropped and counted in `counts` with its place; `strict` raises BadInput instead, after the
    pages before it were given. A file that is no dump raises BadInput in any case.
    """
    return map_pages(path, keep, _itself, strict=strict, processes=processes, counts=counts)


def map_pages(
    path: Path,
    keep: Prefilter | None,
    make: Callable[[Page], Made],
    *,
    strict: bool = False,
    processes: int = 1,
    counts: DumpCounts | None = None,
) -> Iterator[Made]:
    """`make` of every page that `read_pages` would give, made where the page is parsed.

    With several processes only what is made travels between them, so let it be small; `make` is a function of a
    module. A page for which it raises PageTooComplex is dropped and counted.
    """
    return _read(path, _Reader(path, keep, strict, make), processes, counts)


def read_articles(
    path: Path,
    keep: Prefilter | None = None,
    *,
    strict: bool = False,
    processes: int = 1,
    counts: DumpCounts | None = None,
) -> Iterator[Article]:
    """As `read_pages`, every page taken apart; one that is too complex is dropped and counted."""
    return map_pages(path, keep, take_apart, strict=strict, processes=processes, counts=counts)


def parse_page(xml: bytes) -> Page:
    """The page of one <page> element, its last revision. Raises ValueError that says what is wrong."""
    try:
        text = xml.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"no UTF-8 at byte {error.start:,} of the page") from None
    revision = None
    try:
        page = next(iter(mwxml.Dump.from_page_xml(text)))
        for revision in page:  # noqa: B007 - the last one counts
            pass
        if revision is None or not page.title or page.id is None:
            raise ValueError("no title, id or revision")
        written = revision.text or ""
        redirect = normal_title(page.redirect) if page.redirect else redirect_target(written)
        title = normal_title(page.title)
        return Page(title, int(page.id), int(revision.id), written, redirect, int(page.namespace or 0))
    except (ParseError, MalformedXML, AttributeError, TypeError, KeyError, StopIteration) as error:
        raise ValueError(f"broken XML ({error})") from None


_Done = tuple[list[Any], DumpCounts, BadInput | None]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Elements of one bz2 stream that one process unpacked for the others."""

    content: tuple[Element, ...]

    def elements(self, on_read: Callable[[int], None] | None = None) -> Iterator[Element]:
        return iter(self.content)  # who unpacked them has told how much was read


@dataclass(frozen=True, slots=True)
class _Reader(Generic[Made]):
    """What is done with every element; goes to other processes as it is."""

    path: Path
    keep: Prefilter | None
    strict: bool
    make: Callable[[Page], Made]

    def __call__(self, elements: Iterable[Element], counts: DumpCounts) -> Iterator[Made]:
        for element in elements:
            if isinstance(element, Broken):
                self._drop(counts, element.reason, element)
                continue
            counts.pages += 1
            head = _HEAD.search(element.xml)
            if head and head[2] != b"0":
                counts.other_namespaces += 1
                continue
            wanted = head is None or head[4] is not None or self.keep is None or self.keep.passes(element.xml)
            if not wanted:
                counts.passed_over += 1
                continue
            try:
                page = _redirect(head, element.xml) or parse_page(element.xml)
                made = self.make(page)
            except (ValueError, PageTooComplex) as error:
                self._drop(counts, "too complex" if isinstance(error, PageTooComplex) else "broken", element, error)
                continue
            if page.namespace != 0:  # only seen once parsed: its head is written in another way
                counts.other_namespaces += 1
                continue
            if page.redirect is None:
                counts.kept += 1
            else:
                counts.redirects += 1
            yield made

    def _drop(self, counts: DumpCounts, reason: str, element: Element, error: Exception | None = None) -> None:
        said = f"{reason}: {error}" if error else reason
        where = f"{self.path}, {element.place}"
        if self.strict:
            raise BadInput(f"{where}: {said}; expected a whole <page> of a MediaWiki dump")
        counts.drop(reason, f"{where}{f': {error}' if error else ''}")


def _redirect(head: re.Match[bytes] | None, xml: bytes) -> Page | None:
    """A redirect out of the page's head alone; None for what has to be parsed."""
    revision = _REVISION.search(xml, head.end()) if head and head[4] is not None else None
    if head is None or revision is None:
        return None
    title, target = (normal_title(html.unescape(head[group].decode())) for group in (1, 4))
    return Page(title, int(head[3]), int(revision[1]), "", target) if title and target else None


def _read(path: Path, reader: _Reader[Made], processes: int, counts: DumpCounts | None) -> Iterator[Made]:
    counts = counts if counts is not None else DumpCounts()
    jobs = _jobs(path, check_dump(path), processes, counts)
    if processes <= 1:
        for job in jobs:
            yield from reader(job.elements(counts.note), counts)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[_Done]] = deque()
        for job in jobs:
            waiting.append(pool.submit(_work, reader, job))
            if len(waiting) > 2 * processes:  # no more in memory than what keeps all of them busy
                yield from _taken(waiting.popleft().result(), counts)
        while waiting:
            yield from _taken(waiting.popleft().result(), counts)


def _work(reader: _Reader[Any], job: Span | _Batch) -> _Done:
    made: list[Any] = []
    counts = DumpCounts()
    try:
        made.extend(reader(job.elements(counts.note), counts))
    except BadInput as error:  # strict: what came before it counts
        return made, counts, error
    return made, counts, None


def _taken(done: _Done, counts: DumpCounts) -> Iterator[Any]:
    made, found, error = done
    counts.add(found)
    yield from made
    if error is not None:
        raise error


def _jobs(path: Path, compressed: bool, processes: int, counts: DumpCounts) -> Iterator[Span | _Batch]:
    """The dump in parts, in order: one for a single process, where several can start independently many."""
    size = path.stat().st_size
    if processes <= 1:
        yield Span(path, 0, size, compressed, last=True)
        return
    if not compressed:
        cuts = [*range(0, max(1, size - 100), _PART), size]  # the end of the dump is not cut
    else:
        starts = stream_starts(path)
        if len(starts) == 1:
            elements = Span(path, 0, size, compressed, last=True).elements(counts.note)
            while batch := tuple(_about(elements, 4 * BLOCK)):
                yield _Batch(batch)
            return
        cuts = [starts[0]]
        for start in starts[1:]:
            if start - cuts[-1] >= _PART // 4:
                cuts.append(start)
        cuts.append(size)
    for start, end in pairwise(cuts):
        yield Span(path, start, end, compressed, last=end == size)


def _about(elements: Iterator[Element], size: int) -> Iterator[Element]:
    for element in elements:
        yield element
        size -= len(element.xml) if isinstance(element, RawPage) else 0
        if size <= 0:
            return


def _itself(page: Page) -> Page:
    return page
