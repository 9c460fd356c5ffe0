"""The live client against a real server on loopback that speaks the API's JSON, and misbehaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from florey.errors import BadInput, FloreyError
from florey.graph.wiki.api import LiveWiki

TEXTS = {"Wobbles": "'''Wobbles''' shake. [[Category:Wob]]", "Circle": "#REDIRECT [[Circle]]"}
ALIASES = {"Wobble disease": "Wobbles"}


class Server:
    """`faults` are used up one a request: a status, "maxlag", "cut", "html" or an error code of the API."""

    def __init__(self) -> None:
        self.faults: list[Any] = []
        self.asked: list[dict[str, str]] = []
        self.agents: set[str] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = dict(parse_qsl(urlsplit(self.path).query))
                outer.asked.append(asked)
                outer.agents.add(self.headers["User-Agent"])
                outer.answer(self, asked)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/w/api.php"

    def answer(self, handler: BaseHTTPRequestHandler, asked: dict[str, str]) -> None:
        fault = self.faults.pop(0) if self.faults else None
        status, headers, body = 200, {}, json.dumps(self.content(asked)).encode()
        if isinstance(fault, int):
            status, body = fault, b"no"
            headers["Retry-After"] = "7"
        elif fault == "html":
            body = b"<html>"
        elif fault is not None and fault != "cut":
            headers["Retry-After"] = "5"
            body = json.dumps({"error": {"code": fault, "info": "Waiting"}}).encode()
        handler.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2] if fault == "cut" else body)

    def content(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked.get("list") == "categorymembers":
            members = {"Category:Wob": ["Wobbles", "Shaking", "Ache"]}.get(asked["cmtitle"], [])
            start = int(asked.get("cmcontinue", 0))
            more = {"continue": {"cmcontinue": str(start + 2), "continue": "-||"}} if start + 2 < len(members) else {}
            return {"query": {"categorymembers": [{"ns": 0, "title": t} for t in members[start : start + 2]]}, **more}
        title = asked["titles"]
        if asked["prop"] == "redirects":
            found = [{"title": alias} for alias, target in ALIASES.items() if target == title]
            return {"query": {"pages": [{"title": title, "redirects": found} if found else {"title": title}]}}
        title = ALIASES.get(title, title)
        if title not in TEXTS:
            return {"query": {"pages": [{"title": title, "ns": 0, "missing": True}]}}
        revision = {"revid": 77, "slots": {"main": {"content": TEXTS[title]}}}
        return {"query": {"pages": [{"title": title, "pageid": 5, "ns": 0, "revisions": [revision]}]}}


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.http.shutdown()
    thread.join()
    made.http.server_close()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def wiki(server: Server, tmp_path: Path, waits: list[float]) -> Iterator[LiveWiki]:
    with LiveWiki(
        "wob@example.org", tmp_path / "cache", base_url=server.url, requests_per_s=1e9, sleep=waits.append, attempts=4
    ) as made:
        yield made


def test_pages_aliases_and_categories(wiki: LiveWiki, server: Server) -> None:
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


def test_a_revision_is_asked_for_once(wiki: LiveWiki, server: Server, tmp_path: Path) -> None:
    first = wiki.page("Wobbles")
    again = LiveWiki("https://example.org", tmp_path / "cache", base_url=server.url)
    assert again.page("wobbles") == first
    assert len(server.asked) == 1
    kept = next((tmp_path / "cache").rglob("*.json"))
    kept.write_text('{"title": "Wobbles"}')
    with pytest.raises(BadInput, match=kept.name):
        again.page("Wobbles")


@pytest.mark.parametrize("fault", [429, 503, "maxlag", "ratelimited", "cut", "html"])
def test_a_busy_server_is_given_time(wiki: LiveWiki, server: Server, waits: list[float], fault: Any) -> None:
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


def test_it_gives_up_and_keeps_nothing(wiki: LiveWiki, server: Server, tmp_path: Path) -> None:
    server.faults = [503] * 4
    with pytest.raises(FloreyError, match="no answer in 4 attempts; the last: HTTP 503"):
        wiki.page("Wobbles")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(("fault", "expected"), [(403, "HTTP 403"), ("badtoken", "badtoken: Waiting")])
def test_errors_that_do_not_pass_are_not_repeated(wiki: LiveWiki, server: Server, fault: Any, expected: str) -> None:
    server.faults = [fault]
    with pytest.raises(BadInput, match=expected):
        wiki.page("Wobbles")
    assert len(server.asked) == 1


def test_requests_keep_their_distance(server: Server, tmp_path: Path) -> None:
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
