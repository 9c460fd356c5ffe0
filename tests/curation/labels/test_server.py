"""The local server: what its own page may do, and what no other page, name or client may."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from florey.curation.labels.review import Decision, Review, now
from florey.curation.labels.server import LARGEST, serving
from florey.errors import BadInput


class Client:
    """A browser as far as the server can see: it knows the address and sends what a page would."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.port, self.path = parts.port, parts.path
        self.host = parts.netloc
        self.usual = {"Origin": f"http://{self.host}", "Content-Type": "application/json"}

    def ask(
        self, method: str, path: str, body: str | bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        found = reply.status, reply.read().decode(), reply.headers
        connection.close()
        return found

    def decide(self, _headers: dict[str, str | None] | None = None, **fields: Any) -> tuple[int, dict[str, Any]]:
        headers = {name: value for name, value in (self.usual | (_headers or {})).items() if value is not None}
        status, said, _ = self.ask("POST", f"{self.path}decisions", json.dumps(fields), headers)
        return status, json.loads(said)


@pytest.fixture
def client(queue: Path) -> Iterator[Client]:
    with serving(Review(queue), "ana") as url:
        yield Client(url)


@pytest.fixture
def first(queue: Path) -> str:
    return next(iter(Review(queue).items))


def test_the_page_is_shown_and_a_decision_is_on_the_disk_when_it_is_acknowledged(
    client: Client, queue: Path, first: str
) -> None:
    status, text, headers = client.ask("GET", client.path)
    assert status == 200 and "Research software: not for diagnosis or treatment." in text
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
    assert (
        headers["Referrer-Policy"] == "no-referrer" and "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    )
    assert "Access-Control-Allow-Origin" not in headers
    status, said = client.decide(question_id=first, action="fix", gold=2, reason="wrong <key>")
    assert (status, said["decision"]["reviewer"]) == (200, "ana")
    assert Review(queue).of("ana")[first].word == "fix to C"
    assert "wrong \\u003ckey\\u003e" in client.ask("GET", client.path)[1]  # and there when it is opened again
    assert client.decide(question_id=first, action="undo")[0] == 200
    assert Review(queue).of("ana") == {}


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "[::1]:{port}"]
)
def test_another_name_for_this_address_is_refused(client: Client, queue: Path, first: str, host: str) -> None:
    """DNS rebinding: the browser believes that it speaks to another site."""
    other = host.format(port=client.port)
    for method, path in (("GET", client.path), ("POST", f"{client.path}decisions")):
        body = json.dumps({"question_id": first, "action": "keep"}) if method == "POST" else None
        headers = client.usual | {"Host": other, "Origin": f"http://{other}"}
        status, text, _ = client.ask(method, path, body, headers)
        assert (status, "sea" in text) == (421, False)
    assert Review(queue).decisions() == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": None}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": None}, 415),
    ],
)
def test_what_another_page_sends_is_refused(
    client: Client, queue: Path, first: str, headers: dict[str, str | None], status: int
) -> None:
    assert client.decide(headers, question_id=first, action="keep")[0] == status
    assert Review(queue).decisions() == []


def test_without_the_token_there_is_nothing(client: Client, queue: Path, first: str) -> None:
    token = client.path.strip("/")
    assert len(token) >= 32
    wrong = token[:-1] + ("a" if token[-1] != "a" else "b")
    for path in ("/", "/decisions", f"/{wrong}/", f"/{token}", f"/{token}/../{token}/", f"/{token}/x", "//", "/é"):
        assert client.ask("GET", path.replace("é", "%C3%A9"))[0] == 404
    body = json.dumps({"question_id": first, "action": "keep"})
    assert client.ask("POST", f"/{wrong}/decisions", body, client.usual)[0] == 404
    assert client.ask("DELETE", client.path)[0] == 501
    assert Review(queue).decisions() == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"action": "drop"}, "a reason to drop"),
        ({"action": "fix", "reason": "r"}, "index of the right option"),
        ({"action": "fix", "gold": 9, "reason": "r"}, "from 0 to 3, got 9"),
        ({"action": "keep", "question_id": "q-none"}, "no question 'q-none'"),
        ({"action": "keep", "more": 1}, "Extra inputs"),
        ({"action": "keep", "reason": "x" * 5000}, "at most 4000"),
        ({"action": ["keep"]}, "Input should be"),
    ],
)
def test_a_decision_that_is_none_is_explained(
    client: Client, queue: Path, first: str, fields: dict[str, Any], said: str
) -> None:
    status, answer = client.decide(**{"question_id": first, **fields})
    assert status == 400 and said in answer["error"]
    assert Review(queue).decisions() == []


def test_the_reviewer_is_who_opened_the_review(client: Client, queue: Path, first: str) -> None:
    assert client.decide(question_id=first, action="keep", reviewer="bo", at="2020-01-01T00:00:00Z")[0] == 200
    (made,) = Review(queue).decisions()
    assert made.reviewer == "ana" and made.at.year > 2020


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 60_000, b'{"a":' * 9000])
def test_a_body_that_is_none_is_refused(client: Client, queue: Path, body: bytes) -> None:
    status, said, _ = client.ask("POST", f"{client.path}decisions", body, client.usual)
    assert status == 400 and "error" in json.loads(said)


def test_a_body_without_a_length_or_too_long_is_not_read(client: Client) -> None:
    for length, status in ((None, 411), ("-1", 411), ("²", 411), (str(LARGEST + 1), 413)):
        connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=30)
        connection.putrequest("POST", f"{client.path}decisions")
        for name, value in client.usual.items():
            connection.putheader(name, value)
        if length:
            connection.putheader("Content-Length", length.encode())
        connection.endheaders()
        assert connection.getresponse().status == status
        connection.close()


def test_what_cannot_be_written_or_read_is_said(client: Client, queue: Path, first: str) -> None:
    decisions = queue.with_name("decisions.jsonl")
    decisions.mkdir()
    status, said = client.decide(question_id=first, action="keep")
    assert status == 507 and str(decisions) in said["error"]
    decisions.rmdir()
    decisions.write_text("{}\n")
    status, text, _ = client.ask("GET", client.path)
    assert status == 500 and "decisions.jsonl, line 1: not a Decision" in json.loads(text)["error"]


def test_only_this_machine_is_served_and_each_time_under_another_token(queue: Path) -> None:
    with serving(Review(queue), "ana") as one, serving(Review(queue), "bo") as other:
        assert urlsplit(one).hostname == "127.0.0.1"
        assert urlsplit(one).path != urlsplit(other).path
        with pytest.raises(BadInput, match=rf"port {urlsplit(one).port}: .*; give another, or 0"):
            serving(Review(queue), "cy", urlsplit(one).port or 0).__enter__()
    with pytest.raises(ConnectionError):
        Client(one).ask("GET", "/")


def test_a_connection_made_before_the_end_is_not_served_after_it(queue: Path, first: str) -> None:
    """Browsers connect ahead: what they then send must not be said to be saved, nor be."""
    with serving(Review(queue), "ana") as url:
        client = Client(url)
        ahead = http.client.HTTPConnection("127.0.0.1", client.port, timeout=30)
        ahead.connect()
        assert client.ask("GET", client.path)[0] == 200  # by now that connection has been taken up
    body = json.dumps({"question_id": first, "action": "keep"})
    ahead.request("POST", f"{client.path}decisions", body, client.usual)
    assert ahead.getresponse().status == 503
    ahead.close()
    assert Review(queue).decisions() == []


def test_two_reviewers_at_once_do_not_see_each_other(queue: Path, first: str) -> None:
    with serving(Review(queue), "ana") as one, serving(Review(queue), "bo") as other:
        assert Client(one).decide(question_id=first, action="drop", reason="anas words")[0] == 200
        assert Client(other).decide(question_id=first, action="keep", reason="bos words")[0] == 200
        assert "bos words" not in Client(one).ask("GET", Client(one).path)[1]
    Review(queue).add([Decision(question_id=first, action="undo", reviewer="bo", at=now())])
    assert list(Review(queue).of("ana")) == [first] and not Review(queue).of("bo")
