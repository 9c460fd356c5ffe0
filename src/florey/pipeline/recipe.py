"""A recipe: one YAML file, one pydantic model. Says what to run; the stages say how."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from florey.curation.config import CurationConfig
from florey.datasets.config import SourceConfig
from florey.errors import nearest
from florey.graph.build import GraphConfig
from florey.inference.models import ModelConfig
from florey.pipeline.benchmarking import BenchmarkingConfig, without_null
from florey.records import Tier
from florey.settings import load_settings
from florey.synthesis.config import SynthesisConfig
from florey.teaching.distill import DistillConfig
from florey.training.cold_start.fine_tuning import SFTSettings
from florey.training.curriculum.choosing import ChoiceConfig
from florey.training.curriculum.guard import GuardConfig
from florey.training.curriculum.mining import MiningConfig, MixConfig
from florey.training.curriculum.plateau import PlateauConfig
from florey.training.curriculum.screening import ScreenConfig
from florey.training.engines import GRPOConfigModel, TRLSettings, VerlSettings
from florey.training.policy import SmallModel

EngineName = Literal["trl", "verl"]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SplitConfig(Part):
    """Shares of the answer-and-evidence sets; the rest is training."""

    dev: float = Field(default=0.1, ge=0, lt=1)
    test: float = Field(default=0.2, gt=0, lt=1)

    @model_validator(mode="after")
    def _leaves_something(self) -> Self:
        if self.dev + self.test >= 1:
            raise ValueError(f"dev + test must leave something to train on, got {self.dev} + {self.test}")
        return self


class PolicyConfig(Part):
    """`model`: a local folder or a hub id; null: the small model, built from the graph's vocabulary."""

    model: str | None = None
    small: SmallModel = SmallModel()


class Stage1Config(Part):
    tiers: tuple[Tier, ...] = Field(default=("easy", "moderate"), min_length=1)
    rollouts: int = Field(default=8, ge=2)  # per prompt
    max_steps: int = Field(default=60, ge=1)
    plateau: PlateauConfig = PlateauConfig()
    choice: ChoiceConfig | None = None  # null: the questions in a drawn order, each as often as the next
    screen: ScreenConfig | None = None
    shuffle_options: bool = True  # in another order for every group, so that letters teach nothing


class Stage2Config(Part):
    rounds: int = Field(default=2, ge=0)
    rollouts: int = Field(default=16, ge=2)  # per prompt: raised for exploration
    steps: int = Field(default=30, ge=1)  # per round
    mix: MixConfig = MixConfig()
    learning_rate: float | None = Field(default=None, gt=0)  # null: as in grpo
    mining: MiningConfig = MiningConfig()
    choice: ChoiceConfig | None = None
    pool: float = Field(default=2.0, ge=1)  # questions that `choice` may choose from, as a multiple of the places
    screen: ScreenConfig | None = None
    guard: GuardConfig | None = None
    shuffle_options: bool = True  # in another order for every group, so that letters teach nothing
    # Rollouts by question: the fewest of these whose group is likely to teach. verl only: TRL has one number a round.
    allot: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _something_to_soften(self) -> Self:
        if self.guard and not self.guard.dev and not self.choice:
            raise ValueError(
                "guard: without choice the mix of a round is fixed before it; set choice, or guard.dev, which softens "
                "the next round"
            )
        return self

    @field_validator("allot")
    @classmethod
    def _groups(cls, allot: tuple[int, ...]) -> tuple[int, ...]:
        if any(rollouts < 2 for rollouts in allot):
            raise ValueError("groups of one rollout have no mean to be better than; expected 2 or more")
        return allot


class EvaluationConfig(BenchmarkingConfig):
    """The held-out questions for every checkpoint; and benchmarks, where files of them are given."""

    split: Literal["dev", "test"] = "test"
    max_new_tokens: int = Field(default=2048, ge=1)
    batch_size: int = Field(default=128, ge=1)


class Recipe(Part):
    """Everything that one run needs to know. Every key has a default but the name."""

    name: str = Field(min_length=1)
    title: str = ""
    seed: int = Field(default=0, ge=0)
    threads: int = Field(default=2, ge=1)  # of torch; part of what decides the weights' bits
    engine: EngineName = "trl"
    engines: dict[str, EngineName] = Field(default={})  # of single rounds, by the names of their stages
    trl: TRLSettings = TRLSettings()
    verl: VerlSettings = VerlSettings()
    save_every: int = Field(default=10, ge=1)  # steps of a round between what a killed run goes on from
    models: dict[str, ModelConfig] = Field(default={})  # that may be asked, by a name of your own
    sources: dict[str, SourceConfig] = Field(default={})  # public questions to train on, by name
    graph: GraphConfig = GraphConfig()
    survey: SynthesisConfig | None = (
        None  # questions over the whole graph: sampled, certified, verified, not trained on
    )
    synthesis: SynthesisConfig = SynthesisConfig()
    split: SplitConfig = SplitConfig()
    curation: CurationConfig = CurationConfig()
    distill: DistillConfig = DistillConfig()
    policy: PolicyConfig = PolicyConfig()
    cold_start: SFTSettings | None = SFTSettings()  # null: left out
    grpo: GRPOConfigModel = GRPOConfigModel()
    stage1: Stage1Config = Stage1Config()
    stage2: Stage2Config = Stage2Config()
    evaluation: EvaluationConfig = EvaluationConfig()

    @field_validator("sources", mode="before")
    @classmethod
    def _left_out(cls, sources: Any) -> Any:
        return without_null(sources)

    @model_validator(mode="after")
    def _models_are_there(self) -> Self:
        asked = [(f"curation.{key}", name) for key, name in self.curation.models()]
        for key, name in [*asked, *((f"distill.{key}", name) for key, name in self.distill.models())]:
            if name not in self.models:
                there = f"there are {', '.join(sorted(self.models))}" if self.models else "the recipe has no models"
                raise ValueError(f"{key}: no model '{name}'{nearest(name, self.models)}; {there}")
        return self

    @model_validator(mode="after")
    def _can_be_evaluated(self) -> Self:
        if self.evaluation.split == "dev" and not self.split.dev:
            raise ValueError("evaluation.split is dev, but split.dev is 0")
        return self

    def engine_of(self, stage: str) -> EngineName:
        """Which engine trains the round of a stage. Another for a later one leaves the earlier rounds alone."""
        return self.engines.get(stage, self.engine)

    @property
    def rounds(self) -> tuple[str, ...]:
        """Names of the stages of stage 2."""
        return tuple(f"stage2-round{number}" for number in range(1, self.stage2.rounds + 1))

    @model_validator(mode="after")
    def _engines_have_rounds(self) -> Self:
        there = ("stage1", *self.rounds)
        for name in self.engines:
            if name not in there:
                raise ValueError(f"engines: no round '{name}'{nearest(name, there)}; there are {', '.join(there)}")
        return self

    @model_validator(mode="after")
    def _rollouts_by_row(self) -> Self:
        if self.stage2.allot and any(self.engine_of(name) == "trl" for name in self.rounds):
            raise ValueError("stage2.allot: TRL has one number of rollouts a round (stage2.rollouts); engine: verl can")
        return self

    @model_validator(mode="after")
    def _has_traces(self) -> Self:
        if self.policy.model is None and self.cold_start is None:
            raise ValueError("cold_start is null, but the small policy starts from random weights: it needs one")
        if self.cold_start and self.cold_start.leave_out == "auto" and not self.split.dev:
            raise ValueError("cold_start.leave_out is auto, which asks the development questions, but split.dev is 0")
        return self


def load_recipe(path: Path, overrides: Iterable[str] = ()) -> Recipe:
    """Reads a recipe and applies `key.sub=value` overrides (values are YAML).

    Raises BadInput naming file, line and key, with the nearest known key.
    """
    return load_settings(path, Recipe, "recipe", overrides)
