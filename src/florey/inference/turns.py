"""Turns after the first: the answer asked for apart from the thought, or forced after a thought that was cut."""

from __future__ import annotations

import re
from dataclasses import replace

from florey.llm.client import Outcome
from florey.llm.requests import Answer, Message, Request
from florey.records import Question

FORCE = (
    "Stop reasoning here. Give the letter of the one correct option inside <answer></answer> and nothing else.",
    "请停止推理。只在<answer></answer>中给出唯一正确选项的字母，不要写其他内容。",
)
"""In English and Chinese: for a model whose own turn cannot be gone on with."""
_CUT_TAG = re.compile(r"</?\w*$")
UNSAID = "…"  # what stands for a thought that the server keeps to itself: an empty turn is refused by many


def second(request: Request, first: Answer, said: str, likely_after: str | None) -> Request:
    """The turn that asks for the answer; thought and answer have the budget together."""
    left = max(1, request.max_tokens - first.usage.completion_tokens)
    turns = (_own(first.text), Message(role="user", content=said))
    return replace(request, messages=(*request.messages, *turns), max_tokens=left, likely_after=likely_after)


def joined(first: Answer, said: str, then: Outcome) -> Outcome:
    """Both turns as one completion, the words of the question between them."""
    if not isinstance(then, Answer):
        return then
    opened = "<think>" if then.prefilled else ""
    return replace(
        first,
        text=f"{first.text}\n\n{said} {opened}{then.text}",
        finish=then.finish,
        usage=first.usage + then.usage,
        likely=then.likely,
    )


def forcing(request: Request, cut: Answer, question: Question, max_tokens: int) -> Request:
    """Goes on with the model's own turn: its thought closed, its answer opened. In this process that is exact; a server
    that cannot do it gets the thought as it is and is told to stop."""
    thought = cut.text.rstrip()
    inside = thought.rfind("<think>") > thought.rfind("</think>") or (cut.prefilled and "</think>" not in thought)
    closed = f"{thought}\n</think>" if inside else thought
    told = FORCE[question.language == "zh"]
    return replace(
        request,
        messages=(*request.messages, _own(f"{closed}\n\n<answer>".lstrip())),
        instead=(_own(thought), Message(role="user", content=told)),
        max_tokens=max_tokens,
        temperature=0.0,
        likely_after=None,
    )


def forced_answer(text: str) -> str:
    """What follows <answer> in a turn that went on, or stands inside it in one that began anew; some servers say the
    turn's beginning once more."""
    inside, closed, _ = text.rpartition("<answer>")[2].partition("</answer>")
    said = inside.strip() if closed else _CUT_TAG.sub("", inside.strip().partition("\n")[0])
    return f"<answer>{said}</answer>"


def _own(text: str) -> Message:
    return Message(role="assistant", content=text or UNSAID)
