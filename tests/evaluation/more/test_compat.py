"""Scores as the scripts of others give them: each rule on outputs worked by hand."""

from __future__ import annotations

import pytest

from florey.errors import BadInput
from florey.evaluation.compat import SCRIPTS, CompatScore, compat
from florey.records import Prediction, Question

ITEM = Question(stem="Q?", options=("Marfan", "Gaucher", "Wilson", "Fabry"), gold=1, source="t").identified()


def of(script: str, *texts: str, **fields: object) -> CompatScore:
    items = [ITEM.model_copy(update={"stem": f"Q {n}?"}).identified() for n in range(len(texts))]
    made = [
        Prediction.model_validate(
            {"question_id": item.id, "model": "m", "text": text, "tokens": 1, "finished": True, **fields}
        )
        for item, text in zip(items, texts, strict=True)
    ]
    return compat(script, items, made)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("The answer is B.", True),
        ("The answer is A. On reflection the answer is B.", True),  # the last match, if it scores more over the set
        ("## Final Response\n\nThe answer is B", True),
        ("The answer is A ## Final Response\n\nThe answer is B", True),
        ("I choose (B)", True),
        ("Perhaps Gaucher, from the spleen", True),  # the text of an option
        ("a long story about nothing", False),  # some option is most alike: an answer is always found
        ("Wilson", False),
    ],
)
def test_huatuo_always_finds_an_answer(text: str, right: bool) -> None:
    found = of("huatuo", text)
    assert (found.theirs, found.denominator, found.left_out) == (float(right), 1, 0)
    assert found.gained == ({"unparsed": 1} if right else {})


def test_huatuo_leaves_empty_outputs_out_of_the_denominator() -> None:
    found = of("huatuo", "The answer is B", "", "")
    assert (found.theirs, found.denominator, found.left_out, found.n) == (1.0, 1, 2, 3)


def test_huatuo_takes_first_or_last_matches_of_the_whole_set_whichever_is_more() -> None:
    first_right, last_right = "The answer is B, not: answer is A", "answer is A? The answer is B"
    assert of("huatuo", first_right, first_right, last_right).theirs == pytest.approx(2 / 3)
    assert of("huatuo", first_right, last_right, last_right).theirs == pytest.approx(2 / 3)


def test_m1_counts_the_answer_that_was_forced() -> None:
    cut = {"finished": False, "forced": " B"}
    assert of("m1", "<think>well", **cut).theirs == 1
    assert of("m1", "<think>well", **cut).gained == {"truncated": 1}
    assert of("huatuo", "<think>well", **cut).theirs == 0
    assert of("m1", "<think>well", finished=False).theirs == 0


def test_citrus_reads_the_last_block_and_wants_the_letter() -> None:
    found = of("citrus", "<answer>A</answer><answer>B</answer>", "<answer>B</answer>", "B", "The answer is B")
    assert found.theirs == 1 and found.ours == pytest.approx(1 / 4)
    assert found.gained == {"several": 1, "unparsed": 2}
    assert of("citrus", "<answer>Gaucher</answer>").theirs == 1  # where theirs asks a model, the text counts


def test_citrus_tells_the_share_of_requests_that_came_back_too() -> None:
    items = [ITEM]
    made = [Prediction(question_id=ITEM.id, model="m", text="<answer>B</answer>", tokens=1, finished=True)]
    made.append(made[0].model_copy(update={"sample": 1, "text": "", "finished": False, "failure": "timeout: 9 s"}))
    found = compat("citrus", items, made)
    assert (found.theirs, found.of_valid) == (0.5, 1.0)


def test_strict_answers_are_right_for_all() -> None:
    for script in SCRIPTS:
        found = of(script, "<think>x</think><answer>B</answer>")
        assert (found.theirs, found.ours, found.difference, found.lost) == (1, 1, 0, 0)


def test_a_script_that_is_none() -> None:
    with pytest.raises(BadInput, match=r"no script 'huatou' \(did you mean 'huatuo'\?\)"):
        of("huatou", "x")


def test_letters_are_of_the_order_that_was_shown() -> None:
    order = (1, 0, 3, 2)  # Gaucher stands first
    for script in SCRIPTS:
        assert of(script, "<answer>A</answer>", order=order).theirs == 1, script
        assert of(script, "<answer>B</answer>", order=order).theirs == 0, script


def test_m1_leaves_a_finished_output_as_it_is() -> None:
    assert of("m1", "The answer is A", forced=" B").theirs == 0


@pytest.mark.parametrize(("text", "right"), [("(B)", False), ("B", True), ("B.", False)])
def test_citrus_takes_up_to_three_characters_for_the_letter_itself(text: str, right: bool) -> None:
    assert of("citrus", f"<answer>{text}</answer>").theirs == float(right)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (
            "maybe gaucher, or else fabry",
            False,
        ),  # by texts: the place that is largest, of first and of last occurrences
        ("maybe fabry, or else gaucher", True),
        ("gaucer disese", True),  # the most alike
    ],
)
def test_huatuo_by_texts_and_likeness(text: str, right: bool) -> None:
    assert of("huatuo", text).theirs == float(right)
