"""Pieces that frames of sentences share: what may stand before a verb, how a list is announced, who has a disease."""

from __future__ import annotations

from florey.graph.extraction.masking import FILL, GROUP

_ADVERB = (
    r"(?:(?:also|often|usually|sometimes|always|both|all|most|then|still|rarely|now|best|thus|in turn|either|not|never"
    r"|in (?:rare|some|severe|many|most) cases|in part|\w+ly) )*"
)
_MODAL = "(?:can|may|might|should|must|will)"
_BEFORE = (
    r"(?:(?:infections? (?:with|by)|exposure to|(?:high|low)(?:er)? doses of|(?:long-term )?use of|intake of"
    r"|excess(?:ive)? intake of|adequate intake of|(?:members|species|bacteria|parasites|viruses) of the genus"
    r"|infection of|a form of|cases of|people with|administration of|treatment with|the use of|surgery called) )?"
)
MACROS = {
    "L": rf"(?P<left>{GROUP})(?: \((?:[^()]*)\))?",
    "R": rf"{FILL}{{0,4}}{_BEFORE}{FILL}{{0,4}}(?P<right>{GROUP})",
    "ADV": _ADVERB,
    "BE": rf"(?:(?:is|are|(?:has|have) been|{_MODAL} (?:not )?be|be|being) {_ADVERB})",
    "DO": rf"(?:(?:{_MODAL}|cannot|do|does) )?{_ADVERB}(?:helps? (?:to )?)?",
    "ARE": rf"(?:(?:{_MODAL} )?{_ADVERB}(?:include|includes|is|are|be|consists? of|comprises?|involves?)|such as|like)",
    "MANY": r"(?:patients|people|individuals|those|children|adults|women|men|infants|persons|cases)",
    "SYM": r"(?:symptoms?|signs?|(?:clinical )?features?|manifestations?|presentations?|hallmarks?|complaints?)",
    "USED": (
        r"(?:used|given|prescribed|indicated|approved|effective|useful|recommended|taken|available|administered"
        r"|employed|a medication used|a drug used)"
    ),
    "BAD": r"(?:side[ -]effects?|adverse (?:effects?|reactions?|events?))",
    "MUT": (
        r"(?:mutations?|variants?|defects?|polymorphisms?|changes?|deletions?|alterations?|repeats?"
        r"(?: expansions?)?)"
    ),
    "THE": r"(?:(?:one of )?(?:an?|the|its|their|some) )?",
    "F": rf"{FILL}{{0,5}}",
    "NOUN": r"(?:cancer|tumou?r|inflammation|infection|disease|disorder|condition|malignancy|swelling|ulceration)",
}
