"""What is read out of a body: completions with and without a thought apart, and errors however they say it."""

from __future__ import annotations

import json

import pytest

from florey.answer import judge, parse
from florey.llm.chat_completions import read_reply, unsupported
from florey.llm.faults import Fault
from florey.llm.requests import Request
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


@pytest.mark.parametrize(
    ("finish", "content", "text"),
    [
        ("length", None, "<think>Is it A? So B"),
        ("length", "", "<think>Is it A? So B"),
        ("length", "The answer", "<think>Is it A? So B</think>The answer"),
        ("stop", "The answer is B.", "<think>Is it A? So B</think>The answer is B."),
        ("stop", "<think>x</think>B", "<think>x</think>B"),
    ],
)
def test_of_what_is_scored_the_thought_is_kept_as_well(finish, content, text):
    body = completion(finish, content=content, reasoning="Is it <answer>A</answer>? So B ")
    assert read_reply(body, Request((), measured=True)).text == text


def test_a_turn_that_goes_on_may_come_as_a_thought():
    going_on = Request(({"role": "assistant", "content": "<answer>"},))
    assert read_reply(completion(content=None, reasoning_content="B</answer>"), going_on).text == "B</answer>"
    assert read_reply(completion(content="B</answer>", reasoning_content="x"), going_on).text == "B</answer>"


@pytest.mark.parametrize(("total", "written"), [(10, 7), (8, 5), (None, 5)])
def test_a_thought_that_is_counted_in_the_total_alone_is_counted(total, written):
    body = json.loads(completion(content="B"))
    body["usage"]["total_tokens"] = total
    assert read_reply(json.dumps(body)).usage.completion_tokens == written


def test_no_text_at_all_is_no_reply():
    with pytest.raises(Fault, match="neither text nor an end"):
        read_reply(completion("stop", content=None, reasoning_content="First, the"))


def test_a_thought_and_its_answer_are_read_by_the_grammar():
    question = Question(stem="Which?", options=("x", "y"), gold=1, source="test").identified()
    reply = read_reply(completion(content="<answer>B</answer>", reasoning="It is not x. <think> So y."))
    assert parse(reply.text, question.options).well_formed
    assert judge(read_reply(completion("length", content=None)).text, question, finished=False) is Verdict.TRUNCATED


def wanting(after: str) -> Request:
    return Request((), likely_after=after)


def with_tokens(*tokens: str, tops: dict[int, list[tuple[str, float]]]) -> str:
    content = [
        {"token": token, "top_logprobs": [{"token": t, "logprob": p} for t, p in tops.get(place, [])]}
        for place, token in enumerate(tokens)
    ]
    choice = {"message": {"content": "".join(tokens)}, "finish_reason": "stop", "logprobs": {"content": content}}
    return json.dumps({"choices": [choice]})


@pytest.mark.parametrize(
    ("tokens", "place", "tops", "likely"),
    [
        (("x<answer>", "B", "</answer>"), 1, [("B", -0.1), ("A", -2.5)], (("B", -0.1), ("A", -2.5))),
        (("<answer>", "\n", " B", "</"), 2, [(" B", -0.1), ("A", -3.0)], (("B", -0.1), ("A", -3.0))),
        (("<answer", ">B", "</"), 1, [(">B", -0.1), (">C", -2.0), ("]", -9.0)], (("B", -0.1), ("C", -2.0))),
        (("<answer>", "A", "</answer>", "<answer>", "C"), 4, [("C", -1.0)], (("C", -1.0),)),
    ],
)
def test_likely_tokens_are_those_where_the_answer_begins(tokens, place, tops, likely):
    body = with_tokens(*tokens, tops={place: tops})
    assert read_reply(body, wanting(r"<answer>\s*")).likely == likely
    assert read_reply(body).likely is None


@pytest.mark.parametrize("tokens", [("no answer",), ("<answer>",)])
def test_no_likely_tokens_where_no_answer_begins(tokens):
    assert read_reply(with_tokens(*tokens, tops={}), wanting("<answer>")).likely is None


def test_a_server_without_log_probabilities_gives_none():
    assert read_reply(completion(content="<answer>B</answer>"), wanting("<answer>")).likely is None
