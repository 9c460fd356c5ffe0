"""The stage that answers held-out questions with every checkpoint, and the mined failures with the last one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from florey.evaluation.scoring import Scored, score, summarise
from florey.evaluation.staircase import STAGES, compare
from florey.files import read_json, read_jsonl, write_json, write_jsonl
from florey.graph.store import Graph
from florey.inference.local import pin_threads
from florey.inference.prompts import is_prefilled, render_prompt
from florey.pipeline.answering import answer_all, checkpoint
from florey.pipeline.data_stages import graph_names
from florey.pipeline.recipe import Recipe
from florey.pipeline.runner import Context
from florey.records import TIERS, Prediction, Question, Trace, Verdict
from florey.teaching.checking import check_trace


def evaluate(recipe: Recipe, checkpoints: dict[str, str], rounds: tuple[str, ...], context: Context) -> dict[str, Any]:
    """`checkpoints`: stage of the staircase -> pipeline stage whose checkpoint it is; `rounds`: stage 2's rounds."""
    pin_threads(recipe.threads)
    questions = list(read_jsonl(context["curated"] / f"{recipe.evaluation.split}.jsonl", Question))
    scored: dict[str, list[Scored]] = {}
    reasoning: dict[str, dict[str, dict[str, int]]] = {}
    # The check reads the graph teacher's language, which only the small policy is bound to speak.
    names = {} if recipe.policy.model else graph_names(Graph.open(context["graph"]))
    for name, stage in checkpoints.items():
        predictions = answer_all(recipe, checkpoint(context[stage]), name, questions, context, f"answering: {name}")
        write_jsonl(context.out / name / "predictions.jsonl", predictions)
        scored[name] = score(questions, predictions, prefilled=prefills(context, stage, questions[0]))
        if names:
            reasoning[name] = sound_reasoning(questions, predictions, scored[name], names)
    write_json(context.out / "reasoning.json", reasoning)
    scores = {name: summarise(items, seed=recipe.seed) for name, items in scored.items()}
    write_json(context.out / "scores.json", {name: json.loads(s.model_dump_json()) for name, s in scores.items()})
    comparisons = compare(scored, seed=recipe.seed, order=STAGES)
    write_json(context.out / "comparisons.json", [json.loads(each.model_dump_json()) for each in comparisons])
    generations = {"evaluation": len(questions) * len(checkpoints), "aftermath": 0}
    if rounds:
        generations["aftermath"] = _aftermath(recipe, checkpoints["stage2"], rounds, context)
    return {"questions": len(questions), "split": recipe.evaluation.split, "generations": generations}


def sound_reasoning(
    questions: Sequence[Question],
    predictions: Sequence[Prediction],
    scored: Sequence[Scored],
    names: Mapping[str, str],
) -> dict[str, dict[str, int]]:
    """By tier: how many correct answers, and how many of them by reasoning in which the certificate finds no fault.

    A right answer can stand on wrong steps: the reward does not look at them.
    """
    found: dict[str, dict[str, int]] = {tier: {"correct": 0, "sound": 0} for tier in TIERS}
    for question, prediction, item in zip(questions, predictions, scored, strict=True):
        if item.verdict is Verdict.CORRECT and question.tier and question.certificate:
            trace = Trace(question_id=question.id, text=prediction.text, teacher=prediction.model)
            found[question.tier]["correct"] += 1
            found[question.tier]["sound"] += not check_trace(question, trace, names)
    return {tier: counts for tier, counts in found.items() if counts["correct"]}


def prefills(context: Context, stage: str, question: Question) -> bool:
    """Whether this checkpoint's chat template opens the thought itself."""
    from florey.training.policy import load_tokenizer

    return is_prefilled(render_prompt(question, load_tokenizer(str(checkpoint(context[stage])))))


def _aftermath(recipe: Recipe, last: str, rounds: tuple[str, ...], context: Context) -> int:
    """Which of all mined failures the last checkpoint still fails; returns the number of generations."""
    mined = {question for name in rounds for question in read_json(context[name] / "mining.json")["mined"]}
    questions = [q for q in read_jsonl(context["curated"] / "train.jsonl", Question) if q.id in mined]
    failing: list[str] = []
    if questions:
        predictions = answer_all(recipe, checkpoint(context[last]), "stage2", questions, context, "mined failures")
        items = score(questions, predictions, prefilled=prefills(context, last, questions[0]))
        failing = sorted(item.question_id for item in items if item.verdict is not Verdict.CORRECT)
    write_json(context.out / "aftermath.json", {"mined": sorted(mined), "still_failing": failing})
    return len(questions)
