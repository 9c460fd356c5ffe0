"""From what a stage wants to be asked to a trained round: screening, rows, the engine, what it leaves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from florey.files import digest, read_json, read_jsonl, write_json, write_jsonl, write_text
from florey.inference.local import pin_threads
from florey.inference.prompts import render_prompt
from florey.inference.shuffling import cycle, shuffled
from florey.pipeline.answering import CHECKPOINT, checkpoint, sampled
from florey.pipeline.recipe import Recipe
from florey.pipeline.runner import Context
from florey.records import Question
from florey.training.curriculum.choosing import Adaptive, ChoiceConfig, kept
from florey.training.curriculum.curriculum import RIGHT, WRONG, CurriculumConfig
from florey.training.curriculum.guard import Guard, GuardConfig
from florey.training.curriculum.mining import Mined, MixConfig
from florey.training.curriculum.pass_rates import PassRateConfig, PassRates
from florey.training.curriculum.plateau import PlateauConfig
from florey.training.curriculum.screening import ScreenConfig, allotted, undecided
from florey.training.engines import GRPOConfigModel, RoundJob, RoundOutcome
from florey.training.engines.registry import engine_named
from florey.training.policy import load_tokenizer
from florey.training.rounds import read_round, write_round

KNOWN = "curriculum.json"
"""What a round leaves to the next one of its questions."""
ORDERS = 4
"""Orders of a question's options that a pool has rows for."""


@dataclass(frozen=True)
class RoundPlan:
    """What is to be asked, and how it is chosen."""

    grpo: GRPOConfigModel
    rollouts: int
    steps: int
    places: list[tuple[Question, str]]  # (question, part): in the order of asking, or the pool that is chosen from
    shares: dict[str, float]
    choice: ChoiceConfig | None = None
    screen: ScreenConfig | None = None
    shuffle: bool = False
    allot: tuple[int, ...] = ()  # rollouts to choose from, by question
    plateau: PlateauConfig | None = None
    guard: GuardConfig | None = None
    mined: Mined | None = None


@dataclass
class Made:
    """A trained round."""

    outcome: RoundOutcome
    rollouts: int  # of a group
    generations: dict[str, int]
    rows: list[dict[str, Any]]
    softened: list[dict[str, Any]]
    shares: dict[str, float]  # of the parts at its end; empty where rows were asked in their order

    @property
    def trained(self) -> list[dict[str, Any]]:
        """The row of every group that was trained on."""
        by_id = {row["question_id"]: row for row in self.rows}
        counts = Counter((rollout.question_id, rollout.step) for rollout in self.outcome.rollouts)
        return [by_id[id] for (id, _), times in sorted(counts.items()) for _ in range(times // self.rollouts)]

    @property
    def got(self) -> dict[str, int]:
        """Places by part."""
        found = Counter(row["part"] for row in self.trained)
        return {part: found.get(part, 0) for part in (RIGHT, WRONG)}


def train_round(recipe: Recipe, parent: str, plan: RoundPlan, context: Context) -> Made:
    """Writes round.parquet, rollouts.jsonl, log.jsonl, curriculum.json and the checkpoint."""
    pin_threads(recipe.threads)
    parent_path = checkpoint(context[parent])
    tokenizer = load_tokenizer(str(parent_path))
    known = context[parent] / KNOWN
    knowledge = read_json(known) if plan.choice and known.is_file() else None
    places, screening = plan.places, 0
    if plan.choice and (plan.screen or plan.mined):
        knowledge, places, screening = _informed(recipe, parent, plan, knowledge, context)
    rows = _rows(plan, places, context.seed)
    write_round(
        context.out / "round.parquet",
        [question for question, _, _ in rows],
        [render_prompt(question, tokenizer) for question, _, _ in rows],
        parts=[part for _, part, _ in rows],
        orders=[order for _, _, order in rows],
        rollouts=rollouts_by_row(plan, [question for question, _, _ in rows], knowledge),
    )
    job = RoundJob(
        phase=context.phase,
        parent=parent_path,
        round_file=context.out / "round.parquet",
        out=context.out / CHECKPOINT,
        config=plan.grpo,
        rollouts_per_prompt=plan.rollouts,
        max_steps=plan.steps,
        seed=context.seed,
        curriculum=CurriculumConfig(
            choice=plan.choice, shares=plan.shares, plateau=plan.plateau, guard=plan.guard, seed=context.seed
        ),
        knowledge=knowledge,
        snapshots=context.scratch,
        save_every=recipe.save_every,
        trl=recipe.trl,
        verl=recipe.verl,
    )
    outcome = engine_named(recipe.engine_of(context.phase)).train(job, context.reporter.training())
    context.timings.update(outcome.seconds)
    for note in outcome.notes:
        context.reporter.say(f"        {note}")
    asked = read_round(job.round_file)
    write_outcome(context.out, outcome, knowledge, asked)
    guard = outcome.curriculum.get("guard") or {"events": []}
    generations = {"screening": screening} if screening else {}
    return Made(
        outcome,
        plan.rollouts,
        {**generations, "rollout": len(outcome.rollouts)},
        asked,
        guard["events"],
        outcome.curriculum.get("chooser", {}).get("shares", {}),
    )


def write_outcome(
    folder: Path, outcome: RoundOutcome, knowledge: Mapping[str, Any] | None, rows: list[dict[str, Any]]
) -> None:
    """rollouts.jsonl, log.jsonl, and curriculum.json where something was learned of the questions in `rows`;
    `knowledge` is what was known before it."""
    write_jsonl(folder / "rollouts.jsonl", outcome.rollouts)
    lines = (json.dumps(row, sort_keys=True) + "\n" for row in outcome.log)
    write_text(folder / "log.jsonl", "".join(lines))
    chooser = outcome.curriculum.get("chooser", {})
    if "rates" in chooser:
        write_json(folder / KNOWN, kept(knowledge, chooser, {row["question_id"] for row in rows}))


def _rows(
    plan: RoundPlan, places: list[tuple[Question, str]], seed: int
) -> list[tuple[Question, str, tuple[int, ...] | None]]:
    """With their options in their own order, or in another each time that a question stands there. Which comes first is
    drawn: mining has asked in their own order, and of what it found wrong some letters are right more often."""
    if not plan.shuffle:
        return [(question, part, None) for question, part in places]
    rows: list[tuple[Question, str, tuple[int, ...] | None]] = []
    visits: Counter[str] = Counter()
    for question, part in places:
        first = int(digest([seed, "first", question.id])[:8], 16) % cycle(question)
        for _ in range(min(cycle(question), ORDERS) if plan.choice else 1):
            shown, order = shuffled(question, seed, first + visits[question.id])
            rows.append((shown, part, order))
            visits[question.id] += 1
    return rows


def rollouts_by_row(
    plan: RoundPlan, rows: list[Question], knowledge: Mapping[str, Any] | None
) -> list[int | None] | None:
    """Rollouts of every row, by what is known of its question alone: mining has asked each of them, and a
    stratum would hide the hardest."""
    if not plan.allot:
        return None
    by_id = {question.id: question for question in rows}
    rates = PassRates(list(by_id), [len(question.options) for question in by_id.values()], PassRateConfig())
    if knowledge:
        rates.load_state_dict(knowledge["rates"])
    elif plan.mined:
        for id, right in sorted(plan.mined.right.items()):
            rates.observe(id, right, plan.mined.samples)
    found = allotted(rates, plan.allot, ScreenConfig().least_mixed)
    return [found[question.id] for question in rows]


def _informed(
    recipe: Recipe, parent: str, plan: RoundPlan, knowledge: Mapping[str, Any] | None, context: Context
) -> tuple[dict[str, Any], list[tuple[Question, str]], int]:
    """(what is known of the questions, those worth asking, generations of the screening)."""
    assert plan.choice is not None
    pool = [
        {"question_id": q.id, "part": part, "options": q.options, "tier": q.tier, "metapath": q.metapath}
        for q, part in plan.places
    ]
    chooser = Adaptive(pool, plan.shares, plan.choice, context.seed)
    if knowledge:
        chooser.learn(knowledge)
    if plan.mined:
        for id, right in sorted(plan.mined.right.items()):
            chooser.rates.observe(id, right, plan.mined.samples)
    if plan.screen is None:
        return kept(knowledge, chooser.knowledge(), chooser.part_of), plan.places, 0
    screened, _ = sampled(
        recipe,
        parent,
        [q for q, _ in plan.places],
        context,
        "screening",
        samples=plan.screen.rollouts,
        temperature=plan.grpo.temperature,
        shuffle=plan.shuffle,
    )
    for id, count in sorted(screened.items()):
        chooser.rates.observe(id, count, plan.screen.rollouts)
    worth = frozenset(undecided(chooser.rates, plan.rollouts, plan.screen.least_mixed))
    left = [(q, part) for q, part in plan.places if q.id in worth]
    known = kept(knowledge, chooser.knowledge(), chooser.part_of)
    return known, left or plan.places, len(plan.places) * plan.screen.rollouts


def watch_over(recipe: Recipe, parent: str, context: Context) -> tuple[Guard | None, int]:
    """(the guard with the development scores before this round, generations it cost)."""
    config = recipe.stage2.guard
    if config is None or not config.dev:
        return None, 0
    questions = list(read_jsonl(context["curated"] / "dev.jsonl", Question))[: config.dev]
    guard = Guard(config)
    before = context[parent] / "mining.json"
    scores = read_json(before)["dev"] if before.is_file() else []
    right, _ = sampled(recipe, parent, questions, context, "development", samples=1, temperature=0.0, shuffle=False)
    for score in scores:
        guard.observe_dev(score)
    guard.events.clear()  # what they said was acted upon in their rounds
    guard.observe_dev(sum(right.values()) / max(len(questions), 1))
    return guard, len(questions)


def shares_left(parent: Path) -> dict[str, float] | None:
    """Shares of wrong and right questions that the round before ended with: what the guard has softened stays soft."""
    told = parent / "mining.json"
    return read_json(told).get("shares") if told.is_file() else None


def softer(mix: MixConfig, wrong: float, right: float) -> MixConfig:
    """Whole parts nearest to the shares."""
    if wrong * mix.right == right * mix.wrong:
        return mix
    whole = 100
    parts = max(1, round(whole * wrong / (wrong + right)))
    return mix.model_copy(update={"wrong": parts, "right": whole - parts})
