"""Items that speak of rare diseases: a subgroup of every benchmark, found by linking texts to a graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from florey.graph.linking.linker import Linker
from florey.graph.store import Graph
from florey.records import Question

RULE = (
    "Rare: a disease of Orphanet, which lists those that at most 1 in 2,000 people have in Europe; by its own id or by "
    "a cross-reference. An item mentions it if its stem, context or one of its options names it and does not deny it."
)
_ORPHANET = ("ORPHA:", "ORPHANET:", "ORDO:")


def rare_diseases(graph: Graph) -> frozenset[str]:
    """Ids of the graph's diseases that Orphanet knows; none in a graph that was built without it."""
    return frozenset(
        graph.ids[node]
        for node in graph.of_type("disease").tolist()
        if any(code.upper().startswith(_ORPHANET) for code in (graph.ids[node], *graph.xrefs[node]))
    )


def long_tail(questions: Iterable[Question], graph: Graph, linker: Linker | None = None) -> dict[str, tuple[str, ...]]:
    """Question id -> the rare diseases that it mentions, sorted; only questions that mention one."""
    rare = rare_diseases(graph)
    linker = linker or Linker.of_graph(graph, types={"disease"})
    found: dict[str, tuple[str, ...]] = {}
    for question in questions:
        text = "\n".join([question.context or "", question.stem, *question.options])
        mentioned = {mention.id for mention in linker.link(text) if not mention.negated and mention.id in rare}
        if mentioned:
            found[question.id] = tuple(sorted(id for id in mentioned if id))
    return found


def as_groups(found: Mapping[str, tuple[str, ...]], questions: Iterable[Question]) -> dict[str, dict[str, list[str]]]:
    """For `benchmarks.score_evaluation`: one axis with the items that mention a rare disease, and the others."""
    ids = [question.id for question in questions]
    return {
        "rare diseases": {
            "mentioned": [id for id in ids if id in found],
            "not mentioned": [id for id in ids if id not in found],
        }
    }
