from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from florey.answer import completion
from florey.records import Question, Trace
from florey.teaching.selection import discriminating, select


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


def test_the_shortest_that_covers_the_evidence(cases):
    question = cases.marfan()  # nearest rivals: A lacks Scoliosis, B is unclear on Ectopia lentis
    (telling,) = discriminating(question)
    label = ["Ectopia lentis", "Scoliosis"][telling]
    short, long, bare = (
        trace(question, f"{label} decides."),
        trace(question, f"One looks at {label}, and it decides for the last."),
        trace(question, "C."),
    )
    found = select([question], [bare, long, short], cases.names)
    assert found.traces == [short]
    assert Counter(reason for _, reason in found.left) == {"misses_evidence": 1, "not_the_shortest": 1}


def test_without_a_certificate_the_answer_and_a_rival_must_be_named():
    question = asked(1)
    both, one = trace(question, "Not Alpha: it is Beta."), trace(question, "It is Beta.")
    letters = trace(question, "Here B beats A by far.")
    assert select([question], [one, both], {}).traces == [both]
    assert select([question], [letters], {}).traces == [letters]


def test_strategies_stay_diverse():
    questions = [asked(number) for number in range(8)]
    offered = [
        trace(question, f"Alpha or Beta, {padding}", strategy)
        for question in questions
        for strategy, padding in (("direct", "x"), ("backtracking", "xxxxxx"))
    ]
    found = select(questions, offered, {})
    assert Counter(each.strategy for each in found.traces) == {"direct": 4, "backtracking": 4}


def test_several_for_a_question_take_different_strategies_first():
    question = asked(1)
    offered = [
        trace(question, "Alpha or Beta, x"),
        trace(question, "Alpha or Beta, xx"),
        trace(question, "Alpha or Beta, xxxxxx", "self_correction"),
    ]
    found = select([question], offered, {}, per_question=2)
    assert {each.strategy for each in found.traces} == {"direct", "self_correction"}


def test_self_found_goes_before_told():
    question = asked(1)
    told, own = trace(question, "Alpha, Beta", told=True), trace(question, "Alpha or else Beta, at length")
    assert select([question], [told, own], {}).traces == [own]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 20), st.integers(0, 20), st.floats(0, 1), st.integers(0, 5))
def test_the_cap_on_told_traces_holds(own, told, share, seed):
    questions = [asked(number) for number in range(own + told)]
    traces = [trace(q, "Alpha or Beta", told=place >= own) for place, q in enumerate(questions)]
    found = select(questions, traces, {}, max_told_share=share, seed=seed)
    kept = Counter(each.gold_shown for each in found.traces)
    assert kept[False] == own
    assert kept[True] <= share * len(found.traces) + 1e-6
    room = own * share / (1 - share) if share < 1 else told
    assert kept[True] == min(told, int(room + 1e-9))
    assert kept.total() + len(found.left) == own + told
