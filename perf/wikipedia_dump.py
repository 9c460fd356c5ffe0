"""Reading a Wikipedia dump: megabytes of XML (uncompressed) in a second, beside mwxml + mwparserfromhell alone.

    python -m perf.wikipedia_dump --data FILE [--json FILE]

FILE is a piece of a pages-articles dump. Its articles are repeated to 300 MB; the share of articles that pass the
medical pre-filter is fixed by leaving out those that pass by themselves and giving every 20th (or 2nd) an infobox.
"Read" means that every article that passes is taken apart: infoboxes, sentences with their places, links.
Figures of one core are per second of processor time, so that a busy machine does not change them; those of two
processes are by the clock, beside one process by the clock. There only the number of sentences goes back from a
process. `…_cpu_ratio`: processor time of two processes to that of one; near 1, more cores mean as much more speed.
"""

from __future__ import annotations

import bz2
import io
import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import mwparserfromhell
import mwxml  # type: ignore[import-untyped]

from florey.graph.wiki.article import Page
from florey.graph.wiki.dump import DumpCounts, map_pages, read_pages
from florey.graph.wiki.elements import RawPage, Span, check_dump
from florey.graph.wiki.prefilter import prefilter
from florey.graph.wiki.wikitext import take_apart
from perf.common import arguments, save, show

SIZE = 300_000_000  # bytes of XML
BASELINE_SIZE = 6_000_000
BZ2_SIZE = 60_000_000
FULL_DUMP = 100e9  # bytes: about what English pages-articles is, uncompressed
PAGES_A_STREAM = 100  # as in Wikipedia's own multistream dumps
HEAD, TAIL = (
    b'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11"><siteinfo/>\n',
    b"</mediawiki>\n",
)
INFOBOX = b"""{{Infobox medical condition
| name = Invented fever
| symptoms = [[Fever]], {{nowrap|[[chills]]}} and [[headache]]
| causes = {{Plainlist|
* [[Virus]]
* [[Bacteria]]
}}
| treatment = [[Rest (medicine)|Rest]]&lt;ref&gt;{{cite book |title=Invented}}&lt;/ref&gt;
}}
"""
GOALS = {"wiki_mb_per_s": ">= 20"}


def piece_of(path: Path) -> list[bytes]:
    """The <page> elements of the given piece that do not pass by themselves."""
    elements = Span(path, 0, path.stat().st_size, check_dump(path), last=True).elements()
    looks_medical = prefilter()
    return [e.xml for e in elements if isinstance(e, RawPage) and not looks_medical.passes(e.xml)]


def repeated(pages: list[bytes], size: int, every: int) -> Iterator[bytes]:
    """At least `size` bytes of them; every `every`-th article (redirects do not count) passes the pre-filter."""
    articles = written = 0
    while written < size:
        for page in pages:
            made = page
            if b"<redirect title=" not in page:
                articles += 1
                if articles % every == 0:
                    start = page.index(b">", page.index(b"<text")) + 1
                    made = page[:start] + INFOBOX + page[start:]
            written += len(made) + 1
            yield made + b"\n"
            if written >= size:
                return


def timed(work: Callable[[], Any], clock: Callable[[], float]) -> float:
    start = clock()
    work()
    return clock() - start


def used(page: Page) -> int:
    """What stands for a reader's own work: the article is taken apart and a number goes back."""
    return len(take_apart(page).sentences)


def consume(path: Path, processes: int = 1, *, apart: bool = True) -> DumpCounts:
    counts = DumpCounts()
    if apart:
        deque(map_pages(path, prefilter(), used, strict=True, processes=processes, counts=counts), maxlen=0)
    else:
        deque(read_pages(path, prefilter(), strict=True, processes=processes, counts=counts), maxlen=0)
    return counts


def all_cpu() -> float:
    """Processor seconds of this process and of those it waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def baseline(xml: bytes) -> None:
    """The same figures out of the two libraries alone: every page parsed, fields and plain text taken."""
    for page in mwxml.Dump.from_file(io.BytesIO(xml)):
        for revision in page:
            code = mwparserfromhell.parse(revision.text or "")
            for template in code.filter_templates(recursive=False):
                [str(parameter.name) + parameter.value.strip_code() for parameter in template.params]
            [str(link.title) for link in code.filter_wikilinks()]
            code.strip_code()


def write(path: Path, pages: Iterator[bytes]) -> float:
    """Writes plain XML; returns its size in MB."""
    with path.open("wb") as out:
        out.write(HEAD)
        out.writelines(pages)
        out.write(TAIL)
    return path.stat().st_size / 1e6


def write_multistream(path: Path, pages: list[bytes]) -> None:
    with path.open("wb") as out:
        out.write(bz2.compress(HEAD))
        for start in range(0, len(pages), PAGES_A_STREAM):
            out.write(bz2.compress(b"".join(pages[start : start + PAGES_A_STREAM])))
        out.write(bz2.compress(TAIL))


def scaling(name: str, path: Path, size: float) -> dict[str, float]:
    """One and two processes by the clock, and what the second costs in processor time."""
    rates: dict[str, float] = {}
    spent = []
    for processes, label in ((1, "1_process"), (2, "2_processes")):
        before = all_cpu()
        seconds = timed(partial(consume, path, processes), time.perf_counter)
        spent.append(all_cpu() - before)
        rates[f"{name}_{label}_mb_per_s"] = size / seconds
    return {**rates, f"{name}_cpu_ratio": spent[1] / spent[0]}


def measure_dump(path: Path) -> dict[str, float]:
    """MB of XML a second; `path` is the piece to repeat."""
    pages = piece_of(path)
    cpu = time.process_time
    rates: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        plain, packed, multi = (Path(scratch) / name for name in ("plain.xml", "single.xml.bz2", "multi.xml.bz2"))
        size = write(plain, repeated(pages, SIZE, 20))
        counts = consume(plain, apart=False)
        rates["wiki_share"] = counts.kept / (counts.kept + counts.passed_over)
        rates["wiki_read_mb"] = size
        rates["wiki_mb_per_s"] = size / timed(lambda: consume(plain), cpu)
        rates["wiki_pages_only_mb_per_s"] = size / timed(lambda: consume(plain, apart=False), cpu)
        rates |= scaling("wiki", plain, size)
        half = write(plain, repeated(pages, SIZE, 2))
        rates["wiki_50_mb_per_s"] = half / timed(lambda: consume(plain), cpu)
        rates |= scaling("wiki_50", plain, half)
        some = list(repeated(pages, BZ2_SIZE, 20))
        small = sum(map(len, some)) / 1e6
        packed.write_bytes(bz2.compress(HEAD + b"".join(some) + TAIL))
        write_multistream(multi, some)
        rates["wiki_bz2_mb_per_s"] = small / timed(lambda: consume(packed), cpu)
        rates |= scaling("wiki_multistream", multi, small)
        xml = HEAD + b"".join(repeated(pages, BASELINE_SIZE, 20)) + TAIL
        rates["wiki_baseline_mb_per_s"] = len(xml) / 1e6 / timed(lambda: baseline(xml), cpu)
    hours = FULL_DUMP / 1e6 / 3600
    rates["projected_full_dump_h"] = hours / rates["wiki_bz2_mb_per_s"]
    rates["projected_full_dump_2_processes_h"] = hours / rates["wiki_multistream_2_processes_mb_per_s"]
    rates["projected_full_dump_plain_h"] = hours / rates["wiki_mb_per_s"]
    rates["projected_full_dump_baseline_h"] = hours / rates["wiki_baseline_mb_per_s"]
    return {key: round(value, 3) for key, value in rates.items()}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="piece of a dump, .xml or .xml.bz2")
    asked = parser.parse_args()
    figures = measure_dump(asked.data)
    show("Reading a dump", ["figure", "value", "goal"], [[k, f"{v:,}", GOALS.get(k, "")] for k, v in figures.items()])
    save(asked.json, figures)


if __name__ == "__main__":
    main()
