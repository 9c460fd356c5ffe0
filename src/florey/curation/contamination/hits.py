"""What a detector finds, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass

from florey.curation.contamination.config import Detector
from florey.curation.funnel import Step
from florey.records import Question, Record

EXCERPT = 160


class Hit(Record):
    """One question that is too near to one item. `score`: 1 = the same, in the detector's own measure."""

    question_id: str
    benchmark: str
    item_id: str
    detector: Detector
    score: float
    question: str  # beginnings of both stems
    item: str


class BenchmarkRow(Record):
    """One benchmark: how many of its items are met by how many questions."""

    benchmark: str
    items: int
    items_hit: int
    items_hit_lo: float  # Wilson, 95%, of the share
    items_hit_hi: float
    questions_hit: int
    by_detector: dict[str, int]  # questions
    items_by_detector: dict[str, int]
    examples: tuple[Hit, ...]


@dataclass(frozen=True)
class Contamination:
    """`off`: detectors that could not do all they should, with the reason."""

    step: Step
    hits: list[Hit]
    rows: list[BenchmarkRow]
    off: dict[str, str]


def hit(question: Question, benchmark: str, item: Question, detector: Detector, score: float) -> Hit:
    return Hit(
        question_id=question.id,
        benchmark=benchmark,
        item_id=item_id(item),
        detector=detector,
        score=round(score, 4),
        question=excerpt(question.stem),
        item=excerpt(item.stem),
    )


def item_id(item: Question) -> str:
    """What the benchmark calls it, if it calls it anything."""
    return item.source_id or item.id


def excerpt(text: str) -> str:
    """The beginning of a text, cut at a word."""
    return text if len(text) <= EXCERPT else text[:EXCERPT].rsplit(" ", 1)[0] + " …"
