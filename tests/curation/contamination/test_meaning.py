"""The same medicine in other words: what is linked, what counts as the same evidence and as the same path."""

import pytest

from florey.graph.linking.linker import Linker
from florey.graph.linking.mention import Name
from florey.graph.model import Node
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.records import Condition, Edge, Evidence, Question

from .conftest import OPTIONS, asked, detected

NAMES = {
    "D:1": ("Amberlosis", "disease"),
    "D:2": ("Birgonia", "disease"),
    "D:3": ("Cottrelia", "disease"),
    "D:4": ("Dunmorosis", "disease"),
    "F:1": ("golden eyelids", "finding"),
    "F:2": ("violet toes", "finding"),
    "F:3": ("swollen knuckles", "finding"),
    "F:4": ("pain", "finding"),
    "F:5": ("azure nails", "finding"),
    "G:1": ("GENA", "gene"),
}
LINKER = Linker([Name(text, node, kind) for node, (text, kind) in NAMES.items()])


def made(answer, *findings, denied=(), path=()):
    options = ("D:1", "D:2", "D:3", "D:4")
    conditions = [Condition(subject="?", relation="has_finding", object=node) for node in findings]
    conditions += [Condition(subject="?", relation="has_finding", object=node, holds=False) for node in denied]
    edges = tuple(
        Edge(id=f"e{i}", subject=s, relation=r, object=o, positive=True, evidence=Evidence(source="t", release="1"))
        for i, (s, r, o) in enumerate(path)
    )
    return Question(
        stem="Which disease fits?",
        options=tuple(NAMES[node][0] for node in options),
        option_ids=options,
        gold=options.index(answer),
        source="synthetic",
        conditions=tuple(conditions),
        path=edges,
    ).identified()


REWORDED = asked(
    "Golden eyelids were noted by the nurse, and violet toes as well; swollen knuckles came later. What ails this "
    "cheesemaker, in your opinion, if only one thing can be the matter with her?"
)
CLEAN = [
    asked(f"The weaver number {i} has pain and azure nails, and no golden eyelids at all. What is it?", gold=i % 3 + 1)
    for i in range(8)
]


def test_the_same_answer_by_the_same_evidence_in_other_words():
    assert detected(REWORDED, asked("golden eyelids, violet toes and swollen knuckles"), linker=LINKER) == {"evidence"}
    bench = asked(
        "Toes: violet toes. Eyelids: golden eyelids. There are swollen knuckles. Name it, if you please, today."
    )
    assert detected(REWORDED, *CLEAN, bench, linker=LINKER) == {"evidence"}
    assert "evidence" in detected(made("D:1", "F:1", "F:2"), *CLEAN, bench, linker=LINKER)


def test_other_evidence_other_answer_or_common_evidence_is_let_pass():
    bench = asked(
        "Toes: violet toes. Eyelids: golden eyelids. There are swollen knuckles. Name it, if you please, today."
    )
    assert detected(made("D:2", "F:1", "F:2"), *CLEAN, bench, linker=LINKER) == set()  # another answer
    assert detected(made("D:1", "F:1", "F:5"), *CLEAN, bench, linker=LINKER) == set()  # one finding in common
    assert (
        detected(made("D:1", "F:4", "F:5"), *CLEAN, asked("pain, azure nails"), linker=LINKER) == set()
    )  # all have it
    assert detected(made("D:1", "F:1", "F:2"), asked("golden eyelids, pain, swollen knuckles"), linker=LINKER) == set()
    denying = asked(
        "She has no golden eyelids and no violet toes; there is pain. What is it, would you say, all in all?"
    )
    assert detected(made("D:1", "F:1", "F:2"), *CLEAN, denying, linker=LINKER) == set()


def test_a_part_of_the_evidence_is_not_the_same_evidence():
    """Two findings of a case with five are an easy question about its disease, not the case."""
    bench = asked("golden eyelids, violet toes, swollen knuckles, azure nails, pain and GENA")
    assert "evidence" not in detected(made("D:1", "F:1", "F:2"), bench, linker=LINKER)
    assert "evidence" in detected(made("D:1", "F:1", "F:2", "F:3", "F:5"), bench, linker=LINKER)


def test_the_path_of_a_synthetic_question():
    path = [("D:1", "has_finding", "F:1"), ("D:1", "has_finding", "F:2")]
    question = made("D:1", "F:1", "F:2", path=path)
    whole = asked("Golden eyelids and violet toes are seen. Which disease, of those below, is this one, do you think?")
    part = asked("Golden eyelids and toes are seen. Which disease, of those below, is this one, do you think, and why?")
    denied = asked("Golden eyelids, but no violet toes are seen. Which disease, of those below, is this one, and why?")
    assert "path" in detected(question, *CLEAN, whole, linker=LINKER)
    assert "path" not in detected(question, *CLEAN, part, linker=LINKER)
    assert "path" not in detected(question, *CLEAN, denied, linker=LINKER)
    assert "path" not in detected(REWORDED, *CLEAN, whole, linker=LINKER)  # made from no graph


def test_a_path_that_needs_an_absent_finding():
    question = made("D:1", "F:1", denied=("F:2",))
    assert "path" in detected(question, *CLEAN, asked("golden eyelids, no violet toes"), linker=LINKER)
    assert "path" not in detected(question, *CLEAN, asked("golden eyelids, violet toes"), linker=LINKER)


def test_a_path_that_tells_two_diseases_apart():
    asking = [Condition(subject=d, relation="has_finding", object="?", holds=d == "D:1") for d in ("D:1", "D:2")]
    findings = ("F:1", "F:2", "F:3")
    names = tuple(NAMES[node][0] for node in findings)
    question = asked("Which is it?", names, option_ids=findings, conditions=tuple(asking))
    for stem in ("What occurs in Amberlosis, but not in Birgonia?", "Amberlosis has it, unlike Birgonia. What is it?"):
        assert detected(question, asked(stem, names), linker=LINKER) == {"path"}
    assert detected(question, asked("What occurs in Amberlosis?", names), linker=LINKER) == set()
    assert detected(question, asked("What occurs in Birgonia, but not in Amberlosis?", names), linker=LINKER) == set()


def test_a_path_of_what_everyone_has_tells_nothing():
    common = [asked(f"The weaver number {i} has pain. What is it?", gold=1) for i in range(8)]
    assert "path" not in detected(made("D:1", "F:4"), *common, asked("pain"), linker=LINKER)
    assert "path" in detected(made("D:1", "F:1"), *common, asked("golden eyelids"), linker=LINKER)


def test_the_path_of_a_held_out_question():
    path = [("D:1", "has_finding", "F:1"), ("D:1", "has_finding", "F:2")]
    question = made("D:1", "F:1", "F:2", path=path)
    assert "path" in detected(question, made("D:1", "F:2", "F:1"), linker=LINKER)
    assert "path" in detected(question, made("D:1", "F:1", denied=("F:5",), path=path[::-1]), linker=LINKER)
    assert "path" not in detected(question, made("D:1", "F:1", denied=("F:2",)), linker=LINKER)
    assert "path" not in detected(question, made("D:2", "F:1", "F:2"), linker=LINKER)


def test_questions_made_from_a_graph_share_the_words_of_their_template():
    """Alike in every word but one, and with the same options: their nodes decide, with or without a graph."""
    stem = "A patient has a confirmed diagnosis with its usual findings, as can be read in every textbook of {}."
    one = made("D:1", "F:1", "F:2").model_copy(update={"stem": stem.format("medicine")})
    other = made("D:1", "F:3", "F:5").model_copy(update={"stem": stem.format("botany")})
    for linker in (LINKER, None):
        assert detected(one, other, linker=linker) == set()
        assert "path" in detected(one, one, linker=linker)
    text = other.model_copy(update={"conditions": ()})
    assert detected(one, text) == {"ngrams", "wording"}


def test_relatives_and_suspicions_are_no_evidence():
    bench = asked("Her brother has golden eyelids. We suspect violet toes. What is the matter with the patient then?")
    assert detected(REWORDED, *CLEAN, bench, linker=LINKER) == set()


def test_options_that_name_more_than_an_entity_are_no_answer():
    bench = "golden eyelids, violet toes and swollen knuckles"
    same = ("Amberlosis (golden sickness)", *OPTIONS[1:])
    assert detected(REWORDED, asked(bench, same), linker=LINKER) == {"evidence"}
    for option in ("Amberlosis and Birgonia", "Treatment of Amberlosis", "None"):
        assert detected(REWORDED, asked(bench, (option, *OPTIONS[1:])), linker=LINKER) == set()


def test_an_answer_whose_name_two_entities_bear():
    linker = Linker(
        [*(Name(text, node, kind) for node, (text, kind) in NAMES.items()), Name("Amberlosis", "A:1", "gene")]
    )
    bench = asked("golden eyelids, violet toes and swollen knuckles")
    assert detected(REWORDED, bench, linker=linker) == {"evidence"}
    assert "evidence" in detected(made("D:1", "F:1", "F:2", "F:3"), bench, linker=linker)


@pytest.fixture
def graph(tmp_path):
    """golden eyelids is_a bright eyelids."""
    nodes = [Node(node, kind, text) for node, (text, kind) in NAMES.items()]
    said = Evidence(source="t", release="1")
    above = Edge(id="e-1", subject="F:1", relation="is_a", object="F:9", positive=True, evidence=said)
    write_graph(
        [*nodes, Node("F:9", "finding", "bright eyelids")], [above], tmp_path / "graph", release="1", licences=["none"]
    )
    return Graph.open(tmp_path / "graph")


def test_a_more_general_or_a_more_special_finding_counts_with_a_graph(graph):
    linker = Linker.of_graph(graph)
    special = asked("golden eyelids, violet toes")
    general = asked(
        "The lids? Bright eyelids, as are the violet toes of this cheesemaker. Whatever can she have, and why?"
    )
    other = asked(
        "Azure nails, as are the violet toes of this cheesemaker. Whatever can she have, do you think, and why?"
    )
    assert "evidence" in detected(general, *CLEAN, special, linker=linker, graph=graph)
    assert "evidence" in detected(special, *CLEAN, general, linker=linker, graph=graph)
    assert "evidence" not in detected(general, *CLEAN, special, linker=linker)
    assert "evidence" not in detected(other, *CLEAN, special, linker=linker, graph=graph)
