import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from florey import answer
from florey.records import Question
from florey.teaching.distill import STRATEGIES
from florey.teaching.graph_teacher import NothingTempting, write_trace
from florey.teaching.signals.check import Signals, check, judge
from florey.teaching.signals.config import SignalConfig
from florey.teaching.signals.given_answer import mentions_given_answer

GOOD = "The patient coughs and has a fever, so pneumonia is likelier than asthma, which would wheeze. It must be B."
GOOD_ZH = "患者咳嗽并发热，因此肺炎的可能性大于哮喘，后者应有喘息。所以选择第二项，使用amoxicillin治疗。"


def question(language="en", **fields):
    given = {"stem": "What is it?", "options": ("asthma", "pneumonia", "gout"), "gold": 1, "source": "invented"}
    return Question(**given | fields, language=language).identified()


def reasons(thought, language="en", text=None, config=None, **fields):
    text = answer.completion(thought, 1) if text is None else text
    found = check(question(language, **fields), text, config or SignalConfig(), {})
    return [problem.reason for problem in found.problems]


def test_a_good_trace_passes():
    assert reasons(GOOD) == []
    assert reasons(GOOD_ZH, "zh") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"<think>{GOOD}</think><answer>A</answer>", ["wrong_answer"]),
        (f"<think>{GOOD}</think><answer>A and B</answer>", ["wrong_answer", "malformed"]),
        (f"<think>{GOOD}</think>B", ["malformed"]),
        (f"{GOOD} <answer>B</answer>", ["malformed"]),
        (f"<think>{GOOD}</think><answer>pneumonia</answer>", ["malformed"]),
    ],
)
def test_the_answer(text, expected):
    assert reasons("", text=text) == expected


TELLS = [
    "This agrees with the given answer.",
    "The correct answer is provided as B.",
    "As stated in the answer key, it is B.",
    "The gold answer is B.",
    "According to the provided answer, it is pneumonia.",
    "Since we already know the correct answer is B, asthma is out.",
    "We are told that the correct answer is pneumonia.",
    "The answer provided is B.",
    "The answer given is pneumonia.",
    "It matches the reference answer.",
    "The ground truth says pneumonia.",
    "The prompt says that the correct answer is B.",
    "I work backwards from the answer.",
    "The correct answer has been given.",
    "标准答案是B。",
    "已知答案为B。",
    "根据提供的答案，应选B。",
    "题目给出的正确答案是B。",
    "答案已经给出，是肺炎。",
    "从答案倒推可知。",
]
KEEPS = [
    "The most likely answer is B.",
    "Given these findings, the answer is B.",
    "Given the answer choices, pneumonia fits best.",
    "Of the provided answer options only B fits.",
    "The best answer given her age is B.",
    "The correct answer is given by the combination of fever and cough.",
    "The correct answer is B.",
    "Biopsy is the gold standard.",
    "A test with a known sensitivity; the answer is known to depend on prevalence.",
    "The patient was given penicillin; the answer lies in the history.",
    "Morphine is given. Answer B follows.",
    "The final answer is B.",
    "We are told that he smokes.",
    "The question asks for the answer that is not a cause.",
    "所以答案是B。",
    "根据这些表现，正确答案为B。",
    "所提供的答案选项中，B最合适。",
    "活检是金标准。",
    "已知患者有发热，答案选B。",
]


@pytest.mark.parametrize("words", TELLS)
def test_a_trace_that_was_told_the_answer_must_not_say_so(words):
    assert [problem.reason for problem in mentions_given_answer(f"{GOOD} {words}")] == ["mentions_given_answer"]


@pytest.mark.parametrize("words", KEEPS)
def test_ordinary_words_about_the_answer_are_kept(words):
    assert list(mentions_given_answer(f"{GOOD} {words}")) == []


def test_length():
    assert reasons("It is B.") == ["too_short"]
    assert reasons("肺炎最合适。", "zh") == ["too_short"]
    long = " ".join(f"Finding {number} speaks for pneumonia." for number in range(500))
    assert reasons(long) == ["too_long"]
    assert reasons(long, config=SignalConfig(max_words=3000)) == []


@pytest.mark.parametrize(
    "thought",
    [
        f"{GOOD} " + "Let me look at this again carefully. " * 4,
        "".join(f"Is it {name}? The fever speaks against it here. " for name in ("A", "B", "C", "D", "E")),
        f"{GOOD} " + "fever and cough " * 6,
        f"{GOOD} " + "no " * 30,
        "咳嗽和发热支持肺炎的诊断。" * 4 + GOOD_ZH,
        f"{GOOD} " + "it is pneumonia, because it is " * 5,
    ],
)
def test_repetition(thought):
    assert reasons(thought, "zh" if "咳" in thought else "en") == ["repetition"]


@pytest.mark.parametrize(
    "thought",
    [
        " ".join(
            f"{letter} disease {letter.lower()} : Fever present, Cough absent, Rash absent, 1/3."
            for letter in "ABCDEFGHIJ"
        ),
        f"{GOOD} Wait. Wait. Wait. Wait. Let me think. Let me think. Let me think.",
        f"{GOOD} No, no, no, no, no: it is no asthma.",
        "Option A lacks fever. Option B lacks nothing. Option C lacks fever. Option D lacks fever.",
        "- fever: present\n- cough: present\n- rash: absent\n- wheeze: absent\n- gout: absent\nSo it is B after all.",
    ],
)
def test_enumerations_and_emphasis_are_no_repetition(thought):
    assert reasons(thought) == []


SPANISH = (
    "El paciente tiene fiebre y tos, por lo que la neumonía es más probable que el asma, pero con los datos del caso."
)
FRENCH = (
    "Le patient a de la fièvre et une toux, donc la pneumonie est plus probable dans les cas qui sont sur le tableau."
)


@pytest.mark.parametrize(
    ("thought", "language"),
    [
        (GOOD_ZH, "en"),
        (GOOD, "zh"),
        (SPANISH, "en"),
        (FRENCH, "en"),
        (f"{GOOD} {GOOD} {GOOD} 因此患者的诊断应当考虑为社区获得性肺炎", "en"),
        (
            f"{GOOD_ZH} {GOOD_ZH} {GOOD_ZH} {GOOD}",
            "zh",
        ),
    ],
)
def test_language(thought, language):
    assert reasons(thought, language) == ["language"]


@pytest.mark.parametrize(
    ("thought", "language"),
    [
        (f"{GOOD} Qigong (气功) changes nothing.", "en"),
        (f"{GOOD_ZH} 药物为amoxicillin、clavulanic acid或azithromycin，CRP升高，β-内酰胺类有效，剂量500 mg。", "zh"),
        (f"{GOOD} IFN-γ, TNF-α and 5 µg of β-agonist; café-au-lait spots, Ménière and naïve T cells.", "en"),
        (
            "A Marfan syndrome : Ectopia lentis present, Scoliosis absent, 1/2. B other : Ectopia lentis absent, 0/2.",
            "en",
        ),
        (f"{GOOD_ZH} ①吸氧；②平喘；③抗感染，用于Ⅱ型呼吸衰竭；④补液。", "zh"),
        (f"{GOOD} Gravida 2 para 1, del(5q), van der Waals, con A, per os.", "en"),
    ],
)
def test_names_of_another_language_are_kept(thought, language):
    assert reasons(thought, language) == []


def test_names_that_the_question_has_are_no_other_language():
    thought = f"{GOOD} 社区获得性肺炎的诊断应当考虑为合适的选项"
    assert reasons(thought) == ["language"]
    rows = "A maladie des os : Fever present, 1/2. B maladie des reins : Fever absent, 0/2. " * 3 + "Pas des os. " * 3
    assert reasons(rows, stem="Is it maladie des os or maladie des reins?") == []
    assert reasons(thought, stem="社区获得性肺炎的诊断应当考虑为合适的选项?") == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Пациент кашляет и имеет температуру", "mixed_scripts"),
        ("the p\u0430tient", "mixed_scripts"),  # a Cyrillic a
        ("폐렴이 의심됩니다", "mixed_scripts"),
        ("a broken \ufffd sign", "garbage"),
        ("<|im_end|>", "garbage"),
        ("\x07", "garbage"),
    ],
)
def test_scripts_and_garbage(words, expected):
    assert reasons(f"{GOOD} {words}") == [expected]


def test_arithmetic_and_units():
    assert reasons(f"{GOOD} The dose is 5 mg/kg × 70 kg = 250 mg.") == ["arithmetic"]
    assert reasons(f"{GOOD} The dose is 5 mg/kg × 70 kg = 350 g.") == ["units"]
    assert reasons(f"{GOOD} The dose is 5 mg/kg × 70 kg = 350 mg.") == []


def test_switches_and_bounds():
    assert reasons("It is B.", config=SignalConfig(off=("too_short",))) == []
    assert reasons("It is B.", config=SignalConfig(min_words=3)) == []
    with pytest.raises(ValueError, match="min_words 9 is above max_words 3"):
        SignalConfig(min_words=9, max_words=3)
    with pytest.raises(ValueError, match="too_shrt"):
        SignalConfig.model_validate({"off": ["too_shrt"]})


def test_it_can_be_written_and_read():
    found = check(question(), "<think>12 × 3 = 38</think>", SignalConfig(), {})
    assert Signals.model_validate(json.loads(found.model_dump_json())) == found
    assert found.process is None and found.recomputed.wrong == 1


def test_the_certificate(cases):
    asked = cases.marfan()
    text = write_trace(asked, cases.names, "direct", 0).text
    found = check(asked, text, SignalConfig(), cases.names)
    assert found.problems == () and found.process and found.process.entailed == found.process.claims > 0
    flipped = text.replace("Ectopia lentis present", "Ectopia lentis absent", 1)
    problems = judge(SignalConfig(), cases.names)(asked, flipped)
    assert [problem.reason for problem in problems] == ["contradicts_certificate"]
    assert "Marfan" in problems[0].detail
    prose = answer.completion(
        "Marfan syndrome lacks ectopia lentis, so it is the one with the absent thumb after all.", 2
    )
    assert [each.reason for each in judge(SignalConfig(), cases.names)(asked, prose)] == ["contradicts_certificate"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_trace_of_the_graph_teacher_passes(cases, strategy):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases.certified())
    def passes(asked):
        try:
            text = write_trace(asked, cases.names, strategy, 0).text
        except NothingTempting:
            return
        config = SignalConfig(min_words=0)
        assert check(asked, text, config, cases.names).problems == ()

    passes()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_checked(text):
    found = check(question(), text, SignalConfig(), {})
    assert all(re.fullmatch("[a-z_]+", problem.reason) for problem in found.problems)
