"""Chinese cases: read by the model's own echo and a translation back, or by a glossary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from florey.errors import BadInput
from florey.graph.linking.mention import Mention
from florey.records import Question
from florey.synthesis.rewriting.chinese import flagged
from florey.synthesis.rewriting.drift import Reason
from florey.synthesis.rewriting.glossary import Glossary
from florey.synthesis.rewriting.rewriter import Dropped

Write = Callable[..., tuple[Question | Dropped, Any]]  # the outcome, and the model with what it was asked
CASE = "患者来门诊就诊，有局灶性发作，查体见眼震及共济失调。"
SPANS = {"HP:11": ["局灶性发作"], "HP:13": ["眼震"], "HP:16": ["共济失调"]}
BACK = ("The patient came to the clinic with focal-onset seizures; nystagmus and ataxia were seen.", "Which disease?")
NAMES = (
    *(("HP:10", "发作"), ("HP:11", "局灶性发作"), ("HP:13", "眼震"), ("HP:13", "眼球震颤"), ("HP:14", "白内障")),
    *(("HP:15", "发热"), ("HP:16", "共济失调"), ("UBERON:1", "眼"), ("OMIM:A", "桤木综合征")),
    *(("OMIM:B", "白桦综合征"), ("OMIM:C", "雪松综合征")),
)


def test_a_chinese_case(write: Write, findings: Question) -> None:
    outcome, model = write(findings, CASE, spans=SPANS, language="zh", back=BACK)
    assert isinstance(outcome, Question) and outcome.rewriting, outcome
    assert outcome.stem == CASE + "下列哪一项是符合上述表现的疾病？"
    assert outcome.language == "zh" and outcome.rewriting.back_translation == " ".join(BACK)
    assert outcome.rewriting.mentions == (("HP:11", "局灶性发作"), ("HP:13", "眼震"), ("HP:16", "共济失调"))
    translated = str(model.bodies[1])
    assert CASE in translated and not [fact for fact in ("seizure", "Nystagmus", "Ataxia") if fact in translated]


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("患者有局灶性发作和眼震，无共济失调。", Reason.NEGATED),
        ("患者有局灶性发作，没有眼震、共济失调。", Reason.NEGATED),
        ("患者有局灶性发作，否认眼震，有共济失调。", Reason.NEGATED),
        ("患者有局灶性发作和共济失调，未见眼震。", Reason.NEGATED),
        ("患者有局灶性发作及共济失调，不伴眼震。", Reason.NEGATED),
        ("患者有局灶性发作及共济失调，眼震阴性。", Reason.NEGATED),
        ("患者有局灶性发作及共济失调，可能有眼震。", Reason.UNCERTAIN),
        ("患者有局灶性发作及共济失调，其母亲有眼震。", Reason.FAMILY),
        ("患者有局灶性发作及眼震。", Reason.ECHO),
        (CASE + "再次出现眼震。", Reason.ECHO),  # twice
        (CASE + "血常规正常。", Reason.ADDED),
        (CASE + "考虑 Alder syndrome。", Reason.ANSWER),
        (CASE + "考虑ALDS。", Reason.ANSWER),
        (CASE + "不是Whitebark disease。", Reason.DISTRACTOR),
        ("男孩，有局灶性发作、眼震及共济失调。", Reason.PATIENT),
        ("患者，七岁，有局灶性发作、眼震及共济失调。", Reason.PATIENT),
        (CASE + "她来就诊。", Reason.PATIENT),
        (CASE + "病程三周。", Reason.NUMBER),
        (CASE + "脉搏120次。", Reason.NUMBER),
        (CASE + "是什么病？", Reason.OWN_QUESTION),
        ("The patient has 局灶性发作, 眼震 and 共济失调 and comes to see the doctor.", Reason.LANGUAGE),
    ],
)
def test_drift_in_chinese(write: Write, findings: Question, case: str, reason: Reason) -> None:
    outcome, _ = write(findings, case, spans=SPANS, language="zh", back=BACK)
    assert isinstance(outcome, Dropped) and outcome.reason is reason, outcome


def test_spans_of_an_echo_may_not_overlap(write: Write, findings: Question) -> None:
    spans = SPANS | {"HP:13": ["发作"]}
    outcome, _ = write(findings, CASE, spans=spans, language="zh", back=BACK)
    assert isinstance(outcome, Dropped) and outcome.reason is Reason.ECHO


@pytest.mark.parametrize(
    ("back", "reason"),
    [
        ("The patient has focal-onset seizures and nystagmus.", Reason.LOST),
        ("The patient has seizures, nystagmus and ataxia.", Reason.LOST),
        ("The patient has focal-onset seizures, nystagmus, ataxia and a fever.", Reason.ADDED),
        ("The patient has focal-onset seizures, nystagmus and no ataxia.", Reason.NEGATED),
        ("The patient has focal-onset seizures, nystagmus and ataxia, as in Greenwood disease.", Reason.ANSWER),
    ],
)
def test_drift_that_the_translation_shows(write: Write, findings: Question, back: str, reason: Reason) -> None:
    outcome, _ = write(findings, CASE, spans=SPANS, language="zh", back=(back, "Which disease?"))
    assert isinstance(outcome, Dropped) and outcome.reason is reason, outcome
    assert outcome.detail.startswith("translated back, ")


def test_every_attempt_is_translated_anew(write: Write, findings: Question) -> None:
    """Also where the case is the same again: the place of the attempt is in the key of the cache."""
    back = ("The patient has nystagmus.", "Which disease?")
    _, model = write(findings, CASE, spans=SPANS, language="zh", back=back, attempts=2)
    assert len(model.bodies) == 4


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("Which finding is seen in Alder syndrome and not in Birch syndrome?", None),
        ("Which finding is seen in Birch syndrome and not in Alder syndrome?", Reason.SWAPPED),
        ("Which finding is seen in Alder syndrome and not in Cedar syndrome?", Reason.LOST),
    ],
)
def test_roles_of_two_compared_diseases(write: Write, contrast: Question, asked: str, reason: Reason | None) -> None:
    spans = {"OMIM:A": ["桤木综合征"], "OMIM:B": ["白桦综合征"]}
    back = ("The doctor compares Alder syndrome and Birch syndrome.", asked)
    outcome, _ = write(contrast, "医生在桤木综合征与白桦综合征之间鉴别。", spans=spans, language="zh", back=back)
    assert (outcome.reason if isinstance(outcome, Dropped) else None) is reason, outcome
    if isinstance(outcome, Question):
        assert outcome.stem.endswith("下列哪一项是见于桤木综合征且不见于白桦综合征的表现？")


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (CASE, None),
        (CASE.replace("眼震", "眼球震颤"), None),
        ("患者有发作、眼震及共济失调。", Reason.LOST),
        (CASE + "有发热。", Reason.ADDED),
        (CASE + "像桤木综合征。", Reason.ANSWER),
        (CASE + "不像白桦综合征。", Reason.DISTRACTOR),
        (CASE.replace("查体见", "未见"), Reason.NEGATED),
    ],
)
def test_a_glossary_takes_the_place_of_the_translation(
    write: Write, findings: Question, case: str, reason: Reason | None
) -> None:
    spans = SPANS | {"HP:13": ["眼震", "眼球震颤"]}
    outcome, model = write(findings, case, spans=spans, language="zh", glossary=Glossary(NAMES))
    assert (outcome.reason if isinstance(outcome, Dropped) else None) is reason, outcome
    assert len(model.bodies) == 1 and "局灶性发作" in model.bodies[0]["messages"][1]["content"]


def test_a_glossary_with_holes_finds_what_it_can_and_leaves_the_rest_to_the_translation(
    write: Write, findings: Question
) -> None:
    holes = Glossary([name for name in NAMES if name[0] != "HP:16"])
    kept, model = write(findings, CASE, spans=SPANS, language="zh", glossary=holes, back=BACK)
    assert isinstance(kept, Question) and len(model.bodies) == 2
    added, _ = write(findings, CASE + "有发热。", spans=SPANS, language="zh", glossary=holes, back=BACK)
    assert isinstance(added, Dropped) and added.reason is Reason.ADDED


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("无甲、乙", "甲- 乙-"),
        ("无甲，有乙", "甲- 乙+"),
        ("无明显诱因出现甲", "甲+"),
        ("没有甲但有乙", "甲- 乙+"),
        ("甲已排除", "甲-"),
        ("不排除甲", "甲?"),
        ("甲及乙均未见", "甲- 乙-"),
        ("表现为甲、乙", "甲+ 乙+"),
    ],
)
def test_reach_of_a_negation(text: str, flags: str) -> None:
    mentions = [Mention(text.index(name), text.index(name) + 1, name, (name,)) for name in "甲乙" if name in text]
    found = [f"{m.text}{'?' if m.uncertain else '-' if m.negated else '+'}" for m in flagged(text, mentions)]
    assert " ".join(found) == flags


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("HP:13", "line 1: expected id, tab, name"),
        ("# names\n\nHP:99\t眼震", "line 3: no node 'HP:99'"),
        ("HP:13\tnystagmus", "line 1: 'nystagmus' has no Chinese"),
        ("# nothing", "no names"),
    ],
)
def test_a_glossary_that_is_none(tmp_path: Path, lines: str, complaint: str) -> None:
    path = tmp_path / "names.tsv"
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(BadInput, match=complaint):
        Glossary.read(path, ["HP:13"])
