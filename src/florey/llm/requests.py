"""What is asked of a language model and what comes back; every backend speaks these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypedDict

Finish = Literal["stop", "length"]
"""Whether the model ended by itself or the token budget ended it."""


Kind = Literal[
    "rate limit",  # 429
    "server error",  # 5xx
    "timeout",  # nothing whole within the time set
    "connection",  # none made, or cut before the answer was whole
    "malformed reply",  # whole, but no chat completion
    "rejected",  # 4xx: this request as it is will never be answered
    "refused",  # the server's content filter
    "context",  # prompt and budget together are longer than what the model reads
    "schema",  # the answer does not hold to its schema, however often it was asked for
    "not cached",  # replay: the cache has no answer
]
"""What a call without an answer died of."""


class Message(TypedDict):
    """One turn, as chat servers take it: role is "system", "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model. Equal requests have equal answers: `sample` tells repeated trials apart."""

    messages: tuple[Message, ...]
    schema: dict[str, Any] | None = None  # JSON Schema that the answer must hold to; None: free text
    sample: int = 0
    max_tokens: int = 1024
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    likely_after: str | None = None  # a pattern: also asked for is which tokens were likely behind its last match
    measured: bool = False  # to be scored: a thought that was cut is kept, and no less than the budget will do
    instead: tuple[Message, ...] = ()  # turns in place of the last, for a model whose own cannot be gone on with

    @property
    def continues(self) -> bool:
        """Whether the last turn is the model's own, to be gone on with."""
        return bool(self.messages) and self.messages[-1]["role"] == "assistant"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens read and written by the server."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What a backend returns for one call: text as generated, nothing read into it yet."""

    text: str
    finish: Finish
    usage: Usage
    prefilled: bool = False  # the chat template had opened the thought; a server does not say
    likely: tuple[tuple[str, float], ...] | None = None  # (token, log-probability), where `likely_after` asked for them


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply that holds to its schema, if one was asked for."""

    text: str
    parsed: Any | None  # the JSON value where a schema was asked for, else None
    finish: Finish
    usage: Usage  # of all calls that it took; what was spent once, when the answer comes from the cache
    cached: bool
    attempts: int  # calls that it took, retries and re-asks included; 0 when cached
    prefilled: bool = False
    likely: tuple[tuple[str, float], ...] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer: what the last attempt died of, and how many there were. Never holds a key."""

    reason: str
    attempts: int
    kind: Kind


class Backend(Protocol):
    """Answers one request at a time, many at once. Raises `florey.llm.faults.Fault` for what may pass by waiting
    and `BadInput` for what the user must mend; knows nothing of cache, retries or prices."""

    model: str

    async def complete(self, request: Request) -> Reply: ...

    async def close(self) -> None: ...
