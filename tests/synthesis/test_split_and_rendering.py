"""The split keeps groups whole; stems name what they must."""

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.records import Condition, Question
from florey.synthesis.metapaths import METAPATHS
from florey.synthesis.rendering import FORMS, listed, render
from florey.synthesis.split import answer_and_evidence, assign_split

SLOTS = {"findings": "Ataxia and Seizure", "attribute": "Adult onset", "disease": "Alder fever", "neighbour": "Birch"}


def questions(groups: list[str]) -> list[Question]:
    return [
        Question(id=f"q{i}", stem="?", options=("a", "b"), gold=0, source="t", group=g) for i, g in enumerate(groups)
    ]


@given(st.lists(st.text("abc", max_size=3), max_size=60), st.integers(0, 99))
def test_no_group_stands_in_two_splits(groups: list[str], seed: int) -> None:
    sides: dict[str | None, set[str | None]] = {}
    for question in assign_split(questions([f"g{g}" for g in groups]), 0.3, 0.3, seed):
        sides.setdefault(question.group, set()).add(question.split)
    assert all(len(side) == 1 and None not in side for side in sides.values())


def test_shares_are_about_as_asked_and_depend_on_the_seed() -> None:
    asked = questions([f"g{i}" for i in range(2000)])
    split = [q.split for q in assign_split(asked, 0.1, 0.2, seed=1)]
    assert 150 < split.count("dev") < 250 and 330 < split.count("test") < 470
    assert split != [q.split for q in assign_split(asked, 0.1, 0.2, seed=2)]
    assert split[:50] == [q.split for q in assign_split(asked[:50], 0.1, 0.2, seed=1)]


@pytest.mark.parametrize(("dev", "test"), [(-0.1, 0.2), (0.6, 0.6)])
def test_impossible_shares_are_refused(dev: float, test: float) -> None:
    with pytest.raises(BadInput, match="dev"):
        assign_split([], dev, test, 0)


def test_a_group_ignores_the_order_of_conditions_and_minds_their_content() -> None:
    a = Condition(subject="?", relation="has_finding", object="HP:1")
    b = Condition(subject="?", relation="has_finding", object="HP:2")
    assert answer_and_evidence("X", [a, b]) == answer_and_evidence("X", [b, a])
    others = [("Y", [a, b]), ("X", [a]), ("X", [a, b.model_copy(update={"holds": False})])]
    assert answer_and_evidence("X", [a, b]) not in [answer_and_evidence(*other) for other in others]


def test_every_metapath_has_forms_that_name_the_same_slots() -> None:
    assert set(FORMS) == set(METAPATHS)
    for forms in FORMS.values():
        assert len(set(forms)) == len(forms) >= 6
        assert len({frozenset(slot for _, slot, *_ in Formatter().parse(form) if slot) for form in forms}) == 1


@pytest.mark.parametrize("metapath", sorted(FORMS))
def test_rendering_is_deterministic_varied_and_limited(metapath: str) -> None:
    stems = [render(metapath, SLOTS, key) for key in range(200)]
    assert stems == [render(metapath, SLOTS, key) for key in range(200)]
    assert len(set(stems)) == len(FORMS[metapath])
    assert {render(metapath, SLOTS, key, forms=2) for key in range(99)} == {
        f.format(**SLOTS) for f in FORMS[metapath][:2]
    }


def test_names_in_braces_and_unknown_metapaths() -> None:
    assert "{0}" in render("findings_to_disease", {"findings": "{0}"}, 1)
    with pytest.raises(BadInput, match="did you mean 'findings_to_gene'"):
        render("findings_to_genes", SLOTS, 1)


@pytest.mark.parametrize(
    ("names", "text"), [(["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C, mild"], "A, B and C, mild")]
)
def test_listed(names: list[str], text: str) -> None:
    assert listed(names) == text
