"""The arms of `perf.rollouts`: what is trained on, each from the same cold start, until a budget of generations.

A grid of training generations says when the development questions are answered. Every generation is counted where it
is made: of rollouts, of minings, of screenings, and of the development answers themselves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from florey.evaluation.scoring import score
from florey.files import read_jsonl
from florey.inference.local import predict
from florey.pipeline.answering import CHECKPOINT, checkpoint
from florey.pipeline.progress import Reporter
from florey.pipeline.recipe import Recipe
from florey.pipeline.round_making import RoundPlan, train_round
from florey.pipeline.runner import Context
from florey.pipeline.training_stages import stage1, stage2_grpo, stage2_round
from florey.records import Question
from florey.training.policy import load_policy

POOL = "pool"
"""Folder with the questions that the arms train on."""


@dataclass
class Point:
    """What the policy could do after so many generations."""

    generations: int  # all that had been made by then, these development answers among them
    training: int  # rollouts that were trained on
    seconds: float  # without the development answers
    right: list[int]  # by development question


@dataclass
class Meter:
    """Counts generations, stops the clock while it measures, and keeps the points."""

    recipe: Recipe
    dev: list[Question]
    every: int  # training generations
    points: list[Point] = field(default_factory=list)
    other: int = 0  # minings and screenings
    training: int = 0
    measuring: float = 0.0
    started: float = field(default_factory=time.monotonic)

    @property
    def used(self) -> int:
        return self.training + self.other

    def measure(self, model_path: Path, training: int) -> None:
        """Not twice at one place."""
        if self.points and self.points[-1].training == training:
            return
        begun = time.monotonic()
        with torch.random.fork_rng():  # answers must not move the generators that draw the rollouts
            model, tokenizer = load_policy(str(model_path))
            config = self.recipe.evaluation
            found = predict(
                model,
                tokenizer,
                self.dev,
                name="dev",
                max_new_tokens=config.max_new_tokens,
                batch_size=config.batch_size,
            )
        right = [int(item.correct) for item in score(self.dev, found)]
        self.measuring += time.monotonic() - begun
        made = training + self.other + (len(self.points) + 1) * len(self.dev)
        seconds = time.monotonic() - self.started - self.measuring
        self.points.append(Point(made, training, round(seconds, 2), right))


class Measured(Reporter):
    """Looks at the snapshots that a round leaves on its grid."""

    def __init__(self, meter: Meter, scratch: Path, per_step: int) -> None:
        super().__init__()
        self.meter, self.scratch, self.per_step = meter, scratch, per_step
        self.before = meter.training

    def bar(self, what: str) -> Callable[[int, int, str], None]:
        def quiet(done: int, total: int, note: str = "") -> None:
            pass

        return quiet

    def training(self) -> Callable[[Mapping[str, Any], int], None]:
        def watch(row: Mapping[str, Any], total: int) -> None:
            done = row["step"] - 1  # the snapshot of a step is written behind its log
            for snapshot in self.scratch.glob(f"*/checkpoint-{done}"):
                self.meter.measure(snapshot, self.before + done * self.per_step)

        return watch


@dataclass(frozen=True)
class Arm:
    """What one run is: changes of the recipe, and what it leaves out."""

    label: str
    changes: tuple[str, ...] = ()
    uniform: bool = False
    shuffled: bool = False  # uniform, but with the options in another order at every visit
    stages: bool = True  # a stage 1 on easy and moderate until the plateau
    mining: bool = True
    fill: int = 1  # times as many prompts a step
    aside: bool = False  # run only where it is named


def both(key: str) -> tuple[str, ...]:
    return tuple(f"{stage}.{key}" for stage in ("stage1", "stage2"))


ARMS = {
    "uniform": Arm("uniform GRPO (TRL)", uniform=True),
    "ours": Arm("ours"),
    "no_posterior": Arm("ours without the posterior", both("choice.posterior=null")),
    "no_skip": Arm("ours without skipping", both("choice.skip=null")),
    "no_shuffle": Arm("ours without shuffled options", both("shuffle_options=false")),
    "no_mining": Arm("ours without mining", mining=False),
    "no_stages": Arm("ours without stage 1", stages=False),
    "choice": Arm("ours without stage 1 and mining", stages=False, mining=False),
    "shuffled": Arm("uniform GRPO with shuffled options", uniform=True, shuffled=True),
    "filled": Arm("uniform GRPO, five times the prompts a step", uniform=True, fill=5, aside=True),
    "no_strata": Arm(
        "ours without stage 1 and mining, a posterior for each question alone",
        both("choice.posterior.stratum_memory=null"),
        stages=False,
        mining=False,
        aside=True,
    ),
}


def run_arm(arm: Arm, recipe: Recipe, prepared: Path, out: Path, budget: int, every: int) -> list[Point]:
    """Trains from the cold start in `prepared` until `budget` generations are made (development answers apart)."""
    dev = list(read_jsonl(prepared / "curated" / "dev.jsonl", Question))
    meter = Meter(recipe, dev, every)
    grpo = recipe.grpo.model_copy(update={"prompts_per_step": arm.fill * recipe.grpo.prompts_per_step})
    per_step = grpo.prompts_per_step * recipe.stage2.rollouts
    recipe = recipe.model_copy(update={"grpo": grpo, "save_every": every // per_step})
    inputs = {"curated": prepared / POOL, "cold_start": prepared / "cold_start"}
    meter.measure(checkpoint(inputs["cold_start"]), 0)

    def context(phase: str, number: int) -> Context:
        folder = out / phase
        folder.mkdir(parents=True)
        measured = Measured(meter, out / "unfinished" / phase, per_step)
        return Context(dict(inputs), folder, recipe.seed + 1 + number, measured, phase)

    def count(phase: str, counts: Mapping[str, int]) -> None:
        meter.training += counts["rollout"]
        meter.other += sum(made for what, made in counts.items() if what != "rollout")
        inputs[phase] = out / phase
        meter.measure(out / phase / CHECKPOINT, meter.training)

    questions = list(read_jsonl(prepared / POOL / "train.jsonl", Question))
    parent = "cold_start"
    if arm.uniform:
        plan = _uniform(recipe, questions, budget // per_step, arm.shuffled)
        count("uniform", train_round(recipe, parent, plan, context("uniform", 0)).generations)
        return meter.points
    if arm.stages:
        count("stage1", stage1(recipe, parent, context("stage1", 0))["generations"])
        parent = "stage1"
    if not arm.mining:
        plan = _adaptive(recipe, questions, (budget - meter.used) // per_step)
        count("adaptive", train_round(recipe, parent, plan, context("adaptive", 1)).generations)
        return meter.points
    rounds: tuple[str, ...] = ()
    while True:
        asked = len(questions) * recipe.stage2.mining.samples
        steps = min(recipe.stage2.steps, (budget - meter.used - asked) // per_step)
        if steps < recipe.save_every:
            return meter.points
        name = f"stage2-round{len(rounds) + 1}"
        now = recipe.model_copy(update={"stage2": recipe.stage2.model_copy(update={"steps": steps})})
        made = context(name, len(rounds) + 1)
        meter.other += asked  # before its first point
        counts = stage2_round(now, parent, rounds, made)["generations"]
        count(name, counts | {"mining": 0})
        rounds, parent = (*rounds, name), name


def _uniform(recipe: Recipe, questions: list[Question], steps: int, shuffle: bool) -> RoundPlan:
    """All questions in random order, all once before any is asked again: what TRL does by itself."""
    rng = np.random.default_rng(recipe.seed)
    ordered = sorted(questions, key=lambda q: q.id)
    places: list[tuple[Question, str]] = []
    while len(places) < steps * recipe.grpo.prompts_per_step:
        places += [(ordered[place], "") for place in rng.permutation(len(ordered)).tolist()]
    return RoundPlan(stage2_grpo(recipe), recipe.stage2.rollouts, steps, places, {}, shuffle=shuffle)


def _adaptive(recipe: Recipe, questions: list[Question], steps: int) -> RoundPlan:
    """All questions at once, chosen by what is known of them."""
    places = [(q, "") for q in sorted(questions, key=lambda q: q.id)]
    settings = recipe.stage2
    return RoundPlan(
        stage2_grpo(recipe),
        settings.rollouts,
        steps,
        places,
        {},
        choice=settings.choice,
        shuffle=settings.shuffle_options,
    )
