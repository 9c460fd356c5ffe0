"""Every rule of three-valued presence, on a tree of seven invented findings.

root
├── gait            (f1)
│   ├── ataxia      (f2)
│   │   ├── mild    (f3)
│   │   └── severe  (f4)
│   └── limp        (f5)
└── rash            (f6)
"""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.graph.model import Node
from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.records import Edge, Evidence, Strength, Support

PARENTS = {"f1": "f0", "f2": "f1", "f3": "f2", "f4": "f2", "f5": "f1", "f6": "f0"}
FINDINGS = [f"HP:{name}" for name in ("f0", *PARENTS)]


def edge(name: str, subject: str, object: str, *, positive: bool = True, frequency: str | None = None) -> Edge:
    relation = "associated_gene" if object.startswith("NCBIGene") else "has_finding"
    evidence = Evidence(source="test", release="1", frequency=frequency)
    return Edge(id=name, subject=subject, relation=relation, object=object, positive=positive, evidence=evidence)


def build(folder: Path, edges: list[Edge]) -> Graph:
    nodes = [Node(name, "finding", name) for name in FINDINGS]
    nodes += [Node(f"OMIM:{i}", "disease", f"disease {i}") for i in range(6)] + [Node("ORPHA:1", "disease", "other")]
    nodes += [Node("NCBIGene:1", "gene", "G1"), Node("NCBIGene:2", "gene", "G2")]
    tree = [
        Edge(
            id=f"t-{child}",
            subject=f"HP:{child}",
            relation="is_a",
            object=f"HP:{parent}",
            positive=True,
            evidence=Evidence(source="test", release="1"),
        )
        for child, parent in PARENTS.items()
    ]
    write_graph(nodes, [*edges, *tree], folder, release="1", licences=["none"])
    return Graph.open(folder)


def ask(tmp_path: Path, edges: list[Edge], object: str, subject: str = "OMIM:0", minimum: float = 0.2) -> Support:
    graph = build(tmp_path / "g", edges)
    relation = "associated_gene" if object.startswith("NCBIGene") else "has_finding"
    return Presence(graph, minimum).support(graph.index(subject), relation, graph.index(object))


def test_asserted_for_the_term_itself(tmp_path: Path) -> None:
    assert ask(tmp_path, [edge("e1", "OMIM:0", "HP:f2")], "HP:f2") == Support(
        state="present", strength=Strength.ASSERTED, edges=("e1",)
    )


@pytest.mark.parametrize("ancestor", ["HP:f1", "HP:f0"])
def test_a_descendant_satisfies_its_ancestors(tmp_path: Path, ancestor: str) -> None:
    found = ask(tmp_path, [edge("e1", "OMIM:0", "HP:f2")], ancestor)
    assert (found.state, found.edges) == ("present", ("e1",))


def test_present_names_every_edge_at_or_below_and_no_other(tmp_path: Path) -> None:
    edges = [edge("e1", "OMIM:0", "HP:f3"), edge("e2", "OMIM:0", "HP:f2"), edge("e3", "OMIM:0", "HP:f6")]
    assert ask(tmp_path, edges, "HP:f2").edges == ("e1", "e2")


def test_only_an_ancestor_asserted_is_unknown(tmp_path: Path) -> None:
    assert ask(tmp_path, [edge("e1", "OMIM:0", "HP:f1")], "HP:f2") == Support(state="unknown")


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        (None, Strength.NEGATED),
        ("0/7", Strength.ZERO_OF_N),
        ("HP:0040285", Strength.EXCLUDED),
        ("0%", Strength.EXCLUDED),
    ],
)
@pytest.mark.parametrize("denied", ["HP:f2", "HP:f1", "HP:f0"])
def test_denied_for_the_term_or_an_ancestor(
    tmp_path: Path, denied: str, frequency: str | None, expected: Strength
) -> None:
    found = ask(tmp_path, [edge("e1", "OMIM:0", denied, positive=False, frequency=frequency)], "HP:f2")
    assert found == Support(state="absent", strength=expected, edges=("e1",))


def test_the_strongest_denial_is_named_alone(tmp_path: Path) -> None:
    edges = [
        edge("e1", "OMIM:0", "HP:f2", positive=False, frequency="HP:0040285"),
        edge("e2", "OMIM:0", "HP:f1", positive=False, frequency="0/3"),
    ]
    assert ask(tmp_path, edges, "HP:f2") == Support(state="absent", strength=Strength.ZERO_OF_N, edges=("e2",))


def test_denying_a_descendant_says_nothing_about_the_ancestor(tmp_path: Path) -> None:
    assert ask(tmp_path, [edge("e1", "OMIM:0", "HP:f3", positive=False)], "HP:f2") == Support(state="unknown")
    with_others = [edge("e1", "OMIM:0", "HP:f3", positive=False), edge("e2", "OMIM:0", "HP:f6")]
    assert ask(tmp_path, with_others, "HP:f2").strength == Strength.CLOSED_WORLD


def test_a_denial_outranks_an_ancestor_asserted(tmp_path: Path) -> None:
    edges = [edge("e1", "OMIM:0", "HP:f1"), edge("e2", "OMIM:0", "HP:f2", positive=False)]
    assert ask(tmp_path, edges, "HP:f3") == Support(state="absent", strength=Strength.NEGATED, edges=("e2",))


@pytest.mark.parametrize("denied", ["HP:f2", "HP:f1"])
@pytest.mark.parametrize("asserted", ["HP:f2", "HP:f3"])
def test_contradiction_is_unknown_and_names_both(tmp_path: Path, denied: str, asserted: str) -> None:
    edges = [edge("e1", "OMIM:0", asserted), edge("e2", "OMIM:0", denied, positive=False)]
    assert ask(tmp_path, edges, "HP:f2") == Support(state="unknown", edges=("e1", "e2"))


def test_a_contradicted_denial_denies_nothing_below_it(tmp_path: Path) -> None:
    """One paper saw ataxia in 0 of 2, another in 3 of 8: neither proves that severe ataxia is absent."""
    edges = [
        edge("e1", "OMIM:0", "HP:f2", frequency="3/8"),
        edge("e2", "OMIM:0", "HP:f2", positive=False, frequency="0/2"),
    ]
    assert ask(tmp_path, edges, "HP:f4") == Support(state="unknown", edges=("e1", "e2"))
    standing = [*edges, edge("e3", "OMIM:0", "HP:f4", positive=False)]
    assert ask(tmp_path, standing, "HP:f4") == Support(state="absent", strength=Strength.NEGATED, edges=("e3",))


def test_another_disease_and_another_relation_do_not_count(tmp_path: Path) -> None:
    edges = [edge("e1", "OMIM:1", "HP:f2"), edge("e2", "OMIM:2", "HP:f2", positive=False)]
    assert ask(tmp_path, edges, "HP:f2") == Support(state="unknown")
    edges.append(edge("e3", "OMIM:0", "NCBIGene:1"))
    assert ask(tmp_path, edges, "HP:f2") == Support(state="unknown")


def test_closed_world_needs_completeness(tmp_path: Path) -> None:
    """n = 1 for OMIM:0, median n = 3 within OMIM: completeness 1/4."""
    edges = [edge("e0", "OMIM:0", "HP:f6")]
    for disease in ("OMIM:1", "OMIM:2"):
        edges += [edge(f"{disease}-{name}", disease, f"HP:{name}") for name in ("f3", "f4", "f5")]
    edges += [edge(f"o-{name}", "ORPHA:1", f"HP:{name}") for name in PARENTS]  # another vocabulary: no influence
    expected = Support(state="absent", strength=Strength.CLOSED_WORLD, completeness=0.25)
    assert ask(tmp_path, edges, "HP:f2", minimum=0.25) == expected
    assert ask(tmp_path, edges, "HP:f2", minimum=0.26) == Support(state="unknown")


def test_no_edge_of_the_relation_is_unknown_whatever_the_threshold(tmp_path: Path) -> None:
    assert ask(tmp_path, [edge("e1", "OMIM:1", "HP:f6")], "HP:f2", minimum=0.0) == Support(state="unknown")


def test_relation_without_a_hierarchy(tmp_path: Path) -> None:
    edges = [edge("e1", "OMIM:0", "NCBIGene:1")]
    assert ask(tmp_path, edges, "NCBIGene:1").state == "present"
    assert ask(tmp_path, edges, "NCBIGene:2").strength == Strength.CLOSED_WORLD


def test_completeness_counts_distinct_positive_objects(tmp_path: Path) -> None:
    edges = [edge("e1", "OMIM:0", "HP:f2"), edge("e2", "OMIM:0", "HP:f2", frequency="1/2")]
    edges += [edge("e3", "OMIM:0", "HP:f6", positive=False)]
    graph = build(tmp_path / "g", edges)
    presence = Presence(graph)
    assert presence.completeness(graph.index("OMIM:0"), "has_finding") == 0.5
    assert presence.completeness(graph.index("OMIM:1"), "has_finding") == 0.0


def test_few_edges_are_named_the_term_itself_first(tmp_path: Path) -> None:
    edges = [edge(f"a{i}", "OMIM:0", "HP:f3", frequency=f"{i}/9") for i in range(1, 9)]
    found = ask(tmp_path, [*edges, edge("z", "OMIM:0", "HP:f2")], "HP:f2")
    assert found.edges == ("a1", "a2", "a3", "z")


def test_min_completeness_outside_0_to_1_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="min_completeness"):
        Presence(build(tmp_path / "g", []), 1.5)


def _up(name: str) -> set[str]:
    return {name} | (_up(f"HP:{PARENTS[name[3:]]}") if name[3:] in PARENTS else set())


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(FINDINGS), st.booleans(), st.sampled_from([None, "0/2", "0%"])),
        max_size=12,
    ),
    st.sampled_from([0.0, 0.5, 1.0]),
)
def test_agrees_with_the_rules_written_naively(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int, str, bool, str | None]],
    minimum: float,
) -> None:
    edges = [
        edge(f"e{i}", f"OMIM:{disease}", finding, positive=positive, frequency=None if positive else frequency)
        for i, (disease, finding, positive, frequency) in enumerate(rows)
    ]
    graph = build(tmp_path_factory.mktemp("h") / "g", edges)
    presence = Presence(graph, minimum)
    for disease in range(3):
        mine = [e for e in edges if e.subject == f"OMIM:{disease}"]
        present = set().union(*[_up(e.object) for e in mine if e.positive])
        at = graph.index(f"OMIM:{disease}")
        assert {graph.ids[i] for i in presence.closure(at, "has_finding")} == present
        for finding in FINDINGS:
            denials = [e for e in mine if not e.positive and e.object in _up(finding)]
            standing = [e for e in denials if e.object not in present]
            if standing:
                expected = "absent"
            elif denials:
                expected = "unknown"
            elif finding in present:
                expected = "present"
            elif any(e.positive and e.object in _up(finding) for e in mine) or not any(e.positive for e in mine):
                expected = "unknown"
            else:
                expected = "absent" if presence.completeness(at, "has_finding") >= minimum else "unknown"
            found = presence.support(at, "has_finding", graph.index(finding))
            assert (found.state, found.strength is None) == (expected, expected == "unknown"), finding
            satisfied = presence.satisfied_by("has_finding", graph.index(finding))
            assert (at in satisfied.tolist()) == (finding in present)
            assert np.all(np.diff(satisfied) > 0)
