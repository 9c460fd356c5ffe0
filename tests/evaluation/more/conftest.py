"""An invented graph with a rare disease, a contraindication, a denied treatment; questions certified on it."""

from __future__ import annotations

import pytest

from florey.files import digest
from florey.graph.model import Node
from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.records import ANSWER, BRIDGE, Certificate, Condition, Edge, Evidence, Question
from florey.synthesis.certificates import certify

NODES = (
    Node("HP:1", "finding", "Blue rash"),
    Node("HP:2", "finding", "Golden eyelids"),
    Node("HP:3", "finding", "Violet toes"),
    Node("HP:4", "finding", "Swollen knuckles"),
    Node("ORPHA:1", "disease", "Amberlosis", ("Amber disease",)),
    Node("ORPHA:10", "disease", "Juvenile amberlosis"),
    Node("OMIM:2", "disease", "Birgonia", xrefs=("ORPHA:2",)),
    Node("OMIM:3", "disease", "Cottrelia"),
    Node("OMIM:4", "disease", "Dunmorosis"),
    Node("OMIM:5", "disease", "Elmerosis", xrefs=("Orphanet:5",)),
    Node("OMIM:6", "disease", "Firmatosis", xrefs=("ORDO:Orphanet_6",)),
    Node("OMIM:9", "disease", "Storage disorder"),
    Node("DRUG:1", "drug", "Alderine"),
    Node("DRUG:2", "drug", "Beechol"),
    Node("DRUG:3", "drug", "Cedarine"),
    Node("NCBIGene:1", "gene", "GENA"),
    Node("NCBIGene:2", "gene", "GENB"),
)
STATEMENTS = """
    ORPHA:1 is_a OMIM:9, ORPHA:10 is_a ORPHA:1,
    ORPHA:1 has_finding HP:1, ORPHA:1 has_finding HP:2, ORPHA:1 not has_finding HP:3, ORPHA:1 has_finding HP:4,
    OMIM:2 has_finding HP:1, OMIM:2 not has_finding HP:2, OMIM:2 has_finding HP:3,
    OMIM:3 not has_finding HP:1, OMIM:3 has_finding HP:2, OMIM:3 has_finding HP:3,
    OMIM:4 has_finding HP:1, OMIM:4 has_finding HP:2, OMIM:4 not has_finding HP:3,
    ORPHA:1 treated_by DRUG:1, ORPHA:1 not treated_by DRUG:3, OMIM:2 treated_by DRUG:2,
    DRUG:2 contraindicated_in ORPHA:1,
    ORPHA:1 associated_gene NCBIGene:1, OMIM:2 associated_gene NCBIGene:2"""


def edge(statement: str) -> Edge:
    subject, *polarity, relation, object = statement.split()
    return Edge(
        id=f"e-{digest(statement.split())}",
        subject=subject,
        relation=relation,
        object=object,
        positive=not polarity,
        evidence=Evidence(source="test", release="1"),
    )


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = tmp_path_factory.mktemp("more") / "graph"
    write_graph(list(NODES), map(edge, STATEMENTS.split(",")), folder, release="1", licences=("Invented: CC0",))
    return Graph.open(folder)


def certified(graph: Graph, options: list[str], gold: int, *conditions: Condition) -> Question:
    certificate = certify(Presence(graph), options, list(conditions), gold)
    assert isinstance(certificate, Certificate), certificate
    return Question(
        stem="Which disease has a blue rash and golden eyelids, but no violet toes?",
        options=tuple(graph.names[graph.index(option)] for option in options),
        gold=gold,
        source="test",
        option_ids=tuple(options),
        conditions=conditions,
        certificate=certificate,
    ).identified()


def has(subject: str, relation: str, object: str, *, holds: bool = True) -> Condition:
    return Condition(subject=subject, relation=relation, object=object, holds=holds)


@pytest.fixture(scope="session")
def diagnosis(graph: Graph) -> Question:
    """Amberlosis has a blue rash and golden eyelids; Dunmorosis, too, is no option."""
    asked = (has(ANSWER, "has_finding", "HP:1"), has(ANSWER, "has_finding", "HP:2"))
    return certified(graph, ["OMIM:2", "ORPHA:1", "OMIM:3"], 1, *asked)


@pytest.fixture(scope="session")
def gene(graph: Graph) -> Question:
    """The gene of a disease with these findings: the disease is hidden."""
    hidden = (has(BRIDGE, "has_finding", "HP:4"), has(BRIDGE, "associated_gene", ANSWER))
    certificate = certify(Presence(graph), ["NCBIGene:1", "NCBIGene:2"], list(hidden), 0)
    made = certificate if isinstance(certificate, Certificate) else None
    return Question(
        stem="Which gene belongs to the disease with swollen knuckles?",
        options=("GENA", "GENB"),
        gold=0,
        source="test",
        option_ids=("NCBIGene:1", "NCBIGene:2"),
        conditions=hidden,
        certificate=made,
    ).identified()
