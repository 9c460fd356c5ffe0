"""A real HTTP server on loopback that speaks /v1/chat/completions and fails by script, always in the same way.

What happens to a call depends on its item (the first user message) and on how often that item has been asked:
nothing else, so that the order in which calls arrive changes nothing. `GET /stats` tells what was asked and served.

In a test: the fixture `scripted_llm` of tests/conftest.py. Alone: python scripted_server.py '{"fault_rate": 0.2}'
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

Answering = Callable[[dict[str, Any]], str | dict[str, Any]]
"""From a call's body to the text of its answer, or to the parts of a choice that are not the usual ones."""
HANG_S = 30.0  # far beyond any client's patience in a test


@dataclass(frozen=True)
class Script:
    latency_s: float = 0.0
    fault_rate: float = 0.0  # share of calls that fail, spread evenly over `faults`
    # also "bad json" (a completion whose text is cut JSON), "refused", "latin-1", "400", "503"
    faults: tuple[str, ...] = ("500", "429", "timeout", "cut body", "cut stream", "malformed")
    first: tuple[str, ...] = ()  # what the first calls for every item meet; "ok" is no fault
    retry_after_s: float = 0.01
    schemas: bool = True  # False: response_format is rejected with 400
    refuses: tuple[str, ...] = ()  # parameters rejected with 400 in OpenAI's words, as some of its models do
    model: str | None = None  # other models are not found
    key: str | None = None  # calls without it are refused, in words that repeat the header
    capacity: int | None = None  # more calls than this at a time are refused with 429
    seed: int = 0


def echo(body: dict[str, Any]) -> str:
    """The default answer: the item, as a JSON object where a schema is asked for."""
    said = "answer to " + item_of(body)
    return json.dumps({"answer": said}) if "response_format" in body else said


def item_of(body: dict[str, Any]) -> str:
    return next(str(message["content"]) for message in body["messages"] if message["role"] == "user")


class ScriptedServer:
    def __init__(self, script: Script, answer: Answering = echo) -> None:
        self.script, self.answer = script, answer
        self.asked: Counter[str] = Counter()
        self.served: Counter[str] = Counter()  # whole answers, written to a client that was still there
        self.met: Counter[str] = Counter()
        self.running = self.most_at_once = 0
        self.last: dict[str, Any] = {}
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=1024, limit=2**20)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def stop(self) -> None:
        """Takes no more connections and ends those that there are."""
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def stats(self) -> dict[str, Any]:
        names = ("asked", "served", "met", "most_at_once", "last")
        return {name: getattr(self, name) for name in names}

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client went away, or the server stops
        finally:
            self._connections.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its response; whether the connection may be used again."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        path = request.split()[1]
        if path == "/stats":
            return await _send(writer, 200, self.stats())
        if path == "/v1/models":
            return await _send(writer, 200, {"object": "list", "data": [{"id": self.script.model or "any"}]})
        if path != "/v1/chat/completions":
            return await _send(writer, 404, {"error": {"message": "no such path"}})
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            return await self._complete(json.loads(content), headers.get("authorization", ""), reader, writer)
        finally:
            self.running -= 1

    async def _complete(
        self, body: dict[str, Any], authorization: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        script, item = self.script, item_of(body)
        self.asked[item] += 1
        self.last = body
        if script.key is not None and authorization != f"Bearer {script.key}":
            return await _send(writer, 401, {"error": {"message": f"wrong key in 'Authorization: {authorization}'"}})
        if script.model not in (None, body["model"]):
            return await _send(writer, 404, {"error": {"message": f"The model {body['model']} does not exist"}})
        if "response_format" in body and not script.schemas:
            return await _send(writer, 400, {"error": {"message": "response_format is not supported"}})
        if refused := [name for name in script.refuses if name in body]:
            return await _send(writer, 400, {"error": _refusal(refused[0], body)})
        crowded = script.capacity is not None and self.running > script.capacity
        fault = "429" if crowded else self._fault(item, self.asked[item])
        self.met[fault] += 1
        if fault == "timeout":
            await asyncio.wait_for(reader.read(1), HANG_S)
            return False
        if script.latency_s:
            await asyncio.sleep(script.latency_s)
        if fault in ("400", "500", "503", "429"):
            wait = {"Retry-After": f"{script.retry_after_s:g}"} if fault in ("429", "503") else {}
            words = {"error": {"message": f"scripted {fault}; {authorization}"}}
            return await _send(writer, int(fault), words, wait)
        said = self.answer(body)
        more = said if isinstance(said, dict) else {}
        text = str(more["message"]["content"]) if more else str(said)
        if fault == "bad json":
            text = text[: len(text) // 2]
        tokens = {"prompt_tokens": len(item), "completion_tokens": len(text), "total_tokens": len(item) + len(text)}
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", **more}
        if fault == "refused":
            choice["finish_reason"] = "content_filter"
        whole = {"id": "c", "object": "chat.completion", "model": body["model"], "choices": [choice], "usage": tokens}
        if fault in ("cut body", "cut stream", "malformed", "latin-1"):
            return await _send_damaged(writer, fault, json.dumps(whole, ensure_ascii=False))
        if fault == "ok" and not reader.at_eof():
            self.served[item] += 1
        return await _send(writer, 200, whole)

    def _fault(self, item: str, attempt: int) -> str:
        if attempt <= len(self.script.first):
            return self.script.first[attempt - 1]
        seed = f"{self.script.seed}\0{item}\0{attempt}".encode()
        drawn = int.from_bytes(hashlib.sha256(seed).digest()[:8], "big") / 2**64
        if drawn >= self.script.fault_rate:
            return "ok"
        return self.script.faults[int(drawn / self.script.fault_rate * len(self.script.faults))]


def _refusal(name: str, body: dict[str, Any]) -> dict[str, str]:
    """An error as OpenAI words it."""
    known = {"type": "invalid_request_error", "param": name}
    if name == "max_tokens":
        words = "is not supported with this model. Use 'max_completion_tokens' instead."
        return {**known, "code": "unsupported_parameter", "message": f"Unsupported parameter: '{name}' {words}"}
    words = f"does not support {body[name]} with this model. Only the default value is supported."
    return {**known, "code": "unsupported_value", "message": f"Unsupported value: '{name}' {words}"}


async def _send(writer: asyncio.StreamWriter, status: int, value: Any, headers: dict[str, str] | None = None) -> bool:
    body = json.dumps(value).encode()
    lines = [f"HTTP/1.1 {status} scripted", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {text}" for name, text in (headers or {}).items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    await writer.drain()
    return True


async def _send_damaged(writer: asyncio.StreamWriter, fault: str, body: str) -> bool:
    """An answer that is cut in its body or between the chunks of a stream, or whole but no chat completion."""
    start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    half = body[: len(body) // 2].encode()
    if fault == "cut body":
        writer.write(start + f"Content-Length: {2 * len(half)}\r\n\r\n".encode() + half)
    elif fault == "cut stream":
        writer.write(start + f"Transfer-Encoding: chunked\r\n\r\n{len(half):x}\r\n".encode() + half + b"\r\n")
    else:
        sent = half if fault == "malformed" else body.encode("latin-1")
        writer.write(start + f"Content-Length: {len(sent)}\r\n\r\n".encode() + sent)
    await writer.drain()
    return fault in ("malformed", "latin-1")


@dataclass(frozen=True)
class Running:
    """A server that is up: where it is and what it has seen."""

    url: str

    def stats(self) -> dict[str, Any]:
        """asked and served by item, met by fault, most_at_once, and the last request's body."""
        with urllib.request.urlopen(self.url.removesuffix("/v1") + "/stats") as response:
            found: dict[str, Any] = json.load(response)
            return found


@contextmanager
def in_a_thread(script: Script, answer: Answering = echo) -> Iterator[Running]:
    """For a test's own answers."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = ScriptedServer(script, answer)
    try:
        yield Running(asyncio.run_coroutine_threadsafe(server.start(), loop).result())
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def in_a_process(script: Script) -> Iterator[Running]:
    """For load, and for tests that kill the client."""
    command = [sys.executable, __file__, json.dumps(asdict(script))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield Running(process.stdout.readline().strip())
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


async def main(given: dict[str, Any]) -> None:
    lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    print(await ScriptedServer(Script(**{**given, **lists})).start(), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
