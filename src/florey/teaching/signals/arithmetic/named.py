"""Results that a thought gives for a formula by its name, recomputed from inputs stated near or in the question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product

from florey.teaching.signals.arithmetic.expressions import Token, Unreadable, evaluate, tokens
from florey.teaching.signals.arithmetic.formulas import FORMULAS, Formula
from florey.teaching.signals.arithmetic.inputs import read_inputs
from florey.teaching.signals.arithmetic.numbers import Quantity, agrees, nearly
from florey.teaching.signals.arithmetic.statement import Outcome, Statement
from florey.teaching.signals.arithmetic.units import ratio, unit_of

_WINDOW = 600  # characters before a result in which its inputs may stand
_LEAD = 8  # words between a formula's name and its result
_CHOICES = 12  # combinations of inputs that are tried where some are given twice
_SENTENCE = re.compile(r"[.;!?](?=\s|$)|\n")
# a limit, an aim or a supposition is no result
_NO_RESULT = re.compile(
    r"\b(?:normal(?:ly)?|reference|range|above|below|over|under|greater|less|more|cut-?offs?|threshold|goals?|target|maintain\w*"
    r"|keep|if|should|would|at\s+least|between|usual\w*|typical\w*|original|previous|baseline)\b|[<>≥≤]|正常|高于|低于|大于|小于",
    re.IGNORECASE,
)
_FEMALE = re.compile(r"\b(?:woman|female|girl|lady|she|her|pregnant)\b|女", re.IGNORECASE)
_MALE = re.compile(r"\b(?:man|male|boy|gentleman|he|his|him)\b|男", re.IGNORECASE)
_LABELS = [(formula, re.compile(formula.label, re.IGNORECASE)) for formula in FORMULAS]


def named_results(question: str, text: str) -> Iterator[Statement]:
    """For every formula of the table whose inputs are known. `question`: its context and stem.

    A result that the question itself gives is not recomputed. Where an input is given twice with different values a
    result that fits one of them is right, and any other unclear.
    """
    given: dict[str, frozenset[float]] | None = None
    for formula, label in _LABELS:
        for found in label.finditer(text):
            end = stop.start() if (stop := _SENTENCE.search(text, found.end())) else len(text)
            result = _result(text[found.end() : end])
            if result is None or _NO_RESULT.search(text, max(0, found.start() - 12), found.start()):
                continue
            stated, about, length = result
            after = text[found.end() + length : end]
            if _NO_RESULT.match(after.lstrip(" ,")) or _is_given(question, label, stated):
                continue
            given = read_inputs(question) if given is None else given
            before = text[max(0, found.start() - _WINDOW) : found.start()]
            outcome = _outcome(formula, stated, about, f"{before}\n{after}", question, given)
            if outcome:
                shown = " ".join(text[found.start() : found.end() + length].split())
                yield Statement(
                    kind="arithmetic",
                    outcome=outcome[0],
                    detail=f"{shown}: it is {outcome[1]:.4g}" if outcome[0] == "wrong" else shown,
                    start=found.start(),
                    end=found.end() + length,
                    key=formula.name,
                )


def _result(after: str) -> tuple[Quantity, bool, int] | None:
    """(result, whether it is said to be about so, where it ends) of what follows a name: "= 70/3.06 = 22.9"."""
    parts = tokens(after)
    first = 0
    while first < len(parts) and first <= _LEAD and parts[first].kind == "word" and parts[first].text.lower() != "of":
        first += 1
    if first >= len(parts) or _NO_RESULT.search(after[: parts[first].start]):
        return None
    lead = parts[first]
    if not (lead.kind == "equals" or lead.text.lower() == "of" or lead.text in (":", "：", "(")):
        return None
    places = [place for place, part in enumerate(parts) if part.kind == "equals" and place >= first]
    last = first
    for place in places:  # a chain goes on as long as only an expression and a few words stand between
        between = parts[last + 1 : place]
        if any(part.kind == "end" for part in between) or sum(part.kind == "word" for part in between) > _LEAD:
            break
        last = place
    return _number_after(parts, last)


def _number_after(parts: list[Token], place: int) -> tuple[Quantity, bool, int] | None:
    about = parts[place].text == "~"
    place += 1
    while place < len(parts) and parts[place].text == "~":
        about, place = True, place + 1
    run = place
    while run < len(parts) and parts[run].kind in ("number", "operator", "open"):
        run += 1
    try:
        value = evaluate(parts[place:run], {})
    except Unreadable:
        return None
    return (value.single, about, parts[run - 1].end) if value.single else None


def _is_given(question: str, label: re.Pattern[str], stated: Quantity) -> bool:
    return bool(label.search(question)) and f"{stated.value:g}" in question


def _outcome(
    formula: Formula, stated: Quantity, about: bool, near: str, question: str, given: dict[str, frozenset[float]]
) -> tuple[Outcome, float] | None:
    """(outcome, what it is) or None where an input is not known."""
    known = read_inputs(near)
    columns: list[list[float | bool | None]] = []
    for name in formula.inputs:
        values = known.get(name) or given.get(name)
        if not values:
            return None
        columns.append([*sorted(values)])
    columns += [_optional(name, near, question, known, given) for name in formula.optional]
    single = all(len(column) == 1 for column in columns)
    exact: list[float] = []
    for values_of in islice(product(*columns), _CHOICES):
        try:
            exact += formula.compute(*values_of)
        except (ZeroDivisionError, OverflowError):
            continue
    scales = _scales(formula, stated)
    if not exact:
        return None
    if any(_fits(each * scale, stated, about, formula.tolerance) for each in exact for scale in scales):
        return "right", exact[0]
    if not single or (about and any(nearly(each * scale, stated) for each in exact for scale in scales)):
        return "unclear", exact[0]
    return "wrong", exact[0]


def _optional(
    name: str, near: str, question: str, known: dict[str, frozenset[float]], given: dict[str, frozenset[float]]
) -> list[float | bool | None]:
    if name == "female":
        text = f"{question}\n{near}"
        women, men = bool(_FEMALE.search(text)), bool(_MALE.search(text))
        return [women] if women != men else [None]
    return [*sorted(known.get(name) or given.get(name) or ())] or [None]


def _scales(formula: Formula, stated: Quantity) -> list[float]:
    """By what the formula's result is multiplied to be in the unit stated; 1 where that is not told."""
    unit = unit_of(formula.unit)
    factor = ratio(unit, stated.unit) if unit and stated.unit else None
    return [1.0] if factor is None else [factor]


def _fits(exact: float, stated: Quantity, about: bool, tolerance: float) -> bool:
    return agrees(exact, stated, roughly=about) or abs(exact - stated.value) <= tolerance * abs(exact)
