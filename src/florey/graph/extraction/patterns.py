"""Relations that a sentence states in so many words: lexical patterns over its entities.

Only what is said counts: history, hypotheses, questions and animals say nothing about medicine today, and a denial
("is not caused by") is a relation of its own, with `positive` false.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from florey.graph.extraction.candidate import Entity, Relation
from florey.graph.extraction.masking import FILL, GROUP, Masked, mask
from florey.graph.extraction.pattern_table import PATTERNS, Pattern
from florey.graph.model import joins

_STATES_NOTHING = re.compile(
    r"\?\s*$"
    # history
    r"|\b(?:historically|formerly|ancient|medieval|in antiquity|(?:was|were) (?:once|formerly|previously|historically)"
    r"|once (?:thought|believed|used|considered)|(?:believed|thought) (?:that|to be)|used to be|withdrawn"
    r"|in (?:the )?(?:\w+ )?(?:1[0-9]|nineteenth|eighteenth|seventeenth|sixteenth)(?:th)?[ -](?:century|centuries))\b"
    r"|\b(?:century|centuries)\b"
    # hypotheses
    r"|\b(?:whether|investigat\w+|hypothes\w+|speculat\w+|theori[sz]\w+|propos(?:ed|al)\w*|suggest(?:ed|s)? that"
    r"|(?:been|was|were) suggested|being (?:studied|tested|evaluated|developed|researched|explored)|clinical trials?"
    r"|trials? of|under (?:study|development)|would|could|unclear|unknown|controversial|debated|claim(?:s|ed)?)\b"
    r"|\bif [^,]* were\b"
    # one patient, not the condition
    r"|\b\d+[ -](?:year|month|week|day)s?[ -]old\b|\b(?:his|her|she|he) "
    r"|\b(?:this|the|a|our) (?:patient|case|man|woman|boy|girl|child|infant)(?:'s)?\b"
    # no evidence
    r"|\b(?:no|little|insufficient|limited|lack of|weak|conflicting) (?:\w+ ){0,2}evidence\b|\bevidence (?:is"
    r"|was|for)\b"
    r"|\b(?:fail(?:s|ed)? to|unproven|unsupported|myth|misconception|disproven|debunked)\b"
    r"|\bnot (?:been )?(?:shown|proven|demonstrated|established|known)\b"
    # animals
    r"|\b(?:mice|mouse|rats?|murine|dogs?|cats?|horses?|cattle|cows?|pigs?|sheep|goats?|rabbits?|poultry|chickens?"
    r"|canine|feline|bovine|equine|porcine|avian|veterinary|animal models?|in animals|livestock|in vitro)\b"
)
_HEDGED = re.compile(r"\b(?:may|might|possibly|probably|likely|thought to|believed to|suspected|appears? to|rarely)\b")
_DENIED = re.compile(r"\b(?:not|never|cannot)\b")
_NO_CONTRAINDICATION = re.compile(r"\b(?:not|never|no longer|no)\b[^,;]{0,24}\bcontraindicat", re.IGNORECASE)
_HALF_DENIED = re.compile(
    r"\b(?:not|never|cannot) (?:always|usually|typically|necessarily|generally|often|commonly|all|just|merely|solely"
    r"|simply|directly|fully|entirely|themselves)\b|\b(?:by itself|alone|on its own|in itself)\b"
)
LONGEST = 2_000  # characters; what is longer is no sentence but a table or a fault of splitting
_HEDGE = 0.8  # what a hedge leaves of a pattern's confidence

_ASIDE = (
    r"(?: \([^()]*\))?(?:, (?:an?|the|also|or|sold|known|which|who|that|including|such as|formerly) [^;]{1,120}?,)?"
    r"(?: (?:gene|bacteria|bacterium|virus|infection|infections|therapy|treatment|itself|medication|disease"
    r"|deficiency))?"
    r"(?:,? (?:which|that|who))?"
)
_HEADS = r"(?:symptom|sign|feature|complication|cause|side|risk|treatment|contraindication|test|manifestation|hallmark)"
_DIRECT = re.compile(rf"(?P<left>{GROUP}){_ASIDE} $")
_DEFINED = re.compile(
    rf"(?P<left>{GROUP}){_ASIDE} (?:is|are) (?:an?|the) (?!(?:[\w-]+ ){{0,3}}{_HEADS})"
    rf"(?:{FILL}|of |in |{GROUP} )*(?:that |which )?$"
)
_CONTINUED = re.compile(
    r"(?:^|[,;:]|\b(?:and|or|but|while|although|as|because)) ?(?:it |they |this |the (?:disease|condition"
    r"|disorder|drug) )?$"
)
_SUBJECT = re.compile(
    rf"^(?:(?:although|while|because|since|as|in|people with|patients with|the use of) )?{FILL}{{0,4}}(?P<left>{GROUP})"
)
_INSIDE = re.compile(
    rf"(?P<left>{GROUP})(?: \([^()]*\))? (?:for|of|in|against|from|after|during|with|caused by|induced by"
    rf"|due to) {FILL}{{0,3}}$"
)
_TREATING = re.compile(r"\b(?:treatment|therapy|management|treating|use) (?:of |for )?$")


def relations(text: str, entities: Sequence[Entity]) -> list[Relation]:
    """What the sentence `text` states between its entities, whose offsets are those in `text`.

    In the order of the patterns' table; one relation of a pair is reported once, by the first pattern that finds it. A
    text of more than LONGEST characters states nothing.
    """
    if len(text) > LONGEST:
        return []
    masked = mask(text, entities)
    if not masked.groups or _STATES_NOTHING.search(masked.text):
        return []
    found: dict[tuple[str, str, str], Relation] = {}
    for relation in _all(masked):
        found.setdefault((relation.subject.id, relation.name, relation.object.id), relation)
    return list(found.values())


def _all(masked: Masked) -> Iterator[Relation]:
    for pattern in PATTERNS:
        for match in pattern.regex.finditer(masked.text):
            right = _number(match["right"])
            for left in (_number(match["left"]),) if pattern.whole else _lefts(masked, match.start()):
                stated = _stated(match, pattern) if left != right else None
                pairs = stated and list(_pairs(pattern, masked.groups[left], masked.groups[right], *stated))
                if pairs:
                    yield from pairs
                    break


def _stated(match: re.Match[str], pattern: Pattern) -> tuple[bool, float] | None:
    """Polarity and confidence; None where the match is neither a statement nor a denial."""
    said = match[0]
    rest = match.string[match.end() : match.end() + 30]
    forbids = any(name.endswith("contraindicated_in") for name in pattern.relations)  # "must not be used in" is one
    positive = not (_NO_CONTRAINDICATION if forbids else _DENIED).search(said)
    if not positive and _HALF_DENIED.search(said + rest):
        return None
    return positive, pattern.confidence * (_HEDGE if _HEDGED.search(said) else 1.0)


def _pairs(
    pattern: Pattern, left: Sequence[Entity], right: Sequence[Entity], positive: bool, confidence: float
) -> Iterator[Relation]:
    for one in left:
        for other in right:
            for directed in pattern.relations:
                name = directed.removeprefix("~")
                subject, object = (one, other) if name == directed else (other, one)
                if subject.id != object.id and joins(name, subject.type, object.type):
                    rule = f"pattern:{name}/{pattern.name}"
                    yield Relation(subject, name, object, positive, rule, round(confidence, 3))
                    break


def _lefts(masked: Masked, end: int) -> Iterator[int]:
    """The group that a predicate speaks of: the one just before it, or the one that the sentence is about."""
    before = masked.text[:end]
    defined, direct = _DEFINED.search(before), _DIRECT.search(before)
    if defined:
        yield _number(defined["left"])
    if direct:
        yield _head(before, direct)
    elif not defined and _CONTINUED.search(before) and (subject := _SUBJECT.search(before)):
        yield _number(subject["left"])


def _head(before: str, match: re.Match[str]) -> int:
    """The noun that a phrase is about: "chemotherapy for breast cancer" is chemotherapy."""
    inside = _INSIDE.search(before, 0, match.start("left"))
    if inside and not _TREATING.search(before, 0, inside.start("left")):
        return _number(inside["left"])
    return _number(match["left"])


def _number(group: str) -> int:
    return int(group[1:-1])
