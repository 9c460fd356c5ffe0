"""What to synthesize: one pydantic model, part of the recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from florey.errors import nearest
from florey.records import Strength
from florey.synthesis.metapaths import kinds


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Shape(_Config):
    """How many findings a stem names and how many options it offers; drawn with probability ~ weight."""

    findings: int = Field(ge=1, le=12)
    options: int = Field(ge=2, le=26)
    weight: float = Field(default=1.0, gt=0)


class FocusConfig(_Config):
    """A small world for a small model: few diseases, few findings, (nearly) every pair of them known."""

    diseases: int = Field(ge=2)
    findings: int = Field(ge=2)
    vocabulary: Literal["ORPHA", "OMIM"] = "ORPHA"
    min_findings: int = Field(default=12, ge=1)
    """A focus disease must have this many usable findings."""


class CoverageConfig(_Config):
    """Quotas: that share of the draws is spread evenly over the groups, the rest goes by weight alone."""

    by: Literal["specialty", "vocabulary", "type"]
    share: float = Field(default=0.5, ge=0, le=1)


class RegionConfig(_Config):
    """Answers only from the neighbourhood of some nodes."""

    around: tuple[str, ...] = Field(min_length=1)
    """Ids or exact names."""
    method: Literal["walk", "fire", "ego"] = "walk"
    nodes: int = Field(default=2000, ge=10)


class SynthesisConfig(_Config):
    """`alpha`: an answer of degree d is drawn with weight d^-alpha, where d counts the nodes joined to it by anything
    but is_a. `overlap`: 0 draws distractors evenly, 1 takes those that satisfy most."""

    metapath_files: tuple[Path, ...] = ()
    """Further metapaths, declared in files of the same form as metapaths.yaml."""
    metapaths: dict[str, int] = Field(default={"findings_to_disease": 1000}, min_length=1)
    """Questions of each kind, by the names of the masks."""
    shapes: tuple[Shape, ...] = Field(
        default=(Shape(findings=3, options=4), Shape(findings=4, options=5)), min_length=1
    )
    alpha: float = Field(default=0.5, ge=0, le=4)
    min_shared: int = Field(default=2, ge=1)
    """Stem findings that a distractor has, at least (capped at one fewer than the stem names); for a discriminating
    finding: findings that the two diseases share."""
    overlap: float = Field(default=0.5, ge=0, le=1)
    balanced: bool = True
    """Prefer as distractors the nodes that have been answers more often than chance would make them: otherwise the
    option itself, its length or how much is known about it gives the answer away."""
    min_strength: Strength = Strength.CLOSED_WORLD
    min_completeness: float = Field(default=0.2, ge=0, le=1)
    allow_unknown: bool = True
    """False: every support of every option must be present or absent."""
    min_frequency: float = Field(default=0.3, ge=0, le=1)
    """A stem finding whose frequency in the disease is known must reach this share of patients."""
    prevalence: Path | None = None
    """How common diseases are, as a table or Orphadata's product 9: decides who is rare where it says so."""
    coverage: CoverageConfig | None = None
    region: RegionConfig | None = None
    max_per_answer: int = Field(default=50, ge=1)
    forms: int | None = Field(default=None, ge=1)
    """Use only the first (shortest) so many forms of each stem; None: all."""
    seed: int = Field(default=0, ge=0)
    focus: FocusConfig | None = None

    @field_validator("metapaths")
    @classmethod
    def _known(cls, metapaths: dict[str, int], info: ValidationInfo) -> dict[str, int]:
        known = kinds(info.data.get("metapath_files", ()))
        for name, count in metapaths.items():
            if name not in known:
                raise ValueError(f"unknown metapath '{name}'{nearest(name, known)}; known: {', '.join(known)}")
            if count < 0:
                raise ValueError(f"metapath '{name}': expected a count of 0 or more, got {count}")
        return metapaths

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        fewest = min(shape.findings for shape in self.shapes)
        if self.focus is not None and self.focus.findings < fewest:
            raise ValueError(f"focus.findings is {self.focus.findings}, fewer than any shape's findings ({fewest})")
        return self
