"""Every kind of question that comes with Florey, and ones of a user's own, over one invented graph of everything."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from florey.cli.synthesis import synthesize as command
from florey.errors import BadInput
from florey.files import digest, read_jsonl
from florey.graph.model import Node
from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.records import ANSWER, Edge, Evidence, OptionProof, Question, Strength, hidden_of, is_masked
from florey.synthesis.assembly import named_in
from florey.synthesis.certificates import candidate_bindings, certify
from florey.synthesis.config import Shape, SynthesisConfig
from florey.synthesis.metapaths import RELATION_PHRASES, Kind, kinds
from florey.synthesis.relatedness import Kinship
from florey.synthesis.replay.verification import verify
from florey.synthesis.synthesizer import Synthesizer, synthesize
from florey.synthesis.words.form_files import built_in

KINDS = kinds()
EACH = 4
SHAPES = (Shape(findings=2, options=4), Shape(findings=3, options=4))
COUNTS = {  # of each type, and its prefix
    "disease": (60, "ORPHA"),
    "finding": (26, "HP"),
    "gene": (40, "NCBIGene"),
    "drug": (40, "DRUG"),
    "procedure": (14, "PROC"),
    "agent": (14, "AGENT"),
    "specialty": (8, "SPEC"),
    "concept": (14, "MECH"),
    "injury": (6, "INJ"),
    "inheritance": (5, "INH"),
    "onset": (5, "ONS"),
}
BY_LOT = (  # subjects, relation, objects, how many of them at least and at most
    ("disease", "has_finding", "finding", 6, 11),
    ("disease", "has_symptom", "finding", 6, 11),
    ("disease", "has_inheritance", "inheritance", 1, 1),
    ("disease", "has_onset", "onset", 1, 1),
    ("disease", "treated_by", "drug", 1, 4),
    ("disease", "diagnosed_by", "procedure", 1, 3),
    ("disease", "has_complication", "finding", 1, 4),
    ("disease", "caused_by", "agent", 1, 2),
    ("disease", "in_specialty", "specialty", 1, 2),
    ("drug", "binds_gene", "gene", 1, 4),
    ("drug", "upregulates_gene", "gene", 1, 4),
    ("drug", "downregulates_gene", "gene", 1, 4),
    ("drug", "has_mechanism", "concept", 1, 2),
    ("drug", "contraindicated_in", "finding", 3, 6),
    ("drug", "contraindicated_in", "injury", 1, 3),  # which no metapath names
    ("drug", "has_side_effect", "finding", 1, 3),
)


def invented_names(count: int) -> list[str]:
    """Words of four syllables, no two of which begin alike."""
    rng = np.random.default_rng(1)
    found: dict[str, str] = {}
    while len(found) < count:
        word = "".join(rng.choice(list("bdfgklmnprtv")) + rng.choice(list("aeiou")) for _ in range(4))
        found.setdefault(word[:6], word)
    return [f"{word}x".capitalize() for word in found.values()]


def stated(subject: str, relation: str, object: str, *, positive: bool = True) -> Edge:
    evidence = Evidence(source="test", release="1", reference="PMID:1")
    identity = f"e-{digest([subject, relation, object, positive])}"
    return Edge(id=identity, subject=subject, relation=relation, object=object, positive=positive, evidence=evidence)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    rng = np.random.default_rng(7)
    names = iter(invented_names(sum(count for count, _ in COUNTS.values())))
    nodes, ids = [], {}
    for type, (count, prefix) in COUNTS.items():
        ids[type] = [f"{prefix}:{100 + i}" for i in range(count)]
        if type == "disease":
            ids[type][::3] = [each.replace(prefix, "OMIM") for each in ids[type][::3]]
        ending = f" {type}" if type in ("inheritance", "onset") else ""
        nodes += [Node(each, type, next(names) + ending) for each in ids[type]]
    nodes.append(Node("HP:1", "finding", "Phenotype"))
    edges = [stated(each, "is_a", "HP:1") for each in ids["finding"]]
    for subjects, relation, objects, least, most in BY_LOT:
        for subject in ids[subjects]:
            drawn = rng.choice(ids[objects], int(rng.integers(least, most + 1)) + 1, replace=False).tolist()
            denied = drawn.pop()
            edges += [stated(subject, relation, object) for object in drawn]
            if rng.random() < 0.3:
                edges.append(stated(subject, relation, denied, positive=False))
    for i, disease in enumerate(ids["disease"]):  # genes that two diseases share, but no third
        edges.append(stated(disease, "associated_gene", ids["gene"][i % 40]))
    folder = tmp_path_factory.mktemp("everything")
    write_graph(nodes, edges, folder, release="1", licences=("Invented: CC0",))
    return Graph.open(folder)


@pytest.fixture(scope="module")
def made(everything: Graph) -> dict[str, list[Question]]:
    """Questions of every kind."""
    config = SynthesisConfig(metapaths=dict.fromkeys(KINDS, EACH), shapes=SHAPES, min_shared=1)
    found = synthesize(everything, config)
    return {name: [q for q in found.questions if q.metapath == name] for name in KINDS}


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_gives_questions_that_hold(name: str, made: dict[str, list[Question]], everything: Graph) -> None:
    questions, kind = made[name], KINDS[name]
    assert len(questions) == EACH
    assert verify(questions, everything.folder) == []
    presence = Presence(everything)
    for question in questions:
        assert certify(presence, question.option_ids, question.conditions, question.gold) == question.certificate
        check_conditions(question, kind, everything)
        check_options(question, kind, everything)
        assert question.difficulty and question.difficulty.hops == kind.hops
        assert question.difficulty.conditions == len(question.conditions)
        assert question.path and question.licences == everything.licences


def check_conditions(question: Question, kind: Kind, graph: Graph) -> None:
    """They are the links of the metapath that the mask leaves, with nodes of the types that it says."""
    place = {mask: variable for variable, mask in kind.masks.items()}
    if kind.among:
        (condition,) = question.conditions
        assert condition.relation == ANSWER
        wanted = [
            (kind.nodes[end], getattr(condition, end_is)) for end, end_is in zip(kind.links[0].ends, ENDS, strict=True)
        ]
    else:
        assert {(c.relation, c.holds) for c in question.conditions} == {(k.relation, k.holds) for k in kind.required}
        wanted = []
        for condition in question.conditions:
            fits = [link for link in kind.required if matches(link, condition, place)]
            assert len(fits) == 1
            wanted += [(kind.nodes[end], getattr(condition, is_)) for end, is_ in zip(fits[0].ends, ENDS, strict=True)]
        repeats = {} if kind.repeated is None else {kind.repeated}
        several = sum(1 for link in kind.required if set(link.ends) & set(repeats))
        clues = len(question.conditions) - len(kind.required) + several
        assert clues in ({2, 3} if repeats else {0})
    for types, node in wanted:
        if not is_masked(node):
            at = graph.index(node)
            assert graph.types[at] in types
            assert graph.names[at].casefold() in question.stem.casefold()


ENDS = ("subject", "object")


def matches(link: object, condition: object, place: dict[str, str]) -> bool:
    """Whether a condition is of that link: same relation, and each masked end is the variable's mask."""
    if (link.relation, link.holds) != (condition.relation, condition.holds):  # type: ignore[attr-defined]
        return False
    masked = set(place.values())
    for variable, end in zip(link.ends, ENDS, strict=True):  # type: ignore[attr-defined]
        node = getattr(condition, end)
        if (place.get(node) if is_masked(node) else None) != (variable if variable in masked else None):
            return False
    return True


def check_options(question: Question, kind: Kind, graph: Graph) -> None:
    assert len(set(question.option_ids)) == len(question.options) == (3 if kind.among else 4)
    if kind.among:
        assert set(question.option_ids) == set(kind.among)
        assert set(question.options) == {RELATION_PHRASES[relation] for relation in kind.among}
        return
    nodes = [graph.index(option) for option in question.option_ids]
    assert question.options == tuple(graph.names[node] for node in nodes)
    assert len({(graph.vocabularies[node], graph.types[node]) for node in nodes}) == 1
    assert graph.types[nodes[0]] in kind.nodes[kind.asked]
    assert not any(named_in(question.stem, [name]) for name in question.options)
    kinship = Kinship(graph)
    assert not any(kinship.related(a, b) for a, b in combinations(nodes, 2))


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.hidden])
def test_hidden_nodes_are_proven_and_not_told(name: str, made: dict[str, list[Question]], everything: Graph) -> None:
    presence, hidden = Presence(everything), len(KINDS[name].hidden)
    for question in made[name]:
        assert len(hidden_of(question.conditions)) == hidden
        assert question.certificate is not None
        for proof in question.certificate.proofs:
            assert all(len(binding.bridges) == hidden for binding in proof.bindings)
            every = candidate_bindings(presence, proof.option, question.conditions)
            tried = [binding.bridges for binding in proof.bindings]
            assert set(tried) <= set(every) if proof.satisfies else sorted(tried) == every
        bridges = question.certificate.proofs[question.gold].bindings[0].bridges
        told = question.stem.casefold()
        assert not any(everything.names[everything.index(node)].casefold() in told for node in bridges)


def test_a_contraindication_that_the_answer_lacks(made: dict[str, list[Question]], everything: Graph) -> None:
    config = SynthesisConfig(metapaths={"treatment_not_contraindicated": 12}, shapes=SHAPES, min_shared=1)
    dropped = synthesize(everything, config).dropped
    assert not any("not proven" in reason for reason in dropped)  # what it has is not drawn at all
    presence = Presence(everything)
    for question in made["treatment_not_contraindicated"]:
        treated, spared = question.conditions
        assert treated.holds and treated.relation == "treated_by"
        assert not spared.holds and (spared.subject, spared.relation) == (ANSWER, "contraindicated_in")
        drug = everything.index(question.answer_id)
        assert presence.support(drug, "contraindicated_in", everything.index(spared.object)).state == "absent"


def test_what_tells_two_diagnoses_apart(made: dict[str, list[Question]]) -> None:
    for name, relation in (("discriminating_finding", "has_finding"), ("discriminating_symptom", "has_symptom")):
        for question in made[name]:
            assert [(c.relation, c.object, c.holds) for c in question.conditions] == [
                (relation, ANSWER, True),
                (relation, ANSWER, False),
            ]


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.decisive])
def test_one_distractor_fails_what_decides_and_nothing_else(name: str, made: dict[str, list[Question]]) -> None:
    relation = next(v.link.relation for v in KINDS[name].tree if v.link and v.name == KINDS[name].decisive)
    for question in made[name]:
        assert question.certificate
        found = []
        for proof in question.certificate.proofs:
            supports = zip(question.conditions, proof.bindings[0].supports, strict=True)
            found.append({c.relation for c, support in supports if support.state != "present"})
        assert {relation} in found


def test_dropped_branches_are_not_told(made: dict[str, list[Question]]) -> None:
    for question in made["disease_to_drug"] + made["disease_to_specialty"]:
        assert len(question.conditions) == 1 and "has_symptom" not in question.conditions[0].relation


def test_relations_are_asked_evenly(everything: Graph) -> None:
    """Otherwise the relation that joins most pairs would be a good guess."""
    questions = synthesize(
        everything, SynthesisConfig(metapaths={"drug_gene_relation": 90}, max_per_answer=3)
    ).questions
    count = Counter(question.answer_id for question in questions)
    assert count.total() == 90 and max(count.values()) - min(count.values()) <= 9


def test_only_relations_that_are_denied(everything: Graph) -> None:
    config = SynthesisConfig(metapaths={"drug_gene_relation": 10}, shapes=(Shape(findings=2, options=2),))
    strengths = [proof.strength for q in synthesize(everything, config).questions for proof in excluded(q)]
    assert Strength.CLOSED_WORLD in strengths
    strict = config.model_copy(update={"min_strength": Strength.NEGATED, "metapaths": {"drug_gene_relation": 4}})
    for question in synthesize(everything, strict).questions:
        assert {proof.strength for proof in excluded(question)} == {Strength.NEGATED}


def excluded(question: Question) -> list[OptionProof]:
    return [proof for proof in question.certificate.proofs if not proof.satisfies] if question.certificate else []


def test_a_region_holds_the_subjects_of_asked_relations(everything: Graph) -> None:
    region = {"around": ("DRUG:103",), "method": "ego", "nodes": 60}
    config = SynthesisConfig.model_validate({"metapaths": {"drug_gene_relation": 30}, "region": region})
    maker = Synthesizer(everything, config)
    assert maker.make("drug_gene_relation", 30) > 0
    subjects = {question.conditions[0].subject for question in maker.result().questions}
    inside = {everything.ids[node] for node in np.flatnonzero(maker.material.in_region(maker.material.usable))}
    assert subjects <= inside and len(inside) <= 60


def test_each_has_forms_that_come_with_florey() -> None:
    assert set(KINDS) == set(built_in())


OWN = """
metapaths:
  own:
    nodes: {d: disease, f: finding, a: agent, s: specialty}
    edges: [d has_symptom f..., d caused_by a, d in_specialty s]
    masks:
      symptoms_to_agent: {ask: a, hide: [d], drop: [s], direction: findings -> cause}
      specialty_and_cause_to_disease: {ask: d, drop: [f]}
"""
FORMS = ["What strikes the one with {f}?", "Of {f}: by what?"]


def test_a_users_own_kind_gives_questions_at_once(everything: Graph, tmp_path: Path) -> None:
    file, out = tmp_path / "own.yaml", tmp_path / "questions.jsonl"
    file.write_text(OWN, encoding="utf-8")
    given = [
        str(everything.folder),
        "--count",
        "12",
        "--out",
        str(out),
        "--metapaths",
        str(file),
        "--set",
        "min_shared=1",
    ]
    named = ["--metapath", "symptoms_to_agent", "--metapath", "specialty_and_cause_to_disease"]
    done = CliRunner().invoke(command, given + named, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    questions = list(read_jsonl(out, Question))
    assert len(questions) == 12 and {q.metapath for q in questions} == set(named[1::2])
    assert verify(questions, everything.folder) == []
    for question in questions:
        relations = {condition.relation for condition in question.conditions}
        assert relations == (
            {"has_symptom", "caused_by"} if len(hidden_of(question.conditions)) else {"caused_by", "in_specialty"}
        )


def test_a_users_own_forms_are_used(everything: Graph, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(OWN.replace("drop: [s],", f"drop: [s], forms: {FORMS},"), encoding="utf-8")
    config = SynthesisConfig(metapath_files=(file,), metapaths={"symptoms_to_agent": 12}, shapes=SHAPES, min_shared=1)
    stems = [question.stem for question in synthesize(everything, config).questions]
    assert len(stems) == 12
    assert {stem.split()[0] for stem in stems} == {"What", "Of"}
    only = synthesize(everything, config.model_copy(update={"forms": 1})).questions
    assert {question.stem.split()[0] for question in only} == {"What"}


def test_forms_that_do_not_tell_all_are_refused(everything: Graph, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(OWN.replace("drop: [s],", "drop: [s], forms: ['Who knows {g}?'],"), encoding="utf-8")
    config = SynthesisConfig(metapath_files=(file,), metapaths={"symptoms_to_agent": 2}, shapes=SHAPES, min_shared=1)
    with pytest.raises(BadInput, match=r"symptoms_to_agent: unknown slot 'g'.*known: f"):
        synthesize(everything, config)


def test_all_kinds_are_available(everything: Graph) -> None:
    config = SynthesisConfig(shapes=SHAPES, min_shared=1)
    assert set(Synthesizer(everything, config).available()) == set(KINDS)
