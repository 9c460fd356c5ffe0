"""The page as a reviewer uses it, in a real browser where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from florey.curation.labels.page import render
from florey.curation.labels.review import Review
from florey.curation.labels.server import serving
from florey.files import write_jsonl
from florey.records import Question

from . import chromium
from .test_page import EVIL, reviewing

pytestmark = pytest.mark.skipif(chromium.found() is None, reason="needs Chromium")


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[chromium.Tab]:
    with chromium.tab(tmp_path) as made:
        yield made


def shown(number: int) -> str:
    return f"!document.getElementById('item-{number}').hidden"


def words(review: Review, by: str) -> list[str]:
    found = review.of(by)
    return [found[each].word if each in found else "open" for each in review.items]


def test_decisions_by_keyboard_are_served_to_disk(tab: chromium.Tab, queue: Path) -> None:
    review = Review(queue)
    with serving(review, "ana") as url:
        tab.open(url)
        assert tab.value(shown(1))
        tab.press("k", "Enter")
        tab.until(shown(2))
        tab.press("4", "as the book says", "Enter")  # fix to D: a key of its own
        tab.until(shown(3))
        tab.press("d", "Enter")
        tab.until("document.getElementById('said').textContent.startsWith('Give a reason to drop')")
        tab.press("no such sea", "Enter")
        tab.until("document.getElementById('progress').value === 3")
        assert words(review, "ana") == ["keep", "fix to D", "drop"]
        assert [each.reason for each in review.of("ana").values()] == ["", "as the book says", "no such sea"]
        tab.press("Escape", "p")
        tab.until(shown(2))
        tab.press("u")
        tab.until("document.getElementById('progress').value === 2")
        assert words(review, "ana") == ["keep", "open", "drop"]
        tab.press("t")
        assert tab.value("document.querySelectorAll('#item-2 .trial[open]').length") == 5
        tab.value("document.getElementById('filter').value = 'open'; document.getElementById('filter').onchange()")
        assert tab.value("[...document.querySelectorAll('#overview li')].map(each => each.hidden)") == [
            True,
            False,
            True,
        ]
        tab.open(url)
        assert tab.value("document.getElementById('status').textContent") == "2 of 3 decided"
        assert tab.value(shown(2))  # the first that is open
    tab.press("k", "Enter")
    tab.until("document.getElementById('said').textContent === 'Not saved: the review is no longer served'")
    assert words(review, "ana") == ["keep", "open", "drop"]
    assert {address.split("/")[2] for address in tab.fetched if address.startswith("http")} == {url.split("/")[2]}


def test_a_saved_page_keeps_decisions_and_gives_them_in_a_file(tab: chromium.Tab, queue: Path, tmp_path: Path) -> None:
    review, page = Review(queue), tmp_path / "page.html"
    page.write_text(render(review), encoding="utf-8")
    tab.open(page.as_uri())
    tab.press("k", "Enter")
    tab.until("document.getElementById('said').textContent.startsWith('Who are you?')")
    tab.press("Dr. Ü", "Escape", "k", "Enter")
    tab.until(shown(2))
    tab.press("f", "first thought", "Enter")  # two options were chosen equally often in none: 1 is suggested
    tab.until(shown(3))
    tab.open("about:blank#away")
    tab.open(page.as_uri())
    assert tab.value("document.getElementById('status').textContent") == "2 of 3 decided"
    assert tab.value("document.getElementById('reviewer').value") == "Dr. Ü"
    tab.press("d", "no such sea", "Enter")
    tab.until("document.getElementById('progress').value === 3")
    tab.press("Escape", "u")
    tab.until("document.getElementById('progress').value === 2")
    tab.value("document.getElementById('save-file').click()")
    file = tmp_path / "decisions-Dr_Ü.jsonl"
    while not file.exists():
        tab.value("new Promise(done => setTimeout(done, 20))")
    assert review.take_in(file) == (4, 0)
    assert words(review, "Dr. Ü") == ["keep", "fix to B", "open"]
    assert (tab.errors, tab.dialogs) == ([], [])
    assert [address for address in tab.fetched if not address.startswith(("file:", "blob:", "about:"))] == []


def test_what_is_malicious_does_nothing_and_no_width_is_overflowed(tab: chromium.Tab, tmp_path: Path) -> None:
    evil = Question(stem=EVIL * 5, options=(EVIL, "x" * 200, "好" * 200), gold=0, source=EVIL, language="zh")
    review, page = reviewing(tmp_path, evil.identified(), words=EVIL), tmp_path / "page.html"
    page.write_text(render(review), encoding="utf-8")
    tab.open(page.as_uri())
    tab.press("t")
    for width, dark in ((400, False), (400, True), (1400, False), (1400, True)):
        tab.sized(width, 900, dark=dark)
        assert tab.value("document.documentElement.scrollWidth <= innerWidth")
        light = tab.value("getComputedStyle(document.body).backgroundColor") == "rgb(253, 253, 251)"
        assert light is not dark
    assert tab.value("document.querySelectorAll('img, iframe, script:not(#data)').length") == 1
    assert (tab.errors, tab.dialogs) == ([], [])


def test_a_tie_is_fixed_to_no_option_by_itself(tab: chromium.Tab, tmp_path: Path) -> None:
    from .test_verification import verified

    write_jsonl(tmp_path / "queue.jsonl", verified([1, 2, 1, 2, None]).queue)
    review = Review(tmp_path)
    with serving(review, "ana") as url:
        tab.open(url)
        tab.press("f", "a reason", "Enter")
        tab.until("document.getElementById('said').textContent === 'Which option is right?'")
        tab.press("Escape", "3", "Enter")
        tab.until("document.getElementById('progress').value === 1")
    assert words(review, "ana") == ["fix to C"]
