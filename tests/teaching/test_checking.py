import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.teaching.checking import check_trace
from florey.teaching.distill import STRATEGIES
from florey.teaching.graph_teacher import write_trace
from florey.teaching.language import WORDINGS, say


def problems(cases, old, new, strategy="direct", question=None, seed=0):
    """The check's findings after `old` in the trace is replaced; the trace must be clean before and changed after."""
    question = question or cases.marfan()
    trace = write_trace(question, cases.names, strategy, seed)
    assert check_trace(question, trace, cases.names) == []
    text = re.sub(old, new, trace.text, count=1)
    assert text != trace.text
    return check_trace(question, trace.model_copy(update={"text": text}), cases.names)


DIRECT = [
    (
        "Ectopia lentis present, Scoliosis absent, 1/2",
        "Ectopia lentis present, Scoliosis present, 2/2",
        "is absent, the trace",
    ),
    ("Scoliosis absent, 1/2", "Scoliosis absent, 2/2", "A: 2 counted, 1 said"),
    (r"1/2\.", "1/3.", "3 conditions, there are 2"),
    ("A Marfan .*? B", "B", "A is not considered"),
    ("Scoliosis absent, 1/2", "1/2", "A: nothing on Scoliosis"),
    ("Scoliosis absent,", "Scoliosis absent, Scoliosis absent,", "stated twice"),
    ("(A Marfan .*? )B", r"\1\1B", "A is considered twice"),
    ("A Marfan syndrome", "A Loeys-Dietz syndrome", "cannot read"),
    ("Ectopia lentis", "Ectopia", "cannot read"),
    ("Scoliosis absent", "Scoliosis surely absent", "cannot read"),
    ("Only C fits all 2.", "Only A fits all 2.", "concludes A"),
    ("Only C fits all 2.", "Only C fits all 3.", "3 conditions, there are 2"),
    (" Only C fits all 2.", "", "does not end in one conclusion"),
    ("Only C", "Only C fits all 2. Only C", "does not end in one conclusion"),
    ("<answer>C", "<answer>A", "the answer is not C"),
    ("<answer>C</answer>", "C", "not a well-formed completion"),
    ("<think>", "", "not a well-formed completion"),
    ("Only C", "Take A for now. Only C", "'lean' has no place in a direct trace"),
]


@pytest.mark.parametrize(("old", "new", "expected"), DIRECT)
def test_direct_faults(cases, old, new, expected):
    assert expected in "; ".join(problems(cases, old, new))


def test_the_order_of_options_and_findings_is_free(cases):
    assert problems(cases, "(A Marfan.*?)(B Loeys.*?)C", r"\2\1C") == []
    assert problems(cases, "(Ectopia lentis present, )(Scoliosis absent, )", r"\2\1") == []


def test_bridge_must_be_a_candidate_and_its_own_states_stated(cases):
    gene = cases.gene()
    assert problems(cases, "via Loeys-Dietz syndrome", "via Marfan syndrome", question=gene) != []
    other = "via Marfan : Ectopia lentis absent, Scoliosis absent, link present, 1/3"
    assert problems(cases, "via Loeys-Dietz .*?2/3", other, question=gene) == []
    assert "is absent" in "; ".join(problems(cases, "via Loeys-Dietz syndrome", "via Marfan", question=gene))
    assert "does have a candidate" in "; ".join(
        problems(cases, "B TGFBR1 .*?2/3", "B TGFBR1 via Marfan : no candidate, 0/3", question=gene)
    )


def wording(kind):
    """A pattern for any wording of a move about option A."""
    slots = {"letter": "A", "label": "Scoliosis", "claims": "Scoliosis absent, ", "total": 2}
    slots |= {"state": "absent", "said": "present", "count": 1}
    return "(?:" + "|".join(re.escape(say(kind, i, **slots)) for i in range(len(WORDINGS[kind]))) + ") "


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("strategy", "kind", "expected"),
    [
        ("backtracking", "go_back", "A is followed and never given up"),
        ("path_exploration", "leave", "A is followed and never given up"),
        ("self_correction", "correct", "A is followed and never given up"),
        ("self_correction", "correct", "A: 'Scoliosis' is absent, the trace says present"),
        ("self_correction", "correct", "concludes C, but by its counts A, C fits"),
        ("self_correction", "lean", "A is given up but was not followed"),
    ],
)
def test_an_error_must_be_taken_back_in_words(cases, strategy, kind, expected, seed):
    assert expected in problems(cases, wording(kind), "", strategy, seed=seed)


def test_a_plain_restatement_takes_nothing_back(cases):
    restated = "A Marfan syndrome : Ectopia lentis present, Scoliosis absent, 1/2. "
    found = problems(cases, wording("correct"), restated, "self_correction")
    assert "A is considered twice" in found and "A is followed and never given up" in found


def test_a_correction_must_take_back_what_was_said(cases):
    found = problems(cases, "absent, not present", "absent, not unclear", "self_correction")
    assert "A: takes back 'Scoliosis' unclear, which it never said" in found


@pytest.mark.parametrize("strategy", STRATEGIES[1:])
def test_a_trace_is_of_the_strategy_it_is_marked_as(cases, strategy):
    question = cases.marfan()
    direct = write_trace(question, cases.names, "direct", 0)
    marked = direct.model_copy(update={"strategy": strategy})
    assert check_trace(question, marked, cases.names) == [f"marked {strategy}, but there is none"]
    other = write_trace(question, cases.names, strategy, 0).model_copy(update={"strategy": "direct"})
    assert any("no place in a direct trace" in problem for problem in check_trace(question, other, cases.names))


def test_another_questions_trace(cases):
    trace = write_trace(cases.marfan(), cases.names, "direct", 0).model_copy(update={"question_id": "q-other"})
    assert check_trace(cases.marfan(), trace, cases.names) == ["written for question q-other"]


STATE = re.compile(r"(?<= )(present|absent|unclear)(?=[,.])")


@given(st.data(), st.sampled_from(STRATEGIES), st.integers(0, 2**16))
def test_any_flipped_state_is_caught(cases, data, strategy, seed):
    question = data.draw(cases.certified())
    trace = write_trace(question, cases.names, strategy, seed)
    for found in STATE.finditer(trace.text):
        for word in {"present", "absent", "unclear"} - {found[0]}:
            text = trace.text[: found.start()] + word + trace.text[found.end() :]
            assert check_trace(question, trace.model_copy(update={"text": text}), cases.names), text


@given(st.data(), st.sampled_from(STRATEGIES), st.integers(0, 2**16))
def test_any_changed_count_is_caught(cases, data, strategy, seed):
    question = data.draw(cases.certified())
    trace = write_trace(question, cases.names, strategy, seed)
    for found in re.finditer(r"(?<= )(\d+)(?=/\d+[,. ])(?!/2\. )", trace.text):
        text = trace.text[: found.start()] + str(int(found[0]) + 1) + trace.text[found.end() :]
        assert check_trace(question, trace.model_copy(update={"text": text}), cases.names), text


@given(st.text(max_size=80))
def test_any_other_text_is_refused_and_never_raises(cases, text):
    question = cases.marfan()
    trace = write_trace(question, cases.names, "direct", 0).model_copy(update={"text": text})
    assert check_trace(question, trace, cases.names)
