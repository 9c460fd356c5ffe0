"""From what a model wrote to a completion: one thought, one answer, nothing else."""

from __future__ import annotations

import re

from florey import answer
from florey.records import Question

_TAGS = re.compile(r"</?(?:think|answer)>")
_BLOCK = re.compile(r"<answer>.*?(?:</answer>|$)", re.DOTALL)


def composed(text: str, question: Question) -> str | None:
    """The completion that the text is, or can be read as: where the thought stands outside its tags, it is put inside.

    None where no single option is named inside <answer></answer>.
    """
    parsed = answer.parse(text, question.options)
    if parsed.well_formed:
        return text.strip()
    if parsed.choice is None:
        return None
    lines = (" ".join(line.split()) for line in _TAGS.sub(" ", _BLOCK.sub(" ", text)).splitlines())
    return answer.completion("\n".join(line for line in lines if line), parsed.choice)
