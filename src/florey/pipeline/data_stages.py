"""The stages before any training: graph, questions, curation, traces."""

from __future__ import annotations

from collections import Counter
from typing import Any

from florey.curation.curate import CurationConfig, count_tiers, curate
from florey.errors import BadInput, FloreyError
from florey.files import read_jsonl, write_json, write_jsonl
from florey.graph.build import GraphConfig, build
from florey.graph.store import Graph
from florey.pipeline.recipe import SplitConfig
from florey.pipeline.runner import Context
from florey.records import Question, Trace
from florey.synthesis.config import SynthesisConfig
from florey.synthesis.kernels.warm_up import warm_up
from florey.synthesis.replay.verification import verify
from florey.synthesis.split import assign_split
from florey.synthesis.synthesizer import NO_INSTANCE, barren, synthesize
from florey.teaching.distill import DistillConfig, distill

TOLD = 3.0  # seconds of compiling from which they are told
SPLIT_RULE = (
    "A question's group is its answer together with the set of its conditions (the evidence). Whole groups are sent "
    "to train, dev or test by a hash of the group and the seed, so that no test question has an answer-and-evidence "
    "set that occurs in training, whatever its distractors."
)


def build_graph(config: GraphConfig, context: Context) -> dict[str, Any]:
    return build(config, context.out, context.reporter.bar("sources"))


def make_questions(config: SynthesisConfig, context: Context) -> dict[str, Any]:
    """Questions with certificates, every one replayed by code that shares nothing with the sampler."""
    graph = Graph.open(context["graph"])
    bars = {name: context.reporter.bar(name) for name in config.metapaths}
    if (seconds := warm_up()) > TOLD:
        context.reporter.say(f"        compiled the sampler in {seconds:.0f} s; it is kept for the next time")
    made = synthesize(graph, config, lambda name, done, total: bars[name](done, total, ""), threads=2)
    for name in config.metapaths:
        if f"{name}: {NO_INSTANCE}" in made.dropped:
            raise BadInput(f"synthesis.metapaths: {name}: {NO_INSTANCE}; the graph lacks the edges that it is made of")
    if reason := barren(made):
        raise BadInput(f"synthesis: {reason}")
    failures = verify(made.questions, context["graph"], config.min_completeness, context.reporter.bar("certificates"))
    if failures:
        raise FloreyError(
            f"{len(failures)} certificates do not hold, the first for {failures[0].question_id}: {failures[0].reason}; "
            "this is a fault of the sampler: please report it with the recipe"
        )
    write_jsonl(context.out / "questions.jsonl", made.questions)
    counts = {"kept": len(made.questions), "verified": len(made.questions), "rejected": made.dropped}
    if made.focus:
        focus = {
            "diseases": {graph.ids[i]: graph.names[i] for i in sorted(map(int, made.focus.diseases))},
            "findings": {graph.ids[i]: graph.names[i] for i in sorted(map(int, made.focus.findings))},
        }
        write_json(context.out / "focus.json", focus)
        counts["focus"] = {name: len(part) for name, part in focus.items()}
    return {**counts, "composition": made.composition}


def curate_questions(split: SplitConfig, config: CurationConfig, has_survey: bool, context: Context) -> dict[str, Any]:
    """Splits, filters and tiers the questions; the survey is filtered and tiered too, but not split."""
    questions = list(read_jsonl(context["questions"] / "questions.jsonl", Question))
    result = curate(assign_split(questions, split.dev, split.test, context.seed), config)
    splits = Counter(str(q.split) for q in result.kept)
    for name, share in (("train", 1), ("dev", split.dev), ("test", split.test)):
        if share and not splits[name]:
            raise BadInput(
                f"split: of {len(result.kept)} questions no question is left for {name}; raise the counts of "
                f"synthesis.metapaths{'' if name == 'train' else f' or split.{name}'}"
            )
    for name in ("train", "dev", "test"):
        write_jsonl(context.out / f"{name}.jsonl", [q for q in result.kept if q.split == name])
    dropped = [{"id": item, "reason": reason} for item, reason in result.dropped_items]
    write_json(context.out / "dropped.json", dropped)
    counts: dict[str, Any] = {
        "in": len(questions),
        "kept": len(result.kept),
        "dropped": result.dropped,
        "tiers": result.tiers,
        "splits": dict(sorted(splits.items())),
    }
    if has_survey:
        survey = curate(read_jsonl(context["survey"] / "questions.jsonl", Question), config)
        write_jsonl(context.out / "survey.jsonl", survey.kept)
        counts["survey"] = {
            "kept": len(survey.kept),
            "dropped": survey.dropped,
            "tiers": count_tiers(survey.kept).get("unsplit", {}),
        }
    return counts


def graph_names(graph: Graph) -> dict[str, str]:
    """Node id -> name."""
    return dict(zip(graph.ids, graph.names, strict=True))


def write_traces(config: DistillConfig, context: Context) -> dict[str, Any]:
    """The embedded graph teacher's traces; each checked against its question's certificate."""
    questions = list(read_jsonl(context["curated"] / "train.jsonl", Question))
    result = distill(questions, config, graph_names(Graph.open(context["graph"])))
    write_jsonl(context.out / "traces.jsonl", result.traces)
    write_jsonl(context.out / "others.jsonl", result.others)
    return {
        "kept": len(result.traces),
        "strategies": {
            name: {"generated": count.generated, "checked": count.checked, "kept": count.kept}
            for name, count in sorted(result.strategies.items())
        },
        "dropped": result.dropped,
    }


def read_traces(context: Context) -> list[Trace]:
    return list(read_jsonl(context["traces"] / "traces.jsonl", Trace))
