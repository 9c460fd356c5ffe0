"""Dumps in every form, on one core and two, and damaged in every way: nothing read is lost, every damage is counted."""

from __future__ import annotations

import bz2
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path

import pytest

from florey.errors import BadInput
from florey.graph.wiki import dump as dump_module
from florey.graph.wiki.dump import DumpCounts, map_pages, parse_page, read_articles, read_pages
from florey.graph.wiki.elements import RawPage, split_pages
from florey.graph.wiki.prefilter import prefilter

from .conftest import HEAD, PAGES, TAIL, WOBBLES, page_xml

KINDS = ["plain", "bz2", "multistream"]
Writer = Callable[..., Path]


def titles(path: Path, **options: object) -> tuple[list[str], DumpCounts]:
    counts = DumpCounts()
    return [page.title for page in read_pages(path, prefilter(), counts=counts, **options)], counts  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_pages_that_pass_and_redirects(written: Writer, kind: str) -> None:
    path = written(kind)
    found, counts = titles(path, strict=True)
    assert found == ["Wobbles", "Wobble disease", "The wobble", "Circle A", "Circle B", "Shaking & more"]
    assert counts == DumpCounts(pages=8, kept=2, redirects=4, passed_over=1, other_namespaces=1)
    first, alias, *_ = read_pages(path, prefilter())
    assert (first.text, first.page_id, first.revision, first.redirect) == (WOBBLES, 1, 1001, None)
    assert (alias.redirect, alias.page_id, alias.revision) == ("Wobbles", 3, 1003)
    everything = [page.title for page in read_pages(path)]
    assert everything[1] == "River Wob"
    assert len(everything) == 7


@pytest.mark.parametrize("kind", KINDS)
def test_the_result_does_not_depend_on_the_processes(
    written: Writer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump_module, "_PART", 3000)
    pages = [page_xml(n, f"Wob {n}", WOBBLES * (n % 7)) for n in range(1, 60)]
    pages[20] = "<page><title>Broken</title><id>20</id>"
    path = written(kind, pages, 5)
    results = []
    for processes in (1, 2):
        counts = DumpCounts()
        results.append((list(read_articles(path, processes=processes, counts=counts)), counts))
    assert results[0] == results[1]
    assert len(results[0][0]) == 58
    assert results[0][1].dropped == {"no </page> before the next <page>": 1}


def test_blocks_may_cut_anywhere() -> None:
    xml = (HEAD + "".join(PAGES) + TAIL).encode()
    whole = list(split_pages([xml], 0, None, last=True))
    assert len(whole) == 8
    for size in (1, 5, 7, 100):
        blocks = [xml[start : start + size] for start in range(0, len(xml), size)]
        assert list(split_pages(blocks, 0, None, last=True)) == whole
    for cut in range(0, len(xml) - len(TAIL), 13):  # two ranges give every page once
        left = list(split_pages([xml], 0, None, stop=cut))
        right = list(split_pages([xml[cut:]], cut, None, last=True))
        assert left + right == whole


def test_the_pre_filter() -> None:
    looks_medical = prefilter()
    for text in ("{{Infobox_disease", "{{ infobox Medical condition (new)|", "{{drugbox", "[[Category:Rare diseases]]"):
        assert looks_medical.passes(text.encode()), text
    for text in ("{{Infobox river", "disease", "[[Category:Rivers]] disease", "[[Category:Infectious disease deaths]]"):
        assert not looks_medical.passes(text.encode()), text
    assert not prefilter((), ("pain",)).passes(b"{{Infobox disease}}")
    assert prefilter((), ("pain",)).passes(b"[[Category:Chronic Pain signs]]")


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (page_xml(9, "Bad", "{{drugbox}}").replace("</revision>", ""), "broken"),
        (page_xml(9, "Bad", "{{drugbox}} &nope;").replace("&amp;nope", "&nope"), "broken"),
        (page_xml(9, "Bad", "{{drugbox}}").replace("</page>", ""), "no </page> before the next <page>"),
        (page_xml(9, "Bad", "{{drugbox}}").replace("<id>1009</id>", "<id>x</id>"), "broken"),
    ],
)
def test_a_broken_page_is_dropped_and_reading_goes_on(
    written: Writer, broken: str, reason: str, processes: int
) -> None:
    path = written("plain", [PAGES[0], broken, *PAGES[1:]])
    found, counts = titles(path, processes=processes)
    assert found == ["Wobbles", "Wobble disease", "The wobble", "Circle A", "Circle B", "Shaking & more"]
    assert counts.dropped == {reason: 1}
    place = path.read_bytes().index(b"<page>", path.read_bytes().index(b"Wobbles"))
    assert f"{path}, byte {place:,}" in counts.places[0]
    reader = read_pages(path, prefilter(), strict=True, processes=processes)
    assert next(reader).title == "Wobbles"
    with pytest.raises(BadInput, match=f"w.xml, byte {place:,}: {reason}"):
        next(reader)


def test_invalid_utf8(written: Writer) -> None:
    path = written("plain")
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xe9"))
    found, counts = titles(path)
    assert found[-1] == "Circle B"
    assert counts.dropped == {"broken": 1}
    assert "no UTF-8 at byte" in counts.places[0]
    with pytest.raises(BadInput, match="no UTF-8"):
        titles(path, strict=True)


def test_a_bomb_of_templates_is_counted(written: Writer) -> None:
    path = written("plain", [page_xml(9, "Bomb", "{{drugbox|" * 400_000), PAGES[0]])
    counts = DumpCounts()
    assert [article.page.title for article in read_articles(path, prefilter(), counts=counts)] == ["Wobbles"]
    assert counts.dropped == {"too complex": 1}
    assert "more than 100 templates" in counts.places[0]
    with pytest.raises(BadInput, match="too complex"):
        list(read_articles(path, prefilter(), strict=True))


@pytest.mark.parametrize("processes", [1, 2])
def test_truncated_bz2_gives_what_came_before(written: Writer, tmp_path: Path, processes: int) -> None:
    many = [page_xml(n, f"Wob {n}", f"{{{{drugbox}}}} {n * 7919**40} {n**300}") for n in range(3000)]
    path = written("bz2", many)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    found, counts = titles(path, processes=processes)
    assert 500 < len(found) < 3000
    assert found == [f"Wob {n}" for n in range(len(found))]
    assert counts.dropped == {"truncated bz2": 1}
    reader = read_pages(path, prefilter(), strict=True, processes=processes)
    with pytest.raises(BadInput, match=r"w.xml.bz2, byte [\d,]+ of the bz2 stream at byte 0: truncated bz2"):
        list(reader)


def test_a_damaged_stream_costs_only_itself(written: Writer) -> None:
    path = written("multistream")
    data = bytearray(path.read_bytes())
    starts = [i for i in range(len(data)) if data[i : i + 3] == b"BZh"]
    data[starts[2] + 30] ^= 0xFF
    path.write_bytes(data)
    found, counts = titles(path)
    assert found == ["Wobbles", "Circle A", "Circle B", "Shaking & more"]
    assert counts.dropped == {"damaged bz2": 1}
    assert f"stream at byte {starts[2]:,}" in counts.places[0]


def test_a_cut_file_is_noticed(written: Writer) -> None:
    path = written("plain")
    whole = path.read_text()
    path.write_text(whole.removesuffix(TAIL))
    assert titles(path)[1].dropped == {"the dump ends before </mediawiki>": 1}
    path.write_text(whole[: whole.index("Circle A") + 30])
    found, counts = titles(path)
    assert found == ["Wobbles", "Wobble disease", "The wobble"]
    assert counts.dropped == {"the page is cut off": 1}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b"%PDF-1.4 hello", "no <mediawiki>"),
        (b"BZh9 no bz2 at all", "damaged bz2"),
        (b"BZh9", "truncated"),
    ],
)
def test_what_is_no_dump_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=f"x.xml.*{expected}.*expected a MediaWiki dump"):
        list(read_pages(path))
    path.write_bytes(bz2.compress(b"hello"))
    with pytest.raises(BadInput, match="no <mediawiki>"):
        list(read_pages(path))
    path.unlink()
    with pytest.raises(BadInput, match="no such file"):
        list(read_pages(path))


def test_map_pages_makes_in_place(dump: Path) -> None:
    made = map_pages(dump, prefilter(), attrgetter("revision"), processes=2)
    assert list(made) == [1001, 1003, 1004, 1006, 1007, 1008]


def test_the_last_revision_counts() -> None:
    xml = page_xml(1, "A_b", "old").replace("</page>", "<revision><id>7</id><text>new</text></revision></page>")
    page = parse_page(xml.encode())
    assert (page.title, page.revision, page.text) == ("A b", 7, "new")
    assert isinstance(next(split_pages([xml.encode()], 0, None)), RawPage)
