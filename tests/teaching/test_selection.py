from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from florey.answer import completion
from florey.records import Question, Trace
from florey.teaching.selection import select


def asked(number):
    return Question(stem=f"Case {number}?", options=("Alpha", "Beta", "Gamma"), gold=1, source="test").identified()


def trace(question, thought, strategy="direct", told=False):
    return Trace(
        question_id=question.id,
        strategy=strategy,
        text=completion(thought, question.gold),
        teacher="model",
        gold_shown=told,
    ).identified()


def test_the_shortest_of_those_accepted():
    question = asked(1)
    short, long = trace(question, "It is Beta."), trace(question, "On a longer look it is Beta.")
    found = select([question], [long, short])
    assert found.traces == [short] and found.left == [(long, "not_the_shortest")]


def test_what_was_written_twice_counts_once():
    question = asked(1)
    own, told = trace(question, "It is Beta."), trace(question, "It is Beta.", told=True)
    found = select([question], [told, own, own], per_question=3)
    assert found.traces == [own]
    assert [reason for _, reason in found.left] == ["written_twice"] * 2


def test_strategies_stay_diverse():
    questions = [asked(number) for number in range(8)]
    offered = [
        trace(question, f"Alpha or Beta, {padding}", strategy)
        for question in questions
        for strategy, padding in (("direct", "x"), ("backtracking", "xxxxxx"))
    ]
    found = select(questions, offered)
    assert Counter(each.strategy for each in found.traces) == {"direct": 4, "backtracking": 4}


def test_several_for_a_question_take_different_strategies_first():
    question = asked(1)
    offered = [
        trace(question, "Alpha or Beta, x"),
        trace(question, "Alpha or Beta, xx"),
        trace(question, "Alpha or Beta, xxxxxx", "self_correction"),
    ]
    found = select([question], offered, per_question=2)
    assert [each.strategy for each in found.traces] == ["direct", "self_correction"]


def test_another_strategy_goes_before_a_second_trace_of_the_same_even_if_it_was_told():
    question = asked(1)
    offered = [
        trace(question, "Alpha or Beta, x"),
        trace(question, "Alpha or Beta, xx"),
        trace(question, "Alpha or Beta, xxxxxx", "backtracking", told=True),
    ]
    found = select([question], offered, per_question=2)
    assert [each.strategy for each in found.traces] == ["direct", "backtracking"]


def test_self_found_goes_before_told():
    question = asked(1)
    told, own = trace(question, "Alpha, Beta", told=True), trace(question, "Alpha or else Beta, at length")
    assert select([question], [told, own]).traces == [own]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 20), st.integers(0, 20), st.floats(0, 1), st.integers(0, 5))
def test_the_cap_on_told_traces_holds(own, told, share, seed):
    questions = [asked(number) for number in range(own + told)]
    traces = [trace(q, "Alpha or Beta", told=place >= own) for place, q in enumerate(questions)]
    found = select(questions, traces, max_told_share=share, seed=seed)
    kept = Counter(each.gold_shown for each in found.traces)
    assert kept[False] == own
    assert kept[True] <= share * len(found.traces) + 1e-6
    room = own * share / (1 - share) if share < 1 else told
    assert kept[True] == min(told, int(room + 1e-9))
    assert kept.total() + len(found.left) == own + told
