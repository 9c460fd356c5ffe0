"""Any OBO file as a source; circles, holes and repeats in it."""

from pathlib import Path

import pytest

from florey.errors import BadInput
from florey.graph.sources import Licence
from florey.graph.sources.obo_file import Obo

LICENCE = Licence("CC0-1.0", "invented")
BODY = """data-version: x/2020-01-01

[Term]
id: AN:1
name: body

[Term]
id: AN:2
name: hand
xref: MSH:D1 ! words
xref: "not an id"
synonym: "paw" EXACT []
synonym: "limb" BROAD []
alt_id: AN:20
is_a: AN:1 ! body

[Term]
id: AN:3
name: finger
is_a: AN:1
relationship: part_of AN:20 {x="y"} ! hand
relationship: part_of AN:404
relationship: near AN:2
relationship: develops_from AN:2

[Term]
id: PR:1
name: growing
relationship: part_of AN:2

[Term]
id: PR:2
name: no root of its own

[Term]
id: AN:9
name: gone
is_obsolete: true
"""


def source(tmp_path: Path, text: str = BODY, **options: object) -> Obo:
    path = tmp_path / "body.obo"
    path.write_text(text)
    defaults = {"source": "body", "licence": LICENCE, "types": {"AN:1": "anatomy", "PR:1": "biological_process"}}
    return Obo(path, **{**defaults, **options})  # type: ignore[arg-type]


def test_terms_and_relationships(tmp_path: Path) -> None:
    obo = source(tmp_path, relations={"near": "is_a"})
    nodes = {node.id: node for node in obo.nodes()}
    assert {name: node.type for name, node in nodes.items()} == {
        **{"AN:1": "anatomy", "AN:2": "anatomy", "AN:3": "anatomy", "PR:1": "biological_process"}
    }
    assert (nodes["AN:2"].aliases, nodes["AN:2"].xrefs) == (("paw",), ("MESH:D1",))
    found = list(obo.statements())
    assert [(s.subject, s.relation, s.object) for s in found] == [
        ("AN:2", "is_a", "AN:1"),
        ("AN:3", "is_a", "AN:1"),
        ("AN:3", "located_in", "AN:2"),
        ("AN:3", "is_a", "AN:2"),
    ]
    assert {(s.source, s.release) for s in found} == {("body", "2020-01-01")}
    assert obo.licences == {"body": LICENCE}
    assert obo.rewritten == {"alternative or replaced id": 1}
    assert obo.dropped == {
        "term: under no root that has a type": 1,
        "part_of: an end is no node": 1,
        "develops_from: no such relation in the graph": 1,
        "part_of: from biological_process to anatomy": 1,
    }


def test_one_type_for_all(tmp_path: Path) -> None:
    obo = source(tmp_path, types=None, type="concept")
    assert {node.type for node in obo.nodes()} == {"concept"}
    assert sum(s.relation == "is_a" for s in obo.statements()) == 2


CIRCLE = """data-version: 1

[Term]
id: A:1
name: one
is_a: A:3

[Term]
id: A:2
name: two
is_a: A:1

[Term]
id: A:3
name: three
is_a: A:2
is_a: A:4

[Term]
id: A:4
name: four
"""


def test_a_circle_in_is_a(tmp_path: Path) -> None:
    expected = r"body.obo, line 8: is_a has a cycle: A:1 \(line 3\) is_a A:3 \(line 13\) is_a A:2 \(line 8\) is_a A:1"
    with pytest.raises(BadInput, match=expected):
        source(tmp_path, CIRCLE, types=None, type="concept")
    obo = source(tmp_path, CIRCLE, types=None, type="concept", strict=False)
    assert {(s.subject, s.object) for s in obo.statements()} == {("A:1", "A:3"), ("A:3", "A:2"), ("A:3", "A:4")}
    assert obo.dropped == {"is_a: closes a circle": 1}
    of_itself = "data-version: 1\n[Term]\nid: A:1\nname: one\nis_a: A:1\n"
    with pytest.raises(BadInput, match=r"line 2: is_a has a cycle: A:1 \(line 2\) is_a A:1"):
        source(tmp_path, of_itself, types=None, type="concept")


def test_two_ways_up_are_no_circle(tmp_path: Path) -> None:
    text = "data-version: 1\n" + "".join(
        f"[Term]\nid: A:{n}\nname: n{n}\n" + "".join(f"is_a: A:{p}\n" for p in up)
        for n, up in ((1, ()), (2, (1,)), (3, (1,)), (4, (2, 3)))
    )
    assert len(list(source(tmp_path, text, types=None, type="concept").statements())) == 4


def test_a_chain_longer_than_the_stack(tmp_path: Path) -> None:
    text = "data-version: 1\n" + "".join(
        f"[Term]\nid: A:{n}\nname: n{n}\n" + (f"is_a: A:{n + 1}\n" if n < 5000 else "") for n in range(5001)
    )
    assert sum(1 for _ in source(tmp_path, text, types=None, type="concept").statements()) == 5000


@pytest.mark.parametrize(
    ("old", "new", "message", "reason"),
    [
        ("id: AN:3\n", "id: AN:2\n", "line 17: term 'AN:2' is given twice", "term: id given twice"),
        ("is_a: AN:1 ! body", "is_a: AN:7", "line 7: AN:2 is_a 'AN:7', which is no live term", "is_a: no live term"),
        ("name: hand\n", "", "line 7: a .Term. needs exactly one 'name:'", "term: not one 'name:'"),
        ("name: hand", "name hand", "line 9: expected 'tag: value'", "line: not 'tag: value'"),
    ],
)
def test_damage_is_named_or_counted(tmp_path: Path, old: str, new: str, message: str, reason: str) -> None:
    with pytest.raises(BadInput, match=f"body.obo, {message}"):
        source(tmp_path, BODY.replace(old, new, 1))
    obo = source(tmp_path, BODY.replace(old, new, 1), strict=False)
    assert obo.dropped[reason] == 1
    nodes = {node.id for node in obo.nodes()}
    assert "AN:1" in nodes
    assert all({s.subject, s.object} <= nodes for s in obo.statements())


def test_bad_settings(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"source 'body': unknown type 'anatomi' \(did you mean 'anatomy'"):
        source(tmp_path, types=None, type="anatomi")
    with pytest.raises(BadInput, match=r"no live term 'AN:11' \(did you mean 'AN:1'"):
        source(tmp_path, types={"AN:11": "anatomy"})
    with pytest.raises(BadInput, match="unknown relation 'locatedin'"):
        source(tmp_path, relations={"near": "locatedin"})
