"""What the LLM client costs beside plain `openai` at the same concurrency; the goal is at most 1.10.

    python -m perf.llm_client [--items 2000] [--concurrency 64] [--latency-ms 50] [--rounds 5] [--json FILE]

Both ask one scripted server in another process, over one round after the other, in turns of who goes first. Plain is
AsyncOpenAI with as many workers as calls at a time, no cache and no retries; ours writes every reply to a fresh cache.
Once more with a server that answers at once, where nothing but the clients' own work is left: `overhead_ratio_at_0_ms`.
Then 10,000 items at 256 in parallel against a server that fails in 20% of calls: `lost` counts items without their
right answer, `doubled` answers that the server gave whole more than once.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from florey.llm.client import run
from florey.llm.requests import Answer, Message, Request
from florey.llm.settings import LlmSettings
from perf.common import arguments, save, show

SERVER = Path(__file__).parents[1] / "tests/llm/scripted_server.py"
FAULTY_ITEMS, FAULTY_CONCURRENCY, FAULT_RATE = 10_000, 256, 0.2


@contextmanager
def server(**script: Any) -> Iterator[str]:
    """The base URL of a scripted server in a process of its own."""
    process = subprocess.Popen([sys.executable, str(SERVER), json.dumps(script)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def requests(count: int, mark: str) -> list[Request]:
    content = "Which diseases does the sentence name? Answer with their names only. " * 4
    return [Request((Message(role="user", content=f"{content} {mark} {i}"),), max_tokens=64) for i in range(count)]


def plain(url: str, asked: list[Request], concurrency: int) -> float:
    """Seconds that AsyncOpenAI takes."""
    import openai

    async def work() -> float:
        async with openai.AsyncOpenAI(api_key="none", base_url=url, max_retries=0) as client:
            todo = iter(asked)

            async def worker() -> None:
                for request in todo:
                    messages: Any = list(request.messages)
                    await client.chat.completions.create(
                        model="m", messages=messages, max_tokens=request.max_tokens, temperature=0, top_p=1
                    )

            started = time.perf_counter()
            await asyncio.gather(*(worker() for _ in range(concurrency)))
            return time.perf_counter() - started

    return asyncio.run(work())


def ours(url: str, asked: list[Request], concurrency: int) -> float:
    """Seconds that our client takes, with a fresh cache."""
    with tempfile.TemporaryDirectory() as folder:
        settings = LlmSettings(model="m", base_url=url, max_concurrency=concurrency, cache=Path(folder) / "cache")

        async def work(client: Any) -> float:
            started = time.perf_counter()
            outcomes = await client.ask_many(asked)
            taken = time.perf_counter() - started
            assert all(isinstance(outcome, Answer) for outcome in outcomes)
            return taken

        return run(settings, work)


def faulty() -> tuple[int, int]:
    """(lost, doubled) at 20% failures."""
    asked = requests(FAULTY_ITEMS, "faulty")
    with server(fault_rate=FAULT_RATE, latency_s=0.002) as url, tempfile.TemporaryDirectory() as folder:
        settings = LlmSettings(
            model="m",
            base_url=url,
            max_concurrency=FAULTY_CONCURRENCY,
            timeout_s=2,
            max_retries=12,
            cache=Path(folder) / "cache",
        )
        outcomes = run(settings, lambda client: client.ask_many(asked))
        with urllib.request.urlopen(url.removesuffix("/v1") + "/stats") as response:  # noqa: S310 (loopback)
            served = json.load(response)["served"]
    right = [
        isinstance(outcome, Answer) and outcome.text == f"answer to {request.messages[0]['content']}"
        for request, outcome in zip(asked, outcomes, strict=True)
    ]
    return right.count(False), sum(count - 1 for count in served.values())


def compared(items: int, concurrency: int, latency_ms: float, rounds: int) -> dict[str, list[float]]:
    """Seconds of every round, by way."""
    ways = {"plain openai": plain, "florey": ours}
    times: dict[str, list[float]] = {name: [] for name in ways}
    with server(latency_s=latency_ms / 1000) as url:
        for turn in range(rounds + 1):
            for name in sorted(ways, reverse=turn % 2 == 0):
                taken = ways[name](url, requests(items, f"{turn} {name}"), concurrency)
                if turn:  # the first turn imports and warms up
                    times[name].append(taken)
    return times


def ratios(times: dict[str, list[float]]) -> list[float]:
    """Ours over plain, round by round."""
    return [ours / plain for ours, plain in zip(times["florey"], times["plain openai"], strict=True)]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=50, help="that the server takes for an answer")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    by_latency = {
        latency: compared(options.items, options.concurrency, latency, options.rounds)
        for latency in (options.latency_ms, 0)
    }
    lost, doubled = faulty()
    rows = []
    for latency, times in by_latency.items():
        rows += [
            [f"{name}, {latency:g} ms", *(f"{f(t):.2f}" for f in (min, statistics.median, max))]
            for name, t in times.items()
        ]
        rows.append([f"ratio, {latency:g} ms", *(f"{f(ratios(times)):.3f}" for f in (min, statistics.median, max))])
    times, at_once = by_latency[options.latency_ms], by_latency[0]
    show(
        f"{options.items} calls, {options.concurrency} at a time, seconds, {options.rounds} "
        f"rounds; at {FAULT_RATE:.0%} faults over {FAULTY_ITEMS} items: {lost} lost, {doubled} doubled",
        ["way", "min", "median", "max"],
        rows,
    )
    figures = {
        "overhead_ratio": round(statistics.median(ratios(times)), 4),
        "overhead_ratio_min": round(min(ratios(times)), 4),
        "overhead_ratio_max": round(max(ratios(times)), 4),
        "overhead_ratio_at_0_ms": round(statistics.median(ratios(at_once)), 4),
        "plain_s": round(statistics.median(times["plain openai"]), 3),
        "florey_s": round(statistics.median(times["florey"]), 3),
        "items": options.items,
        "concurrency": options.concurrency,
        "latency_s": options.latency_ms / 1000,
        "lost": lost,
        "doubled": doubled,
    }
    save(options.json, figures)


if __name__ == "__main__":
    main()
