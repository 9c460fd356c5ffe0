"""The <page> elements of a dump as bytes, without parsing XML: from plain XML, bz2 and multistream bz2.

A damaged place is an element too (`Broken`), so that reading goes on behind it and nothing read so far is lost.
"""

from __future__ import annotations

import bz2
import mmap
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from florey.errors import BadInput

BLOCK = 1 << 20  # bytes read at a time
MAX_PAGE = 64 << 20  # bytes of one page's XML; MediaWiki allows 2 MiB of text
_STREAM = re.compile(rb"BZh[1-9]1AY&SY")  # how a stream that holds anything begins


class Place(NamedTuple):
    """Where something begins: a byte of the XML, counted from the start of the bz2 stream that begins at `stream`."""

    byte: int
    stream: int | None = None  # None: plain XML

    def __str__(self) -> str:
        inside = "" if self.stream is None else f" of the bz2 stream at byte {self.stream:,}"
        return f"byte {self.byte:,}{inside}"


class RawPage(NamedTuple):
    xml: bytes  # <page>…</page>
    place: Place


class Broken(NamedTuple):
    reason: str
    place: Place


Element = RawPage | Broken
_Read = Callable[[int], bytes]


class Damage(Exception):
    """The stream cannot be read further; the message says why."""


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a dump whose pages begin in bytes start to end of the file (of bz2: whose streams begin there)."""

    path: Path
    start: int
    end: int
    compressed: bool
    last: bool  # nothing follows: </mediawiki> is expected

    def elements(self, on_read: Callable[[int], None] | None = None) -> Iterator[Element]:
        """`on_read` is told how many bytes of the file were read, block by block."""
        if not self.compressed:
            with self.path.open("rb") as file:
                file.seek(self.start)
                blocks = _blocks(_told(file.read, on_read))
                yield from split_pages(blocks, self.start, None, stop=self.end, last=self.last)
            return
        with self.path.open("rb") as file:
            read = _told(file.read, on_read)
            starts = stream_starts(self.path, self.start, self.end)
            for position, start in enumerate(starts):
                following = starts[position + 1] if position + 1 < len(starts) else self.end
                file.seek(start)
                last = self.last and position + 1 == len(starts)
                yield from split_pages(_inflate(read, following - start), 0, start, last=last)


def check_dump(path: Path) -> bool:
    """Whether the dump is bz2. Raises BadInput for what is no dump of MediaWiki."""
    if not path.is_file():
        raise BadInput(f"{path}: no such file; expected a MediaWiki dump (.xml or .xml.bz2)")
    with path.open("rb") as file:
        head = file.read(BLOCK)
        if not head:
            raise BadInput(f"{path}: empty; expected a MediaWiki dump (.xml or .xml.bz2)")
        compressed = head.startswith(b"BZh")
        if compressed:
            file.seek(0)
            try:
                head = next(_inflate(file.read, path.stat().st_size), b"")
            except Damage as damage:
                raise BadInput(f"{path}, byte 0: {damage}; expected a MediaWiki dump") from None
    if b"<mediawiki" not in head[:100_000]:
        raise BadInput(f"{path}, byte 0: no <mediawiki> element; expected a MediaWiki dump (.xml or .xml.bz2)")
    return compressed


def stream_starts(path: Path, start: int = 0, end: int | None = None) -> list[int]:
    """Where the streams of a bz2 file begin: one in a plain bz2, one for every 100 pages in a multistream dump."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        reach = min(len(whole), (end if end is not None else len(whole)) + 9)
        return [found.start() for found in _STREAM.finditer(whole, start, reach) if end is None or found.start() < end]


def split_pages(  # noqa: PLR0912 - one loop over one buffer reads better than its parts
    blocks: Iterable[bytes], byte: int, stream: int | None, *, stop: int | None = None, last: bool = False
) -> Iterator[Element]:
    """The pages in `blocks`, whose first byte is `byte`, that begin before `stop` (None: all)."""
    rest = b""
    closed = False  # </mediawiki> was seen
    coming = iter(blocks)
    while True:
        try:
            block = next(coming, b"")
        except Damage as damage:
            yield Broken(str(damage), Place(byte + max(0, rest.find(b"<page>")), stream))
            return
        rest += block
        position = 0
        while True:
            start = rest.find(b"<page>", position)
            if start < 0:
                break
            if stop is not None and byte + start >= stop:
                return
            end = rest.find(b"</page>", start)
            following = rest.find(b"<page>", start + 6, end if end >= 0 else len(rest))
            if following >= 0:
                yield Broken("no </page> before the next <page>", Place(byte + start, stream))
                position = following
                continue
            if end < 0:
                break
            position = end + 7
            yield RawPage(rest[start:position], Place(byte + start, stream))
        if start < 0:  # no page is open: what may be the beginning of a tag stays
            closed = closed or b"</mediawiki>" in rest[position:]
            position = max(position, len(rest) - 11)
            if stop is not None and byte + position >= stop:
                return
        else:
            position = start
            if len(rest) - start > MAX_PAGE:
                yield Broken(f"a page of more than {MAX_PAGE >> 20} MiB", Place(byte + start, stream))
                position = start + 6
        rest, byte = rest[position:], byte + position
        if not block:
            if start >= 0:
                yield Broken("the page is cut off", Place(byte, stream))
            elif last and not closed:
                yield Broken("the dump ends before </mediawiki>", Place(byte, stream))
            return


def inflate_stream(path: Path, start: int) -> bytes:
    """The XML of the bz2 stream that begins at `start`. Raises BadInput."""
    with path.open("rb") as file:
        file.seek(start)
        try:
            return b"".join(_inflate(file.read, path.stat().st_size - start))
        except Damage as damage:
            raise BadInput(f"{path}, byte {start:,}: {damage}") from None


def _told(read: _Read, on_read: Callable[[int], None] | None) -> _Read:
    if on_read is None:
        return read

    def reading(size: int) -> bytes:
        block = read(size)
        on_read(len(block))
        return block

    return reading


def _blocks(read: _Read) -> Iterator[bytes]:
    while block := read(BLOCK):
        yield block


def _inflate(read: _Read, size: int) -> Iterator[bytes]:
    """One stream's content out of at most `size` bytes. Raises Damage."""
    stream = bz2.BZ2Decompressor()
    while not stream.eof:
        packed = b""
        if stream.needs_input:
            packed = read(min(BLOCK // 4, size))
            size -= len(packed)
            if not packed:
                raise Damage("truncated bz2")
        try:
            block = stream.decompress(packed, BLOCK)
        except OSError:
            raise Damage("damaged bz2") from None
        if block:
            yield block
