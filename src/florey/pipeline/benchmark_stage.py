"""The stage that asks every checkpoint the benchmarks, and compares each with the one before it.

What only the graph or the training questions can tell is told too: rare diseases, harmful choices, contamination.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from florey.evaluation.benchmarks import evaluation_score
from florey.evaluation.comparison import compare_evaluations
from florey.evaluation.stored import Evaluation
from florey.files import write_json
from florey.graph.store import Graph
from florey.inference.local import pin_threads
from florey.inference.models import ModelConfig
from florey.pipeline.answering import checkpoint
from florey.pipeline.benchmarking import BenchmarkingConfig, evaluate_model
from florey.pipeline.recipe import Recipe
from florey.pipeline.runner import Context
from florey.pipeline.scored_sets import Known, score_set
from florey.pipeline.scoring import CONTAMINATION, contamination, harmful_options, rare_groups

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
    graph = Graph.open(context["graph"])
    first = next(iter(evaluations.values()))
    known = Known(rare_groups(first, graph, context.reporter.bar), {}, harmful_options(graph))
    scores, predictions = {}, 0
    for name, evaluation in evaluations.items():
        made = {key: score_set(each, "wrong", recipe.seed, (), known) for key, each in evaluation.sets.items()}
        whole = [each.score for each in made.values()]
        means = {key: each.means for key, each in made.items()}
        predictions += sum(score.n for score in whole)
        scores[name] = {
            "score": evaluation_score(evaluation, "wrong", whole, means, seed=recipe.seed).model_dump(mode="json"),
            "details": {key: each.details.model_dump(mode="json") for key, each in made.items()},
        }
    write_json(context.out / SCORES, scores)
    if len(evaluations) > 1:
        compared = compare_evaluations(evaluations, pairs="successive", seed=recipe.seed)
        write_json(context.out / COMPARED, compared.model_dump(mode="json"))
    met = contamination(first, [context["curated"] / "train.jsonl"], graph, context.reporter.bar)
    write_json(context.out / CONTAMINATION, [row.model_dump(mode="json") for row in met])
    return {
        "benchmarks": {
            name: {"items": each.items.items, "benchmark": each.items.benchmark, "complete": each.items.complete}
            for name, each in first.sets.items()
        },
        "licences": sorted({line for each in first.sets.values() for line in each.items.licences}),
        "prompt": config.prompt,
        "generations": {"benchmarks": predictions},
    }
