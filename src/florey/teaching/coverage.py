"""Does a thought speak of what decides its question?

For a certified question that is every condition on which the answer and its nearest rival differ; for any other, the
answer and at least one option that it is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from florey import answer
from florey.records import LETTERS, Question
from florey.teaching.claims.entities import Entities, grammar_of, nodes
from florey.teaching.problem import Problem
from florey.teaching.signals.wording import CJK, tokens

_SMALL = frozenset(tokens("a an and are as at be by for from has have in is it its no not of on or the to was with"))
# a capital that stands alone; no article, pronoun, part of a name ("hepatitis B", "B cells") or genus ("E. coli")
_LETTER = re.compile(
    r"(?<![\w'’-])(?<!itamin )(?<!epatitis )(?<!roup )(?<!ype )"
    r"(?:[B-HJ-Z]|A(?!\s+[a-z])|(?<=[a-z,;]\s)A)(?![\w'’-]|\.\s?[a-z]|\s(?:cell|lymphocyte)s?\b)"
)
_IDEOGRAPH = re.compile(f"[{CJK}]")


def uncovered(question: Question, text: str, names: Mapping[str, str]) -> list[Problem]:
    """What a completion of the question does not speak of, as problems `not_considered`. `names`: node id -> name.

    >>> question = Question(stem="Which?", options=("iron", "zinc"), gold=0, source="test")
    >>> [each.detail for each in uncovered(question, "Pallor points to iron.", {})]
    ['it weighs no option against the answer']
    """
    thought = answer.parse(text, question.options).thought
    left = list(_unnamed(question, thought, names) if discriminating(question) else _unweighed(question, thought))
    return [Problem("not_considered", detail) for detail in left]


def discriminating(question: Question) -> set[int]:
    """The named conditions that the distractor nearest to the answer fails; empty where there is no certificate."""
    if question.certificate is None or not question.conditions:
        return set()
    wanted = ["present" if condition.holds else "absent" for condition in question.conditions]
    failing = [
        {
            place
            for place, (support, want) in enumerate(zip(binding.supports, wanted, strict=True))
            if support.state != want and question.conditions[place].nodes
        }
        for proof in question.certificate.proofs
        if not proof.satisfies
        for binding in proof.bindings
    ]
    return min((each for each in failing if each), key=lambda each: (len(each), sorted(each)), default=set())


def _unnamed(question: Question, thought: str, names: Mapping[str, str]) -> Iterator[str]:
    """The telling conditions that a thought does not name."""
    entities = Entities(question, {node: (names[node],) for node in nodes(question) if node in names})

    def named(text: str) -> set[int | None]:
        return {each.condition for each in entities.find(text)}

    found = named(thought)
    for place in sorted(discriminating(question)):
        label = " or ".join(names[node] for node in question.conditions[place].nodes if node in names)
        # a node that two conditions share names neither of them: nothing can be asked of a thought there
        if place not in found and place in named(label):
            yield f"it does not consider {label}, which tells the answer from its nearest rival"


def _unweighed(question: Question, thought: str) -> Iterator[str]:
    options = _options(question, thought)
    if question.gold not in options:
        yield "it does not say in words which option it arrives at"
    if not options - {question.gold}:
        yield "it weighs no option against the answer"


def _options(question: Question, thought: str) -> set[int]:
    """Those named: by letter, in full, or by enough of the words that no other option has: half of them, in Chinese a
    quarter, where every two characters count and names are said in short."""
    letters = LETTERS[: len(question.options)]
    spoken = [*(m["letter"] for m in grammar_of(thought).letter.finditer(thought)), *_LETTER.findall(thought)]
    found = {letters.index(letter) for letter in spoken if letter in letters}
    said, whole = _words(thought), _in_full(thought)
    written = [_words(option) for option in question.options]
    for index, option in enumerate(question.options):
        own = written[index].difference(*written[:index], *written[index + 1 :])
        enough = 4 if _IDEOGRAPH.search(option) else 2
        if _in_full(option) in whole or (own and enough * len(own & said) >= len(own)):
            found.add(index)
    return found


def _in_full(text: str) -> str:
    return f" {' '.join(tokens(text))} "


def _words(text: str) -> set[str]:
    """Words without a plural's ending, without small ones and letters; of Chinese every two characters in a row."""
    said = tokens(text)
    pairs = {first + second for first, second in pairwise(said) if _IDEOGRAPH.match(first) and _IDEOGRAPH.match(second)}
    words = {word for word in said if not _IDEOGRAPH.match(word) and (len(word) > 1 or word.isdecimal())}
    return {word.removesuffix("s") if len(word) > 3 else word for word in words - _SMALL} | pairs
