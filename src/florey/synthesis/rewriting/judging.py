"""Mentions against the brief: is every fact told, as a fact, and nothing else? The same for every language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from florey.graph.linking.mention import Mention
from florey.synthesis.rewriting.brief import Brief
from florey.synthesis.rewriting.drift import Drift, Reason
from florey.synthesis.rewriting.patient import Patient, blanked, new_numbers

INHERITED = "inheritance"
_NORMAL = re.compile(
    r"\b(?:ab)?normal(?:ly)?\b|\bunremarkable\b|\bpreserved\b|\bintact\b|\bpositive\b|\bnegative\b|正常|异常|阴性|阳性",
    re.I,
)


def judge(mentions: Sequence[Mention], brief: Brief) -> Drift | None:
    """The first fault of what a text says, facts before the rest."""
    facts = set(brief.facts)
    return next(
        (
            drift
            for fault in (_untold(mentions, brief), _wrongly_told(mentions, brief), _added(mentions, brief, facts))
            for drift in fault
        ),
        None,
    )


def named_options(text: str, mentions: Sequence[Mention], brief: Brief) -> Drift | None:
    """An option's name outside the names of the facts; the reason says which kind, the detail does not."""
    rest = blanked(text, ((m.start, m.end) for m in mentions if not set(brief.facts).isdisjoint(m.ids)))
    for names, reason in ((brief.answer, Reason.ANSWER), (brief.distractors, Reason.DISTRACTOR)):
        if name := names.within(rest):
            return Drift(reason, f"'{name}' must not be named")
    return None


def said_of_patient(text: str, patient: Patient, brief: Brief) -> Drift | None:
    """Age, sex and numbers of a text with its names blanked, against the original's."""
    if not brief.patient.allows(patient):
        allowed = f"only '{brief.patient.phrase}'" if brief.patient.phrase else "neither"
        return Drift(Reason.PATIENT, f"age and sex must be as given: {allowed}, not even by a pronoun")
    if numbers := new_numbers(text, brief.question.stem):
        return Drift(Reason.NUMBER, f"'{numbers[0]}' is a number or duration that was not given")
    return None


def said_of_tests(text: str) -> Drift | None:
    """A result without a name ("vital signs are normal") in a text with its names blanked: no linker can see it."""
    if found := _NORMAL.search(text):
        return Drift(Reason.ADDED, f"a result that is '{found[0]}' was not among the facts")
    return None


def own_question(text: str) -> Drift | None:
    if re.search(r"[?？]", text):
        return Drift(Reason.OWN_QUESTION, "the case asks a question; a question will be added to it")
    return None


def _untold(mentions: Sequence[Mention], brief: Brief) -> Iterator[Drift]:
    said = {node for m in mentions for node in m.ids}
    for fact in brief.facts:
        if fact not in said:
            name = brief.names[fact]
            vague = [m.text for m in mentions if not brief.near[fact].isdisjoint(m.ids)]
            yield Drift(Reason.LOST, f"'{name}' is not told" + (f", only '{vague[0]}'" if vague else ""))


def _wrongly_told(mentions: Sequence[Mention], brief: Brief) -> Iterator[Drift]:
    certain = []
    for m in mentions:
        for fact in brief.facts:
            if fact not in m.ids:
                continue
            name = brief.names[fact]
            if m.family and brief.types[fact] != INHERITED:
                yield Drift(Reason.FAMILY, f"'{name}' is told of a relative, not of the patient")
            if m.negated and fact not in brief.absent:
                yield Drift(Reason.NEGATED, f"'{name}' is denied")
            if not m.negated and fact in brief.absent:
                yield Drift(Reason.AFFIRMED, f"'{name}' is told as present; it is absent")
            if fact in brief.compared:
                certain.append(not m.uncertain)
            elif m.uncertain:
                yield Drift(Reason.UNCERTAIN, f"'{name}' is told as uncertain")
    if len(set(certain)) > 1:
        yield Drift(Reason.FAVOURED, "what is compared must be told alike; one is told as more certain than the other")


def _added(mentions: Sequence[Mention], brief: Brief, facts: set[str]) -> Iterator[Drift]:
    options = set(brief.question.option_ids)
    for m in mentions:
        if not facts.isdisjoint(m.ids):
            continue
        if not options.isdisjoint(m.ids):
            gold = brief.question.option_ids[brief.question.gold] in m.ids
            yield Drift(Reason.ANSWER if gold else Reason.DISTRACTOR, f"'{m.text}' must not be named")
        elif brief.allowed.isdisjoint(m.ids) or m.negated or m.uncertain or m.family:
            yield Drift(Reason.ADDED, f"'{m.text}' was not among the facts")
