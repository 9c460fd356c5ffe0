"""A question's certificate in words: what a trace may say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from florey.errors import BadInput
from florey.records import LETTERS, Condition, Question, is_masked

STATE_WORDS = {"present": "present", "absent": "absent", "unknown": "unclear"}


@dataclass(frozen=True)
class Reading:
    """One option under one binding of the bridge. `words`: one state word per condition; empty if nothing binds."""

    option: int
    name: str  # "Marfan syndrome", or "FBN1 via Marfan syndrome"
    words: tuple[str, ...]
    fits: tuple[bool, ...]  # per condition

    @property
    def letter(self) -> str:
        return LETTERS[self.option]

    @property
    def head(self) -> str:
        return f"{self.letter} {self.name}"

    @property
    def count(self) -> int:
        """Satisfied conditions."""
        return sum(self.fits)


@dataclass(frozen=True)
class Facts:
    """The conditions as `labels`, the state word each asks for, and every reading of every option."""

    labels: tuple[str, ...]
    wanted: tuple[str, ...]
    readings: tuple[tuple[Reading, ...], ...]  # per option, in the certificate's order; at least one
    gold: int

    @property
    def total(self) -> int:
        return len(self.labels)

    @cached_property
    def best(self) -> tuple[Reading, ...]:
        """Per option the reading that satisfies most, the first of equals."""
        return tuple(max(readings, key=lambda reading: reading.count) for readings in self.readings)

    @cached_property
    def tempting(self) -> Reading | None:
        """The distractor that satisfies most conditions, the first of equals; None where none has a binding."""
        others = [reading for reading in self.best if reading.option != self.gold and reading.words]
        return max(others, key=lambda reading: reading.count, default=None)


def facts(question: Question, names: Mapping[str, str]) -> Facts:
    """What the certificate says. `names`: node id -> name.

    Raises BadInput where there is no certificate, where it does not fit the question or does not single out the
    gold option, and where a node has no name.
    """
    certificate = question.certificate
    if certificate is None or not question.conditions:
        raise BadInput(f"question {question.id}: no certificate; the graph teacher writes from nothing else")
    if tuple(proof.option for proof in certificate.proofs) != question.option_ids:
        raise BadInput(f"question {question.id}: the certificate's options are not the question's")
    labels = _labels(question, names)
    wanted = tuple("present" if condition.holds else "absent" for condition in question.conditions)
    readings = []
    for index, proof in enumerate(certificate.proofs):
        found = []
        for binding in proof.bindings:
            if len(binding.supports) != len(labels):
                raise BadInput(f"question {question.id}: {len(binding.supports)} supports, {len(labels)} conditions")
            through = ", ".join(_name(node, names, question) for node in binding.bridges)
            via = f" via {through}" if through else ""
            words = tuple(STATE_WORDS[support.state] for support in binding.supports)
            fits = tuple(word == want for word, want in zip(words, wanted, strict=True))
            found.append(Reading(index, question.options[index] + via, words, fits))
        readings.append(tuple(found) or (Reading(index, question.options[index], (), ()),))
    result = Facts(labels, wanted, tuple(readings), question.gold)
    fitting = [reading.option for reading in result.best if reading.count == len(labels)]
    if fitting != [question.gold]:
        letters = ", ".join(LETTERS[option] for option in fitting) or "none"
        raise BadInput(
            f"question {question.id}: the gold option is {question.letter}, by the certificate it is {letters}"
        )
    return result


def _labels(question: Question, names: Mapping[str, str]) -> tuple[str, ...]:
    """How a trace names each condition; those that would read the same are told apart by relation and ends."""
    labels = tuple(_label(condition, names, question) for condition in question.conditions)
    for more in (
        [f" ({condition.relation})" for condition in question.conditions],
        [f" ({condition.subject} to {condition.object})" for condition in question.conditions],
    ):
        alike = [labels.count(label) > 1 for label in labels]
        labels = tuple(label + end * same for label, end, same in zip(labels, more, alike, strict=True))
    if len(set(labels)) < len(labels):
        raise BadInput(f"question {question.id}: two conditions are the same")
    return labels


def _label(condition: Condition, names: Mapping[str, str], question: Question) -> str:
    """The named node of the condition: its object, or "in" its subject; "link" between two masked nodes."""
    if not is_masked(condition.object):
        return _name(condition.object, names, question)
    return "link" if is_masked(condition.subject) else f"in {_name(condition.subject, names, question)}"


def _name(node: str, names: Mapping[str, str], question: Question) -> str:
    if node not in names:
        raise BadInput(f"question {question.id}: the graph has no node {node}; was it made from another graph?")
    return names[node]
