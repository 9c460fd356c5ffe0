import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.answer import parse
from florey.errors import BadInput
from florey.records import Condition
from florey.teaching.checking import check_trace
from florey.teaching.distill import STRATEGIES
from florey.teaching.graph_teacher import NothingTempting, write_trace


def thought(question, trace):
    return parse(trace.text, question.options).thought


def test_direct_is_exactly_this(cases):
    question = cases.marfan()
    trace = write_trace(question, cases.names, "direct", 0)
    assert trace.text == (
        "<think>A Marfan syndrome : Ectopia lentis present, Scoliosis absent, 1/2. "
        "B Loeys-Dietz syndrome : Ectopia lentis unclear, Scoliosis present, 1/2. "
        "C Absent thumb, short stature, and present grief : Ectopia lentis present, Scoliosis present, 2/2. "
        "Only C fits all 2.</think><answer>C</answer>"
    )
    assert (trace.question_id, trace.strategy, trace.teacher) == (question.id, "direct", "graph")
    assert trace.id == trace.identified().id != ""


def test_direct_takes_the_best_binding_of_a_bridge(cases):
    question = cases.gene()
    assert thought(question, write_trace(question, cases.names, "direct", 0)) == (
        "A FBN1 via Marfan syndrome : Ectopia lentis present, Scoliosis present, link present, 3/3. "
        "B TGFBR1 via Loeys-Dietz syndrome : Ectopia lentis absent, Scoliosis present, link present, 2/3. "
        "C SMAD3 : no candidate, 0/3. Only A fits all 3."
    )


def test_direct_counts_an_absence_that_is_asked_for(cases):
    question = cases.build(
        ["HP:1", "HP:2"], cases.contrast("D:1", "D:2"), [[["present", "absent"]], [["present", "present"]]], 0
    )
    assert thought(question, write_trace(question, cases.names, "direct", 0)) == (
        "A Ectopia lentis : in Marfan syndrome present, in Loeys-Dietz syndrome absent, 2/2. "
        "B Scoliosis : in Marfan syndrome present, in Loeys-Dietz syndrome present, 1/2. Only A fits all 2."
    )


def test_conditions_on_one_object_are_told_apart(cases):
    twice = [*cases.findings("HP:1"), Condition(subject="?", relation="has_history", object="HP:1")]
    question = cases.build(["D:1", "D:2"], twice, [[["present", "present"]], [["present", "absent"]]], 0)
    text = write_trace(question, cases.names, "direct", 0).text
    assert "Ectopia lentis (has_finding) present, Ectopia lentis (has_history) absent, 1/2." in text


def test_corrective_strategies_say_what_they_do(cases):
    question = cases.marfan()
    first = [thought(question, write_trace(question, cases.names, strategy, 0)) for strategy in STRATEGIES[1:]]
    back, side, correct = first
    assert "A Marfan syndrome : Ectopia lentis present, " in back and back.count("A Marfan syndrome") == 1
    assert "A present, C present" in side or "C present, A present" in side
    assert "Scoliosis present, 2/2." in correct and "absent, not present." in correct and "A has 1/2." in correct
    assert all(text.endswith("Only C fits all 2.") for text in first)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_seed_chooses_the_wording_and_nothing_else_does(cases, strategy):
    texts = {write_trace(cases.marfan(), cases.names, strategy, seed).text for seed in range(30)}
    assert len(texts) == 1 if strategy == "direct" else len(texts) >= 6
    assert write_trace(cases.marfan(), cases.names, strategy, 7) == write_trace(
        cases.marfan(), cases.names, strategy, 7
    )


@given(st.data(), st.sampled_from(STRATEGIES), st.integers(0, 2**32))
def test_what_is_written_is_true(cases, data, strategy, seed):
    question = data.draw(cases.certified())
    trace = write_trace(question, cases.names, strategy, seed)
    assert check_trace(question, trace, cases.names) == []
    assert parse(trace.text, question.options).well_formed
    assert "  " not in trace.text


@given(st.data(), st.sampled_from(STRATEGIES))
def test_names_apart_the_vocabulary_is_small(cases, data, strategy):
    """Punctuation sticks to a few words only: no name is ever glued to a mark."""
    question = data.draw(cases.certified())
    text = thought(question, write_trace(question, cases.names, strategy, 0))
    for name in sorted(cases.names.values(), key=len, reverse=True):
        text = f" {text} ".replace(f" {name} ", " NAME ")
    assert not any(name in text for name in cases.names.values() if len(name) > 1)


def test_refused(cases):
    question = cases.marfan()
    with pytest.raises(BadInput, match="no certificate"):
        write_trace(question.model_copy(update={"certificate": None}), cases.names, "direct", 0)
    with pytest.raises(BadInput, match="no node HP:2"):
        write_trace(question, {k: v for k, v in cases.names.items() if k != "HP:2"}, "direct", 0)
    with pytest.raises(BadInput, match="gold option is B, by the certificate it is C"):
        write_trace(question.model_copy(update={"gold": 1}), cases.names, "direct", 0)
    with pytest.raises(BadInput, match="options are not the question's"):
        shuffled = question.model_copy(update={"option_ids": question.option_ids[::-1]})
        write_trace(shuffled, cases.names, "direct", 0)
    with pytest.raises(BadInput, match="two conditions are the same"):
        same = cases.findings("HP:1", "HP:1")
        write_trace(question.model_copy(update={"conditions": tuple(same)}), cases.names, "direct", 0)


def test_nothing_tempting(cases):
    lone = cases.build(["D:1", "D:2"], cases.findings("HP:1"), [[["present"]], []], 0)
    assert check_trace(lone, write_trace(lone, cases.names, "direct", 0), cases.names) == []
    with pytest.raises(NothingTempting):
        write_trace(lone, cases.names, "backtracking", 0)
