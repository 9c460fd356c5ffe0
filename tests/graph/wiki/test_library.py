"""A dump by title: aliases, circles, categories, seeking; a scan that is killed, a stash that is reused."""

from __future__ import annotations

import bz2
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from florey.errors import BadInput
from florey.graph.wiki import dump_library as library_module
from florey.graph.wiki.dump_library import DumpLibrary, Wiki, read_index
from florey.graph.wiki.prefilter import prefilter

from .conftest import HEAD, PAGES, TAIL, page_xml

Writer = Callable[..., Path]


@pytest.mark.parametrize("kind", ["plain", "bz2", "multistream"])
def test_titles_aliases_and_circles(written: Writer, tmp_path: Path, kind: str) -> None:
    with DumpLibrary.open(written(kind), tmp_path / "stash.sqlite") as library:
        wiki: Wiki = library
        page = wiki.page("wobbles")
        assert page is not None
        assert page == wiki.page("the_wobble")  # over two redirects
        assert [page.title for page in library] == library.titles() == ["Wobbles", "Shaking & more"]
        assert len(library) == 2
        assert wiki.redirects_to("Wobbles") == ["The wobble", "Wobble disease"]
        assert wiki.in_category("infectious diseases") == ["Wobbles"]
        assert wiki.in_category("Symptoms and signs") == ["Shaking & more"]
        assert wiki.page("Circle A") is None
        assert library.resolve("circle B") is None
        assert library.cycles == {"Circle A"}
        assert wiki.redirects_to("Circle A") == ["Circle B"]
        assert wiki.page("River Wob") is None  # did not pass
        assert wiki.page("Nothing") is None
        assert library.counts.kept == 2


def test_an_index_finds_pages_that_did_not_pass(written: Writer, tmp_path: Path) -> None:
    path = written("multistream")
    index = tmp_path / "w-multistream-index.txt.bz2"
    with DumpLibrary.open(path, tmp_path / "stash.sqlite", index=index) as library:
        river = library.page("River Wob")
        assert river is not None
        assert (river.page_id, river.text) == (2, "A river. [[Category:Rivers]]")
        assert library.page("Nothing") is None
        assert library.page("Circle A") is None


@pytest.mark.parametrize("line", [b"12:River\n", b"x:2:River\n", b"12:2:\n", b"\xff:2:River\n"])
def test_a_broken_index_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "i.txt"
    path.write_bytes(b"1:1:A:b\n" + line)
    with pytest.raises(BadInput, match=r"i.txt, line 2: "):
        list(read_index(path))
    packed = tmp_path / "i.txt.bz2"
    packed.write_bytes(bz2.compress(b"1:1:A:b\n")[:-5])
    with pytest.raises(BadInput, match=r"i.txt.bz2, line 2: .*ended"):
        list(read_index(packed))


def test_the_stash_is_reused_until_something_changes(
    written: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stash = tmp_path / "stash.sqlite"
    path = written("plain")
    DumpLibrary.open(path, stash).close()
    scans: list[Path] = []
    scan = library_module._scan
    monkeypatch.setattr(library_module, "_scan", lambda aside, *rest: (scans.append(aside), scan(aside, *rest)))
    DumpLibrary.open(path, stash).close()
    assert not scans
    with DumpLibrary.open(path, stash, keep=prefilter((), ("rivers",))) as library:
        assert library.titles() == ["River Wob"]
    assert len(scans) == 1
    written("plain", PAGES[:1])
    with DumpLibrary.open(path, stash) as library:
        assert library.titles() == ["Wobbles"]
    assert len(scans) == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["stash.sqlite", "w.xml"]


def test_a_failed_scan_leaves_nothing(written: Writer, tmp_path: Path) -> None:
    path = written("plain", [PAGES[0], "<page>"])
    with pytest.raises(BadInput, match="cut off"):
        DumpLibrary.open(path, tmp_path / "stash.sqlite", strict=True)
    assert [file.name for file in tmp_path.iterdir()] == ["w.xml"]
    with DumpLibrary.open(path, tmp_path / "stash.sqlite") as library:
        assert library.titles() == ["Wobbles"]
        assert library.counts.dropped == {"the page is cut off": 1}
        assert len(library.counts.places) == 1


def test_a_killed_scan_leaves_no_stash(tmp_path: Path) -> None:
    """The dump is a pipe's end that never comes, so that the scan is under way when it is killed."""
    path = tmp_path / "w.xml"
    path.write_text(HEAD + "".join(PAGES) + TAIL)
    code = (
        "import sys, florey.graph.wiki.dump_library as l\nfrom pathlib import Path\n"
        "def stuck(*a, **k):\n    yield from real(*a, **k)\n    print('read', flush=True)\n    sys.stdin.read()\n"
        "real = l.read_pages\nl.read_pages = stuck\nl.DumpLibrary.open(Path(sys.argv[1]), Path(sys.argv[2]))\n"
    )
    stash = tmp_path / "stash.sqlite"
    command = [sys.executable, "-c", code, str(path), str(stash)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as scanning:
        assert scanning.stdout is not None
        assert scanning.stdout.readline() == b"read\n"
        os.kill(scanning.pid, signal.SIGKILL)
    assert not stash.exists()
    with DumpLibrary.open(path, stash) as library:
        assert library.titles() == ["Wobbles", "Shaking & more"]


def test_something_else_in_the_place_of_the_stash_is_kept(dump: Path, tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("do not lose this, it is longer than a header " * 40)
    with pytest.raises(BadInput, match=r"notes.txt: expected the stash"):
        DumpLibrary.open(dump, other)
    assert other.read_text().startswith("do not lose")


def test_a_title_given_twice_counts(written: Writer, tmp_path: Path) -> None:
    path = written("plain", [PAGES[0], page_xml(11, "wobbles", "{{drugbox}} other")])
    with DumpLibrary.open(path, tmp_path / "stash.sqlite") as library:
        assert len(library) == library.counts.kept == 1
        assert library.counts.dropped == {"title given twice": 1}


@pytest.mark.parametrize("kind", ["plain", "bz2", "multistream"])
@pytest.mark.parametrize("processes", [1, 2])
def test_who_waits_is_told_how_much_was_read(written: Writer, tmp_path: Path, kind: str, processes: int) -> None:
    dump, told = written(kind), list[tuple[int, int]]()
    with DumpLibrary.open(
        dump,
        tmp_path / "stash.sqlite",
        processes=processes,
        progress=lambda done, size, note: told.append((done, size)),
    ) as library:
        size = dump.stat().st_size
        assert told[-1] == (size, size) and told == sorted(told) and told[0][0] > 0
        assert library.counts.read == 0, "is not part of what a stash says"
