"""The grammar of an answer: what counts, what does not, and that nothing is settled by guessing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.answer import Parsed, completion, judge, parse, show, verdict
from florey.records import LETTERS, Question, Verdict

OPTIONS = ["Marfan syndrome", "Gaucher disease", "Wilson disease", "Fabry disease"]
BLOOD = ["B", "A", "AB", "0"]  # option A is the text "B", option B the text "A"


def answer(content: str, options: list[str] = OPTIONS) -> Parsed:
    return parse(f"<think>because</think><answer>{content}</answer>", options)


def question(options: list[str], gold: int) -> Question:
    return Question(stem="Which?", options=tuple(options), gold=gold, source="test")


thoughts = st.text(st.characters(codec="utf-8")).filter(str.strip)
texts = st.lists(st.text(min_size=1), min_size=2, max_size=26)


@given(thoughts.filter(lambda t: not any(tag in t for tag in ("think>", "answer>"))), texts, st.data())
def test_any_thought_round_trips_to_its_gold(thought: str, options: list[str], data: st.DataObject) -> None:
    gold = data.draw(st.integers(0, len(options) - 1))
    parsed = parse(completion(thought, gold), options)
    assert parsed == Parsed(gold, several=False, well_formed=True, thought=thought.strip())
    assert judge(completion(thought, gold), question(options, gold)) is Verdict.CORRECT
    # the same where the prompt had opened the thought
    assert parse(completion(thought, gold).removeprefix("<think>"), options, prefilled=True) == parsed


@given(st.text(), texts)
def test_any_text_is_read_without_a_fault(text: str, options: list[str]) -> None:
    for content in (text, f"<answer>{text}</answer>"):
        parsed = parse(content, options)
        assert parsed.choice is None or 0 <= parsed.choice < len(options)
        assert not (parsed.several and parsed.choice is not None)
        assert not parsed.well_formed


@given(st.permutations(BLOOD), st.integers(0, 3), st.sampled_from(["{}", " {} ", "({})", "{}.", "{})", "{}:", "({})."]))
def test_a_letter_is_a_letter_even_where_options_are_letters(options: list[str], index: int, form: str) -> None:
    assert answer(form.format(LETTERS[index]), options).choice == index


def test_option_texts_count_where_they_are_no_letter() -> None:
    assert answer("AB", BLOOD).choice == 2
    assert answer("0", BLOOD).choice == 3
    assert answer("B. A", BLOOD).choice == 1
    assert answer("B. B", BLOOD) == answer("A, B", BLOOD)  # the letter of one and the text of another
    assert answer("B. B", BLOOD).several


@pytest.mark.parametrize(
    "content",
    [
        *("B", "b", " B\n", "(B)", "B.", "B)", "B:", "B, B", "b and B"),
        *(
            "В",
            "Β",
            "Ｂ",
            "（Ｂ）",
            "Option B",
            "answer: B",
            "答案是B",
            "选项B",
            "**B**",
            "\\boxed{B}",
        ),  # В Cyrillic, Β Greek
        *("Gaucher disease", "gaucher  DISEASE.", "B. Gaucher disease", "(B) Gaucher disease", "B) gaucher disease."),
    ],
)
def test_these_all_say_b(content: str) -> None:
    assert answer(content).choice == 1


@pytest.mark.parametrize(
    "content",
    [
        *("", " ", "E", "Z.", "7", "AE", "Because", "I do not know", "B, because of the spleen", "Gaucher", "Aorta"),
        *("AorB", "B. Niemann-Pick disease", "<b>B</b>", "Д"),  # the last is a Cyrillic letter
    ],
)
def test_these_say_nothing(content: str) -> None:
    parsed = answer(content)
    assert (parsed.choice, parsed.several, parsed.well_formed) == (None, False, False)


@pytest.mark.parametrize(
    "content", ["A, B", "A and B", "A/B", "(A) or (C)", "a & b", "A, B and C.", "A. Wilson disease"]
)
def test_these_name_several(content: str) -> None:
    parsed = answer(content)
    assert (parsed.choice, parsed.several, parsed.well_formed) == (None, True, False)


def test_several_blocks_are_several_answers_unless_they_agree() -> None:
    text = "<think>x</think><answer>{}</answer><answer>{}</answer>"
    assert parse(text.format("A", "B"), OPTIONS).several
    same = parse(text.format("A", "A"), OPTIONS)
    assert (same.choice, same.several, same.well_formed) == (0, False, False)
    # a block that says nothing does not contradict
    assert parse(text.format("A", "dunno"), OPTIONS).choice == 0


@pytest.mark.parametrize(
    "text",
    [
        "<answer>A</answer>",
        "<think></think><answer>A</answer>",
        "<think> \n</think><answer>A</answer>",
        "<think>x</think> so <answer>A</answer>",
        "so <think>x</think><answer>A</answer>",
        "<think>x</think><answer>A</answer> I am sure",
        "<think>x</think><think>y</think><answer>A</answer>",
        "<think>x<think>y</think><answer>A</answer>",
        "<think>x</think></think><answer>A</answer>",
        "<think>x<answer>A</answer></think><answer>A</answer>",
        "<think>x</think><answer>A</answer></answer>",
        "<think>x</think><answer><answer>A</answer>",
        "<think>x</think><answer>a</answer>",
        "<think>x</think><answer>A.</answer>",
        "<think>x</think><answer>Marfan syndrome</answer>",
        "<THINK>x</THINK><answer>A</answer>",
        "x</think><answer>A</answer>",
        "<think>x</think><answer>E</answer>",
    ],
)
def test_not_well_formed(text: str) -> None:
    assert not parse(text, OPTIONS).well_formed


@pytest.mark.parametrize(
    "text", ["<think>x</think><answer>A</answer>", "\n<think>\nx\n</think>\n\n<answer> A </answer>\n"]
)
def test_well_formed(text: str) -> None:
    assert parse(text, OPTIONS).well_formed


def test_prefilled_thought_must_not_be_opened_twice() -> None:
    assert parse("x</think><answer>A</answer>", OPTIONS, prefilled=True).well_formed
    assert not parse("<think>x</think><answer>A</answer>", OPTIONS, prefilled=True).well_formed


def test_truncated_is_not_unparsed() -> None:
    cut = "<think>the spleen is"
    assert judge(cut, question(OPTIONS, 1), finished=False) is Verdict.TRUNCATED
    assert judge(cut, question(OPTIONS, 1)) is Verdict.UNPARSED
    assert judge("<think>x</think><answer>B", question(OPTIONS, 1), finished=False) is Verdict.TRUNCATED
    # an answer that was closed before the budget ended stands
    assert judge("<think>x</think><answer>B</answer> and", question(OPTIONS, 1), finished=False) is Verdict.CORRECT
    assert judge("<answer>A, B</answer> and", question(OPTIONS, 1), finished=False) is Verdict.SEVERAL


def test_verdicts() -> None:
    assert verdict(answer("B"), 1) is Verdict.CORRECT
    assert verdict(answer("A"), 1) is Verdict.WRONG
    assert verdict(answer("A or B"), 1) is Verdict.SEVERAL
    assert verdict(answer("E"), 1) is Verdict.UNPARSED


def test_thought_is_what_stands_before_the_answer() -> None:
    assert answer("B").thought == "because"
    assert parse("first <answer>A</answer>", OPTIONS).thought == "first"


def test_a_question_is_shown_with_lettered_options() -> None:
    assert show(question(["x", "y"], 0)) == "Which?\nA. x\nB. y"
