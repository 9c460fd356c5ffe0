"""The probabilities that a model gave to the options: from the tokens that were likely where its answer begins."""

from __future__ import annotations

import math
from collections.abc import Sequence

from florey.inference.prompts import Prompt
from florey.llm.chat_completions import Likely, last_end
from florey.records import LETTERS, Question

_OPENED = r"[\s(\[*_`$]{0,16}"  # bounded: a text may be a megabyte of spaces
_LETTER = r"(?=[A-Z](?![A-Za-z]))"
_BEGINS = r"(?:\A|</think>)"
_ENGLISH = r"(?i:answer)(?:\s(?i:is|would be|should be))?\s{0,4}[:：]?"
_SAID = rf"(?:{_ENGLISH}|(?:答案|选项)(?:应?该?[是为])?\s{{0,4}}[:：]?|\\boxed\{{(?:\\text\{{)?)"
IN_TAGS = rf"<answer>{_OPENED}{_LETTER}"
STATED = rf"{_SAID}{_OPENED}{_LETTER}|{_BEGINS}{_OPENED}(?=[A-Z](?:[)\].:*]|\s{{0,4}}(?:\Z|\n)))"
IN_A_WORD = rf"(?:{_SAID}|<answer>|{_BEGINS}){_OPENED}(?=[A-Za-z])"
"""Patterns that end where an answer begins: a letter inside <answer>; one in a statement or alone; an option's text."""


def answer_begins(prompt: Prompt) -> str:
    """A pattern that ends where an answer to the prompt begins."""
    if not prompt.shows_letters:
        return IN_A_WORD
    return IN_TAGS if prompt.reading == "tags" else STATED


def of_options(
    shown: Question, chosen: int | None, text: str, likely: Likely | None, prompt: Prompt
) -> list[float] | None:
    """Of the options in the order shown; they sum to 1.

    `chosen`: the option that the grammar reads in the text. None where it reads none, or another one than stands where
    the tokens were likely, or where no option is among them. An option that is not among the likely ones has nothing.
    """
    at = last_end(answer_begins(prompt), text)
    if likely is None or chosen is None or at is None:
        return None
    names = list(LETTERS[: len(shown.options)]) if prompt.shows_letters else [each.lower() for each in shown.options]
    said = text[at : at + len(names[chosen])]
    if (said if prompt.shows_letters else said.lower()) != names[chosen]:
        return None
    weights = [0.0] * len(names)
    for token, logarithm in likely:
        if (place := _named(token.strip(" ():.\n*"), names, prompt.shows_letters)) is not None:
            weights[place] += math.exp(logarithm)
    whole = math.fsum(weights)
    return [weight / whole for weight in weights] if whole > 0 else None


def _named(token: str, names: Sequence[str], letters: bool) -> int | None:
    """The option that a token is the letter of, or alone begins like."""
    if letters:
        return names.index(token) if token in names else None
    found = [place for place, name in enumerate(names) if token and name.startswith(token.lower())]
    return found[0] if len(found) == 1 else None


def in_own_order(shown: Sequence[float], order: Sequence[int] | None) -> tuple[float, ...]:
    """`order[place]`: the index that the option at a place has in the question."""
    if order is None:
        return tuple(shown)
    return tuple(shown[list(order).index(index)] for index in range(len(shown)))
