"""From what a model wrote to a completion: one thought, one answer, nothing else."""

from __future__ import annotations

import re

from florey import answer
from florey.records import Question

_TAGS = re.compile(r"</?(?:think|answer)>")
_BLOCK = re.compile(r"<answer>.*?(?:</answer>|$)", re.DOTALL)
_META = re.compile(
    r"\b(?:my|the|your|this) (?:previous|earlier|original|initial|first|last) (?:answer|attempt|draft|response|version"
    r"|chain of thought|reasoning)\b"
    r"|\bas (?:you|the reviewer|the feedback) (?:pointed|noted|said|mentioned|suggested)"
    r"|\b(?:reviewer|feedback|revised version|revision|rewritten|draft|turn \d)\b"
    r"|(?:之前|上一次|原来|先前)的(?:回答|推理|草稿|版本)|审阅|反馈|修改后|草稿|重写",
    re.IGNORECASE,
)


def composed(text: str, question: Question) -> str | None:
    """The completion that the text is, or can be read as: where the thought stands outside its tags, it is put inside.

    None where no single option is named inside <answer></answer>.
    """
    parsed = answer.parse(text, question.options)
    if parsed.well_formed:
        return text.strip()
    if parsed.choice is None:
        return None
    thought = " ".join(_TAGS.sub(" ", _BLOCK.sub(" ", text)).split())
    return answer.completion(thought, parsed.choice)


def speaks_of_itself(text: str) -> str | None:
    """Words that show a thought to be a later version of another; None where it reads as one continuous thought."""
    found = _META.search(text)
    return found[0] if found else None
