import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.teaching.signals.arithmetic.equations import equations
from florey.teaching.signals.arithmetic.expressions import plain


def outcomes(text):
    return [(found.outcome, found.kind) for found in equations(plain(text))]


RIGHT = [
    "5 mg/kg × 70 kg = 350 mg",
    "5 mg/kg x 70 kg = 350 mg",
    "10,000 minus 2,000, which equals 8,000",
    "We have (4,000 / 8,000) * 100 which equals 50%.",
    "(4,000 / 8,000) = 50%",
    "8.2 + 0.8 * (4.0 - 2.4) = 9.48 mEq/L",
    "Anion gap = 140 − (104 + 24) = 12 mEq/L",
    "AG = 140-104-24 = 12",
    "Na 140 - Cl 104 - HCO3 24 = 12",
    "BMI = 70 kg / (1.75 m)^2 = 22.9 kg/m²",
    "70/1.75² ≈ 23",
    "70/1.75² = 22.8",  # cut off, not rounded
    "1000/72 ≈ 14",
    "2730 mg / 1000 = 2.73 g",  # 1000 is a conversion that is not written out
    "80% minus 70%, which is 10%",
    "80% − 70% = 0.10",
    "20% of 500 = 100",
    "1/2 + 1/4 = 3/4",
    "(120 + 2(80))/3 = 93.3 mmHg",
    "QTc = 400 / √0.8 = 447 ms",
    r"$\frac{5}{360} \times 100{,}000 = 1389$",
    "5 × 10^9 = 5,000,000,000",
    "3² + 4² = 25",
    "600 mL / 6 h = 100 mL/h",
    "0.5 g + 300 mg = 0.8 g",
    "70 kg × 5 mg/kg over 2 h: 350 mg / 2 = 175 mg",
    "体重70公斤 × 5毫克/公斤 = 350毫克",
    "100除以4等于25",
    "10×80%=8 L/h",
    "71.0% × 82.0% = 58.2",
    "10% × 500 mL + 50% × 250 mL = 175 g",
    "（100000－675）＋0.09×675＝99385.75",
    "（200+800）/100×100000/10万=10",
    "2.5 million / 1000 = 2,500",
    "0.693 / 0.0346 h⁻¹ = 20 h",
    "12-8 = 4",
    "50-100 mL/kg × 6 kg = 300-600 mL",
]


@pytest.mark.parametrize("text", RIGHT)
def test_right(text):
    assert {outcome for outcome, _ in outcomes(text)} == {"right"}


@pytest.mark.parametrize(
    "text",
    [
        "5 mg/kg × 70 kg = 250 mg",
        "10,000 minus 2,000, which equals 7,000",
        "8.2 + 0.8 * (4.0 - 2.4) = 9.58 mEq/L",
        "140 – 104 – 24 = 14",
        "23 + 7 = 31",  # whole numbers are exact: one off is wrong
        "70/1.75² = 22.5",
        "1000 / 8 gives 150",
        "20% of 500 = 120",
        "10×80%=9 L/h",
        "73/(73+7) = 0.81",
        "1/2 + 1/4 = 2/3",
        r"$\frac{5}{360} \times 100 = 13.9$",
        "100除以4等于35",
        "12 - 8 = 5",
        "50–100 mL/kg × 6 kg = 300–700 mL",
    ],
)
def test_wrong(text):
    assert ("wrong", "arithmetic") in outcomes(text)


@pytest.mark.parametrize(
    "text",
    [
        "5 mg/kg × 70 kg = 350 g",
        "600 mL / 6 h = 100 mL/min",
        "70 kg = 164 lb",
        "37 °C = 100 °F",
        "a glucose of 180 mg/dL = 18 mmol/L",
        "0.5 L = 50 mL",
    ],
)
def test_wrong_by_its_units(text):
    assert outcomes(text) == [("wrong", "units")]


@pytest.mark.parametrize(
    "text",
    [
        "70 kg = 154 lb",
        "98.6 °F = 37 °C",
        "a glucose of 180 mg/dL = 10 mmol/L",
        "creatinine 1.0 mg/dL = 88.4 μmol/L",
        "1.75 m = 175 cm",
    ],
)
def test_conversions(text):
    assert outcomes(text) == [("right", "units")]


@pytest.mark.parametrize(
    "text",
    [
        "the range 10-20 = 15",  # a range or a difference
        "8-12 = 4",
        "0.0139 × 100,000 = 1,389",  # of 0.01389, which is not written
        "73/73+7 = 0.91",  # a/(a + c) without the brackets
        "150/9万=1.66‰",
        "the rate is (40 / 10 million) = 0.4 per 100,000",
        "half of 20 + 5 = 15",  # the end of a longer one
        "his pressure of 45/25 mmHg and pulse is 160",
        "a GCS of 13/15 is 13",
        "4 × 36 = 145 to 150",
        "1,388.9 × 1 = 1,400",  # a round number
        "10 mg/dL = 5 mmol/L",  # of what?
        "10^999 = 3 + 1",
        "70/1.75² = 22.7",  # 1.75 may be 1.754
    ],
)
def test_unclear_is_never_wrong(text):
    assert {outcome for outcome, _ in outcomes(text)} <= {"unclear"}


@pytest.mark.parametrize(
    "text",
    ["p = 0.05 and n = 20", "sodium = 140", "The ratio is 1:6.", "5 G = 3", "x = 2y + 3", "1 ÷ 0 = 7"],
)
def test_what_is_no_equation(text):
    assert outcomes(text) == []


def test_a_rounded_result_may_be_used_further():
    assert [each for each, _ in outcomes("2 / 3 = 0.7, and then 0.7 × 100 = 67")] == ["right", "unclear"]
    assert ("wrong", "arithmetic") in outcomes("0.7 × 100 = 67")


def test_a_list_item_is_no_negative_number():
    assert outcomes("- 5 × 70 = 350\n1) 5 × 70 = 350\n2. 5 × 70 = 350") == [("right", "arithmetic")] * 3


@given(st.integers(1, 999), st.integers(1, 999), st.sampled_from("+-×"), st.integers(-20, 20))
def test_whole_numbers(one, other, sign, slip):
    exact = {"+": one + other, "-": one - other, "×": one * other}[sign]
    said = exact + slip
    if exact < 0 or said < 0:
        return
    expected = "right" if slip == 0 else "wrong"
    found = [outcome for outcome, _ in outcomes(f"That is {one} {sign} {other} = {said}.")]
    assert found == [expected] or (found == ["unclear"] and said % 100 == 0 and slip)


@given(st.text(max_size=60))
def test_any_text_can_be_read(text):
    for found in equations(plain(text)):
        assert 0 <= found.start < found.end


@given(st.text(alphabet="0123456789.,+-×/=() ^%mgkL", max_size=40))
def test_any_signs_can_be_read(text):
    for found in equations(plain(text)):
        assert found.outcome in ("right", "wrong", "unclear")
