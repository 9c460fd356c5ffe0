"""A recipe: one YAML file, one pydantic model. Says what to run; the stages say how."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from florey.curation.curate import CurationConfig
from florey.errors import BadInput, nearest
from florey.graph.build import GraphConfig
from florey.records import Tier
from florey.synthesis.config import SynthesisConfig
from florey.teaching.distill import DistillConfig
from florey.training.cold_start import SFTSettings
from florey.training.engines import GRPOConfigModel
from florey.training.mining import MixConfig
from florey.training.plateau import PlateauConfig
from florey.training.policy import SmallModel


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


class Stage2Config(Part):
    rounds: int = Field(default=2, ge=0)
    rollouts: int = Field(default=16, ge=2)  # per prompt: raised for exploration
    steps: int = Field(default=30, ge=1)  # per round
    mix: MixConfig = MixConfig()
    learning_rate: float | None = Field(default=None, gt=0)  # null: as in grpo


class EvaluationConfig(Part):
    split: Literal["dev", "test"] = "test"
    max_new_tokens: int = Field(default=2048, ge=1)
    batch_size: int = Field(default=128, ge=1)


class Recipe(Part):
    """Everything that one run needs to know. Every key has a default but the name."""

    name: str = Field(min_length=1)
    title: str = ""
    seed: int = Field(default=0, ge=0)
    threads: int = Field(default=2, ge=1)  # of torch; part of what decides the weights' bits
    engine: Literal["trl"] = "trl"
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

    @model_validator(mode="after")
    def _can_be_evaluated(self) -> Self:
        if self.evaluation.split == "dev" and not self.split.dev:
            raise ValueError("evaluation.split is dev, but split.dev is 0")
        return self

    @model_validator(mode="after")
    def _has_traces(self) -> Self:
        if self.policy.model is None and self.cold_start is None:
            raise ValueError("cold_start is null, but the small policy starts from random weights: it needs one")
        return self


def load_recipe(path: Path, overrides: Iterable[str] = ()) -> Recipe:
    """Reads a recipe and applies `key.sub=value` overrides (values are YAML).

    Raises BadInput naming file, line and key, with the nearest known key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise BadInput(f"{path}: cannot read the recipe ({reason})") from None
    try:
        root, data = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that is none
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise BadInput(f"{where}: not YAML: {problem}") from None
    if not isinstance(data, dict):
        raise BadInput(f"{path}: expected a recipe (a mapping with at least 'name'), found {type(data).__name__}")
    places = {}
    for override in overrides:
        key, value = _split_override(override)
        places[_put(data, key, value, override)] = f"--set {override}"
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        raise BadInput(_explain(error, path, root, places)) from None


def _split_override(override: str) -> tuple[tuple[str, ...], Any]:
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise BadInput(f"--set {override}: expected key=value, for example --set seed=1")
    try:
        return tuple(key.strip().split(".")), yaml.safe_load(value)
    except (yaml.YAMLError, ValueError):
        raise BadInput(f"--set {override}: the value is not YAML") from None


def _put(data: dict[str, Any], key: tuple[str, ...], value: Any, override: str) -> tuple[str, ...]:
    """Sets `key` in `data`; returns it, or the group above it that had to be made first."""
    made = key
    for depth, part in enumerate(key[:-1], 1):
        if data.get(part) is None:
            data[part] = {}
            made = min(made, key[:depth], key=len)
        data = data[part]
        if not isinstance(data, dict):
            raise BadInput(f"--set {override}: '{part}' is not a group of settings")
    data[key[-1]] = value
    return made


def _explain(error: ValidationError, path: Path, root: Any, places: dict[tuple[str, ...], str]) -> str:
    first = error.errors()[0]
    location = tuple(str(part) for part in first["loc"])
    name = ".".join(location) or "the recipe"
    overridden = [key for key in places if location[: len(key)] == key]
    where = places[max(overridden, key=len)] if overridden else f"{path}, line {_line(root, location)}"
    if first["type"] == "extra_forbidden":
        return f"{where}: unknown key '{name}'{_nearest_key(location)}"
    message = first["msg"].removeprefix("Value error, ")
    given = "" if isinstance(first["input"], dict) else f", got {first['input']!r}"
    return f"{where}: {name}: {message}{given}"


def _line(node: Any, location: tuple[str, ...]) -> int:
    """The 1-based line of the deepest part of `location` that stands in the file."""
    line = 1
    for part in location:
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            found = (node.value[int(part)], node.value[int(part)])
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def _nearest_key(location: tuple[str, ...]) -> str:
    """The nearest key that the model at `location` does know."""
    model: Any = Recipe
    for part in location[:-1]:
        field = model.model_fields.get(part)
        if field is None:
            return ""
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next((kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if model is None:
            return ""
    return nearest(location[-1], model.model_fields)
