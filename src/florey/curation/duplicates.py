"""Exact and near duplicates, within and across splits.

Exact: the same stem and the same set of options after normalisation, whatever their order.

Near: Jaccard similarity of two token sets at or above a threshold. Questions that come from a graph share all the
words of their template, so words would call any two of them near duplicates; their tokens are the nodes of the
conditions and the options instead. Four findings and four options make eight tokens: two questions with the same
answer and findings but three other options share 5 of 11 and are both kept; the same findings and options in
another order share all. Other questions are compared by word shingles of the stem, and by their options.

MinHash with LSH only proposes pairs; each is confirmed with the true Jaccard similarity.

Of two duplicates the first by id is kept, but a held-out question always goes before a training one, so that a
duplicate is taken from training and never from the test.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rensa import RMinHash, RMinHashLSH

from florey.curation.text import normalise, words
from florey.records import ANSWER, BRIDGE, Question

_HELD_OUT_FIRST = {"test": 0, "dev": 1, "train": 2, None: 3}
_RECALL = 0.999


@dataclass(frozen=True)
class NearConfig:
    """`threshold` in 0..1, Jaccard; `permutations`: MinHash values; `shingle`: words in a row."""

    threshold: float = 0.8
    permutations: int = 128
    shingle: int = 3
    seed: int = 0


def precedence(question: Question) -> tuple[int, str]:
    """Sort key: of two duplicates the smaller stays."""
    return _HELD_OUT_FIRST[question.split], question.id


def exact_key(question: Question) -> tuple[str, ...]:
    """What two exact duplicates share: the normalised stem, then the normalised options, sorted."""
    return normalise(question.stem), *sorted(map(normalise, question.options))


def tokens(question: Question, shingle: int = 3) -> frozenset[str]:
    """The set that stands for a question in the near-duplicate comparison."""
    options = question.option_ids or tuple(map(normalise, question.options))
    if question.conditions:
        nodes = {
            f"{role}:{node}{'' if condition.holds else ':not'}"
            for condition in question.conditions
            for role, node in (("subject", condition.subject), ("object", condition.object))
            if node not in (ANSWER, BRIDGE)
        }
        return frozenset(nodes | {f"option:{option}" for option in options})
    stem = words(question.stem)
    shingles = {"stem:" + " ".join(stem[i : i + shingle]) for i in range(max(1, len(stem) - shingle + 1))}
    return frozenset(shingles | {f"option:{option}" for option in options})


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    return len(left & right) / len(left | right) if left or right else 1.0


def bands(threshold: float, permutations: int) -> int:
    """The fewest LSH bands that propose a pair at the threshold with a probability of at least 0.999."""
    for count in range(1, permutations + 1):
        if permutations % count == 0 and 1 - (1 - threshold ** (permutations // count)) ** count >= _RECALL:
            return count
    return permutations


def exact_duplicates(questions: Sequence[Question]) -> dict[int, str]:
    """Position -> reason, for every question to drop.

    Copies that disagree on the answer are all dropped: nothing says which of them is right.
    """
    copies: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for position in sorted(range(len(questions)), key=lambda i: precedence(questions[i])):
        copies[exact_key(questions[position])].append(position)
    dropped: dict[int, str] = {}
    for first, *others in copies.values():
        answers = {normalise(questions[i].options[questions[i].gold]) for i in (first, *others)}
        if len(answers) > 1:
            dropped.update(dict.fromkeys((first, *others), "contradicting_answers"))
        else:
            dropped.update({i: _reason("exact_duplicate", questions[i], questions[first]) for i in others})
    return dropped


def near_duplicates(questions: Sequence[Question], config: NearConfig) -> dict[int, str]:
    """Position -> reason, for every question to drop; compared with the kept ones before it."""
    sets = [tokens(question, config.shingle) for question in questions]
    hashes = [RMinHash(config.permutations, config.seed) for _ in questions]
    index = RMinHashLSH(config.threshold, config.permutations, bands(config.threshold, config.permutations))
    dropped: dict[int, str] = {}
    for position in sorted(range(len(questions)), key=lambda i: precedence(questions[i])):
        hashes[position].update(sorted(sets[position]))
        like = (i for i in index.query(hashes[position]) if jaccard(sets[position], sets[i]) >= config.threshold)
        twin = min(like, key=lambda i: precedence(questions[i]), default=None)
        if twin is None:
            index.insert(position, hashes[position])
        else:
            dropped[position] = _reason("near_duplicate", questions[position], questions[twin])
    return dropped


def _reason(kind: str, dropped: Question, kept: Question) -> str:
    return kind if dropped.split == kept.split else f"{kind}_of_{kept.split}"
