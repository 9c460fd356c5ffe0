"""A scripted server plays teachers of all kinds; what becomes of what they write."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from itertools import combinations
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, meta

from florey.answer import completion
from florey.files import read_jsonl, write_jsonl
from florey.llm.client import open_client
from florey.llm.settings import LlmSettings
from florey.records import Question, Trace
from florey.teaching.model_teacher.config import TeacherConfig
from florey.teaching.model_teacher.passes import pass_at
from florey.teaching.model_teacher.planning import phases
from florey.teaching.model_teacher.prompting import (
    KINDS,
    evidence,
    prompts_version,
    repair_request,
    solve_request,
    source,
    told_request,
)
from florey.teaching.model_teacher.repairing import strategy_for
from florey.teaching.model_teacher.teacher import teach
from florey.teaching.problem import Problem
from florey.teaching.signals.config import SignalName


def asked(number, language="en"):
    return Question(
        stem=f"Case {number}: which one?", options=("Alpha", "Beta", "Gamma"), gold=1, source="test", language=language
    ).identified()


def judge(question, text):
    """A right answer, and no word that is forbidden here."""
    found = [] if text.endswith("<answer>B</answer>") else [Problem("wrong_answer", "the answer is not the right one")]
    if "falsehood" in text:
        found.append(Problem("contradicts_certificate", "Alpha does not have it"))
    return found


def system_of(body):
    return body["messages"][0]["content"]


def number_of(body):
    return int(re.search(r"Case (\d+)", body["messages"][1]["content"])[1])


def is_told(body):
    return "model solutions" in system_of(body)


def is_repair(body):
    return "What is wrong with it" in system_of(body)


def scripted(body):
    """Case 1 is solved; 2 needs the answer; 3 needs a repair after it; 4 is never right; 5 leaves no answer."""
    number = number_of(body)
    right, wrong = completion(f"Thought of {number}.", 1), completion(f"Wrong turn of {number}.", 0)
    if number == 1:
        return right
    if is_repair(body):
        return right if number == 3 else wrong
    if is_told(body):
        return {2: right, 3: completion("A falsehood.", 1), 5: right}.get(number, wrong)
    return "I cannot say." if number == 5 else wrong


def run(server, questions, config, names=None, judging=judge, settings=None):
    asking = LlmSettings(model="teacher", base_url=server.url, **(settings or {"max_retries": 2}))

    async def work():
        async with open_client(asking) as client:
            bars = []
            taught = await teach(client, questions, config, judging, names or {}, lambda *at: bars.append(at))
            return taught, bars, client.accounting

    return asyncio.run(work())


def yields_of(taught, kind):
    return {name: count for name, count in taught.yields()[kind].items() if count}


def test_solved_told_repaired_and_given_up(scripted_llm):
    questions = [asked(number) for number in (1, 2, 3, 4, 5)]
    taught, bars, _ = run(scripted_llm(answer=scripted), questions, TeacherConfig(samples=2, turns=2))
    found = {trace.question_id: trace for trace in taught.traces}
    assert set(found) == {questions[i].id for i in (0, 1, 2, 4)}
    one, two, three, five = (found[questions[i].id] for i in (0, 1, 2, 4))
    assert not one.gold_shown and two.gold_shown and three.gold_shown and five.gold_shown
    assert (one.strategy, two.strategy, three.strategy) == ("direct", "direct", "self_correction")
    assert all(trace.teacher == "teacher" and trace.prompts == prompts_version() for trace in taught.traces)
    assert taught.trials() == {q.id: (right, 2) for q, right in zip(questions, (2, 0, 0, 0, 0), strict=True)}
    assert yields_of(taught, "solve") == {
        "asked": 10,
        "answered": 10,
        "right": 2,
        "wrong": 6,
        "unparsed": 2,
        "accepted": 2,
    }
    assert yields_of(taught, "told") == {"asked": 4, "answered": 4, "right": 3, "wrong": 1, "accepted": 2}
    assert yields_of(taught, "self_correction") == {"asked": 1, "answered": 1, "right": 1, "accepted": 1}
    assert yields_of(taught, "backtracking") == {"asked": 2, "answered": 2, "wrong": 2}  # case 4, twice
    assert taught.reasons() == {"contradicts_certificate": 1, "unparsed": 2, "wrong_answer": 6 + 1 + 2}
    assert bars[-1][0] == "repair 2" and ("without the answer", 10, 10) in bars


def test_traces_come_in_the_order_of_the_questions(scripted_llm):
    questions = [asked(3), asked(2), asked(1)]  # repaired, told, solved twice
    taught, _, _ = run(scripted_llm(answer=scripted), questions, TeacherConfig(samples=2))
    assert [trace.question_id for trace in taught.traces] == [questions[i].id for i in (0, 1, 2, 2)]


def test_the_answer_is_told_only_where_no_attempt_found_it(scripted_llm):
    seen = Counter()

    def answer(body):
        seen[is_told(body), number_of(body)] += 1
        assert "<answer>B</answer>" not in system_of(body) or is_told(body) or is_repair(body)
        return scripted(body)

    run(scripted_llm(answer=answer), [asked(1), asked(2)], TeacherConfig(samples=3, turns=0))
    assert seen == {(False, 1): 3, (False, 2): 3, (True, 2): 1}


def test_a_right_answer_that_is_refused_is_repaired_without_being_told_first(scripted_llm):
    def answer(body):
        assert not is_told(body)
        return completion("So be it.", 1) if is_repair(body) else completion("A falsehood.", 1)

    taught, _, _ = run(scripted_llm(answer=answer), [asked(1)], TeacherConfig(samples=1, turns=1))
    assert [attempt.kind for attempt in taught.attempts] == ["solve", "self_correction"]
    assert taught.traces[0].strategy == "self_correction"


def test_a_thought_that_speaks_of_its_draft_is_refused(scripted_llm):
    def answer(body):
        return completion("In my previous answer I was wrong.", 1) if is_repair(body) else completion("No.", 0)

    taught, _, _ = run(scripted_llm(answer=answer), [asked(1)], TeacherConfig(samples=1, told_samples=0, turns=1))
    assert taught.traces == [] and taught.attempts[-1].problems == ("not_one_thought",)


def test_nobody_is_told_because_the_server_failed(scripted_llm):
    def answer(body):
        assert not is_told(body)
        return scripted(body)

    server = scripted_llm(answer=answer, first=("500", "500", "500"))  # all that one request tries
    questions = [asked(1), asked(2)]
    taught, _, accounting = run(server, questions, TeacherConfig(samples=1, turns=1))
    assert [(attempt.verdict, attempt.problems) for attempt in taught.attempts] == [(None, ("no_reply",))] * 2
    assert taught.attempts[0].details == ("server error",) and accounting.failures == {"server error": 2}
    assert yields_of(taught, "solve") == {"asked": 2}
    assert taught.passes({question.id: question for question in questions}, 1) == {}


def test_requests_that_failed_do_not_count_against_the_model(scripted_llm):
    server = scripted_llm(answer=scripted, first=("500",))  # one sample of every case
    questions = {question.id: question for question in (asked(1), asked(2))}
    config = TeacherConfig(samples=3, turns=0)
    taught, _, _ = run(server, list(questions.values()), config, settings={"max_retries": 0})
    assert list(taught.trials().values()) == [(2, 2), (0, 2)]
    passes = taught.passes(questions, 2)
    assert (passes["pass@1"].value, passes["pass@2"].value, passes["pass@2"].n) == (0.5, 0.5, 2)
    assert "pass@3" not in taught.passes(questions, 3)  # two answers say nothing of three


def test_a_second_trace_is_made_of_a_wrong_attempt(scripted_llm):
    def answer(body):
        assert not is_told(body)
        if is_repair(body):
            return completion("Alpha, or no, wait: Beta.", 1)
        return completion("So Beta.", 1) if body["seed"] % 2 else completion("So Alpha.", 0)

    one, _, _ = run(scripted_llm(answer=answer), [asked(1)], TeacherConfig(samples=4))
    assert [trace.strategy for trace in one.traces] == ["direct", "direct"]
    two, _, _ = run(scripted_llm(answer=answer), [asked(1)], TeacherConfig(samples=4, per_question=2))
    assert [(trace.strategy, trace.gold_shown) for trace in two.traces] == [
        *[("direct", False)] * 2,
        ("backtracking", True),
    ]


def test_a_rewriting_keeps_the_strategy_of_what_it_rewrites(scripted_llm):
    seen = []

    def answer(body):
        if not is_repair(body):
            return completion("So Alpha.", 0)
        seen.append(system_of(body))
        return completion("As you pointed out, it is Beta." if len(seen) == 1 else "Alpha? No: Beta.", 1)

    taught, _, _ = run(scripted_llm(answer=answer), [asked(1)], TeacherConfig(samples=1, told_samples=0, turns=3))
    assert [attempt.kind for attempt in taught.attempts] == ["solve", "backtracking", "rewrite"]
    assert [trace.strategy for trace in taught.traces] == ["backtracking"]
    assert "(the answer is not the right one)" in seen[0] and "So Alpha." in seen[0]
    assert "('As you pointed')" in seen[1] and "As you pointed out, it is Beta." in seen[1]


def test_a_repair_starts_from_the_best_attempt_the_latest_of_equals(scripted_llm):
    seen = []

    def answer(body):
        if is_repair(body):
            seen.append(system_of(body))
            return completion(f"Wrong again, {len(seen)}.", 0)
        if is_told(body):
            return completion("A falsehood.", 1) if number_of(body) == 2 else completion("Told and wrong.", 0)
        return completion("Wrong.", 0)

    run(scripted_llm(answer=answer), [asked(1)], TeacherConfig(samples=1, turns=2))
    assert "Told and wrong." in seen[0] and "Wrong again, 1." in seen[1]
    seen.clear()
    run(scripted_llm(answer=answer), [asked(2)], TeacherConfig(samples=1, turns=2))
    assert all("A falsehood." in prompt for prompt in seen) and len(seen) == 2  # right, if not true


def test_repairs_end_with_their_budget_of_tokens(scripted_llm):
    wrong = completion("So Alpha.", 0)  # the scripted server counts a token a character

    def attempts(tokens):
        server = scripted_llm(answer=lambda body: wrong)
        config = TeacherConfig(samples=1, told_samples=0, turns=9, repair_tokens=tokens)
        return run(server, [asked(1)], config)[0].attempts

    assert [attempt.turn for attempt in attempts(2 * len(wrong))] == [0, 1, 2]
    assert [attempt.turn for attempt in attempts(2 * len(wrong) + 1)] == [0, 1, 2, 3]
    assert len(attempts(0)) == 1 and attempts(0)[0].tokens == len(wrong)


def test_facts_that_only_the_teacher_was_told_are_not_cited(scripted_llm, cases):
    def answer(body):
        right = is_told(body) or is_repair(body)
        return completion("According to the facts, it has both.", 2) if right else completion("So Alpha.", 0)

    def judging(question, text):
        return [] if text.endswith("<answer>C</answer>") else [Problem("wrong_answer")]

    server, config = scripted_llm(answer=answer), TeacherConfig(samples=1, turns=0)
    taught, _, _ = run(server, [cases.marfan()], config, names=cases.names, judging=judging)
    assert taught.traces == [] and taught.attempts[-1].problems == ("cites_facts",)
    silent = config.model_copy(update={"evidence": False})  # told nothing but the letter: it speaks of the stem's facts
    assert len(run(server, [cases.marfan()], silent, names=cases.names, judging=judging)[0].traces) == 1


def test_certified_questions_are_told_what_the_certificate_says(cases):
    question = cases.marfan()
    lines = evidence(question, cases.names, TeacherConfig())
    assert lines[0] == "A Marfan syndrome: Ectopia lentis present, Scoliosis absent"
    told = told_request(question, 0, cases.names, TeacherConfig()).messages[0]["content"]
    assert lines[0] in told and "<answer>C</answer>" in told
    without = told_request(question, 0, cases.names, TeacherConfig(evidence=False)).messages[0]["content"]
    assert lines[0] not in without and "Facts" not in without
    solve = solve_request(question, 0, TeacherConfig()).messages
    assert all(lines[0] not in message["content"] for message in solve) and "answer is" not in solve[0]["content"]


def test_chinese_questions_are_taught_in_chinese():
    request = solve_request(asked(1, "zh"), 0, TeacherConfig(max_words=99))
    assert "请解答" in request.messages[0]["content"] and "99" in request.messages[0]["content"]
    assert "模型" not in told_request(asked(1, "fr"), 0, {}, TeacherConfig()).messages[0]["content"]  # English else


def test_both_languages_are_asked_with_the_same_prompts():
    problems = [Problem("arithmetic", "12 + 5 is not 18")]
    for language in ("en", "zh"):
        question = asked(1, language)
        for kind in ("backtracking", "path_exploration", "self_correction", "rewrite"):
            system = repair_request(question, "DRAFT", problems, kind, 1, {}, TeacherConfig()).messages[0]["content"]
            assert all(
                part in system for part in ("DRAFT", "12 + 5 is not 18", "<answer>B</answer>", "<think></think>")
            )
            assert "{{" not in system and "{%" not in system
    for kind in KINDS:
        english, chinese = (source(kind, language) for language in ("en", "zh"))
        variables = [meta.find_undeclared_variables(Environment().parse(each)) for each in (english, chinese)]
        assert variables[0] == variables[1], kind
        assert re.search("[\u4e00-\u9fff]", chinese) and not re.search("[\u4e00-\u9fff]", english)


@pytest.mark.parametrize(("language", "words"), [("en", "[a-z ]{12,}"), ("zh", ".*[\u4e00-\u9fff]{2,}")])
def test_every_reason_has_its_words_in_both_languages(language, words):
    own = ("not_considered", "not_one_thought", "cites_facts", "unparsed", "several", "truncated")
    for reason in (*get_args(SignalName), *own):
        problem = Problem(reason, "DETAIL")
        system = repair_request(asked(1, language), "x", [problem], "rewrite", 1, {}, TeacherConfig()).messages[0]
        assert re.search(f"\n- {words}.*[(（]DETAIL[)）]\n", system["content"]), reason
        assert f"- {reason}" not in system["content"]


def test_nothing_in_a_question_is_run_as_a_template(scripted_llm):
    question = asked(1).model_copy(update={"stem": "Case 1: {{ 7 * 7 }} {% for x in y %}"})
    assert "{{ 7 * 7 }}" in solve_request(question, 0, TeacherConfig()).messages[1]["content"]


@pytest.mark.parametrize(
    ("reasons", "tried", "strategy"),
    [
        (("wrong_answer", "arithmetic"), (), "backtracking"),
        (("wrong_answer", "arithmetic"), ("backtracking",), "self_correction"),
        (("wrong_answer",), ("backtracking",), "backtracking"),
        (("units",), (), "self_correction"),
        (("not_considered", "too_long"), (), "path_exploration"),
        (("too_long", "language"), (), None),
    ],
)
def test_the_repair_follows_what_failed(reasons, tried, strategy):
    assert strategy_for([Problem(reason) for reason in reasons], tried) == strategy


@given(st.integers(1, 8), st.data())
def test_pass_at_k_is_the_share_of_draws_that_hold_a_right_one(samples, data):
    right, k = data.draw(st.integers(0, samples)), data.draw(st.integers(1, samples))
    draws = list(combinations(range(samples), k))
    share = sum(min(draw) < right for draw in draws) / len(draws)  # the first `right` samples are the right ones
    assert pass_at(k, right, samples) == pytest.approx(share)


@pytest.mark.parametrize(("k", "right", "samples"), [(1, 3, 2), (1, -1, 2), (0, 1, 2), (3, 1, 2)])
def test_pass_at_k_of_impossible_counts(k, right, samples):
    with pytest.raises(ValueError, match="expected 0 <= right"):
        pass_at(k, right, samples)


def test_the_estimate_falls_from_phase_to_phase():
    found = phases(
        [asked(n) for n in range(10)], {}, TeacherConfig(samples=4, turns=2, assumed_pass=0.5, max_tokens=100)
    )
    assert [(each.at_most, each.expected) for each in found] == [(40, 40), (10, 5), (20, 5)]
    assert found[0].completion_tokens == 4000 and all(each.prompt_tokens > 0 for each in found)


PROGRAM = """
import asyncio, sys
from pathlib import Path
from florey.files import read_jsonl, write_jsonl
from florey.llm.client import open_client
from florey.llm.settings import LlmSettings
from florey.records import Question
from florey.teaching.model_teacher.config import TeacherConfig
from florey.teaching.model_teacher.teacher import teach
from florey.teaching.problem import Problem

async def main(url, folder):
    questions = list(read_jsonl(folder / "questions.jsonl", Question))
    settings = LlmSettings(model="teacher", base_url=url, cache=folder / "answers.sqlite", max_concurrency=2)
    def judge(question, text):
        return [] if text.endswith("<answer>B</answer>") and "falsehood" not in text else [Problem("wrong_answer")]
    async with open_client(settings) as client:
        taught = await teach(client, questions, TeacherConfig(samples=3, turns=2), judge, {})
    write_jsonl(folder / "attempts.jsonl", taught.attempts)
    write_jsonl(folder / "traces.jsonl", taught.traces)

asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
"""


@pytest.mark.parametrize("kept", [7, 33])  # calls before it is killed: while it solves (24), or repairs (the last 6)
def test_killed_it_asks_nothing_twice_and_ends_the_same(scripted_llm, tmp_path, kept):
    seen, free = Counter(), threading.Event()
    free.set()

    def answer(body):  # cases 1 to 4 of `scripted`, twice
        if len(seen) == kept:
            free.wait(60)
        seen[json.dumps(body, sort_keys=True)] += 1
        case = f"Case {(number_of(body) - 1) % 4 + 1}"
        return scripted({**body, "messages": [body["messages"][0], {"content": case}]})

    server = scripted_llm(answer=answer)
    folders = [tmp_path / name for name in ("whole", "killed")]
    for folder in folders:
        folder.mkdir()
        write_jsonl(folder / "questions.jsonl", [asked(number) for number in range(1, 9)])
    command = [sys.executable, "-c", PROGRAM, server.url]
    subprocess.run([*command, str(folders[0])], check=True, timeout=120)
    assert set(seen.values()) == {1} and len(seen) == 36
    whole = set(seen)
    seen.clear()
    free.clear()
    running = subprocess.Popen([*command, str(folders[1])])
    deadline = time.monotonic() + 60
    while len(seen) < kept and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert len(seen) == kept and not (folders[1] / "traces.jsonl").exists()
    free.set()
    subprocess.run([*command, str(folders[1])], check=True, timeout=120)
    for name in ("attempts.jsonl", "traces.jsonl"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    assert set(seen) == whole
    # made again: at most the two calls that the server held back, and two that it had answered and nobody had stored
    assert seen.total() <= len(whole) + 4


def test_a_real_small_model_is_refused_nearly_always_and_all_is_counted(local_llm):
    settings = LlmSettings(model="smollm2", base_url=local_llm)
    questions = [asked(1), asked(2)]

    async def work():
        async with open_client(settings) as client:
            return await teach(client, questions, TeacherConfig(samples=1, turns=1, max_tokens=24), judge, {})

    taught = asyncio.run(work())
    assert len(taught.attempts) >= 4
    assert all(attempt.verdict is not None for attempt in taught.attempts)
    assert len(taught.traces) == sum(not attempt.problems for attempt in taught.attempts)
    assert json.dumps(taught.yields())


def test_traces_survive_their_file(tmp_path, scripted_llm):
    taught, _, _ = run(scripted_llm(answer=scripted), [asked(1), asked(2)], TeacherConfig(samples=1, turns=0))
    write_jsonl(tmp_path / "t.jsonl", taught.traces)
    assert list(read_jsonl(tmp_path / "t.jsonl", Trace)) == taught.traces
