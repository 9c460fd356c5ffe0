import asyncio
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.curation.difficulty.agreement import agreements
from florey.curation.difficulty.judgement import JUDGES, Judgement, combine
from florey.curation.difficulty.rubric import RubricConfig, judge_by_rubric, prompt, prompts_version, rubric_requests
from florey.curation.difficulty.student import StudentConfig, above_chance, judge_by_student
from florey.llm.client import open_client
from florey.llm.settings import LlmSettings
from florey.records import TIERS, Question, Trial, Verdict


def asked(number, options=4, **more):
    texts = tuple(f"option {number}-{place}" for place in range(options))
    return Question(stem=f"Question {number}?", options=texts, gold=0, source="test", **more).identified()


def said(question, judge, tier):
    return Judgement(question_id=question, judge=judge, tier=tier)


@pytest.mark.parametrize(
    ("tiers", "how", "order", "tier"),
    [
        (("easy", "moderate", "difficult"), "priority", JUDGES, "easy"),
        ((None, "moderate", "difficult"), "priority", JUDGES, "moderate"),
        (("easy", "moderate", "difficult"), "priority", ("rubric", "student"), "difficult"),
        ((None, None, "difficult"), "priority", ("student", "features"), None),
        (("easy", "moderate", "difficult"), "median", JUDGES, "moderate"),
        (("easy", "easy", "difficult"), "median", JUDGES, "easy"),
        (("easy", None, "moderate"), "median", JUDGES, "moderate"),
        (("easy", "easy", "moderate"), "hardest", JUDGES, "moderate"),
        ((None, None, None), "hardest", JUDGES, None),
    ],
)
def test_judges_are_combined(tiers, how, order, tier):
    assert combine([said("q", judge, each) for judge, each in zip(JUDGES, tiers, strict=True)], how, order) == tier


@given(st.permutations([said("q", judge, tier) for judge, tier in zip(JUDGES, TIERS, strict=True)]))
def test_the_order_of_speaking_does_not_matter(judgements):
    assert [combine(judgements, how) for how in ("priority", "median", "hardest")] == ["easy", "moderate", "difficult"]


def trials(question, *verdicts):
    return [
        Trial(question_id=question.id, model="s", sample=i, order=(), verdict=None if v is None else Verdict(v))
        for i, v in enumerate(verdicts)
    ]


def judged(question, *verdicts, **config):
    return judge_by_student([question], {question.id: trials(question, *verdicts)}, StudentConfig(model="s", **config))[
        0
    ]


def test_the_student_is_corrected_for_chance_by_the_number_of_options():
    half = ["correct"] * 4 + ["wrong"] * 4
    assert judged(asked(1, options=2), *half).tier == "difficult"  # as good as guessing
    assert judged(asked(1, options=10), *half).tier == "moderate"  # far better than guessing
    assert judged(asked(1), *["correct"] * 8).tier == "easy"
    assert judged(asked(1), *["wrong"] * 8).score == pytest.approx(-1 / 3)
    assert "4 of 8 right" in judged(asked(1), *half).why


def test_a_student_that_cannot_answer_in_form_says_nothing_of_the_question():
    found = judged(asked(1), "correct", "unparsed", "truncated", "several", None)
    assert found.tier is None and found.why == "1 of 5 trials name one option"
    assert judged(asked(1), "correct", "correct", "unparsed", "unparsed").tier == "easy"
    assert judge_by_student([asked(1)], {}, StudentConfig(model="s"))[0].tier is None


@given(st.integers(2, 26), st.floats(0, 1))
def test_guessing_is_zero_and_certainty_is_one(options, share):
    assert above_chance(1 / options, options) == pytest.approx(0)
    assert above_chance(1, options) == pytest.approx(1)
    assert above_chance(share, options) <= 1


def test_the_rubric_reads_a_tier_and_survives_answers_that_are_none(scripted_llm):
    def answer(body):
        stem = body["messages"][1]["content"]
        if "Question 1?" in stem:
            return 'Here: ```json\n{"why": "rare disease", "tier": "difficult"}\n```'
        return json.dumps({"why": "x", "tier": "impossible"})

    server = scripted_llm(answer=answer)
    settings = LlmSettings(model="judge", base_url=server.url, schema_mode="prompt", max_reasks=1)

    async def run():
        async with open_client(settings) as client:
            bar = []
            found = await judge_by_rubric(
                client, [asked(1), asked(2)], RubricConfig(model="judge"), lambda *at: bar.append(at)
            )
            return found, bar

    found, bar = asyncio.run(run())
    assert [(each.tier, each.why) for each in found] == [
        ("difficult", "rare disease"),
        (None, "no answer: schema"),
    ]
    assert bar[-1] == (2, 2)


def test_the_rubric_is_asked_in_the_question_s_language_and_does_not_tell_the_gold():
    english, chinese = asked(1), asked(2, language="zh")
    plain = list(rubric_requests([english, chinese], RubricConfig(model="m")))
    assert plain[0].messages[0]["content"] == prompt("en") and "basic knowledge" in prompt("en")
    assert plain[1].messages[0]["content"] == prompt("zh") and "罕见病" in prompt("zh")
    assert not plain[0].messages[1]["content"].rstrip().endswith("[A]")
    told = next(iter(rubric_requests([english], RubricConfig(model="m", show_gold=True))))
    assert told.messages[1]["content"].endswith("[A]")
    assert len(prompts_version()) == 16


def test_agreement_is_counted_over_questions_that_both_judge():
    judgements = [said(f"q{i}", "student", TIERS[i % 3]) for i in range(30)]
    judgements += [said(f"q{i}", "rubric", TIERS[i % 3]) for i in range(20)]
    judgements += [said(f"q{i}", "features", None) for i in range(30)]
    (found,) = agreements(judgements)
    assert (found.one, found.other, found.n, found.equal, found.kappa) == ("student", "rubric", 20, 1.0, 1.0)
    assert np.trace(found.table) == 20


def test_kappa_is_zero_for_independent_judges_and_unknown_for_one_tier():
    rng = np.random.default_rng(0)
    draws = rng.integers(3, size=(2, 900))
    judgements = [
        said(f"q{i}", judge, TIERS[draws[j, i]]) for j, judge in enumerate(("student", "rubric")) for i in range(900)
    ]
    (found,) = agreements(judgements)
    assert found.kappa_lo < 0 < found.kappa_hi and abs(found.kappa) < 0.1
    one_tier = [said(f"q{i}", judge, "easy") for judge in ("student", "rubric") for i in range(5)]
    assert agreements(one_tier)[0].kappa is None and agreements(one_tier)[0].equal == 1.0


def test_near_misses_weigh_less_than_far_ones():
    near = [("easy", "moderate"), ("easy", "easy"), ("difficult", "difficult"), ("moderate", "moderate")] * 5
    far = [("easy", "difficult"), ("easy", "easy"), ("difficult", "difficult"), ("moderate", "moderate")] * 5

    def kappa(pairs):
        each = [(said(f"q{i}", "student", a), said(f"q{i}", "rubric", b)) for i, (a, b) in enumerate(pairs)]
        return agreements([one for pair in each for one in pair])[0].kappa

    assert kappa(near) > kappa(far)
