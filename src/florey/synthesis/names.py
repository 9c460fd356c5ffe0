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
_GENERIC = frozenset(_WORDS.split())
_GREEK = "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|kappa|lambda|mu|sigma|omega"
_SUBTYPE = re.compile(rf"\d+[a-z]{{0,2}}\d*|[ivx]+[a-z]?|[a-z]\d*|[a-z]|{_GREEK}")
_PREFIX = 6
_SHARED_WORDS = 0.6
"""Jaccard share of the significant words from which two names count as one family."""


def words(name: str) -> tuple[str, ...]:
    """Lower-case words of a name, without accents or plural s.

    >>> words("Sjögren-Larsson syndromes")
    ('sjogren', 'larsson', 'syndrome')
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    found = re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))
    return tuple(_singular(word) for word in found)


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


def same_family(left: frozenset[str], right: frozenset[str]) -> bool:
    """True where one name's significant words contain the other's, or most are shared."""
    return left <= right or right <= left or len(left & right) >= _SHARED_WORDS * len(left | right)


def hints_at(finding: frozenset[str], name: frozenset[str]) -> bool:
    """True where two names share a significant word, or two such words begin alike.

    >>> hints_at(family("Decreased alpha-mannosidase activity"), family("Alpha-mannosidosis"))
    True
    >>> hints_at(family("Ataxia"), family("Marfan syndrome"))
    False
    """
    return any(_alike(mine, other) for mine in finding for other in name)


def _alike(left: str, right: str) -> bool:
    return left == right or (len(left) >= _PREFIX and left[:_PREFIX] == right[:_PREFIX])
