"""What is read out of a body: completions with and without a thought apart, and errors however they say it."""

from __future__ import annotations

import json

import pytest

from florey.answer import judge, parse
from florey.llm.chat_completions import read_reply, unsupported
from florey.llm.faults import Fault
from florey.records import Question, Verdict


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ('{"error": {"message": "Unsupported parameter: \'top_p\' is not supported", "param": null}}', "top_p"),
        ('{"error": {"message": "no", "param": "seed", "code": "unsupported_parameter"}}', "seed"),
        ('{"detail": "Unsupported value: temperature"}', "temperature"),
        ('{"error": {"message": "no", "param": "tools", "code": "unsupported_parameter"}}', None),
        ('{"error": {"message": "temperature must be at most 2", "param": "temperature", "code": "invalid"}}', None),
        ("[]", None),
        ("<html>", None),
    ],
)
def test_which_errors_name_a_parameter(body: str, parameter: str | None) -> None:
    assert unsupported(body) == parameter


def completion(finish="stop", **message):
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return json.dumps({"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 5}})


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize(
    ("content", "thought", "text"),
    [
        ("<answer>B</answer>", "So B.", "<think>So B.</think><answer>B</answer>"),
        ("\n\n<answer>B</answer>\n", "So B.\n", "<think>So B.</think><answer>B</answer>"),
        ("<think>Short.</think><answer>B</answer>", "At length.", "<think>Short.</think><answer>B</answer>"),
        ("<answer>B</answer>", "Write <answer>A</answer>? No.", "<think>Write A? No.</think><answer>B</answer>"),
        ('{"tier": "easy"}', "Easy.", '{"tier": "easy"}'),  # who asks for JSON gets JSON
        ("A stem in other words.", "Let me rewrite.", "A stem in other words."),
        ("<answer>B</answer>", "", "<answer>B</answer>"),
        ("<answer>B</answer>", None, "<answer>B</answer>"),
        ("<answer>B</answer>", ["So B."], "<answer>B</answer>"),
    ],
)
def test_a_thought_that_comes_apart_stands_before_its_answer(field, content, thought, text):
    assert read_reply(completion(content=content, **{field: thought})).text == text


@pytest.mark.parametrize("content", [{"content": None}, {"content": ""}, {}])
def test_a_completion_that_was_cut_while_it_thought_is_empty(content):
    cut = read_reply(completion("length", reasoning_content='I could say {"tier": "easy"}, but', **content))
    assert (cut.text, cut.finish, cut.usage.completion_tokens) == ("", "length", 5)


def test_no_text_at_all_is_no_reply():
    with pytest.raises(Fault, match="neither text nor an end"):
        read_reply(completion("stop", content=None, reasoning_content="First, the"))


def test_a_thought_and_its_answer_are_read_by_the_grammar():
    question = Question(stem="Which?", options=("x", "y"), gold=1, source="test").identified()
    reply = read_reply(completion(content="<answer>B</answer>", reasoning="It is not x. <think> So y."))
    assert parse(reply.text, question.options).well_formed
    assert judge(read_reply(completion("length", content=None)).text, question, finished=False) is Verdict.TRUNCATED
