"""What must be replaced and what must be kept, by type and language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from florey.curation.privacy.masking import PLACEHOLDER
from florey.curation.privacy.redactor import Redactor

Redacted = Callable[..., str]

REPLACED = {
    "DATE": [
        "Seen on 3 March 2019.",
        "Seen on March 3rd, 2019 at 14:30.",
        "Seen on Tuesday, 3 March.",
        "Seen on 2019-03-04.",
        "Seen on 04/03/2019.",
        "Seen on 4.3.2019.",
        "Seen on 04/03/19.",
        "Seen on 04MAR2019.",
        "DOB: 12-7-1956.",
        "DOB 19560712.",
        "Onset in mid-April 2020.",
        "Discharged on the 14th.",
        "Her LMP was 08/30.",
        "Seen in 3/2021.",
    ],
    "PERSON": [
        "Mr. Okonkwo has a cough.",
        "Dr J. K. Petrov agrees.",
        "A child named Zuri has a rash.",
        "Her husband, Tomasz Nowak, agrees.",
        "Anna Kowalska presents with pain.",
        "Patient name: LINDQVIST, Maja.",
        "Operated on by S. Brandt.",
        "Ingrid, a 45-year-old teacher, has a cough.",
        "Tadashi Mori, MD, agrees.",
        "Nkosana Dube was admitted.",
        "Her sister-in-law, Thandi, translates.",
        "Baby Amara is well.",
        "Handed over to Ezra Tobin.",
        "Patient: DUBE, Nkosana A.  Seen today.",
    ],
    "RECORD_NUMBER": [
        "MRN: 4471203.",
        "MRN is H-4471203.",
        "Hospital number 0092817.",
        "Accession number: S19-4432.",
        "Chart # 55120.",
        "Study ID 0093-A2.",
        "Rx # 7712345.",
        "Specimen barcode 4006381333.",
        "Wristband no. 88120034.",
    ],
    "ID_NUMBER": [
        "SSN 536-22-8145.",
        "NHS number 943 476 5919.",
        "Her passport no. is X4471203.",
        "Card 4111 1111 1111 1111.",
    ],
    "INSURANCE_NUMBER": [
        "Policy number: PX-449120.",
        "Member ID: 88120034.",
        "Medicare number 1EG4-TE5-MK73.",
        "Member YRP884120553.",
    ],
    "DEVICE_NUMBER": [
        "The pacemaker, serial number PM-88213X.",
        "Device ID: 44-AX-19.",
        "UDI (01)00643169007222(21)A7726.",
    ],
    "PHONE": [
        "Call 617-555-0142.",
        "Call (617) 555-0142.",
        "Call +44 20 7946 0958.",
        "Pager 5521.",
        "She texted from 555-0199.",
        "Call 01 42 68 53 00.",
        "Tel: 020 7946 0958.",
    ],
    "EMAIL": ["Write to a.nowak@example.org."],
    "URL": ["See https://example.org/p/4471?x=1."],
    "ADDRESS": [
        "Lives at 12 Oak Street.",
        "Lives at 12B North Oak Street, Apt 4, Salem, MA 01970.",
        "P.O. Box 1187, Salem, MA 01970.",
        "Lives at 9 Rue des Tilleuls, 69003 Lyon.",
        "Lives on Elm Street.",
        "Postcode M5V 2T6.",
    ],
}
REPLACED_ZH = {
    "DATE": [
        "于2019年3月4日入院。",
        "3月4日入院。",
        "2019-03-04入院。",
        "二〇一九年三月四日入院。",
        "去年3月确诊。",
        "本月8号复查。",
    ],
    "PERSON": [
        "患者张伟，男，45岁。",
        "由王医生接诊。",
        "姓名：欧阳静。",
        "孙某，女，33岁。",
        "主治医师陈立新查房。",
        "患者Anders Holm诉头痛。",
        "王小明今年6岁。",
        "其妻李红陪同，诉头痛。",
        "陈志强，男，60岁。",
    ],
    "RECORD_NUMBER": ["住院号：0092817。", "病历号为A20190034。", "门诊号 5521", "腕带编号WD0099213。"],
    "ID_NUMBER": ["身份证号11010519491231002X。", "11010519491231002X", "车牌沪A12345。"],
    "INSURANCE_NUMBER": ["医保卡号：5520018834。"],
    "PHONE": ["电话13812345678。", "请拨010-62345678转2。", "手机：138 1234 5678"],
    "EMAIL": ["邮箱zhang@example.cn。"],
    "ADDRESS": [
        "家住北京市海淀区中关村大街27号3号楼201室。",
        "住址：广东省广州市天河区体育西路103号A座1501",
        "成都市武侯区人民南路四段17号。",
        "人民路120号。",
    ],
}
KEPT = [
    "A 45-year-old man has had a cough for 3 days.",
    "Blood pressure is 130/80 mm Hg, pulse is 112/min, temperature is 38.5°C (101.3°F).",
    "Serum sodium is 140 mEq/L; leukocytes are 11,500/mm3.",
    "Give 2.5 mg of lorazepam every 6 hours for 7-10 days.",
    "Strength is 4/5 on the left; pain was 7/10 on arrival; vision is 20/40.",
    "In March she noticed a rash; in 2017 she had a stroke.",
    "Crohn's disease, Down syndrome and von Willebrand factor are named after people.",
    "Babinski's sign is present; the Glasgow Coma Scale score is 13; Murphy sign is absent.",
    "Wilson's disease and Marfan syndrome were excluded.",
    "He takes Carbidopa and Levodopa.",
    "BRCA1 c.68_69delAG; karyotype 47,XXY; HLA-B27 and CD20; ICD-10 code E11.9; NCT01234567.",
    "Caused by C. Tetani or S. Typhi. The Ann Arbor stage is II. Hunt and Hess grade 3.",
    "She returned from Sydney 2 weeks ago. However, 6 months later he relapsed.",
    "Gravida 3, para 2, at 34 weeks' gestation; last visit 6 weeks ago.",
    "Sodium 140, range 135-145; 10 12 14 16 18; 1,200-1,500 kcal; protocol 1234-A; visit 2; chart: 20/40.",
    "OMIM number 154700; CAS number 50-78-2; CPT code 99213; accession NM_000138.4.",
    "He takes a drug named Xarelto. Drug name: Metformin. Major depressive disorder. Mother has Graves disease.",
    "Patients aged 90 or older; 89-year-old men; 95% CI; a 90-day course.",
    "Ward 4B, Tower Road Clinic; P24 antigen; MK-677; rs1801133; I.V. Dextrose.",
    "A boy, 7 years old, has measles. The patient had a normal CXR 5 months ago.",
]
KEPT_ZH = [
    "男，45岁，咳嗽3天，血压130/80mmHg，体温38.5℃。",
    "患者高热3天，白细胞18.5×10⁹/L，实验室检查：Hb76g/L，ALT50U/L。",
    "下述各项中属于医生违背尊重原则的是",
    "经治医师向他说明，病人应采取的体位是",
    "为病人保密与对同事保密",
    "具有处方权的处方医师、主任医师、主管药师",
    "关于某一疾病，暴露于某因素的发病率",
    "国药准字Z20080022，其中Z表示中药",
    "来访者，男，18岁；患者黄疸，女，30岁；某男，某患儿；血的检查3次，床号12。",
    "90岁以上老年人，89岁，95%可信区间。",
    "克罗恩病、唐氏综合征与帕金森病",
    "给予5mg，每日3次，疗程2周；3月龄婴儿。",
]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("A 92-year-old woman fell.", "en"),
        ("She is 97 years old.", "en"),
        ("He is aged 103.", "en"),
        ("A ninety-two-year-old man.", "en"),
        ("93岁女性。", "zh"),
        ("九十三岁女性。", "zh"),
    ],
)
def test_ages_of_ninety_and_over_are_summed_up(redacted: Redacted, text: str, language: str) -> None:
    assert "[AGE 90+]" in redacted(text, language)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in REPLACED.items() for text in texts])
def test_english_identifiers_are_replaced(redacted: Redacted, kind: str, text: str) -> None:
    after = redacted(text)
    assert f"[{kind}]" in after
    assert {found[1] for found in PLACEHOLDER.finditer(after)} == {kind}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in REPLACED_ZH.items() for text in texts])
def test_chinese_identifiers_are_replaced(redacted: Redacted, kind: str, text: str) -> None:
    after = redacted(text, "zh")
    assert f"[{kind}]" in after
    assert {found[1] for found in PLACEHOLDER.finditer(after)} == {kind}


@pytest.mark.parametrize("text", KEPT)
def test_english_medicine_is_kept(redacted: Redacted, text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("text", KEPT_ZH)
def test_chinese_medicine_is_kept(redacted: Redacted, text: str) -> None:
    assert redacted(text, "zh") == text


def test_one_person_has_one_placeholder_in_all_texts(redactor: Redactor) -> None:
    texts = ["Mr. Paul Okonkwo met Dr. Lindqvist.", "Okonkwo agrees", "Lindqvist's advice", "Wilson's disease"]
    after = [part.text for part in redactor.redact_together(texts)]
    assert after == ["Mr. [PERSON 1] met Dr. [PERSON 2].", "[PERSON 1] agrees", "[PERSON 2]'s advice", texts[3]]


def test_one_chinese_person_has_one_placeholder(redactor: Redactor) -> None:
    after = redactor.redact("患者张伟，男，45岁。由王医生接诊，张伟诉头痛。", "zh").text
    assert after == "患者[PERSON 1]，男，45岁。由[PERSON 2]医生接诊，[PERSON 1]诉头痛。"


def test_a_title_makes_a_person_of_an_eponym(redacted: Redacted) -> None:
    assert redacted("Dr. Wilson diagnosed Wilson disease.") == "Dr. [PERSON] diagnosed Wilson disease."
    assert redacted("Dr. Babinski saw Babinski's sign.") == "Dr. [PERSON] saw Babinski's sign."


def test_numbers_go_on_after_placeholders_that_are_there(redacted: Redacted) -> None:
    assert redacted("[PERSON 2] met Mr. Okonkwo.") == "[PERSON 2] met Mr. [PERSON 3]."


def test_spans_hold_places_and_no_text(redactor: Redactor) -> None:
    text = "Mr. Okonkwo, MRN: 4471203."
    spans = redactor.redact(text).spans
    assert [(text[span.start : span.end], span.type) for span in spans] == [
        ("Okonkwo", "PERSON"),
        ("4471203", "RECORD_NUMBER"),
    ]
    assert "Okonkwo" not in repr(spans)


PIECES = (
    *(
        "Mr. ",
        "Dr. ",
        "Okonkwo",
        " Anna Kowalska",
        ", a 45-year-old man",
        " MRN: ",
        "4471203",
        " on ",
        "3/4",
        "2019",
        "-03-04",
        " March ",
    ),
    *(
        "617-555-0142",
        " 12 Oak Street",
        ", MA 02139",
        " [PERSON 1]",
        "[DATE]",
        " Wilson's disease",
        "患者",
        "张伟",
        "，男",
        "住院号：",
        "2019年",
        "3月4日",
    ),
    *(
        "电话",
        "13812345678",
        "北京市海淀区中关村大街27号",
        "王医生",
        "\ufffc",
        "[",
        "]",
        "\n",
        " ",
        ".",
        "https://",
        "a@b.org",
        "某",
    ),
)


@settings(max_examples=300, deadline=None)
@given(
    pieces=st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=12), language=st.sampled_from(["en", "zh"])
)
def test_redaction_is_idempotent_and_its_spans_tell_what_changed(
    redactor: Redactor, pieces: list[str], language: str
) -> None:
    text = "".join(pieces)
    after = redactor.redact(text, language)
    assert redactor.redact(after.text, language).text == after.text
    rebuilt, at = [], 0
    for span in after.spans:
        assert at <= span.start < span.end <= len(text)
        assert PLACEHOLDER.fullmatch(span.placeholder)
        assert not PLACEHOLDER.search(text[span.start : span.end])
        rebuilt += [text[at : span.start], span.placeholder]
        at = span.end
    assert "".join([*rebuilt, text[at:]]) == after.text


def test_what_a_replacement_uncovers_is_found_too(redacted: Redacted) -> None:
    """The date parts the doctor from the words before, which alone would not tell that a name begins."""
    assert redacted("on 3月4日王医生", "zh") == "on [DATE][PERSON]医生"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Admitted 12 – 19 May 2017 and on the 4th, 11th and 18th of July.", "Admitted [DATE 1] and on [DATE 2]."),
        ("DOB 1957-Nov-09, seen the twenty-third of June, 2016.", "DOB [DATE 1], seen [DATE 2]."),
        ("Il est venu le 14 juillet 2012; exp 09/2026.", "Il est venu le [DATE 1]; exp [DATE 2]."),
        (
            "Her order, ORD0091823, was copied as RAD-7719283.",
            "Her order, [RECORD_NUMBER 1], was copied as [RECORD_NUMBER 2].",
        ),
        ("22-104477 is the autopsy number.", "[RECORD_NUMBER] is the autopsy number."),
        ("Histology S19-22841 was sent on 304118827.", "Histology [RECORD_NUMBER 1] was sent on [RECORD_NUMBER 2]."),
        ("Bleep the registrar on 4471 or ring 01632 960 018.", "Bleep the registrar on [PHONE 1] or ring [PHONE 2]."),
        ("He resides at Unit 7/42 Banksia Pde, Wodonga VIC 3690 and works.", "He resides at [ADDRESS] and works."),
        ("Zij is woonachtig Prinsengracht 1184-II, 1017 XP Amsterdam; ill.", "Zij is woonachtig [ADDRESS]; ill."),
        ("Message @oleary_surgery or p.o'leary@gp.example.", "Message [URL] or [EMAIL]."),
        ("AHV-Nr. 756.9217.0769.85, card A123456(3).", "AHV-Nr. [ID_NUMBER 1], card [ID_NUMBER 2]."),
        ("At age ninety-four (94) she, now 95F, was well.", "At age [AGE 90+] she, now [AGE 90+], was well."),
    ],
)
def test_forms_of_many_countries(redacted: Redacted, text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Give 1000000 units; platelets 450000/mm3; the village has 1234567 people.",
        "Temperature 99F, BP 120/80 mmHg, WBC 12000, range 60-100, dose 1200-1500 mg, 10 194 204 and 100 200 300.",
        "Drug codes BMS-936558 and MK-34755, trial NCT04280705, ORPHA:281, CHEBI:15365, rs429358.",
        "In May she may come; section 4.2.1 of the 2013-2020 plan; E. coli in 2/2 bottles; CRP 2.1 mg/L.",
        "HP:0001250 and GO:0008150; the pH 7.35-7.45; the number of cells is 4500; see page 1234.",
        "Seen 2/6 murmur, follow-up 3/12, died 1/2, signed 4/5 power; age 99 centile; 101F.",
        "国药准字Z20080022是批准文号，血压130/80mmHg以上，第1次在6月中旬，采后及时施肥。",
    ],
)
def test_values_that_look_like_numbers_of_persons_are_kept(redacted: Redacted, text: str) -> None:
    assert redacted(text, "zh" if "药" in text else "en") == text
