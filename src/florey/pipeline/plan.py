"""From a recipe to its stages in order, and what a run of them would take."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from florey.files import file_digest
from florey.inference.local import has_gpu
from florey.pipeline import data_stages, evaluation_stage, report_stage, training_stages
from florey.pipeline.manifest import Manifest
from florey.pipeline.recipe import Recipe
from florey.pipeline.runner import Stage, finished

NOUNS = ("records", "settings", "files", "intervals", "clustered", "errors")
DATA = ("graph", "synthesis", *NOUNS, "pipeline/data_stages")
EVALUATING = ("pipeline/training_stages", "pipeline/evaluation_stage")
LEARN = ("answer", "inference", "training", *NOUNS, "pipeline/training_stages")


def plain(*parts: BaseModel | None) -> Any:
    """Settings as JSON, for a stage's key."""
    return [None if part is None else json.loads(part.model_dump_json()) for part in parts]


def build_stages(recipe: Recipe) -> list[Stage]:
    """The recipe's stages in the order they run. A stage's config holds what it depends on and no more."""
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
    has_survey = recipe.survey is not None
    stages += [
        Stage(
            "questions",
            "Sample and verify questions to train and test on",
            ("graph",),
            plain(synthesis),
            DATA,
            partial(data_stages.make_questions, synthesis),
        ),
        Stage(
            "curated",
            "Curate: split, filter, tiers",
            ("questions", "survey") if has_survey else ("questions",),
            plain(recipe.split, recipe.curation),
            ("curation", "synthesis/split", *NOUNS, "pipeline/data_stages"),
            partial(data_stages.curate_questions, recipe.split, recipe.curation, has_survey),
            seed,
        ),
        Stage(
            "traces",
            "Distill: the graph teacher's traces",
            ("graph", "curated"),
            plain(recipe.distill),
            ("teaching", "answer", *NOUNS, "pipeline/data_stages"),
            partial(data_stages.write_traces, recipe.distill),
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
                [*plain(recipe.cold_start), recipe.threads],
                LEARN,
                partial(training_stages.cold_start, recipe),
                seed,
            )
        )
        checkpoints["cold_start"] = "cold_start"
    parent = list(checkpoints.values())[-1]
    learning = [*plain(recipe.grpo), recipe.engine, recipe.threads]
    one_round = recipe.stage2.model_dump(mode="json", exclude={"rounds"})  # more rounds leave the earlier ones alone
    stages.append(
        Stage(
            "stage1",
            "RLVR stage 1: easy and moderate until the plateau",
            (parent, "curated"),
            [*plain(recipe.stage1), *learning],
            LEARN,
            partial(training_stages.stage1, recipe, parent),
            seed + 1,
        )
    )
    checkpoints["stage1"] = parent = "stage1"
    rounds: tuple[str, ...] = ()
    for number in range(1, recipe.stage2.rounds + 1):
        name = f"stage2-round{number}"
        stages.append(
            Stage(
                name,
                f"RLVR stage 2, round {number}: mine, mix 1:2, train",
                (parent, *(earlier for earlier in rounds if earlier != parent), "curated"),
                [one_round, *learning, *generation],
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
            ),
            partial(report_stage.make_report, recipe, before, rounds),
        )
    )
    return stages


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


@dataclass(frozen=True)
class PlanLine:
    stage: str
    title: str
    state: str  # "done" or "to do: why"
    size: str


def plan(recipe: Recipe, folder: Path) -> tuple[list[PlanLine], list[str]]:
    """What each stage would do, and what is missing on this machine. Starts nothing."""
    sizes = _sizes(recipe)
    done: dict[str, Manifest] = {}
    lines = []
    for stage in build_stages(recipe):
        manifest: Manifest | None = None
        why = "waits for an earlier stage"
        if all(name in done for name in stage.needs):
            manifest, why = finished(stage, folder / stage.name, {name: done[name].digest for name in stage.needs})
        if manifest:
            done[stage.name] = manifest
        size = sizes.get(stage.name.rstrip("0123456789"), sizes.get(stage.name, ""))
        lines.append(PlanLine(stage.name, stage.title, "done" if manifest else f"to do ({why})", size))
    return lines, missing(recipe)


def _sizes(recipe: Recipe) -> dict[str, str]:
    per_step = recipe.grpo.prompts_per_step
    one, two = recipe.stage1, recipe.stage2
    small = recipe.policy.small
    return {
        "survey": f"{sum(recipe.survey.metapaths.values()):,} questions" if recipe.survey else "",
        "questions": f"{sum(recipe.synthesis.metapaths.values()):,} questions",
        "traces": f"up to {recipe.distill.total:,} questions get traces",
        "base": recipe.policy.model or f"Llama architecture, hidden {small.hidden}, {small.layers} layers, its seed",
        "cold_start": f"{recipe.cold_start.steps:,} steps of {recipe.cold_start.batch}" if recipe.cold_start else "",
        "stage1": f"up to {one.max_steps:,} steps x {per_step} prompts x {one.rollouts} rollouts = "
        f"{one.max_steps * per_step * one.rollouts:,} generations",
        "stage2-round": f"{two.steps:,} steps x {per_step} prompts x {two.rollouts} rollouts = "
        f"{two.steps * per_step * two.rollouts:,} generations, and one per training question to mine",
        "evaluation": f"the {recipe.evaluation.split} questions, once per checkpoint, "
        f"at most {recipe.evaluation.max_new_tokens:,} tokens each",
    }


def missing(recipe: Recipe) -> list[str]:
    """What a run would need and this machine has not, each with what to do."""
    found = []
    for package in ("torch", "transformers", "trl", "datasets", "accelerate"):
        if importlib.util.find_spec(package) is None:
            found.append(f"{package} is not installed: pip install 'florey[train]'")
    model = recipe.policy.model
    if model and not Path(model).exists():
        found.append(
            f"policy.model {model}: no such folder here; it will be looked up as a hub id (weights are downloaded), "
            "or give a local folder with --set policy.model=PATH"
        )
    if model and importlib.util.find_spec("torch") is not None and not has_gpu():
        found.append(f"no GPU: {model} can be planned here, but training it on a CPU is out of reach")
    found += [f"graph.{key} {path}: no such file or folder" for key, path in recipe.graph.paths() if not path.exists()]
    return found
