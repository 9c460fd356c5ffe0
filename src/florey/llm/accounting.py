"""What was asked and what it cost; and an estimate of that before anything is asked."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from florey.llm.cache import Cache, request_key
from florey.llm.requests import Failure, Reply, Request, Usage
from florey.llm.settings import LlmSettings
from florey.llm.structured import in_words

CHARACTERS_PER_TOKEN = 4.0
"""The estimate's assumption: right for English prose within about a fifth."""
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Chinese, Japanese and Korean characters, each taken for a token: a little too many for models that know them well."""
TOKENS_PER_MESSAGE = 4  # role and separators


def cost(usage: Usage, settings: LlmSettings) -> float:
    """In the currency of the prices."""
    return (usage.prompt_tokens * settings.price_in + usage.completion_tokens * settings.price_out) / 1e6


@dataclass(slots=True)
class Accounting:
    """Counts of one client since it was opened. Tokens and money are what it spent; cached calls cost none."""

    answers: int = 0
    calls: int = 0  # made to the server, failed ones included
    replies: int = 0  # of these, those that brought one
    retries: int = 0
    reasks: int = 0  # calls that sent an answer back because it missed its schema
    cache_hits: int = 0  # calls that the cache answered
    joined: int = 0  # requests that waited for an equal one under way
    damaged: int = 0  # rows of the cache that were dropped and asked again
    usage: Usage = field(default_factory=Usage)
    faults: Counter[str] = field(default_factory=Counter)  # failed calls by kind
    failures: Counter[str] = field(default_factory=Counter)  # requests without an answer by kind

    def count_reply(self, reply: Reply) -> None:
        self.replies += 1
        self.usage += reply.usage

    def count_failure(self, failure: Failure) -> None:
        self.failures[failure.kind] += 1

    def summary(self, settings: LlmSettings) -> dict[str, Any]:
        """For a manifest or a report; prompt_tokens and completion_tokens as the server counted them."""
        return {
            "model": settings.model,
            **{name: getattr(self, name) for name in ("answers", "calls", "replies", "retries", "reasks")},
            "cache_hits": self.cache_hits,
            "joined": self.joined,
            "damaged_rows": self.damaged,
            "prompt_tokens": self.usage.prompt_tokens,
            "completion_tokens": self.usage.completion_tokens,
            "cost": round(cost(self.usage, settings), 6),
            "faults": dict(sorted(self.faults.items())),
            "failures": dict(sorted(self.failures.items())),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What a list of requests would take. Retries and re-asks come on top."""

    requests: int
    cached: int  # answered already, or equal to another of the list
    prompt_tokens: int  # estimated, see CHARACTERS_PER_TOKEN
    completion_tokens: int  # at most: every answer as long as it may be
    cost: float  # at most, in the currency of the prices

    @property
    def to_ask(self) -> int:
        return self.requests - self.cached


def plan(requests: Iterable[Request], settings: LlmSettings, cache: Cache | None = None) -> Plan:
    """Estimates tokens and money before anything is asked."""
    seen: set[str] = set()
    count = prompt = completion = 0
    for request in requests:
        count += 1
        key = request_key(settings.model, request)
        if key in seen or (cache is not None and cache.get(key) is not None):
            continue
        seen.add(key)
        prompt += prompt_tokens(request)
        completion += request.max_tokens
    usage = Usage(prompt, completion)
    return Plan(count, count - len(seen), prompt, completion, cost(usage, settings))


def prompt_tokens(request: Request) -> int:
    """Estimated tokens of a prompt, its schema counted as if it stood there in words."""
    messages = in_words(request).messages
    characters = sum(len(message["content"]) for message in messages)
    ideographs = sum(len(_IDEOGRAPH.findall(message["content"])) for message in messages)
    words = math.ceil((characters - ideographs) / CHARACTERS_PER_TOKEN)
    return words + ideographs + TOKENS_PER_MESSAGE * len(messages)
