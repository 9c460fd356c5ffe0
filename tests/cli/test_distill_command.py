"""`florey distill` with a language model: told, counted, resumable, planned."""

import re

import pytest
from click.testing import CliRunner

from florey.answer import completion
from florey.cli.teaching import distill
from florey.errors import BadInput
from florey.files import read_jsonl, write_jsonl
from florey.records import Question, Trace
from florey.teaching.model_teacher.teacher import Attempt


def asked(number):
    return Question(
        stem=f"Case {number}: which remedy is it?", options=("Alpha", "Beta"), gold=number % 2, source="s"
    ).identified()


def speak(body):
    """Finds the even cases by itself; the odd ones only when it is told."""
    system, user = (body["messages"][place]["content"] for place in (0, 1))
    number = int(re.search(r"Case (\d+)", user)[1])
    right = "model solutions" in system or number % 2 == 0
    choice = number % 2 if right else 1 - number % 2
    return completion("Alpha would be warm to the touch and Beta would be cold, which decides between the two.", choice)


@pytest.fixture
def folder(tmp_path):
    write_jsonl(tmp_path / "q.jsonl", [asked(number) for number in range(6)])
    return tmp_path


def test_a_model_teaches_and_says_what_it_did(folder, scripted_llm):
    server = scripted_llm(answer=speak)
    command = [str(folder / "q.jsonl"), "--out", str(folder / "t.jsonl"), "--samples", "2"]
    command += ["--llm-url", server.url, "--llm-model", "m"]
    result = CliRunner().invoke(distill, command)
    assert result.exit_code == 0, result.output
    traces = list(read_jsonl(folder / "t.jsonl", Trace))
    assert sum(not trace.gold_shown for trace in traces) == 3
    assert sum(trace.gold_shown for trace in traces) == 1  # at most three in ten of all
    assert "m: 4 kept of 9 accepted, told the answer for 1" in result.output
    assert "over_gold_cap" in result.output and "language model: 15 calls" in result.output
    assert len(list(read_jsonl(folder / "t.jsonl.attempts.jsonl", Attempt))) == 15
    before = (folder / "t.jsonl").read_bytes()
    again = CliRunner().invoke(distill, command)
    assert "0 calls, 15 from the cache" in again.output and (folder / "t.jsonl").read_bytes() == before


def test_the_plan_asks_nothing_and_writes_nothing(folder):
    command = [str(folder / "q.jsonl"), "--out", str(folder / "t.jsonl"), "--plan", "--llm-model", "m"]
    result = CliRunner().invoke(distill, [*command, "--llm-url", "http://127.0.0.1:9/v1", "--llm-price-out", "2"])
    assert result.exit_code == 0 and "without the answer: 24 requests" in result.output
    assert [path.name for path in folder.iterdir()] == ["q.jsonl"]


def test_without_graph_or_model_there_is_no_teacher(folder):
    result = CliRunner().invoke(distill, [str(folder / "q.jsonl"), "--out", str(folder / "t.jsonl")])
    assert isinstance(result.exception, BadInput) and "--graph" in str(result.exception)
