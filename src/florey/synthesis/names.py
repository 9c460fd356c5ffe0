"""Names of nodes as sets of significant words: how a series of numbered subtypes is recognised."""

from __future__ import annotations

import re
import unicodedata

_WORDS = """a an and as at by due for from in into like of on or other the to with without
    syndrome syndromic nonsyndromic disease disorder condition type subtype form group complementation
    autosomal recessive dominant pseudoautosomal linked x y xlinked related associated familial hereditary inherited
    isolated congenital adult infantile juvenile neonatal childhood early late onset susceptibility
    classic classical atypical rare severe mild primary deficiency
abnormal abnormality"""
_INHERITANCE = frozenset(
    ["autosomal", "recessive", "dominant", "pseudoautosomal", "linked", "xlinked", "mitochondrial"]
)
_GENERIC = frozenset(_WORDS.split())
_GREEK = "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|kappa|lambda|mu|sigma|omega"
_SUBTYPE = re.compile(rf"\d+[a-z]{{0,2}}\d*|[ivx]+[a-z]?|[a-z]\d*|[a-z]|{_GREEK}")
_PREFIX = 6
_WORD = re.compile(r"[^\W_]+")


def words(name: str) -> tuple[str, ...]:
    """Lower-case words of a name, without accents or plural s.

    >>> words("Sjögren-Larsson syndromes")
    ('sjogren', 'larsson', 'syndrome')
    """
    plain = name.casefold()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if not unicodedata.combining(c))
    return tuple([_singular(word) for word in _WORD.findall(plain)])


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def family(name: str) -> frozenset[str]:
    """The significant words of a name: what is left without numbers, subtypes and generic words.

    >>> sorted(family("Developmental and epileptic encephalopathy 96"))
    ['developmental', 'encephalopathy', 'epileptic']
    """
    every = words(name)
    unnumbered = [word for word in every if not _SUBTYPE.fullmatch(word)]
    significant = [word for word in unnumbered if word not in _GENERIC]
    return frozenset(significant or unnumbered or every)


def hint_keys(name: str) -> frozenset[str]:
    """Keys of which two names share one if one hints at the other: significant words, the long ones by their
    beginning, and words of inheritance.

    >>> sorted(hint_keys("Alpha-mannosidosis")), sorted(hint_keys("Recessive ataxia"))
    (['mannos'], ['ataxia', 'recessive'])
    """
    return frozenset(word[:_PREFIX] for word in family(name)) | (_INHERITANCE & frozenset(words(name)))
