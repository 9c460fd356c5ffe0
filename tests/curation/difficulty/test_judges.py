import asyncio
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.curation.difficulty.agreement import agreements
from florey.curation.difficulty.judgement import JUDGES, Judgement, assign, combine
from florey.curation.difficulty.rubric import RubricConfig, judge_by_rubric, prompt, prompts_version, rubric_requests
from florey.curation.difficulty.student import StudentConfig, above_chance, judge_by_student
from florey.intervals import wilson
from florey.llm.accounting import plan
from florey.llm.client import open_client, run
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
    assert "4 of 8 right" in judged(asked(1), *half).why


def test_the_student_s_score_is_told_as_it_is_clipped_and_with_its_interval():
    found = judged(asked(1), *["wrong"] * 8)
    assert found.score == pytest.approx(-1 / 3, abs=1e-6)
    assert found.detail["clipped"] == 0 and found.detail["lo"] == pytest.approx(-1 / 3, abs=1e-6)
    assert found.detail["hi"] == pytest.approx((wilson(0, 8)[1] - 0.25) / 0.75, abs=1e-6)
    certain = judged(asked(1), *["correct"] * 8, "truncated")
    assert (certain.score, certain.detail["clipped"], certain.detail["hi"]) == (1, 1, 1)
    assert certain.detail["parsed"] == 8 and certain.detail["truncated"] == 1


def test_a_student_that_cannot_answer_in_form_says_nothing_of_the_question():
    found = judged(asked(1), "correct", "unparsed", "truncated", "several", None)
    assert found.tier is None and found.score is None and found.why == "1 of 5 trials name one option"
    assert found.detail == {"right": 1, "parsed": 1, "unparsed": 1, "several": 1, "truncated": 1, "failed": 1}
    assert judged(asked(1), "unparsed", "truncated", None, min_parsed=0.01).tier is None
    assert judged(asked(1), "correct", "correct", "unparsed", "unparsed").tier == "easy"
    assert judge_by_student([asked(1)], {}, StudentConfig(model="s"))[0].tier is None


def test_tiers_are_assigned_and_what_no_judge_can_say_is_counted():
    questions = [asked(1, tier="easy"), asked(2, tier="easy"), asked(3, tier="easy")]
    said_of = [
        judged(questions[0], "wrong", "wrong", "truncated"),
        judged(questions[1], "unparsed", "unparsed", None),
        said(questions[1].id, "rubric", "moderate"),
        said(questions[0].id, "rubric", "easy"),
        said("of another set", "rubric", "easy"),
    ]
    step = assign(questions, said_of)
    assert [question.tier for question in step.kept] == ["difficult", "moderate", None] and not step.dropped
    assert step.noticed == {
        **{"difficult": 1, "moderate": 1, "untiered": 1, "no_tier_by_student": 1},
        **{"trials_truncated": 1, "trials_unparsed": 2, "trials_failed": 1},
    }
    assert [question.tier for question in assign(questions, said_of, "priority", ("rubric",)).kept] == [
        *("easy", "moderate", None)
    ]


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

    async def judge():
        async with open_client(settings) as client:
            bar = []
            found = await judge_by_rubric(
                client, [asked(1), asked(2)], RubricConfig(model="judge"), lambda *at: bar.append(at)
            )
            return found, bar

    found, bar = asyncio.run(judge())
    assert [(each.tier, each.why) for each in found] == [
        ("difficult", "rare disease"),
        (None, "no answer: schema"),
    ]
    assert bar[-1] == (2, 2)


def test_a_request_that_fails_leaves_its_question_without_a_tier_by_the_rubric(scripted_llm):
    answer = json.dumps({"why": "x", "tier": "easy"})
    server = scripted_llm(fault_rate=0.5, faults=("400", "refused", "bad json"), answer=lambda body: answer)
    settings = LlmSettings(model="judge", base_url=server.url, schema_mode="prompt", max_reasks=0)
    questions = [asked(number) for number in range(30)]
    found = run(settings, lambda client: judge_by_rubric(client, questions, RubricConfig(model="judge")))
    assert [each.question_id for each in found] == [question.id for question in questions]
    said_why = Counter(each.why for each in found if each.tier is None)
    met = server.stats()["met"]
    assert said_why == {
        "no answer: rejected": met["400"],
        "no answer: refused": met["refused"],
        "no answer: schema": met["bad json"],
    }
    assert sum(each.tier == "easy" for each in found) == met["ok"] > 0
    assert assign(questions, found).noticed["no_tier_by_rubric"] == 30 - met["ok"]


def test_the_rubric_s_cost_is_known_before_it_is_asked():
    settings = LlmSettings(model="judge", base_url="http://127.0.0.1:9/v1", price_out=1_000_000)
    found = plan(rubric_requests([asked(1), asked(2), asked(1)], RubricConfig(model="judge", max_tokens=50)), settings)
    assert (found.requests, found.to_ask, found.completion_tokens, found.cost) == (3, 2, 100, 100)


def test_a_real_small_model_gives_a_tier_or_a_reason(local_llm):
    settings = LlmSettings(model="smollm2", base_url=local_llm, schema_mode="server", max_reasks=0, timeout_s=120)
    questions = [asked(1), asked(2, language="zh")]
    config = RubricConfig(model="smollm2", max_tokens=48)
    found = run(settings, lambda client: judge_by_rubric(client, questions, config))
    assert [each.question_id for each in found] == [question.id for question in questions]
    assert all(each.tier in TIERS or each.why == "no answer: schema" for each in found)


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


def test_kappa_of_a_table_worked_out_by_hand():
    # seen disagreement (1 + 1) / 8; expected, from the margins 3 3 2 and 2 3 3: 82 / 64
    pairs = [(0, 0)] * 2 + [(0, 1)] + [(1, 1)] * 2 + [(1, 2)] + [(2, 2)] * 2
    each = [(said(f"q{i}", "student", TIERS[a]), said(f"q{i}", "rubric", TIERS[b])) for i, (a, b) in enumerate(pairs)]
    (found,) = agreements([one for pair in each for one in pair])
    assert found.table == ((2, 1, 0), (0, 2, 1), (0, 0, 2))
    assert found.kappa == pytest.approx(1 - (2 / 8) / (82 / 64), abs=1e-6)
    assert (found.equal_lo, found.equal_hi) == wilson(6, 8)
    assert found.kappa_lo < found.kappa < found.kappa_hi <= 1


def test_near_misses_weigh_less_than_far_ones():
    near = [("easy", "moderate"), ("easy", "easy"), ("difficult", "difficult"), ("moderate", "moderate")] * 5
    far = [("easy", "difficult"), ("easy", "easy"), ("difficult", "difficult"), ("moderate", "moderate")] * 5

    def kappa(pairs):
        each = [(said(f"q{i}", "student", a), said(f"q{i}", "rubric", b)) for i, (a, b) in enumerate(pairs)]
        return agreements([one for pair in each for one in pair])[0].kappa

    assert kappa(near) > kappa(far)
