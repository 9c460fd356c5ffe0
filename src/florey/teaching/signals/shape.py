"""Length and repetition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from florey.teaching.problem import Problem
from florey.teaching.signals.config import SignalConfig
from florey.teaching.signals.wording import sentences, tokens

_SHORTEST_SENTENCE = 5  # words: "Let me think." may come again
_SHORTEST_LOOP = 12  # words in all: "no, no, no" is emphasis
_LONGEST_PERIOD = 60


def too_short(thought: str, config: SignalConfig) -> Iterator[Problem]:
    if (count := len(tokens(thought))) < config.min_words:
        yield Problem("too_short", f"{count} words, expected at least {config.min_words}")


def too_long(thought: str, config: SignalConfig) -> Iterator[Problem]:
    if (count := len(tokens(thought))) > config.max_words:
        yield Problem("too_long", f"{count} words, expected at most {config.max_words}")


def repetition(thought: str, config: SignalConfig) -> Iterator[Problem]:
    """A sentence that stands there too often, or words that follow themselves over and over.

    Only what is the same word for word counts: rows of an enumeration differ in at least the name that they are about.
    """
    counts = Counter(tuple(tokens(sentence)) for sentence in sentences(thought))
    for words, count in counts.items():
        if count > config.max_same_sentence and len(words) >= _SHORTEST_SENTENCE:
            yield Problem("repetition", f"{count} times the sentence {' '.join(words)[:60]!r}")
            return
    if loop := longest_loop(tokens(thought), config.max_loop):
        yield Problem("repetition", f"{' '.join(loop)[:60]!r} over and over")


def longest_loop(words: Sequence[str], most: int) -> Sequence[str]:
    """The shortest words that follow themselves more than `most` times and make a dozen words so; empty for none.

    >>> longest_loop("a b a b a b a b a b a b a b".split(), 3)
    ['a', 'b']
    """
    for period in range(1, min(_LONGEST_PERIOD, len(words) // (most + 1)) + 1):
        needed = max(period * (most + 1), _SHORTEST_LOOP) - period  # words that equal the one a period before
        run = 0
        for place in range(period, len(words)):
            run = run + 1 if words[place] == words[place - period] else 0
            if run >= needed:
                return words[place - period + 1 : place + 1]
    return []
