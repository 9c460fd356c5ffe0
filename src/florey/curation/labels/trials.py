"""What the trials of one question say together, and what a model that guesses would do by chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from florey.records import Trial, Verdict


def parsed(trials: Sequence[Trial]) -> list[Trial]:
    """Those with one answer: unparsed, truncated, contradicting and failed ones say nothing about the key."""
    return [trial for trial in trials if trial.verdict in (Verdict.CORRECT, Verdict.WRONG)]


def all_wrong(trials: Sequence[Trial]) -> bool:
    """Whether there are parsed trials, and each of them is wrong."""
    verdicts = {trial.verdict for trial in parsed(trials)}
    return verdicts == {Verdict.WRONG}


def place(trial: Trial) -> int | None:
    """Where the chosen option stood in that trial, that is which letter was answered."""
    return None if trial.choice is None else trial.order.index(trial.choice)


def most_chosen(trials: Sequence[Trial]) -> int | None:
    """The option that most parsed trials chose; None where several were chosen equally often, or none."""
    counts = Counter(trial.choice for trial in parsed(trials)).most_common(2)
    if not counts or (len(counts) == 2 and counts[0][1] == counts[1][1]):
        return None
    return counts[0][0]


def same_option(trials: Sequence[Trial]) -> bool:
    """Whether two or more parsed trials all chose one option."""
    choices = [trial.choice for trial in parsed(trials)]
    return len(choices) > 1 and len(set(choices)) == 1


def follows_letter(trials: Sequence[Trial]) -> bool:
    """Whether all parsed trials answered one letter though different options stood there: no answer to the question."""
    found = parsed(trials)
    return len({place(trial) for trial in found}) == 1 and len({trial.choice for trial in found}) > 1


def chance_all_wrong(options: int, trials: int) -> float:
    """That a model which guesses is wrong in all of its trials.

    >>> round(chance_all_wrong(4, 5), 4)
    0.2373
    """
    return ((options - 1) / options) ** trials


def chance_same_wrong(options: int, trials: int) -> float:
    """That trials which are all wrong choose the same option, if they guess among the wrong ones.

    >>> chance_same_wrong(5, 3), chance_same_wrong(2, 5)
    (0.0625, 1.0)
    """
    return float((options - 1) ** (1 - trials))


def chance_follows_letter(trials: Sequence[Trial]) -> float:
    """That guesses at the parsed trials' orders of options all fall on one letter with different options behind it."""
    found = parsed(trials)
    if not found:
        return 0.0
    columns = list(zip(*(trial.order for trial in found), strict=True))
    differing = sum(len(list(groupby(sorted(column)))) > 1 for column in columns)
    return float(differing / len(columns) ** len(found))
