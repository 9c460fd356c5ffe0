"""The examples of the report: questions in full, with what the policy said before and after."""

from __future__ import annotations

from collections import defaultdict

from florey.answer import judge
from florey.files import read_jsonl
from florey.graph.store import Graph
from florey.pipeline.data_stages import graph_names
from florey.pipeline.recipe import Recipe
from florey.pipeline.runner import Context
from florey.records import TIERS, Prediction, Question, Verdict
from florey.reporting.data import Answered, Example
from florey.teaching.graph_teacher import write_trace

EXAMPLES = 3
EXAMPLES_RULE = (
    "One question of each tier, chosen to show a change: where there is one, a question that the first checkpoint "
    "shown fails and the last one solves. They are not a sample. Their traces were written for this page; no model "
    "was trained on them."
)


def choose_examples(recipe: Recipe, context: Context) -> list[Example]:
    """One question of each tier, one that the last checkpoint came to solve where there is one."""
    questions = list(read_jsonl(context["curated"] / f"{recipe.evaluation.split}.jsonl", Question))
    graph = Graph.open(context["graph"])
    names = graph_names(graph)
    first = "cold_start" if recipe.cold_start else "base"
    last = "stage2" if recipe.stage2.rounds else "stage1"
    answers = {
        stage: {p.question_id: p for p in read_jsonl(context["evaluation"] / stage / "predictions.jsonl", Prediction)}
        for stage in (first, last)
    }
    by_tier: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        by_tier[question.tier or ""].append(question)

    def verdict(stage: str, question: Question) -> Verdict:
        made: Prediction = answers[stage][question.id]
        return judge(made.text, question, finished=made.finished)

    def interest(question: Question) -> tuple[bool, str]:
        solved = verdict(first, question) != "correct" and verdict(last, question) == "correct"
        return (not solved, question.id)

    chosen = [min(by_tier[tier], key=interest) for tier in TIERS if by_tier[tier]]
    for question in sorted(questions, key=interest):
        if len(chosen) >= EXAMPLES:
            break
        if question not in chosen:
            chosen.append(question)
    return [
        Example(
            question=question,
            names=_named_nodes(question, names),
            references=_references(question, graph),
            trace=write_trace(question, names, "direct", recipe.distill.seed),
            answers=tuple(
                Answered(stage=stage, text=answers[stage][question.id].text, verdict=verdict(stage, question))
                for stage in (first, last)
            ),
        )
        for question in chosen
    ]


def _named_nodes(question: Question, names: dict[str, str]) -> dict[str, str]:
    nodes = {node for c in question.conditions for node in c.nodes}
    if question.certificate:
        nodes |= {node for proof in question.certificate.proofs for b in proof.bindings for node in b.bridges}
    return {node: names[node] for node in sorted(nodes)}


def _references(question: Question, graph: Graph) -> dict[str, str]:
    proofs = question.certificate.proofs if question.certificate else ()
    edges = {edge for p in proofs for b in p.bindings for s in b.supports for edge in s.edges}
    found = {edge: graph.edge(edge).evidence.reference for edge in sorted(edges)}
    return {edge: reference for edge, reference in found.items() if reference}
