"""Claims in free prose, English and Chinese: sentence by sentence, and rather none than a wrong one.

A sentence is a row of what has something (options, hidden candidates, the patient) and of what is had; each of the
latter belongs to the one before it ("B lacks scoliosis"), to one behind it ("scoliosis is seen in B"), or to the one
last spoken of ("It lacks scoliosis"). What is asked, supposed, hedged or compared is no claim; what is said of the
patient is one about the stem.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from florey.synthesis.rewriting.patient import blanked
from florey.teaching.claims.claim import PATIENT, Claim
from florey.teaching.claims.clause import Clause, Group, Said
from florey.teaching.claims.entities import Entities, Named, grammar_of
from florey.teaching.claims.grammar import Grammar

_HEADING = 12  # characters before the option that a line is headed by: "**Option B"


def read_prose(text: str, entities: Entities) -> Iterator[Claim]:
    """Claims in the order of the text."""
    grammar, found = grammar_of(text), entities.find_all(text)
    plain = blanked(text, ((each.start, each.end) for each in found if each.subject != PATIENT))
    said = Said()
    ends = [*(mark.end() for mark in grammar.sentence_end.finditer(plain)), len(plain)]
    for start, end in pairwise([0, *ends]):
        groups = _groups(plain, [each for each in found if start <= each.start < end], grammar)
        if start == 0 or plain[:start].rstrip(" ").endswith("\n"):
            _head(plain[start:end], start, groups, said)
        if grammar.not_stated.search(plain[start:end].strip()):
            said.topic = _only_holder(groups) or said.topic
        else:
            yield from _sentence(plain, start, end, groups, grammar, entities, said)


def _groups(plain: str, found: Sequence[Named], grammar: Grammar) -> list[Group]:
    """Names of one sort that nothing but conjunctions part stand together."""
    groups: list[Group] = []
    for each in found:
        last = groups[-1] if groups else None
        alike = last is not None and last.holds == each.holds and PATIENT not in (last.members[0].subject, each.subject)
        if (
            last
            and alike
            and grammar.joint.fullmatch(plain, last.end, each.start)
            and not _set_apart(plain, last, each, grammar)
        ):
            groups[-1] = Group((*last.members, each))
        else:
            groups.append(Group((each,)))
    return groups


def _set_apart(plain: str, last: Group, each: Named, grammar: Grammar) -> bool:
    """Whether a comma ends what the next is set against or likened to: "unlike A, B has it"."""
    before = plain[max(0, last.start - 40) : last.start]
    against = grammar.passed_over.search(before) or grammar.likened.search(before)
    return bool(against) and plain[last.end : each.start].strip() in (",", "，")


def _head(line: str, start: int, groups: Sequence[Group], said: Said) -> None:
    """A line that begins with one option and a colon heads those below it; an empty line ends that."""
    if not line.strip():
        said.heading = None
    elif groups and groups[0].holds and groups[0].start - start <= _HEADING:
        rest = line[groups[0].end - start :].lstrip(" *_)")
        said.heading = groups[0] if rest[:1] in (":", "：", "", "\n") else None


def _only_holder(groups: Iterable[Group]) -> Group | None:
    holders = [group for group in groups if group.holds]
    one = len({group.key for group in holders}) == 1
    return holders[0] if one and holders[0].members[0].subject != PATIENT else None


def _sentence(
    plain: str, start: int, end: int, groups: list[Group], grammar: Grammar, entities: Entities, said: Said
) -> Iterator[Claim]:
    said.holder, said.had = None, []
    marks = [mark.start() for mark in grammar.clause_end.finditer(plain, start, end) if mark.start() > start]
    for first, last in pairwise([start, *marks, end]):
        inside = [group for group in groups if first <= group.start < last]
        yield from Clause(plain, first, last, inside, grammar, entities.question, said, first == start).claims()
    if any(group.holds for group in groups):
        said.topic = _only_holder(groups)
