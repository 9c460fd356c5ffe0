"""Numbers as written: value, and what the digits shown say of its exactness."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

from florey.teaching.signals.arithmetic.units import Unit

NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|(?<![\d.])\.\d+"


@dataclass(frozen=True)
class Quantity:
    """A number with its digits. `unit` is None where none is written or it is no multiple of another (°C)."""

    value: float
    step: float  # one unit of the last digit shown: 0.01 for 22.86
    digits: int  # significant ones as written
    unit: Unit | None = None
    spelled: str = ""  # the unit as written

    @property
    def whole(self) -> bool:
        return self.step >= 1


def read_number(text: str) -> tuple[float, float, int]:
    """(value, step, significant digits) of a number without sign.

    >>> read_number("1,388.90"), read_number("0.0139")
    ((1388.9, 0.01, 6), (0.0139, 0.0001, 3))
    """
    plain = text.replace(",", "")
    decimals = len(plain.partition(".")[2])
    digits = len(plain.replace(".", "").lstrip("0")) or 1
    return float(plain), round(10.0**-decimals, decimals), digits


def agrees(exact: float, stated: Quantity, *, roughly: bool = False) -> bool:
    """Whether `stated` is `exact` to the digits that it shows, rounded or cut off; `roughly`: the writer says about,
    then zeros at the end are no digits, up to a twentieth of the value.

    >>> shown = Quantity(22.8, 0.1, 3)
    >>> agrees(22.857, shown), agrees(22.7, shown), agrees(13.0, Quantity(12.0, 1.0, 2))
    (True, False, False)
    """
    step = stated.step
    if roughly and stated.whole and stated.value:
        step = max(step, min(10.0 ** _zeros(stated.value), abs(stated.value) / 20))
    slack = 1e-9 * max(1.0, abs(exact))
    apart = abs(exact - stated.value)
    if apart <= step / 2 + slack:
        return True
    on_grid = abs(exact / step - round(exact / step)) < 1e-6
    return apart < step + slack and (not on_grid or roughly)


def nearly(exact: float, stated: Quantity) -> bool:
    """Whether a stated round number ("about 1,400" for 1,389) is within a hundredth, or within its zeros."""
    zeros = 10.0 ** _zeros(stated.value) if stated.whole and stated.value else 0.0
    return abs(exact - stated.value) <= max(0.01 * abs(exact), min(zeros / 2, 0.05 * abs(exact)))


def _zeros(value: float) -> int:
    whole = str(floor(abs(value)))
    return min(len(whole) - len(whole.rstrip("0")), floor(log10(abs(value))) if value else 0)
