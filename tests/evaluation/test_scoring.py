"""Verdicts, groups and refusals of the scorer, and the paired comparison between stages."""

import pytest

from florey.answer import completion
from florey.errors import BadInput
from florey.evaluation.scoring import Scored, StageScore, rarest, score, summarise
from florey.evaluation.staircase import compare
from florey.evaluation.statistics import mcnemar
from florey.records import Condition, Difficulty, Prediction, Question, Verdict

TIER = ("easy", "moderate", "difficult")


def asked(number, *, options=4, conditions=2, rarity=None):
    return Question(
        id=f"q{number}",
        stem="Which?",
        options=tuple(f"disease {number} {i}" for i in range(options)),
        option_ids=tuple(f"D:{number // 2}:{i}" for i in range(options)),
        gold=number % options,
        source="test",
        tier=TIER[number % 3],
        metapath=("finding_disease", "finding_gene")[number % 2],
        conditions=tuple(Condition(subject="?", relation="has", object=f"F:{i}") for i in range(conditions)),
        difficulty=None
        if rarity is None
        else Difficulty(hops=1, conditions=conditions, options=options, rarity=rarity, overlap=0.5, score=0.5),
    )


def said(question, text, *, finished=True, model="policy", sample=0):
    return Prediction(
        question_id=question.id, model=model, sample=sample, text=text, tokens=len(text), finished=finished
    )


def answered(question, right=True):
    return said(question, completion("so", question.gold if right else (question.gold + 1) % len(question.options)))


def test_five_verdicts_stay_apart_and_accuracy_is_over_all():
    questions = [asked(i) for i in range(6)]
    right, wrong, mute, cut, both, right2 = questions
    predictions = [
        answered(right),
        answered(wrong, right=False),
        said(mute, "I do not know"),
        said(cut, "<think>and then", finished=False),
        said(both, "<answer>A</answer><answer>B</answer>"),
        answered(right2),
    ]
    scored = score(questions, reversed(predictions))
    assert [item.question_id for item in scored] == [q.id for q in questions]
    assert [item.verdict for item in scored] == [
        "correct",
        "wrong",
        "unparsed",
        "truncated",
        "several",
        "correct",
    ]
    found = summarise(scored, seed=1)
    assert found.verdicts == {"correct": 2, "wrong": 1, "unparsed": 1, "truncated": 1, "several": 1}
    assert found.accuracy == pytest.approx(2 / 6)
    assert found.parsed_rate == pytest.approx(3 / 6)
    assert found.accuracy_given_parsed == pytest.approx(2 / 3)
    assert found.lo < found.accuracy < found.hi
    assert StageScore.model_validate_json(found.model_dump_json()) == found


def test_zero_counts_are_shown_and_nothing_parsed_has_no_conditional_accuracy():
    questions = [asked(i) for i in range(8)]
    found = summarise(score(questions, [said(q, "") for q in questions]), seed=1)
    assert found.verdicts == {"correct": 0, "wrong": 0, "unparsed": 8, "truncated": 0, "several": 0}
    assert found.accuracy_given_parsed is None
    assert found.interval == "wilson"
    assert found.lo == 0 < found.hi


def test_clusters_are_the_answers():
    questions = [asked(i, options=2) for i in range(40)]  # answers "D:k:0" and "D:k:1": one item each
    assert summarise(score(questions, map(answered, questions)), seed=1).clusters == 40
    same = [q.model_copy(update={"option_ids": ("D:1", "D:2"), "gold": 0}) for q in questions]
    assert summarise(score(same, map(answered, same)), seed=1).clusters == 1


def test_groups_partition_the_items():
    questions = [asked(i, options=4 + i % 2, conditions=2 + i % 3) for i in range(60)]
    found = summarise(score(questions, [answered(q, i % 4 > 0) for i, q in enumerate(questions)]), seed=1)
    assert list(found.tiers) == list(TIER)
    assert found.metapaths.keys() == {"finding_disease", "finding_gene"}
    assert found.shapes.keys() == {"2x4", "3x5", "4x4", "2x5", "3x4", "4x5"}
    for group in (found.tiers, found.metapaths, found.shapes):
        assert sum(c.n for c in group.values()) == 60
        assert sum(c.n * c.accuracy for c in group.values()) == pytest.approx(60 * found.accuracy)
    assert found.chance == pytest.approx((1 / 4 + 1 / 5) / 2)
    assert found.rarest is None


def test_questions_without_graph_have_no_shape_or_rarity():
    question = Question(id="x", stem="?", options=("yes", "no"), gold=0, source="bench")
    found = summarise(score([question], [answered(question)]), seed=1)
    assert (found.tiers, found.metapaths, found.shapes, found.rarest) == ({}, {}, {}, None)
    assert found.chance == 0.5


def test_rarest_quartile():
    questions = [asked(i, rarity=i / 10) for i in range(8)]
    scored = score(questions, [answered(q, right=i >= 6) for i, q in enumerate(questions)])
    assert [item.question_id for item in rarest(scored)] == ["q6", "q7"]
    assert summarise(scored, seed=1).rarest.accuracy == 1
    tied = [item.model_copy(update={"rarity": 0.3}) for item in scored]
    assert len(rarest(tied)) == 8
    assert len(rarest([*scored[:-1], scored[-1].model_copy(update={"rarity": None})])) == 2


def test_prefilled_prompts_are_scored_by_the_one_grammar():
    question = asked(0)
    assert score([question], [said(question, "so</think><answer>A</answer>")], prefilled=True)[0].correct


@pytest.mark.parametrize(
    ("break_it", "names"),
    [
        (lambda q, p: (q, p[:-1]), "no prediction: q2"),
        (lambda q, p: (q, [*p, p[0]]), "more than one prediction: q0"),
        (lambda q, p: (q[:-1], p), "predictions of questions not in the set: q2"),
        (lambda q, p: ([*q, q[1]], p), "questions given twice: q1"),
        (
            lambda q, p: (q, [*p[:-1], p[-1].model_copy(update={"model": "other"})]),
            "one model, got those of other, pol",
        ),
        (lambda q, p: ([], []), "no questions"),
    ],
)
def test_incomplete_predictions_are_refused(break_it, names):
    questions = [asked(i) for i in range(3)]
    with pytest.raises(BadInput, match=names):
        score(*break_it(questions, [answered(q) for q in questions]))


def items(verdicts):
    return [
        Scored(question_id=f"q{i}", answer_id=f"d{i // 2}", verdict=Verdict.CORRECT if v else Verdict.WRONG, options=4)
        for i, v in enumerate(verdicts)
    ]


def test_compare_neighbours():
    base = items([0] * 30 + [1] * 10)
    cold = items([0] * 10 + [1] * 28 + [0] * 2)
    stage1 = items([0] * 9 + [1] * 29 + [0] * 2)
    found = compare({"stage1": stage1, "base": base, "cold_start": cold}, seed=4)
    assert [(c.before, c.after) for c in found] == [("base", "cold_start"), ("cold_start", "stage1")]
    first, second = found
    assert (first.gained, first.lost, first.n, first.clusters) == (20, 2, 40, 20)
    assert first.difference == pytest.approx(18 / 40)
    assert first.lo < first.difference < first.hi
    assert first.p == mcnemar(20, 2)
    assert first.p_holm == pytest.approx(2 * first.p)
    assert (second.gained, second.lost, second.p, second.p_holm) == (1, 0, 1.0, 1.0)


def test_compare_skips_absent_stages_and_ignores_item_order():
    base, last = items([0, 1] * 10), items([1, 1] * 10)
    (found,) = compare({"base": base, "stage2": last[::-1]}, seed=4)
    assert (found.before, found.after, found.gained, found.lost) == ("base", "stage2", 10, 0)
    assert compare({"base": base}, seed=4) == []


def test_compare_refuses_other_questions_and_unknown_stages():
    with pytest.raises(BadInput, match="q3 is in one of them only"):
        compare({"base": items([1] * 4), "stage1": items([1] * 3)}, seed=0)
    with pytest.raises(BadInput, match="stage9"):
        compare({"stage9": items([1])}, seed=0)
    with pytest.raises(BadInput, match="twice"):
        compare({"base": items([1]) * 2, "stage1": items([1])}, seed=0)
