"""A teacher of many faults before the signals that a user has: what is refused, repaired, capped and counted."""

import asyncio
import re

import pytest

from florey.answer import completion
from florey.llm.client import open_client
from florey.llm.settings import LlmSettings
from florey.records import Question
from florey.teaching.model_teacher.distillation import ModelTeaching, chosen, distill_by_model

GOOD = "Alpha would be warm to the touch and Beta is cold, and this one is cold: it is Beta."
CHINESE = "甲型应当发热，乙型则不发热；本例体温正常，所以不是甲型，应选乙型。"


def asked(number, language="en"):
    options = ("甲型", "乙型") if language == "zh" else ("Alpha", "Beta", "Gamma")
    return Question(
        stem=f"Case {number}: which one?", options=options, gold=1, source="test", language=language, licences=("CC0",)
    ).identified()


def speak(body):
    """Case 1: right. 2: weighs nothing. 3: says that it was told. 4: cannot count. 5: no answer. 6: in Chinese."""
    system, user = (message["content"] for message in body["messages"])
    number = int(re.search(r"Case (\d+)", user)[1])
    if "What is wrong with it" in system:
        return "No." if number == 5 else completion(GOOD, 1)
    if "model solutions" in system:
        return "No." if number == 5 else completion(f"The given answer is B, which settles the case. {GOOD}", 1)
    return {
        1: completion(GOOD, 1),
        2: completion("This one is cold to the touch, it is cold in every way, and so Beta it has to be.", 1),
        3: completion(GOOD, 0),
        4: completion(f"There are 12 + 5 = 18 cold ones in all. {GOOD}", 1),
        5: "I cannot say.",
        6: completion(CHINESE, 1),
    }[number]


def distilled(server, questions, **config):
    teaching = ModelTeaching(model="m", samples=2, **config)

    async def work():
        async with open_client(LlmSettings(model="teacher", base_url=server.url)) as client:
            return await distill_by_model(client, questions, teaching, {})

    return asyncio.run(work())


@pytest.fixture
def questions():
    return [*(asked(number) for number in range(1, 6)), asked(6, "zh")]


def test_each_fault_is_refused_by_name_repaired_in_its_way_and_counted(scripted_llm, questions):
    made = distilled(scripted_llm(answer=speak), questions, turns=1, max_told_share=1)
    refused = {(attempt.kind, problem) for attempt in made.attempts for problem in attempt.problems}
    assert refused == {
        ("solve", "not_considered"),
        ("solve", "wrong_answer"),
        ("solve", "arithmetic"),
        ("solve", "unparsed"),
        ("told", "mentions_given_answer"),
        ("told", "unparsed"),
        ("rewrite", "unparsed"),
    }
    by_question = {trace.question_id: trace for trace in made.selected.traces}
    assert [
        (by_question[question.id].strategy, by_question[question.id].gold_shown)
        for question in questions
        if question.id in by_question
    ] == [
        ("direct", False),
        ("path_exploration", True),
        ("direct", True),
        ("self_correction", True),
        ("direct", False),
    ]
    summary = made.summary
    assert (summary["questions"], summary["kept"], summary["told"]) == (6, 5, 3)
    assert summary["strategies"] == {"direct": 3, "path_exploration": 1, "self_correction": 1}
    assert summary["refused"]["mentions_given_answer"] == 1 and summary["refused"]["unparsed"] == 4
    assert summary["yields"]["solve"]["unparsed"] == 2 and summary["yields"]["path_exploration"]["accepted"] == 1
    assert summary["passes"]["pass@2"]["value"] == pytest.approx(4 / 6)
    assert summary["left"] == {"written_twice": 2}  # both attempts at cases 1 and 6 say the same


def test_what_was_told_is_capped_and_said(scripted_llm, questions):
    made = distilled(scripted_llm(answer=speak), questions, turns=1, max_told_share=0.34)
    assert (made.summary["kept"], made.summary["told"], made.summary["left"]["over_gold_cap"]) == (3, 1, 2)
    none = distilled(scripted_llm(answer=speak), questions, turns=1, max_told_share=0)
    assert (none.summary["kept"], none.summary["told"], none.summary["left"]["over_gold_cap"]) == (2, 0, 3)


def test_a_larger_budget_asks_the_same_questions_and_more(questions):
    def order(budget):
        return chosen(questions, ModelTeaching(model="m", budget=budget), ("easy",))

    assert order(2) == order(6)[:2] and sorted(q.id for q in order(6)) == sorted(q.id for q in questions)
