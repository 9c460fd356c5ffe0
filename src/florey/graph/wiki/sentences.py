"""Where sentences end in plain English text: small, exact about offsets, careful about abbreviations."""

from __future__ import annotations

import re

from florey.graph.wiki.masking import words

_END = re.compile(r"""[.!?]++["'”’)\]]*+\s++(?=["'“‘(\[]*+[A-Z0-9À-ÖØ-ÞΑ-Ω])""")
_LAST_WORD = re.compile(r"[^\s(\[“\"‘]+$")
_ABBREVIATIONS = words(
    "e.g i.e cf vs viz etc al dr mr mrs ms prof st sr jr fig figs eq no nos vol pp ed eds approx ca c est resp incl "
    "esp dept univ inc ltd co corp gen col lt capt sgt rev hon pres gov sen rep dist subsp ssp var sp spp syn "
    "jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k a.m p.m d.c b.c a.d ph.d m.d ref refs chap sect"
)
_ENDS_TOO = words("etc al inc ltd co corp jr sr u.s u.k a.m p.m d.c b.c a.d ph.d m.d sp spp")
_STARTERS = words(
    "The This These Those It In A An However They There Its He She His Her Some Most Many Other Although When While "
    "If For As At On By Both Because Since Symptoms Treatment Patients People Such Another Since Unlike Treatments "
    "Their To Early Although Risk Diagnosis Also One Two We"
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of every sentence of a paragraph, without the white space around them.

    >>> [("E. coli is common. It is, e.g., found in the gut.")[a:b] for a, b in
    ...  sentence_spans("E. coli is common. It is, e.g., found in the gut.")]
    ['E. coli is common.', 'It is, e.g., found in the gut.']
    """
    spans: list[tuple[int, int]] = []
    start = len(text) - len(text.lstrip())
    for found in _END.finditer(text):
        if _continues(text, found.start(), found.end(), text[found.start()]):
            continue
        end = found.start() + len(found[0].rstrip())
        if end > start:
            spans.append((start, end))
        start = found.end()
    end = len(text.rstrip())
    if end > start:
        spans.append((start, end))
    return spans


def _continues(text: str, stop: int, following: int, mark: str) -> bool:
    """Whether the full stop at `stop` belongs to an abbreviation or an initial, so that the sentence goes on."""
    if mark != ".":
        return False
    found = _LAST_WORD.search(text, max(0, stop - 24), stop)
    if not found:
        return False
    word = found[0]
    opens = _opening_word(text, following) in _STARTERS
    if len(word) == 1 and word.isalpha():  # an initial ("J. Smith"), unless it closes a name ("hepatitis B. It")
        return not (word.isupper() and opens)
    low = word.lower().lstrip("-–")
    if low in _ENDS_TOO:
        return not opens
    return low in _ABBREVIATIONS


def _opening_word(text: str, start: int) -> str:
    found = re.compile(r"\W*(\w+)").match(text, start)
    return found[1] if found else ""
