"""What a thought has to speak of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from florey.answer import completion
from florey.records import Question
from florey.teaching.coverage import discriminating, uncovered
from florey.teaching.graph_teacher import write_trace


def asked(*options, gold=0, language="en"):
    return Question(stem="Which one?", options=options, gold=gold, source="test", language=language).identified()


def details(question, thought, names=None):
    return [problem.detail for problem in uncovered(question, completion(thought, question.gold), names or {})]


GERMS = ("Escherichia coli infection", "Vitamin B12 deficiency", "Iron deficiency", "Hepatitis B")
DOSES = ("5 mg", "10 mg", "50 mg")
CHINESE = ("急性胰腺炎", "急性胆囊炎", "消化性溃疡")
ANSWER, RIVAL = "it does not say in words which option it arrives at", "it weighs no option against the answer"


@pytest.mark.parametrize(
    ("options", "thought", "missing"),
    [
        (GERMS, "Escherichia coli grows; iron deficiencies would make small cells.", []),
        (GERMS, "Option A fits, (C) does not.", []),
        (GERMS, "Here A beats C by far.", []),
        (GERMS, "A is likely, but C is not excluded.", []),
        (GERMS, "A patient with E. coli in the blood has B cells and hepatitis B antibodies.", [ANSWER]),
        (GERMS, "A patient with B cells of type A, and I think that settles it.", [ANSWER, RIVAL]),
        (GERMS, "The infection is bacterial.", [ANSWER, RIVAL]),  # one word of three that no other option has
        (GERMS, "The coli infection is no hepatitis.", []),
        (("Hepatitis B", "Hepatitis C"), "It is hepatitis B and not hepatitis C.", []),  # no word of their own
        (("Hepatitis B", "Hepatitis C"), "It is hepatitis.", [ANSWER, RIVAL]),
        (GERMS, "Iron is normal and B12 as well.", [ANSWER]),
        (GERMS, "It is a deficiency.", [ANSWER, RIVAL]),
        (DOSES, "At 70 kg this is 5 mg, and 50 mg would be ten times too much.", []),
        (DOSES, "At 70 kg the dose in mg follows.", [ANSWER, RIVAL]),
        (CHINESE, "淀粉酶升高提示胰腺炎，溃疡没有这种表现。", []),
        (CHINESE, "选项A符合，B项不符合。", []),
        (CHINESE, "急性起病，有炎症。", [ANSWER, RIVAL]),
    ],
)
def test_an_answer_and_a_rival_have_to_be_named(options, thought, missing):
    assert details(asked(*options), thought) == missing


def test_certified_questions_need_what_tells_the_answer_from_its_nearest_rival(cases):
    question = cases.marfan()  # A lacks Scoliosis; B is unclear on Ectopia lentis
    (telling,) = discriminating(question)
    label, other = [["Ectopia lentis", "Scoliosis"][place] for place in (telling, 1 - telling)]
    assert details(question, f"{label} decides.", cases.names) == []
    problem = f"it does not consider {label}, which tells the answer from its nearest rival"
    assert details(question, f"{other} decides, so not A but C.", cases.names) == [problem]
    (found,) = uncovered(question, completion(f"{other} decides.", question.gold), cases.names)
    assert found.reason == "not_considered"


def test_nothing_is_asked_that_no_words_could_say(cases):
    twice = cases.findings("HP:1", "HP:1")  # one finding under two relations: its name tells neither
    twice[1] = twice[1].model_copy(update={"relation": "excludes_finding"})
    states = [[["present", "absent"]], [["present", "present"]]]
    question = cases.build(["D:1", "D:2"], twice, states, gold=1)
    assert discriminating(question) == {1}
    assert details(question, "Marfan syndrome has it, Loeys-Dietz syndrome has both.", cases.names) == []


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_graph_teacher_covers_its_questions(cases, data):
    question = data.draw(cases.certified())
    trace = write_trace(question, cases.names, "direct", 0)
    assert uncovered(question, trace.text, cases.names) == []
