"""Waits and the limit of calls at a time, against a backend in this process that fails as told."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from florey.llm import pacing
from florey.llm.client import LlmClient
from florey.llm.faults import Fault
from florey.llm.requests import Answer, Message, Reply, Request, Usage
from florey.llm.settings import LlmSettings


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "FIRST_WAIT_S", 0.01)


def request(text: str) -> Request:
    return Request((Message(role="user", content=text),))


class Fake:
    """A backend in this process: fails as told, then answers; knows how many were under way at once."""

    model = "fake"

    def __init__(self, *faults: Fault, capacity: int = 10**9) -> None:
        self.faults, self.capacity, self.running, self.most = list(faults), capacity, 0, 0

    async def complete(self, request: Request) -> Reply:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            crowded = self.running > self.capacity
            await asyncio.sleep(0)
            if self.faults:
                raise self.faults.pop(0)
            if crowded:
                raise Fault("rate limit", "too many", overload=True)
            return Reply("ok", "stop", Usage(1, 1))
        finally:
            self.running -= 1

    async def close(self) -> None:
        pass


def test_waits_grow_are_drawn_by_the_seed_and_honour_the_server() -> None:
    async def waits(seed: int, *faults: Fault) -> tuple[list[float], Any]:
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)

        client = LlmClient(Fake(*faults), LlmSettings(model="fake"), sleep=sleep, seed=seed)
        return slept, await client.ask(request("a"))

    plain = [Fault("server error", "x") for _ in range(5)]
    slept, answer = asyncio.run(waits(1, *plain))
    assert isinstance(answer, Answer)
    assert slept == asyncio.run(waits(1, *plain))[0] != asyncio.run(waits(2, *plain))[0]
    assert all(0 <= wait <= pacing.FIRST_WAIT_S * 2**attempt for attempt, wait in enumerate(slept))
    (slept, _) = asyncio.run(waits(1, Fault("rate limit", "x", retry_after=7)))
    assert 7 <= slept[0] <= 7 + pacing.FIRST_WAIT_S
    slept, failure = asyncio.run(waits(1, Fault("rate limit", "x", retry_after=3600)))
    assert (slept, failure.kind) == ([], "rate limit")
    draw = random.Random(0)
    assert max(pacing.wait_after(plain[0], 99, draw) for _ in range(99)) <= pacing.LONGEST_WAIT_S


def test_concurrency_falls_to_what_the_server_takes_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "REST_S", 0.0)

    async def work() -> tuple[Fake, LlmClient]:
        backend = Fake(capacity=8)
        client = LlmClient(backend, LlmSettings(model="fake", max_concurrency=64, max_retries=50), sleep=asyncio.sleep)
        await client.ask_many(request(str(i)) for i in range(500))
        return backend, client

    backend, client = asyncio.run(work())
    assert backend.most == 64  # starts with all
    assert client.accounting.answers == 500
    assert client._limiter.limit < 24

    limiter = pacing.Limiter(64)

    async def halve_then_recover() -> list[float]:
        async def one(fault: Fault | None) -> None:
            async with limiter.slot():
                await asyncio.sleep(0)
                if fault:
                    raise fault

        overloads = [one(Fault("rate limit", "x", overload=True)) for _ in range(20)]
        await asyncio.gather(*overloads, return_exceptions=True)
        seen = [limiter.limit]  # twenty refusals of one round trip halve once
        for _ in range(400):
            await one(None)
        return [*seen, limiter.limit]

    assert asyncio.run(halve_then_recover()) == [32, 64]


def test_a_cancelled_turn_is_given_on() -> None:
    async def work() -> int:
        limiter = pacing.Limiter(1)

        async def hold(seconds: float) -> None:
            async with limiter.slot():
                await asyncio.sleep(seconds)

        tasks = [asyncio.create_task(hold(0.01)) for _ in range(5)]
        await asyncio.sleep(0)
        tasks[1].cancel()  # waits
        tasks[0].cancel()  # runs
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.wait_for(hold(0), 5)
        return limiter.running

    assert asyncio.run(work()) == 0


def test_many_requests_are_read_only_as_fast_as_they_are_answered() -> None:
    ahead: list[int] = []

    async def work() -> None:
        client = LlmClient(Fake(), LlmSettings(model="fake", max_concurrency=4))
        taken = 0

        def requests() -> Any:
            nonlocal taken
            for i in range(500):
                taken += 1
                yield request(str(i))

        await client.ask_many(requests(), lambda *_: ahead.append(taken - len(ahead)))

    asyncio.run(work())
    assert len(ahead) == 500
    assert max(ahead) <= 8
