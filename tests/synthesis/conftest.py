"""A small invented graph: two vocabularies, a shallow ontology, and every kind of negative statement."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from florey.files import digest
from florey.graph.model import Node
from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.records import Edge, Evidence

RANDOM_DISEASES = 40
RANDOM_FINDINGS = 30
_COLOURS = ("amber", "azure", "beige", "coral", "ebony", "hazel", "ivory", "khaki", "lemon", "mauve", "ochre", "olive")
_METALS = ["cobalt", "copper", "gallium", "indium", "nickel", "osmium", "radium", "silver", "tin", "zinc"]


def word(number: int) -> str:
    """An invented disease name that is of no other's family."""
    return f"{_COLOURS[number % len(_COLOURS)]} {_METALS[number // len(_COLOURS)]}{number:02d}lia fever".capitalize()


def edge(subject: str, relation: str, object: str, *, positive: bool = True, frequency: str | None = None) -> Edge:
    said = [subject, relation, object, positive, frequency]
    evidence = Evidence(source="test", release="1", reference="PMID:1", code="PCS", frequency=frequency)
    return Edge(
        id=f"e-{digest(said)}", subject=subject, relation=relation, object=object, positive=positive, evidence=evidence
    )


def _hand_made() -> tuple[list[Node], list[Edge]]:
    """Six diseases about ataxia; the ontology: gait ataxia is_a ataxia is_a finding."""
    terms = {"HP:10": "Ataxia", "HP:11": "Gait ataxia", "HP:12": "Seizure", "HP:13": "Nystagmus", "HP:14": "Cataract"}
    nodes = [Node(i, "finding", name) for i, name in terms.items()] + [Node("HP:1", "finding", "Phenotype")]
    nodes += [
        Node("HP:50", "inheritance", "Dominant inheritance"),
        Node("HP:51", "inheritance", "Recessive inheritance"),
    ]
    nodes.append(Node("NCBIGene:X", "gene", "GENEX"))
    edges = [edge(i, "is_a", "HP:10" if i == "HP:11" else "HP:1") for i in terms]
    named = {
        "A": "Alder fever",
        "B": "Birch fever",
        "C": "Cedar fever",
        "D": "Dogwood fever",
        "E": "Elm fever",
        "F": "Fir fever",
    }
    for letter, name in named.items():
        nodes += [Node(f"OMIM:{letter}", "disease", name), Node(f"NCBIGene:{letter}", "gene", f"GENE{letter}")]
        edges += [edge(f"OMIM:{letter}", "associated_gene", f"NCBIGene:{letter}")]
    edges += [
        edge("OMIM:A", "has_finding", "HP:11"),
        edge("OMIM:A", "has_finding", "HP:12", frequency="3/4"),
        edge("OMIM:A", "has_finding", "HP:13", frequency="HP:0040283"),
        edge("OMIM:B", "has_finding", "HP:12"),
        edge("OMIM:B", "has_finding", "HP:10", positive=False),
        edge("OMIM:C", "has_finding", "HP:12"),
        edge("OMIM:C", "has_finding", "HP:14"),
        edge("OMIM:D", "has_finding", "HP:10", positive=False, frequency="0/5"),
        edge("OMIM:D", "has_finding", "HP:13"),
        edge("OMIM:D", "has_finding", "HP:12"),
        edge("OMIM:E", "has_finding", "HP:10"),
        edge("OMIM:E", "has_finding", "HP:12"),
        edge("OMIM:F", "has_finding", "HP:11"),
        edge("OMIM:F", "has_finding", "HP:10", positive=False, frequency="HP:0040285"),
        edge("OMIM:F", "has_finding", "HP:14", positive=False, frequency="HP:0040285"),
        edge("OMIM:B", "associated_gene", "NCBIGene:X"),
        edge("OMIM:E", "associated_gene", "NCBIGene:X"),
    ]
    return nodes, edges


def _many() -> tuple[list[Node], list[Edge]]:
    """Diseases with findings by lot, a gene for each, an inheritance and an onset."""
    rng = np.random.default_rng(0)
    nodes = [Node("HP:1", "finding", "Phenotype"), Node("HP:60", "onset", "Infantile onset")]
    nodes += [Node("HP:61", "onset", "Adult onset"), Node("HP:70", "inheritance", "Dominant inheritance")]
    nodes += [Node("HP:71", "inheritance", "Recessive inheritance")]
    edges = []
    for f in range(RANDOM_FINDINGS):
        nodes.append(Node(f"HP:{100 + f}", "finding", f"Sign-{chr(97 + f % 26)}{f}q"))
        edges.append(edge(f"HP:{100 + f}", "is_a", "HP:1"))
    for d in range(RANDOM_DISEASES):
        disease, gene = f"ORPHA:{1000 + d}", f"NCBIGene:{2000 + d}"
        nodes += [Node(disease, "disease", word(d)), Node(gene, "gene", f"G{d}")]
        edges.append(edge(disease, "associated_gene", gene))
        if d >= RANDOM_DISEASES // 2:  # a second disease for some genes, so that these two are relatives
            edges.append(edge(disease, "associated_gene", f"NCBIGene:{2000 + d - RANDOM_DISEASES // 2}"))
        edges.append(edge(disease, "has_inheritance", "HP:70" if d % 3 else "HP:71"))
        edges.append(edge(disease, "has_onset", "HP:60" if d % 2 else "HP:61"))
        for f in range(RANDOM_FINDINGS):
            lot = rng.random()
            if lot < 0.4:
                edges.append(edge(disease, "has_finding", f"HP:{100 + f}"))
            elif lot > 0.85:
                edges.append(edge(disease, "has_finding", f"HP:{100 + f}", positive=False))
    return nodes, edges


def _open(parts: tuple[list[Node], list[Edge]], folder: Path) -> Graph:
    write_graph(*parts, folder, release="1", licences=("Invented: CC0",))
    return Graph.open(folder)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return _open(_hand_made(), tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return _open(_many(), tmp_path_factory.mktemp("many"))


@pytest.fixture(scope="session")
def presence(small: Graph) -> Presence:
    return Presence(small)
