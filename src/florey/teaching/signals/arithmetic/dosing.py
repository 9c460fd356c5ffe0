"""Doses by weight and rates by time, in words: "10 mg/kg for a 20-kg child is 200 mg", "1 L over 8 h is 125 mL/h"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from florey.teaching.signals.arithmetic.inputs import read_inputs
from florey.teaching.signals.arithmetic.numbers import NUMBER, Quantity, agrees, nearly, read_number
from florey.teaching.signals.arithmetic.statement import Outcome, Statement
from florey.teaching.signals.arithmetic.units import ratio, unit_of

_MASS = r"(?:mg|mcg|μg|ug|g|mL|ml|mEq|mmol|units|IU|U|毫克|毫升)"
_SAYS = (
    r"(?:=|≈|\bequals|\bis|\bgives?(?:\s+(?:us|me))?|\bcomes?\s+(?:out\s+)?to|\bamounts?\s+to|\bresults?\s+in|\bmakes|\byields?"
    r"|\bwould\s+be|\bsitting\s+at|\bfor\s+a\s+total\s+of|\bwe\s+(?:get|need)|\bI\s+get|为|是|等于|得到?)"
)
_FILL = (
    r"(?:\s+(?:a|an|the|total|need|for|dose|of|about|approximately|roughly|around|daily|single|bolus|volume)\b"
    r"|约|总量)*\s*"
)
_DOSE = re.compile(
    rf"(?P<low>(?:{NUMBER})\s?(?:-|\u2013|\bto\b)\s?)?(?P<rate>{NUMBER})\s?(?P<unit>{_MASS})(?:\s?/\s?|\s+per\s+|/)"
    rf"(?:kg|kilograms?|公斤|千克)\b(?P<daily>\s?(?:/|per\s)\s?(?:day|d|dose|24\s?h)\b)?"
    rf"(?P<between>[^.;!?\n×*=]{{0,90}}?(?:,\s*)?){_SAYS}{_FILL}(?P<result>{NUMBER})\s?(?P<given>{_MASS})\b"
    r"(?!\s?(?:/|per\b|every\b|each\b|-|\u2013|to\b|[×*]))",
)
_OTHER_DOSE = re.compile(r"\d|/\s?kg|\bper\s+k|max|not\s+exceed|at\s+most|cap", re.IGNORECASE)
_DIVIDED = re.compile(
    r"divided|split|every\s+\d+|per\s+dose|each\s+dose|doses|twice|times\s+(?:a\s+)?da|\bq\s?\d|\b[bt]id\b",
    re.IGNORECASE,
)
_PARTS = (1, 2, 3, 4, 6)
_INFUSION = re.compile(
    rf"(?P<volume>{NUMBER})\s?(?P<unit>mL|ml|L|cc|liters?|litres?|mg|units|g)\b[^.;!?\n\d]{{0,40}}?\b(?:over|in|across|infused\s+over)\s+(?:the\s+)?"
    rf"(?:first\s+|next\s+)?(?P<time>{NUMBER})[\s-]?(?P<span>hours?|hrs?|h|minutes?|min)\b[^.;!?\n\d]{{0,60}}?{_SAYS}{_FILL}"
    rf"(?:a\s+rate\s+of\s+)?(?P<rate>{NUMBER})\s?(?P<per>(?:mL|ml|L|cc|mg|units|g)\s?(?:/|\bper\b)\s?(?:hour|hr|h|minute|min))\b"
)


def doses(question: str, text: str) -> Iterator[Statement]:
    """Weights are those stated up to the dose, or the question's. Two weights, or a dose that may be divided or capped
    otherwise than told: unclear."""
    for found in _DOSE.finditer(text):
        between = _WEIGHT.sub("", found["between"])
        weights = read_inputs(text[max(0, found.start() - 400) : found.end("between")]).get("weight")
        weights = weights or read_inputs(question).get("weight")
        one, other = unit_of(found["unit"]), unit_of(found["given"])
        factor = ratio(one, other) if one and other else None
        if not weights or factor is None:
            continue
        rates = [read_number(each)[0] for each in (found["rate"], *re.findall(NUMBER, found["low"] or ""))]
        stated = Quantity(*read_number(found["result"]))
        divided = found["daily"] or _DIVIDED.search(text, found.start(), min(len(text), found.end() + 60))
        parts = _PARTS if divided else (1,)
        exact = [rate * weight * factor / part for rate in rates for weight in sorted(weights) for part in parts]
        certain = len(exact) == 1 and not _OTHER_DOSE.search(between)
        yield _stated(found, stated, exact, certain, f"dose {found['rate']}{found['unit']}/kg")


_WEIGHT = re.compile(rf"(?:{NUMBER})[\s-]?(?:kg|公斤|千克|kilograms?)\b")


def infusions(text: str) -> Iterator[Statement]:
    """A volume or a dose over a time, and the rate that it makes."""
    for found in _INFUSION.finditer(text):
        per = unit_of(found["per"])
        volume, span = unit_of(found["unit"]), unit_of(found["span"])
        factor = ratio(volume.times(span, -1), per) if volume and span and per else None
        time = read_number(found["time"])[0]
        if factor is None or not time:
            continue
        exact = [read_number(found["volume"])[0] / time * factor]
        stated = Quantity(*read_number(found["rate"]))
        yield _stated(found, stated, exact, True, f"rate {found['volume']}/{found['time']}")


def _stated(found: re.Match[str], stated: Quantity, exact: list[float], certain: bool, key: str) -> Statement:
    outcome: Outcome = "wrong" if certain and not nearly(exact[0], stated) else "unclear"
    if any(agrees(each, stated) for each in exact):
        outcome = "right"
    shown = " ".join(found[0].split())
    return Statement(
        kind="arithmetic",
        outcome=outcome,
        detail=f"{shown}: it is {exact[0]:.6g}" if outcome == "wrong" else shown,
        start=found.start(),
        end=found.end(),
        key=key,
    )
