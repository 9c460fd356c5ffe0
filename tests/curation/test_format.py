import pytest

from florey.curation.format import CHECKS, fault
from florey.records import Question


def item(stem="Which syndrome shows ectopia lentis?", options=("Marfan", "Noonan", "Turner"), gold=0, **more):
    return Question(stem=stem, options=options, gold=gold, source="test", **more)


REJECTED = {
    "empty_stem": [item(" ?? ")],
    "truncated_stem": [item("A man with fever, cough,"), item("Which drug (given at night"), item("哪种疾病（常见")],
    "empty_option": [item(options=("Marfan", "  "))],
    "duplicate_options": [
        item(options=("Marfan", "Noonan", " marfan. ")),
        item(options=("ＡＢＣ", "abc")),
        item(options=("a1", "b1"), option_ids=("X:1", "X:1")),
    ],
    "replacement_characters": [item("Sj\ufffdgren's is?"), item(options=("\uf0b7 Marfan", "x")), item("a\x00b is?")],
    "mojibake": [item("SjÃ¶gren's is?"), item(options=("37 Â°C", "b")), item("It isnâ€™t"), item("â‰¥ 5 mg or?")],
    "html_remains": [item("A <b>bold</b> one"), item(options=("p &lt; 5", "b")), item("x<br/>y"), item("&#176; is?")],
    "letters_in_options": [
        item(options=("A. Marfan", "B. Noonan")),
        item(options=("Marfan", "(B) Noonan")),
        item(options=("Marfan", "B) Noonan")),
    ],
    "options_name_letters": [item(options=("x", "y", "Both A and B")), item(options=("x", "y", "a & b"))],
    "answer_given_away": [item("In Marfan, what is it?"), item("肺炎的病因?", ("肺炎", "肝炎"))],
}

KEPT = [
    item(),
    item("Sjögren's and Ménière's: ≥ 5 µg, 37 °C, “quoted”?"),
    item("The palsy is caused by ..."),
    item("True about it, except"),
    item("Is p < 0.05 and q > 3?", ("a <5", "b >5")),
    item("AT&T; R&D; and so on?"),
    item("The cause (rare) is a) or b)?"),
    item(options=("S. aureus", "B. cereus", "C. difficile", "D. x", "E. coli")),
    item(options=("Vitamin A and B", "Hepatitis A", "A", "B")),
    item(options=("10⁵", "105")),
    item(options=("+", "-")),
    item("Is there no sign?", ("no", "yes"), gold=0),
    item("Of Marfan and Noonan, which?"),  # a stem that lists its options
    item("A marfanoid habitus is seen in?"),
    item("In Noonan, what?"),  # a distractor, not the answer
]


@pytest.mark.parametrize(("reason", "question"), [(k, q) for k, qs in REJECTED.items() for q in qs])
def test_rejected_with_reason(reason, question):
    assert fault(question) == reason


@pytest.mark.parametrize("question", KEPT)
def test_kept(question):
    assert fault(question) is None


def test_every_check_is_tested():
    assert {check.__name__ for check in CHECKS} == set(REJECTED)
