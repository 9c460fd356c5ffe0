"""Killed inside its commits again and again, the cache holds all that was handed out; none of it is asked twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from florey.llm.cache import Cache, request_key
from florey.llm.requests import Request

ITEMS, KILLS = 1200, 10
CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from florey.llm.cache import Cache
from florey.llm.client import LlmClient
from florey.llm.requests import Reply, Request, Usage
from florey.llm.settings import LlmSettings

cache, asked, items, die_at = Cache(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
log = os.open(asked, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
statements = 0

def count(statement):  # called as SQLite begins each: BEGIN, every INSERT, COMMIT
    global statements
    statements += 1
    if statements == die_at:
        os.kill(os.getpid(), signal.SIGKILL)

class Model:
    model = "m"
    async def complete(self, request):
        text = request.messages[0]["content"]
        os.write(log, f"{text}\\n".encode())
        await asyncio.sleep(0.001)
        return Reply(f"answer to {text}", "stop", Usage(1, 1))
    async def close(self):
        pass

async def main():
    cache._writes.set_trace_callback(count)
    requests = [Request(({"role": "user", "content": str(i)},)) for i in range(items)]
    async with LlmClient(Model(), LlmSettings(model="m", max_concurrency=8), cache) as client:
        await client.ask_many(requests, lambda index, outcome: os.write(1, f"{index} {outcome.text}\\n".encode()))

asyncio.run(main())
"""


def killed(folder: Path, draw: random.Random, known: int, by_itself: bool) -> dict[str, str]:
    """What a run hands out before it dies: at a statement of its own, or from outside whatever it is doing.

    The first `known` lines come from the cache.
    """
    die_at = draw.randint(1, 150) if by_itself else 0
    command = [sys.executable, "-c", CHILD, str(folder / "cache"), str(folder / "asked"), str(ITEMS), str(die_at)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        lines = []
        if not by_itself:
            lines = [child.stdout.readline() for _ in range(known + draw.randint(1, 150))]
            time.sleep(draw.uniform(0, 0.005))
            os.kill(child.pid, signal.SIGKILL)
        lines += child.stdout.readlines()
    assert child.returncode == -signal.SIGKILL
    return dict(line.rstrip("\n").split(" ", 1) for line in lines if line.endswith("\n"))


def test_killed_inside_commits_it_keeps_what_it_handed_out(tmp_path: Path) -> None:
    draw = random.Random(20)
    handed_out: dict[str, str] = {}
    for kill in range(KILLS):
        log = tmp_path / "asked"
        before = len(log.read_text().splitlines()) if kill else 0
        known = set(handed_out)
        handed_out |= killed(tmp_path, draw, len(known), by_itself=kill % 2 == 0)
        assert not known & set(log.read_text().splitlines()[before:])
        cache = Cache(tmp_path / "cache")
        for text, answer in handed_out.items():
            kept = cache.get(request_key("m", Request(({"role": "user", "content": text},))))
            assert kept is not None and kept.text == answer == f"answer to {text}"
        assert cache.damaged == 0
        cache.close()
    assert 100 < len(handed_out) < ITEMS
