import pytest

from florey.records import Question
from florey.teaching.signals.arithmetic.formulas import FORMULAS
from florey.teaching.signals.arithmetic.inputs import INPUTS, read_inputs
from florey.teaching.signals.arithmetic.recompute import recompute, statements

STEM = (
    "A 45-year-old man weighs 70 kg and is 175 cm tall. Na+ 140 mEq/L, Cl- 104 mEq/L, HCO3- 24 mEq/L, K+ 4.0 mEq/L, "
    "glucose 180 mg/dL, BUN 28 mg/dL, creatinine 1.2 mg/dL, albumin 2.0 g/dL, calcium 8.0 mg/dL. "
    "His blood pressure is 120/80 mmHg."
)


def outcomes(text, stem=STEM):
    asked = Question(stem=stem, options=("yes", "no"), gold=0, source="invented")
    return [found.outcome for found in statements(asked, text)]


# formula -> (stated rightly, stated wrongly, not clear or no result)
CASES = {
    "body mass index": (
        "His BMI is 22.9 kg/m2.",
        "His BMI is 25.9.",
        "A BMI above 30 is obesity, his BMI is below 25.",
    ),
    "albumin-corrected anion gap": (
        "The albumin-corrected anion gap is 17.",
        "The albumin-corrected anion gap is 25.",
        "The corrected anion gap is normal at 12 to 17.",
    ),
    "anion gap": ("The anion gap is 12.", "The anion gap is 20, which is high.", "A normal anion gap is 9."),
    "creatinine clearance": (
        "The creatinine clearance is 77 mL/min.",
        "CrCl comes to 65 mL/min.",
        "Use it if the creatinine clearance is less than 30.",
    ),
    "corrected calcium": (
        "The corrected calcium is 9.6 mg/dL.",
        "The corrected calcium is 10.8 mg/dL.",
        "The corrected calcium should be 8.5.",
    ),
    "corrected sodium": (
        "The corrected sodium is 141.3.",
        "The corrected sodium is 151.",
        "The corrected sodium is above 135.",
    ),
    "mean arterial pressure": ("The MAP is 93 mmHg.", "The MAP is 100 mmHg.", "We keep a MAP of 65."),
    "pulse pressure": ("A pulse pressure of 40.", "The pulse pressure is 60.", "A normal pulse pressure is 50."),
    "osmolal gap": (
        "The measured osmolality is 320 and the osmolal gap is 20.",
        "The measured osmolality is 320 and the osmolal gap is 50.",
        "The osmolal gap is 20.",  # no measured osmolality
    ),
    "calculated osmolality": (
        "The calculated osmolality is 300 mOsm/kg.",
        "The calculated serum osmolality is 320.",
        "The calculated osmolality is normally 290.",
    ),
    "alveolar-arterial gradient": (
        "On room air with PaCO2 40 and PaO2 90 the A-a gradient is 10.",
        "With FiO2 21%, PaCO2 40 and PaO2 90 the A-a gradient is 30.",
        "The A-a gradient is 10.",
    ),
    "fractional excretion of sodium": (
        "With urine sodium 20 and urine creatinine 60 the FENa is 0.29%.",
        "With urine sodium 20 and urine creatinine 60 the FENa is 2.9%.",
        "A FENa below 1% is prerenal.",
    ),
    "expected pCO2 (Winters)": (
        "Expected PaCO2 is 44 ± 2.",
        "Expected PaCO2 is 30.",
        "The expected PaCO2 is usually 40.",
    ),
    "Parkland formula": (
        "With burns of 20% TBSA, Parkland gives 5600 mL.",
        "With burns of 20% TBSA, Parkland gives 6500 mL.",
        "Parkland gives 5600 mL.",
    ),
    "maintenance fluids": (
        "Maintenance fluids: 110 mL/h.",
        "Maintenance fluids: 150 mL/h.",
        "Maintenance fluids should be 150 mL/h.",
    ),
    "LDL cholesterol (Friedewald)": (
        "With total cholesterol 200, HDL 50 and triglycerides 150, LDL is 120.",
        "With total cholesterol 200, HDL 50 and triglycerides 150, LDL is 130.",
        "The LDL goal is 70.",
    ),
    "QTc (Bazett)": (
        "With a QT interval of 400 ms and a heart rate of 75, QTc is 447 ms.",
        "With a QT interval of 400 ms and a heart rate of 75, QTc is 487 ms.",
        "QTc is 447 ms.",
    ),
    "estimated glomerular filtration rate": ("The eGFR is 76.", "The eGFR is 40.", "An eGFR below 60 is low."),
}


def test_every_formula_is_tried():
    assert list(CASES) == [formula.name for formula in FORMULAS]


@pytest.mark.parametrize("name", CASES)
def test_right_wrong_and_unclear(name):
    right, wrong, unclear = CASES[name]
    assert outcomes(right) == ["right"]
    assert outcomes(wrong) == ["wrong"]
    assert set(outcomes(unclear)) <= {"unclear"}


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.name)
def test_every_formula_says_where_it_is_written(formula):
    assert any(year in formula.reference for year in map(str, range(1919, 2025)))
    assert set(formula.inputs) <= set(INPUTS)
    assert set(formula.optional) <= {*INPUTS, "female"}


def test_the_chain_ends_in_the_result():
    assert outcomes("BMI = 70/(1.75)^2 = 70/3.0625 = 22.9") == ["right"] * 3
    assert outcomes("Corrected calcium = 8.0 + 0.8 × (4 − 2) = 9.6") == ["right", "right"]
    assert "wrong" in outcomes("BMI = 70/(1.80)^2 = 21.6")  # computed well, from another height


def test_units_of_inputs_and_results():
    stem = "A woman of 60 years weighs 132 lb and is 160 cm tall. Creatinine 106 μmol/L, QT interval 0.4 s, pulse 75."
    assert outcomes("Her BMI is 23.4.", stem) == ["right"]
    assert outcomes("Her creatinine clearance is 47 mL/min.", stem) == ["right"]
    assert outcomes("QTc is 447 ms.", stem) == ["right"]
    assert outcomes("QTc is 0.447 s.", stem) == ["right"]


def test_sex_decides_the_clearance():
    stem = "A {} of 60 years weighs 60 kg; creatinine 1.2 mg/dL."
    assert outcomes("CrCl is 47.", stem.format("woman")) == ["right"]
    assert outcomes("CrCl is 56.", stem.format("woman")) == ["wrong"]
    assert outcomes("CrCl is 56.", stem.format("man")) == ["right"]
    assert outcomes("CrCl is 47.", stem.format("person")) == ["right"]


def test_what_the_question_gives_is_not_recomputed():
    assert outcomes("The anion gap is 20.", STEM + " The anion gap is 20.") == []
    assert outcomes("He has 37.5 °C (98.6 °F).", "Temperature 37.5 °C (98.6 °F).") == []
    assert outcomes("He has 37.5 °C (98.6 °F).") == ["wrong"]


def test_two_values_of_an_input_leave_it_unclear():
    stem = STEM + " A day later Na+ is 150 mEq/L."
    assert outcomes("The anion gap is 22.", stem) == ["right"]
    assert outcomes("The anion gap is 30.", stem) == ["unclear"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("At 10 mg/kg this is 700 mg.", "right"),
        ("At 10 mg/kg this is 800 mg.", "wrong"),
        ("At 10 mg/kg/day, divided into two doses, each is 350 mg.", "right"),
        ("At 10 mg/kg up to a maximum of 500 mg this is 500 mg.", "unclear"),
        ("For a 6-kg infant at 100 mL/kg it results in a need for 600 mL.", "right"),
        ("15 mcg/kg for him is 1.05 mg.", "right"),
        ("15 mcg/kg for him is 1.05 g.", "wrong"),
        ("1000 mL over 8 hours is 125 mL/h.", "right"),
        ("1 L over 8 hours gives 125 mL/h", "right"),
        ("1000 mL over 8 hours is 150 mL/h.", "wrong"),
        ("His LMP was March 10, so the due date is December 17.", "right"),
        ("His LMP was March 10, so the due date is December 27.", "wrong"),
        ("The child weighs 154 lb (70 kg).", "right"),
        ("The child weighs 154 lb (80 kg).", "wrong"),
        ("a glucose of 90 mg/dL (5 mmol/L)", "right"),
        ("a glucose of 90 mg/dL (9 mmol/L)", "wrong"),
    ],
)
def test_doses_rates_dates_and_pairs_of_units(text, expected):
    found = outcomes(text)
    assert found == [expected] or (expected == "unclear" and "wrong" not in found)


def test_nothing_is_read_into_these():
    for text in (
        "500 mg (2 g daily)",
        "Give 10 mg/kg.",
        "1000 mL over 8 hours.",
        "The due date is near.",
        "A 70-kg man",
    ):
        assert outcomes(text) == []


def test_an_error_taken_back_is_none():
    asked = Question(stem=STEM, options=("yes", "no"), gold=0, source="invented")
    found = recompute(asked, "12 × 3 = 38. Wait, 12 × 3 = 36. The anion gap is 20. No, the anion gap is 12.")
    assert (found.wrong, found.taken_back, found.right) == (0, 2, 2)
    assert list(found.problems()) == []
    assert recompute(asked, "12 × 3 = 36. Or 12 × 3 = 38.").wrong == 1


def test_inputs_out_of_range_or_of_another_kind_are_not_taken():
    assert read_inputs("urine sodium 20 mEq/L, sodium 14") == {"urine sodium": frozenset({20.0})}
    assert "weight" not in read_inputs("10 mg/kg of the drug")
    assert read_inputs("血钠140 mmol/L, 体重70公斤")["sodium"] == frozenset({140.0})
