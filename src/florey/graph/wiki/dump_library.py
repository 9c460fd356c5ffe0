"""A dump opened for random access by title, and what every wiki offers, dump or live.

One scan of the dump writes an SQLite file beside the caller's output: the pages that pass the pre-filter, redirects,
categories. It is reused as long as dump and pre-filter stay the same. With the index of a multistream dump, pages
that the pre-filter left out are found too, by seeking.
"""

from __future__ import annotations

import bz2
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from florey.errors import BadInput
from florey.files import digest, written_aside
from florey.graph.wiki.article import Page, PageTooComplex, normal_title
from florey.graph.wiki.dump import DumpCounts, parse_page, read_pages
from florey.graph.wiki.elements import RawPage, inflate_stream, split_pages
from florey.graph.wiki.prefilter import Prefilter, looks_like_listing, prefilter
from florey.graph.wiki.wikitext import take_apart

FORMAT = 2
EVERY = 200  # pages between two words to who waits
Progress = Callable[[int, int, str], None]  # bytes of the dump read, bytes of the dump, what that was
_SCHEMA = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE pages (place INTEGER PRIMARY KEY, title TEXT UNIQUE, page_id INTEGER, revision INTEGER, text BLOB);
CREATE TABLE redirects (title TEXT PRIMARY KEY, target TEXT) WITHOUT ROWID;
CREATE TABLE homonyms (title TEXT, place INTEGER, target TEXT, PRIMARY KEY (title, place)) WITHOUT ROWID;
CREATE TABLE categories (name TEXT, place INTEGER, PRIMARY KEY (name, place)) WITHOUT ROWID;
CREATE TABLE streams (title TEXT PRIMARY KEY, start INTEGER) WITHOUT ROWID;
"""
_CATEGORY = re.compile(r"\[\[\s*Category\s*:([^\[\]|\n]+)", re.IGNORECASE)
_INDEXED = re.compile(rb"(\d+):\d+:(.+)\n?")


class Wiki(Protocol):
    """Where pages come from."""

    name: str  # "enwiki"
    local: bool  # whether looking at a page costs nothing

    @property
    def identity(self) -> str:
        """What tells this wiki from another: a discovery that goes on must read the same one."""

    def page(self, title: str) -> Page | None:
        """The page of that title, redirects followed; None if there is none, or they go in a circle."""

    def redirects_to(self, title: str) -> list[str]:
        """Titles that lead to it: its aliases, sorted."""

    def homonyms(self, title: str) -> list[str]:
        """What the disambiguation page of a name lists, in its order; [] where the name has none."""

    def titles(self) -> list[str]:
        """Of all pages at hand, in their order; BadInput where a wiki is too large for that."""

    def in_category(self, name: str) -> list[str]:
        """Titles of the articles in a category ("Pain"), sorted; not those of its subcategories."""


class DumpLibrary:
    """A `Wiki` over a dump. `counts` says what became of its pages."""

    local = True

    def __init__(self, dump: Path, stash: Path, name: str = "enwiki") -> None:
        """Opens a stash that `open` wrote."""
        self.name = name
        self.dump = dump
        self.cycles: set[str] = set()  # titles asked for whose redirects go in a circle
        self._base = sqlite3.connect(f"{stash.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        meta = dict(self._base.execute("SELECT key, value FROM meta"))
        self.counts = DumpCounts.from_json(meta["counts"])

    @classmethod
    def open(
        cls,
        dump: Path,
        stash: Path,
        *,
        keep: Prefilter | None = None,
        index: Path | None = None,
        name: str = "enwiki",
        strict: bool = False,
        processes: int = 1,
        progress: Progress | None = None,
    ) -> DumpLibrary:
        """Scans the dump unless `stash` (an SQLite file) already holds this dump under this pre-filter.

        `keep` None: medical pages. `index`: "…-multistream-index.txt" or ".txt.bz2" of a multistream dump.
        `progress` is called while it scans. The stash appears whole or not at all. Raises BadInput as `read_pages`,
        and for a broken index.
        """
        keep = keep or prefilter(listings=True)
        if not dump.is_file():
            raise BadInput(f"{dump}: no such file; expected a MediaWiki dump (.xml or .xml.bz2)")
        key = _key(dump, keep, index, strict)
        if not _holds(stash, key):
            with written_aside(stash) as aside:
                aside.unlink(missing_ok=True)
                _scan(aside, key, dump, keep, index, strict, processes, progress)
        return cls(dump, stash, name)

    @property
    def identity(self) -> str:
        return f"{self.name}: {self.dump.name}, {self.dump.stat().st_size} bytes"

    def close(self) -> None:
        self._base.close()

    def __enter__(self) -> DumpLibrary:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """How many pages the pre-filter let through."""
        return int(self._one("SELECT count(*) FROM pages")[0])

    def __iter__(self) -> Iterator[Page]:
        """The pages that passed the pre-filter, in the order of the dump."""
        place = -1
        while row := self._one(
            "SELECT place, title, page_id, revision, text FROM pages WHERE place > ? ORDER BY place", place
        ):
            place = row[0]
            yield _page(*row[1:])

    def titles(self) -> list[str]:
        """Of those pages, in the same order."""
        return [title for (title,) in self._base.execute("SELECT title FROM pages ORDER BY place")]

    def resolve(self, title: str) -> str | None:
        """Where a title leads in the end; None if its redirects go in a circle."""
        title = normal_title(title)
        seen = {title}
        while row := self._one("SELECT target FROM redirects WHERE title = ?", title):
            title = row[0]
            if title in seen:
                self.cycles.add(min(seen))
                return None
            seen.add(title)
        return title

    def page(self, title: str) -> Page | None:
        """A kept page; with an index any page."""
        resolved = self.resolve(title)
        if resolved is None:
            return None
        row = self._one("SELECT title, page_id, revision, text FROM pages WHERE title = ?", resolved)
        return _page(*row) if row else self._sought(resolved)

    def redirects_to(self, title: str) -> list[str]:
        title = normal_title(title)
        found: set[str] = set()
        waiting = [title]
        while waiting:
            rows = self._base.execute("SELECT title FROM redirects WHERE target = ?", (waiting.pop(),))
            fresh = {row[0] for row in rows} - found - {title}
            found |= fresh
            waiting += sorted(fresh)
        return sorted(found)

    def homonyms(self, title: str) -> list[str]:
        resolved = self.resolve(title) or normal_title(title)
        for name in (resolved, f"{resolved} (disambiguation)"):
            rows = self._base.execute("SELECT target FROM homonyms WHERE title = ? ORDER BY place", (name,))
            if found := [target for (target,) in rows]:
                return found
        return []

    def in_category(self, name: str) -> list[str]:
        rows = self._base.execute(
            "SELECT title FROM categories JOIN pages USING (place) WHERE name = ? ORDER BY title", (normal_title(name),)
        )
        return [title for (title,) in rows]

    def _sought(self, title: str) -> Page | None:
        row = self._one("SELECT start FROM streams WHERE title = ?", title)
        for element in split_pages([inflate_stream(self.dump, row[0])], 0, row[0]) if row else ():
            if isinstance(element, RawPage) and b"<title>" in element.xml:
                try:
                    page = parse_page(element.xml)
                except ValueError:
                    continue
                if page.title == title and page.redirect is None:
                    return page
        return None

    def _one(self, question: str, *values: Any) -> Any:
        return self._base.execute(f"{question} LIMIT 1", values).fetchone()


def index_beside(dump: Path) -> Path | None:
    """The index of a multistream dump, where it lies under its usual name beside it."""
    stem = dump.name.removesuffix(".bz2").removesuffix(".xml")
    names = (f"{stem}-index.txt.bz2", f"{stem}-index.txt")
    return next((dump.parent / name for name in names if (dump.parent / name).is_file()), None)


def read_index(path: Path) -> Iterator[tuple[int, str]]:
    """(start of the stream, title) of every page that a multistream index lists. Raises BadInput naming the line."""
    number = 0
    try:
        with bz2.open(path) if path.suffix == ".bz2" else path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                found = _INDEXED.fullmatch(line)
                try:
                    title = normal_title(found[2].decode()) if found else ""
                except UnicodeDecodeError:
                    title = ""
                if not found or not title:
                    raise BadInput(f"{path}, line {number}: expected 'offset:page id:title' in UTF-8")
                yield int(found[1]), title
    except (EOFError, OSError) as error:
        raise BadInput(f"{path}, line {number + 1}: {error}; expected the index of a multistream dump") from None


def _key(dump: Path, keep: Prefilter, index: Path | None, strict: bool) -> str:
    files = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in (dump, index) if path]
    return digest(
        [FORMAT, files, keep.template.pattern.decode(), keep.category.pattern.decode(), keep.listings, strict]
    )


def _holds(stash: Path, key: str) -> bool:
    if not stash.is_file():
        return False
    base = sqlite3.connect(f"{stash.resolve().as_uri()}?mode=ro", uri=True)
    try:
        row: tuple[str] | None = base.execute("SELECT value FROM meta WHERE key = 'dump'").fetchone()
    except sqlite3.DatabaseError:
        raise BadInput(f"{stash}: expected the stash of a dump or no file; something else is there") from None
    finally:
        base.close()
    return row == (key,)


def _scan(
    aside: Path,
    key: str,
    dump: Path,
    keep: Prefilter,
    index: Path | None,
    strict: bool,
    processes: int,
    progress: Progress | None,
) -> None:
    counts = DumpCounts()
    base = sqlite3.connect(aside)
    try:
        base.executescript(_SCHEMA)
        pages = read_pages(dump, keep, strict=strict, processes=processes, counts=counts)
        size = dump.stat().st_size
        for place, page in enumerate(pages):
            if progress and place % EVERY == 0:
                progress(min(counts.read, size), size, f"{counts.pages:,} pages, {counts.kept:,} kept")
            if page.redirect is not None:
                base.execute("INSERT OR IGNORE INTO redirects VALUES (?, ?)", (page.title, page.redirect))
                continue
            if listed := _listed(page):
                counts.kept, counts.homonyms = counts.kept - 1, counts.homonyms + 1
                base.executemany(
                    "INSERT OR IGNORE INTO homonyms VALUES (?, ?, ?)",
                    ((page.title, number, target) for number, target in enumerate(listed)),
                )
                continue
            packed = zlib.compress(page.text.encode())
            row = (place, page.title, page.page_id, page.revision, packed)
            if not base.execute("INSERT OR IGNORE INTO pages VALUES (?, ?, ?, ?, ?)", row).rowcount:
                counts.drop("title given twice", f"{dump}, page {page.page_id}")
                counts.kept -= 1
                continue
            base.executemany("INSERT INTO categories VALUES (?, ?)", ((name, place) for name in _categories(page.text)))
        if index:
            base.executemany("INSERT OR IGNORE INTO streams VALUES (?, ?)", ((t, s) for s, t in read_index(index)))
        base.execute("CREATE INDEX targets ON redirects (target)")
        base.executemany("INSERT INTO meta VALUES (?, ?)", (("dump", key), ("counts", counts.to_json())))
        base.commit()
        if progress:
            progress(size, size, f"{counts.pages:,} pages, {counts.kept:,} kept")
    finally:
        base.close()


def _listed(page: Page) -> tuple[str, ...]:
    """What a disambiguation page lists; () for any other page."""
    try:
        return take_apart(page).disambiguates if looks_like_listing(page.text) else ()
    except PageTooComplex:
        return ()


def _categories(text: str) -> Iterable[str]:
    return dict.fromkeys(normal_title(name) for name in _CATEGORY.findall(text) if normal_title(name))


def _page(title: str, page_id: int, revision: int, text: bytes) -> Page:
    return Page(title, page_id, revision, zlib.decompress(text).decode())
