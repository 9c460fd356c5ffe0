"""The same words: n-grams of an item that a question repeats, and stems that are nearly the same.

N-grams (as in GPT-3's and PaLM's reports, there of 13 and 8 words): the share of an item's n-grams that stand in the
question, those left out that stand in many items, because they are a way of asking. Wording: two stems that share a
rarer three-word run are compared word by word (Ratcliff & Obershelp, 1988), which a changed number or a moved sentence
does not hide.

A short stem ("Which of the following is true?") says little: there the options must agree too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from florey.curation.contamination.config import ContaminationConfig
from florey.curation.text import normalise, words
from florey.records import Question

_SEED = 3
"""Words of the runs by which stems are found that may be alike."""
_MOST_ALIKE = 25
"""Items that share most runs are compared; more do not change the best."""


@dataclass(frozen=True)
class Item:
    """A benchmark's question as it is compared."""

    benchmark: str
    question: Question
    stem: tuple[str, ...]
    context: tuple[str, ...]
    options: frozenset[str]


def item(benchmark: str, question: Question) -> Item:
    context = tuple(words(question.context)) if question.context else ()
    options = frozenset(map(normalise, question.options))
    return Item(benchmark, question, tuple(words(question.stem)), context, options)


def runs(text: Sequence[str], length: int) -> set[str]:
    """Runs of `length` words; the whole text where it is shorter."""
    return {" ".join(text[at : at + length]) for at in range(max(1, len(text) - length + 1))} if text else set()


class Wordings:
    """All items, ready to be asked which of them a question repeats."""

    def __init__(self, items: Sequence[Item], config: ContaminationConfig) -> None:
        self.items, self.config = items, config
        self._ngrams = _Index([self._long_runs(each) for each in items], config.common)
        self._seeds = _Index([runs(each.stem, _SEED) for each in items], max(config.common, len(items) // 200))

    def _long_runs(self, each: Item) -> set[str]:
        return runs(each.stem, self.config.ngram) | runs(each.context, self.config.ngram)

    def repeated(self, question: Question) -> Iterator[tuple[Item, float]]:
        """Items of whose n-grams the question has at least the share that counts."""
        asked = item("", question)
        found = self._ngrams.shared(self._long_runs(asked))
        for place, count in sorted(found.items()):
            share = count / self._ngrams.sizes[place]
            if share >= self.config.ngram_share and self._agrees(asked, self.items[place]):
                yield self.items[place], share

    def alike(self, question: Question) -> Iterator[tuple[Item, float]]:
        """Items whose stem reads nearly like the question's."""
        asked = item("", question)
        found = self._seeds.shared(runs(asked.stem, _SEED))
        nearest = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_ALIKE]
        for place, _ in nearest:
            other = self.items[place]
            if not self._agrees(asked, other):
                continue
            matcher = SequenceMatcher(None, other.stem, asked.stem, autojunk=False)
            if matcher.real_quick_ratio() >= self.config.wording and matcher.quick_ratio() >= self.config.wording:
                similarity = matcher.ratio()
                if similarity >= self.config.wording:
                    yield other, similarity

    def _agrees(self, asked: Item, other: Item) -> bool:
        if min(len(each.stem) + len(each.context) for each in (asked, other)) >= self.config.short_words:
            return True
        fewer = min(len(asked.options), len(other.options))
        return len(asked.options & other.options) >= self.config.options * fewer


class _Index:
    """Run -> the items that have it, without those in more than `common` items."""

    def __init__(self, sets: Sequence[set[str]], common: int) -> None:
        places: dict[str, list[int]] = defaultdict(list)
        for place, found in enumerate(sets):
            for run in found:
                places[run].append(place)
        self._places = {run: where for run, where in places.items() if len(where) <= common}
        self.sizes = Counter(place for where in self._places.values() for place in where)

    def shared(self, found: set[str]) -> Counter[int]:
        """Item -> how many of these runs it has."""
        return Counter(place for run in found for place in self._places.get(run, ()))
