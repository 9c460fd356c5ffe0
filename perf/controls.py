"""Equal-compute controls for the two-stage curriculum: what else the same machine time could have bought.

Each starts from the same cold start and the same questions, and is scored like the staircase's own stages.
Compute is counted in forward passes of one token: a generated token costs 1, a token trained on 3 (forward and
backward), so GRPO pays 4 for each token of a rollout and 1 for each token of a mining answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from florey.answer import parse
from florey.evaluation.scoring import Scored, score
from florey.files import read_jsonl
from florey.inference.local import generate, pin_threads, predict
from florey.inference.prompts import render_prompt
from florey.pipeline.recipe import Recipe
from florey.pipeline.training_stages import stage2_grpo
from florey.records import Prediction, Question, Rollout, Trace
from florey.training.cold_start.fine_tuning import SFTSettings, fine_tune
from florey.training.engines import RoundJob
from florey.training.engines.trl import TRLEngine
from florey.training.policy import load_policy, load_tokenizer
from florey.training.rounds import read_round, write_round

Pairs = list[tuple[str, str]]
GENERATED, TRAINED = 1, 3


@dataclass(frozen=True)
class Run:
    """A finished run of the recipe, and where the control writes."""

    recipe: Recipe
    folder: Path
    out: Path

    @property
    def cold_start(self) -> Path:
        return self.folder / "cold_start" / "checkpoint"

    @property
    def phases(self) -> list[str]:
        return ["stage1", *(f"stage2-round{n}" for n in range(1, self.recipe.stage2.rounds + 1))]

    def rollouts(self, phase: str) -> list[Rollout]:
        return list(read_jsonl(self.folder / phase / "rollouts.jsonl", Rollout))

    def questions(self, split: str) -> list[Question]:
        return list(read_jsonl(self.folder / "curated" / f"{split}.jsonl", Question))

    def steps(self, phase: str) -> int:
        return len((self.folder / phase / "log.jsonl").read_text().splitlines())

    def rollouts_per_prompt(self, phase: str) -> int:
        return self.recipe.stage1.rollouts if phase == "stage1" else self.recipe.stage2.rollouts


def curriculum_tokens(run: Run) -> int:
    """What both stages cost, in forward passes of one token."""
    tokenizer = load_tokenizer(str(run.cold_start))

    def length(question: Question, text: str) -> int:
        return len(tokenizer(render_prompt(question, tokenizer) + text)["input_ids"]) + 1

    by_id = {q.id: q for q in run.questions("train")}
    cost = 0
    for phase in run.phases:
        rolled = sum(length(by_id[r.question_id], r.text) for r in run.rollouts(phase))
        mining = run.folder / phase / "mining.jsonl"
        mined = read_jsonl(mining, Prediction) if mining.is_file() else iter(())
        cost += (GENERATED + TRAINED) * rolled
        cost += GENERATED * sum(length(by_id[p.question_id], p.text) for p in mined)
    return cost


def more_sft(run: Run) -> Path:
    """More fine-tuning on the same traces, for the curriculum's compute, with the cold start's own settings."""
    assert run.recipe.cold_start is not None
    tokenizer = load_tokenizer(str(run.cold_start))
    by_id = {q.id: q for q in run.questions("train")}
    pairs = [
        (render_prompt(by_id[t.question_id], tokenizer), t.text)
        for t in read_jsonl(run.folder / "traces" / "traces.jsonl", Trace)
    ]
    per_step = (
        TRAINED * run.recipe.cold_start.batch * float(np.mean([len(tokenizer(p + c)["input_ids"]) for p, c in pairs]))
    )
    settings = run.recipe.cold_start.model_copy(update={"steps": max(1, round(curriculum_tokens(run) / per_step))})
    fine_tune(run.cold_start, pairs, run.out, settings, seed=run.recipe.seed)
    return run.out


def rejection_sft(run: Run) -> Path:
    """Rejection sampling: phase by phase the questions of the curriculum's own rounds, as many generations, the
    right and well-formed ones fine-tuned on, for as many trained sequences as GRPO's updates saw."""
    parent, recipe, cold = run.cold_start, run.recipe, run.recipe.cold_start
    assert cold is not None
    for number, phase in enumerate(run.phases):
        rows = read_round(run.folder / phase / "round.parquet")[: run.steps(phase) * recipe.grpo.prompts_per_step]
        rows = [row for row in rows for _ in range(run.rollouts_per_prompt(phase))]
        model, tokenizer = load_policy(str(parent))
        made = generate(
            model,
            tokenizer,
            [row["prompt"] for row in rows],
            max_new_tokens=recipe.grpo.max_new_tokens,
            batch_size=recipe.evaluation.batch_size,
            temperature=recipe.grpo.temperature,
            seed=recipe.seed + 1 + number,
        )
        kept: Pairs = []
        for row, one in zip(rows, made, strict=True):
            parsed = parse(one.text, row["options"])
            if one.finished and parsed.well_formed and parsed.choice == row["gold"]:
                kept.append((row["prompt"], one.text))
        settings = SFTSettings(
            steps=max(1, len(rows) // cold.batch),
            batch=cold.batch,
            learning_rate=cold.learning_rate / 4,
            max_tokens=cold.max_tokens,
        )
        if kept:
            fine_tune(parent, kept, run.out / phase, settings, seed=recipe.seed + 1 + number)
            parent = run.out / phase
    return parent


def uniform_grpo(run: Run) -> Path:
    """GRPO on questions drawn uniformly from the full training set, with the curriculum's steps, rollouts per
    prompt and learning rates, and more steps for the generations that mining took."""
    recipe, parent = run.recipe, run.cold_start
    rng = np.random.default_rng(recipe.seed)
    questions = sorted(run.questions("train"), key=lambda q: q.id)
    tokenizer = load_tokenizer(str(parent))
    one, two = recipe.stage1.rollouts, recipe.stage2.rollouts
    mined = recipe.stage2.rounds * len(questions)
    later = sum(run.steps(phase) for phase in run.phases[1:]) + mined // (recipe.grpo.prompts_per_step * two)
    phases = [(run.steps("stage1"), one, recipe.grpo), (later, two, stage2_grpo(recipe))]
    for number, (steps, rollouts, grpo) in enumerate(phases):
        if not steps:
            continue
        picked = [questions[i] for i in rng.integers(len(questions), size=steps * recipe.grpo.prompts_per_step)]
        place = run.out / f"phase{number}"
        write_round(place / "round.parquet", picked, [render_prompt(q, tokenizer) for q in picked])
        job = RoundJob(
            phase=f"uniform{number}",
            parent=parent,
            round_file=place / "round.parquet",
            out=place / "checkpoint",
            config=grpo,
            rollouts_per_prompt=rollouts,
            max_steps=steps,
            seed=recipe.seed + 1 + number,
        )
        TRLEngine().train(job)
        parent = place / "checkpoint"
    return parent


CONTROLS: dict[str, Callable[[Run], Path]] = {
    "sft_control": more_sft,
    "rejection_sft": rejection_sft,
    "uniform_grpo": uniform_grpo,
}


def scored_control(name: str, run: Run) -> list[Scored]:
    """Trains one control and scores it on the recipe's evaluation split."""
    pin_threads(run.recipe.threads)
    model, tokenizer = load_policy(str(CONTROLS[name](run)))
    questions = run.questions(run.recipe.evaluation.split)
    predictions = predict(
        model,
        tokenizer,
        questions,
        name=name,
        max_new_tokens=run.recipe.evaluation.max_new_tokens,
        batch_size=run.recipe.evaluation.batch_size,
    )
    return score(questions, predictions)


def write_scored(path: Path, scored: Sequence[Scored]) -> None:
    path.write_text(json.dumps([json.loads(item.model_dump_json()) for item in scored]), encoding="utf-8")
