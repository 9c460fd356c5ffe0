"""When two names are one name: the form in which joining compares them."""

from __future__ import annotations

from functools import lru_cache

from florey.graph.linking.normalise import PART, key

_ROMAN = {
    **{"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"},
    **{"xi": "11", "xii": "12", "xiii": "13", "xiv": "14", "xv": "15"},
}
_ROMAN_AFTER = {"i": "1", "v": "5"}  # single letters are numbers only where one is expected; x is X-linked
_NUMBERED = frozenset({"type", "stage", "grade", "class", "factor", "form", "group"})
_SHORTEST = 4  # letters of an alias that is believed on its own
_key = lru_cache(maxsize=65_536)(key)


def normal(name: str) -> str:
    """Words without accents, plural, possessive, punctuation and Roman numerals; empty where there is no word.

    >>> normal("Sjögren's syndromes"), normal("Diabetes mellitus, type II") == normal("diabetes mellitus type 2")
    ('sjogren syndrome', True)
    >>> normal("vitamin C"), normal("Factor V deficiency"), normal("(+)-catechin"), normal("??")
    ('vitamin c', 'factor 5 deficiency', 'plus catechin', '')
    """
    words: list[str] = []
    for found in PART.finditer(name.replace("(+)", " plus ").replace("(-)", " minus ").replace("(−)", " minus ")):
        word = _key(found[1])
        if word in _ROMAN:
            word = _ROMAN[word]
        elif word in _ROMAN_AFTER and words and words[-1] in _NUMBERED:
            word = _ROMAN_AFTER[word]
        words.append(word)
    return " ".join(words)


def symbol(name: str) -> str:
    """The form for gene symbols, in which every sign counts but not its case.

    >>> symbol("BRCA1") == symbol("brca1"), symbol("HLA-A") == symbol("HLAA")
    (True, False)
    """
    return name.strip().casefold()


def inverted(name: str) -> str | None:
    """The natural order of an index entry with one comma; None for any other name.

    >>> inverted("Aging, Premature"), inverted("Anemia, iron deficiency, severe"), inverted("Gout")
    ('Premature Aging', None, None)
    """
    head, comma, tail = name.partition(", ")
    return f"{tail} {head}" if comma and "," not in tail and head.strip() and tail.strip() else None


def is_acronym(name: str) -> bool:
    """Whether a name is too short to be believed as an alias: another thing may well have the same letters.

    >>> [is_acronym(name) for name in ("ALS", "COPD4", "gout", "MS type", "cold")]
    [True, True, False, False, False]
    """
    bare = name.strip()
    if " " in bare:
        return False
    return len(bare) < _SHORTEST or (len(bare) <= 7 and sum(map(str.isupper, bare)) >= 2)
