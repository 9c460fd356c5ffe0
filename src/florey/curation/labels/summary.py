"""Label verification in numbers, beside what guessing would give."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from florey import intervals
from florey.curation.labels import trials as said
from florey.records import Question, Record, Trial

State = Literal["passed", "doubted", "undecided"]
STATES: tuple[State, ...] = ("passed", "doubted", "undecided")


class Judged(NamedTuple):
    """A question with its trials and what they say of its key."""

    question: Question
    trials: tuple[Trial, ...]
    state: State


class Count(Record):
    """`found` of `of`, its share with Wilson's 95% interval, and how many a model that guesses would give.

    The shares are None where there is nothing to share. Of `by_chance`, the trials' own numbers of options, parsed
    answers and orders are taken into account.
    """

    found: int
    of: int
    by_chance: float
    share: float | None = None
    lo: float | None = None
    hi: float | None = None
    chance_share: float | None = None


class Row(Record):
    """The decided questions with one number of options."""

    options: int
    doubted: Count  # of the decided
    same_option: Count  # of the doubted: every trial chose the same wrong option
    followed_letter: Count  # of the decided: one letter in every trial, different options


def summarise(judged: Sequence[Judged]) -> dict[str, Any]:
    """JSON-able: questions by state, trials by verdict, and a row for each number of options."""
    by_options: dict[int, list[Judged]] = defaultdict(list)
    for each in judged:
        by_options[len(each.question.options)].append(each)
    verdicts = Counter(_verdict(trial) for each in judged for trial in each.trials)
    trials = verdicts.total()
    parsed = verdicts["correct"] + verdicts["wrong"]
    return {
        "items": len(judged),
        **{state: sum(each.state == state for each in judged) for state in STATES},
        "trials": trials,
        "verdicts": dict(sorted(verdicts.items())),
        "unparsed_share": (trials - parsed) / trials if trials else None,
        "by_options": [_row(options, by_options[options]).model_dump() for options in sorted(by_options)],
    }


def _verdict(trial: Trial) -> str:
    return trial.verdict.value if trial.verdict else "failed"


def _row(options: int, judged: Sequence[Judged]) -> Row:
    decided = [each for each in judged if each.state != "undecided"]
    doubted = [each for each in decided if each.state == "doubted"]

    def answers(each: Judged) -> int:
        return len(said.parsed(each.trials))

    return Row(
        options=options,
        doubted=_count(
            len(doubted), len(decided), sum(said.chance_all_wrong(options, answers(each)) for each in decided)
        ),
        same_option=_count(
            sum(said.same_option(each.trials) for each in doubted),
            len(doubted),
            sum(said.chance_same_wrong(options, answers(each)) for each in doubted if answers(each) > 1),
        ),
        followed_letter=_count(
            sum(said.follows_letter(each.trials) for each in decided),
            len(decided),
            sum(said.chance_follows_letter(each.trials) for each in decided),
        ),
    )


def _count(found: int, of: int, by_chance: float) -> Count:
    if not of:
        return Count(found=found, of=of, by_chance=by_chance)
    lo, hi = intervals.wilson(found, of)
    return Count(found=found, of=of, by_chance=by_chance, share=found / of, lo=lo, hi=hi, chance_share=by_chance / of)
