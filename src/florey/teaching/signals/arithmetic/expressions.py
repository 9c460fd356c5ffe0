"""Arithmetic expressions: tokens of a text, and values with what rounding and units leave open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from florey.teaching.signals.arithmetic.numbers import NUMBER, Quantity, read_number
from florey.teaching.signals.arithmetic.units import NONE, PERCENT, SPELLED, Unit, unit_of

Kind = Literal["number", "operator", "open", "close", "equals", "word", "end"]


@dataclass(frozen=True)
class Token:
    kind: Kind
    text: str  # of an operator its sign; of "equals" one of "=", "~" (about) and "is" (a weak word)
    start: int
    end: int
    quantity: Quantity | None = None


class Unreadable(Exception):
    """No expression, or one whose value is not defined."""


_SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_ABOUT = r"(?:about|approximately|approx\.?|roughly|around|nearly|almost|close\s+to|some|~|约|大约|≈)"
_WEAK = (
    r"equals|(?:is|are|was)\s+equal\s+to|equal\s+to|(?:comes?|works?)\s+out\s+(?:to|as)(?:\s+be)?|comes?\s+to|gives?(?:\s+(?:us|me|you))?"
    r"|giving(?:\s+(?:us|me))?|yields?|yielding|results?\s+in|resulting\s+in|(?:and\s+)?(?:that|which|this)\s+(?:is|equals|gives|makes|comes\s+to)"
    r"|that['’]s|is|makes|to\s+get|(?:and\s+)?(?:i|we)\s+get|for\s+a\s+total\s+of"
)
_SCAN = re.compile(
    rf"(?P<equals>=\s*[≈~]|[≈≃≅]|~=|=|\b(?:{_WEAK})(?![A-Za-z])|约等于|等于|结果为|得到?|为)"
    rf"|(?P<power>\^|\*\*|\b(?:squared|cubed)\b|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)"
    rf"|(?P<times>[×*·⋅✕]|\b(?:multiplied\s+by|times)\b|(?<=[\d)%])\s*[xX]\s*(?=[\d(.])|(?<=\s)[xX](?=\s[\d(.])|(?<=%)\s+of\b(?=\s+\d)|乘以|乘)"
    rf"|(?P<over>[÷/]|\bdivided\s+by\b|除以)"
    rf"|(?P<plus>\+|\bplus\b|加上?)"
    rf"|(?P<minus>[\u2212\u2013-]|\bminus\b|减去?)"
    rf"|(?P<root>√|\bsqrt\b)"
    rf"|(?P<open>[(\[{{（])|(?P<close>[)\]}}）])"
    rf"|(?P<about>\b{_ABOUT}(?![A-Za-z])|[~≈])"
    rf"|(?P<number>{NUMBER})(?:\s?(?P<scale>万|亿|thousand|million|billion)(?![A-Za-z]))?"
    rf"(?:(?:[ \u00a0\u2009]{{0,9}}|-)(?P<unit>(?-i:{SPELLED})|%))?(?![A-Za-z\d])"
    rf"|(?P<word>[A-Za-z][A-Za-z0-9₀-₉'’_+]*|(?:(?!除以|乘以|乘|加上|减去|等于|得到|约|为)[\u4e00-\u9fff])+)"
    rf"|(?P<space>[ \t\u00a0\u2009]+)|(?P<end>.|\n)",
    re.IGNORECASE,
)
_FULL_WIDTH = str.maketrans("＋－＝％／×✕＊０１２３４５６７８９", "+-=%/××*0123456789")
_SCALES = {"万": 1e4, "亿": 1e8, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_PLAIN: dict[str, Kind] = {"open": "open", "close": "close", "word": "word", "end": "end"}
_SIGNS = {"times": "*", "over": "/", "plus": "+", "minus": "-"}


def plain(text: str) -> str:
    """LaTeX's commands and full-width signs as plain ones; everything else as it is."""
    text = text.translate(_FULL_WIDTH)
    text = text.replace("{,}", ",")
    text = re.sub(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
    text = re.sub(r"\\(?:text|mathrm)\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\sqrt\{([^{}]*)\}", r"√(\1)", text)
    for command, sign in (("times", "×"), ("cdot", "×"), ("div", "÷"), ("approx", "≈"), ("%", "%")):
        text = re.sub(rf"\\{command}(?![A-Za-z])", sign, text)
    text = re.sub(r"\^\{([^{}]*)\}", r"^(\1)", text)
    return re.sub(r"\\[,;! ]|\\(?:left|right)|\\[\[\]()]|\$", " ", text)


def tokens(text: str) -> list[Token]:
    """All that stands in a text; what has no place in an expression is an "end"."""
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    for found in _SCAN.finditer(text):
        kind, said = str(found.lastgroup), found[0]
        if kind in ("unit", "scale"):  # the last group of a number that has one
            kind = "number"
        start, end = found.span()
        if kind == "number":
            yield Token("number", said, start, end, _quantity(found["number"], found["unit"], found["scale"]))
        elif kind in _SIGNS:
            yield Token("operator", _SIGNS[kind], start, end)
        elif kind == "power":
            yield from _power(said, start, end)
        elif kind == "root":
            yield Token("operator", "√", start, end)
        elif kind == "equals":
            about = any(sign in said for sign in "≈≃≅~") or said == "约等于"
            yield Token("equals", "~" if about else "=" if said == "=" else "is", start, end)
        elif kind == "about":
            yield Token("word", "~", start, end)
        elif kind != "space":
            yield Token(_PLAIN[kind], said, start, end)


def _quantity(number: str, spelled: str | None, scale: str | None) -> Quantity:
    value, step, digits = read_number(number)
    if scale:
        value, step = value * _SCALES[scale.lower()], step * _SCALES[scale.lower()]
    if not spelled:
        return Quantity(value, step, digits)
    return Quantity(value, step, digits, PERCENT if spelled == "%" else unit_of(spelled), spelled)


def _power(said: str, start: int, end: int) -> Iterator[Token]:
    yield Token("operator", "^", start, end)
    if said in ("^", "**"):
        return
    exponent = {"squared": "2", "cubed": "3"}.get(said.lower()) or said.translate(_SUPER)
    if exponent.startswith("-"):
        yield Token("operator", "-", start, end)
        exponent = exponent[1:]
    if not exponent.isdigit():
        yield Token("end", said, start, end)
        return
    yield Token("number", exponent, start, end, Quantity(float(exponent), 1.0, len(exponent)))


@dataclass(frozen=True)
class Value:
    """An expression's value as its numbers stand, and the bounds that their rounding leaves.

    `unit` is None where it is not known: a number without one among such with one. `stated`: every number has one.
    """

    exact: float
    low: float
    high: float
    unit: Unit | None
    stated: bool
    step: float  # of the coarsest number that is no whole one; 0 where all are whole
    operations: int
    single: Quantity | None = None  # where it is one number


_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}


def evaluate(parts: Sequence[Token], rounded: Mapping[float, float], *, fractions: bool = False) -> Value:
    """The value of a whole run of tokens; words beside a number are its label. `fractions`: 80% is 0.8, not 80.

    rounded: value -> half width, of results of this text that were shown rounded. Numbers of three digits or more that
        are not whole may be rounded as well. Raises Unreadable.
    """
    reader = _Reader([token for token in parts if token.kind != "word"], rounded, fractions)
    value = reader.sum()
    if reader.rest():
        raise Unreadable
    return value


class _Reader:
    """Recursive descent: sum, product, power, atom."""

    def __init__(self, parts: Sequence[Token], rounded: Mapping[float, float], fractions: bool) -> None:
        self.parts, self.rounded, self.fractions, self.place = parts, rounded, fractions, 0

    def rest(self) -> bool:
        return self.place < len(self.parts)

    def _sign(self, signs: str) -> str | None:
        if self.rest() and self.parts[self.place].kind == "operator" and self.parts[self.place].text in signs:
            self.place += 1
            return self.parts[self.place - 1].text
        return None

    def sum(self) -> Value:
        value = self.product()
        while sign := self._sign("+-"):
            value = _added(value, self.product(), 1 if sign == "+" else -1)
        return value

    def product(self) -> Value:
        value = self.power()
        while True:
            if sign := self._sign("*/"):
                value = _multiplied(value, self.power(), sign)
            elif self.rest() and self.parts[self.place].kind == "open" and self._touches():
                value = _multiplied(value, self.power(), "*")
            else:
                return value

    def _touches(self) -> bool:
        return self.place > 0 and self.parts[self.place - 1].end == self.parts[self.place].start

    def power(self) -> Value:
        base = self.atom()
        if self._sign("^"):
            sign = -1 if self._sign("-") else 1
            exponent = self.atom()
            return _raised(base, sign * exponent.exact)
        return base

    def atom(self) -> Value:
        if not self.rest():
            raise Unreadable
        if self._sign("√"):
            return _raised(self.atom(), 0.5)
        if self._sign("-"):
            inner = self.power()
            return Value(-inner.exact, -inner.high, -inner.low, inner.unit, inner.stated, inner.step, inner.operations)
        token = self.parts[self.place]
        self.place += 1
        if token.kind == "open":
            value = self.sum()
            if not self.rest() or self.parts[self.place].kind != "close":
                raise Unreadable
            self.place += 1
            return value if value.single is None else self._number(value.single)
        if token.quantity is None:
            raise Unreadable
        return self._number(token.quantity)

    def _number(self, quantity: Quantity) -> Value:
        if self.fractions and quantity.unit == PERCENT:
            quantity = Quantity(quantity.value / 100, quantity.step / 100, quantity.digits)
        half = self.rounded.get(quantity.value, 0.0)
        if not quantity.whole and quantity.digits >= 3:
            half = max(half, quantity.step / 2)
        step = 0.0 if quantity.whole else quantity.step
        low, high = quantity.value - half, quantity.value + half
        known = quantity.unit or (NONE if not quantity.spelled else None)
        return Value(quantity.value, low, high, known, bool(quantity.spelled), step, 0, quantity)


def _added(one: Value, other: Value, sign: int) -> Value:
    factor = 1.0
    unit = one.unit
    if one.stated and other.stated and one.unit and other.unit:
        if one.unit.dims != other.unit.dims:
            unit = None
        elif one.unit != other.unit:
            unit = None if PERCENT in (one.unit, other.unit) else one.unit
            factor = other.unit.factor / one.unit.factor if unit else 1.0
    elif other.stated and not one.stated:
        unit = other.unit
    ends = sorted((sign * factor * other.low, sign * factor * other.high))
    return Value(
        one.exact + sign * factor * other.exact,
        one.low + ends[0],
        one.high + ends[1],
        unit,
        one.stated and other.stated,
        max(one.step, other.step),
        one.operations + other.operations + 1,
    )


def _multiplied(one: Value, other: Value, sign: str) -> Value:
    if sign == "/":
        if other.exact == 0 or other.low <= 0 <= other.high:
            raise Unreadable
        exact, second = one.exact / other.exact, (1 / other.low, 1 / other.high)
    else:
        exact, second = one.exact * other.exact, (other.low, other.high)
    corners = [a * b for a in (one.low, one.high) for b in second]
    unit = one.unit.times(other.unit, 1 if sign == "*" else -1) if one.unit and other.unit else None
    return Value(
        exact,
        min(corners),
        max(corners),
        unit,
        one.stated and other.stated,
        max(one.step, other.step),
        one.operations + other.operations + 1,
    )


def _raised(base: Value, exponent: float) -> Value:
    try:
        values = [complex(each**exponent) for each in (base.exact, base.low, base.high)]
    except (OverflowError, ZeroDivisionError):
        raise Unreadable from None
    if any(abs(each.imag) > 0 or abs(each.real) > 1e18 for each in values):
        raise Unreadable
    exact, *ends = (each.real for each in values)
    whole = float(exponent).is_integer()
    unit = NONE.times(base.unit, int(exponent)) if base.unit and whole else None
    if exponent == 0.5:
        exact = sqrt(base.exact)
    return Value(exact, min(ends), max(ends), unit, base.stated, base.step, base.operations + 1)
