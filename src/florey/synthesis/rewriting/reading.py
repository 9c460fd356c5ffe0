"""A rewritten case read back: the nodes that it names, and the first thing that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from florey.graph.linking.mention import Mention
from florey.records import Condition
from florey.synthesis.rewriting.brief import Brief, Briefer
from florey.synthesis.rewriting.chinese import flagged, has_chinese, is_chinese
from florey.synthesis.rewriting.closing import in_picture
from florey.synthesis.rewriting.drift import Drift, Reason
from florey.synthesis.rewriting.glossary import Glossary
from florey.synthesis.rewriting.judging import judge, named_options, own_question, said_of_patient, said_of_tests
from florey.synthesis.rewriting.patient import Patient, blanked, read_chinese_patient, read_patient


@dataclass(frozen=True, slots=True)
class Case:
    """What the model wrote, and where it says that it named each fact: node id -> words of the text."""

    text: str
    echo: tuple[tuple[str, str], ...]


def read_case(parsed: Any, brief: Brief) -> Case:
    """From an answer that holds to the schema of `case_request`."""
    echo = ((brief.facts[said["id"] - 1], one_line(said["text"])) for said in parsed["mentions"])
    return Case(one_line(parsed["case"]), tuple(echo))


def one_line(*texts: str) -> str:
    return " ".join(" ".join(texts).split())


def read_english(case: Case, brief: Brief, briefer: Briefer) -> list[Mention] | Drift:
    """The case linked back by names and aliases."""
    if has_chinese(case.text):
        return Drift(Reason.LANGUAGE, "the case must be in English")
    mentions = briefer.link(case.text, brief.stated, brief.types.values())
    return _fault(case, mentions, brief, read_patient) or mentions


def _fault(case: Case, mentions: list[Mention], brief: Brief, reader: Callable[[str], Patient]) -> Drift | None:
    """What a case says otherwise than its brief, the first of it. `reader`: of the patient, in the case's language."""
    plain = blanked(case.text, ((m.start, m.end) for m in mentions))
    return (
        own_question(case.text)
        or named_options(case.text, mentions, brief)
        or judge(mentions, brief)
        or _echo_fault(case, brief)
        or _misplaced(case, mentions)
        or said_of_tests(plain)
        or said_of_patient(plain, reader(plain), brief)
    )


def read_chinese(case: Case, brief: Brief, glossary: Glossary | None) -> list[Mention] | Drift:
    """The case as far as it can be read without a translation: all of it where the glossary has every name."""
    if not is_chinese(case.text):
        return Drift(Reason.LANGUAGE, "the case must be in Chinese")
    known = glossary.find(case.text) if glossary else []
    if glossary and covered(brief, glossary):
        mentions = known
    else:
        echoed = _echoed(case, brief)
        if isinstance(echoed, Drift):
            return echoed
        mentions = [*echoed, *(m for m in known if all(m.end <= e.start or e.end <= m.start for e in echoed))]
    mentions = flagged(case.text, sorted(mentions, key=lambda m: m.start))
    return _fault(case, mentions, brief, read_chinese_patient) or mentions


def read_translation(parsed: Any, brief: Brief, briefer: Briefer) -> list[Mention] | Drift:
    """A translation back into English, linked like an English case; in the question, the order of what it names."""
    text, question = parsed["case"], parsed["question"]
    mentions = briefer.link(text, brief.stated, brief.types.values())
    drift = named_options(text, mentions, brief) or judge(mentions, brief)
    if drift:
        return Drift(drift.reason, f"translated back, {drift.detail}")
    wanted, found = (_topics(words, brief, briefer) for words in (brief.closing["en"], question))
    if sorted(wanted) != sorted(found):
        return Drift(Reason.LOST, "translated back, the names of what is asked about are others")
    if wanted != found:
        return Drift(Reason.SWAPPED, "translated back, what is compared stands in swapped roles")
    return mentions


def translated(parsed: Any) -> str:
    """The English of an answer to `back_request`, in one line."""
    return one_line(parsed["case"], parsed["question"])


def stated_conditions(conditions: Sequence[Condition], mentions: Sequence[Mention]) -> tuple[Condition, ...]:
    """The conditions as far as a text states them: those whose nodes it names, a finding that it denies as denied."""
    said = {node: not m.negated for m in mentions for node in m.ids}
    return tuple(
        c.model_copy(update={"holds": said[c.object]}) if in_picture(c) else c
        for c in conditions
        if all(node in said for node in c.nodes)
    )


def covered(brief: Brief, glossary: Glossary) -> bool:
    """Whether a glossary has every name that matters: of the facts and of the options."""
    return glossary.covers((*brief.facts, *brief.question.option_ids))


def _echo_fault(case: Case, brief: Brief) -> Drift | None:
    """A fact without an entry in the echo, or an entry that is not copied from the text."""
    for fact in brief.facts:
        if fact not in dict(case.echo):
            return Drift(Reason.ECHO, f"'mentions' has no entry for '{brief.names[fact]}'")
    for fact, words in case.echo:
        if not words or words not in case.text:
            return Drift(Reason.ECHO, f"'{words}' is given for '{brief.names[fact]}' but does not stand in the case")
    return None


def _echoed(case: Case, brief: Brief) -> list[Mention] | Drift:
    """The echo as mentions: each words once in the text, none inside another's."""
    if fault := _echo_fault(case, brief):
        return fault
    mentions: list[Mention] = []
    for fact, words in sorted(set(case.echo)):
        if case.text.count(words) > 1:
            return Drift(Reason.ECHO, f"'{words}' stands more than once in the case")
        start = case.text.index(words)
        mentions.append(Mention(start, start + len(words), words, (fact,)))
    mentions.sort(key=lambda m: (m.start, m.end))
    for one, other in pairwise(mentions):
        if other.start < one.end:
            return Drift(Reason.ECHO, f"'{one.text}' and '{other.text}' are given for different facts but overlap")
    return mentions


def _misplaced(case: Case, mentions: Sequence[Mention]) -> Drift | None:
    """Words that the model gives for a fact where they name another, or nothing."""
    for fact, words in case.echo:
        places = _places(case.text, words)
        if not any(
            fact in m.ids and (start <= m.start < m.end <= end or m.start <= start < end <= m.end)
            for m in mentions
            for start, end in places
        ):
            return Drift(Reason.ECHO, f"'{words}' is given in 'mentions' for a fact that it does not name")
    return None


def _places(text: str, words: str) -> list[tuple[int, int]]:
    places, start = [], text.find(words)
    while start >= 0:
        places.append((start, start + len(words)))
        start = text.find(words, start + 1)
    return places


def _topics(text: str, brief: Brief, briefer: Briefer) -> list[str]:
    """The topics that a text names, in the order of their first mentions."""
    linked = briefer.link(text, brief.stated, brief.types.values())
    return list(dict.fromkeys(node for m in linked for node in m.ids if node in brief.topics))
