"""Prompts: each of the nine benchmarks has its words, and they say what is needed to answer."""

from __future__ import annotations

import pytest

from florey.answer import INSTRUCTION, show
from florey.datasets.catalog import LOADERS
from florey.errors import BadInput
from florey.inference.prompts import FLOREY, OFFICIAL, prompt_named, prompt_names
from florey.records import Question

SOURCES = sorted({source for loader in LOADERS.values() for source in loader.complete} - {"jmed_other_release"})


def question(**fields: object) -> Question:
    shown = {"stem": "Which {one}?", "options": ("red", "green {x}", "blue"), "gold": 1, "source": "test", **fields}
    return Question.model_validate(shown)


@pytest.mark.parametrize("name", prompt_names())
def test_every_prompt_shows_the_whole_question(name: str) -> None:
    item = question(context="Read {this}.", options=("yes", "no", "maybe"))
    said = "\n".join(message["content"] for message in prompt_named(name).messages(item))
    assert "Which {one}?" in said
    named = "pubmedqa" in prompt_named(name).benchmarks  # there the options are three words that the task names
    if not named and prompt_named(name).reading != "free":
        assert all(option in said for option in item.options)
    assert "Read {this}." in said
    assert prompt_named(name).source


def test_floreys_own_is_what_training_asks() -> None:
    system, user = FLOREY.messages(question())
    assert (system["content"], user["content"]) == (INSTRUCTION, show(question()))


@pytest.mark.parametrize("source", SOURCES)
def test_every_benchmark_has_an_official_prompt(source: str) -> None:
    assert source in prompt_named(OFFICIAL, source).benchmarks


def test_what_has_no_official_prompt_is_asked_in_floreys() -> None:
    assert prompt_named(OFFICIAL, "my own set") is FLOREY


def test_a_version_changes_with_the_words_and_with_nothing_else() -> None:
    versions = {prompt_named(name).version for name in prompt_names()}
    assert len(versions) == len(prompt_names())
    assert FLOREY.version == FLOREY.model_copy(update={"source": "elsewhere", "name": "other"}).version
    assert FLOREY.version != FLOREY.model_copy(update={"system": None}).version


def test_an_unknown_prompt_is_named() -> None:
    with pytest.raises(BadInput, match=r"no 'medxpert'.*medxpertqa"):
        prompt_named("medxpert")


OPTIONS = ("red", "green", "blue", "grey")
ASKED = {"stem": "Which?", "options": OPTIONS, "specialty": "health"}
FOUR, IN_A_LINE = "A. red\nB. green\nC. blue\nD. grey", "(A) red (B) green (C) blue (D) grey"
STEPS = (
    "First, think step-by-step. End your response with exactly this format:\nFinal Answer: X\n"
    "(where X is A, B, C, or D)."
)
WORDS = {
    "citrus": (
        "You are tasked with addressing a medical examination question. Please carefully read the question, provide a "
        "detailed thought process, and then present your final answer.\nHere is the question:\n<Question>\nWhich?\n"
        f"{FOUR}\n</Question>\n\nPlease begin your response.\n\nThe formatted output should be as follows:\n<think>\n"
        "[Insert Your Detailed Thought Process here]\n</think>\n<answer>\n[Insert Your Final Answer here]\n</answer>",
    ),
    "huatuogpt_o1": (
        "Please answer the following multiple-choice questions, ensuring your response concludes with the correct "
        f"option in the format: 'The answer is A.'.\nWhich?\n{FOUR}",
    ),
    "lm_eval_choices": (f"Question: Which?\nChoices:\n{FOUR}\nAnswer:",),
    "lm_eval_medmcqa": (f"Question: Which?\nChoices:\n{FOUR}\n{STEPS}",),
    "lm_eval_medqa": (f"Question: Which?\n{FOUR}\n{STEPS}",),
    "m1_boxed": (
        f"Please answer the following multiple-choice question:\nWhich?\n{FOUR}. Return your final response within "
        "\\boxed{}",
    ),
    "medbullets": (
        "You are a helpful assistant that good at dealing with multiple-choice medical questions.",
        f"QUESTION: Which?\nANSWER CHOICES: {IN_A_LINE}\n\nLet's think step by step and walk through all the choices "
        "in detail.",
        "Therefore, among (A) through (D), please choose an answer, strictly following the output format 'Answer:(fill "
        "in the letter of the answer)'",
    ),
    "medxpertqa": (
        "You are a helpful medical assistant.",
        f"Q: Which?\nAnswer Choices: {IN_A_LINE}\nA: Let's think step by step.",
        "Therefore, among A through D, the answer is",
    ),
    "mmlu_pro": (
        "The following are multiple choice questions (with answers) about health. Think step by step and then output "
        f'the answer in the format of "The answer is (X)" at the end.\n\nQuestion: Which?\nOptions: {FOUR}\nAnswer: '
        "Let's think step by step.",
    ),
}
"""What each script sends for one question, turn by turn."""


@pytest.mark.parametrize("name", sorted(WORDS))
def test_official_prompts_are_word_for_word(name: str) -> None:
    prompt, asked = prompt_named(name), question(**ASKED)
    said = [message["content"] for message in prompt.messages(asked)]
    assert (*said, *filter(None, [prompt.second(asked)])) == WORDS[name]


def test_pubmedqa_names_no_letters() -> None:
    (asked,) = prompt_named("pubmedqa").messages(question(context="It was tried.", options=("yes", "no", "maybe")))
    assert asked["content"] == "Abstract: It was tried.\nQuestion: Which {one}?\nAnswer:"
    assert not prompt_named("pubmedqa").shows_letters and FLOREY.shows_letters


def test_letters_are_counted_in_words() -> None:
    for count, said in ((2, "A or B"), (3, "A, B, or C")):
        (asked,) = prompt_named("lm_eval_medqa").messages(question(options=OPTIONS[:count]))
        assert asked["content"].endswith(f"(where X is {said}).")


def test_there_is_one_for_questions_in_chinese() -> None:
    system, _ = prompt_named("florey_zh").messages(question(language="zh"))
    assert "<think></think>" in system["content"] and "推理" in system["content"]
