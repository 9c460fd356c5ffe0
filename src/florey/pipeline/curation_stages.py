"""The stages that read public questions and curate all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from florey.curation.config import CurationConfig
from florey.curation.curate import Curated, count_tiers, curate
from florey.curation.labels import journal
from florey.curation.labels.review import DECISIONS, REVIEW, Decision
from florey.curation.means import Means
from florey.datasets.catalog import Loaded, load
from florey.datasets.config import SourceConfig
from florey.errors import BadInput
from florey.files import read_jsonl, write_json, write_jsonl
from florey.graph.store import Graph
from florey.inference.models import ModelConfig
from florey.pipeline.recipe import SplitConfig
from florey.pipeline.runner import Context
from florey.records import Question
from florey.synthesis.split import assign_split


def read_public(sources: Mapping[str, SourceConfig], context: Context) -> dict[str, Any]:
    """Public questions are trained on and never tested on: what tests is the benchmarks."""
    questions: list[Question] = []
    counts: dict[str, Any] = {}
    bar = context.bar("public sources")
    for number, (name, source) in enumerate(sorted(sources.items()), 1):
        loaded = load(name, source)
        questions += [question.model_copy(update={"split": "train"}) for question in loaded.questions]
        counts[name] = {
            "rows": loaded.rows,
            "questions": len(loaded.questions),
            "skipped": loaded.skipped,
            "flagged": loaded.flagged,
            "repeated": loaded.repeated,
            "licences": list(loaded.licences),
        }
        bar(number, len(sources))
    write_jsonl(context.out / "questions.jsonl", questions)
    return {"kept": len(questions), "sources": counts}


def curate_questions(
    split: SplitConfig, config: CurationConfig, models: Mapping[str, ModelConfig], context: Context
) -> dict[str, Any]:
    """Splits, filters and tiers the questions; the survey is filtered and tiered too, but not split."""
    made = list(read_jsonl(context["questions"] / "questions.jsonl", Question))
    public = []
    if "public" in context.inputs:
        public = list(read_jsonl(context["public"] / "questions.jsonl", Question))
    benchmarks = _benchmarks(config)
    means = _means(config, models, {name: loaded.questions for name, loaded in benchmarks.items()}, context)
    result = curate([*assign_split(made, split.dev, split.test, context.seed), *public], config, means)
    context.timings.update(result.seconds)
    context.spend.update(means.spend)
    splits = Counter(str(q.split) for q in result.kept)
    for name, share in (("train", 1), ("dev", split.dev), ("test", split.test)):
        if share and not splits[name]:
            raise BadInput(
                f"split: of {len(result.kept)} questions no question is left for {name}; raise the counts of "
                f"synthesis.metapaths{'' if name == 'train' else f' or split.{name}'}"
            )
    for name in ("train", "dev", "test"):
        write_jsonl(context.out / f"{name}.jsonl", [q for q in result.kept if q.split == name])
    _write_findings(result, context.out)
    counts: dict[str, Any] = {
        "in": len(made) + len(public),
        "kept": len(result.kept),
        "dropped": result.dropped,
        "tiers": result.tiers,
        "splits": dict(sorted(splits.items())),
        "sources": dict(sorted(Counter(q.source for q in result.kept).items())),
        **findings(result, {name: loaded.expected for name, loaded in benchmarks.items()}),
    }
    if "survey" in context.inputs:
        survey = curate(read_jsonl(context["survey"] / "questions.jsonl", Question), config.without_models, means)
        write_jsonl(context.out / "survey.jsonl", survey.kept)
        counts["survey"] = {
            "kept": len(survey.kept),
            "dropped": survey.dropped,
            "tiers": count_tiers(survey.kept).get("unsplit", {}),
        }
    return counts


def findings(result: Curated, expected: Mapping[str, int | None]) -> dict[str, Any]:
    """What the stages found, as a manifest holds it: no times, no money, no texts.

    `expected`: number of items of each benchmark when it is whole.
    """
    found: dict[str, Any] = {"funnel": [row.model_dump(mode="json") for row in result.rows]}
    if result.labels:
        found["labels"] = result.labels
    if result.agreements:
        found["agreement"] = [each.model_dump(mode="json") for each in result.agreements]
    if result.contamination:
        rows = [
            row.model_dump(mode="json", exclude={"examples"}) | {"expected": expected.get(row.benchmark)}
            for row in result.contamination.rows
        ]
        found["contamination"] = {"benchmarks": rows, "off": result.contamination.off}
    if result.mixture:
        found["mixture"] = [part.model_dump(mode="json") for part in result.mixture]
    return found


def _write_findings(result: Curated, folder: Path) -> None:
    write_json(folder / "dropped.json", [{"id": item, "reason": reason} for item, reason in result.dropped_items])
    if result.labels:
        write_jsonl(folder / "queue.jsonl", result.queue)
    if result.trials:
        write_jsonl(folder / "trials.jsonl", result.trials)
    if result.judgements:
        write_jsonl(folder / "judgements.jsonl", result.judgements)
    if result.contamination:
        rows = [row.model_dump(mode="json") for row in result.contamination.rows]
        write_json(folder / "contamination.json", {"benchmarks": rows, "off": result.contamination.off})
        write_jsonl(folder / "contamination.jsonl", result.contamination.hits)


def _benchmarks(config: CurationConfig) -> dict[str, Loaded]:
    named = config.contamination.benchmarks if config.contamination else {}
    return {name: load(name, source) for name, source in sorted(named.items())}


def _means(
    config: CurationConfig,
    models: Mapping[str, ModelConfig],
    benchmarks: Mapping[str, list[Question]],
    context: Context,
) -> Means:
    needs_graph = config.privacy is not None or config.contamination is not None
    return Means(
        graph=Graph.open(context["graph"]) if needs_graph else None,
        benchmarks=benchmarks,
        models=models,
        answers=context.answers,
        decisions=list(journal.read(context.out.parent / REVIEW / DECISIONS, Decision)) if config.labels else (),
        bar=context.bar,
    )
