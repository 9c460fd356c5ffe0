"""Clinical formulas by their names: what they are computed from, how, and where that is written.

A formula gives every value that its usual variants do; a stated result that agrees with one of them is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

Compute = Callable[..., Sequence[float]]


@dataclass(frozen=True)
class Formula:
    """`label`: pattern of its names. `inputs` must all be known; `optional` ones are passed as None where they are not.
    `tolerance`: share of the result beyond the digits shown, for constants that are taken differently. `unit`: of the
    result. `reference`: where the formula is written."""

    name: str
    label: str
    inputs: tuple[str, ...]
    compute: Compute
    unit: str
    reference: str
    optional: tuple[str, ...] = ()
    tolerance: float = 0.0


def _bmi(weight: float, height: float) -> Sequence[float]:
    return [weight / height**2]


def _anion_gap(sodium: float, chloride: float, bicarbonate: float, potassium: float | None) -> Sequence[float]:
    gap = sodium - chloride - bicarbonate
    return [gap] if potassium is None else [gap, gap + potassium]


def _corrected_gap(
    sodium: float, chloride: float, bicarbonate: float, albumin: float, potassium: float | None
) -> Sequence[float]:
    gaps = _anion_gap(sodium, chloride, bicarbonate, potassium)
    return [gap + 2.5 * (normal - albumin) for gap in gaps for normal in (4.0, 4.4)]


def _cockcroft_gault(age: float, weight: float, creatinine: float, female: bool | None) -> Sequence[float]:
    male = (140 - age) * weight / (72 * creatinine)
    return [male * factor for factor in ((0.85,) if female else (1.0, 0.85) if female is None else (1.0,))]


def _corrected_calcium(calcium: float, albumin: float) -> Sequence[float]:
    return [calcium + 0.8 * (4.0 - albumin), calcium + (4.0 - albumin)]


def _corrected_sodium(sodium: float, glucose: float) -> Sequence[float]:
    return [sodium + factor * (glucose - 100) / 100 for factor in (1.6, 2.0, 2.4)]


def _arterial_pressure(systolic: float, diastolic: float) -> Sequence[float]:
    return [(systolic + 2 * diastolic) / 3]


def _pulse_pressure(systolic: float, diastolic: float) -> Sequence[float]:
    return [systolic - diastolic]


def _osmolality(sodium: float, glucose: float, urea: float) -> Sequence[float]:
    return [2 * sodium + glucose / 18 + urea / 2.8, 1.86 * sodium + glucose / 18 + urea / 2.8 + 9]


def _osmolal_gap(measured: float, sodium: float, glucose: float, urea: float) -> Sequence[float]:
    return [measured - each for each in _osmolality(sodium, glucose, urea)]


def _alveolar_gradient(fio2: float, pco2: float, po2: float) -> Sequence[float]:
    exact = [fio2 * (760 - 47) - pco2 / quotient - po2 for quotient in (0.8, 0.85)]
    return [*exact, 150 - 1.25 * pco2 - po2] if abs(fio2 - 0.21) < 0.005 else exact


def _fena(urine_sodium: float, sodium: float, urine_creatinine: float, creatinine: float) -> Sequence[float]:
    return [100 * urine_sodium * creatinine / (sodium * urine_creatinine)]


def _winters(bicarbonate: float) -> Sequence[float]:
    middle = 1.5 * bicarbonate + 8
    return [middle, middle - 2, middle + 2]


def _parkland(weight: float, burned: float) -> Sequence[float]:
    total = 4 * weight * burned
    return [total, total / 2, total / 16]  # in 24 hours; in the first 8; of these an hour


def _maintenance(weight: float) -> Sequence[float]:
    hourly = 4 * min(weight, 10) + 2 * min(max(weight - 10, 0), 10) + max(weight - 20, 0)
    daily = 100 * min(weight, 10) + 50 * min(max(weight - 10, 0), 10) + 20 * max(weight - 20, 0)
    return [hourly, hourly * 24, daily, daily / 24]


def _friedewald(total: float, hdl: float, triglycerides: float) -> Sequence[float]:
    return [total - hdl - triglycerides / 5]


def _bazett(qt: float, rate: float | None, rr: float | None) -> Sequence[float]:
    intervals = ([] if rr is None else [rr]) + ([] if rate is None else [60 / rate])
    return [qt / sqrt(interval) for interval in intervals]


def _egfr(creatinine: float, age: float, female: bool | None) -> Sequence[float]:
    found: list[float] = []
    for woman in (True, False) if female is None else (female,):
        kappa = 0.7 if woman else 0.9
        low, high = min(creatinine / kappa, 1.0), max(creatinine / kappa, 1.0)
        found.append(142 * low ** (-0.241 if woman else -0.302) * high**-1.2 * 0.9938**age * (1.012 if woman else 1))
        found.append(141 * low ** (-0.329 if woman else -0.411) * high**-1.209 * 0.993**age * (1.018 if woman else 1))
        found.append(175 * creatinine**-1.154 * age**-0.203 * (0.742 if woman else 1))
    return found


FORMULAS: tuple[Formula, ...] = (
    Formula(
        "body mass index",
        r"\bBMI|\bbody\s+mass\s+index|体重指数|体质指数",
        ("weight", "height"),
        _bmi,
        "kg/m2",
        "Keys A, et al. J Chronic Dis. 1972;25:329-343",
    ),
    Formula(
        "albumin-corrected anion gap",
        r"\b(?:albumin[- ])?(?:corrected|adjusted)\s+anion\s+gap",
        ("sodium", "chloride", "bicarbonate", "albumin"),
        _corrected_gap,
        "mmol/L",
        "Figge J, et al. Crit Care Med. 1998;26:1807-1810",
        ("potassium",),
    ),
    Formula(
        "anion gap",
        r"(?<!corrected )(?<!adjusted )(?<!urine )(?<!urinary )(?<!osmolar )\banion\s+gap|阴离子间隙",
        ("sodium", "chloride", "bicarbonate"),
        _anion_gap,
        "mmol/L",
        "Emmett M, Narins RG. Medicine (Baltimore). 1977;56:38-54",
        ("potassium",),
    ),
    Formula(
        "creatinine clearance",
        r"\bcreatinine\s+clearance|\bCrCl|\bCockcroft[\s-]+Gault\s+(?:estimate|clearance|value)|肌酐清除率",
        ("age", "weight", "creatinine"),
        _cockcroft_gault,
        "mL/min",
        "Cockcroft DW, Gault MH. Nephron. 1976;16:31-41",
        ("female",),
        0.01,
    ),
    Formula(
        "corrected calcium",
        r"\b(?:albumin[- ])?(?:corrected|adjusted)\s+(?:serum\s+)?calcium|校正(?:后的?)?血?钙",
        ("calcium", "albumin"),
        _corrected_calcium,
        "mg/dL",
        "Payne RB, et al. BMJ. 1973;4:643-646 (in conventional units: 0.8 mg/dL for each g/dL)",
    ),
    Formula(
        "corrected sodium",
        r"\b(?:glucose[- ])?(?:corrected|adjusted)\s+(?:serum\s+)?sodium|校正(?:后的?)?血?钠",
        ("sodium", "glucose"),
        _corrected_sodium,
        "mmol/L",
        "Katz MA. N Engl J Med. 1973;289:843-844; Hillier TA, et al. Am J Med. 1999;106:399-403",
    ),
    Formula(
        "mean arterial pressure",
        r"\bmean\s+arterial\s+(?:blood\s+)?pressure|\bMAP\b|平均动脉压",
        ("systolic", "diastolic"),
        _arterial_pressure,
        "mmHg",
        "Meaney E, et al. Heart. 2000;84:64 (a third of the pulse pressure above the diastolic)",
        tolerance=0.005,
    ),
    Formula(
        "pulse pressure",
        r"\bpulse\s+pressure|脉压",
        ("systolic", "diastolic"),
        _pulse_pressure,
        "mmHg",
        "Dart AM, Kingwell BA. J Am Coll Cardiol. 2001;37:975-984",
    ),
    Formula(
        "osmolal gap",
        r"\bosmol(?:al|ar)\s+gap|渗透压间隙",
        ("measured osmolality", "sodium", "glucose", "urea nitrogen"),
        _osmolal_gap,
        "mmol/kg",
        "Dorwart WV, Chalmers L. Clin Chem. 1975;21:190-194",
    ),
    Formula(
        "calculated osmolality",
        r"\b(?:calculated|estimated)\s+(?:serum\s+|plasma\s+)?osmol(?:ality|arity)|计算渗透压",
        ("sodium", "glucose", "urea nitrogen"),
        _osmolality,
        "mmol/kg",
        "Dorwart WV, Chalmers L. Clin Chem. 1975;21:190-194; Khajuria A, Krahn J. Clin Biochem. 2005;38:514-519",
        tolerance=0.003,
    ),
    Formula(
        "alveolar-arterial gradient",
        r"\bA[-–]a\s+(?:O[2₂]\s+|oxygen\s+)?(?:gradient|difference)|\balveolar[-–]arterial\s+(?:oxygen\s+)?(?:gradient|difference)",
        ("fio2", "pco2", "po2"),
        _alveolar_gradient,
        "mmHg",
        "Fenn WO, Rahn H, Otis AB. Am J Physiol. 1946;146:637-653 (alveolar gas equation)",
        tolerance=0.02,
    ),
    Formula(
        "fractional excretion of sodium",
        r"\bFE\s?[-_]?Na\b|\bfractional\s+excretion\s+of\s+sodium|钠排泄分数",
        ("urine sodium", "sodium", "urine creatinine", "creatinine"),
        _fena,
        "%",
        "Espinel CH. JAMA. 1976;236:579-581",
        tolerance=0.01,
    ),
    Formula(
        "expected pCO2 (Winters)",
        r"\b(?:Winters?['’]?s?\s+formula\s+(?:predicts|gives)|(?:expected|predicted)\s+(?:Pa?CO[2₂]|compensat\w+))",
        ("bicarbonate",),
        _winters,
        "mmHg",
        "Albert MS, Dell RB, Winters RW. Ann Intern Med. 1967;66:312-322",
    ),
    Formula(
        "Parkland formula",
        r"\bParkland(?:\s+formula)?",
        ("weight", "burned"),
        _parkland,
        "mL",
        "Baxter CR, Shires T. Ann N Y Acad Sci. 1968;150:874-894",
    ),
    Formula(
        "maintenance fluids",
        r"\bmaintenance\s+(?:\w+\s+)?(?:fluids?|rate|requirement)|\b4[-–]2[-–]1\s+rule",
        ("weight",),
        _maintenance,
        "mL",
        "Holliday MA, Segar WE. Pediatrics. 1957;19:823-832",
        tolerance=0.01,
    ),
    Formula(
        "LDL cholesterol (Friedewald)",
        r"\b(?:calculated\s+)?LDL(?:[- ]?C)?(?:\s+cholesterol)?",
        ("total cholesterol", "hdl", "triglycerides"),
        _friedewald,
        "mg/dL",
        "Friedewald WT, Levy RI, Fredrickson DS. Clin Chem. 1972;18:499-502",
    ),
    Formula(
        "QTc (Bazett)",
        r"\bQTc(?:\s+interval)?|\bcorrected\s+QT(?:\s+interval)?",
        ("qt",),
        _bazett,
        "ms",
        "Bazett HC. Heart. 1920;7:353-370",
        ("heart rate", "rr"),
        0.01,
    ),
    Formula(
        "estimated glomerular filtration rate",
        r"\beGFR|\bestimated\s+(?:GFR|glomerular\s+filtration\s+rate)",
        ("creatinine", "age"),
        _egfr,
        "mL/min",
        "Inker LA, et al. N Engl J Med. 2021;385:1737-1749; Levey AS, et al. Ann Intern Med. 2009;150:604-612; "
        "2006;145:247-254",
        ("female",),
        0.05,
    ),
)
