"""Whether a server's template opens the thought: as llama.cpp says it, as vLLM does, and where neither is there."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from florey.llm.client import run
from florey.llm.prefill import opens_thought
from florey.llm.requests import Answer, Message, Request
from florey.llm.settings import LlmSettings

ASKED = (Message(role="user", content="Which?"),)


def opens(paths: dict[str, Any]) -> tuple[bool, list[tuple[str, dict[str, Any]]]]:
    seen = []

    async def post(path: str, body: dict[str, Any]) -> Any:
        seen.append((path, body))
        return paths.get(path)

    return asyncio.run(opens_thought(post, "m", ASKED)), seen


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ({"/apply-template": {"prompt": "<user>Which?<assistant>\n<think>\n"}}, True),
        ({"/apply-template": {"prompt": "<user>Which?<assistant>\n"}}, False),
        ({"/tokenize": {"tokens": list(range(40))}, "/detokenize": {"prompt": "<assistant><think>\n"}}, True),
        ({"/tokenize": {"tokens": [1, 2]}, "/detokenize": {"prompt": "<assistant>"}}, False),
        ({"/tokenize": {"tokens": [1, 2]}}, False),
        ({"/tokenize": {"error": "no"}}, False),
        ({}, False),
    ],
)
def test_what_the_template_ends_in(paths: dict[str, Any], expected: bool) -> None:
    assert opens(paths)[0] is expected


def test_of_tokens_only_the_last_are_looked_at() -> None:
    _, seen = opens({"/tokenize": {"tokens": list(range(40))}, "/detokenize": {"prompt": ""}})
    assert [path for path, _ in seen] == ["/apply-template", "/tokenize", "/detokenize"]
    assert seen[1][1]["add_generation_prompt"] and seen[2][1]["tokens"] == list(range(24, 40))


class Handler(BaseHTTPRequestHandler):
    """A server with llama.cpp's path beside OpenAI's. Class attributes: what it was asked, what it says."""

    asked: list[str] = []  # noqa: RUF012
    said: dict[str, str] = {"content": "It is B.</think><answer>B</answer>"}  # noqa: RUF012

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.asked.append(self.path)
        choice = {"message": {"role": "assistant", **self.said}, "finish_reason": "stop"}
        found: dict[str, Any] = {"choices": [choice]}
        if self.path == "/apply-template":
            found = {"prompt": "Which?<think>"}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Handler.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_is_asked_once_and_only_of_what_is_scored(url: str) -> None:
    requests = [Request(ASKED, sample=sample, measured=True) for sample in range(4)]
    outcomes = run(LlmSettings(model="m", base_url=url), lambda client: client.ask_many([*requests, Request(ASKED)]))
    assert [isinstance(each, Answer) and each.prefilled for each in outcomes] == [True] * 4 + [False]
    assert Handler.asked.count("/apply-template") == 1


def test_a_text_with_its_thought_in_front_starts_outside_of_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "said", {"content": "<answer>B</answer>", "reasoning_content": "It is B."})
    (made,) = run(LlmSettings(model="m", base_url=url), lambda client: client.ask_many([Request(ASKED, measured=True)]))
    assert isinstance(made, Answer) and made.text == "<think>It is B.</think><answer>B</answer>" and not made.prefilled
    assert "/apply-template" not in Handler.asked
