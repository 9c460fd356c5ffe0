"""Units as clinicians write them: one table, products and quotients of its entries, conversions that need a substance.

A library of units would be asked for no more than the product of exponents; the rest it does not have: that mEq, mmol
and mOsm of one ion are one number, what "cc" and "mcg" are, molar masses, which pairs people convert between.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_GRAM, _LITRE, _METRE, _SECOND, _MOLE, _UNIT, _MMHG, _CAL, _BEAT = (
    "g",
    "L",
    "m",
    "s",
    "mol",
    "IU",
    "mmHg",
    "cal",
    "beat",
)


@dataclass(frozen=True)
class Unit:
    """`factor` base units; `dims`: (base, exponent), sorted, without zeros."""

    factor: float
    dims: tuple[tuple[str, int], ...] = ()

    def times(self, other: Unit, power: int) -> Unit:
        dims = dict(self.dims)
        for base, exponent in other.dims:
            dims[base] = dims.get(base, 0) + power * exponent
        kept = tuple(sorted((base, exponent) for base, exponent in dims.items() if exponent))
        return Unit(self.factor * other.factor**power, kept)


NONE = Unit(1.0)
PERCENT = Unit(0.01)


def _units(base: str, **spellings: float) -> dict[str, Unit]:
    return {name: Unit(factor, ((base, 1),)) for names, factor in spellings.items() for name in names.split("__")}


_TABLE: dict[str, Unit] = {
    **_units(_GRAM, kg__kgs__Kg__KG__kilogram__kilograms__kilo__kilos__公斤__千克=1e3, g__gram__grams__gm__gms__克=1.0),
    **_units(_GRAM, mg__mgs__Mg__MG__milligram__milligrams__毫克=1e-3, mcg__μg__ug__microgram__micrograms__微克=1e-6),
    **_units(
        _GRAM, ng__nanogram__nanograms=1e-9, pg=1e-12, lb__lbs__pound__pounds__磅=453.59237, oz__ounce__ounces=28.3495
    ),
    **_units(_LITRE, L__l__liter__liters__litre__litres__升=1.0, dL__dl__deciliter__deciliters=0.1),
    **_units(_LITRE, mL__ml__ML__Ml__milliliter__milliliters__millilitre__millilitres__cc__毫升=1e-3, μL__uL=1e-6),
    **_units(_METRE, m__meter__meters__metre__metres__米=1.0, cm__centimeter__centimeters__厘米=1e-2),
    **_units(_METRE, mm__millimeter__millimeters__毫米=1e-3),
    **{name: Unit(0.0254, ((_METRE, 1),)) for name in ("inch", "inches")},
    **_units(_METRE, ft__feet__foot=0.3048),
    **_units(
        _SECOND,
        s__sec__secs__second__seconds__秒=1.0,
        ms__msec__milliseconds=1e-3,
        min__mins__minute__minutes__分钟=60.0,
    ),
    **_units(_SECOND, h__hr__hrs__hour__hours__小时=3600.0, day__days__d__天=86400.0, week__weeks__周=604800.0),
    **_units(_SECOND, month__months=2629800.0, year__years__yr__yrs__年=31557600.0),
    **_units(_MOLE, mol=1.0, mmol__mEq__meq__mOsm__mOsmol__mosm=1e-3, μmol__umol=1e-6, nmol=1e-9, mmols=1e-3),
    **_units(_UNIT, IU__U__units__unit__单位=1.0, mIU=1e-3),
    **_units(_MMHG, mmHg__mmhg=1.0),
    **_units(_CAL, kcal__kcals__calories__Calories=1e3, kJ=239.006),
    **_units(_BEAT, beats__beat=1.0),
    "bpm": Unit(1 / 60, ((_BEAT, 1), (_SECOND, -1))),
    "%": PERCENT,
    "percent": PERCENT,
}
_IMPERIAL = frozenset(
    ("lb", "lbs", "pound", "pounds", "磅", "oz", "ounce", "ounces", "inch", "inches", "ft", "feet", "foot")
)
_CELSIUS, _FAHRENHEIT = ("°C", "℃", "degrees Celsius"), ("°F", "℉", "degrees Fahrenheit")
_NAME = "|".join(sorted(map(re.escape, _TABLE), key=lambda name: (-len(name), name)))
_ATOM = rf"(?:mm\s?[Hh]g|{_NAME})(?![A-Za-z])(?:\s?\^?\s?[23²³](?![\d.])|⁻¹|\^\(?-1\)?)?"
SPELLED = rf"(?:{'|'.join((*_CELSIUS, *_FAHRENHEIT))}|{_ATOM}(?:\s?(?:/|\bper\b|每)\s?(?!\d){_ATOM})*)"
"""Pattern of a unit as written: "mg/kg/day", "kg/m²", "mL per hour"."""
_SPLIT = re.compile(r"\s*(?:/|\bper\b|每)\s*")
_POWER = re.compile(r"\s*\^?\s*\(?([23²³]|⁻¹|-1)\)?$")
_POWERS = {"2": 2, "²": 2, "3": 3, "³": 3, "⁻¹": -1, "-1": -1}


def unit_of(spelled: str) -> Unit | None:
    """The unit of a spelling; None for temperatures, which are no multiples of each other.

    >>> unit_of("mg/kg").dims, unit_of("mcg/kg") == unit_of("mg/kg"), unit_of("kg/m²").factor
    ((), False, 1000.0)
    """
    if spelled in (*_CELSIUS, *_FAHRENHEIT):
        return None
    first, *rest = _SPLIT.split(spelled.strip())
    result = _power(first)
    for each in rest:
        result = result.times(_power(each), -1)
    return result


def _power(spelled: str) -> Unit:
    found = _POWER.search(spelled)
    name = re.sub(r"\s", "", spelled[: found.start()] if found else spelled)
    unit, power = _TABLE[name], _POWERS[found[1]] if found else 1
    if name == "cm" and power == 3:
        return _TABLE["mL"]
    return NONE.times(unit, power)


def is_imperial(spelled: str) -> bool:
    return spelled.strip() in _IMPERIAL


def converted_temperature(value: float, spelled: str, to: str) -> float | None:
    """Between °C and °F; None where the two are not one of each."""
    if spelled in _CELSIUS and to in _FAHRENHEIT:
        return value * 9 / 5 + 32
    if spelled in _FAHRENHEIT and to in _CELSIUS:
        return (value - 32) * 5 / 9
    return None


GRAMS_PER_MOLE = {
    "glucose": 180.16,
    "creatinine": 113.12,
    "calcium": 40.078,
    "urea nitrogen": 28.014,
    "cholesterol": 386.65,
    "triglycerides": 885.7,
    "bilirubin": 584.66,
    "uric acid": 168.11,
    "phosphorus": 30.974,
    "magnesium": 24.305,
}
"""Molar masses (two nitrogen atoms for urea nitrogen; conventional means for the lipids): SI conversion table of the
AMA Manual of Style, 11th ed., table 17.5-1, agrees to the digits that it gives."""
_SUBSTANCES = {
    "glucose": r"glucose|sugar|血糖|葡萄糖",
    "creatinine": r"creatinine|肌酐",
    "calcium": r"calcium|血钙|钙",
    "urea nitrogen": r"BUN|urea nitrogen|尿素氮",
    "cholesterol": r"cholesterol|LDL|HDL|胆固醇",
    "triglycerides": r"triglycerides?|甘油三酯",
    "bilirubin": r"bilirubin|胆红素",
    "uric acid": r"uric acid|urate|尿酸",
    "phosphorus": r"phosph(?:ate|orus)|血磷",
    "magnesium": r"magnesium|血镁",
}
_SUBSTANCE = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _SUBSTANCES.items()}


def ratio(one: Unit, other: Unit, before: str = "") -> float | None:
    """How many of `other` one of `one` is; mass and amount of substance by the substance last named `before`.

    >>> round(ratio(unit_of("mmol/L"), unit_of("mg/dL"), "a glucose of"), 2)
    18.02
    """
    if one.dims == other.dims:
        return one.factor / other.factor
    for source, target, power in ((one, other, 1), (other, one, -1)):
        amount, mass = dict(source.dims), dict(target.dims)
        if amount.pop(_MOLE, 0) == 1 and mass.pop(_GRAM, 0) == 1 and amount == mass and (name := _named(before)):
            return float((source.factor * GRAMS_PER_MOLE[name] / target.factor) ** power)
    return None


def _named(before: str) -> str | None:
    places = {name: found[-1].end() for name, p in _SUBSTANCE.items() if (found := list(p.finditer(before)))}
    return max(sorted(places), key=lambda name: places[name]) if places else None
