"""The same words: n-grams of an item that a question repeats, and stems that are nearly the same.

N-grams (as in GPT-3's and PaLM's reports, there of 13 and 8 words): the share of an item's n-grams that stand in the
question, those left out that stand in many items, because they are a way of asking. Wording: two stems that share
three-word runs are compared word by word (Ratcliff & Obershelp, 1988), which a changed number or a sentence put in
does not hide. Both give way where the question is another one: see `asking`. Two questions made from a graph share all
the words of their template and are left to `meaning`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby

from florey.curation.contamination.asking import Reading, answers_differ, asks_the_same, length, options_agree
from florey.curation.contamination.config import ContaminationConfig
from florey.curation.contamination.runs import RunIndex
from florey.records import Question

Match = tuple[int, int, float]
"""(place of the question, place of the item, score)"""

_SEED = 3
"""Words of the runs by which stems are found that may be alike."""
_SEEDS = 0.2
"""Share of an item's runs that such a stem has. At a similarity of 0.75 an even scatter of changes leaves a quarter."""
_MOST_ALIKE = 25
"""Stems that share most runs are compared; more do not change the best."""


class Wordings:
    """All items, ready to be asked which of them questions repeat. Items of the same text are looked for once."""

    def __init__(self, items: Sequence[Question], config: ContaminationConfig) -> None:
        self.config = config
        self._items = [Reading(item) for item in items]
        self._texts = _places(" ".join(each.context + each.stem) for each in self._items)
        self._stems = _places(" ".join(each.stem) for each in self._items)
        self._ngrams = RunIndex(list(self._texts), config.ngram, config.common)
        self._seeds = RunIndex(list(self._stems), _SEED, max(config.common, len(self._stems) // 200))

    def repeated(self, questions: Sequence[Question]) -> Iterator[Match]:
        """Items of whose n-grams a question has at least the share that counts."""
        texts = [f"{question.context or ''} {question.stem}" for question in questions]
        places = list(self._texts.values())
        for row, text, shared in self._ngrams.sharing(texts, self.config.ngram_share).tolist():
            asked, size = Reading(questions[row]), int(self._ngrams.sizes[text])
            for place in places[text]:
                if self._repeats(asked, self._items[place], size):
                    yield row, place, shared / size

    def _repeats(self, asked: Reading, item: Reading, size: int) -> bool:
        if _are_made(asked, item):
            return False
        said = item.context + item.stem
        telling = min(1.0, (size + self.config.ngram - 1) / max(1, len(said)))  # share of its words that are its own
        if item.context and telling * length(item.context) >= self.config.short_words:
            return True  # an abstract that is read again gives its question away, whatever is asked
        return self._is_same(asked, item, telling)

    def alike(self, questions: Sequence[Question]) -> Iterator[Match]:
        """Items whose stem reads nearly like a question's."""
        texts, places = list(self._stems), list(self._stems.values())
        stems = [question.stem for question in questions]
        found = self._seeds.sharing(stems, _SEEDS, self.config.wording).tolist()
        for row, met in groupby(found, key=lambda each: each[0]):
            asked = Reading(questions[row])
            nearest = sorted(met, key=lambda each: (-each[2] / self._seeds.sizes[each[1]], each[1]))[:_MOST_ALIKE]
            for _, text, _ in nearest:
                others = [place for place in places[text] if not _are_made(asked, self._items[place])]
                same = [place for place in others if self._is_same(asked, self._items[place])]
                if same and (score := self._similarity(texts[text].split(), asked.stem)):
                    for place in same:
                        yield row, place, score

    def _is_same(self, asked: Reading, item: Reading, telling: float = 1.0) -> bool:
        if asked.stem == item.stem and telling * length(item.stem) >= self.config.short_words:
            return True
        if asked.stem != item.stem and answers_differ(asked, item):
            return False
        if min(asked.case, telling * item.case) >= self.config.short_words and asks_the_same(asked, item):
            return True
        return options_agree(asked, item, self.config.options)

    def _similarity(self, item: Sequence[str], asked: Sequence[str]) -> float:
        """0 where it is below what counts. Sentences that were moved keep their runs (Dice's coefficient)."""
        least = self.config.wording
        theirs, mine = _runs(item), _runs(asked)
        found = 2 * len(theirs & mine) / max(1, len(theirs) + len(mine))
        matcher = SequenceMatcher(None, item, asked, autojunk=False)
        if matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least:
            found = max(found, matcher.ratio())
        return found if found >= least else 0.0


def _are_made(one: Reading, other: Reading) -> bool:
    return bool(one.question.conditions and other.question.conditions)


def _runs(text: Sequence[str]) -> set[tuple[str, ...]]:
    return set(zip(*(text[start:] for start in range(_SEED)), strict=False))


def _places(texts: Iterator[str]) -> dict[str, list[int]]:
    """Text -> where it stands."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        found[text].append(place)
    return dict(found)
