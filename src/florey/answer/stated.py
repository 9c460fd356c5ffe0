"""Answers in words, for the prompts of others that ask for no tags: "The answer is (B)", "Answer: B", "答案是B".

Read are only statements of an answer: a letter that stands somewhere is none. The last one counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from florey.answer.choices import NONE, Choice, choice

_WORDS = tuple(form for word in ("answer", "option", "choice") for form in (word, word.capitalize(), word.upper()))
_STATED = re.compile(
    r"(?:answer|option|choice)\b(?:\s(?:is|would be|should be|must be))?\s{0,2}(?:[:：]|(?<=is)|(?<=be))\s{0,2}"
    r"|answer\s?\(?(?=[A-Z]\)?(?:[\s.,;]|$))",  # "the answer B."
    re.IGNORECASE,
)
_IN_CHINESE = re.compile(r"(?:答案|选项)\s?(?:应该?)?[是为：:]\s?|(?:故|应|因此|所以)选择?\s?[:：]?")
_IS_RIGHT = re.compile(r"\b([A-Z])\)?\s(?:is|would be)\s(?:the\s)?(?:correct|right|best|most appropriate)\b")
_BOXED = re.compile(r"\\boxed\s?\{[^{}]{0,200}(?:\{[^{}]{0,200}\})?[^{}]{0,20}\}")
_ENDS = re.compile(r"[.,;。，；](?:\s|$)|(?<=\S)\s")
_LONGEST = 400  # characters of a statement
_TRIED = 3  # last statements that are tried


def stated(text: str, options: Sequence[str]) -> Choice:
    """The option that the last statement of an answer names, of options in the order shown.

    A completion that is nothing but an answer, or begins with one on a line of its own, is one as well: it goes on
    from a prompt that ended in "Answer:".
    """
    ends = [begun.end() for at in _places(text) if (begun := _STATED.match(text, at))]
    if not text.isascii():
        ends += [begun.end() for begun in _IN_CHINESE.finditer(text)]
    said = [(end, _statement(text, end)) for end in ends]
    said += [(right.end(), right[1]) for right in _IS_RIGHT.finditer(text)]
    said += [(boxed.end(), boxed[0]) for boxed in _BOXED.finditer(text)]
    for _, statement in sorted(said, reverse=True)[:_TRIED]:
        found = _read(statement, options)
        if found != NONE:
            return found
    whole = text.strip()
    first = whole.partition("\n")[0]
    return next((found for found in (choice(whole, options), choice(first, options)) if found != NONE), NONE)


def _places(text: str) -> Iterator[int]:
    """Where words stand that may begin a statement. Looked for one by one: quicker than a pattern of all."""
    for word in _WORDS:
        at = text.find(word)
        while at >= 0:
            yield at
            at = text.find(word, at + 1)


def _statement(text: str, start: int) -> str:
    """From there to the end of the line."""
    return text[start : start + _LONGEST].lstrip().partition("\n")[0]


def _read(statement: str, options: Sequence[str]) -> Choice:
    """The whole statement, or as much of it as ends at a full stop or a comma: "B. Because …", "(C), since …"."""
    tries = [
        statement,
        *(statement[: stop.start()] for stop in re.finditer(r"[.,;。，；](?:\s|$)|(?<=\S)\s", statement)),
    ]
    for tried in sorted(set(tries), key=len, reverse=True):
        found = choice(tried, options)
        if found != NONE:
            return found
    return NONE
