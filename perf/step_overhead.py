"""What Florey's embedded engine adds to a step of TRL's own GRPOTrainer.

    python -m perf.step_overhead [--steps 10] [--repeats 4] [--seeds 1] [--json FILE]

Both train the quickstart's cold start with one GRPOConfig, one reward, the same questions in the same order, the same
seed and one torch thread; their final weights are compared bit for bit, so both did the same work. They run in one
process, step by step in turns; who begins alternates. Loading and the first step are left out. Each pair of trainings
is repeated, and of every step the shortest time of each of the two counts: what else a machine does can only add.
Goal: at most 1.02 times as long; what a snapshot takes is told apart from it. TRL against TRL by the same method says
how far the method is off, and a profile says what share of the loop is code that TRL does not run.
"""

from __future__ import annotations

import cProfile
import pstats
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from florey.files import read_jsonl
from florey.inference.local import pin_threads
from florey.inference.prompts import is_prefilled, render_prompt
from florey.inference.quiet import quiet_libraries
from florey.inference.shuffling import shuffled
from florey.pipeline.progress import Reporter
from florey.pipeline.recipe import Recipe, load_recipe
from florey.pipeline.runner import run_stages
from florey.pipeline.stages import build_stages
from florey.pipeline.training_stages import stage2_grpo
from florey.records import Question
from florey.training.curriculum.choosing import ChoiceConfig
from florey.training.curriculum.curriculum import RIGHT, WRONG, CurriculumConfig
from florey.training.curriculum.guard import GuardConfig
from florey.training.curriculum.plateau import PlateauConfig
from florey.training.engines import RoundJob, RoundOutcome
from florey.training.engines.clock import SNAPSHOT
from florey.training.engines.trl_round import _arguments, train_round
from florey.training.policy import load_policy, load_tokenizer
from florey.training.rewards import reward
from florey.training.rounds import read_round, write_round
from florey.training.trainer import run_trainer
from perf.common import arguments, save, show
from perf.paired_steps import Arm, in_turns

RECIPE = Path(__file__).parents[1] / "recipes" / "quickstart.yaml"
GOAL = 1.02
NEVER = 10**6
SAVE_EVERY = 10


@dataclass(frozen=True)
class Case:
    """A stage of the quickstart, its questions in order or chosen."""

    stage: int
    adaptive: bool
    null: bool = False  # TRL against itself

    @property
    def name(self) -> str:
        if self.null:
            return "trl_itself"
        return f"stage{self.stage}_{'adaptive' if self.adaptive else 'in_order'}"


CASES = [Case(1, False, null=True), *(Case(stage, adaptive) for stage in (1, 2) for adaptive in (False, True))]


def cold_started(folder: Path) -> Recipe:
    """The quickstart's stages up to its cold start; what is there already is left alone."""
    recipe = load_recipe(RECIPE, ["survey=null", "threads=1"])
    stages = build_stages(recipe)
    names = [stage.name for stage in stages]
    run_stages(stages[: names.index("cold_start") + 1], folder, Reporter())
    return recipe


def job_of(case: Case, recipe: Recipe, run: Path, out: Path, steps: int, seed: int) -> RoundJob:
    """The round as the pipeline would make it, but that no plateau ends it."""
    out.mkdir(parents=True)
    tokenizer = load_tokenizer(str(run / "cold_start" / "checkpoint"))
    every = sorted(read_jsonl(run / "curated" / "train.jsonl", Question), key=lambda q: q.id)
    tiers = recipe.stage1.tiers if case.stage == 1 else ("easy", "moderate", "difficult")
    questions = [q for q in every if q.tier in tiers]
    np.random.default_rng(seed).shuffle(questions)
    grpo = recipe.grpo if case.stage == 1 else stage2_grpo(recipe)
    questions = questions[: (2 if case.adaptive else 1) * steps * grpo.prompts_per_step]
    rows: list[tuple[Question, tuple[int, ...] | None]] = [(q, None) for q in questions]
    if case.adaptive:
        rows = [shuffled(q, seed, visit) for q in questions for visit in range(4)]
    parts = [q.tier or "" if case.stage == 1 else WRONG if q.tier == "difficult" else RIGHT for q, _ in rows]
    write_round(
        out / "round.parquet",
        [q for q, _ in rows],
        [render_prompt(q, tokenizer) for q, _ in rows],
        parts=parts,
        orders=[order for _, order in rows],
    )
    plateau = recipe.stage1.plateau.model_dump() | {"min_steps": NEVER}
    return RoundJob(
        phase=case.name,
        parent=run / "cold_start" / "checkpoint",
        round_file=out / "round.parquet",
        out=out / "checkpoint",
        config=grpo,
        rollouts_per_prompt=recipe.stage1.rollouts if case.stage == 1 else recipe.stage2.rollouts,
        max_steps=steps,
        seed=seed,
        curriculum=CurriculumConfig(
            choice=ChoiceConfig() if case.adaptive else None,
            shares=dict.fromkeys(parts, 1.0) if case.stage == 1 else {WRONG: 2.0, RIGHT: 1.0},
            plateau=PlateauConfig(**plateau) if case.stage == 1 else None,
            guard=GuardConfig() if case.stage == 2 and case.adaptive else None,
            seed=seed,
        ),
        save_every=SAVE_EVERY,
    )


def asked(job: RoundJob, outcome: RoundOutcome) -> list[dict[str, Any]]:
    """The rows of a round in the order in which it asked them, and a few more that a data loader reads ahead."""
    rows = {
        (row["question_id"], tuple(row["order"]) if row["order"] else None): row for row in read_round(job.round_file)
    }
    found = [rows[r.question_id, r.order] for r in outcome.rollouts[:: job.rollouts_per_prompt]]
    return found + found[: 2 * job.config.prompts_per_step]


def plain(job: RoundJob, rows: Sequence[Mapping[str, Any]], gate: Callable[[], None]) -> dict[str, Any]:
    """TRL's own trainer with the same arguments; returns the weights."""
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import GRPOTrainer

    pin_threads(1)
    model, tokenizer = load_policy(str(job.parent))
    ends = {tokenizer.eos_token_id}

    def earned(prompts: list[str], completions: list[str], completion_ids: list[list[int]], **columns: Any) -> Any:
        return [
            reward(
                text,
                columns["options"][i],
                columns["gold"][i],
                job.config.reward,
                finished=bool(completion_ids[i]) and completion_ids[i][-1] in ends,
                prefilled=is_prefilled(prompts[i]),
            ).total
            for i, text in enumerate(completions)
        ]

    class Gate(TrainerCallback):  # type: ignore[misc]
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> Any:
            if "loss" in (logs or {}):
                gate()
            return control

    with quiet_libraries():
        trainer = GRPOTrainer(
            model=model,
            reward_funcs=earned,
            args=_arguments(job, None),
            train_dataset=Dataset.from_list(list(rows)),
            processing_class=tokenizer,
            callbacks=[Gate()],
        )
        run_trainer(trainer)
    return dict(trainer.model.state_dict())


def ours(job: RoundJob, gate: Callable[[], None]) -> RoundOutcome:
    pin_threads(1)
    return train_round(job, lambda row, total: gate())


@dataclass(frozen=True)
class Pair:
    """Of one training, repeated. `wall`, `cpu`: (repeats, 2, steps) seconds, Florey's and TRL's."""

    wall: Any
    cpu: Any
    snapshot_s: float
    own_share: float


def one_pair(case: Case, recipe: Recipe, run: Path, folder: Path, steps: int, repeats: int, seed: int) -> Pair:
    """The first training finds out what is asked, and is looked at for snapshots and profile; then both do just that in
    turns."""
    job = job_of(case, recipe, run, folder, steps + 1, seed)
    first = replace(job, out=folder / "first", snapshots=folder / "snapshots", save_every=min(SAVE_EVERY, steps))
    profile = cProfile.Profile()
    outcome = profile.runcall(train_round, first)
    rows = asked(job, outcome)
    wall, cpu = [], []
    for number in range(repeats):
        again = replace(job, out=folder / f"again{number}")

        def made(gate: Callable[[], None], again: RoundJob = again) -> Any:
            return plain(again, rows, gate) if case.null else ours(again, gate)

        def theirs(gate: Callable[[], None], again: RoundJob = again) -> Any:
            return plain(again, rows, gate)

        arms = Arm(made), Arm(theirs)
        in_turns(arms if number % 2 else arms[::-1], steps)  # who is loaded first has its memory from another place
        _same_work(first if case.null else again, arms[1].result)
        wall.append([arm.wall for arm in arms])
        cpu.append([arm.cpu for arm in arms])
    snapshot = outcome.seconds[SNAPSHOT] / (first.max_steps // first.save_every)
    return Pair(np.asarray(wall), np.asarray(cpu), snapshot, own_share(profile))


def _same_work(job: RoundJob, weights: Mapping[str, Any]) -> None:
    from safetensors.torch import load_file

    found = load_file(job.out / "model.safetensors")
    different = [name for name, tensor in found.items() if not tensor.equal(weights[name])]
    if different:
        raise AssertionError(f"{job.phase}: the two trainings are not the same: {different[0]} differs")


def ratio(pairs: Any, seed: int = 0) -> tuple[float, float, float]:
    """Median over the steps of Florey's / TRL's, the shortest of the repeats of each, with the 95% interval of a
    bootstrap over the steps.

    Of each step and not of two medians: steps differ in length, and the two of a pair do the same work.
    `pairs`: (repeats, 2, n) seconds.
    """
    shortest = pairs.min(axis=0)
    ratios = shortest[0] / shortest[1]
    drawn = np.random.default_rng(seed).integers(len(ratios), size=(4000, len(ratios)))
    low, high = np.quantile(np.median(ratios[drawn], axis=1), [0.025, 0.975])
    return float(np.median(ratios)), float(low), float(high)


def own_share(profile: cProfile.Profile) -> float:
    """Of the training loop's time, what went into code that TRL's trainer does not run: keeping rollouts, describing
    the step, choosing the next, looking at the gradient. A profiler makes such code look slower than it is, so this is
    a bound from above, and one that other work on the machine hardly moves."""
    found = pstats.Stats(profile).stats  # type: ignore[attr-defined]

    def took(file: str, *names: str) -> float:
        return float(sum(row[3] for (path, _, name), row in found.items() if path.endswith(file) and name in names))

    own = took("engines/recorder.py", "__call__") - took("training/rewards.py", "reward")
    own += took("engines/trl_round.py", "__iter__", "on_step_begin", "on_step_end", "on_log")
    own += took("training/trainer.py", "on_pre_optimizer_step", "on_log")
    return own / took("training/trainer.py", "run_trainer")


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--steps", type=int, default=10, help="timed steps of each training [10]")
    parser.add_argument("--repeats", type=int, default=4, help="an even number: who is loaded first alternates [4]")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each kind [1]")
    parser.add_argument("--out", type=Path, default=Path("runs/step_overhead"), help="of the quickstart's cold start")
    options = parser.parse_args()
    recipe = cold_started(options.out)
    pin_threads(1)
    figures: dict[str, Any] = {"goal": GOAL} | {name: getattr(options, name) for name in ("steps", "repeats", "seeds")}
    rows = []
    for case in CASES:
        pairs = []
        for seed in range(options.seeds):
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder) / "a"
                pairs.append(one_pair(case, recipe, options.out, out, options.steps, options.repeats, seed))
            print(f"{case.name}, seed {seed}: the same weights", flush=True)
        wall, cpu = (np.concatenate([getattr(pair, clock) for pair in pairs], axis=2) for clock in ("wall", "cpu"))
        (value, low, high), of_cpu = ratio(wall), ratio(cpu)
        step, save_s = float(np.median(wall.min(axis=0)[1])), median(pair.snapshot_s for pair in pairs)
        own = [pair.own_share for pair in pairs]
        steps = wall.shape[2]
        rows.append(
            [
                case.name,
                str(steps),
                f"{step:.3f} s",
                f"{value:.4f} [{low:.4f}, {high:.4f}]",
                f"{of_cpu[0]:.4f} [{of_cpu[1]:.4f}, {of_cpu[2]:.4f}]",
                "" if case.null else f"{100 * median(own):.2f}%",
                f"{save_s * 1000:.0f} ms",
                f"{100 * save_s / (SAVE_EVERY * step):.1f}%",
            ]
        )
        figures |= {
            f"{case.name}_step_ratio": round(value, 4),
            f"{case.name}_step_ratio_lo": round(low, 4),
            f"{case.name}_step_ratio_hi": round(high, 4),
            f"{case.name}_cpu_ratio": round(of_cpu[0], 4),
            f"{case.name}_cpu_ratio_lo": round(of_cpu[1], 4),
            f"{case.name}_cpu_ratio_hi": round(of_cpu[2], 4),
            f"{case.name}_own_share": None if case.null else round(median(own), 5),
            f"{case.name}_trl_step_s": round(step, 4),
            f"{case.name}_snapshot_s": round(save_s, 4),
            f"{case.name}_n": steps,
        }
    worst = max((case.name for case in CASES if not case.null), key=lambda name: figures[f"{name}_step_ratio"])
    for end in ("", "_lo", "_hi"):
        figures[f"step_ratio{end}"] = figures[f"{worst}_step_ratio{end}"]
    figures["step_ratio_case"] = worst
    show(
        f"Florey's step / TRL's step (goal {GOAL}; the worst is {worst})",
        [
            "",
            "steps",
            "TRL's step",
            "ratio, wall",
            "ratio, processor time",
            "own code",
            "a snapshot",
            f"of {SAVE_EVERY} steps",
        ],
        rows,
    )
    save(options.json, figures)


if __name__ == "__main__":
    main()
