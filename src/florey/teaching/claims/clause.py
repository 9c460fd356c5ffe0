"""One clause: who has what in it, and whether it is said to be present or absent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from florey.records import Question
from florey.synthesis.rewriting.closing import in_picture
from florey.teaching.claims.claim import PATIENT, Claim, State, Subject
from florey.teaching.claims.entities import Named
from florey.teaching.claims.grammar import BLANK, Grammar
from florey.teaching.claims.relations import speaks_of_another

_OWNS = re.compile(r"['’]s?\b")
_OPPOSITE: dict[State, State] = {"present": "absent", "absent": "present", "unknown": "unknown"}


@dataclass(frozen=True)
class Group:
    """An enumeration: "both A and B", "scoliosis and pectus excavatum"."""

    members: tuple[Named, ...]

    @property
    def start(self) -> int:
        return self.members[0].start

    @property
    def end(self) -> int:
        return self.members[-1].end

    @property
    def holds(self) -> bool:
        return self.members[0].holds

    @property
    def key(self) -> frozenset[tuple[Subject | None, int | None]]:
        return frozenset((member.subject, member.condition) for member in self.members)


@dataclass
class Said:
    """What the clauses so far leave to the next: of whom was spoken, and what was said."""

    holder: Group | None = None  # of the clause before, in this sentence
    topic: Group | None = None  # the only one of the sentence before, for a pronoun
    heading: Group | None = None  # of the line above that begins with it
    had: list[tuple[Named, State]] = field(default_factory=list)  # in the clause before, in this sentence


class Clause:
    """`plain`: the text with its names blanked; the clause is plain[start:end]."""

    def __init__(
        self,
        plain: str,
        start: int,
        end: int,
        groups: list[Group],
        grammar: Grammar,
        question: Question,
        said: Said,
        is_first: bool,
    ) -> None:
        self.plain, self.start, self.end, self.groups = plain, start, end, groups
        self.grammar, self.question, self.said, self.is_first = grammar, question, said, is_first
        self.text = plain[start:end]
        self.likened: list[Named] = []
        self.pairs: list[tuple[Group, Group, int]] = []  # holder, what it has, where the reach of a denial begins

    def claims(self) -> Iterator[Claim]:
        self._pair()
        had: list[tuple[Named, State]] = []
        if not self.grammar.not_certain.search(self.text) and not self.grammar.twice.search(self.text):
            for holder, group, scope in self.pairs:
                for each in group.members:
                    if state := self._state(holder, group, each, scope):
                        had.append((each, state))
                        yield from self._of(holder, each, state, len(group.members) == 1)
            if not self.pairs:
                yield from self._elliptic()
        if self.pairs:
            self.said.had = had

    def _pair(self) -> None:
        """Give every group that is had its holder."""
        current, explicit, scope = self._carried(), False, self.start
        waiting: list[Group] = []
        for group in self.groups:
            if not group.holds:
                if current is None:
                    waiting.append(group)
                    continue
                self.pairs.append((current, group, scope))
                if self.grammar.after.match(self.plain, group.end, self.end):
                    scope = group.end
                continue
            before, after = self.plain[self.start : group.start], self.plain[group.end : self.end]
            if self.grammar.passed_over.search(before) or self.grammar.passed_over_after.match(after):
                continue
            if self.grammar.likened.search(before):
                self.likened += group.members
                continue
            placed = bool(self.grammar.place.search(before) or self.grammar.place_after.match(after))
            if placed and _OWNS.match(after):  # "in Amberlosis's records"
                waiting = []
                continue
            if placed and explicit and any(pair[0] is current for pair in self.pairs):
                self.pairs = [pair for pair in self.pairs if pair[0] is not current]  # "A has X in B": of whom?
                current = None
                continue
            if placed and not explicit:
                behind = waiting or [had for _, had, _ in self.pairs]
                self.pairs = [(group, had, self.start) for had in behind]
            waiting = []
            current, explicit, scope = group, True, group.end
        if current is not None and (explicit or self.pairs):
            self.said.holder = current

    def _carried(self) -> Group | None:
        """The holder in a clause that names none: of the clause before, or what a pronoun stands for."""
        pronoun = self.grammar.pronoun.match(self.text)
        if not self.is_first:
            return self.said.holder or (self.said.topic if pronoun else None)
        return self.said.topic if pronoun else self.said.heading

    def _state(self, holder: Group, group: Group, each: Named, scope: int) -> State | None:
        """What the clause says of one that is had, None where that is not certain."""
        grammar, plain = self.grammar, self.plain
        if each.uncertain or any(member.uncertain for member in holder.members):
            return None
        behind = holder.start >= group.end
        limit = holder.start if behind else self.end
        before = plain[scope : each.start]
        after = grammar.after.match(plain, group.end, limit) or grammar.after.match(plain, each.end, limit)
        if after is None and behind:
            after = grammar.after.match(plain, holder.end, self.end)
        said = after.lastgroup if after else None
        determined = grammar.determiner.search(before) or grammar.determiner.search(plain, scope, group.start)
        if determined or grammar.neither.search(plain[self.start : holder.start]):
            return None if said in ("absent", "unknown") else "absent"
        if said in ("absent", "unknown"):
            return "absent" if said == "absent" else "unknown"
        cue = _last_cue(grammar, before)
        if said == "present" and (cue != "absent" or BLANK in before):
            return "present"
        negated = each.negated or (behind and any(member.negated for member in holder.members))
        return "absent" if cue == "absent" or (negated and cue is None) else "present"

    def _of(self, holder: Group, each: Named, state: State, alone: bool) -> Iterator[Claim]:
        """The claim for each holder, and for those likened to it; "only B has it" denies it of all others."""
        meant = {(member.subject, member.condition): member for member in (*holder.members, *self.likened)}
        for member in meant.values():
            yield from self._claim(member, each, state)
        named = {member.subject.option for member in holder.members if member.subject}
        only = self.grammar.only.search(self.plain[self.start : holder.start]) or self.grammar.only_after.match(
            self.plain[holder.end : self.end]
        )
        if only and alone and state != "unknown" and named and None not in named:
            for option in (place for place in range(len(self.question.options)) if place not in named):
                other = Named(holder.start, holder.end, subject=Subject(option=option), holds=True)
                yield from self._claim(other, each, _OPPOSITE[state])

    def _claim(self, holder: Named, each: Named, state: State) -> Iterator[Claim]:
        subject = holder.subject or each.subject  # of an asked finding the option is what is had
        condition = each.condition if holder.subject else holder.condition
        start = max(holder.start, each.start)
        if subject is None or (condition is None and each.other is None):
            return
        if condition is None:
            yield Claim(subject, None, state, start, each.other)
            return
        asked = self.question.conditions[condition]
        if (subject == PATIENT and not in_picture(asked)) or speaks_of_another(self.text, asked.relation):
            return
        yield Claim(subject, condition, state, start)

    def _elliptic(self) -> Iterator[Claim]:
        """ "…, but B does not", "…, as does B", "… but not in B": what was said before, of another holder."""
        if len(self.groups) != 1 or not self.groups[0].holds:
            return
        holder, grammar = self.groups[0], self.grammar
        before = self.plain[self.start : holder.start]
        after = grammar.does.match(self.plain, holder.end, self.end)
        for each, state in self.said.had:
            if after and after.lastgroup == "has":
                said: State = "present"
            elif after and after.lastgroup == "lacks":
                said = "absent"
            elif after and after.lastgroup == "not":
                said = _OPPOSITE[state]
            elif (after and after.lastgroup == "too") or grammar.so_does.search(before):
                said = state
            elif grammar.place.search(before):
                denied = _last_cue(grammar, before) == "absent" or any(member.negated for member in holder.members)
                said = "absent" if denied else "present"
            else:
                return
            for member in holder.members:
                yield from self._claim(member, each, said)


def _last_cue(grammar: Grammar, text: str) -> str | None:
    """The group of the last cue in a text; None where the last is neither or there is none."""
    last = None
    for found in grammar.cue.finditer(text):
        last = found.lastgroup
    return last
