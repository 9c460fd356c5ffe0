"""The language of the graph teacher: a handful of moves, each with one or more wordings.

A wording is both the template that writes a move and the pattern that reads it back, so that nothing can be written
that the check cannot read, and whatever it cannot read is refused.

Names of the graph are single tokens for the small policy, and everything else is set apart by spaces; punctuation
sticks only to a few words ("present,") and to counts ("2/3.").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from florey.teaching.facts import STATE_WORDS, Facts, Reading

WORDINGS: dict[str, tuple[str, ...]] = {
    # the whole of an option, condition by condition, and how many are satisfied
    "row": ("{head} : {claims}{count}/{total}.",),
    "unbound": ("{head} : no candidate, 0/{total}.",),
    "conclude": ("Only {letter} fits all {total}.",),
    # backtracking: what speaks for an option is taken for the whole; then what speaks against it
    "start": (
        "Start with {head} : {claims}it fits {count}/{total}.",
        "First guess {head} : {claims}that makes {count}/{total}.",
        "Try {head} : {claims}good for {count}/{total}.",
    ),
    "go_back": (
        "But {claims}so leave {letter} and go back.",
        "Yet {claims}so {letter} is a dead end. Back up.",
        "However, {claims}so {letter} cannot be it. Go back.",
    ),
    # path exploration: two hypotheses side by side
    "compare": (
        "Compare {head} with {other_head} first.",
        "Two paths are open : {head} or {other_head} now.",
        "Take {head} and {other_head} side by side.",
    ),
    "side": ("{label} : {letter} {state}, {other} {other_state}.",),
    "weigh": (
        "That makes {letter} {count}/{total} and {other} {other_count}/{total}.",
        "So far {letter} {count}/{total} and {other} {other_count}/{total}.",
    ),
    "leave": ("Leave {letter} and see the rest.", "Path {letter} ends here."),
    # self-correction: one state misread, a choice made on it, then re-checked
    "lean": ("So {letter} looks right.", "The answer seems to be {letter} then.", "Take {letter} for now."),
    "correct": (
        "Wait, {label} for {letter} again : {state}, not {said}. So {letter} has {count}/{total}.",
        "Check {label} for {letter} once more : {state}, not {said}. Corrected, {letter} has {count}/{total}.",
        "No, {label} for {letter} is {state}, not {said}. That was wrong, {letter} has {count}/{total}.",
    ),
}

_STATE = "|".join(STATE_WORDS.values())
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Move:
    """One move as read: its kind and what stands in its slots."""

    kind: str
    slots: dict[str, str]

    def claims(self, labels: Iterable[str]) -> list[tuple[str, str]]:
        """(label, state word) of every claim in the move."""
        return re.findall(rf"({_any(labels)}) ({_STATE}),", self.slots["claims"])


def say(kind: str, wording: int = 0, **slots: str | int) -> str:
    """The move in words; `wording` counts round the ones there are."""
    wordings = WORDINGS[kind]
    return wordings[wording % len(wordings)].format(**slots)


def claims(facts: Facts, words: Iterable[str], which: Iterable[int]) -> str:
    """ "Scoliosis present, Ectopia lentis absent, " for the conditions at `which`, with a closing space."""
    states = tuple(words)
    return "".join(f"{facts.labels[index]} {states[index]}, " for index in which)


def row(facts: Facts, reading: Reading) -> str:
    """The full move for one option."""
    if not reading.words:
        return say("unbound", head=reading.head, total=facts.total)
    said = claims(facts, reading.words, range(facts.total))
    return say("row", head=reading.head, claims=said, count=reading.count, total=facts.total)


def conclusion(facts: Facts) -> str:
    return say("conclude", letter=facts.best[facts.gold].letter, total=facts.total)


def read(thought: str, facts: Facts) -> Iterator[Move | str]:
    """The moves of a thought in order; where one cannot be read, the rest as text, and an end."""
    heads = tuple(sorted({reading.head for readings in facts.readings for reading in readings}))
    rest = thought.strip()
    while rest:
        for kind, wording in _KINDS:
            if found := _pattern(wording, facts.labels, heads).match(rest):
                yield Move(kind, found.groupdict())
                rest = rest[found.end() :].lstrip()
                break
        else:
            yield rest
            return


_KINDS = tuple((kind, wording) for kind, wordings in WORDINGS.items() for wording in wordings)


def _any(texts: Iterable[str]) -> str:
    """An alternation, longest first, so that a name is not cut short by another that begins it."""
    return "|".join(re.escape(text) for text in sorted(texts, key=lambda text: (-len(text), text)))


@lru_cache(maxsize=len(_KINDS))  # the wordings of one question: traces are read question by question
def _pattern(wording: str, labels: tuple[str, ...], heads: tuple[str, ...]) -> re.Pattern[str]:
    """The wording as a pattern, its slots as named groups; it must end at a space or at the end."""
    shapes = {
        "head": _any(heads),
        "other_head": _any(heads),
        "claims": rf"(?:(?:{_any(labels)}) (?:{_STATE}), )*",
        "label": _any(labels),
        **dict.fromkeys(("letter", "other"), "[A-Z]"),
        **dict.fromkeys(("state", "other_state", "said"), _STATE),
        **dict.fromkeys(("count", "other_count", "total"), r"\d+"),
    }
    seen: set[str] = set()
    parts = []
    for index, part in enumerate(_SLOT.split(wording)):
        if index % 2 == 0:
            parts.append(re.escape(part))
        elif part in seen:  # the same slot twice says the same thing twice
            parts.append(f"(?P={part})")
        else:
            seen.add(part)
            parts.append(f"(?P<{part}>{shapes[part]})")
    return re.compile("".join(parts) + r"(?=\s|$)")
