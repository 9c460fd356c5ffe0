"""What formulas are computed from: labelled values in prose or in a table of results."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from florey.teaching.signals.arithmetic.numbers import NUMBER, read_number
from florey.teaching.signals.arithmetic.units import SPELLED, converted_temperature, ratio, unit_of

Values = Mapping[str, frozenset[float]]
"""Input -> every value that a text gives for it, in the input's unit."""


@dataclass(frozen=True)
class Input:
    """`label`: pattern of its names. `unit`: in which formulas take it, and what a bare number is in. `substance`: by
    which mg are mmol. `low`, `high`: beyond these a number is something else, or in another unit."""

    label: str
    unit: str
    low: float
    high: float
    substance: str = ""


_SERUM = r"(?<!corrected )(?<!adjusted )(?<!urine )(?<!urinary )(?<!U)(?<!尿)"
INPUTS: dict[str, Input] = {
    "sodium": Input(rf"{_SERUM}(?:\bsodium|(?-i:\bNa\b)(?:\s?\+|⁺)?|血钠)", "mmol/L", 90, 200),
    "potassium": Input(rf"{_SERUM}(?:\bpotassium|(?-i:\bK\b)(?:\s?\+|⁺)?|血钾)", "mmol/L", 1, 12),
    "chloride": Input(rf"{_SERUM}(?:\bchloride|(?-i:\bCl\b)(?:\s?[-−⁻])?|血氯)", "mmol/L", 50, 160),
    "bicarbonate": Input(r"(?:\bbicarb(?:onate)?|\bHCO[3₃](?:\s?[-−⁻])?|碳酸氢根)", "mmol/L", 1, 60),
    "albumin": Input(r"(?:\balbumin|白蛋白)", "g/dL", 0.5, 7),
    "calcium": Input(
        rf"{_SERUM}(?<!ionized )(?:\bcalcium|(?-i:\bCa\b)(?:\s?2?\+|²⁺)?|血钙)", "mg/dL", 3, 20, "calcium"
    ),
    "glucose": Input(rf"{_SERUM}(?:\bglucose|\bblood\s+sugar|血糖)", "mg/dL", 20, 2500, "glucose"),
    "urea nitrogen": Input(r"(?:\bBUN|\b(?:blood\s+)?urea\s+nitrogen|尿素氮)", "mg/dL", 1, 250, "urea nitrogen"),
    "measured osmolality": Input(
        r"\b(?:measured|serum|plasma)\s+osmolal?[ai]ri?t?y?(?:lity)?|\bmeasured\s+osm\w*", "mmol/kg", 200, 600
    ),
    "creatinine": Input(
        rf"{_SERUM}(?:\bcreatinine|\bS?Cr\b|血?肌酐)(?!\s+clearance)(?!清除)", "mg/dL", 0.1, 30, "creatinine"
    ),
    "urine sodium": Input(r"(?:\burin(?:e|ary)\s+(?:sodium|Na)|\bUNa|尿钠)", "mmol/L", 1, 400),
    "urine creatinine": Input(r"(?:\burin(?:e|ary)\s+(?:creatinine|Cr)\b|\bUCr|尿肌酐)", "mg/dL", 1, 600, "creatinine"),
    "weight": Input(r"(?:\bweight|\bweigh(?:s|ing|ed)?|\bbody\s+mass(?!\s+index)|体重)", "kg", 0.4, 400),
    "height": Input(r"(?:\bheight|\btall|身高)", "m", 0.3, 2.6),
    "age": Input(r"(?:\bage[d]?|年龄)", "years", 0.01, 120),
    "pco2": Input(r"\bPa?CO[2₂]", "mmHg", 5, 150),
    "po2": Input(r"\bPa?O[2₂]", "mmHg", 10, 700),
    "fio2": Input(r"\bFiO[2₂]", "", 0.2, 1.0),
    "systolic": Input(r"(?:\bsystolic(?:\s+(?:blood\s+)?pressure)?|\bSBP|收缩压)", "mmHg", 40, 300),
    "diastolic": Input(r"(?:\bdiastolic(?:\s+(?:blood\s+)?pressure)?|\bDBP|舒张压)", "mmHg", 10, 200),
    "qt": Input(r"\bQT(?:\s+interval)?(?![Cc])", "ms", 150, 900),
    "rr": Input(r"(?-i:\bRR\b)(?:\s+interval)?", "s", 0.2, 3.0),
    "heart rate": Input(r"(?:\bheart\s+rate|\bpulse(?:\s+rate)?|(?-i:\bHR\b)|心率)", "bpm", 20, 300),
    "total cholesterol": Input(r"(?:\btotal\s+cholesterol|(?-i:\bTC\b)|总胆固醇)", "mg/dL", 50, 1000, "cholesterol"),
    "hdl": Input(r"\bHDL(?:[- ]?C)?(?:\s+cholesterol)?", "mg/dL", 5, 200, "cholesterol"),
    "triglycerides": Input(r"(?:\btriglycerides?|(?-i:\bTG\b)|甘油三酯)", "mg/dL", 10, 5000, "triglycerides"),
    "burned": Input(r"(?:\bTBSA|\bbody\s+surface\s+area|\bburns?\b|烧伤面积)", "%", 0.5, 100),
}
_GAP = (
    r"(?:\s*(?:\(\w{1,8}[+⁺⁻−-]?\)|levels?|concentration|count|value|interval|of|is|was|at|about|approximately|[=:：≈为是|~])"
    r"\s*){0,4}\s*"
)
_VALUE = rf"(?P<number>{NUMBER})(?:\s?-?(?P<unit>(?-i:{SPELLED})|%))?(?![\d/]|\s?[×*]|\.\d)"
_LABELLED = {name: re.compile(rf"(?:{found.label}){_GAP}{_VALUE}", re.IGNORECASE) for name, found in INPUTS.items()}
_BESIDE = {  # the value before its label, or without one
    "age": (re.compile(rf"(?P<number>{NUMBER})[\s-]*(?P<unit>years?|yrs?|months?|岁)[\s-]*(?:old|of\s+age)?"),),
    "weight": (
        re.compile(rf"(?P<number>{NUMBER})[\s-]*(?P<unit>kg|kilograms?|lbs?|pounds?|公斤|千克)(?!\s?/)(?:\b|$)"),
    ),
    "height": (re.compile(rf"(?P<number>{NUMBER})[\s-]*(?P<unit>cm|m)\s+(?:tall|in\s+height)\b"),),
    "burned": (
        re.compile(
            rf"(?P<number>{NUMBER})\s?(?P<unit>%)\s+(?:\w+\s+){{0,3}}?(?:TBSA|burns?|(?:total\s+)?body\s+surface)"
        ),
    ),
    "fio2": (re.compile(r"(?P<number>\.21)(?P<unit>)|room\s+air"),),
}
_PRESSURE = re.compile(
    r"(?<![\d/])(?P<systolic>\d{2,3})\s?/\s?(?P<diastolic>\d{2,3})(?![\d/])(?=\s*mm|[^\d%]{0,3})", re.IGNORECASE
)
_PRESSURE_BEFORE = re.compile(r"(?:blood\s+pressure|\bBP|血压)[^.\d]{0,20}$", re.IGNORECASE)


def read_inputs(text: str) -> dict[str, frozenset[float]]:
    """Every labelled value of a text that is in the range of its input.

    >>> read_inputs("Na+ 140 mEq/L, chloride of 104, a 70-kg man")["weight"]
    frozenset({70.0})
    """
    values: defaultdict[str, set[float]] = defaultdict(set)
    for name in INPUTS:
        for pattern in (_LABELLED[name], *_BESIDE.get(name, ())):
            for found in pattern.finditer(text):
                if (value := _value(name, found)) is not None:
                    values[name].add(value)
    for found in _PRESSURE.finditer(text):
        if _PRESSURE_BEFORE.search(text, 0, found.start()) or re.match(r"\s*mm", text[found.end() :]):
            values["systolic"].add(float(found["systolic"]))
            values["diastolic"].add(float(found["diastolic"]))
    return {name: frozenset(found) for name, found in values.items()}


def _value(name: str, found: re.Match[str]) -> float | None:
    """The value in the input's unit; None where it is in no unit of it, or out of range."""
    wanted = INPUTS[name]
    if found["number"] is None:
        return 0.21 if name == "fio2" else None  # room air
    value, _, _ = read_number(found["number"])
    spelled = found["unit"] or ""
    if name == "fio2":
        value = value / 100 if spelled == "%" or value > 1 else value
    elif spelled == "岁":
        pass
    elif spelled and spelled != wanted.unit:
        factor = _factor(spelled, wanted)
        if factor is None:
            return None
        value *= factor
    elif not spelled and name == "height" and value > 3:
        value /= 100
    return round(value, 9) if wanted.low <= value <= wanted.high else None


def _factor(spelled: str, wanted: Input) -> float | None:
    one, other = unit_of(spelled), unit_of(wanted.unit) if wanted.unit else None
    if one is None or other is None or converted_temperature(0.0, spelled, wanted.unit) is not None:
        return None
    return ratio(one, other, wanted.substance)
