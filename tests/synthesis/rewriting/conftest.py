"""An invented graph, four questions with certificates on it, and a model that writes what a test tells it to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from florey.files import digest
from florey.graph.model import Node
from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.llm.client import open_client
from florey.llm.settings import LlmSettings
from florey.records import ANSWER, BRIDGE, Condition, Edge, Evidence, Question
from florey.synthesis.certificates import certify
from florey.synthesis.rewriting.glossary import Glossary
from florey.synthesis.rewriting.rewriter import Dropped, Rewriter, Settings

NODES = (
    Node("HP:1", "finding", "Phenotype"),
    Node("HP:10", "finding", "Seizure", ("Epileptic fit",)),
    Node("HP:11", "finding", "Focal-onset seizure", ("Partial seizure",)),
    Node("HP:12", "finding", "Left-sided focal-onset seizure"),
    Node("HP:13", "finding", "Nystagmus", ("Dancing eyes",)),
    Node("HP:14", "finding", "Cataract"),
    Node("HP:15", "finding", "Fever"),
    Node("HP:16", "finding", "Ataxia", ("Unsteady gait", "Gait of Redwood disease")),
    Node("UBERON:1", "anatomy", "Eye"),
    Node("HP:50", "inheritance", "Dominant inheritance"),
    Node("OMIM:A", "disease", "Alder syndrome", ("Greenwood disease", "ALDS")),
    Node("OMIM:B", "disease", "Birch syndrome", ("Whitebark disease",)),
    Node("OMIM:C", "disease", "Cedar syndrome", ("Redwood disease",)),
    Node("NCBIGene:1", "gene", "GENEA1"),
    Node("NCBIGene:2", "gene", "GENEB2"),
)
_FINDINGS = {"OMIM:A": "11 13 16", "OMIM:B": "11 14 15 16", "OMIM:C": "11 13 15"}
_DENIED = {"OMIM:A": "14 15", "OMIM:B": "13", "OMIM:C": "16"}


def _edge(subject: str, relation: str, object: str, positive: bool = True) -> Edge:
    evidence = Evidence(source="test", release="1")
    said = [subject, relation, object, positive]
    return Edge(
        id=f"e-{digest(said)}", subject=subject, relation=relation, object=object, positive=positive, evidence=evidence
    )


def _edges() -> list[Edge]:
    tree = {"10": "1", "11": "10", "12": "11", "13": "1", "14": "1", "15": "1", "16": "1"}
    edges = [_edge(f"HP:{low}", "is_a", f"HP:{high}") for low, high in tree.items()]
    for table, positive in ((_FINDINGS, True), (_DENIED, False)):
        edges += [
            _edge(disease, "has_finding", f"HP:{i}", positive) for disease, all in table.items() for i in all.split()
        ]
    edges += [_edge("OMIM:A", "associated_gene", "NCBIGene:1"), _edge("OMIM:B", "associated_gene", "NCBIGene:2")]
    return [*edges, _edge("OMIM:A", "has_inheritance", "HP:50")]


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = tmp_path_factory.mktemp("rewriting") / "graph"
    write_graph(list(NODES), _edges(), folder, release="1", licences=("Invented: CC0",))
    return Graph.open(folder)


def has(*findings: str, subject: str = ANSWER, holds: bool = True) -> tuple[Condition, ...]:
    return tuple(Condition(subject=subject, relation="has_finding", object=f, holds=holds) for f in findings)


Ask = Callable[..., Question]


@pytest.fixture(scope="session")
def ask(graph: Graph) -> Ask:
    """`ask(stem, conditions, option ids)`: a question whose first option is the answer, with its certificate."""

    def asked(stem: str, conditions: tuple[Condition, ...], options: Sequence[str]) -> Question:
        certificate = certify(Presence(graph), options, conditions, 0)
        assert not isinstance(certificate, str), certificate
        names = tuple(graph.names[graph.index(option)] for option in options)
        return Question(
            stem=stem,
            options=names,
            gold=0,
            source="test",
            licences=("Invented: CC0",),
            option_ids=tuple(options),
            conditions=conditions,
            certificate=certificate,
        ).identified()

    return asked


DISEASES = ("OMIM:A", "OMIM:B", "OMIM:C")
FACTS = ("HP:11", "HP:13", "HP:16")


@pytest.fixture(scope="session")
def findings(ask: Ask) -> Question:
    """Three findings, which disease? Alder syndrome."""
    return ask("A patient has Focal-onset seizure, Nystagmus and Ataxia. Which disease?", has(*FACTS), DISEASES)


@pytest.fixture(scope="session")
def girl(ask: Ask) -> Question:
    """The same about a seven-year-old girl."""
    stem = "A 7-year-old girl has Focal-onset seizure, Nystagmus and Ataxia. Which disease?"
    return ask(stem, has(*FACTS), DISEASES)


@pytest.fixture(scope="session")
def without(ask: Ask) -> Question:
    """One finding there, another not."""
    conditions = has("HP:16") + has("HP:14", holds=False)
    return ask("A patient has Ataxia and no Cataract. Which disease?", conditions, ("OMIM:A", "OMIM:B"))


@pytest.fixture(scope="session")
def contrast(ask: Ask) -> Question:
    """Two diseases, which finding has the first and not the second? Nystagmus."""
    conditions = has(ANSWER, subject="OMIM:A") + has(ANSWER, subject="OMIM:B", holds=False)
    stem = "Which finding speaks for Alder syndrome and against Birch syndrome?"
    return ask(stem, conditions, ("HP:13", "HP:14", "HP:15"))


@pytest.fixture(scope="session")
def gene(ask: Ask) -> Question:
    """Findings of a hidden disease, which gene?"""
    linked = Condition(subject=BRIDGE, relation="associated_gene", object=ANSWER)
    conditions = (*has("HP:13", "HP:16", subject=BRIDGE), linked)
    return ask("A patient has Nystagmus and Ataxia. Which gene?", conditions, ("NCBIGene:1", "NCBIGene:2"))


@dataclass
class Model:
    """Writes one case after another (the last again and again), and translations back."""

    cases: list[str]
    numbers: Mapping[str, int]  # node -> its number in the prompt
    spans: Mapping[str, Sequence[str]]  # node -> what may stand for it; the first that the case has is echoed
    back: tuple[str, str] = ("", "")
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, body: dict[str, Any]) -> str:
        translating = body["messages"][0]["content"].startswith("Translate")
        asked = sum(not b["messages"][0]["content"].startswith("Translate") for b in self.bodies)
        self.bodies.append(body)
        if translating:
            return json.dumps({"case": self.back[0], "question": self.back[1]})
        case = self.cases[min(asked, len(self.cases) - 1)]
        if case.startswith("{"):
            return case
        return json.dumps({"case": case, "mentions": self.echo(case)}, ensure_ascii=False)

    def echo(self, case: str) -> list[dict[str, Any]]:
        said = {node: [span for span in spans if span in case] or list(spans) for node, spans in self.spans.items()}
        return [{"id": number, "text": said[node][0]} for node, number in self.numbers.items()]


Written = tuple[Question | Dropped, Model]
Write = Callable[..., Written]


@pytest.fixture
def write(graph: Graph, scripted_llm: Callable[..., Any], tmp_path: Path) -> Write:
    """`write(question, *cases, spans=…, language=…, back=…, glossary=…, attempts=1)`: what becomes of the cases."""

    def written(
        question: Question,
        *cases: str,
        spans: Mapping[str, Sequence[str]] | None = None,
        language: Any = "en",
        back: tuple[str, str] = ("", ""),
        glossary: Glossary | None = None,
        attempts: int = 1,
    ) -> Written:
        rewriter = Rewriter(Presence(graph), Settings(language, attempts), glossary)
        brief = rewriter.briefer.brief(question)
        facts = getattr(brief, "facts", ())
        numbers = {node: number for number, node in enumerate(facts, 1)}
        called = {node.id: (node.name, *node.aliases) for node in NODES}
        known = {node: (*names, *map(str.lower, names)) for node, names in called.items()}
        model = Model(list(cases), numbers, {node: known[node] for node in facts} | dict(spans or {}), back)
        server = scripted_llm(answer=model)
        cache = tmp_path / f"{len(list(tmp_path.iterdir()))}.sqlite"  # a new one for each call
        settings = LlmSettings(model="invented", base_url=server.url, max_reasks=1, cache=cache)

        async def run() -> Question | Dropped:
            async with open_client(settings) as client:
                return await rewriter.rewrite(client, question)

        return asyncio.run(run()), model

    return written
