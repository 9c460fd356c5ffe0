"""The stage that asks every checkpoint the benchmarks, and compares each with the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from florey.evaluation.benchmarks import read_verdicts, score_evaluation
from florey.evaluation.calibration import calibration
from florey.evaluation.comparison import compare_evaluations
from florey.evaluation.orders import orders
from florey.evaluation.stored import Evaluation
from florey.files import write_json
from florey.inference.local import pin_threads
from florey.inference.models import ModelConfig
from florey.pipeline.benchmarking import BenchmarkingConfig, evaluate_model
from florey.pipeline.recipe import Recipe
from florey.pipeline.runner import Context
from florey.pipeline.training_stages import checkpoint

SCORES, COMPARED = "scores.json", "compared.json"


def benchmark(recipe: Recipe, checkpoints: Mapping[str, str], context: Context) -> dict[str, Any]:
    """`checkpoints`: stage of the staircase -> pipeline stage whose checkpoint it is."""
    pin_threads(recipe.threads)
    config = BenchmarkingConfig.model_validate(
        {name: getattr(recipe.evaluation, name) for name in BenchmarkingConfig.model_fields}
    )
    evaluations: dict[str, Evaluation] = {}
    for name, stage in checkpoints.items():
        model = ModelConfig(model=name, in_process=str(checkpoint(context[stage])))
        evaluations[name] = evaluate_model(
            model,
            config,
            context.out / name,
            lambda what, name=name: context.bar(f"{name}: {what}"),  # type: ignore[misc]
            answers=context.answers(f"benchmarks-{name}"),
        )
    scores, predictions = {}, 0
    for name, evaluation in evaluations.items():
        verdicts = read_verdicts(evaluation)
        found = score_evaluation(evaluation, seed=recipe.seed, verdicts=verdicts)
        predictions += sum(each.n for each in found.benchmarks)
        scores[name] = {
            "score": found.model_dump(mode="json"),
            "orders": {key: orders(each.samples).model_dump(mode="json") for key, each in verdicts.items()},
            "calibration": {
                key: made.model_dump(mode="json") if (made := calibration(each.samples, seed=recipe.seed)) else None
                for key, each in verdicts.items()
            },
        }
    write_json(context.out / SCORES, scores)
    if len(evaluations) > 1:
        compared = compare_evaluations(evaluations, pairs="successive", seed=recipe.seed)
        write_json(context.out / COMPARED, compared.model_dump(mode="json"))
    first = next(iter(evaluations.values()))
    return {
        "benchmarks": {
            name: {"items": each.items.items, "benchmark": each.items.benchmark, "complete": each.items.complete}
            for name, each in first.sets.items()
        },
        "licences": sorted({line for each in first.sets.values() for line in each.items.licences}),
        "prompt": config.prompt,
        "generations": {"benchmarks": predictions},
    }
