"""Acronyms and gene symbols: short upper-case names, which mean other things elsewhere, count with support only.

A symbol is matched in its own case only. It counts where one of these holds, in this order:

1. the context defines it, "amyotrophic lateral sclerosis (ALS)"; defined as something else, "advanced life support
   (ALS)", it counts nowhere in that context;
2. a longer name of the same entity stands anywhere in the context;
3. a word for its type stands beside it: "the REST gene", "mutations in CFTR";
4. it speaks for itself: four characters or more, no English word, and either a digit in it (BRCA1) or the entity's
   preferred name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from florey.graph.linking.normalise import PART, fold
from florey.graph.linking.words import COMMON_WORDS

CUES = {
    "gene": "gene genes mutation mutations mutated variant variants protein locus allele alleles polymorphism "
    "expression deletion encodes encoding",
    "disease": "disease disorder syndrome",
    "drug": "therapy drug dose inhibitor",
}
_CUES = {kind: frozenset(words.split()) for kind, words in CUES.items()}
_BESIDE = 2  # words on either side in which a cue counts
_LETTERS = 5  # of an acronym without digits; longer ones in capitals are headings
_LONGEST = 8
_IN_BRACKETS = re.compile(r"[(\[]([A-Z][A-Za-z0-9]{1,7}?)s?[)\],;]")


@dataclass(frozen=True, slots=True)
class Context:
    """What a document says about its names; `Linker.context` reads it once for all sentences of the document."""

    named: frozenset[str] = frozenset()  # ids that a longer name of theirs stands for
    defined: Mapping[str, frozenset[str]] = field(default_factory=dict)  # acronym -> ids; none: of something else


def is_symbol(text: str, kind: str) -> bool:
    """Whether a name is an acronym or symbol: one short word with two capitals, or a capital and a digit.

    >>> [is_symbol(text, "disease") for text in ("ALS", "IgA", "BRCA1", "COVID-19", "Gout", "SCURVY")]
    [True, True, True, False, False, False]
    """
    if not 2 <= len(text) <= _LONGEST or not text.isalnum() or not text.isascii():
        return False
    capitals, digits = sum(map(str.isupper, text)), sum(map(str.isdigit, text))
    if kind == "gene":
        return text.isupper() or bool(capitals and fold(text) not in COMMON_WORDS)
    return bool((capitals and digits) or (capitals >= 2 and len(text) <= _LETTERS))


def speaks_for_itself(symbol: str, preferred: bool) -> bool:
    return len(symbol) >= 4 and (preferred or not symbol.isalpha()) and fold(symbol) not in COMMON_WORDS


def has_cue(text: str, start: int, end: int, kind: str) -> bool:
    """Whether a word for the type stands at most two words before or after."""
    cues = _CUES.get(kind)
    if not cues:
        return False
    before = [found[1].lower() for found in PART.finditer(text, max(0, start - 40), start)][-_BESIDE:]
    after = [found[1].lower() for found in PART.finditer(text, end, end + 40)][:_BESIDE]
    return not cues.isdisjoint(before) or not cues.isdisjoint(after)


def definitions(text: str) -> Iterator[tuple[str, int, int]]:
    """(acronym, start, end of its expansion) for "expansion (ACRONYM)", the initials of the words before the bracket.

    `start` is -1 where the initials do not spell the acronym; `end` is where the words before the bracket end.
    """
    for found in _IN_BRACKETS.finditer(text):
        symbol = found[1]
        words = [*PART.finditer(text, max(0, found.start() - 30 * len(symbol)), found.start())]
        if words:
            yield symbol, _spelled_from(symbol, words), words[-1].end(1)


def _spelled_from(symbol: str, words: list[re.Match[str]]) -> int:
    """Where the words begin whose initials spell the symbol, small words left out at will; -1 for none."""
    letters = [letter.lower() for letter in symbol if letter.isalpha()]
    start = -1
    for word in reversed(words):
        if not letters:
            break
        if word[1][0].lower() == letters[-1]:
            letters.pop()
            start = word.start()
        elif word[1].lower() not in {"of", "and", "the", "in", "with", "for", "to", "a", "an"}:
            return -1
    return -1 if letters else start
