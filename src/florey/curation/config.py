"""What curation does, stage by stage. Stages that are null are left out."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field, field_validator

from florey.curation import format as format_filter
from florey.curation.contamination.config import ContaminationConfig
from florey.curation.difficulty.features import DifficultyConfig
from florey.curation.difficulty.judgement import JUDGES, How, Judge
from florey.curation.difficulty.rubric import RubricConfig
from florey.curation.difficulty.student import StudentConfig
from florey.curation.duplicates import SemanticConfig
from florey.curation.labels.verification import LabelConfig
from florey.curation.mixture import MixtureConfig
from florey.curation.privacy.config import PrivacyConfig
from florey.errors import nearest


class LabelSettings(LabelConfig):
    """Label verification, and by which model."""

    model: str = Field(min_length=1, description="which of the recipe's models")
    certified: bool = Field(False, description="also questions made from a graph, whose key has a certificate")


class JudgesConfig(BaseModel):
    """Who judges difficulty beside the graph's features, and how their tiers become one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rubric: RubricConfig | None = None
    student: StudentConfig | None = None
    combine: How = "priority"
    order: tuple[Judge, ...] = Field(JUDGES, min_length=1, description="of whom to believe, for priority")


class CurationConfig(BaseModel):
    """The knobs of curation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    skip_checks: tuple[str, ...] = Field((), description="checks of the format filter to leave out, by name")
    privacy: PrivacyConfig | None = Field(None, description="needs the extra `privacy`")
    near_threshold: float = Field(0.8, gt=0, le=1, description="Jaccard similarity of near duplicates")
    permutations: int = Field(128, ge=16, le=1024, description="MinHash values per question")
    shingle: int = Field(3, ge=1, description="words in a row, for questions that come from no graph")
    semantic: SemanticConfig | None = Field(None, description="duplicates by meaning; needs the extra `semantic`")
    contamination: ContaminationConfig | None = None
    labels: LabelSettings | None = Field(None, description="asks a strong model")
    difficulty: DifficultyConfig = DifficultyConfig()
    judges: JudgesConfig = JudgesConfig()
    mixture: MixtureConfig | None = None
    seed: int = 0

    @field_validator("skip_checks")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = [check.__name__ for check in format_filter.CHECKS]
        for name in names:
            if name not in known:
                raise ValueError(f"no format check {name!r}{nearest(name, known)}; there are {', '.join(known)}")
        return names

    def models(self) -> Iterator[tuple[str, str]]:
        """(key, name) of every model that curation asks."""
        if self.labels:
            yield "labels.model", self.labels.model
        if self.judges.rubric:
            yield "judges.rubric.model", self.judges.rubric.model
        if self.judges.student:
            yield "judges.student.model", self.judges.student.model

    @property
    def without_models(self) -> CurationConfig:
        """What costs nothing: format, privacy, duplicates, contamination and the features' tiers."""
        return self.model_copy(update={"labels": None, "judges": JudgesConfig(), "mixture": None})
