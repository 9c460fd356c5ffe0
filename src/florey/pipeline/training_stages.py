"""The stages that make checkpoints: the policy, its cold start, stage 1, and the rounds of stage 2."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from florey.answer import show
from florey.errors import BadInput
from florey.files import digest, file_digest, read_json, read_jsonl, write_json, write_jsonl
from florey.inference.local import pin_threads
from florey.inference.prompts import is_prefilled, render_prompt
from florey.pipeline.answering import CHECKPOINT, POINTER, checkpoint, sampled
from florey.pipeline.data_stages import read_traces
from florey.pipeline.leaving_out import base_is_strong, hand_on_base
from florey.pipeline.recipe import Recipe
from florey.pipeline.round_making import RoundPlan, shares_left, softer, train_round, watch_over
from florey.pipeline.runner import Context
from florey.records import Question
from florey.training.cold_start.fine_tuning import fine_tune
from florey.training.curriculum.curriculum import RIGHT, WRONG
from florey.training.curriculum.mining import Mined, mix_right_wrong, mix_tiers
from florey.training.engines import GRPOConfigModel
from florey.training.policy import build_policy, load_policy, load_tokenizer, save_policy

COLD_START_SAVES = 10
"""Steps of the cold start, which are quick, between snapshots, for one of a round."""


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
    """Supervised fine-tuning on the traces; left out where the recipe lets it and the base is strong enough."""
    assert recipe.cold_start is not None
    pin_threads(recipe.threads)
    counts: dict[str, Any] = {}
    if recipe.cold_start.leave_out == "auto":
        left_out, counts = base_is_strong(recipe, context)
        if left_out:
            hand_on_base(context)
            return {**counts, "traces": 0, "steps": 0, "last_loss": None}
    parent = checkpoint(context["base"])
    tokenizer = load_tokenizer(str(parent))
    questions = {q.id: q for q in read_jsonl(context["curated"] / "train.jsonl", Question)}
    pairs, owners = [], []
    for trace in read_traces(context):
        owners.append(trace.question_id)
        prompt = render_prompt(questions[trace.question_id], tokenizer)
        pairs.append((prompt, trace.text.removeprefix("<think>") if is_prefilled(prompt) else trace.text))
    made = fine_tune(
        parent,
        pairs,
        context.out / CHECKPOINT,
        recipe.cold_start,
        seed=context.seed,
        questions=owners,
        work=context.scratch,
        save_every=COLD_START_SAVES * recipe.save_every,
        progress=context.reporter.bar("fine-tuning"),
    )
    for note in made.notes:
        context.reporter.say(f"        {note}")
    write_json(context.out / "log.json", made.log)
    if made.measured:
        counts |= {"held_out": made.held_out, "best_step": made.best_step, "stopped_early": made.stopped_early}
        write_json(context.out / "held_out.json", [{"step": step, "loss": loss} for step, loss in made.measured])
    if recipe.cold_start.packing:
        counts["rows"] = made.rows
    return {
        **counts,
        "traces": made.traces,
        "steps": made.steps,
        "last_loss": made.log[-1]["loss"] if made.log else None,
    }


def stage1(recipe: Recipe, parent: str, context: Context) -> dict[str, Any]:
    """Balanced easy and moderate questions until the plateau rule fires (paper, 3.3)."""
    questions = list(read_jsonl(context["curated"] / "train.jsonl", Question))
    settings = recipe.stage1
    mix = mix_tiers(questions, settings.tiers, settings.max_steps * recipe.grpo.prompts_per_step, context.seed)
    if not mix.questions:
        raise BadInput(f"stage1: no training question in the tiers {', '.join(settings.tiers)}; widen stage1.tiers")
    pool = [q for q in sorted(questions, key=lambda q: q.id) if q.tier in settings.tiers]
    plan = RoundPlan(
        grpo=recipe.grpo,
        rollouts=settings.rollouts,
        steps=settings.max_steps,
        places=[(q, q.tier or "") for q in (pool if settings.choice else mix.questions)],
        shares=dict.fromkeys(settings.tiers, 1.0),
        choice=settings.choice,
        screen=settings.screen,
        shuffle=settings.shuffle_options,
        plateau=settings.plateau,
    )
    made = train_round(recipe, parent, plan, context)
    plateau = made.outcome.curriculum["plateau"]
    write_json(
        context.out / "plateau.json",
        {
            "rule": settings.plateau.model_dump(),
            "fired_at": plateau["fired_at"],
            "steps": made.outcome.steps,
            "history": plateau["history"],
        },
    )
    return {
        "steps": made.outcome.steps,
        "ended_by": "plateau" if plateau["fired_at"] else "step budget",
        "mix": {"asked": mix.asked, "got": mix.got},
        "rollouts_per_prompt": settings.rollouts,
        "generations": made.generations,
    }


def stage2_round(recipe: Recipe, parent: str, earlier: tuple[str, ...], context: Context) -> dict[str, Any]:
    """One round: the policy answers the full training set, its failures are mined, mixed 1:2, trained on."""
    questions = list(read_jsonl(context["curated"] / "train.jsonl", Question))
    settings = recipe.stage2
    guard, dev = watch_over(recipe, parent, context)
    mined = mine(recipe, parent, questions, context)
    failures = Counter(mined.failures())
    for name in earlier:
        failures.update(read_json(context[name] / "mining.json")["failures"])
    size = settings.steps * recipe.grpo.prompts_per_step
    if settings.choice:
        size = round(size * settings.pool)
    shares = shares_left(context[parent]) or {WRONG: float(settings.mix.wrong), RIGHT: float(settings.mix.right)}
    if guard and guard.events:
        shares[WRONG], shares[RIGHT] = guard.softened(shares[WRONG], shares[RIGHT])
    mix = mix_right_wrong(
        questions, failures, mined.failed, size, softer(settings.mix, shares[WRONG], shares[RIGHT]), context.seed
    )
    places = [(q, WRONG if q.id in mined.failed else RIGHT) for q in mix.questions]
    plan = RoundPlan(
        grpo=stage2_grpo(recipe),
        rollouts=settings.rollouts,
        steps=settings.steps,
        places=list({q.id: (q, part) for q, part in places}.values()) if settings.choice else places,
        shares=shares,
        choice=settings.choice,
        screen=settings.screen,
        shuffle=settings.shuffle_options,
        guard=settings.guard,
        allot=settings.allot,
        mined=mined,
    )
    made = train_round(recipe, parent, plan, context)
    asked = {rollout.question_id for rollout in made.outcome.rollouts}
    write_json(
        context.out / "mining.json",
        {
            "answered": len(questions),
            "failed": sorted(mined.failed),
            "failures": mined.failures(),
            "mined": sorted(asked & mined.failed),
            "dev": guard.dev if guard else [],
            "softened": [*(guard.events if guard else []), *made.softened],
            "shares": shares | made.shares,
        },
    )
    by_id = {q.id: q for q in questions}
    trained = [by_id[row["question_id"]] for row in made.trained]
    return {
        "answered": len(questions),
        "failures": len(mined.failed),
        "mix": {"asked": mix.asked, "got": mix.got if not settings.choice else made.got},
        "tiers": dict(sorted(Counter(q.tier for q in trained if q.tier).items())),
        "rollouts_per_prompt": settings.rollouts,
        "steps": made.outcome.steps,
        "generations": {
            "mining": len(questions) * mined.samples,
            **({"development": dev} if dev else {}),
            **made.generations,
        },
    }


def stage2_grpo(recipe: Recipe) -> GRPOConfigModel:
    """Stage 2's settings of GRPO: the recipe's, with stage 2's own learning rate where it has one."""
    rate = recipe.stage2.learning_rate
    return recipe.grpo.model_copy(update={"learning_rate": rate}) if rate else recipe.grpo


def mine(recipe: Recipe, parent: str, questions: list[Question], context: Context) -> Mined:
    """What the parent checkpoint answers of the FULL training set."""
    config = recipe.stage2.mining
    right, predictions = sampled(
        recipe,
        parent,
        questions,
        context,
        "mining",
        samples=config.samples,
        temperature=config.temperature,
        shuffle=config.shuffled,
    )
    write_jsonl(context.out / "mining.jsonl", predictions)
    return Mined(right, config.samples)
