"""The live client against a real server on loopback that speaks the API's JSON, and misbehaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.graph.wiki.api_server import ApiServer

from florey.errors import BadInput, FloreyError
from florey.graph.wiki.api import LiveWiki

TEXTS = {"Wobbles": "'''Wobbles''' shake. [[Category:Wob]]", "Circle": "#REDIRECT [[Circle]]"}
ALIASES = {"Wobble disease": "Wobbles"}


CATEGORIES = {"Category:Wob": ["Wobbles", "Shaking", "Ache"]}


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer(TEXTS, ALIASES, CATEGORIES).running() as made:
        yield made


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def wiki(server: ApiServer, tmp_path: Path, waits: list[float]) -> Iterator[LiveWiki]:
    with LiveWiki(
        "wob@example.org", tmp_path / "cache", base_url=server.url, requests_per_s=1e9, sleep=waits.append, attempts=4
    ) as made:
        yield made


def test_pages_aliases_and_categories(wiki: LiveWiki, server: ApiServer) -> None:
    page = wiki.page("wobble disease")
    assert page is not None
    assert (page.title, page.page_id, page.revision, page.text) == ("Wobbles", 5, 77, TEXTS["Wobbles"])
    assert wiki.redirects_to("wobbles") == ["Wobble disease"]
    assert wiki.redirects_to("Shaking") == []
    assert wiki.in_category("wob") == ["Ache", "Shaking", "Wobbles"]  # two answers
    assert wiki.page("Nothing") is None
    circle = wiki.page("Circle")
    assert circle is not None
    assert circle.redirect == "Circle"
    assert all("wob@example.org" in agent and agent.startswith("florey/") for agent in server.agents)
    assert all(asked["maxlag"] == "5" for asked in server.asked)


def test_a_revision_is_asked_for_once(wiki: LiveWiki, server: ApiServer, tmp_path: Path) -> None:
    first = wiki.page("Wobbles")
    again = LiveWiki("https://example.org", tmp_path / "cache", base_url=server.url)
    assert again.page("wobbles") == first
    assert len(server.asked) == 1
    kept = next((tmp_path / "cache").rglob("*.json"))
    kept.write_text('{"title": "Wobbles"}')
    with pytest.raises(BadInput, match=kept.name):
        again.page("Wobbles")


@pytest.mark.parametrize("fault", [429, 503, "maxlag", "ratelimited", "cut", "html"])
def test_a_busy_server_is_given_time(wiki: LiveWiki, server: ApiServer, waits: list[float], fault: Any) -> None:
    server.faults = [fault, fault]
    page = wiki.page("Wobbles")
    assert page is not None
    assert page.revision == 77
    assert wiki.requests == len(server.asked) == 3
    asked = {429: 7, 503: 7, "maxlag": 5, "ratelimited": 5}.get(fault)
    if asked:
        assert [wait for wait in waits if wait > 0.1] == [asked, asked]
    else:
        assert [round(wait) in (1, 2) for wait in waits if wait > 0.1] == [True, True]


def test_it_gives_up_and_keeps_nothing(wiki: LiveWiki, server: ApiServer, tmp_path: Path) -> None:
    server.faults = [503] * 4
    with pytest.raises(FloreyError, match="no answer in 4 attempts; the last: HTTP 503"):
        wiki.page("Wobbles")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(("fault", "expected"), [(403, "HTTP 403"), ("badtoken", "badtoken: Waiting")])
def test_errors_that_do_not_pass_are_not_repeated(wiki: LiveWiki, server: ApiServer, fault: Any, expected: str) -> None:
    server.faults = [fault]
    with pytest.raises(BadInput, match=expected):
        wiki.page("Wobbles")
    assert len(server.asked) == 1


def test_requests_keep_their_distance(server: ApiServer, tmp_path: Path) -> None:
    waits: list[float] = []
    with LiveWiki("a@b.org", tmp_path, base_url=server.url, requests_per_s=0.001, sleep=waits.append) as wiki:
        wiki.page("Nothing")
        assert not waits
        wiki.page("Nothing")
    assert len(waits) == 1
    assert 900 < waits[0] <= 1000


def test_a_contact_is_required(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="contact 'me'"):
        LiveWiki("me", tmp_path)
