"""A real server on loopback that speaks the JSON of MediaWiki's API, and misbehaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class ApiServer:
    """`faults` are used up one a request: a status, "maxlag", "cut", "html" or an error code of the API."""

    def __init__(
        self, texts: Mapping[str, str], aliases: Mapping[str, str], categories: Mapping[str, Sequence[str]]
    ) -> None:
        self.texts, self.aliases, self.categories = texts, aliases, categories
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
            members = self.categories.get(asked["cmtitle"], [])
            start = int(asked.get("cmcontinue", 0))
            more = {"continue": {"cmcontinue": str(start + 2), "continue": "-||"}} if start + 2 < len(members) else {}
            return {"query": {"categorymembers": [{"ns": 0, "title": t} for t in members[start : start + 2]]}, **more}
        title = asked["titles"]
        if asked["prop"] == "redirects":
            found = [{"title": alias} for alias, target in self.aliases.items() if target == title]
            return {"query": {"pages": [{"title": title, "redirects": found} if found else {"title": title}]}}
        title = self.aliases.get(title, title)
        if title not in self.texts:
            return {"query": {"pages": [{"title": title, "ns": 0, "missing": True}]}}
        revision = {"revid": 77, "slots": {"main": {"content": self.texts[title]}}}
        return {"query": {"pages": [{"title": title, "pageid": 5, "ns": 0, "revisions": [revision]}]}}

    @contextmanager
    def running(self) -> Iterator[ApiServer]:
        thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self.http.shutdown()
            thread.join()
            self.http.server_close()
