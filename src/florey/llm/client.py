"""The client that every stage shares: cached, retried, counted, as many calls at a time as the server takes.

async with open_client(LlmSettings(model="SmolLM2", cache=Path("answers.sqlite"))) as client:
    outcomes = await client.ask_many(requests)
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeVar

from florey.errors import BadInput
from florey.llm.accounting import Accounting, Plan, plan
from florey.llm.cache import Cache, request_key
from florey.llm.faults import Fault
from florey.llm.openai_server import OpenAIServer
from florey.llm.pacing import Limiter, wait_after
from florey.llm.requests import Answer, Backend, Failure, Reply, Request, Usage
from florey.llm.settings import LlmSettings
from florey.llm.structured import asked_again, read

FIRST_CONTACT = 2  # retries for a server that was never there: a wrong URL should not take minutes to say so
T = TypeVar("T")
Done = TypeVar("Done")
Outcome = Answer | Failure
WINDOW = 2  # requests worked on for each call at a time: while some wait to try again, others are asked


class LlmClient:
    """Asks one backend. Belongs to one event loop; close it, or use it as an async context manager.

    `sleep` and `seed` (of the jitter) are for tests: neither changes an answer.
    """

    def __init__(
        self,
        backend: Backend,
        settings: LlmSettings,
        cache: Cache | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        seed: int | None = None,
    ) -> None:
        self.backend, self.settings, self.cache = backend, settings, cache
        self.accounting = Accounting()
        self._limiter = Limiter(settings.max_concurrency)
        self._sleep, self._draw = sleep, random.Random(seed)
        self._under_way: dict[str, asyncio.Future[Outcome | None]] = {}

    async def ask(self, request: Request) -> Outcome:
        """One answer, or what became of it. Equal requests under way at the same time are asked once.

        BadInput for what no waiting mends: a wrong URL, model, key, schema or cache.
        """
        key = request_key(self.backend.model, request)
        while key in self._under_way:
            outcome = await asyncio.shield(self._under_way[key])
            if outcome is not None:  # else whoever asked was cancelled, and it is our turn
                self.accounting.joined += 1
                return replace(outcome, cached=True, attempts=0) if isinstance(outcome, Answer) else outcome
        self._under_way[key] = asyncio.get_running_loop().create_future()
        outcome = None
        try:
            outcome = await self._settle(request)
        finally:
            self._under_way.pop(key).set_result(outcome)
        if isinstance(outcome, Answer):
            self.accounting.answers += 1
        else:
            self.accounting.count_failure(outcome)
        return outcome

    async def ask_many(
        self, requests: Iterable[Request], on_done: Callable[[int, Outcome], None] | None = None
    ) -> list[Outcome]:
        """Outcomes in the order of the requests; `on_done(index, outcome)` is called as each comes.

        The requests may be a generator: it is read only as fast as they are answered. On BadInput or cancellation no
        further call is made; what was answered by then is in the cache.
        """
        return await self.each(requests, self.ask, on_done)

    async def each(
        self,
        items: Iterable[T],
        work: Callable[[T], Awaitable[Done]],
        on_done: Callable[[int, Done], None] | None = None,
    ) -> list[Done]:
        """The same for what takes several requests in turn: `work` on each item, in the order of the items."""
        made: dict[int, Done] = {}
        numbered = enumerate(items)

        async def working() -> None:
            for index, item in numbered:  # shared: each worker takes the next
                made[index] = await work(item)
                if on_done:
                    on_done(index, made[index])

        workers = [asyncio.create_task(working()) for _ in range(WINDOW * self.settings.max_concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        return [made[index] for index in range(len(made))]

    def plan(self, requests: Iterable[Request]) -> Plan:
        """What the requests would take, without those in the cache. Asks nothing."""
        return plan(requests, self.settings, self.cache)

    async def _settle(self, request: Request) -> Outcome:
        """Asks until the answer holds to the schema. Each turn is a call of its own in the cache, so that a
        conversation that was interrupted goes on where it was."""
        turn, usage, attempts, problem = request, Usage(), 0, ""
        for reask in range(self.settings.max_reasks + 1):
            reply, calls = await self._reply(turn)
            attempts += calls
            self.accounting.reasks += reask > 0 and calls > 0
            if isinstance(reply, Failure):
                return replace(reply, attempts=attempts)
            usage += reply.usage
            parsed = None
            if request.schema is not None:
                parsed, missed = read(reply, request.schema)
                if missed is not None:
                    problem = missed
                    turn = asked_again(turn, reply, problem)
                    continue
            return Answer(
                reply.text,
                parsed,
                reply.finish,
                usage,
                cached=attempts == 0,
                attempts=attempts,
                prefilled=reply.prefilled,
                likely=reply.likely,
            )
        return Failure(f"the answer does not hold to its schema: {problem}", attempts, "schema")

    async def _reply(self, request: Request) -> tuple[Reply | Failure, int]:
        """(from the cache or the server, calls made)."""
        key = request_key(self.backend.model, request)
        if self.cache is not None:
            kept = self.cache.get(key)
            self.accounting.damaged = self.cache.damaged
            if kept is not None:
                self.accounting.cache_hits += 1
                return kept, 0
        if self.settings.replay:
            start = request.messages[-1]["content"][:60] if request.messages else ""
            named = f"request {key} ({start!r}…, sample {request.sample})"
            return Failure(f"replay: {self.settings.cache} has no answer to {named}", 0, "not cached"), 0
        attempt = 0
        while True:
            try:
                async with self._limiter.slot():
                    self.accounting.calls += 1
                    reply = await self.backend.complete(request)
                break
            except Fault as fault:
                attempt += 1
                self.accounting.faults[fault.kind] += 1
                wait = wait_after(fault, attempt - 1, self._draw)
                tries = self.settings.max_retries
                if not fault.reached and not self.accounting.replies:
                    tries = min(tries, FIRST_CONTACT)
                if not fault.retryable or attempt > tries or wait > self.settings.max_wait_s:
                    return self._give_up(fault, attempt), attempt
            self.accounting.retries += 1
            await self._sleep(wait)
        self.accounting.count_reply(reply)
        if (cut_short := _cut_short(reply, request)) is not None:
            return Failure(cut_short, attempt + 1, "context"), attempt + 1
        if self.cache is not None:
            reply = await self.cache.put(key, reply)
        return reply, attempt + 1

    def _give_up(self, fault: Fault, attempts: int) -> Failure:
        if not fault.reached and not self.accounting.replies:
            raise BadInput(f"no answer from the server ({fault}); is it running, and is base_url right?")
        return Failure(str(fault), attempts, fault.kind)

    async def close(self) -> None:
        await self.backend.close()
        if self.cache is not None:
            self.cache.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


def _cut_short(reply: Reply, request: Request) -> str | None:
    """What is wrong with a completion to be scored that something else than its budget ended. It is not remembered:
    with more room the same request gets another answer."""
    written = reply.usage.completion_tokens
    if not request.measured or reply.finish == "stop" or not 0 < written < request.max_tokens:
        return None
    return (
        f"the model was stopped after {written} of {request.max_tokens} tokens: its context window, or a cap of the "
        "server, is smaller than prompt and budget"
    )


def open_client(settings: LlmSettings) -> LlmClient:
    """A client for the server of the settings, or for the cache alone where they say `replay`.

    BadInput for a URL, a variable's name or a cache that cannot be one; nothing is asked yet.
    """
    if settings.replay and (settings.cache is None or not settings.cache.is_file()):
        raise BadInput(f"replay: no cache {settings.cache}; expected a file that an earlier run wrote")
    return LlmClient(OpenAIServer(settings), settings, Cache(settings.cache) if settings.cache else None)


def run(settings: LlmSettings, work: Callable[[LlmClient], Awaitable[T]]) -> T:
    """For code that is not async: `run(settings, lambda client: client.ask_many(requests))`."""

    async def working() -> T:
        async with open_client(settings) as client:
            return await work(client)

    return asyncio.run(working())
