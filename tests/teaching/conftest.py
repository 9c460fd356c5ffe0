"""Invented questions with certificates, small and random."""

from types import SimpleNamespace

import pytest
from hypothesis import strategies as st

from florey.records import ANSWER, BRIDGE, Binding, Certificate, Condition, OptionProof, Question, Strength, Support

NAMES = {
    "D:1": "Marfan syndrome",
    "D:2": "Loeys-Dietz syndrome",
    "D:3": "Absent thumb, short stature, and present grief",
    "D:4": "Marfan",
    "D:5": "Ataxia (late) 1/2.",
    "HP:1": "Ectopia lentis",
    "HP:2": "Scoliosis",
    "HP:3": "Absent speech",
    "HP:4": "Ectopia",
    "HP:5": "Lens, dislocated",
    "G:1": "FBN1",
    "G:2": "TGFBR1",
    "G:3": "A1BG",
    "G:4": "SMAD3",
    "G:5": "Only",
}
STATES = ("present", "absent", "unknown")


def build(option_ids, conditions, states, gold, *, tier="easy", split="train", bridges=None):
    """`states[option][binding][condition]`; `bridges[option][binding]` where the pattern has one."""

    def proof(index):
        bound = [(node,) for node in bridges[index]] if bridges else [()] * len(states[index])
        bindings = tuple(
            Binding(bridges=bridge, supports=tuple(Support(state=state) for state in row))
            for bridge, row in zip(bound, states[index], strict=True)
        )
        return OptionProof(
            option=option_ids[index], satisfies=index == gold, bindings=bindings, strength=Strength.ASSERTED
        )

    proofs = tuple(proof(index) for index in range(len(option_ids)))
    return Question(
        stem="Which one fits all of it?",
        options=tuple(NAMES[option] for option in option_ids),
        gold=gold,
        source="test",
        split=split,
        tier=tier,
        option_ids=tuple(option_ids),
        conditions=tuple(conditions),
        certificate=Certificate(graph="g", proofs=proofs, strength=Strength.ASSERTED, closed_world_share=0),
    ).identified()


def findings(*ids):
    return [Condition(subject=ANSWER, relation="has_finding", object=node) for node in ids]


def contrast(yes, no):
    return [
        Condition(subject=yes, relation="has_finding", object=ANSWER),
        Condition(subject=no, relation="has_finding", object=ANSWER, holds=False),
    ]


def linked(*ids):
    found = [Condition(subject=BRIDGE, relation="has_finding", object=node) for node in ids]
    return [*found, Condition(subject=BRIDGE, relation="associated_gene", object=ANSWER)]


def marfan():
    return build(
        ["D:1", "D:2", "D:3"],
        findings("HP:1", "HP:2"),
        [[["present", "absent"]], [["unknown", "present"]], [["present", "present"]]],
        gold=2,
    )


def gene():
    return build(
        ["G:1", "G:2", "G:4"],
        linked("HP:1", "HP:2"),
        [
            [["absent", "absent", "present"], ["present", "present", "present"]],
            [["absent", "absent", "present"], ["absent", "present", "present"]],
            [],
        ],
        gold=0,
        bridges=[["D:2", "D:1"], ["D:4", "D:2"], []],
    )


@st.composite
def certified(draw):
    """A random question of one of three patterns with a certificate that singles out its gold option."""
    pattern = draw(st.sampled_from(["findings", "contrast", "linked"]))
    size = draw(st.integers(2, 5))
    objects = draw(st.permutations([f"HP:{n}" for n in range(1, 6)]))[: draw(st.integers(1, 4))]
    conditions = {"findings": findings(*objects), "contrast": contrast("D:1", "D:2"), "linked": linked(*objects)}[
        pattern
    ]
    kind = {"findings": "D", "contrast": "HP", "linked": "G"}[pattern]
    options = [f"{kind}:{n}" for n in draw(st.permutations(range(1, 6)))[:size]]
    gold = draw(st.integers(0, size - 1))
    fitting = ["present" if condition.holds else "absent" for condition in conditions]
    rows = st.lists(st.sampled_from(STATES), min_size=len(fitting), max_size=len(fitting)).filter(fitting.__ne__)
    if pattern != "linked":
        states = [[fitting] if index == gold else [draw(rows)] for index in range(size)]
        return build(options, conditions, states, gold)
    bridges = [draw(st.permutations([f"D:{n}" for n in range(1, 6)]))[: draw(st.integers(1, 3))] for _ in options]
    states = [[draw(rows) for _ in found] for found in bridges]
    states[gold][-1] = fitting
    return build(options, conditions, states, gold, bridges=bridges)


@pytest.fixture(scope="session")
def cases():
    """The builders above: test modules of this folder do not import each other."""
    return SimpleNamespace(
        names=NAMES, build=build, findings=findings, contrast=contrast, marfan=marfan, gene=gene, certified=certified
    )
