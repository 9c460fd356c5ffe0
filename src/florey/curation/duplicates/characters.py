"""`text.normalise` and `text.words` as tables over single characters, for kernels that read millions of them.

Most characters are normalised each by itself, whatever stands beside them. The tables are read off the two functions,
so that they cannot disagree with them; strings with any other character (raised digits, ligatures, combining marks)
are left to `normalise` itself.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from florey.curation.text import normalise, words

SEPARATOR, IN_WORD, WORD_ALONE = 0, 1, 2
"""Kinds of character: between words, part of one, and a word by itself as in Chinese."""
_PLANE = 0x10000  # the first plane; what lies beyond is rare enough to be left to `normalise`
_LAST = 0x40000  # no letter or digit has a higher code
_JAMO = range(0x1100, 0x1200)  # Korean letters join to syllables
_MARK = "zzz"


class Characters(NamedTuple):
    """Tables by code point."""

    fold: npt.NDArray[np.uint32]  # what a character of the first plane becomes; 0: that depends on its neighbours
    trailing: npt.NDArray[np.bool_]  # of the first plane: whether it is dropped at the end of a text
    kind: npt.NDArray[np.uint8]  # of the characters of normalised text


@cache
def characters() -> Characters:
    """The tables; made once, in about a tenth of a second."""
    plane = [chr(code) for code in range(_PLANE)]  # each is tried between "_", with which none joins
    between = normalise(f" {_MARK} ".join(f"_{each}_" for each in plane)).split(f" {_MARK} ")
    joining = _joining()
    fold = np.zeros(_PLANE, np.uint32)
    for code, found in enumerate(between):
        if len(found) == 3 and not {code, ord(found[1])} & joining:
            fold[code] = ord(found[1])

    kind = np.zeros(_LAST + 1, np.uint8)
    said = words(f" {_MARK} ".join(f"_{each}_" for each in plane))
    ends = np.flatnonzero(np.array([word == _MARK for word in [*said, _MARK]]))
    parts = np.diff(ends, prepend=-1) - 1  # "_b_" is one word, "_-_" two, "_综_" three
    kind[:_PLANE] = np.select([parts == 1, parts == 3], [IN_WORD, WORD_ALONE], SEPARATOR)
    kind[_PLANE:_LAST] = [IN_WORD if chr(code).isalnum() else SEPARATOR for code in range(_PLANE, _LAST)]

    trailing = np.zeros(_PLANE, np.bool_)
    for code in np.flatnonzero((fold > 0) & (kind[:_PLANE] == SEPARATOR)).tolist():
        trailing[code] = unicodedata.category(plane[code]) != "Cn" and normalise(f"a{plane[code]}") == "a"
    return Characters(fold, trailing, kind)


def _joining() -> set[int]:
    """Codes of characters that may change with what stands before them."""
    found = set(_JAMO)
    for code in range(_PLANE):
        each = chr(code)
        parts = unicodedata.decomposition(each).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            found.add(int(parts[1], 16))
        if unicodedata.combining(each):
            found.add(code)
    return found
