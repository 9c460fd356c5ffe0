"""The question that closes a rewritten case, made from the conditions: what is asked, of whom, and in which role.

A model writes the case only. So it cannot ask for a gene instead of a disease, or swap two compared diseases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from florey.records import ANSWER, Condition, is_masked

Language = Literal["en", "zh"]
PICTURE = ("has_finding", "has_symptom", "has_inheritance", "has_onset", "has_course", "has_modifier", "has_history")
"""Relations by which a case tells what a patient has: these facts stand in the case, not in the question."""


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Phrases(_Words):
    subject: tuple[str, str]  # said of the subject: as it holds, as it does not
    object: tuple[str, str]


class _Grammar(_Words):
    question: str
    nested: str
    edge: str
    picture: str
    comma: str
    names: tuple[str, str]
    clauses: str
    nouns: Mapping[str, str]
    relations: Mapping[str, _Phrases]


@cache
def grammars() -> dict[str, _Grammar]:
    text = files("florey.synthesis.rewriting").joinpath("closing.yaml").read_text(encoding="utf-8")
    return {language: _Grammar.model_validate(words) for language, words in yaml.safe_load(text).items()}


def in_picture(condition: Condition) -> bool:
    """Whether the case tells this condition as a fact about the patient: a finding, say, of a masked disease."""
    return condition.relation in PICTURE and is_masked(condition.subject) and not is_masked(condition.object)


def closing(
    conditions: Sequence[Condition], language: Language, name: Callable[[str], str], type_of: Callable[[str], str]
) -> str | None:
    """The question in words; None where a relation has none, or a condition is not joined to the answer.

    name: of a named node. type_of: the node type of a masked one, ANSWER or hidden.
    """
    words = grammars()[language]
    asked = [c for c in conditions if c.relation == ANSWER]
    if asked:
        return words.edge.format(subject=name(asked[0].subject), object=name(asked[0].object))
    left = list(conditions)

    def clauses(node: str) -> str | None:
        mine = [c for c in left if node in (c.subject, c.object)]
        left[:] = [c for c in left if c not in mine]
        said = [words.picture] if any(map(in_picture, mine)) else []
        others: dict[tuple[str, bool], list[str]] = {}  # (phrase, holds) -> what stands in it
        for c in mine:
            if in_picture(c):
                continue
            if c.relation not in words.relations:
                return None
            phrases = words.relations[c.relation]
            phrase = (phrases.subject if c.subject == node else phrases.object)[not c.holds]
            other = c.object if c.subject == node else c.subject
            told = described(other, words.nested) if is_masked(other) else name(other)
            if told is None:
                return None
            others.setdefault((phrase, c.holds), []).append(told)
        for (phrase, holds), filled in others.items():
            said.append(phrase.format(_listed(filled, words.comma, words.names[not holds])))
        return _listed(said, words.comma, words.clauses) or None

    def described(node: str, frame: str) -> str | None:
        noun = words.nouns.get(type_of(node), words.nouns["other"])
        said = clauses(node)
        article = "an" if noun[0] in "aeiou" else "a"
        return said and frame.format(noun=noun, a_noun=f"{article} {noun}", clauses=said)

    question = described(ANSWER, words.question)
    return None if left else question


def _listed(items: Sequence[str], comma: str, last: str) -> str:
    return last.join(filter(None, [comma.join(items[:-1]), *items[-1:]]))
