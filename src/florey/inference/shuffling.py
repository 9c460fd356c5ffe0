"""Options in another order, with the gold re-keyed: so that a letter cannot be what a model knows."""

from __future__ import annotations

import random
import re

from florey.files import digest
from florey.records import LETTERS, Question

_BY_PLACE = re.compile(
    r"\b(?:all|none|both|any|neither|either|some|two|three) (?:of )?(?:the )?"
    r"(?:above|below|preceding|foregoing|these|those|other options|others|options)\b"
    r"|^\W*(?-i:[Aa]ll|[Nn]one|[Bb]oth|[Nn]either|[Ee]ither)\W*$"  # ALL is a leukaemia
    r"|(?:以上|上述)(?:都|均|皆|全|各|选项|说法|情况)|^[两二三]者(?:都|均|皆|全|兼|共)"
    r"|(?:都|均|皆|全)(?:是|对|不是|不对|正确|错误)$",
    re.IGNORECASE,
)
_LETTERS = re.compile(
    r"(?:both |only |neither |options? |all of )?"
    r"\(?[a-z]\)?(?:(?:\s*[,、/&+和与及或]\s*|\s+(?:and|or|nor)\s+)\(?[a-z]\)?)+"
    r"(?: only| both| are correct| are true)?[都均皆全]?\w{0,2}\W*",
    re.IGNORECASE | re.ASCII,
)


def speaks_of_others(option: str) -> bool:
    """Whether an option is about the others ("all of the above"), so that it must stay where it is.

    >>> speaks_of_others("All of the above"), speaks_of_others("以上都是"), speaks_of_others("All four limbs")
    (True, True, False)
    """
    return _BY_PLACE.search(option) is not None


def names_letters(option: str, count: int) -> bool:
    """Whether an option is about others of the `count` by their letters ("both A and C"), so that all must stay.

    >>> names_letters("Both A and C", 4), names_letters("A+B+C", 5), names_letters("vitamin A and iron", 4)
    (True, True, False)
    """
    if not _LETTERS.fullmatch(option.strip()):
        return False
    return set(re.findall(r"(?<![a-z])[a-z](?![a-z])", option.lower(), re.ASCII)) <= set(LETTERS[:count].lower())


def shuffled(question: Question, seed: int, turn: int = 1) -> tuple[Question, tuple[int, ...]]:
    """(the question with its options in the order of a turn, order); turn 0 is the question's own order.

    `order[place]` is the index that the option shown at `place` had. The orders of one seed form rounds of as many
    turns as there are options: within a round no option stands at one place twice, so that a model which always gives
    one letter gives every answer in turn. Drawn from the question's id and the seed.

    Options that speak of the others keep their place; where one of them stands before others, or names letters, all
    do. The returned question has the same id, so that what is said of it can be filed.
    """
    order = _order(question.options, digest([seed, question.id]), turn)
    moved = {
        "options": tuple(question.options[index] for index in order),
        "option_ids": tuple(question.option_ids[index] for index in order) if question.option_ids else (),
        "gold": order.index(question.gold),
    }
    return question.model_copy(update=moved), tuple(order)


def cycle(question: Question) -> int:
    """Turns after which every option that may move has stood at every place that is free; 1 where none may."""
    return max(1, _free(question.options))


def _free(options: tuple[str, ...]) -> int:
    """How many options may move: these are the first ones; none where only one could."""
    free = next((place for place, option in enumerate(options) if speaks_of_others(option)), len(options))
    if (
        free < 2
        or not all(map(speaks_of_others, options[free:]))
        or any(names_letters(option, len(options)) for option in options)
    ):
        return 0
    return free


def _order(options: tuple[str, ...], drawn_from: str, turn: int) -> list[int]:
    free = _free(options)
    if free == 0:
        return list(range(len(options)))
    fixed = range(free, len(options))
    rounds, step = divmod(turn, free)
    cycle, start = _drawn(free, f"{drawn_from} cycle"), list(range(free))
    if rounds:
        start = _drawn(free, f"{drawn_from} {rounds}")
    order = [0] * free
    for at, place in enumerate(cycle):
        order[place] = start[cycle[(at + step) % free]]
    return [*order, *fixed]


def _drawn(count: int, seed: str) -> list[int]:
    """A permutation of 0 .. count - 1."""
    drawn = list(range(count))
    random.Random(seed).shuffle(drawn)  # a text as seed is hashed with SHA-512, the same in every process
    return drawn
