"""Several hidden nodes, masked relations, options that are akin: every single change to a sound question is caught."""

from __future__ import annotations

import ast
import inspect
import json
import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from florey.errors import BadInput
from florey.files import digest
from florey.graph.model import Node
from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.records import ANSWER, BRIDGE, Certificate, Condition, Edge, Evidence, Question, Rewriting, Strength
from florey.synthesis.certificates import certify
from florey.synthesis.metapaths import relation_phrase
from florey.synthesis.replay import facts, fairness, outdated, verification
from florey.synthesis.replay.outdated import outdated as find_outdated
from florey.synthesis.replay.verification import verify
from florey.synthesis.split import answer_and_evidence

SECOND = f"{BRIDGE}2"
NAMES = {
    **{"HP:1": "Abnormality", "HP:2": "Ataxia", "HP:3": "Gait ataxia", "HP:4": "Seizure", "HP:5": "Cataract"},
    **{f"OMIM:{i}": name for i, name in enumerate(("Alder fever", "Birch fever", "Cedar fever", "Dogwood fever"))},
    **{f"GENE:{i}": f"GEN{i}" for i in range(5)},
    **{f"DRUG:{i}": name for i, name in enumerate(("alderine", "birchine", "cedarine", "dogwoodine"))},
    **{
        "OMIM:10": "Elm fever type II",
        "OMIM:11": "Elm fever, type 3",
        "OMIM:12": "Fir fever",
        "OMIM:13": "Gorse fever",
    },
}
ALIASES = {"OMIM:12": ("Needle-tree fever",), "OMIM:13": ("NEEDLE TREE FEVER",), "DRUG:0": ("WAS", "alder extract")}
TYPES = {"HP": "finding", "OMIM": "disease", "GENE": "gene", "DRUG": "drug"}
STATEMENTS = """HP:2 is_a HP:1, HP:3 is_a HP:2, HP:4 is_a HP:1, HP:5 is_a HP:1,
    OMIM:0 has_finding HP:3, OMIM:0 has_finding HP:4, OMIM:1 has_finding HP:4, OMIM:1 not has_finding HP:2,
    OMIM:2 has_finding HP:2, OMIM:2 has_finding HP:5, OMIM:3 has_finding HP:4, OMIM:3 has_finding HP:5,
    OMIM:12 has_finding HP:4, OMIM:13 has_finding HP:3, OMIM:10 has_finding HP:3, OMIM:11 has_finding HP:4,
    OMIM:0 associated_gene GENE:0, OMIM:1 associated_gene GENE:1, OMIM:2 associated_gene GENE:2,
    OMIM:3 associated_gene GENE:3, OMIM:3 associated_gene GENE:1, OMIM:12 associated_gene GENE:4,
    OMIM:10 associated_gene GENE:4, OMIM:13 associated_gene GENE:0,
    DRUG:0 binds_gene GENE:0, DRUG:1 binds_gene GENE:1, DRUG:2 binds_gene GENE:2, DRUG:3 binds_gene GENE:3,
    DRUG:1 binds_gene GENE:2, DRUG:0 upregulates_gene GENE:3, DRUG:0 downregulates_gene GENE:4,
    DRUG:1 downregulates_gene GENE:4, DRUG:2 downregulates_gene GENE:4, DRUG:3 downregulates_gene GENE:3"""


def edge(statement: str) -> Edge:
    subject, *polarity, relation, object = statement.split()
    evidence = Evidence(source="test", release="1", reference="PMID:1", frequency=None if polarity else "3/4")
    identity = f"e-{digest(statement.split())}"
    return Edge(
        id=identity, subject=subject, relation=relation, object=object, positive=not polarity, evidence=evidence
    )


EDGES = {e.id: e for e in map(edge, STATEMENTS.split(","))}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = tmp_path_factory.mktemp("patterns")
    nodes = [Node(i, TYPES[i.partition(":")[0]], name, ALIASES.get(i, ())) for i, name in NAMES.items()]
    write_graph(nodes, EDGES.values(), folder, release="1", licences=("Invented: CC0",))
    return Graph.open(folder)


def asked(graph: Graph, stem: str, options: list[str], gold: int, conditions: list[Condition]) -> Question:
    certificate = certify(Presence(graph), options, conditions, gold)
    assert isinstance(certificate, Certificate), certificate
    cited = {edge for support in certificate.proofs[gold].bindings[0].supports for edge in support.edges}
    return filed(
        Question(
            stem=stem,
            options=tuple(NAMES.get(option) or relation_phrase(option) for option in options),
            gold=gold,
            source="test",
            option_ids=tuple(options),
            conditions=tuple(conditions),
            path=tuple(EDGES[i] for i in sorted(cited)),
            certificate=certificate,
        )
    )


def filed(question: Question) -> Question:
    """With a group and an id that fit its content, as a forger would."""
    group = answer_and_evidence(question.answer_id, question.conditions)
    return question.model_copy(update={"group": group}).identified()


def has(subject: str, relation: str, object: str, *, holds: bool = True) -> Condition:
    return Condition(subject=subject, relation=relation, object=object, holds=holds)


DRUG_STEM = "A disease with ataxia and Seizure: which drug binds a gene of it, without lowering it?"
DRUG_PATTERN = [
    *(has(BRIDGE, "has_finding", finding) for finding in ("HP:2", "HP:4")),
    has(BRIDGE, "associated_gene", SECOND),
    has(ANSWER, "binds_gene", SECOND),
    has(ANSWER, "downregulates_gene", SECOND, holds=False),
]
RELATIONS = ["upregulates_gene", "binds_gene", "downregulates_gene"]


@pytest.fixture(scope="module")
def hidden(graph: Graph) -> Question:
    return asked(graph, DRUG_STEM, ["DRUG:1", "DRUG:0", "DRUG:2", "DRUG:3"], 1, DRUG_PATTERN)


@pytest.fixture(scope="module")
def relation(graph: Graph) -> Question:
    return asked(graph, "What does alderine do to GEN0?", RELATIONS, 1, [has("DRUG:0", ANSWER, "GENE:0")])


@pytest.fixture(scope="module")
def disease(graph: Graph) -> Question:
    pattern = [has(ANSWER, "has_finding", "HP:2"), has(ANSWER, "has_finding", "HP:4")]
    return asked(graph, "Which disease has Ataxia and seizure?", ["OMIM:0", "OMIM:1", "OMIM:2"], 0, pattern)


def test_sound_ones_hold(graph: Graph, hidden: Question, relation: Question, disease: Question) -> None:
    seen: list[tuple[int, int]] = []
    questions = iter([hidden, relation, disease])
    assert verify(questions, graph.folder, progress=lambda done, total, _: seen.append((done, total))) == []
    assert seen == [(3, 3)]
    assert find_outdated([hidden, relation, disease], graph.folder) == []


def test_every_way_through_the_hidden_nodes_is_listed(hidden: Question) -> None:
    assert hidden.certificate is not None
    ways = [[binding.bridges for binding in proof.bindings] for proof in hidden.certificate.proofs]
    assert ways[0] == [("OMIM:1", "GENE:1"), ("OMIM:2", "GENE:2"), ("OMIM:3", "GENE:1")]
    assert ways[1] == [("OMIM:0", "GENE:0")]


def test_a_hidden_node_may_be_joined_by_a_descendant(graph: Graph) -> None:
    pattern = [has(BRIDGE, "has_finding", ANSWER), has(BRIDGE, "associated_gene", "GENE:3")]
    question = asked(graph, "GEN3 goes with which finding?", ["HP:5", "HP:2"], 0, pattern)
    assert question.certificate is not None
    ways = [binding.bridges for binding in question.certificate.proofs[1].bindings]
    assert ways == [("OMIM:0",), ("OMIM:10",), ("OMIM:13",), ("OMIM:2",)]  # all but the last by their gait ataxia
    assert verify([question], graph.folder) == []


def test_the_path_has_no_edge_but_those_of_the_answer(graph: Graph, disease: Question) -> None:
    other = edge("OMIM:3 has_finding HP:4")
    (failure,) = verify([filed(disease.model_copy(update={"path": (*disease.path, other)}))], graph.folder)
    assert failure.reason == f"path: edge {other.id} is not among those of the answer's proof"


# --- every single change


def mutants(question: Question) -> Iterator[tuple[str, Question]]:
    """Each value of the checked fields replaced, each part left out or given twice; filed anew as if honest."""
    whole = question.model_dump(mode="json")
    for field in ("options", "option_ids", "gold", "conditions", "path", "certificate"):
        for place, changed in _changes(whole[field], field):
            try:
                mutant = Question.model_validate_json(json.dumps({**whole, field: changed}))
            except ValidationError:
                continue  # no such record can be read
            yield place, filed(mutant)


def _changes(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ((p, {**value, key: new}) for p, new in _changes(inner, f"{place}.{key}"))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from (
                (p, [*value[:i], new, *deepcopy(value[i + 1 :])]) for p, new in _changes(inner, f"{place}[{i}]")
            )
            yield f"{place}[{i}] left out", [*value[:i], *value[i + 1 :]]
            yield f"{place}[{i}] twice", [*value[:i], inner, *value[i:]]
    else:
        for new in _others(value):
            yield f"{place} = {new!r}", new


def _others(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 0.125, *range(4)] if isinstance(value, float) else [i for i in range(4) if i != value]
    some = ["HP:2", "OMIM:1", "GENE:1", "DRUG:1", "Ataxia", "birchine", *sorted(EDGES)[:2]]
    pool = ["x", "present", "absent", "unknown", *map(str, Strength), *RELATIONS, ANSWER, BRIDGE, SECOND, *some]
    others = [each for each in pool if each != value]
    return [*others, 0.5, 1] if value is None else [*others, None]


@pytest.mark.parametrize("kind", ["hidden", "relation", "disease"])
def test_every_single_change_is_caught(kind: str, graph: Graph, request: pytest.FixtureRequest) -> None:
    question = request.getfixturevalue(kind)
    changed = [(place, mutant) for place, mutant in mutants(question) if mutant != question]
    assert len(changed) > 500 and verify([question], graph.folder) == []
    # a change to the certificate alone leaves the id as it was, so failures are told apart by their order
    found = iter(verify([mutant for _, mutant in changed], graph.folder))
    failure = next(found, None)
    missed = []
    for place, mutant in changed:
        if failure and failure.question_id == mutant.id:
            failure = next(found, None)
        else:
            missed.append(place)
    assert missed == []


# --- patterns


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ([*DRUG_PATTERN[:3], has(ANSWER, "binds_gene", SECOND, holds=False)], "is not joined to the answer"),
        ([*DRUG_PATTERN, has(ANSWER, "binds_gene", BRIDGE)], "in a ring"),
        ([has("OMIM:0", "has_finding", "HP:4")], "no condition is about the answer"),
        ([*DRUG_PATTERN, has("DRUG:0", ANSWER, "GENE:0")], "no relation 'DRUG:1'"),
    ],
)
def test_no_pattern(graph: Graph, hidden: Question, conditions: list[Condition], reason: str) -> None:
    (failure,) = verify([filed(hidden.model_copy(update={"conditions": tuple(conditions)}))], graph.folder)
    assert reason in failure.reason


@pytest.mark.parametrize("masked", [ANSWER, BRIDGE])
def test_a_relation_is_asked_between_named_nodes(graph: Graph, relation: Question, masked: str) -> None:
    (failure,) = verify(
        [filed(relation.model_copy(update={"conditions": (has(masked, ANSWER, "GENE:0"),)}))], graph.folder
    )
    assert "not between two named nodes" in failure.reason


# --- words


@pytest.mark.parametrize(
    ("stem", "reason"),
    [
        ("A disease with ataxia: which drug?", r"the stem does not name HP:4 ('Seizure')"),
        ("A disease with ataxias and seizure: which drug?", "does not name HP:2"),
        ("Seizure and ataxia, treated with Alderine: which drug?", "names the option DRUG:0 ('alderine')"),
        ("Seizure and ataxia, treated with Alder Extract: which drug?", "names the option DRUG:0 ('alder extract')"),
        ("Seizure and ataxia WAS seen: which drug?", "names the option DRUG:0 ('WAS')"),
        ("Seizure and ataxia was seen, not birchine: which drug?", "names the option DRUG:1"),
        ("Seizure and ataxia was seen, birchines did not help: which drug?", None),
        ("一名患者有ataxia和Seizure", None),
    ],
)
def test_stems(graph: Graph, hidden: Question, stem: str, reason: str | None) -> None:
    failures = verify([filed(hidden.model_copy(update={"stem": stem}))], graph.folder)
    assert (reason is None) == (failures == [])
    assert reason is None or reason in failures[0].reason


def test_a_name_within_another_name_is_not_said(graph: Graph) -> None:
    pattern = [has(ANSWER, "has_finding", finding) for finding in ("HP:2", "HP:3", "HP:4")]
    stems = ["Gait ataxia and seizure: which?", "Gait ataxia, seizure, ataxia: which?"]
    questions = [asked(graph, stem, ["OMIM:0", "OMIM:1"], 0, pattern) for stem in stems]
    (failure,) = verify(questions, graph.folder)
    assert failure.question_id == questions[0].id and "does not name HP:2 ('Ataxia')" in failure.reason


def test_a_rewritten_stem_names_nodes_in_its_own_words(graph: Graph, disease: Question) -> None:
    def rewritten(*mentions: tuple[str, str]) -> Question:
        rewriting = Rewriting(of=disease.id, model="m", mentions=mentions)
        return filed(
            disease.model_copy(update={"stem": "Unsteady since May, with fits. Which?", "rewriting": rewriting})
        )

    fits = ("HP:4", "fits")
    good, bad = rewritten(("HP:2", "unsteady"), fits), rewritten(("HP:2", "wobbly"), fits)
    (failure,) = verify([good, bad, rewritten(("HP:2", "unsteady"), fits)], graph.folder)
    assert failure.question_id == bad.id and "does not name HP:2" in failure.reason


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["OMIM:10", "OMIM:11"], "of one series ('Elm fever type II', 'Elm fever, type 3')"),
        (["OMIM:13", "OMIM:12"], "share the name 'needle tree fever'"),
    ],
)
def test_options_that_are_akin(graph: Graph, options: list[str], reason: str) -> None:
    pattern = [has(ANSWER, "has_finding", "HP:2")]
    question = asked(graph, "Ataxia: which disease?", options, 0, pattern)
    assert reason in verify([question], graph.folder)[0].reason


# --- damaged graphs


@pytest.mark.parametrize("table", ["nodes", "edges"])
@pytest.mark.parametrize("damage", ["cut", "gone", "columns"])
def test_a_damaged_graph_is_named(graph: Graph, hidden: Question, tmp_path: Path, table: str, damage: str) -> None:
    folder = tmp_path / "graph"
    shutil.copytree(graph.folder, folder)
    file = folder / f"{table}.parquet"
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:200])
    else:
        pl.DataFrame({"id": ["x"]}).write_parquet(file)
    with pytest.raises(BadInput, match=rf"{table}\.parquet: not a table of a graph"):
        verify([hidden], folder)


def test_an_edge_to_nowhere_is_a_damaged_graph(graph: Graph, hidden: Question, tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    shutil.copytree(graph.folder, folder)
    file = folder / "nodes.parquet"
    pl.read_parquet(file).filter(pl.col("id") != "GENE:0").write_parquet(file)
    with pytest.raises(BadInput, match="not a table of a graph"):
        verify([hidden], folder)


# --- independence


def test_the_verifier_shares_no_code_with_what_it_checks() -> None:
    ours = {f"florey.synthesis.replay.{name}" for name in ("facts", "fairness", "verification", "outdated")}
    allowed = {"florey.records", "florey.files", "florey.errors", *ours}
    for module in (facts, fairness, verification, outdated):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("florey"):
                names = {alias.name for alias in node.names}
                words = (node.module, names) == ("florey.synthesis.metapaths", {"relation_phrase"})
                assert node.module in allowed or words, f"{module.__name__}: {node.module}"
            assert not (isinstance(node, ast.Import) and any(a.name.startswith("florey") for a in node.names))
