"""Measures the base before its cold start, and leaves the cold start out where the recipe lets it and the base can."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

from florey.errors import BadInput
from florey.files import digest, read_jsonl, write_json
from florey.inference.prompts import is_prefilled, render_prompt
from florey.pipeline.answering import CHECKPOINT, POINTER, checkpoint, sampled
from florey.pipeline.recipe import Recipe
from florey.pipeline.runner import Context
from florey.records import Question
from florey.training.cold_start.fine_tuning import SFTSettings
from florey.training.cold_start.leave_out import Sample, decision, strength
from florey.training.policy import load_tokenizer
from florey.training.rewards import RewardConfig, reward

DECISION = "leave_out.json"
"""What was measured of the base, and what was decided."""


def base_is_strong(recipe: Recipe, context: Context) -> tuple[bool, dict[str, Any]]:
    """(whether the cold start is left out, what the manifest says of it). Writes leave_out.json and tells the reason.

    Raises BadInput where there are no development questions.
    """
    assert recipe.cold_start is not None
    rule = recipe.cold_start.leave_out_rule
    questions = sorted(read_jsonl(context["curated"] / "dev.jsonl", Question), key=lambda q: digest(q.id))
    questions = questions[: rule.questions]
    if not questions:
        raise BadInput("cold_start.leave_out is auto, but there are no development questions; raise split.dev")
    _, predictions = sampled(
        recipe,
        "base",
        questions,
        context,
        "measuring the base",
        samples=rule.samples,
        temperature=recipe.grpo.temperature,
        shuffle=False,
    )
    prefilled = is_prefilled(render_prompt(questions[0], load_tokenizer(str(checkpoint(context["base"])))))
    by_id = {question.id: question for question in questions}
    samples = []
    for made in predictions:
        question = by_id[made.question_id]
        earned = reward(
            made.text, question.options, question.gold, RewardConfig(), finished=made.finished, prefilled=prefilled
        )
        samples.append(Sample(question.id, len(question.options), bool(earned.correct), bool(earned.format)))
    found = strength(samples)
    out, why = decision(found, rule)
    context.reporter.say(f"        cold start {why}")
    write_json(
        context.out / DECISION, {"left_out": out, "why": why, "rule": rule.model_dump(), "base": found.as_json()}
    )
    return out, {"left_out": out, "why": why, "generations": {"measuring the base": len(samples)}}


def hand_on_base(context: Context) -> None:
    """The stage's checkpoint is the base's own."""
    pointer = context["base"] / POINTER
    if pointer.is_file():
        shutil.copyfile(pointer, context.out / POINTER)
    else:
        shutil.copytree(context["base"] / CHECKPOINT, context.out / CHECKPOINT)


def told(settings: SFTSettings, counts: Mapping[str, Any]) -> str:
    """What a finished stage did, or why nothing, for the report."""
    if counts.get("left_out"):
        return str(counts["why"])
    rows = "rows of traces" if settings.packing else "traces"
    parts = [f"{counts['steps']:,} steps of {settings.batch} {rows}"]
    if settings.lora:
        parts.append(f"LoRA of rank {settings.lora.rank}")
    if counts.get("best_step") is not None:
        parts.append(f"the weights of step {counts['best_step']:,}, which did best on {counts['held_out']:,} held out")
    return ", ".join([*parts, *([counts["why"]] if "why" in counts else [])])
