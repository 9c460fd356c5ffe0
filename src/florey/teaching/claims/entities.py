"""Where a text names the options and conditions of its question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from florey.graph.linking.acronyms import Context
from florey.graph.linking.linker import Linker
from florey.graph.linking.mention import Mention, Name
from florey.records import ANSWER, LETTERS, Question
from florey.synthesis.rewriting.chinese import flagged
from florey.synthesis.rewriting.closing import PICTURE
from florey.teaching.claims.claim import PATIENT, Subject
from florey.teaching.claims.grammar import CHINESE, ENGLISH, Grammar

Synonyms = Mapping[str, Sequence[str]]
"""Node id -> all its names."""
_T = TypeVar("_T", Mention, "Named")
_CJK = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True)
class Named:
    """One place of a text. Of `subject`, `condition` and `other` one is set. `negated`, `uncertain` (or said of
    relatives): by the words around it. `holds`: it stands as what has something, as the disease in a disease's finding.
    """

    start: int
    end: int
    subject: Subject | None = None
    condition: int | None = None
    other: str | None = None  # node id of what the whole graph knows and the question does not name
    negated: bool = False
    uncertain: bool = False
    holds: bool = False


class Entities:
    """The names of one question's options, hidden nodes and conditions, ready to be found in texts.

    others: a linker of the whole graph, for what a text names beyond the question.
    """

    def __init__(self, question: Question, synonyms: Synonyms, others: Linker | None = None) -> None:
        self.question = question
        self._others = others
        # where findings are asked for, the options are what is had, and the named diseases and genes have it
        self._asks_findings = any(c.object == ANSWER and c.relation in PICTURE for c in question.conditions)
        self._meaning: dict[str, Subject | int] = {}
        names: list[Name] = []
        for key, meaning, texts in _entities(question, synonyms):
            self._meaning[key] = meaning
            names += [Name(text, key, "entity", preferred=True) for text in texts]
        self._linker = Linker(name for name in names if not _CJK.search(name.text))
        # in Chinese words are not parted: there names are found as strings, the longest first
        self._strings = [
            (re.compile(rf"(?<![A-Za-z0-9]){re.escape(name.text)}(?![A-Za-z0-9])", re.IGNORECASE), name.id)
            for name in sorted(names, key=lambda name: (-len(name.text), name.text, name.id))
        ]

    def find(self, text: str) -> list[Named]:
        """All places of options, hidden nodes and conditions in order, none overlapping; options by letter too."""
        grammar = grammar_of(text)
        mentions: list[Mention] = []
        if grammar is CHINESE:
            for pattern, key in self._strings:
                mentions = _apart(mentions, [Mention(*m.span(), m[0], (key,)) for m in pattern.finditer(text)])
            mentions = flagged(text, mentions)
        else:  # an acronym of an option needs no support: the question is about it
            mentions = [m for m in self._linker.link(text, Context(frozenset(self._meaning))) if m.id]
        found = [self._named(mention) for mention in mentions]
        letters = (
            Named(*m.span("letter"), subject=Subject(option=option), holds=not self._asks_findings)
            for m in grammar.letter.finditer(text)
            if (option := LETTERS.index(m["letter"])) < len(self.question.options)
        )
        return _apart(found, letters)

    def find_all(self, text: str) -> list[Named]:
        """Those of `find`, the patient, and what only the whole graph knows."""
        found = self.find(text)
        if self._others:
            known = (
                Named(m.start, m.end, other=m.id, negated=m.negated, uncertain=m.uncertain or m.family)
                for m in self._others.link(text)
                if m.id
            )
            found = _apart(found, known)
        patients = (Named(*m.span(), subject=PATIENT, holds=True) for m in grammar_of(text).patient.finditer(text))
        return _apart(found, patients)

    def _named(self, mention: Mention) -> Named:
        meaning = self._meaning[mention.ids[0]]
        subject, condition = (meaning, None) if isinstance(meaning, Subject) else (None, meaning)
        is_option = subject is not None and subject.option is not None
        return Named(
            mention.start,
            mention.end,
            subject,
            condition,
            negated=mention.negated,
            uncertain=mention.uncertain or mention.family,
            holds=not is_option if self._asks_findings else subject is not None,
        )


def grammar_of(text: str) -> Grammar:
    """Of the language that most words are in; a Chinese character is one, so that Latin names do not decide."""
    return CHINESE if len(_CJK.findall(text)) > len(_LATIN.findall(text)) else ENGLISH


def _apart(found: Sequence[_T], more: Iterable[_T]) -> list[_T]:
    """Those of `more` that overlap none of `found` join them, in order."""
    result = list(found)
    result += [each for each in more if all(each.end <= old.start or old.end <= each.start for old in found)]
    return sorted(result, key=lambda each: each.start)


def nodes(question: Question) -> list[str]:
    """Ids of all that a trace may speak of: options, ends of conditions, hidden candidates; sorted."""
    proofs = question.certificate.proofs if question.certificate else ()
    hidden = (node for proof in proofs for binding in proof.bindings for node in binding.bridges)
    named = (node for condition in question.conditions for node in condition.nodes)
    return sorted({*question.option_ids, *named, *hidden})


def _entities(question: Question, synonyms: Synonyms) -> Iterator[tuple[str, Subject | int, list[str]]]:
    """(key, what it is, its names) of each option, condition and hidden node; a name of two things is given to none."""
    written = dict(question.rewriting.mentions) if question.rewriting else {}

    def names(node: str) -> list[str]:
        return [*synonyms.get(node, ()), *([written[node]] if node in written else [])]

    entities: list[tuple[str, Subject | int, list[str]]] = []
    for option, text in enumerate(question.options):
        node = question.option_ids[option] if question.option_ids else ""
        entities.append((f"option {option}", Subject(option=option), [text, *names(node)]))
    places: dict[str, list[int]] = {}
    for place, condition in enumerate(question.conditions):
        for node in condition.nodes:
            places.setdefault(node, []).append(place)
    for node, found in places.items():
        # a node of two conditions says nothing of either by itself, nor do the two ends of an asked relation
        if node not in question.option_ids and len(found) == 1 and question.conditions[found[0]].relation != ANSWER:
            entities.append((f"condition {found[0]} {node}", found[0], names(node)))
    bridges = [node for node in nodes(question) if node not in places and node not in question.option_ids]
    entities += [(f"bridge {node}", Subject(bridge=node), names(node)) for node in bridges]
    owners: dict[str, set[str]] = {}
    for key, _, texts in entities:
        for text in texts:
            owners.setdefault(text.casefold(), set()).add(key)
    for key, meaning, texts in entities:
        yield key, meaning, sorted({text for text in texts if len(owners[text.casefold()]) == 1})
