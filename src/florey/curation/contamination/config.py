"""What is compared with what, and how near is too near."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from florey.datasets.config import SourceConfig

Detector = Literal["ngrams", "wording", "evidence", "path"]
DETECTORS: tuple[Detector, ...] = ("ngrams", "wording", "evidence", "path")


class ContaminationConfig(BaseModel):
    """The benchmarks that training questions are compared with, and four detectors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    benchmarks: dict[str, SourceConfig] = Field(default_factory=dict, description="by name, as under sources")
    action: Literal["drop", "flag"] = "drop"
    detectors: tuple[Detector, ...] = Field(DETECTORS, min_length=1)
    ngram: int = Field(8, ge=3, description="words in a row")
    ngram_share: float = Field(0.5, gt=0, le=1, description="of an item's n-grams that a question must have")
    common: int = Field(3, ge=1, description="an n-gram in more items than this is a way of asking, and not counted")
    wording: float = Field(0.75, gt=0, le=1, description="similarity of two stems, word by word")
    short_words: int = Field(12, ge=0, description="cases told in fewer words count only if the options agree too")
    options: float = Field(0.5, ge=0, le=1, description="share of the options that must agree there")
    evidence: float = Field(0.8, gt=0, le=1, description="weight that two have in common, of the one that has less")
    evidence_of_item: float = Field(0.5, ge=0, le=1, description="and of the item's, whichever that is")
    evidence_nodes: int = Field(2, ge=1, description="and so many entities that are not in everyone's mouth")
    examples: int = Field(3, ge=0, description="shown for each benchmark")
