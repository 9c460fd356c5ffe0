"""From a recipe to its stages in order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from florey.curation.labels.review import DECISIONS, REVIEW
from florey.datasets.config import SourceConfig
from florey.files import file_digest
from florey.pipeline import (
    benchmark_stage,
    curation_stages,
    data_stages,
    evaluation_stage,
    report_stage,
    training_stages,
)
from florey.pipeline.manifest import installed_version
from florey.pipeline.recipe import Recipe
from florey.pipeline.runner import Stage
from florey.training.adapters import LoraSettings

NOUNS = ("records", "settings", "files", "intervals", "clustered", "errors")
DATA = ("graph", "synthesis", *NOUNS, "pipeline/data_stages")
ASKING = ("inference", "llm", "answer")
EVALUATING = ("pipeline/answering", "pipeline/evaluation_stage")
LEARN = (
    *("answer", "inference", "training", *NOUNS),
    *("pipeline/training_stages", "pipeline/round_making", "pipeline/answering", "pipeline/leaving_out"),
)


def plain(*parts: BaseModel | None) -> Any:
    """Settings as JSON, for a stage's key."""
    return [None if part is None else json.loads(part.model_dump_json()) for part in parts]


def build_stages(recipe: Recipe, folder: Path | None = None) -> list[Stage]:
    """The recipe's stages in the order they run. A stage's config holds what it depends on and no more.

    `folder`: of the run, where reviewers' decisions may lie.
    """
    seed = recipe.seed
    generation = [recipe.threads, recipe.evaluation.max_new_tokens, recipe.evaluation.batch_size]
    stages = [
        Stage(
            "graph",
            "Build the knowledge graph",
            (),
            [*plain(recipe.graph), _source_files(recipe)],
            ("graph", *NOUNS),
            partial(data_stages.build_graph, recipe.graph),
        )
    ]
    if recipe.survey:
        survey = recipe.survey.model_copy(update={"seed": recipe.survey.seed + seed})
        stages.append(
            Stage(
                "survey",
                "Sample and verify questions over the whole graph",
                ("graph",),
                plain(survey),
                DATA,
                partial(data_stages.make_questions, survey),
            )
        )
    synthesis = recipe.synthesis.model_copy(update={"seed": recipe.synthesis.seed + seed})
    stages += [
        Stage(
            "questions",
            "Sample and verify questions to train and test on",
            ("graph",),
            plain(synthesis),
            DATA,
            partial(data_stages.make_questions, synthesis),
        ),
        *_public_stage(recipe),
        _curation_stage(recipe, folder),
        Stage(
            "traces",
            "Distill: reasoning traces" if recipe.distill.model else "Distill: the graph teacher's traces",
            ("graph", "curated"),
            [*plain(recipe.distill), _models(recipe, recipe.distill.models())],
            ("teaching", "graph/linking", "synthesis/rewriting", *ASKING, *NOUNS, "pipeline/data_stages"),
            partial(data_stages.write_traces, recipe.distill, recipe.models),
        ),
        Stage(
            "base",
            "The policy before training",
            ("questions", "curated", "traces"),
            [*plain(recipe.policy), _local_weights(recipe)],
            LEARN,
            partial(training_stages.make_policy, recipe),
            seed,
        ),
    ]
    checkpoints = {"base": "base"}
    if recipe.cold_start:
        stages.append(
            Stage(
                "cold_start",
                "Cold start: fine-tune on the traces",
                ("base", "curated", "traces"),
                [*plain(recipe.cold_start), recipe.threads, *_measuring(recipe, generation)],
                LEARN,
                partial(training_stages.cold_start, recipe),
                seed,
            )
        )
        checkpoints["cold_start"] = "cold_start"
    parent = list(checkpoints.values())[-1]
    learning = [*plain(recipe.grpo, recipe.trl), recipe.threads, *_peft(recipe.grpo.lora)]
    one_round = recipe.stage2.model_dump(mode="json", exclude={"rounds"})  # more rounds leave the earlier ones alone
    stages.append(
        Stage(
            "stage1",
            "RLVR stage 1: easy and moderate until the plateau",
            (parent, "curated"),
            [*plain(recipe.stage1), *learning, *_engine(recipe, "stage1")],
            LEARN,
            partial(training_stages.stage1, recipe, parent),
            seed + 1,
        )
    )
    checkpoints["stage1"] = parent = "stage1"
    rounds: tuple[str, ...] = ()
    for number, name in enumerate(recipe.rounds, 1):
        stages.append(
            Stage(
                name,
                f"RLVR stage 2, round {number}: mine, mix 1:2, train",
                (parent, *(earlier for earlier in rounds if earlier != parent), "curated"),
                [one_round, *learning, *generation, *_engine(recipe, name)],
                LEARN,
                partial(training_stages.stage2_round, recipe, parent, rounds),
                seed + 1 + number,
            )
        )
        rounds, parent = (*rounds, name), name
    if rounds:
        checkpoints["stage2"] = parent
    stages.append(
        Stage(
            "evaluation",
            f"Evaluate every checkpoint on the {recipe.evaluation.split} questions",
            tuple(dict.fromkeys((*checkpoints.values(), *rounds, "curated", "graph"))),
            [recipe.evaluation.split, *generation, checkpoints],
            ("evaluation", "teaching", "training/policy", "inference", "answer", *NOUNS, *EVALUATING),
            partial(evaluation_stage.evaluate, recipe, checkpoints, rounds),
            seed,
        )
    )
    stages += _benchmark_stage(recipe, checkpoints)
    before = tuple(stage.name for stage in stages)
    stages.append(
        Stage(
            "report",
            "Write the report",
            before,
            plain(recipe),
            (
                "reporting",
                "evaluation",
                "teaching",
                "answer",
                *NOUNS,
                "pipeline/report_stage",
                "pipeline/report_examples",
                "pipeline/leaving_out",
            ),
            partial(report_stage.make_report, recipe, before, rounds),
        )
    )
    return stages


def _benchmark_stage(recipe: Recipe, checkpoints: Mapping[str, str]) -> list[Stage]:
    config = recipe.evaluation
    if not config.benchmarks:
        return []
    asked = [_settings(config.benchmarks), _contents(config.benchmarks), *plain(config.predict), config.prompt]
    return [
        Stage(
            "benchmarks",
            "Evaluate every checkpoint on the benchmarks",
            (*dict.fromkeys(checkpoints.values()), "curated", "graph"),
            [*asked, recipe.threads, dict(checkpoints)],
            (
                *("evaluation", "datasets", "graph/linking", "curation/contamination", *ASKING, *NOUNS),
                *("pipeline/benchmark_stage", "pipeline/benchmarking", "pipeline/scoring", "pipeline/scored_sets"),
            ),
            partial(benchmark_stage.benchmark, recipe, checkpoints),
            recipe.seed,
        )
    ]


def _public_stage(recipe: Recipe) -> list[Stage]:
    if not recipe.sources:
        return []
    return [
        Stage(
            "public",
            "Read the public questions",
            (),
            [_settings(recipe.sources), _contents(recipe.sources)],
            ("datasets", "answer", *NOUNS, "pipeline/curation_stages"),
            partial(curation_stages.read_public, recipe.sources),
        )
    ]


def _curation_stage(recipe: Recipe, folder: Path | None) -> Stage:
    config = recipe.curation
    extra = ["survey"] * (recipe.survey is not None) + ["public"] * bool(recipe.sources)
    extra += ["graph"] * (config.privacy is not None or config.contamination is not None)
    benchmarks = config.contamination.benchmarks if config.contamination else {}
    decisions = folder / REVIEW / DECISIONS if folder else None
    reviewed = file_digest(decisions) if config.labels and decisions and decisions.is_file() else None
    return Stage(
        "curated",
        "Curate: split, filter, tiers",
        ("questions", *extra),
        [*plain(recipe.split, config), _contents(benchmarks), _models(recipe, config.models()), reviewed],
        ("curation", "datasets", "graph/linking", *ASKING, "synthesis/split", *NOUNS, "pipeline/curation_stages"),
        partial(curation_stages.curate_questions, recipe.split, config, recipe.models),
        recipe.seed,
    )


def _measuring(recipe: Recipe, generation: list[int]) -> list[Any]:
    """What decides how the base answers before its cold start, where it is asked; and what adapters depend on."""
    config = recipe.cold_start
    measured = config is not None and config.leave_out == "auto"
    return [*([*generation, recipe.grpo.temperature] if measured else []), *_peft(config.lora if config else None)]


def _peft(lora: LoraSettings | None) -> list[str]:
    """Its version, where it decides weights: not among the libraries of every stage, since few runs have it."""
    return [f"peft {installed_version('peft')}"] if lora else []


def _engine(recipe: Recipe, stage: str) -> list[Any]:
    """The engine of a round, with what decides its result. Where it runs changes nothing."""
    name = recipe.engine_of(stage)
    apart = {"python", "ray_address", "nodes", "gpus"}
    return [name, recipe.verl.model_dump(mode="json", exclude=apart)] if name == "verl" else [name]


def _models(recipe: Recipe, asked: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Which models a stage asks; where they are served changes nothing."""
    return {name: recipe.models[name].identity for _, name in asked}


def _settings(sources: Mapping[str, SourceConfig]) -> dict[str, Any]:
    return {name: json.loads(source.model_dump_json()) for name, source in sorted(sources.items())}


def _contents(sources: Mapping[str, SourceConfig]) -> dict[str, str]:
    """Content of the files of public sets, so that an edited one under the same path is noticed."""
    files = {
        f"{name}/{key}": path
        for name, source in sorted(sources.items())
        for key, path in (("path", source.path), ("test_ids", source.test_ids))
        if path is not None
    }
    return {key: file_digest(path) for key, path in files.items() if path.is_file()}


def _source_files(recipe: Recipe) -> dict[str, str] | None:
    """Content of the user's source files, so that an edited one under the same path is noticed."""
    found = {}
    for key, path in recipe.graph.paths():
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                found[f"{key}/{file.relative_to(path)}"] = file_digest(file)
    return found or None


def _local_weights(recipe: Recipe) -> str | None:
    """Content of the user's model, so that other weights under the same path are noticed."""
    return training_stages.model_digest(recipe.policy.model) if recipe.policy.model else None
