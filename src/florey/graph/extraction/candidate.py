"""What extractors read and what they find, before it becomes an edge."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entity:
    """A mention with one meaning. `id` is one of the graph, or "ENWIKI:Title" of a page of Wikipedia (`page_curie`)."""

    id: str
    type: str  # of florey.graph.model.NODE_TYPES
    start: int  # in the text that it stands in
    end: int


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation that an extractor reads out of one text, between two of its entities."""

    subject: Entity
    name: str  # of florey.graph.model.RELATIONS
    object: Entity
    positive: bool
    rule: str  # "infobox:symptoms", "pattern:treated_by/is treated with", "llm:MODEL"
    confidence: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A relation with where it is said: `quote == page.text[start:end]` in that revision, or it is dropped."""

    subject: str
    relation: str
    object: str
    positive: bool
    page: str  # title
    revision: int
    quote: str
    start: int
    end: int
    rule: str
    confidence: float
