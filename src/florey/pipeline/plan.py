"""What a run of a recipe would take, before anything is started: stages, models, what is missing."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from florey.errors import BadInput
from florey.inference.local import has_gpu
from florey.pipeline.manifest import Manifest
from florey.pipeline.recipe import Recipe
from florey.pipeline.runner import finished
from florey.pipeline.stages import build_stages
from florey.training.engines.installed import lacking
from florey.training.engines.verl.engine import interpreter


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
    for stage in build_stages(recipe, folder):
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
        "public": ", ".join(sorted(recipe.sources)),
        "traces": f"up to {recipe.distill.total:,} questions get traces"
        + (f", and a model is asked up to {recipe.distill.model.budget:,}" if recipe.distill.model else ""),
        "base": recipe.policy.model or f"Llama architecture, hidden {small.hidden}, {small.layers} layers, its seed",
        "cold_start": f"{recipe.cold_start.steps:,} steps of {recipe.cold_start.batch}" if recipe.cold_start else "",
        "stage1": f"up to {one.max_steps:,} steps x {per_step} prompts x {one.rollouts} rollouts = "
        f"{one.max_steps * per_step * one.rollouts:,} generations",
        "stage2-round": f"{two.steps:,} steps x {per_step} prompts x {two.rollouts} rollouts = "
        f"{two.steps * per_step * two.rollouts:,} generations, and one per training question to mine",
        "benchmarks": f"{', '.join(sorted(recipe.evaluation.benchmarks))}, once per checkpoint, "
        f"at most {recipe.evaluation.predict.max_tokens:,} tokens each",
        "evaluation": f"the {recipe.evaluation.split} questions, once per checkpoint, "
        f"at most {recipe.evaluation.max_new_tokens:,} tokens each",
    }


def missing(recipe: Recipe) -> list[str]:
    """What a run would need and this machine has not, each with what to do."""
    found = []
    for package in ("torch", "transformers", "trl", "datasets", "accelerate"):
        if importlib.util.find_spec(package) is None:
            found.append(f"{package} is not installed: pip install 'florey[train]'")
    tuned = (recipe.cold_start and recipe.cold_start.lora) or recipe.grpo.lora
    if tuned and importlib.util.find_spec("peft") is None:
        found.append("lora: peft is not installed: pip install 'florey[lora]', or leave lora out")
    found += lacking(recipe.trl) if "trl" in {recipe.engine, *recipe.engines.values()} else []
    if "verl" in {recipe.engine, *recipe.engines.values()}:
        try:
            interpreter(recipe.verl)
        except BadInput as error:
            found.append(str(error))
    model = recipe.policy.model
    if model and not Path(model).exists():
        found.append(
            f"policy.model {model}: no such folder here; it will be looked up as a hub id (weights are downloaded), "
            "or give a local folder with --set policy.model=PATH"
        )
    if model and importlib.util.find_spec("torch") is not None and not has_gpu():
        found.append(f"no GPU: {model} can be planned here, but training it on a CPU is out of reach")
    found += [f"graph.{key} {path}: no such file or folder" for key, path in recipe.graph.paths() if not path.exists()]
    found += missing_sets(recipe)
    if recipe.curation.privacy and importlib.util.find_spec("presidio_analyzer") is None:
        found.append("curation.privacy: presidio-analyzer is not installed: pip install 'florey[privacy]'")
    return found


def missing_sets(recipe: Recipe) -> list[str]:
    """Public sets and benchmarks whose file is not named, or not there."""
    contamination = recipe.curation.contamination
    benchmarks = contamination.benchmarks if contamination else {}
    named = [(f"sources.{name}", source) for name, source in sorted(recipe.sources.items())]
    named += [(f"evaluation.benchmarks.{name}", each) for name, each in sorted(recipe.evaluation.benchmarks.items())]
    named += [(f"curation.contamination.benchmarks.{name}", source) for name, source in sorted(benchmarks.items())]
    found = []
    for key, source in named:
        if source.path is None and source.hub is None:
            found.append(
                f"{key}: no file is named; --set {key}.path=FILE gives one, --set {key}=null leaves the set out"
            )
        elif source.path is not None and not source.path.is_file():
            found.append(f"{key}.path {source.path}: no such file")
    return found
