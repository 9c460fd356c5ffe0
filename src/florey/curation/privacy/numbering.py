"""Which finds of one question are the same: the placeholders are numbered where there are several of a type."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from florey.curation.privacy.masking import PLACEHOLDER

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CJK = re.compile("[\u4e00-\u9fff]")
_SAID = {"AGE": "[AGE 90+]"}
"""Types whose placeholder says something, and is therefore never numbered."""


def name_words(name: str) -> tuple[str, ...]:
    """The words of a person's name; initials are words of one letter.

    >>> name_words("Jean-Luc O'Neil"), name_words("张某")
    (('Jean-Luc', "O'Neil"), ('张某',))
    """
    return tuple(_WORD.findall(name))


def same_person(one: str, other: str) -> bool:
    """Whether one name may be a shorter form of the other.

    >>> same_person("John Smith", "Smith"), same_person("J. Smith", "John Smith"), same_person("Ann Fox", "Fox, Bob")
    (True, True, False)
    >>> same_person("张伟", "张"), same_person("张伟", "张敏")
    (True, False)
    """
    if _CJK.search(one + other):
        one, other = (name.rstrip("某") for name in (one, other))
        return one.startswith(other) or other.startswith(one)
    short, long = sorted((name_words(one.casefold()), name_words(other.casefold())), key=len)
    return all(any(word == whole or (len(word) == 1 and whole[0] == word) for whole in long) for word in short)


class Numbering:
    """Gives each different find of a type its number, in the order in which they are asked for."""

    def __init__(self, texts: Iterable[str]) -> None:
        """`texts`: what is redacted; numbers of placeholders that stand there already are not given again."""
        self._seen: defaultdict[str, list[str]] = defaultdict(list)
        self._taken: defaultdict[str, int] = defaultdict(int)
        for text in texts:
            for found in PLACEHOLDER.finditer(text):
                if found[1]:
                    self._taken[found[1]] = max(self._taken[found[1]], int(found[2] or 1))

    def of(self, kind: str, surface: str) -> int:
        """The number of a find, from 0."""
        known = self._seen[kind]
        bare = surface if kind == "PERSON" else "".join(surface.casefold().split())
        for number, other in enumerate(known):
            if same_person(bare, other) if kind == "PERSON" else bare == other:
                if len(bare) > len(other):
                    known[number] = bare
                return number
        known.append(bare)
        return len(known) - 1

    def placeholder(self, kind: str, number: int) -> str:
        """To be asked when every find has its number."""
        if kind in _SAID:
            return _SAID[kind]
        single = len(self._seen[kind]) == 1 and not self._taken[kind]
        return f"[{kind}]" if single else f"[{kind} {self._taken[kind] + number + 1}]"
