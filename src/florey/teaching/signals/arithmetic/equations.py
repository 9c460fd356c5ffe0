"""Equations in prose and in signs: "5 mg/kg × 70 kg = 350 mg", "10,000 minus 2,000, which equals 8,000"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from florey.teaching.signals.arithmetic.expressions import Token, Unreadable, Value, evaluate, tokens
from florey.teaching.signals.arithmetic.numbers import NUMBER, Quantity, agrees, nearly
from florey.teaching.signals.arithmetic.statement import Outcome, Statement
from florey.teaching.signals.arithmetic.units import PERCENT, converted_temperature, ratio

_TWO_NUMBERS = re.compile(r"\d.*?[^\d.,].*?\d")
_LABEL = 4  # words that may stand beside a number: "4,000 literate persons"
_RANGE = re.compile(rf"(?<![\d.,\u2013-])({NUMBER})\s?(?:[-\u2013]|\bto\b)\s?({NUMBER})(?![\d.,]*[\u2013-]\d)")
# before an expression: it is only the end of a longer one
_OPEN_BEFORE = frozenset(("of", "from", "by", "to", "and", "between", "than", "per", "over", "with", "add", "subtract"))
Side = tuple[Value, Sequence[Token]]


@dataclass(frozen=True)
class _Compared:
    outcome: Outcome
    kind: Literal["arithmetic", "units"] = "arithmetic"


def equations(text: str) -> Iterator[Statement]:
    """Every equation of numbers in a text whose LaTeX has been read as signs.

    "50-100 mL/kg × 6 kg = 300-600 mL" is two, of the lower and of the upper ends, where it is none with a minus sign.
    """
    start = 0
    for line in text.splitlines(keepends=True):
        if _TWO_NUMBERS.search(line):
            for each in _line_equations(line):
                yield each.model_copy(update={"start": each.start + start, "end": each.end + start})
        start += len(line)


def _line_equations(line: str) -> Iterator[Statement]:
    found = list(_equations(line))
    if _ends(line, 1) == line:
        yield from found
        return
    lower, upper = ({each.start: each for each in _equations(_ends(line, end))} for end in (1, 2))
    for each in found:
        low, high = lower.get(each.start), upper.get(each.start)
        left = line[each.start : each.end].rpartition("=")[0]
        if each.outcome == "right" or not (low and high) or _ends(left, 1) == left:
            yield each
            continue
        outcomes, end = {low.outcome, high.outcome}, max(low.end, high.end)
        both = _ends(line[each.start : end].rpartition("=")[2], 1) != line[each.start : end].rpartition("=")[2]
        outcome: Outcome = "right" if outcomes == {"right"} else "wrong" if both and "wrong" in outcomes else "unclear"
        detail = " ".join(line[each.start : end].split())
        yield each.model_copy(update={"outcome": outcome, "detail": detail, "end": end})


def _ends(text: str, which: int) -> str:
    """The text with every rising range cut down to its lower (1) or upper (2) end, at the same length."""

    def cut(found: re.Match[str]) -> str:
        low, high = (float(found[place].replace(",", "")) for place in (1, 2))
        return found[0] if low >= high else found[which].ljust(len(found[0]))

    return _RANGE.sub(cut, text)


def _equations(text: str) -> Iterator[Statement]:
    found = tokens(text)
    rounded: dict[float, float] = {}
    for place in (place for place, token in enumerate(found) if token.kind == "equals"):
        left, right = _left(found, place, rounded), _right(found, place, rounded)
        if left is None or right is None:
            continue
        about = found[place].text == "~" or any(token.text == "~" for token in found[place + 1 : place + 3])
        if statement := _stated(text, found, place, left, right, about, rounded):
            yield statement


def _left(found: Sequence[Token], place: int, rounded: dict[float, float]) -> Side | None:
    """The longest expression that ends before an equals sign; a comma may stand between."""
    last = place
    while last and (found[last - 1].text in (",", "...", ".", "…") and found[place].text == "is"):
        last -= 1
        if place - last > 1:
            return None
    first = last
    words = 0
    while first and found[first - 1].kind in ("number", "operator", "open", "close", "word") and words <= _LABEL:
        first -= 1
        words = words + 1 if found[first].kind == "word" else 0
    for start in range(first, last):
        token = found[start]
        if token.kind in ("number", "open") or token.text == "√":
            try:
                return evaluate(found[start:last], rounded), found[start:last]
            except Unreadable:
                continue
    return None


def _right(found: Sequence[Token], place: int, rounded: dict[float, float]) -> Side | None:
    """The longest expression that begins after an equals sign, past "about"."""
    first = place + 1
    while first < len(found) and found[first].text == "~":
        first += 1
    last = first
    while last < len(found) and found[last].kind in ("number", "operator", "open", "close"):
        last += 1
    for end in range(last, first, -1):
        try:
            return evaluate(found[first:end], rounded), found[first:end]
        except Unreadable:
            continue
    return None


def _stated(
    text: str,
    found: Sequence[Token],
    place: int,
    left: Side,
    right: Side,
    about: bool,
    rounded: dict[float, float],
) -> Statement | None:
    value, said = left[0], right[0]
    start, end = left[1][0].start, right[1][-1].end
    weak = found[place].text == "is"
    if not value.operations and not said.operations:
        first = found.index(left[1][0])
        is_end = first > 0 and found[first - 1].kind in ("operator", "number", "close", "open")
        converted = None if is_end else _converted(text, value, said, about, start, end)
        return None if weak and converted and converted.outcome == "unclear" else converted
    if not value.operations and weak:
        return None
    compared = _compare(value, said, about, text[max(0, start - 80) : end])
    if compared.outcome == "wrong" and _as_shares(left, said, about):
        compared = _Compared("right")
    if compared.outcome == "wrong" and (
        _ambiguous(text, found, left, right, weak) or _without_brackets(left, said, about)
    ):
        compared = _Compared("unclear")
    if said.single and compared.outcome != "wrong" and abs(value.exact - said.exact) > 1e-9:
        rounded[said.exact] = max(said.single.step, abs(value.exact - said.exact))
    shown = " ".join(text[start:end].split())
    detail = f"{shown}: it is {_corrected(value, said, compared.kind)}" if compared.outcome == "wrong" else shown
    return Statement(
        kind=compared.kind, outcome=compared.outcome, detail=detail, start=start, end=end, key=_key(text, left)
    )


def _corrected(value: Value, said: Value, kind: str) -> str:
    if kind == "units" and value.unit and said.unit and said.single:
        return f"{value.exact * value.unit.factor / said.unit.factor:.6g} {said.single.spelled}"
    return f"{value.exact:.6g}"


def _key(text: str, side: Side) -> str:
    return "".join(text[side[1][0].start : side[1][-1].end].split())


def _compare(value: Value, said: Value, about: bool, before: str) -> _Compared:
    """Right as the numbers stand, or with their units carried; wrong only if neither, and no rounding explains it."""
    stated = said.single or Quantity(said.exact, said.step or 1e-9, 9)
    as_written = agrees(value.exact, stated, roughly=about) or _same_expression(value, said)
    factor = ratio(value.unit, said.unit, before) if value.unit and said.unit else None
    carried = factor is not None and agrees(value.exact * factor, stated, roughly=about)
    if as_written:
        # all units are stated and of one kind, but the number is another in them; of other kinds, some may be unsaid
        if value.stated and said.stated and factor is not None and not carried:
            return _Compared("wrong", "units")
        return _Compared("right")
    if carried:
        return _Compared("right")
    for scale in (1.0, *((factor,) if factor else ())):
        low, high = sorted((value.low * scale, value.high * scale))
        if low - stated.step <= said.high and said.low <= high + stated.step and (value.low < value.high):
            return _Compared("unclear")
        if (about or _is_round(stated)) and nearly(value.exact * scale, stated):
            return _Compared("unclear")
    return _Compared("wrong")


def _as_shares(left: Side, said: Value, about: bool) -> bool:
    """Whether it is right with percentages as fractions: "10 × 80% = 8", "71% × 82% = 58.2"."""
    if not any(token.quantity and token.quantity.unit == PERCENT for token in left[1]) or said.single is None:
        return False
    exact = evaluate(left[1], {}, fractions=True).exact
    return agrees(exact, said.single, roughly=about) or agrees(100 * exact, said.single, roughly=about)


def _without_brackets(left: Side, said: Value, about: bool) -> bool:
    """Whether it is right with brackets that are not written: "73/73 + 7 = 0.91" for a/(a + c)."""
    parts = [token for token in left[1] if token.kind != "word"]
    sums = any(token.kind == "operator" and token.text in "+-" for token in parts)
    if said.single is None or not sums or any(token.kind in ("open", "close") for token in parts):
        return False
    opened, closed = Token("open", "(", -1, -1), Token("close", ")", -1, -1)
    for place, token in enumerate(parts):
        if token.kind == "operator" and token.text == "/":
            below = [*parts[: place + 1], opened, *parts[place + 1 :], closed]
            above = [opened, *parts[:place], closed, *parts[place:]]
            for each in (below, above):
                with suppress(Unreadable):
                    if agrees(evaluate(each, {}).exact, said.single, roughly=about):
                        return True
    return False


def _same_expression(value: Value, said: Value) -> bool:
    """Two expressions agree to the coarsest number that is not whole in either."""
    if said.single:
        return False
    slack = max(value.step, said.step) if said.step else 0.0
    return abs(value.exact - said.exact) <= max(slack, 1e-9 * max(1.0, abs(value.exact)))


def _is_round(stated: Quantity) -> bool:
    return stated.whole and stated.value >= 100 and stated.value % 100 == 0


def _ambiguous(text: str, found: Sequence[Token], left: Side, right: Side, weak: bool) -> bool:
    """Whether a wrong equation may be another one: the end of a longer one, a range, a fraction that is a name."""
    first = found.index(left[1][0])
    before = found[first - 1] if first else None
    if before is not None and before.kind == "word" and before.text.lower() in _OPEN_BEFORE:
        return True
    if before is not None and before.kind in ("operator", "number", "close", "open"):
        return not (before.kind == "operator" and before.text == "-" and before.end == left[1][0].start)
    whole = text[left[1][0].start : left[1][-1].end]
    if _ends(whole, 1) != whole:
        return True
    after = right[1][-1].end
    if re.match(r"\s?[-\u2013]\s?\d|\s+(?:to|or)\s+\d|\s*[:/]\s?\d", text[after:]):  # a range, a ratio
        return True
    if re.match(r"[^.;。；\n=]{0,12}?(?:‰|/\s?\d|\bper\s+1)", text[after:]):  # a rate, "0.4 per 100,000"
        return True
    # "a GCS of 15/15 is 15", "45/25 mmHg and pulse is 160"
    trailing = {token.text.lower() for token in left[1] if token.kind == "word"} & _OPEN_BEFORE
    return weak and (bool(trailing) or re.fullmatch(r"[\d,.]+/[\d,.]+(?![^/]*[+*×/]).*", whole.strip()) is not None)


def _converted(text: str, value: Value, said: Value, about: bool, start: int, end: int) -> Statement | None:
    """ "70 kg = 154 lb": one quantity in two units."""
    one, other = value.single, said.single
    if not (one and other and one.spelled and other.spelled) or one.spelled == other.spelled:
        return None
    exact = converted_temperature(one.value, one.spelled, other.spelled)
    if exact is None and one.unit and other.unit:
        factor = ratio(one.unit, other.unit, text[max(0, start - 80) : start])
        exact = None if factor is None else one.value * factor
    outcome: Outcome = "unclear"
    if exact is not None:
        right = agrees(exact, other, roughly=about) or abs(exact - other.value) <= 0.01 * abs(exact)
        outcome = "right" if right else "wrong"
    detail = " ".join(text[start:end].split())
    return Statement(
        kind="units",
        outcome=outcome,
        detail=f"{detail}: it is {exact:.6g}" if outcome == "wrong" else detail,
        start=start,
        end=end,
        key=f"{one.value}{one.spelled}->{other.spelled}",
    )
