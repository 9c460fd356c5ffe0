"""One line of the journal: which page was chosen, why, and what it gave. Everything else is recomputed from these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from florey.graph.extraction.candidate import Candidate
from florey.graph.wiki.article import curie_title, page_curie
from florey.llm.requests import Usage
from florey.records import Record

Outcome = Literal["read", "not_medical", "missing", "disambiguation", "repeated", "too_complex"]
"""`repeated`: a redirect to a page that was read under its own title."""


class Why(Record):
    """What made the page the best one to read next; `gain` is the product of the other numbers."""

    expected_type: str  # of the node, from the vocabulary; "unknown"
    specialty: str  # of the page that first led here; ""
    pull: float  # links and open ends that lead here
    expected_yield: float  # relations a page of that expected type gave so far
    rarity: float  # >= 1: few pages of that type were read
    scarcity: float  # >= 1: few pages of that specialty were read
    gain: float


class End(Record):
    """An end of a candidate: what it is, and what the page calls it."""

    type: str
    name: str


class Spent(Record):
    """What the language model cost for one page, whether its answers came from the cache or not."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def usage(self) -> Usage:
        return Usage(self.prompt_tokens, self.completion_tokens)

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            calls=self.calls + other.calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )


class Reading(Record):
    """What reading one page gave. A page that was not read says why in `reason`."""

    step: int
    asked: str  # title as the frontier had it
    title: str  # where redirects led
    outcome: Outcome
    reason: str
    why: Why
    page_id: int | None = None
    revision: int | None = None
    type: str | None = None  # of the page's subject
    aliases: tuple[str, ...] = ()
    xrefs: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()
    links: dict[str, int] = Field(default_factory=dict)  # title -> how often the page links to it
    candidates: tuple[Candidate, ...] = ()
    entities: dict[str, End] = Field(default_factory=dict)  # the ends of the candidates, by id
    dropped: dict[str, int] = Field(default_factory=dict)  # candidates that became no edge, by reason
    spent: Spent = Spent()
    ends_batch: bool = False  # pages are chosen a batch at a time

    def ends(self, wiki: str = "enwiki") -> Iterator[str]:
        """Titles of other pages that its candidates lead to or from, once for each candidate."""
        mine = page_curie(self.title, wiki)
        prefix = mine.partition(":")[0] + ":"
        for candidate in self.candidates:
            for end in (candidate.subject, candidate.object):
                if end.startswith(prefix) and end != mine:
                    yield curie_title(end)
