"""Age, sex and numbers read from text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.graph.linking.mention import Mention
from florey.synthesis.rewriting.chinese import flagged
from florey.synthesis.rewriting.option_names import Names
from florey.synthesis.rewriting.patient import (
    Patient,
    blanked,
    new_numbers,
    read_chinese_patient,
    read_patient,
)

PIECES = st.sampled_from(
    (
        *("7", "seven", "forty-two", "year", "month", "old", "-", "of", "age", "aged", "girl", "he", "in", "fifties"),
        *("十二", "两百", "岁", "个月大", "周大", "三周", "无", "未见", "甲", "男", "女儿", ",", ".", "，", "。"),
    )
)


@given(st.lists(PIECES | st.text(max_size=3)).map(" ".join) | st.lists(PIECES).map("".join))
def test_any_text_can_be_read(text: str) -> None:
    read_patient(text), read_chinese_patient(text), new_numbers(text, text)
    assert read_patient(text).allows(read_patient(text))
    assert read_chinese_patient(text).allows(read_chinese_patient(text))
    mentions = [Mention(i, i + 1, "甲", ("A",)) for i, sign in enumerate(text) if sign == "甲"]
    assert [(m.start, m.end) for m in flagged(text, mentions)] == [(m.start, m.end) for m in mentions]
    assert len(blanked(text, [(m.start, m.end) for m in mentions])) == len(text)


@pytest.mark.parametrize(
    ("text", "ages", "sexes"),
    [
        ("A 7-year-old girl", {(7, "year")}, {"female"}),
        ("A seven year old boy", {(7, "year")}, {"male"}),
        ("A forty-two-year-old", {(42, "year")}, set()),
        ("a patient, aged 3 months", {(3, "month")}, set()),
        ("a 45 y/o man", {(45, "year")}, {"male"}),
        ("at the age of twelve he", {(12, "year")}, {"male"}),
        ("a 6-week-old", {(6, "week")}, set()),
        ("The patient comes with the mother.", set(), set()),
    ],
)
def test_english(text: str, ages: set[tuple[int, str]], sexes: set[str]) -> None:
    found = read_patient(text)
    assert (set(found.ages), set(found.sexes)) == (ages, sexes)


@pytest.mark.parametrize(
    ("text", "ages", "sexes"),
    [
        ("患者，女，35岁", {(35, "year")}, {"female"}),
        ("十二岁男孩", {(12, "year")}, {"male"}),
        ("3个月大的女婴", {(3, "month")}, {"female"}),
        ("患者与其他家属来诊", set(), set()),
        ("患者来门诊", set(), set()),
    ],
)
def test_chinese(text: str, ages: set[tuple[int, str]], sexes: set[str]) -> None:
    found = read_chinese_patient(text)
    assert (set(found.ages), set(found.sexes)) == (ages, sexes)


@pytest.mark.parametrize(
    ("original", "said", "allowed"),
    [
        ("A 7-year-old girl", "a child", True),
        ("A 7-year-old girl", "a teenager", False),
        ("A 2-month-old", "an infant", True),
        ("A woman", "an adult", True),
        ("An adult", "a woman", False),
        ("A 70-year-old man", "an elderly man", True),
        ("A 40-year-old man", "an elderly man", False),
        ("A 40-year-old", "a patient in her forties", False),
        ("A patient", "a patient", True),
    ],
)
def test_what_an_original_allows(original: str, said: str, allowed: bool) -> None:
    assert read_patient(original).allows(read_patient(said)) is allowed


def test_chinese_against_an_english_original() -> None:
    assert read_patient("A 7-year-old girl").allows(read_chinese_patient("7岁女孩"))
    assert not read_patient("A 7-year-old girl").allows(read_chinese_patient("8岁女孩"))
    assert Patient().allows(read_chinese_patient("患者就诊"))


def test_options_in_any_spelling_and_symbols_in_their_own() -> None:
    names = Names([("Alder syndrome", "disease"), ("ALDS", "disease"), ("time", "disease")])
    for text in ("alder-syndromes", "Alder's syndrome", "像Alder syndrome。", "ALDS", "像ALDS吗"):
        assert names.within(text), text
    for text in ("alds", "ALDSX", "Alder and syndrome", "time after time", "Balder syndrome"):
        assert not names.within(text), text
