"""Words and the gaps between them: two spellings of a name that mean the same get the same code.

Everything is decided word by word, so that it can be remembered by word, and the text itself is never rewritten:
offsets stay those of the original, whatever case folding does to the length ("ß", "İ").
"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = "\u00ad\u200b-\u200d\u2060"  # soft hyphen, zero-width space and joiners
_WORD = rf"[^\W_]+(?:[\u0300-\u036f{_INVISIBLE}]+[^\W_]*)*"
_POSSESSIVE = r"(?:['\u2019\u02bc`\u00b4][sS](?![^\W_]))?"
WORD = re.compile(_WORD)
PART = re.compile(rf"({_WORD}{_POSSESSIVE})([\W_]*)")
PARTS = re.compile(rf"{_WORD}{_POSSESSIVE}[\W_]*")  # a word with the gap behind it: half as many strings to look up

STOP = "."  # code of a gap that ends a sentence
_GREEK = {letter: unicodedata.name(letter).rpartition(" ")[2].lower() for letter in "αβγδεζηθικλμνξπρστυφχψω"}
# "type II" is "type 2"; not X, which is a chromosome in most names
_ROMAN = {
    numeral: str(number) for number, numeral in enumerate(("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"), 1)
}
_SPELLED = _GREEK | _ROMAN
_SENTENCE_END = re.compile(r"[.?!\u2026](?=[\s\"')\]\u2019\u201d]|$)|;|\n\s*\n|\n\s*[*\u2022#=|-]")
_CLASSES = {",": ",", "(": "(", "[": "(", ")": ")", "]": ")"}
_JOINTS = frozenset(
    " \t\r\n\u00a0\u2009\u202f-\u2010\u2011\u2012\u2013'\u2019\u02bc`\u00b4/._" + "\u00ad\u200b\u200c\u200d\u2060"
)

_PLURALS = (  # ending, letters to cut, what to put there; the first that fits
    *((ending, 0, "") for ending in ("ss", "us", "is")),
    ("ies", 3, "y"),
    *((ending, 2, "") for ending in ("xes", "ches", "shes", "sses", "zes")),
    ("ae", 1, ""),
    ("s", 1, ""),
)


def gap_code(gap: str) -> str:
    """What a gap means: nothing for spaces, hyphens and apostrophes, else its punctuation in classes.

    >>> gap_code(" "), gap_code("-"), gap_code("), "), gap_code(". "), gap_code(".")
    ('', '', '),', '.', '.')
    """
    if gap in _JOINTS and gap != ".":
        return ""
    code = STOP if _SENTENCE_END.search(gap) else ""
    for sign in gap:
        if sign not in _JOINTS and sign not in ".?!;\u2026":
            found = _CLASSES.get(sign, "|")
            code += "" if code.endswith(found) else found
    return code


def fold(word: str) -> str:
    """Lower case, no accents, invisible characters or possessive; Greek letters by name, Roman numerals in digits.

    >>> fold("Sjögren's"), fold("Weiß"), fold("β"), fold("II")
    ('sjogren', 'weiss', 'beta', '2')
    """
    bare = WORD.match(word)
    spread = unicodedata.normalize("NFKD", (bare[0] if bare else word).casefold())
    letters = "".join(sign for sign in spread if not unicodedata.combining(sign) and unicodedata.category(sign) != "Cf")
    return _SPELLED.get(letters, letters)


def key(word: str) -> str:
    """What equal words share: folded, singular, with one spelling of ae, oe and -our. For comparing, not for reading.

    >>> key("Seizures") == key("seizure"), key("metastases") == key("metastasis"), key("Crohns") == key("Crohn's")
    (True, True, True)
    >>> key("diarrhoea") == key("diarrhea"), key("shoe"), key("gas"), key("virus"), key("illness")
    (True, 'shoe', 'gas', 'virus', 'illness')
    """
    stem = singular(fold(word))
    if len(stem) >= 6:
        stem = stem.replace("ae", "e").replace("oe", "e")
    return stem[:-2] + "r" if len(stem) >= 6 and stem.endswith("our") else stem


def singular(word: str) -> str:
    """The singular of a folded word by its ending; Greek -sis and its plural -ses meet in "-se".

    >>> [singular(word) for word in ("biopsies", "reflexes", "abscesses", "bullae", "diseases", "sepsis", "uterus")]
    ['biopsy', 'reflex', 'abscess', 'bulla', 'disease', 'sepsis', 'uterus']
    """
    if len(word) <= 3 or not word.isascii():
        return word
    if word.endswith("sis") and len(word) >= 7:
        return word[:-2] + "e"
    return next((word[: len(word) - cut] + end for ending, cut, end in _PLURALS if word.endswith(ending)), word)
