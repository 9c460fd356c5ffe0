"""The staircase of the quickstart over several seeds, beside three equal-compute controls.

    python -m perf.staircase --seeds 3 [--split test] [--json FILE] [--figure FILE.svg]

For each seed: the recipe's own run (base, cold start, stage 1, stage 2), then from its cold start more SFT, rejection
sampling SFT and uniform GRPO (see perf/controls.py). Settings are chosen with --split dev; the test split is for the
report. Every process uses one thread, two work side by side. Finished parts are skipped when it is started again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean

from florey.evaluation.scoring import Scored, StageScore, score, summarise
from florey.evaluation.staircase import compare
from florey.files import read_jsonl
from florey.pipeline.recipe import Recipe, load_recipe
from florey.records import Prediction, Question
from perf.common import arguments, save, show
from perf.controls import CONTROLS, Run, scored_control, write_scored

RECIPE = Path(__file__).parents[1] / "recipes" / "quickstart.yaml"
STAGES = ("base", "cold_start", "stage1", "stage2")
ARMS = (*STAGES, *CONTROLS)
LABELS = {
    "base": "base",
    "cold_start": "+ cold start",
    "stage1": "+ stage 1",
    "stage2": "+ stage 2",
    "sft_control": "control: more SFT",
    "rejection_sft": "control: rejection SFT",
    "uniform_grpo": "control: uniform GRPO",
}


def settings(seed: int, split: str, changes: list[str]) -> list[str]:
    """The overrides of one seed's run: the seed changes the focus, the questions and the training."""
    return [f"seed={seed}", f"evaluation.split={split}", "threads=1", "survey=null", *changes]


def recipe_for(seed: int, split: str, changes: list[str]) -> Recipe:
    return load_recipe(RECIPE, settings(seed, split, changes))


def run_seed(seed: int, split: str, changes: list[str], folder: Path) -> None:
    """The recipe's own run, in a process of its own."""
    command = [str(Path(sys.executable).with_name("florey")), "run", str(RECIPE), "--out", str(folder)]
    for change in settings(seed, split, changes):
        command += ["--set", change]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def run_control(name: str, seed: int, options: list[str]) -> None:
    """One control, in a process of its own."""
    subprocess.run([sys.executable, "-m", "perf.staircase", *options, "--only", f"{seed}:{name}"], check=True)


def control_file(folder: Path, name: str, split: str) -> Path:
    return folder / "controls" / f"{name}-{split}.json"


def read_arm(arm: str, folder: Path, split: str) -> list[Scored]:
    if arm in CONTROLS:
        return [Scored.model_validate(item) for item in json.loads(control_file(folder, arm, split).read_text())]
    questions = list(read_jsonl(folder / "curated" / f"{split}.jsonl", Question))
    return score(questions, read_jsonl(folder / "evaluation" / arm / "predictions.jsonl", Prediction))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--out", type=Path, default=Path("runs/staircase"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--figure", type=Path, metavar="FILE.svg")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    options = parser.parse_args()
    passed = ["--split", options.split, "--out", str(options.out)]
    for change in options.changes:
        passed += ["--set", change]
    if options.only:
        seed, name = options.only.split(":")
        folder = options.out / f"seed{seed}"
        run = Run(recipe_for(int(seed), options.split, options.changes), folder, folder / "controls" / name)
        write_scored(control_file(folder, name, options.split), scored_control(name, run))
        return

    seeds = list(range(options.seeds))
    with ThreadPoolExecutor(options.workers) as pool:
        waiting = []

        def one(seed: int) -> None:
            folder = options.out / f"seed{seed}"
            _share_graph(options.out, folder)
            run_seed(seed, options.split, options.changes, folder)
            print(f"seed {seed}: the recipe's run is done", flush=True)
            for name in CONTROLS:
                if not control_file(folder, name, options.split).is_file():
                    waiting.append(pool.submit(run_control, name, seed, passed))

        for started in [pool.submit(one, seed) for seed in seeds]:
            started.result()
        for started in waiting:
            started.result()
    report(options.out, seeds, options.split, options.json, options.figure)


def _share_graph(out: Path, folder: Path) -> None:
    """The graph does not depend on the seed: take it from a seed that has it."""
    done = next(iter(sorted(out.glob("seed*/graph/manifest.json"))), None)
    if done and not (folder / "graph").exists():
        shutil.copytree(done.parent, folder / "graph")


def report(out: Path, seeds: list[int], split: str, json_file: Path | None, figure: Path | None) -> None:
    arms = {arm: [read_arm(arm, out / f"seed{seed}", split) for seed in seeds] for arm in ARMS}
    scores = {arm: [summarise(items, seed=0) for items in found] for arm, found in arms.items()}
    tiers = list(scores["base"][0].tiers)
    rows = [[LABELS[arm], *_points(found), *_tiers(found, tiers)] for arm, found in scores.items()]
    n = scores["base"][0].n
    show(
        f"Accuracy on the {split} split in points, {len(seeds)} seeds, n about {n} questions each; mean (each seed)",
        ["", "all", "parsed", "correct if parsed", *tiers],
        rows,
    )
    paired = []
    for rival in ("cold_start", *CONTROLS):
        for seed, before, after in zip(seeds, arms[rival], arms["stage2"], strict=True):
            (found,) = compare({"base": before, "stage2": after}, seed=0)
            paired.append(
                [
                    f"stage 2 - {LABELS[rival].removeprefix('+ ').removeprefix('control: ')}",
                    str(seed),
                    f"{100 * found.difference:+.1f}",
                    f"[{100 * found.lo:+.1f}, {100 * found.hi:+.1f}]",
                    f"{found.p:.2g}",
                ]
            )
    show(
        "Paired differences in points, 95% clustered by answer", ["", "seed", "points", "interval", "McNemar p"], paired
    )
    if figure:
        draw(figure, {arm: [s.accuracy for s in found] for arm, found in scores.items()}, scores["base"][0].chance)
    flat = {f"{arm}_acc": round(mean(s.accuracy for s in found), 4) for arm, found in scores.items()}
    each = [
        {arm: round(found[i].accuracy, 4) for arm, found in scores.items()} | {"seed": seed}
        for i, seed in enumerate(seeds)
    ]
    save(json_file, {**flat, "seeds": each, "split": split, "n": n})


def _points(found: list[StageScore]) -> list[str]:
    parsed = [s.parsed_rate for s in found]
    given = [s.accuracy_given_parsed or 0.0 for s in found]
    return [_mean_and_each(values) for values in ([s.accuracy for s in found], parsed, given)]


def _tiers(found: list[StageScore], tiers: list[str]) -> list[str]:
    return [_mean_and_each([s.tiers[tier].accuracy for s in found]) for tier in tiers]


def _mean_and_each(values: list[float]) -> str:
    return f"{100 * mean(values):.1f} ({' '.join(f'{100 * value:.1f}' for value in values)})"


def draw(path: Path, accuracies: dict[str, list[float]], chance: float) -> None:
    """Seeds as points, their mean as a line."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "florey"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    for place, values in enumerate(accuracies.values()):
        colour = "#1f5f8b" if place < len(STAGES) else "#8a8a8a"
        axes.plot([place] * len(values), [100 * v for v in values], "o", color=colour, alpha=0.75)
        axes.hlines(100 * mean(values), place - 0.25, place + 0.25, color=colour)
    axes.axhline(100 * chance, color="#999999", linestyle=":", linewidth=1)
    axes.set_xticks(range(len(accuracies)), [LABELS[arm].replace(": ", ":\n") for arm in accuracies], fontsize=8)
    axes.set_ylabel("accuracy, %")
    axes.set_ylim(0, 100)
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
