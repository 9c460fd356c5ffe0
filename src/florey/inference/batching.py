"""A backend that answers requests in this process: those that wait at the same time as one batch, in a thread."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

from florey.llm.faults import Fault
from florey.llm.requests import Reply, Request
from florey.llm.structured import in_words

Waiting = tuple[Request, "asyncio.Future[Reply]"]


def check_room(prompt_tokens: int, request: Request, context: int | None) -> None:
    """Fault where prompt and answer together are longer than the `context` of a model; None: it is not known."""
    if context is not None and prompt_tokens + request.max_tokens > context:
        said = f"a prompt of {prompt_tokens} tokens and an answer of {request.max_tokens}; the model reads {context}"
        raise Fault("context", said, retryable=False)


class BatchBackend(ABC):
    """A schema is asked for in words. `model`: the name that answers are filed under; `at_least`: how many requests
    should wait at a time, whatever the settings say of servers."""

    at_least = 1

    def __init__(self, model: str) -> None:
        self.model = model
        self._waiting: list[Waiting] = []
        self._worker: asyncio.Task[None] | None = None

    @abstractmethod
    def _together(self, waiting: list[Request]) -> list[int]:
        """Places of those that are answered next, as one batch; the first is among them."""

    @abstractmethod
    def _generate(self, requests: list[Request]) -> list[Reply]:
        """Replies in the order of the requests. Raises Fault or BadInput. Runs in a thread, one call at a time."""

    async def complete(self, request: Request) -> Reply:
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((in_words(request), answer))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await answer

    async def close(self) -> None:
        if self._worker:
            await self._worker

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # all that ask at this moment come into one batch
            places = set(self._together([request for request, _ in self._waiting]))
            batch = [each for place, each in enumerate(self._waiting) if place in places]
            self._waiting = [each for place, each in enumerate(self._waiting) if place not in places]
            try:
                replies = await asyncio.to_thread(self._generate, [request for request, _ in batch])
            except Exception as error:
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for (_, answer), reply in zip(batch, replies, strict=True):
                if not answer.done():
                    answer.set_result(reply)
