"""What a cold start is worth to bases of different strength: none, short or full, then the same reinforcement learning.

    python -m perf.cold_start --seeds 3 [--json FILE]

For each seed the quickstart's questions and traces, and a smaller policy. Three quarters of the questions that have
traces make the bases, by fine-tuning, the strong one by reinforcement learning as well; the last quarter makes the
cold starts. So a cold start never repeats what the base has read; but all traces are of one teacher in one language,
which a base in the world has not seen. Every arm then gets uniform GRPO with equal generations and answers held-out
questions (greedy). Before, each base is measured as `cold_start.leave_out: auto` measures it, on the development
questions, and what the rule decides is written beside what the arms reached. Differences are paired by question and
clustered by answer. Settings were tried on seed 100; leave_out_rule.min_over_chance was set after seeds 0 and 1 were
seen. One thread, about five minutes a seed; finished parts are skipped when it is started again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from florey.clustered import Mean, mean
from florey.evaluation.scoring import score
from florey.files import digest, read_json, read_jsonl, write_json
from florey.inference.local import generate, pin_threads, predict
from florey.inference.prompts import render_prompt
from florey.pipeline.progress import Reporter
from florey.pipeline.recipe import Recipe, load_recipe
from florey.pipeline.runner import run_stages
from florey.pipeline.stages import build_stages
from florey.records import Question, Trace
from florey.training.cold_start.fine_tuning import fine_tune
from florey.training.cold_start.leave_out import LeaveOutRule, Sample, Strength, decision, strength
from florey.training.engines import RoundJob
from florey.training.engines.trl import TRLEngine
from florey.training.policy import load_policy, load_tokenizer
from florey.training.rewards import RewardConfig, reward
from florey.training.rounds import write_round
from perf.common import arguments, save, show

RECIPE = Path(__file__).parents[1] / "recipes" / "quickstart.yaml"
SETTINGS = (
    "threads=1",
    "survey=null",
    "policy.small.hidden=64",
    "policy.small.layers=2",
    "policy.small.feed_forward=128",
    "grpo.learning_rate=2.0e-4",
    "grpo.schedule=constant_with_warmup",
)
BASES = {"weak": (160, False), "middling": (640, False), "strong": (640, True)}
"""Steps of fine-tuning that make a base, and whether reinforcement learning follows."""
COLD_STARTS = {"none": 0, "short": 40, "full": 280}
"""Steps of the cold start."""
ROLLOUTS = 8
TESTED = 400


class SeedRun:
    """Everything of one seed."""

    def __init__(self, seed: int, out: Path, steps: int, changes: Sequence[str]) -> None:
        self.seed, self.steps = seed, steps
        self.recipe: Recipe = load_recipe(RECIPE, [f"seed={seed}", *SETTINGS, *changes])
        self.folder = out / f"seed{seed}"
        stages = build_stages(self.recipe, self.folder)
        last = next(place for place, stage in enumerate(stages) if stage.name == "base")
        run_stages(stages[: last + 1], self.folder, Reporter())
        self.tokenizer = load_tokenizer(str(self.untrained))
        self.train = {q.id: q for q in self.questions("train")}
        traces = list(read_jsonl(self.folder / "traces" / "traces.jsonl", Trace))
        ranked = sorted({trace.question_id for trace in traces}, key=digest)
        first = set(ranked[: 3 * len(ranked) // 4])
        self.parts: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
        for trace in traces:
            pair = (render_prompt(self.train[trace.question_id], self.tokenizer), trace.text)
            self.parts[trace.question_id not in first].append(pair)

    @property
    def untrained(self) -> Path:
        return self.folder / "base" / "checkpoint"

    def questions(self, split: str) -> list[Question]:
        found = read_jsonl(self.folder / "curated" / f"{split}.jsonl", Question)
        return sorted(found, key=lambda q: digest(q.id))

    def tuned(self, parent: Path, part: int, steps: int, out: Path) -> Path:
        """`parent` after so many steps on a part of the traces; none: itself."""
        if steps and not (out / "done.json").is_file():
            assert self.recipe.cold_start is not None
            settings = self.recipe.cold_start.model_copy(update={"steps": steps})
            made = fine_tune(parent, self.parts[part], out, settings, seed=self.seed)
            write_json(out / "done.json", {"last_loss": made.log[-1]["loss"]})
        return out if steps else parent

    def reinforced(self, parent: Path, out: Path) -> Path:
        if (out / "done.json").is_file():
            return out / "checkpoint"
        rng = np.random.default_rng(self.seed)
        ids = sorted(self.train)
        picked = [
            ids[at] for at in rng.integers(len(ids), size=self.steps * self.recipe.grpo.prompts_per_step).tolist()
        ]
        asked = [self.train[id] for id in picked]
        write_round(out / "round.parquet", asked, [render_prompt(q, self.tokenizer) for q in asked])
        job = RoundJob(
            phase="rl",
            parent=parent,
            round_file=out / "round.parquet",
            out=out / "checkpoint",
            config=self.recipe.grpo,
            rollouts_per_prompt=ROLLOUTS,
            max_steps=self.steps,
            seed=self.seed,
        )
        made = TRLEngine().train(job)
        write_json(out / "done.json", {"rollouts": len(made.rollouts), "log": made.log})
        return out / "checkpoint"

    def right(self, model_path: Path) -> list[int]:
        """Of the test questions, greedy."""
        asked = self.questions("test")[:TESTED]
        model, tokenizer = load_policy(str(model_path))
        config = self.recipe.evaluation
        length, size = config.max_new_tokens, config.batch_size
        found = predict(model, tokenizer, asked, name="x", max_new_tokens=length, batch_size=size)
        return [int(each.correct) for each in score(asked, found)]

    def measured(self, model_path: Path, rule: LeaveOutRule) -> dict[str, Any]:
        """The base, as the pipeline measures it."""
        asked = [q for q in self.questions("dev")[: rule.questions] for _ in range(rule.samples)]
        model, tokenizer = load_policy(str(model_path))
        made = generate(
            model,
            tokenizer,
            [render_prompt(q, tokenizer) for q in asked],
            max_new_tokens=self.recipe.evaluation.max_new_tokens,
            batch_size=self.recipe.evaluation.batch_size,
            temperature=self.recipe.grpo.temperature,
            seed=self.seed,
        )
        samples = []
        for q, each in zip(asked, made, strict=True):
            earned = reward(each.text, q.options, q.gold, RewardConfig(), finished=each.finished)
            samples.append(Sample(q.id, len(q.options), bool(earned.correct), bool(earned.format)))
        found = strength(samples)
        return found.as_json()

    def base(self, name: str) -> dict[str, Any]:
        """Everything of one base, kept."""
        result = self.folder / f"{name}.json"
        if result.is_file():
            return dict(read_json(result))
        started = time.process_time()
        place = self.folder / name
        steps, reinforced = BASES[name]
        base = self.tuned(self.untrained, 0, steps, self.folder / f"tuned{steps}")
        if reinforced:
            base = self.reinforced(base, place / "base")
        arms: dict[str, Any] = {}
        for cold, steps in COLD_STARTS.items():
            start = self.tuned(base, 1, steps, place / cold / "cold_start")
            end = self.reinforced(start, place / cold / "rl")
            log = read_json(place / cold / "rl" / "done.json")["log"]
            mixed = [1 - row["zero_variance"] for row in log]
            arms[cold] = {"before": self.right(start), "after": self.right(end), "informative": float(np.mean(mixed))}
        found: dict[str, Any] = {"measured": self.measured(base, LeaveOutRule()), "arms": arms}
        found["seconds"] = round(time.process_time() - started, 1)
        write_json(result, found)
        return found

    def clusters(self) -> list[str]:
        return [q.options[q.gold] for q in self.questions("test")[:TESTED]]


def decided(measured: dict[str, Any], rule: LeaveOutRule) -> tuple[bool, str]:
    """The rule on what was measured and kept."""
    n = {"n": measured["samples"], "clusters": measured["questions"]}
    names = ("format", "accuracy", "over_chance", "informative")
    return decision(Strength(n["clusters"], n["n"], **{name: Mean(**measured[name], **n) for name in names}), rule)


def compared(runs: dict[int, SeedRun], found: dict[int, Any], cold: str, against: str) -> dict[str, Any]:
    """After reinforcement: `cold` minus `against`, paired by question, clustered by the seed's answers."""
    values: list[int] = []
    owners: list[str] = []
    for seed, run in runs.items():
        after, other = (found[seed]["arms"][name]["after"] for name in (cold, against))
        values += [a - b for a, b in zip(after, other, strict=True)]
        owners += [f"{seed}/{answer}" for answer in run.clusters()]
    made = mean(values, owners, -1.0, 1.0)
    seeds = [
        float(np.mean(np.subtract(found[s]["arms"][cold]["after"], found[s]["arms"][against]["after"]))) for s in runs
    ]
    return {"value": made.value, "lo": made.lo, "hi": made.hi, "seeds": seeds}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/cold_start"))
    parser.add_argument("--steps", type=int, default=20, help="of reinforcement learning, 16 prompts x 8 rollouts each")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    pin_threads(1)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    runs = {seed: SeedRun(seed, options.out, options.steps, options.changes) for seed in seeds}
    found = {name: {seed: run.base(name) for seed, run in runs.items()} for name in BASES}
    report(options, runs, found)


def report(options: argparse.Namespace, runs: dict[int, SeedRun], found: dict[str, dict[int, Any]]) -> None:
    figures: dict[str, Any] = {}
    rows = []
    for name, by_seed in found.items():
        measured = {seed: each["measured"] for seed, each in by_seed.items()}
        for each in measured.values():
            each["left_out"], each["why"] = decided(each, LeaveOutRule())
        arms: dict[str, Any] = {}
        for cold in COLD_STARTS:
            each = [made["arms"][cold] for made in by_seed.values()]
            arms[cold] = {key: [float(np.mean(one[key])) for one in each] for key in ("before", "after", "informative")}
            if cold != "none":
                arms[cold]["against_none"] = compared(runs, by_seed, cold, "none")
            rows.append(
                [
                    f"{name}, {cold}",
                    _percents(arms[cold]["before"]),
                    _percents(arms[cold]["after"]),
                    _percents(arms[cold]["informative"]),
                    _points(arms[cold].get("against_none")),
                    ""
                    if cold != "none"
                    else " ".join(
                        f"{100 * m['format']['value']:.0f}/{100 * m['accuracy']['value']:.0f}/"
                        f"{100 * m['informative']['value']:.0f} {'out' if m['left_out'] else 'made'}"
                        for m in measured.values()
                    ),
                ]
            )
        seconds = [made["seconds"] for made in by_seed.values()]
        figures[name] = {"measured": measured, "arms": arms, "seconds": seconds}
    generations = options.steps * 16 * ROLLOUTS
    show(
        f"Test accuracy in %, by seed; {generations:,} generations of RL each; n {TESTED} per seed",
        ["base, cold start", "before RL", "after RL", "informative groups", "against none", "base: format/acc/mixed"],
        rows,
    )
    flat = {
        "seeds": list(runs),
        "generations": generations,
        "n": TESTED,
        "cold_start_steps": COLD_STARTS,
        "base": BASES,
    }
    save(options.json, {**flat, "bases": figures})


def _percents(values: Sequence[float]) -> str:
    return " ".join(f"{100 * value:.1f}" for value in values)


def _points(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    seeds = " ".join(f"{100 * each:+.1f}" for each in found["seeds"])
    return f"{100 * found['value']:+.1f} [{100 * found['lo']:+.1f}, {100 * found['hi']:+.1f}] ({seeds})"


if __name__ == "__main__":
    main()
