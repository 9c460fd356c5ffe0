"""Naegele's rule: the due date from the first day of the last menstrual period."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from florey.teaching.signals.arithmetic.statement import Statement

_MONTHS = "january february march april may june july august september october november december"
_MONTH = {name: number for number, name in enumerate(_MONTHS.split(), 1)}
_DATE = rf"(?P<month>{'|'.join(_MONTH)})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>(?:19|20)\d\d))?"
_LMP = re.compile(r"(?:last\s+menstrual\s+period|\bLMP|last\s+period)[^.;\n\d]{0,40}?" + _DATE, re.IGNORECASE)
_DUE = re.compile(
    r"(?:due\s+date|\bEDD|\bEDC|estimated\s+(?:date|day)\s+of\s+(?:delivery|confinement|birth)|expected\s+(?:date\s+of\s+)?delivery"
    r"(?:\s+date)?)[^.;\n\d]{0,40}?" + _DATE,
    re.IGNORECASE,
)
_SLACK = timedelta(days=3)
"""Seven days and back three months, and 280 days, differ by up to this, with the lengths of the months."""


def due_dates(question: str, text: str) -> Iterator[Statement]:
    """Every due date in the text, where one last period is stated in it or in the question."""
    periods = {_read(found) for found in _LMP.finditer(text)} or {_read(found) for found in _LMP.finditer(question)}
    if len(periods) != 1 or (period := periods.pop()) is None:
        return
    due = period + timedelta(days=280)
    given = {_read(found) for found in _DUE.finditer(question)}
    for found in _DUE.finditer(text):
        said = _read(found)
        if said is None or said in given:
            continue
        year = due.year if found["year"] is None else said.year
        right = abs(said.replace(year=year) - due) <= _SLACK
        shown = " ".join(found[0].split())
        yield Statement(
            kind="arithmetic",
            outcome="right" if right else "wrong",
            detail=shown if right else f"{shown}: it is {due:%B} {due.day}",
            start=found.start(),
            end=found.end(),
            key="due date",
        )


def _read(found: re.Match[str]) -> date | None:
    try:
        return date(int(found["year"] or 2001), _MONTH[found["month"].lower()], int(found["day"]))
    except ValueError:
        return None
