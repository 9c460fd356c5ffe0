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
from florey.teaching.claims.entities import Entities
from florey.teaching.problem import Problem
from florey.teaching.signals.wording import CJK, tokens

_SMALL = frozenset(tokens("a an and are as at be by for from has have in is it its no not of on or the to was with"))
# a capital that stands alone; no article, pronoun, part of a name ("hepatitis B", "B cells") or genus ("E. coli")
_LETTER = re.compile(
    r"(?<![\w'’-])(?<!itamin )(?<!epatitis )(?<!roup )(?<!ype )"
    r"(?:[B-HJ-Z]|A(?!\s+[a-z])|(?<=[a-z,;]\s)A)(?![\w'’-]|\.\s?[a-z]|\s(?:cell|lymphocyte)s?\b)"
)
_IDEOGRAPH = re.compile(f"[{CJK}]")


class Coverage:
    """What a thought about one question has to speak of. `names`: node id -> name."""

    def __init__(self, question: Question, names: Mapping[str, str]) -> None:
        self._question = question
        self._entities = Entities(question, {node: (name,) for node, name in names.items()})
        labels = {
            place: " or ".join(names[node] for node in question.conditions[place].nodes if node in names)
            for place in sorted(discriminating(question))
        }
        # a node that two conditions share names neither of them: nothing can be asked of a thought there
        self._telling = {place: label for place, label in labels.items() if place in self._conditions(label)}

    def missing(self, thought: str) -> Iterator[Problem]:
        """Nothing where the thought covers its question.

        >>> question = Question(stem="Which?", options=("iron", "zinc"), gold=0, source="test")
        >>> [each.detail for each in Coverage(question, {}).missing("Pallor points to iron.")]
        ['it weighs no option against the answer']
        """
        if self._telling:
            found = self._conditions(thought)
            left = [label for place, label in self._telling.items() if place not in found]
            if left:
                yield _problem(f"it does not consider {', '.join(left)}, which tells the answer from its nearest rival")
            return
        options = self._options(thought)
        if self._question.gold not in options:
            yield _problem("it does not say in words which option it arrives at")
        if not options - {self._question.gold}:
            yield _problem("it weighs no option against the answer")

    def _conditions(self, text: str) -> set[int]:
        return {each.condition for each in self._entities.find(text) if each.condition is not None}

    def _options(self, thought: str) -> set[int]:
        """Those named, by letter, or by enough of the words that no other option has: half, in Chinese a quarter, where
        every two characters count and names are said in short."""
        found = {each.subject.option for each in self._entities.find(thought) if each.subject is not None}
        written, said = [_words(option) for option in self._question.options], _words(thought)
        for index, mine in enumerate(written):
            own = mine.difference(*(other for place, other in enumerate(written) if place != index))
            enough = 4 if _IDEOGRAPH.search(self._question.options[index]) else 2
            if own and enough * len(own & said) >= len(own):
                found.add(index)
        letters = LETTERS[: len(self._question.options)]
        found |= {letters.index(match[0]) for match in _LETTER.finditer(thought) if match[0] in letters}
        return {option for option in found if option is not None}


def uncovered(question: Question, text: str, names: Mapping[str, str]) -> list[Problem]:
    """What a completion of the question does not speak of, as problems `not_considered`."""
    return list(Coverage(question, names).missing(answer.parse(text, question.options).thought))


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


def _problem(detail: str) -> Problem:
    return Problem("not_considered", detail)


def _words(text: str) -> set[str]:
    """Words without a plural's ending, without small ones and letters; of Chinese every two characters in a row."""
    said = tokens(text)
    pairs = {first + second for first, second in pairwise(said) if _IDEOGRAPH.match(first) and _IDEOGRAPH.match(second)}
    words = {word for word in said if not _IDEOGRAPH.match(word) and (len(word) > 1 or word.isdecimal())}
    return {word.removesuffix("s") if len(word) > 3 else word for word in words - _SMALL} | pairs
