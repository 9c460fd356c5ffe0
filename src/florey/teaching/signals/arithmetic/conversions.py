"""One quantity in two units, the second in brackets: "154 lb (70 kg)", "a glucose of 180 mg/dL (10 mmol/L)"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from florey.teaching.signals.arithmetic.numbers import NUMBER, read_number
from florey.teaching.signals.arithmetic.statement import Outcome, Statement
from florey.teaching.signals.arithmetic.units import SPELLED, converted_temperature, is_imperial, ratio, unit_of

_PAIR = re.compile(
    rf"(?<![\d.,/\u2013-])(?P<one>{NUMBER})\s?-?(?P<of>{SPELLED})\s?[(（\[]\s?(?P<other>{NUMBER})\s?(?P<to>{SPELLED})\s?[)）\]]"
)
_SLACK = 0.02
"""Share by which a conversion may be rounded further than its digits say: "5 ft (150 cm)"."""


def conversions(text: str) -> Iterator[Statement]:
    """Pairs of a metric and another unit, of temperatures, and of mass and amount of a named substance. Other units
    that differ ("500 mg (2 g daily)") need not be one quantity."""
    for found in _PAIR.finditer(text):
        one, step, _ = read_number(found["one"])
        other, other_step, _ = read_number(found["other"])
        exact = converted(one, found["of"], found["to"], text[max(0, found.start() - 60) : found.start()])
        if exact is None:
            continue
        ends = [converted(one + sign * step / 2, found["of"], found["to"], text[: found.start()]) for sign in (-1, 1)]
        low, high = min(filter(None, ends), default=exact), max(filter(None, ends), default=exact)
        slack = other_step + (0.3 if "°" in found["to"] else _SLACK * abs(exact))
        outcome: Outcome = "right" if low - slack <= other <= high + slack else "wrong"
        shown = " ".join(found[0].split())
        yield Statement(
            kind="units",
            outcome=outcome,
            detail=shown if outcome == "right" else f"{shown}: it is {exact:.4g} {found['to']}",
            start=found.start(),
            end=found.end(),
            key=f"{one}{found['of']}->{found['to']}",
        )


def converted(value: float, spelled: str, to: str, before: str) -> float | None:
    """The value in the other unit, where the two are a pair that people convert between."""
    temperature = converted_temperature(value, spelled, to)
    if temperature is not None:
        return temperature
    one, other = unit_of(spelled), unit_of(to)
    if one is None or other is None or (one.dims == other.dims and is_imperial(spelled) == is_imperial(to)):
        return None
    factor = ratio(one, other, before)
    return None if factor is None else value * factor
