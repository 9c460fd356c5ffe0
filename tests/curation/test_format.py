import pytest

from florey.curation.format import CHECKS, NOTICES, fault, noticed
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
    "mixed_scripts": [
        item("A p\u0430tient with fever?"),  # the second letter is Cyrillic
        item("Какой синдром проявляется так?"),
        item("哪种疾病最常见?", language="en"),
        item("Which disease?", ("fever", "cough"), language="zh"),
        item("患者发热 лихорадка кашель боль?", ("肺炎", "肝炎"), language="zh"),
    ],
    "html_remains": [item("A <b>bold</b> one"), item(options=("p &lt; 5", "b")), item("x<br/>y"), item("&#176; is?")],
    "letters_in_options": [
        item(options=("A. Marfan", "B. Noonan")),
        item(options=("Marfan", "(B) Noonan")),
        item(options=("Marfan", "B) Noonan")),
    ],
    "options_name_letters": [item(options=("x", "y", "Both A and B")), item(options=("x", "y", "a & b"))],
    "answer_given_away": [item("In Marfan, what is it?"), item("肺炎的病因?", ("肺炎", "肝炎"), language="zh")],
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
    item("TNF-α, β2-agonists and 5 µg of γ-globulin, which?"),
    item("A teacher of qigong (气功) falls; which nerve is hurt, and what is done about it in the first week?"),
    item("患者服用 ibuprofen 后出现 β 受体相关症状?", ("肺炎", "肝炎"), language="zh"),
    item("Какой синдром проявляется так?", language="ru"),
    item(options=("Marfan", "Noonan", "All of the above")),  # flagged, not dropped
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


FLAGGED = {
    "refers_to_options": [
        item(options=("Marfan", "Noonan", "All of the above")),
        item(options=("Marfan", "None of these", "Turner")),
        item(options=("肺炎", "肝炎", "以上都是"), language="zh"),
    ],
    "refers_to_picture": [
        item("The image shown was taken; what is it?"),
        item("What is seen in the figure?"),
        item("心电图如下图所示，诊断是?", ("肺炎", "肝炎"), language="zh"),
    ],
}


@pytest.mark.parametrize(("flag", "question"), [(k, q) for k, qs in FLAGGED.items() for q in qs])
def test_flagged_and_kept(flag, question):
    assert noticed(question) == (flag,)
    assert fault(question) is None


@pytest.mark.parametrize(
    "question",
    [
        item(),
        item(options=("All four limbs", "No sign", "Both lungs")),
        item("Body image is disturbed; the picture is that of anorexia. What is given?"),
        item("An image of the chest was normal"),
    ],
)
def test_nothing_noticed(question):
    assert noticed(question) == ()


def test_every_notice_is_tested():
    assert {notice.__name__ for notice in NOTICES} == set(FLAGGED)
