"""Scores as leaderboards read them: the layout of lm-evaluation-harness's results.json, intervals added."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from florey.evaluation.benchmarks import BenchmarkScore, EvaluationScore
from florey.evaluation.stored import Evaluation
from florey.files import write_json
from florey.pipeline.exports.folder import may_write

FILTER = "florey"
"""Where their keys have a comma: "acc,none" becomes "acc,florey"."""


def export_leaderboard(evaluation: Evaluation, score: EvaluationScore, to: Path) -> Path:
    """Writes one file. Standard errors are a quarter of the interval's width, which holds about where it is even."""
    may_write(to)
    asking = evaluation.asking
    names = [each.name for each in score.benchmarks]
    whole: dict[str, Any] = {
        "results": {
            **{each.name: _result(each) for each in score.benchmarks},
            "florey_macro": {
                "alias": f"macro average over {len(names)}",
                f"acc,{FILTER}": score.macro.accuracy,
                f"acc_stderr,{FILTER}": (score.macro.hi - score.macro.lo) / (2 * 1.96),
                f"acc_interval,{FILTER}": [score.macro.lo, score.macro.hi],
            },
        },
        "group_subtasks": {"florey_macro": names},
        "configs": {
            each.name: {
                "task": each.name,
                "dataset": each.source.benchmark,
                "num_fewshot": 0,
                "repeats": each.samples[1],
                "generation_kwargs": {
                    "max_gen_toks": asking.max_tokens,
                    "temperature": asking.temperature,
                    "top_p": asking.top_p,
                },
                "metadata": {"prompt": each.source.prompt, "prompt_version": each.source.prompt_version},
            }
            for each in score.benchmarks
        },
        "versions": {each.name: each.source.prompt_version for each in score.benchmarks},
        "n-shot": dict.fromkeys(names, 0),
        "higher_is_better": {name: {"acc": True} for name in names},
        "n-samples": {
            each.name: {"original": each.source.expected or each.items, "effective": each.items}
            for each in score.benchmarks
        },
        "config": {"model": asking.model, "florey": asking.version, "seed": asking.seed, "policy": score.policy},
    }
    write_json(to, whole)
    return to


def _result(each: BenchmarkScore) -> dict[str, Any]:
    found: dict[str, Any] = {
        "alias": each.name,
        f"acc,{FILTER}": each.accuracy,
        f"acc_stderr,{FILTER}": (each.hi - each.lo) / (2 * 1.96),
        f"acc_interval,{FILTER}": [each.lo, each.hi],
        **{f"{verdict.value},{FILTER}": count for verdict, count in each.verdicts.items()},
        f"failures,{FILTER}": each.failures,
    }
    if each.majority:
        found[f"maj@{each.samples[1]},{FILTER}"] = each.majority.accuracy
    return found | {f"pass@{k},{FILTER}": cell.accuracy for k, cell in each.passes.items()}
