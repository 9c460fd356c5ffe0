"""Metapath files: what Florey brings, what a user adds, and what is refused, by file, line and nearest name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from florey.errors import BadInput
from florey.records import ANSWER, BRIDGE, Condition, hidden_of
from florey.synthesis.config import SynthesisConfig
from florey.synthesis.metapaths import Link, kinds, load_kinds

GOOD = """# one of a user's own
metapaths:
  own:
    nodes: {d: disease, f: finding, g: gene, t: drug}
    edges: [d has_finding f..., d associated_gene g, t binds_gene g]
    masks:
      own_kind: {ask: t, hide: [g, d]}
"""


def written(folder: Path, text: str, name: str = "own.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def metapath(nodes: str, edges: str, mask: str) -> str:
    return f"metapaths:\n  own:\n    nodes: {{{nodes}}}\n    edges: [{edges}]\n    masks:\n      own_kind: {{{mask}}}\n"


def test_a_good_file(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    (kind,) = load_kinds(path).values()
    assert (kind.name, kind.asked, kind.hops, kind.repeated) == ("own_kind", "t", 3, "f")
    assert [v.name for v in kind.tree] == ["t", "g", "d", "f"]
    assert [v.parent for v in kind.tree] == [-1, 0, 1, 2]
    assert [v.told for v in kind.tree] == [False, False, False, True]
    every = kinds([path])
    assert every["own_kind"] == kind and set(every) == {*kinds(), "own_kind"}
    assert SynthesisConfig(metapath_files=(path,), metapaths={"own_kind": 3}).metapaths == {"own_kind": 3}


def test_conditions_of_a_kind(tmp_path: Path) -> None:
    kind = load_kinds(written(tmp_path, GOOD))["own_kind"]
    conditions = kind.conditions({"f": ["HP:1", "HP:2"]})
    gene, disease = BRIDGE, f"{BRIDGE}2"  # numbered outwards from the answer
    assert conditions == (
        Condition(subject=disease, relation="has_finding", object="HP:1"),
        Condition(subject=disease, relation="has_finding", object="HP:2"),
        Condition(subject=disease, relation="associated_gene", object=gene),
        Condition(subject=ANSWER, relation="binds_gene", object=gene),
    )
    assert hidden_of(conditions) == (gene, disease)


def test_what_hangs_behind_a_dropped_node_is_dropped_too(tmp_path: Path) -> None:
    nodes = "d: disease, f: finding, g: gene, t: drug, e: disease, o: finding"
    edges = "d has_finding f..., d associated_gene g, t binds_gene g, e treated_by t, e has_finding o"
    kind = load_kinds(written(tmp_path, metapath(nodes, edges, "ask: d, drop: [g]")))["own_kind"]
    assert kind.dropped == {"g", "t", "e", "o"} and [v.name for v in kind.tree if v.told] == ["f"]
    assert [link.relation for link in kind.required] == ["has_finding"] and kind.hops == 1


@pytest.mark.parametrize(
    ("name", "hops"),
    [
        ("findings_to_disease", 1),
        ("disease_to_drug", 1),  # what is dropped does not count
        ("drug_gene_relation", 1),
        ("discriminating_finding", 2),  # from clue to clue
        ("findings_inheritance_to_disease", 2),
        ("findings_to_gene", 2),
        ("findings_to_gene_drug", 3),
        ("findings_to_shared_gene_drug", 4),
    ],
)
def test_hops(name: str, hops: int) -> None:
    assert kinds()[name].hops == hops


STAR = "d: disease, f: finding"
WRONG = {
    "an unknown type": (("d: diseese, f: finding", "d has_finding f", "ask: d"), "unknown type 'diseese'.*'disease'"),
    "an unknown type of several": (("d: disease, c: disease | findng", "d has_complication c", "ask: c"), "'finding'"),
    "an unknown relation": ((STAR, "d has_findings f", "ask: d"), "unknown relation 'has_findings'.*'has_finding'"),
    "a relation that joins other types": (
        (STAR, "f has_finding d", "ask: d"),
        "own_kind: has_finding does not lead from finding to disease",
    ),
    "none of the types that it joins": (
        ("d: disease, g: gene | drug", "d has_finding g", "ask: d"),
        "has_finding does not lead from disease to gene or drug",
    ),
    "an edge of two words": ((STAR, "d has_finding", "ask: d"), "edge 'd has_finding': expected 'subject relation"),
    "an edge of five words": ((STAR, "d has not finding f", "ask: d"), "expected 'subject relation object'"),
    "several at both ends": ((STAR, "d... has_finding f...", "ask: d"), "only one end can stand for several"),
    "an edge of an unknown node": ((STAR, "d has_finding ff", "ask: d"), "no node 'ff'.*'f'.*known: d, f"),
    "an unknown node asked": ((STAR, "d has_finding f", "ask: x"), "own_kind: no node 'x'; known: d, f"),
    "an unknown node hidden": ((STAR, "d has_finding f", "ask: d, hide: [dd]"), "no node 'dd'.*'d'"),
    "an unknown node dropped": ((STAR, "d has_finding f", "ask: d, drop: [ff]"), "no node 'ff'.*'f'"),
    "an unknown node decides": ((STAR, "d has_finding f", "ask: d, decisive: ff"), "no node 'ff'.*'f'"),
    "an unknown node preferred": ((STAR, "d has_finding f", "ask: d, prefer: {ff: common}"), "no node 'ff'.*'f'"),
    "an unknown preference": ((STAR, "d has_finding f", "ask: d, prefer: {f: rare}"), "expected 'common', got 'rare'"),
    "an unknown node is similar": (
        (STAR, "d has_finding f", "ask: f, similar: [d, dd, has_finding]"),
        "no node 'dd'.*'d'",
    ),
    "similar by an unknown relation": (
        (
            "x: finding, d: disease, n: disease",
            "d has_finding x, n not has_finding x",
            "ask: x, similar: [d, n, has_findng]",
        ),
        "unknown relation 'has_findng'.*'has_finding'",
    ),
    "a circle": (
        ("d: disease, f: finding, e: disease", "d has_finding f, e has_finding f, d resembles e", "ask: d"),
        "one tree, without a circle",
    ),
    "two edges between two nodes": (
        (STAR, "d has_finding f, d has_symptom f", "ask: d"),
        "one tree, without a circle",
    ),
    "two trees": (
        ("d: disease, f: finding, t: drug, g: gene", "d has_finding f, t binds_gene g", "ask: d"),
        "one tree, without a circle",
    ),
    "a circle and a tree": (
        (
            "d: disease, e: disease, f: finding, t: drug, g: gene",
            "d has_finding f, e has_finding f, d resembles e, t binds_gene g",
            "ask: t",
        ),
        "one tree, without a circle",
    ),
    "a mask that hides everything": (
        ("d: disease, f: finding, g: gene", "d has_finding f, d associated_gene g", "ask: g, hide: [d], drop: [f]"),
        "hides everything; name at least one node",
    ),
    "everything dropped": ((STAR, "d has_finding f", "ask: d, drop: [f]"), "hides everything"),
    "a hidden leaf": ((STAR, "d has_finding f", "ask: d, hide: [f]"), "only a node in the middle can be hidden, 'f'"),
    "the asked node hidden": ((STAR, "d has_finding f", "ask: d, hide: [d]"), "the asked node 'd' cannot be hidden"),
    "hidden behind a named node": (
        (
            "d: disease, f: finding, e: disease, g: gene",
            "d has_finding f, e has_finding f, e associated_gene g",
            "ask: d, hide: [e]",
        ),
        "'e' stands behind a named node",
    ),
    "several on an inner node": (
        ("d: disease, f: finding, g: gene", "d has_finding f, d... associated_gene g", "ask: g, hide: [d]"),
        r"'d\.\.\.' must be a leaf",
    ),
    "several asked": ((STAR, "d... has_finding f", "ask: d"), r"'d\.\.\.' must be a leaf other than the asked"),
    "every condition says not": ((STAR, "d not has_finding f", "ask: d"), "every condition says 'not'"),
    "not on an inner node": (
        (
            "d: disease, f: finding, g: gene, t: drug",
            "d has_finding f, d not associated_gene g, t binds_gene g",
            "ask: d, hide: [g]",
        ),
        "'not' must lead from 'd' to a leaf",
    ),
    "a condition between named nodes": (
        ("d: disease, f: finding, e: disease", "d has_finding f, e has_symptom f", "ask: d"),
        "'e' stands behind a named node: it decides nothing",
    ),
    "not behind a hidden node": (
        (
            "d: disease, f: finding, n: finding, t: drug",
            "d has_symptom f, d not has_finding n, d treated_by t",
            "ask: t, hide: [d]",
        ),
        "'not' must lead from 't' to a leaf",
    ),
    "two edges with not": (
        (
            "t: drug, d: disease, c: finding, e: finding",
            "d treated_by t, t not contraindicated_in c, t not has_side_effect e",
            "ask: t",
        ),
        "only one edge can say 'not'",
    ),
    "similar without not": (
        (
            "x: finding, d: disease, n: disease",
            "d has_finding x, n has_symptom x",
            "ask: x, similar: [d, n, has_finding]",
        ),
        "similar: expected a named leaf",
    ),
    "similar the other way round": (
        (
            "x: finding, d: disease, n: disease",
            "d has_finding x, n not has_finding x",
            "ask: x, similar: [n, d, has_finding]",
        ),
        "similar: expected a named leaf",
    ),
    "similar by what leads from other types": (
        (
            "x: finding, d: disease, n: disease",
            "d has_finding x, n not has_finding x",
            "ask: x, similar: [d, n, binds_gene]",
        ),
        "similar: binds_gene does not lead from disease",
    ),
    "a relation that is not among those asked": (
        ("t: drug, g: gene", "t binds_gene g", "ask: [t, g], among: [upregulates_gene, downregulates_gene]"),
        "the edge that is asked must be one of 'among'",
    ),
    "a relation asked that does not hold": (
        ("t: drug, g: gene", "t not binds_gene g", "ask: [t, g], among: [binds_gene, downregulates_gene]"),
        "without 'not'",
    ),
    "asked among relations of other types": (
        ("t: drug, g: gene", "t binds_gene g", "ask: [t, g], among: [binds_gene, treated_by]"),
        "treated_by does not lead from drug to gene",
    ),
    "among where no relation is asked": (
        (
            "d: disease, f: finding, g: gene",
            "d has_finding f, d associated_gene g",
            "ask: g, hide: [d], among: [binds_gene, upregulates_gene]",
        ),
        "to ask a relation takes one edge between the two nodes",
    ),
    "what decides is no leaf": (
        ("d: disease, f: finding, g: gene", "d has_finding f, d associated_gene g", "ask: g, hide: [d], decisive: d"),
        "'d' is no named leaf",
    ),
    "what decides is dropped": (
        ("d: disease, f: finding, g: gene", "d has_finding f, d associated_gene g", "ask: d, drop: [f], decisive: f"),
        "'f' is no named leaf",
    ),
    "too many hops": (
        (
            "a: finding, b: disease, c: gene, d: disease, e: finding, f: disease, g: gene",
            "b has_finding a, b associated_gene c, d associated_gene c, d has_finding e, f has_finding e, "
            "f associated_gene g",
            "ask: a, hide: [b, c, d, e, f]",
        ),
        "6 hops, expected 1 to 5",
    ),
    "a relation asked without a choice": (
        ("t: drug, g: gene", "t binds_gene g", "ask: [t, g]"),
        "takes one edge between the two nodes and 'among'",
    ),
    "a relation asked among one": (
        ("t: drug, g: gene", "t binds_gene g", "ask: [t, g], among: [binds_gene]"),
        "takes one edge between the two nodes and 'among'",
    ),
    "a relation asked beside others": (
        (
            "t: drug, g: gene, d: disease",
            "t binds_gene g, d associated_gene g",
            "ask: [t, g], among: [binds_gene, upregulates_gene]",
        ),
        "takes one edge between the two nodes and 'among'",
    ),
    "a relation asked between a node and itself": (
        ("t: drug, g: gene", "t binds_gene g", "ask: [t, t], among: [binds_gene, upregulates_gene]"),
        "takes one edge between the two nodes and 'among'",
    ),
    "asked among an unknown one": (
        ("t: drug, g: gene", "t binds_gene g", "ask: [t, g], among: [binds_gene, upregulate_gene]"),
        "unknown relation 'upregulate_gene'.*'upregulates_gene'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(name: str, tmp_path: Path) -> None:
    parts, message = WRONG[name]
    path = written(tmp_path, metapath(*parts))
    with pytest.raises(BadInput, match=rf"^{re.escape(str(path))}, line 2: metapaths.own: .*{message}") as raised:
        load_kinds(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (GOOD.replace("hide:", "hidden:"), 7, r"unknown key 'metapaths\.own\.masks\.own_kind\.hidden'.*'hide'"),
        (GOOD.replace("    edges:", "    egdes:"), 5, r"unknown key 'metapaths\.own\.egdes'.*'edges'"),
        (GOOD.replace("metapaths:", "metapath:"), 2, "unknown key 'metapath'.*'metapaths'"),
        (GOOD.replace("ask: t, ", ""), 7, r"metapaths\.own\.masks\.own_kind\.ask"),
        (GOOD.replace("[g, d]}", "[g, d}"), 7, "not YAML"),
        (GOOD.replace("d: disease,", "d: disease: x,"), 4, "not YAML"),
        ("metapaths: {}\n", 1, "at least 1 item"),
        (metapath("d: disease", "d has_finding d", "ask: d"), 3, "at least 2 items"),
        (metapath(STAR, "", "ask: d"), 4, "1 item"),
        (metapath(STAR, "d has_finding f", "").replace("masks:\n      own_kind: {}", "masks: {}"), 5, "1 item"),
        (GOOD.replace("t: drug", "t: 3"), 4, "string"),
        (GOOD.replace("a user's", "\x00"), None, "not YAML"),
        ("- metapaths\n", None, "expected a list of metapaths .* found list"),
        ("", None, "found NoneType"),
    ],
)
def test_damaged_files(text: str, line: int | None, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    where = rf"{re.escape(str(path))}, line {line}: " if line else re.escape(str(path))
    with pytest.raises(BadInput, match=rf"^{where}.*{message}"):
        load_kinds(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"missing\.yaml: cannot read the list of metapaths \(No such file"):
        load_kinds(tmp_path / "missing.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"metapaths: {\xe9: 1}")
    with pytest.raises(BadInput, match="not UTF-8"):
        load_kinds(tmp_path / "latin.yaml")


def test_a_name_only_once(tmp_path: Path) -> None:
    twice = GOOD + GOOD.replace("own:", "other:").partition("metapaths:\n")[2]
    path = written(tmp_path, twice)
    with pytest.raises(BadInput, match=rf"^{re.escape(str(path))}: the mask 'own_kind' is declared twice"):
        load_kinds(path)
    known = written(tmp_path, GOOD.replace("own_kind", "findings_to_gene"), "known.yaml")
    with pytest.raises(BadInput, match=rf"^{re.escape(str(known))}: a mask named 'findings_to_gene' exists already"):
        kinds([known])
    one, two = written(tmp_path, GOOD, "one.yaml"), written(tmp_path, GOOD, "two.yaml")
    with pytest.raises(BadInput, match=r"two\.yaml: a mask named 'own_kind' exists already"):
        kinds([one, two])
    with pytest.raises(ValidationError, match=r"unknown metapath 'own_kin'.*did you mean 'own_kind'"):
        SynthesisConfig(metapath_files=(one,), metapaths={"own_kin": 1})


def test_links_as_the_file_writes_them() -> None:
    assert Link.parse("d has_finding f...") == Link("d", "has_finding", "f", several="f")
    assert Link.parse("d... treated_by t") == Link("d", "treated_by", "t", several="d")
    assert Link.parse("n not has_finding x") == Link("n", "has_finding", "x", holds=False)
    assert Link.parse("n not has_finding x...") == Link("n", "has_finding", "x", False, "x")
    assert Link.parse("d has_finding f").other("d") == "f" and Link.parse("d has_finding f").other("f") == "d"
