"""Joining: what is one thing is joined, homonyms stay apart, whatever the order; every merge can be undone."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.graph.joining.join import Joined, join
from florey.graph.joining.overrides import Apart, Overrides, Together, read_overrides, write_overrides
from florey.graph.joining.pool import Pool
from florey.graph.model import Node


def joined(*sources: Sequence[Node], overrides: Overrides | None = None, twins: bool = False) -> Joined:
    pool = Pool()
    for place, nodes in enumerate(sources):
        pool.add(f"source{place}", nodes)
    return join(pool, overrides, twins=twins)


def clusters(found: Joined) -> list[set[str]]:
    groups: dict[str, set[str]] = {}
    for id, kept in found.canonical.items():
        groups.setdefault(kept, set()).add(id)
    return [group for _, group in sorted(groups.items()) if len(group) > 1]


def obstacles(found: Joined) -> set[str]:
    return {refusal.obstacle for refusal in found.refusals}


def disease(id: str, name: str, *aliases: str, xrefs: tuple[str, ...] = ()) -> Node:
    return Node(id, "disease", name, aliases, xrefs)


def gene(id: str, name: str, *aliases: str) -> Node:
    return Node(id, "gene", name, aliases)


MUST_MERGE = {
    "one refers to the other": ([disease("DOID:1", "a")], [disease("X:1", "b", xrefs=("DOID:1",))]),
    "both refer to a third": (
        [disease("DOID:1", "a", xrefs=("MESH:1",))],
        [disease("X:1", "b", xrefs=("MESH:1",))],
    ),
    "one name, other spelling": ([disease("DOID:1", "Blue anaemia, type II")], [disease("X:1", "blue anemias type 2")]),
    "possessive": ([disease("DOID:1", "Sjögren's rash")], [disease("X:1", "Sjogren rash")]),
    "index entry": ([disease("DOID:1", "Rash, blue")], [disease("X:1", "blue rash")]),
    "alias and name": ([disease("DOID:1", "azure eruption", "blue rash")], [disease("X:1", "Blue rash")]),
    "symbols of genes": ([gene("NCBIGene:1", "ABC1")], [gene("ENSEMBL:1", "abc1")]),
    "name against many loose ids": (
        [disease("DOID:1", "blue rash", xrefs=("UMLS:1", "UMLS:2"))],
        [disease("X:1", "blue rash", xrefs=("UMLS:3",))],
    ),
}
MUST_STAY_APART = {
    "types differ": ([disease("DOID:1", "cold")], [Node("X:1", "finding", "cold")], None),
    "types differ, though referred to": (
        *([disease("DOID:1", "cold")], [Node("X:1", "finding", "cold", (), ("DOID:1",))], "types differ"),
    ),
    "a symbol and a disease": ([gene("NCBIGene:1", "WAS")], [disease("DOID:1", "WAS")], None),
    "several references into one vocabulary": (
        [disease("DOID:1", "group", xrefs=("OMIM:1", "OMIM:2"))],
        [disease("OMIM:1", "member")],
        "several cross-references into one vocabulary",
    ),
    "a code to be filed under": (
        [disease("DOID:1", "special rash", xrefs=("ICD10CM:R1",))],
        [disease("ICD10CM:R1", "rashes of all kinds")],
        "a class to be filed under, not the thing",
    ),
    "a locus that an article names": (
        [disease("OMIM:1", "rash, susceptibility to, 1")],
        [disease("ENWIKI:Rash", "rash", xrefs=("OMIM:1",))],
        "a locus, not the clinical entity that an article is about",
    ),
    "two of one vocabulary": ([disease("DOID:1", "rash"), disease("DOID:2", "rash")], [], "two ids of one vocabulary"),
    "a name that two of one vocabulary have": (
        *([disease("DOID:1", "rash"), disease("DOID:2", "Rash")], [disease("X:1", "rash")]),
        "fits several of one vocabulary",
    ),
    "referred to by two of one vocabulary": (
        *([disease("OMIM:1", "a")], [disease("X:1", "b", xrefs=("OMIM:1",)), disease("X:2", "c", xrefs=("OMIM:1",))]),
        "fits several of one vocabulary",
    ),
    "an alias of two things": (
        [disease("DOID:1", "a", "blue rash"), disease("ORPHA:2", "b", "blue rash")],
        [disease("X:1", "blue rash")],
        "names more than two things",
    ),
    "an acronym as alias": ([disease("DOID:1", "a", "BRS")], [disease("X:1", "BRS")], "an acronym is no evidence"),
    "an alias of a gene": ([gene("NCBIGene:1", "ABC1", "P40")], [gene("ENSEMBL:1", "P40")], None),
    "one name, other references": (
        [disease("DOID:1", "rash", xrefs=("MESH:1",))],
        [disease("X:1", "rash", xrefs=("MESH:2",))],
        "their cross-references disagree",
    ),
    "registers of rare diseases": ([disease("OMIM:1", "rash"), disease("ORPHA:2", "rash")], [], None),
    "enantiomers": ([Node("A:1", "drug", "(+)-blue")], [Node("B:1", "drug", "(-)-blue")], None),
    "numbers": ([disease("DOID:1", "rash 1")], [disease("X:1", "rash 2")], None),
}


@pytest.mark.parametrize("case", MUST_MERGE)
def test_what_must_merge(case: str) -> None:
    found = joined(*MUST_MERGE[case])
    ids = {node.id for nodes in MUST_MERGE[case] for node in nodes}
    assert clusters(found) == [ids]
    assert len(found.merges) == 1


@pytest.mark.parametrize("case", MUST_STAY_APART)
def test_what_must_stay_apart(case: str) -> None:
    first, second, obstacle = MUST_STAY_APART[case]
    found = joined(first, second)
    assert clusters(found) == []
    if obstacle:
        assert obstacle in obstacles(found)


def test_two_of_one_vocabulary_never_meet_through_others() -> None:
    chain = joined(
        [disease("OMIM:1", "one"), disease("OMIM:2", "two")],
        [disease("DOID:1", "one", "two")],
        [disease("X:1", "two")],
    )
    assert clusters(chain) == [{"OMIM:1", "DOID:1"}, {"OMIM:2", "X:1"}]


def test_others_join_orphanet_where_omim_has_the_name_too() -> None:
    rare = [disease("OMIM:1", "rash"), disease("ORPHA:2", "rash")]
    found = joined(rare, [disease("DOID:1", "rash")], [disease("X:1", "rash")])
    assert clusters(found) == [{"ORPHA:2", "DOID:1", "X:1"}]
    assert "another register's entry has the same claim" in obstacles(found)
    assert clusters(joined(rare, [disease("DOID:1", "rash")], twins=True)) == [{"OMIM:1", "ORPHA:2", "DOID:1"}]


def test_the_most_trusted_source_names_the_entity() -> None:
    found = joined(
        [disease("DOID:1", "Blue rash", "azure rash")],
        [disease("A:1", "blue Rash", "BLUE RASH", "cyan rash", xrefs=("UMLS:7",))],
    )
    (node,) = found.nodes()
    assert (node.id, node.name, node.aliases) == ("DOID:1", "Blue rash", ("azure rash", "cyan rash"))
    assert (node.xrefs, node.sources) == (("A:1", "UMLS:7"), ("source0", "source1"))
    assert [(name.text, name.preferred) for name in found.names()] == [
        *(("Blue rash", True), ("azure rash", False), ("cyan rash", False)),
    ]


def test_one_id_of_two_sources_is_one_entity_and_types_are_compared() -> None:
    found = joined([disease("DOID:1", "rash")], [Node("DOID:1", "finding", "eruption")])
    (node,) = found.nodes()
    assert (node.type, node.aliases, node.sources) == ("disease", ("eruption",), ("source0", "source1"))
    assert [conflict.other_type for conflict in found.conflicts] == ["finding"]


def test_overrides_join_and_part() -> None:
    sources = [disease("DOID:1", "rash")], [disease("X:1", "rash")], [disease("Y:1", "eruption")]
    apart = Apart(ids=("X:1",), others=("DOID:1",), reason="no")
    together = Together(ids=("DOID:1", "Y:1"), reason="yes")
    assert clusters(joined(*sources, overrides=Overrides(apart=(apart,)))) == []
    both = joined(*sources, overrides=Overrides(apart=(apart,), together=(together,)))
    assert clusters(both) == [{"DOID:1", "Y:1"}]
    assert {merge.proposal.reason for merge in both.merges} == {"yes"}
    clash = Overrides(apart=(apart,), together=(Together(ids=("DOID:1", "X:1"), reason="yes"),))
    with pytest.raises(BadInput, match="to be one and to be apart"):
        joined(*sources, overrides=clash)
    for unknown in (Overrides(apart=(Apart(ids=("X:11",), others=("DOID:1",), reason="no"),)),):
        with pytest.raises(BadInput, match=r"no source has 'X:11' \(did you mean 'X:1'"):
            joined(*sources, overrides=unknown)


def test_apart_holds_through_others() -> None:
    sources = [disease("DOID:1", "rash")], [disease("X:1", "rash")], [disease("Y:1", "rash")]
    found = joined(*sources, overrides=Overrides(apart=(Apart(ids=("Y:1",), others=("DOID:1", "X:1"), reason="no"),)))
    assert clusters(found) == [{"DOID:1", "X:1"}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("apart: [{ids: [A], frm: [B], reason: x}]", r"frm.*did you mean 'from'"),
        ("apart: [{ids: [A], from: [B]}]", "reason"),
        ("together: [{ids: [A], reason: x}]", "ids"),
        ("apart: [", "line 1: not YAML"),
        ("[1]", "expected a file of overrides"),
    ],
)
def test_a_damaged_overrides_file_is_named(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "o.yaml").write_text(text)
    with pytest.raises(BadInput, match=rf"o\.yaml.*{expected}"):
        read_overrides(tmp_path / "o.yaml")
    with pytest.raises(BadInput, match="cannot read the file of overrides"):
        read_overrides(tmp_path / "none.yaml")


def test_overrides_are_read_as_written(tmp_path: Path) -> None:
    made = Overrides(
        apart=(Apart(ids=("A:1",), others=("B:1", "C:1"), reason="näh"),),
        together=(Together(ids=("A:1", "D:1"), reason="yes"),),
    )
    write_overrides(tmp_path / "o.yaml", made)
    assert read_overrides(tmp_path / "o.yaml") == made


# Few names, types and vocabularies, so that almost everything touches almost everything.
IDS = [f"{vocabulary}:{number}" for vocabulary in ("OMIM", "ORPHA", "DOID", "X") for number in range(3)]
NODES = st.builds(
    Node,
    id=st.sampled_from(IDS),
    type=st.sampled_from(["disease", "finding"]),
    name=st.sampled_from(["blue rash", "red rash", "green rash", "rash, blue"]),
    aliases=st.lists(st.sampled_from(["blue rash", "red rash", "azure rash"]), max_size=2, unique=True).map(tuple),
    xrefs=st.lists(st.sampled_from([*IDS, "MESH:1", "MESH:2"]), max_size=2, unique=True).map(tuple),
)
SOURCES = st.lists(st.lists(NODES, max_size=6, unique_by=lambda node: node.id), min_size=1, max_size=3)


@given(SOURCES, st.randoms(use_true_random=False), st.booleans())
def test_clusters_keep_their_constraints_in_any_order(sources: list[list[Node]], random, twins: bool) -> None:  # type: ignore[no-untyped-def]
    found = joined(*sources, twins=twins)
    types: dict[str, str] = {}
    for nodes in sources:
        for node in nodes:
            types.setdefault(node.id, node.type)
    for group in clusters(found):
        vocabularies = [id.partition(":")[0] for id in group]
        assert len(set(vocabularies)) == len(vocabularies)
        assert twins or not {"OMIM", "ORPHA"} <= set(vocabularies)
        assert len({types[id] for id in group}) == 1
    lost = [found.clusters.entities[merge.lost].id for merge in found.merges]
    assert sorted(lost) == sorted(id for id, kept in found.canonical.items() if id != kept)  # each merge logged once
    mixed = [random.sample(nodes, len(nodes)) for nodes in sources]
    again = joined(*mixed, twins=twins)
    assert again.canonical == found.canonical
    assert list(again.nodes()) == list(found.nodes())
    assert sorted(again.refusals) == sorted(found.refusals)


@given(SOURCES, st.data())
def test_an_override_parts_and_nothing_else_gets_worse(sources: list[list[Node]], data: st.DataObject) -> None:
    groups = clusters(joined(*sources))
    if not groups:
        return
    group = sorted(data.draw(st.sampled_from(groups)))
    out = data.draw(st.sampled_from(group))
    apart = Apart(ids=(out,), others=tuple(id for id in group if id != out), reason="no")
    parted = joined(*sources, overrides=Overrides(apart=(apart,)))
    assert all(parted.canonical[out] != parted.canonical[id] for id in apart.others)
