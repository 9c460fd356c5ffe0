"""Numbers as text: percent, points, intervals, counts."""

from __future__ import annotations

import re

from florey.evaluation.scoring import Cell
from florey.evaluation.staircase import Comparison
from florey.intervals import wilson

MINUS = "\u2212"


def percent(share: float, digits: int = 1) -> str:
    """``0.6123`` -> ``"61.2"``: percent without its sign, which stands in the heading."""
    return f"{100 * share:.{digits}f}"


def interval(cell: Cell) -> str:
    """``"[57.9, 64.4]"``, in percent."""
    return f"[{percent(cell.lo)}, {percent(cell.hi)}]"


def points(difference: float) -> str:
    """``"+2.1"``, ``"−0.4"``, ``"0.0"``: percentage points with a true minus sign."""
    text = f"{100 * difference:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", MINUS)


def points_interval(each: Comparison) -> str:
    return f"[{points(each.lo)}, {points(each.hi)}]"


def p_value(p: float) -> str:
    return "<\u202f0.001" if p < 0.001 else f"{p:.3f}"


def count(value: int) -> str:
    """``12345`` -> ``"12,345"``."""
    return f"{value:,}"


def share_interval(part: int, whole: int) -> str:
    """``"70.0% [57.5, 80.1]"`` for 42 of 60, with Wilson's 95% interval. `whole` must be positive."""
    lo, hi = wilson(part, whole)
    return f"{percent(part / whole)}% [{percent(lo)}, {percent(hi)}]"


def plain(value: float) -> str:
    """Up to four significant digits, no exponent for usual sizes, a true minus sign."""
    return (f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}").replace("-", MINUS)


def phase_label(phase: str) -> str:
    """``"stage2-round1"`` -> ``"stage 2, round 1"``."""
    return re.sub(r"(?<=[a-z])(?=\d)", " ", phase).replace("-", ", ")


def words(name: str) -> str:
    """An identifier as words: ``"findings_to_disease"`` -> ``"findings to disease"``."""
    return name.replace("_", " ")
