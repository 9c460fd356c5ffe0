"""Checkpoints answering questions, for mining, screening, the guard and evaluation. Every generation is counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from florey.answer import judge
from florey.files import read_json
from florey.inference.local import pin_threads, predict
from florey.inference.prompts import is_prefilled, render_prompt
from florey.inference.shuffling import shuffled
from florey.pipeline.recipe import Recipe
from florey.pipeline.runner import Context
from florey.records import Prediction, Question, Verdict
from florey.training.policy import load_policy, load_tokenizer

CHECKPOINT, POINTER = "checkpoint", "policy.json"


def checkpoint(stage: Path) -> Path:
    """The model folder of a stage's result. A policy given by the user stays where it is."""
    pointer = stage / POINTER
    return Path(read_json(pointer)["model"]) if pointer.is_file() else stage / CHECKPOINT


def answer_all(
    recipe: Recipe,
    model_path: Path,
    name: str,
    questions: list[Question],
    context: Context,
    what: str,
    *,
    temperature: float = 0.0,
) -> list[Prediction]:
    """One answer of a checkpoint to each; greedy at temperature 0."""
    pin_threads(recipe.threads)
    model, tokenizer = load_policy(str(model_path))
    bar = context.reporter.bar(what)
    return predict(
        model,
        tokenizer,
        questions,
        name=name,
        max_new_tokens=recipe.evaluation.max_new_tokens,
        batch_size=recipe.evaluation.batch_size,
        temperature=temperature,
        seed=context.seed,
        progress=lambda done, total: bar(done, total, ""),
    )


def sampled(
    recipe: Recipe,
    parent: str,
    questions: Sequence[Question],
    context: Context,
    what: str,
    *,
    samples: int,
    temperature: float,
    shuffle: bool,
) -> tuple[dict[str, int], list[Prediction]]:
    """(right samples by question, all answers): each question so often, its options in another order where wished."""
    asked = [
        (*(shuffled(question, context.seed, turn) if shuffle else (question, None)), turn)
        for question in questions
        for turn in range(samples)
    ]
    path = checkpoint(context[parent])
    made = answer_all(recipe, path, parent, [each for each, _, _ in asked], context, what, temperature=temperature)
    predictions = [
        answer.model_copy(update={"sample": turn, "order": order})
        for answer, (_, order, turn) in zip(made, asked, strict=True)
    ]
    prefilled = is_prefilled(render_prompt(questions[0], load_tokenizer(str(path)))) if questions else False
    right = dict.fromkeys((question.id for question in questions), 0)
    for answer, (question, _, _) in zip(predictions, asked, strict=True):
        found = judge(answer.text, question, finished=answer.finished, prefilled=prefilled)
        right[question.id] += found is Verdict.CORRECT
    return right, predictions
