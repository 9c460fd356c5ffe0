"""How many generations the curriculum needs to be where uniform GRPO ends: ours, uniform, ours without each part.

    python -m perf.rollouts --seeds 3 [--json FILE] [--figure FILE.svg]

For each seed one run of the quickstart's recipe up to its cold start; from it every arm is trained with the same
settings of GRPO (engine, rate, prompts and rollouts of a step) for the same number of generations, on the same drawn
questions (400: a posterior is of use where a question is met more than once; the whole set would not be, in so few
steps; with --solved 0.8 four fifths of them are easy and moderate ones, which the cold start solves, as a capable
model solves most of a public set). Accuracy is on the development split (the settings were chosen on seeds from 100
on: --first-seed 100), on a grid of training generations. The target is the mean of uniform's two last points; an arm
has crossed at the first of two successive points that are both at or above it, and an arm that never does is censored
at its last point. Every generation counts: rollouts, minings, screenings, and the development answers of the grid
itself. One thread each, two side by side; finished parts are skipped when it is started again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from florey.files import read_json, read_jsonl, write_json, write_jsonl
from florey.inference.local import pin_threads
from florey.pipeline.progress import Reporter
from florey.pipeline.recipe import Recipe, load_recipe
from florey.pipeline.runner import run_stages
from florey.pipeline.stages import build_stages
from florey.records import Question
from perf.common import arguments, save, show
from perf.rollout_arms import ARMS, POOL, Point, run_arm

RECIPE = Path(__file__).parents[1] / "recipes" / "quickstart.yaml"
SETTINGS = (
    "threads=1",
    "survey=null",
    "evaluation.split=dev",
    "grpo.learning_rate=2.0e-4",
    "stage1.rollouts=8",
    "stage1.choice.target=0.4",
    "stage1.shuffle_options=true",
    "stage2.rollouts=8",
    "stage2.steps=25",
    "stage2.choice.target=0.4",
    "stage2.shuffle_options=true",
)
DRAWS = 2000
BASES = ("uniform", "filled")
"""Arms whose end the others are held against."""


def recipe_for(seed: int, changes: Sequence[str]) -> Recipe:
    return load_recipe(RECIPE, [f"seed={seed}", *SETTINGS, *changes])


def prepare(seed: int, changes: Sequence[str], out: Path, pool: int, solved: float | None = None) -> None:
    """The recipe's stages up to the cold start, and the questions that all arms train on. The graph is taken from a
    seed that has it."""
    folder = out / f"seed{seed}" / "prepared"
    done = next(iter(sorted(out.glob("seed*/prepared/graph/manifest.json"))), None)
    if done and not (folder / "graph").exists():
        shutil.copytree(done.parent, folder / "graph")
    stages = build_stages(recipe_for(seed, changes), folder)
    last = next(place for place, stage in enumerate(stages) if stage.name == "cold_start")
    run_stages(stages[: last + 1], folder, Reporter())
    questions = sorted(read_jsonl(folder / "curated" / "train.jsonl", Question), key=lambda q: q.id)
    drawn: list[Question] = [
        questions[place] for place in np.random.default_rng(seed).permutation(len(questions)).tolist()
    ]
    if solved is None:
        drawn = drawn[: pool or None]
    else:
        hard = [q for q in drawn if q.tier == "difficult"][: round((1 - solved) * pool)]
        drawn = [q for q in drawn if q.tier != "difficult"][: pool - len(hard)] + hard
    (folder / POOL).mkdir(exist_ok=True)
    drawn.sort(key=lambda q: q.id)
    write_jsonl(folder / POOL / "train.jsonl", drawn)


def result(out: Path, seed: int, arm: str) -> Path:
    return out / f"seed{seed}" / f"{arm}.json"


def run_one(seed: int, name: str, options: argparse.Namespace) -> None:
    """One arm, in a process of its own."""
    recipe = recipe_for(seed, [*options.changes, *ARMS[name].changes])
    pin_threads(1)
    folder = options.out / f"seed{seed}"
    shutil.rmtree(folder / name, ignore_errors=True)
    points = run_arm(ARMS[name], recipe, folder / "prepared", folder / name, options.budget, options.every)
    write_json(result(options.out, seed, name), [asdict(point) for point in points])


def crossing(accuracies: Sequence[float], target: float) -> int | None:
    """Place of the first of two successive points at or above the target.

    >>> crossing([0.4, 0.6, 0.5, 0.6, 0.7], 0.6), crossing([0.4, 0.7], 0.6)
    (3, None)
    """
    above = [accuracy >= target for accuracy in accuracies]
    return next((place for place in range(len(above) - 1) if above[place] and above[place + 1]), None)


def accuracies(points: Sequence[Point], questions: Sequence[int]) -> list[float]:
    """At every point, over these development questions (by place, as often as they are named)."""
    right = np.asarray([point.right for point in points])
    return [float(rate) for rate in right[:, list(questions)].mean(axis=1)]


def compared(base: Sequence[Point], arm: Sequence[Point], questions: Sequence[int]) -> dict[str, Any]:
    """`ratio`: generations to the crossing, as a share of the base's; where censored, a lower bound."""
    theirs, ours = accuracies(base, questions), accuracies(arm, questions)
    target = (theirs[-1] + theirs[-2]) / 2
    place = crossing(ours, target)
    at = arm[-1 if place is None else place]
    whole = base[-1]
    own = crossing(theirs, target)
    return {
        "target": target,
        "ratio": at.generations / whole.generations,
        "time_ratio": at.seconds / whole.seconds,
        "censored": place is None,
        "base_at": (base[own].generations if own is not None else whole.generations) / whole.generations,
        "gain": (ours[-1] + ours[-2]) / 2 - target,
    }


def drawn(clusters: Sequence[str], rng: np.random.Generator) -> list[int]:
    """Questions of clusters (their answers) drawn with replacement."""
    members: dict[str, list[int]] = {}
    for place, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(place)
    names = sorted(members)
    return [place for pick in rng.integers(len(names), size=len(names)).tolist() for place in members[names[pick]]]


def summary(
    base: str, arm: str, runs: dict[int, dict[str, list[Point]]], clusters: dict[int, list[str]]
) -> dict[str, Any]:
    """Geometric mean of the ratio over seeds, with a 95% interval over seeds and clusters of questions drawn anew."""
    seeds = sorted(runs)
    each = [compared(runs[s][base], runs[s][arm], range(len(clusters[s]))) for s in seeds]
    rng = np.random.default_rng(0)
    draws: list[list[float]] = []
    for _ in range(DRAWS):
        picked = [seeds[place] for place in rng.integers(len(seeds), size=len(seeds)).tolist()]
        found = [compared(runs[s][base], runs[s][arm], drawn(clusters[s], rng)) for s in picked]
        draws.append([_geometric(found, "ratio"), _geometric(found, "time_ratio"), _mean(found, "gain")])
    low, high = np.quantile(np.asarray(draws), [0.025, 0.975], axis=0).tolist()
    return {
        "each": each,
        "ratio": [_geometric(each, "ratio"), low[0], high[0]],
        "time_ratio": [_geometric(each, "time_ratio"), low[1], high[1]],
        "gain": [_mean(each, "gain"), low[2], high[2]],
        "censored": sum(found["censored"] for found in each),
    }


def _geometric(found: Sequence[dict[str, Any]], key: str) -> float:
    return float(np.exp(np.mean(np.log([each[key] for each in found]))))


def _mean(found: Sequence[dict[str, Any]], key: str) -> float:
    return float(np.mean([each[key] for each in found]))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/rollouts"))
    parser.add_argument("--budget", type=int, default=12800, help="generations of an arm")
    parser.add_argument("--pool", type=int, default=400, help="training questions; 0: all")
    parser.add_argument("--solved", type=float, help="share of easy and moderate ones among --pool; else as drawn")
    parser.add_argument("--every", type=int, default=1280, help="training generations from point to point")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--arms", default=",".join(name for name, arm in ARMS.items() if not arm.aside))
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--figure", type=Path, metavar="FILE.svg")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        seed, name = options.only.split(":")
        run_one(int(seed), name, options)
        return
    seeds = list(range(options.first_seed, options.first_seed + options.seeds))
    arms = options.arms.split(",")
    for seed in seeds:
        prepare(seed, options.changes, options.out, options.pool, options.solved)
    again = [*sys.argv[1:]]

    def one(place: tuple[int, str]) -> None:
        seed, name = place
        if not result(options.out, seed, name).is_file():
            subprocess.run([sys.executable, "-m", "perf.rollouts", *again, "--only", f"{seed}:{name}"], check=True)
            print(f"seed {seed}: {name} is done", flush=True)

    with ThreadPoolExecutor(options.workers) as pool:
        list(pool.map(one, [(seed, name) for seed in seeds for name in arms]))
    report(options, seeds, arms)


def report(options: argparse.Namespace, seeds: Sequence[int], arms: Sequence[str]) -> None:
    runs = {
        seed: {arm: [Point(**point) for point in read_json(result(options.out, seed, arm))] for arm in arms}
        for seed in seeds
    }
    clusters = {
        seed: [
            q.options[q.gold]
            for q in read_jsonl(options.out / f"seed{seed}" / "prepared" / "curated" / "dev.jsonl", Question)
        ]
        for seed in seeds
    }
    n = sorted({len(names) for names in clusters.values()})
    flat: dict[str, Any] = {"seeds": list(seeds), "budget": options.budget, "n": n}
    print(f"Development accuracy, {len(seeds)} seeds, n {n[0]} to {n[-1]}, {options.budget} generations; + is censored")
    for base in (name for name in BASES if name in arms):
        found = {arm: summary(base, arm, runs, clusters) for arm in arms}
        for arm in arms:
            found[arm]["informative"] = [informative(options.out / f"seed{seed}" / arm) for seed in seeds]
        table(base, found)
        flat["arms" if base == "uniform" else f"arms_to_{base}"] = found
    if options.figure:
        draw(options.figure, runs, arms)
    ours = flat["arms"].get("ours")
    if ours:
        flat |= dict(zip(("rollouts_ratio", "rollouts_ratio_lo", "rollouts_ratio_hi"), ours["ratio"], strict=True))
        flat |= {"rollouts_censored": ours["censored"]}  # seeds without a crossing: their ratio is a lower bound
        flat |= {"acc_equal_rollouts_gain": ours["gain"][0], "time_ratio": ours["time_ratio"][0]}
    save(options.json, flat)


def table(base: str, found: dict[str, Any]) -> None:
    rows = [
        [
            ARMS[arm].label,
            " ".join(f"{100 * (each['target'] + each['gain']):.1f}" for each in values["each"]),
            _range(values["gain"], 100, "+.1f"),
            _range(values["ratio"], 1, ".2f"),
            " ".join(f"{each['ratio']:.2f}{'+' if each['censored'] else ''}" for each in values["each"]),
            _range(values["time_ratio"], 1, ".2f"),
            " ".join(f"{100 * share:.0f}" for share in values["informative"]),
        ]
        for arm, values in found.items()
    ]
    show(
        f"To the end of: {ARMS[base].label}",
        ["", "at the end, %", "gain in points", "generations to it", "each", "time to it", "groups with a gradient, %"],
        rows,
    )


def informative(folder: Path) -> float:
    """Share of an arm's groups that had a gradient."""
    rows = [json.loads(line) for log in sorted(folder.glob("*/log.jsonl")) for line in log.read_text().splitlines()]
    return float(np.mean([1 - row["zero_variance"] for row in rows]))


def _range(values: Sequence[float], times: float, form: str) -> str:
    middle, low, high = (format(times * value, form) for value in values)
    return f"{middle} [{low}, {high}]"


def draw(path: Path, runs: dict[int, dict[str, list[Point]]], arms: Sequence[str]) -> None:
    """A panel for each seed: accuracy over all generations made."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "florey"
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(runs), figsize=(4 * len(runs), 3.6), layout="constrained", squeeze=False)
    for panel, (seed, found) in zip(panels[0], sorted(runs.items()), strict=True):
        for place, arm in enumerate(arms):
            points = found[arm]
            rates = accuracies(points, range(len(points[0].right)))
            wide, shade = (2.2, 1.0) if arm in ("uniform", "ours") else (1.0, 0.6)
            panel.plot(
                [point.generations / 1000 for point in points],
                [100 * rate for rate in rates],
                color=f"C{place}",
                linewidth=wide,
                alpha=shade,
                label=ARMS[arm].label,
            )
        panel.set_title(f"seed {seed}", fontsize=9)
        panel.set_xlabel("generations, thousands")
        panel.spines[["top", "right"]].set_visible(False)
    panels[0][0].set_ylabel("development accuracy, %")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
