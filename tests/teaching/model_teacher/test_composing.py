"""From what a model wrote to one thought and one answer."""

import pytest

from florey.records import Question
from florey.teaching.model_teacher.asides import cites_facts, speaks_of_itself
from florey.teaching.model_teacher.composing import composed

QUESTION = Question(stem="Which one?", options=("Alpha", "Beta", "Gamma"), gold=1, source="test").identified()


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("<think>So.</think><answer>B</answer>", "<think>So.</think><answer>B</answer>"),
        ("So it is Beta.\n<answer>B</answer>", "<think>So it is Beta.</think><answer>B</answer>"),
        ("<think>So.</think>\nTherefore: <answer>Beta</answer>", "<think>So.\nTherefore:</think><answer>B</answer>"),
        ("1. No.\n\n  2.  Yes.<answer>(B)</answer> Done.", "<think>1. No.\n2. Yes. Done.</think><answer>B</answer>"),
        ("Sure:\n<think>So.</think>\n<answer>B</answer> Bye!", "<think>So.</think><answer>B</answer>"),
        ("<think>I am to write.</think><think>So.</think><answer>B.</answer>", "<think>So.</think><answer>B</answer>"),
        ("<think>I am <think> to write. <answer>B</answer>", "<think>I am to write.</think><answer>B</answer>"),
        ("The answer is B.", None),
        ("<think>x</think><answer>B</answer><answer>A</answer>", None),
    ],
)
def test_composing(text, whole):
    assert composed(text, QUESTION) == whole


@pytest.mark.parametrize(
    "text",
    [
        "In my previous answer I said A.",
        "My first attempt missed the rash.",
        "As the reviewer noted, it is B.",
        "As you correctly pointed out, the dose is too high.",
        "You are right, it is Beta.",
        "Based on the feedback, Gamma falls away.",
        "Here is the revised version: Beta.",
        "The original reasoning ignored the age.",
        "This chain of thought goes wrong early.",
        "Turn 2\nThe child has a rash.",
        "**Revision**\nThe child has a rash.",
        "根据反馈，应为B。",
        "正如您指出的，应选B。",
        "原来的推理忽略了年龄。",
        "修改后的推理如下。",
        "The user asks for the one correct option.",
        "We need to produce a chain within the word limit.",
        "Must not mention that it was given, so I argue from the rash.",
        "Then the letter goes inside <answer> as told.",
        "At most 350 words, so be brief.",
        "用户要求写出推理，不能暗示答案已知。",
    ],
)
def test_a_thought_that_knows_of_another_version_or_of_its_task(text):
    assert speaks_of_itself(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Wait, the earlier step was wrong; it is B.",
        "My first guess was Alpha, but the rash speaks against it.",
        "Hmm, my earlier reasoning about the dose does not hold.",
        "The previous history of asthma matters.",
        "Negative feedback of cortisol lowers ACTH; given the feedback loop, TSH rises.",
        "Based on the feedback inhibition of the pituitary, LH falls.",
        "The initial response to metformin was good, the last response was not.",
        "Her previous attempt at suicide and the first attempt at intubation are noted.",
        "Revision surgery of the hip is needed; the original version of the score left out age.",
        "In turn 2 weeks later the fever is back.",
        "An intravenous drug user; the prompt start of antibiotics matters, and so do discharge instructions.",
        "I should mention that the age is unknown; we need to form no conclusion without a smear.",
        "The bone marrow produces fewer cells; the cardiac output falls.",
        "甲状腺激素负反馈抑制垂体，根据反馈调节，TSH 降低。",
        "之前的假设不成立，退回到这一步。",
        "该药须经专家评审程序纳入目录。",
    ],
)
def test_a_thought_that_doubts_itself_or_speaks_of_medicine(text):
    assert speaks_of_itself(text) is None


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("According to the facts, Scoliosis is absent.", "According to the facts"),
        ("The facts provided exclude Alpha.", "facts provided"),
        ("The knowledge graph shows that it has none.", "The knowledge graph shows"),
        ("根据知识图谱，A没有该表现。", "根据知识图谱"),
        ("In fact, Scoliosis is absent.", None),
        ("The fact that it is absent excludes Alpha.", None),
        ("事实上，A没有该表现。", None),
    ],
)
def test_a_thought_that_cites_what_only_the_teacher_was_told(text, cited):
    assert cites_facts(text) == cited
