"""The stages that make data: graph, questions, traces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from florey.errors import BadInput, FloreyError
from florey.files import read_jsonl, write_json, write_jsonl
from florey.graph.build import GraphConfig, build
from florey.graph.store import Graph
from florey.inference.models import ModelConfig, ask
from florey.llm.client import LlmClient
from florey.pipeline.runner import Context
from florey.records import Question, Trace
from florey.synthesis.config import SynthesisConfig
from florey.synthesis.kernels.warm_up import warm_up
from florey.synthesis.replay.verification import verify
from florey.synthesis.synthesizer import NO_INSTANCE, barren, synthesize
from florey.teaching.distill import DistillConfig, distill
from florey.teaching.model_teacher.distillation import ModelDistilled, chosen, distill_by_model

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


def graph_names(graph: Graph) -> dict[str, str]:
    """Node id -> name."""
    return dict(zip(graph.ids, graph.names, strict=True))


def write_traces(config: DistillConfig, models: Mapping[str, ModelConfig], context: Context) -> dict[str, Any]:
    """The graph teacher's traces, each checked against its certificate, and a language model's where there is one."""
    questions = list(read_jsonl(context["curated"] / "train.jsonl", Question))
    names = graph_names(Graph.open(context["graph"]))
    result = distill(questions, config, names)
    traces, counts = list(result.traces), Counter({"graph": len(result.traces)})
    found: dict[str, Any] = {}
    if config.model:
        teaching = config.model
        made = _taught(questions, config, models[teaching.model], names, context)
        traces += made.selected.traces
        counts.update(trace.teacher for trace in made.selected.traces)
        found["model"] = made.summary
        write_jsonl(context.out / "attempts.jsonl", made.attempts)
        write_jsonl(context.out / "left.jsonl", [trace for trace, _ in made.selected.left])
    write_jsonl(context.out / "traces.jsonl", traces)
    write_jsonl(context.out / "others.jsonl", result.others)
    return {
        "kept": len(traces),
        "teachers": dict(sorted(counts.items())),
        "strategies": {
            name: {"generated": count.generated, "checked": count.checked, "kept": count.kept}
            for name, count in sorted(result.strategies.items())
        },
        "dropped": result.dropped,
        **found,
    }


def _taught(
    questions: list[Question], config: DistillConfig, model: ModelConfig, names: dict[str, str], context: Context
) -> ModelDistilled:
    assert config.model is not None
    teaching = config.model
    bars: dict[str, Callable[[int, int], None]] = {}

    def progress(phase: str, done: int, total: int) -> None:
        if phase not in bars:
            bars[phase] = context.bar(phase)
        bars[phase](done, total)

    async def work(client: LlmClient) -> ModelDistilled:
        asked = chosen(questions, teaching, config.tiers)
        made = await distill_by_model(client, asked, teaching, names, progress)
        context.spend["distill"] = client.accounting.summary(client.settings)
        return made

    return ask(model, context.answers(teaching.model), work)


def read_traces(context: Context) -> list[Trace]:
    return list(read_jsonl(context["traces"] / "traces.jsonl", Trace))
