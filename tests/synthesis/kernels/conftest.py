"""Small graphs by lot: ontologies, every kind of denial, contradictions; and kinds of question from a few lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from florey.files import digest
from florey.graph.model import Node
from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.records import Edge, Evidence
from florey.synthesis.config import SynthesisConfig
from florey.synthesis.drawing import Drawing
from florey.synthesis.material import Material
from florey.synthesis.metapaths import Kind, MaskSpec, MetapathSpec

SAYS = ((True, None),) * 5 + ((False, None), (False, "0/5"), (False, "HP:0040285"))
"""Polarity and frequency: asserted, NOT, 0 of n, the excluded class."""
JOINED = (
    *(("OMIM", "has_finding", "HP"), ("OMIM", "has_symptom", "HP"), ("OMIM", "associated_gene", "GENE")),
    *(("DRUG", "binds_gene", "GENE"), ("OMIM", "treated_by", "DRUG"), ("DRUG", "contraindicated_in", "HP")),
    ("OMIM", "has_complication", "HP"),
)
TYPES = {"OMIM": "disease", "ORPHA": "disease", "HP": "finding", "GENE": "gene", "DRUG": "drug"}


def statement(text: str, frequency: str | None = None) -> Edge:
    """From "subject relation object" or "subject not relation object"."""
    subject, *polarity, relation, object = text.split()
    evidence = Evidence(source="test", release="1", reference="PMID:1", code="PCS", frequency=frequency)
    positive = not polarity and frequency not in ("0/5", "HP:0040285")
    identity = f"e-{digest([text.split(), frequency])}"
    return Edge(id=identity, subject=subject, relation=relation, object=object, positive=positive, evidence=evidence)


def named(node: str, name: str = "", *aliases: str) -> Node:
    return Node(node, TYPES[node.partition(":")[0]], name or f"Name {node.replace(':', '').lower()}q", aliases)


@pytest.fixture(scope="session")
def graph_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Graph]:
    """`graph_of(statements, more=(), names={})`: of lines and edges; nodes are what they name, beside `more` ids.

    A name may be followed by further ones: "name = alias".
    """

    def make(statements: Sequence[str | Edge], more: Sequence[str] = (), names: dict[str, str] | None = None) -> Graph:
        edges = [each if isinstance(each, Edge) else statement(each) for each in statements]
        ids = sorted({end for edge in edges for end in (edge.subject, edge.object)} | set(more))
        nodes = [named(i, *(names or {}).get(i, "").split(" = ")) for i in ids]
        folder: Path = tmp_path_factory.mktemp("graph")
        write_graph(nodes, edges, folder, release="1", licences=("Invented: CC0",))
        return Graph.open(folder)

    return make


@pytest.fixture(scope="session")
def random_graph(graph_of: Callable[..., Graph]) -> Callable[[int], Graph]:
    """By seed: each relation joins by lot, a third of the statements deny; some pairs are asserted and denied."""

    def make(seed: int) -> Graph:
        rng = np.random.default_rng(seed)
        counts = {"OMIM": 5, "ORPHA": 3, "HP": 7, "GENE": 5, "DRUG": 4}
        ids = {prefix: [f"{prefix}:{i}" for i in range(count)] for prefix, count in counts.items()}
        ids["OMIM"] += ids["ORPHA"]
        edges = []
        for prefix in ("HP", "DRUG"):
            for i, node in enumerate(ids[prefix]):
                edges += [f"{node} is_a {above}" for above in ids[prefix][:i] if rng.random() < 0.25]
        found: dict[tuple[str, str | None], Edge] = {}
        for subjects, relation, objects in JOINED:
            density = rng.choice([0.15, 0.35])
            for subject in ids[subjects]:
                for object in ids[objects]:
                    for _ in range(int(rng.random() < density) + int(rng.random() < density / 4)):
                        positive, frequency = SAYS[rng.integers(len(SAYS))]
                        text = f"{subject} {'' if positive or frequency else 'not '}{relation} {object}"
                        found[text, frequency] = statement(text, frequency)
        return graph_of([*edges, *found.values()], [each for group in ids.values() for each in group])

    return make


def kind_of(
    nodes: dict[str, str],
    edges: Sequence[str],
    ask: str,
    hide: Sequence[str] = (),
    drop: Sequence[str] = (),
    **more: object,
) -> Kind:
    mask = MaskSpec.model_validate({"ask": ask, "hide": tuple(hide), "drop": tuple(drop), **more})
    return Kind.of("made_up", MetapathSpec(nodes=nodes, edges=tuple(edges), masks={"made_up": mask}), mask)


@pytest.fixture(scope="session")
def kind() -> Callable[..., Kind]:
    """`kind(nodes, edges, ask, hide, drop, …)`."""
    return kind_of


@pytest.fixture(scope="session")
def drawing() -> Callable[..., Drawing]:
    """`drawing(graph, kind, clues=1, min_completeness=0.2, **config)`."""

    def make(graph: Graph, kind: Kind, clues: int = 1, min_completeness: float = 0.2, **config: object) -> Drawing:
        given = SynthesisConfig.model_validate({"min_completeness": min_completeness, **config})
        return Drawing(Material(Presence(graph, min_completeness), given, None), kind, clues)

    return make
