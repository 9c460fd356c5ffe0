"""The cache: damage is found, dropped and counted; two processes share one file."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from florey.errors import BadInput
from florey.llm.cache import Cache, request_key
from florey.llm.requests import Message, Reply, Request, Usage

WRITER = """
import asyncio, sys
from pathlib import Path
from florey.llm.cache import Cache
from florey.llm.requests import Reply, Usage
async def main():
    cache, me = Cache(Path(sys.argv[1])), sys.argv[2]
    async def one(i):
        kept = await cache.put(f"{i:032x}", Reply(f"{me} {i}", "stop", Usage(i, 1)))
        assert cache.get(f"{i:032x}") == kept
    for start in range(0, 2000, 100):
        await asyncio.gather(*map(one, range(start, start + 100)))
    cache.close()
asyncio.run(main())
"""


def reply(text: str) -> Reply:
    return Reply(text, "stop", Usage(2, 3))


def put(path: Path, *texts: str) -> None:
    async def work() -> None:
        cache = Cache(path)
        await asyncio.gather(*(cache.put(text, reply(text)) for text in texts))
        cache.close()

    asyncio.run(work())


def test_two_processes_share_a_file_and_the_first_answer_stands(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in ("one", "two")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    cache = Cache(path)
    assert len(cache) == 2000
    kept = [cache.get(f"{i:032x}") for i in range(2000)]
    assert [each.text.split()[1] for each in kept if each] == [str(i) for i in range(2000)]
    cache.close()


def test_a_new_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def opened(number: int) -> None:
        together.wait()
        Cache(tmp_path / str(number)).close()

    with ThreadPoolExecutor(4) as openers:
        for number in range(100):
            list(openers.map(opened, [number] * 4))


def test_a_damaged_row_is_dropped_counted_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    put(path, "a", "b")
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE replies SET reply = CAST(replace(reply, 'a', 'x') AS BLOB) WHERE key = 'a'")
    raw.close()

    async def work() -> None:
        cache = Cache(path)
        assert (cache.get("a"), cache.get("b"), cache.damaged) == (None, reply("b"), 1)
        await cache.put("a", reply("new"))
        await cache.put("b", reply("new"))
        assert (cache.get("a"), cache.get("b"), cache.damaged) == (reply("new"), reply("b"), 1)
        cache.close()

    asyncio.run(work())


def test_a_torn_tail_costs_only_itself(tmp_path: Path) -> None:
    """The last commits lie in the -wal file; a torn one is as if it had not been."""
    path = tmp_path / "cache"

    async def work() -> None:
        cache = Cache(path)
        for i in range(20):
            await cache.put(str(i), reply(str(i)))
        for name in ("cache", "cache-wal"):
            (tmp_path / f"torn-{name}").write_bytes((tmp_path / name).read_bytes())
        cache.close()

    asyncio.run(work())
    wal = tmp_path / "torn-cache-wal"
    wal.write_bytes(wal.read_bytes()[:-100])
    cache = Cache(tmp_path / "torn-cache")
    assert [cache.get(str(i)) for i in range(20)] == [*(reply(str(i)) for i in range(19)), None]
    cache.close()


def test_other_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    text, other = tmp_path / "text", tmp_path / "other"
    text.write_text("not a database, but long enough to look at " * 20)
    with sqlite3.connect(other) as raw:
        raw.execute("CREATE TABLE theirs (x)")
    raw.close()
    for path in (text, other):
        before = path.read_bytes()
        with pytest.raises(BadInput, match=rf"{path.name}: (not usable as|expected) a request cache"):
            Cache(path)
        assert path.read_bytes()[100:] == before[100:]


def test_a_file_damaged_within_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    put(path, *(f"{i:032x}" for i in range(500)))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    cache = Cache(path)
    with pytest.raises(BadInput, match="cache: not usable as a request cache"):
        [cache.get(f"{i:032x}") for i in range(500)]
    cache.close()


def test_keys_are_over_content_not_over_order() -> None:
    message = Message(role="user", content="a")
    turned = Message(content="a", role="user")
    one = Request((message,), schema={"type": "object", "title": "t"})
    two = Request((turned,), schema={"title": "t", "type": "object"})
    assert request_key("m", one) == request_key("m", two) != request_key("n", one)
    with pytest.raises(BadInput, match="no text"):
        request_key("m", Request((Message(role="user", content="\ud800"),)))
