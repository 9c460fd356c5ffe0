"""Whether a text has a name in it, whatever the linker makes of it: an option's acronym needs no support to be seen."""

from __future__ import annotations

import re
from collections.abc import Iterable

from florey.graph.linking.acronyms import is_symbol
from florey.graph.linking.normalise import PART, key
from florey.graph.linking.words import COMMON_WORDS


class Names:
    """Names that must not stand in a text. Symbols count in their own case, other names in any spelling of theirs."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        """`names`: (name, node type). An alias that is a common English word would be seen in any text: left out."""
        symbols, worded = set(), {}
        for name, kind in names:
            if is_symbol(name, kind):
                symbols.add(name)
            elif (words := _words(name)) and not (len(words) == 1 and name.casefold() in COMMON_WORDS):
                worded[words] = name
        self._worded = sorted(worded.items())
        self._symbols = sorted(symbols, key=lambda name: (-len(name), name))

    def within(self, text: str) -> str | None:
        """The first of the names that the text has, as words or between signs of another script; None for none."""
        joined = _joined(_words(text))
        for words, name in self._worded:
            if _joined(words) in joined:
                return name
        for name in self._symbols:
            if re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", text):
                return name
        return None


_LATIN = re.compile(r"[\u4e00-\u9fff]+")


def _words(text: str) -> tuple[str, ...]:
    """Keys of the words; Chinese characters part Latin words as spaces do."""
    return tuple(key(found[1]) for found in PART.finditer(_LATIN.sub(lambda run: f" {run[0]} ", text)))


def _joined(words: Iterable[str]) -> str:
    return f" {' '.join(words)} "
