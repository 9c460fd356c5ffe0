"""The stages that make checkpoints: the policy, its cold start, stage 1, and the rounds of stage 2."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from florey.answer import judge, show
from florey.errors import BadInput
from florey.files import digest, file_digest, read_json, read_jsonl, write_json, write_jsonl
from florey.inference.local import pin_threads, predict
from florey.inference.prompts import is_prefilled, render_prompt
from florey.pipeline.data_stages import read_traces
from florey.pipeline.recipe import Recipe
from florey.pipeline.runner import Context
from florey.records import Prediction, Question, Verdict
from florey.training.cold_start import fine_tune
from florey.training.engines import Engine, GRPOConfigModel, RoundJob, RoundOutcome
from florey.training.mining import Mix, mix_right_wrong, mix_tiers
from florey.training.plateau import Plateau
from florey.training.policy import build_policy, load_policy, load_tokenizer, save_policy
from florey.training.rounds import write_round

CHECKPOINT = "checkpoint"
POINTER = "policy.json"


def checkpoint(stage: Path) -> Path:
    """The model folder of a stage's result. A policy given by the user stays where it is."""
    pointer = stage / POINTER
    return Path(read_json(pointer)["model"]) if pointer.is_file() else stage / CHECKPOINT


def make_policy(recipe: Recipe, context: Context) -> dict[str, Any]:
    """The small policy from its seed, or a pointer to the user's model after a look at whether it loads."""
    pin_threads(recipe.threads)
    if recipe.policy.model:
        model, _ = load_policy(recipe.policy.model)
        write_json(context.out / POINTER, {"model": recipe.policy.model, "weights": model_digest(recipe.policy.model)})
        return {"parameters": model.num_parameters(), "model": recipe.policy.model}
    questions = list(read_jsonl(context["curated"] / "train.jsonl", Question))
    traces = read_traces(context)
    names = sorted({option for q in questions for option in q.options} | _condition_names(context, questions))
    # Everything the policy may have to write: the traces' words for every number of conditions, and the letters.
    texts = [trace.text for trace in traces] + [show(q) for q in questions] + _grammar(questions)
    model, tokenizer = build_policy(recipe.policy.small, names, texts, context.seed)
    save_policy(model, tokenizer, context.out / CHECKPOINT)
    return {"parameters": model.num_parameters(), "vocabulary": len(tokenizer), "names": len(names)}


def model_digest(model: str) -> str:
    """Content hash of a local model's files; of the id itself where it is a hub id."""
    folder = Path(model)
    if not folder.is_dir():
        return digest(model)
    return digest({f.name: file_digest(f) for f in sorted(folder.iterdir()) if f.suffix in (".json", ".safetensors")})


def _condition_names(context: Context, questions: list[Question]) -> set[str]:
    focus = context["questions"] / "focus.json"
    if not focus.is_file():
        return set()
    return {name for part in read_json(focus).values() for name in part.values()}


def _grammar(questions: list[Question]) -> list[str]:
    """Words that only harder questions need, so that a policy taught on easy traces can still write them."""
    most = max((len(q.conditions) for q in questions), default=0)
    letters = sorted({letter for q in questions for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(q.options)]})
    counts = [f"{done}/{of}." for of in range(1, most + 1) for done in range(of + 1)]
    return [*letters, *counts, *(f"all {of}." for of in range(1, most + 1))]


def cold_start(recipe: Recipe, context: Context) -> dict[str, Any]:
    """Supervised fine-tuning on the traces."""
    assert recipe.cold_start is not None
    pin_threads(recipe.threads)
    parent = checkpoint(context["base"])
    tokenizer = load_tokenizer(str(parent))
    questions = {q.id: q for q in read_jsonl(context["curated"] / "train.jsonl", Question)}
    pairs = []
    for trace in read_traces(context):
        prompt = render_prompt(questions[trace.question_id], tokenizer)
        pairs.append((prompt, trace.text.removeprefix("<think>") if is_prefilled(prompt) else trace.text))
    log = fine_tune(
        parent,
        pairs,
        context.out / CHECKPOINT,
        recipe.cold_start,
        seed=context.seed,
        progress=context.reporter.bar("fine-tuning"),
    )
    write_json(context.out / "log.json", log)
    return {"traces": len(pairs), "steps": recipe.cold_start.steps, "last_loss": log[-1]["loss"] if log else None}


def engine_named(name: str) -> Engine:
    """The engine of a recipe. Imported late: each brings its own heavy libraries."""
    from florey.training.engines.trl import TRLEngine

    return {"trl": TRLEngine}[name]()


def stage1(recipe: Recipe, parent: str, context: Context) -> dict[str, Any]:
    """Balanced easy and moderate questions until the plateau rule fires (paper, 3.3)."""
    questions = list(read_jsonl(context["curated"] / "train.jsonl", Question))
    settings = recipe.stage1
    mix = mix_tiers(questions, settings.tiers, settings.max_steps * recipe.grpo.prompts_per_step, context.seed)
    if not mix.questions:
        raise BadInput(f"stage1: no training question in the tiers {', '.join(settings.tiers)}; widen stage1.tiers")
    plateau = Plateau(settings.plateau)
    outcome = _train_round(recipe, recipe.grpo, parent, mix, settings.rollouts, settings.max_steps, plateau, context)
    write_json(
        context.out / "plateau.json",
        {
            "rule": settings.plateau.model_dump(),
            "fired_at": plateau.fired_at,
            "steps": outcome.steps,
            "history": plateau.history,
        },
    )
    return {
        "steps": outcome.steps,
        "ended_by": "plateau" if plateau.fired_at else "step budget",
        "mix": {"asked": mix.asked, "got": mix.got},
        "rollouts_per_prompt": settings.rollouts,
        "generations": {"rollout": len(outcome.rollouts)},
    }


def stage2_round(recipe: Recipe, parent: str, earlier: tuple[str, ...], context: Context) -> dict[str, Any]:
    """One round: the policy answers the full training set, its failures are mined, mixed 1:2, trained on."""
    questions = list(read_jsonl(context["curated"] / "train.jsonl", Question))
    failed = mine(recipe, parent, questions, context)
    failures = Counter(failed)
    for name in earlier:
        failures.update(read_json(context[name] / "mining.json")["failed"])
    settings = recipe.stage2
    size = settings.steps * recipe.grpo.prompts_per_step
    mix = mix_right_wrong(questions, failures, frozenset(failed), size, settings.mix, context.seed)
    write_json(
        context.out / "mining.json",
        {"answered": len(questions), "failed": sorted(failed), "mined": sorted({q.id for q in mix.questions} & failed)},
    )
    outcome = _train_round(recipe, stage2_grpo(recipe), parent, mix, settings.rollouts, settings.steps, None, context)
    return {
        "answered": len(questions),
        "failures": len(failed),
        "mix": {"asked": mix.asked, "got": mix.got},
        "tiers": dict(sorted(Counter(q.tier for q in mix.questions if q.tier).items())),
        "rollouts_per_prompt": settings.rollouts,
        "steps": outcome.steps,
        "generations": {"mining": len(questions), "rollout": len(outcome.rollouts)},
    }


def stage2_grpo(recipe: Recipe) -> GRPOConfigModel:
    """Stage 2's settings of GRPO: the recipe's, with stage 2's own learning rate where it has one."""
    rate = recipe.stage2.learning_rate
    return recipe.grpo.model_copy(update={"learning_rate": rate}) if rate else recipe.grpo


def mine(recipe: Recipe, parent: str, questions: list[Question], context: Context) -> set[str]:
    """Ids of the training questions that the parent checkpoint does not answer rightly (greedy)."""
    predictions = answer_all(recipe, checkpoint(context[parent]), parent, questions, context, "mining")
    write_jsonl(context.out / "mining.jsonl", predictions)
    prefilled = is_prefilled(render_prompt(questions[0], load_tokenizer(str(checkpoint(context[parent])))))
    return {
        question.id
        for question, made in zip(questions, predictions, strict=True)
        if judge(made.text, question, finished=made.finished, prefilled=prefilled) is not Verdict.CORRECT
    }


def answer_all(
    recipe: Recipe, model_path: Path, name: str, questions: list[Question], context: Context, what: str
) -> list[Prediction]:
    """Greedy answers of one checkpoint."""
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
        progress=lambda done, total: bar(done, total, ""),
    )


def _train_round(
    recipe: Recipe,
    grpo: GRPOConfigModel,
    parent: str,
    mix: Mix,
    rollouts: int,
    steps: int,
    plateau: Plateau | None,
    context: Context,
) -> RoundOutcome:
    pin_threads(recipe.threads)
    parent_path = checkpoint(context[parent])
    tokenizer = load_tokenizer(str(parent_path))
    round_file = context.out / "round.parquet"
    write_round(round_file, mix.questions, [render_prompt(q, tokenizer) for q in mix.questions])
    job = RoundJob(
        phase=context.phase,
        parent=parent_path,
        round_file=round_file,
        out=context.out / CHECKPOINT,
        config=grpo,
        rollouts_per_prompt=rollouts,
        max_steps=steps,
        seed=context.seed,
    )
    outcome = engine_named(recipe.engine).train(job, plateau, context.reporter.bar("rollouts and updates"))
    write_jsonl(context.out / "rollouts.jsonl", outcome.rollouts)
    (context.out / "log.jsonl").write_text(
        "".join(json.dumps(row, sort_keys=True) + "\n" for row in outcome.log), encoding="utf-8"
    )
    return outcome
