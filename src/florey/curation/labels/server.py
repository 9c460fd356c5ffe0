"""The review in a browser of this machine: a small server on loopback that shows the page and takes decisions.

Other pages in the same browser must not reach it: its address holds a random token, the Host header must be its own
(or a name that is bound to this address by DNS could read it), and what is written must come from its own page.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydantic import ValidationError

from florey.curation.labels.page import render, shown
from florey.curation.labels.review import Decision, Review, now
from florey.errors import BadInput

HOST = "127.0.0.1"  # never beyond this machine
LARGEST = 64 * 1024  # bytes of a decision
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",  # the rest stands in the page
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the address is the key
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Refused(Exception):
    """A request that is not answered as asked."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class ReviewServer(ThreadingHTTPServer):
    """`url` is where the page of one reviewer is. Decisions are on the disk before they are acknowledged."""

    daemon_threads = True

    def __init__(self, review: Review, reviewer: str, port: int = 0) -> None:
        """`port` 0 is any free one. BadInput where it is taken."""
        self.review, self.reviewer = review, reviewer
        self.token = secrets.token_urlsafe(24)
        self.stopped = False
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise BadInput(f"port {port}: {error.strerror}; give another, or 0 for any free one") from None
        self.hosts = tuple(f"{name}:{self.server_port}" for name in (HOST, "localhost"))
        self.url = f"http://{self.hosts[0]}/{self.token}/"


class _Handler(BaseHTTPRequestHandler):
    server: ReviewServer
    server_version, sys_version = "florey", ""
    timeout = 30  # seconds for a client that says nothing

    def do_GET(self) -> None:
        self._answer(self._page)

    def do_POST(self) -> None:
        self._answer(self._decide)

    def _answer(self, work: Callable[[str], None]) -> None:
        try:
            if self.server.stopped:  # a connection that a browser made ahead
                raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "the review is no longer served")
            work(self._known_host())
        except Refused as refused:
            self._send(refused.status, "application/json", json.dumps({"error": str(refused)}))
        except BadInput as error:  # of a file that was damaged meanwhile
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, "application/json", json.dumps({"error": str(error)}))

    def _known_host(self) -> str:
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or hosts[0] not in self.server.hosts:
            raise Refused(HTTPStatus.MISDIRECTED_REQUEST, "this is not the address that the review was opened at")
        return hosts[0]

    def _named(self, path: str) -> bool:
        """Whether the request's path is this one behind the token."""
        return hmac.compare_digest(self.path.encode(), f"/{self.server.token}/{path}".encode())

    def _page(self, _: str) -> None:
        if not self._named(""):
            raise Refused(HTTPStatus.NOT_FOUND, "no such page; take the whole address that the terminal shows")
        self._send(HTTPStatus.OK, "text/html; charset=utf-8", render(self.server.review, self.server.reviewer))

    def _decide(self, host: str) -> None:
        if not self._named("decisions"):
            raise Refused(HTTPStatus.NOT_FOUND, "no such page")
        fetched = self.headers.get("Sec-Fetch-Site", "same-origin")
        if self.headers.get("Origin") != f"http://{host}" or fetched != "same-origin":
            raise Refused(HTTPStatus.FORBIDDEN, "decisions are taken from the review's own page only")
        if self.headers.get_content_type() != "application/json":
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "expected application/json")
        try:
            decision = Decision.model_validate(self._body() | {"reviewer": self.server.reviewer, "at": now()})
            self.server.review.add([decision])
        except ValidationError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, error.errors()[0]["msg"].removeprefix("Value error, ")) from None
        except BadInput as error:
            raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from None
        except OSError as error:
            raise Refused(HTTPStatus.INSUFFICIENT_STORAGE, f"{self.server.review.path}: {error.strerror}") from None
        self._send(HTTPStatus.OK, "application/json", json.dumps({"decision": shown(decision)}))

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "expected a Content-Length")
        if int(length) > LARGEST:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"expected at most {LARGEST} bytes")
        try:
            found = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Refused(HTTPStatus.BAD_REQUEST, "expected a decision as a JSON object")
        return found

    def _send(self, status: HTTPStatus, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in ({"Content-Type": kind, "Content-Length": str(len(body))} | _HEADERS).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the terminal belongs to the user."""


@contextmanager
def serving(review: Review, reviewer: str, port: int = 0) -> Iterator[str]:
    """The page's address, answered until the block ends."""
    with ReviewServer(review, reviewer, port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="review", daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.stopped = True
            server.shutdown()
            thread.join()
