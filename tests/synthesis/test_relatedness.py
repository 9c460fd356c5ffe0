"""Kinship in a graph: by gene, by name in another vocabulary, by ancestry, by alias."""

import pytest

from florey.graph.model import Node
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.records import Edge, Evidence
from florey.synthesis.kernels.kin import hints
from florey.synthesis.relatedness import Kinship

NODES = [
    Node("HP:1", "finding", "Phenotype"),
    Node("HP:2", "finding", "Ataxia", ("Incoordination",)),
    Node("HP:3", "finding", "Gait ataxia"),
    Node("HP:4", "finding", "Seizure"),
    Node("HP:5", "finding", "Incoordination"),
    Node("OMIM:1", "disease", "Friedreich ataxia 1"),
    Node("OMIM:2", "disease", "Friedreich ataxia 2"),
    Node("ORPHA:1", "disease", "Friedreich ataxia"),
    Node("OMIM:3", "disease", "Alder fever"),
    Node("OMIM:4", "disease", "Birch palsy"),
    Node("OMIM:5", "disease", "Cedar palsy, early onset"),
    Node("NCBIGene:1", "gene", "FXN"),
    Node("NCBIGene:2", "gene", "ALD"),
    Node("NCBIGene:3", "gene", "CED"),
    Node("NCBIGene:4", "gene", "FXN2"),
]
EDGES = [
    ("HP:2", "is_a", "HP:1"),
    ("HP:3", "is_a", "HP:2"),
    ("HP:4", "is_a", "HP:1"),
    ("HP:5", "is_a", "HP:1"),
    ("OMIM:1", "associated_gene", "NCBIGene:1"),
    ("OMIM:2", "associated_gene", "NCBIGene:4"),
    ("OMIM:3", "associated_gene", "NCBIGene:2"),
    ("OMIM:4", "associated_gene", "NCBIGene:2"),
    ("OMIM:5", "associated_gene", "NCBIGene:3"),
]


@pytest.fixture(scope="module")
def kin(tmp_path_factory: pytest.TempPathFactory) -> tuple[Graph, Kinship]:
    folder = tmp_path_factory.mktemp("kin")
    evidence = Evidence(source="test", release="1")
    edges = [
        Edge(id=f"e-{i}", subject=s, relation=r, object=o, positive=True, evidence=evidence)
        for i, (s, r, o) in enumerate(EDGES)
    ]
    write_graph(NODES, edges, folder, release="1", licences=())
    graph = Graph.open(folder)
    return graph, Kinship(graph, range(len(graph)))


@pytest.mark.parametrize(
    ("left", "right", "related"),
    [
        ("OMIM:1", "OMIM:1", True),
        ("OMIM:1", "OMIM:2", True),  # numbered subtypes
        ("OMIM:1", "ORPHA:1", True),  # twins in another vocabulary
        ("OMIM:3", "OMIM:4", True),  # one gene, different names
        ("OMIM:4", "OMIM:5", False),
        ("OMIM:3", "OMIM:1", False),
        ("HP:2", "HP:3", True),
        ("HP:3", "HP:1", True),  # two steps up
        ("HP:3", "HP:4", False),
        ("HP:2", "HP:5", True),  # one's alias is the other's name
        ("HP:3", "HP:5", False),
        ("NCBIGene:1", "NCBIGene:4", True),  # genes of one series of diseases
        ("NCBIGene:1", "NCBIGene:3", False),
    ],
)
def test_related(kin: tuple[Graph, Kinship], left: str, right: str, related: bool) -> None:
    graph, kinship = kin
    assert kinship.related(graph.index(left), graph.index(right)) is related
    assert kinship.related(graph.index(right), graph.index(left)) is related


def test_a_name_that_gives_the_finding_away(kin: tuple[Graph, Kinship]) -> None:
    graph, kinship = kin
    assert hints(kinship.arrays, graph.index("HP:3"), graph.index("ORPHA:1"))
    assert not hints(kinship.arrays, graph.index("HP:4"), graph.index("ORPHA:1"))
