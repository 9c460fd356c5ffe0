"""From what a model wrote to a completion: one thought, one answer, nothing else."""

from __future__ import annotations

import re

from florey import answer
from florey.records import Question

_TAGS = re.compile(r"</?(?:think|answer)>")
_BLOCK = re.compile(r"<answer>.*?(?:</answer>|$)", re.DOTALL)
_PAIR = re.compile(r"<think>((?:(?!</?think>).)*)</think>\s*<answer>[^<]*</answer>", re.DOTALL)


def composed(text: str, question: Question) -> str | None:
    """The completion that the text is, or can be read as; None where no single option is named in <answer></answer>.

    The thought that stands right before the answer is the one that was asked for: a greeting before it, or a reasoning
    model's own thoughts, are left out. Where none does, all that stands outside the answer is the thought.
    """
    parsed = answer.parse(text, question.options)
    if parsed.well_formed:
        return text.strip()
    if parsed.choice is None:
        return None
    if thoughts := _PAIR.findall(text):
        return answer.completion(thoughts[-1].strip(), parsed.choice)
    lines = (" ".join(line.split()) for line in _TAGS.sub(" ", _BLOCK.sub(" ", text)).splitlines())
    return answer.completion("\n".join(line for line in lines if line), parsed.choice)
