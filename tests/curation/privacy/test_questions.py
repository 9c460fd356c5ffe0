"""Redaction of questions: ids, consistency over stem and options, what is dropped, and that nothing is remembered."""

from __future__ import annotations

import pytest

from florey.curation.privacy.config import PrivacyConfig
from florey.curation.privacy.questions import ANSWER_REDACTED, FLAG, OPTIONS_EQUAL, UNCOVERED, redact_questions
from florey.curation.privacy.redactor import Redactor
from florey.records import ANSWER, Condition, Question


def item(
    stem: str, options: tuple[str, ...] = ("Marfan", "Noonan", "Turner"), gold: int = 0, **more: object
) -> Question:
    return Question.model_validate(
        {"stem": stem, "options": options, "gold": gold, "source": "test"} | more
    ).identified()


CLEAN = item("Which syndrome shows ectopia lentis?")
NAMED = item(
    "Mr. Okonkwo (MRN: 4471203) was seen on 3 March 2019. What is next?",
    ("Tell Mr. Okonkwo's wife", "Tell nobody", "Discharge Okonkwo"),
    gold=1,
    context="Okonkwo was born on 1 May 1960.",
    source_id="set-17",
)


def test_clean_questions_are_left_as_they_are(redactor: Redactor) -> None:
    step = redact_questions([CLEAN], redactor)
    assert step.kept == [CLEAN]
    assert step.noticed == {}
    assert step.renamed == {}


def test_a_question_is_redacted_throughout_and_gets_the_id_of_its_new_content(redactor: Redactor) -> None:
    step = redact_questions([CLEAN, NAMED], redactor)
    new = step.kept[1]
    assert new.context == "[PERSON] was born on [DATE 1]."
    assert new.stem == "Mr. [PERSON] (MRN: [RECORD_NUMBER]) was seen on [DATE 2]. What is next?"
    assert new.options == ("Tell Mr. [PERSON]'s wife", "Tell nobody", "Discharge [PERSON]")
    assert (new.source_id, new.flags, new.gold) == ("set-17", (FLAG,), 1)
    assert new.id == new.identified().id != NAMED.id
    assert step.renamed == {NAMED.id: new.id}
    assert step.noticed == {"DATE": 2, "PERSON": 4, "RECORD_NUMBER": 1, FLAG: 1}


def test_what_was_taken_out_is_in_no_record(redactor: Redactor) -> None:
    told = repr(redact_questions([NAMED], redactor))
    assert not any(secret in told for secret in ("Okonkwo", "4471203", "2019", "1960"))


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (item("When was he seen?", ("3 March 2019", "never"), gold=0), ANSWER_REDACTED),
        (item("When was he not seen?", ("3 March 2019", "4 March 2019", "never"), gold=2), OPTIONS_EQUAL),
    ],
)
def test_questions_about_an_identifier_are_dropped(redactor: Redactor, question: Question, reason: str) -> None:
    step = redact_questions([question, CLEAN], redactor)
    assert step.dropped == [(question.id, reason)]
    assert step.kept == [CLEAN]


def test_persons_tell_options_apart(redactor: Redactor) -> None:
    both = item("Mr. Okonkwo met Ms. Lindqvist. Who was ill?", ("It was Mr. Okonkwo", "It was Ms. Lindqvist"))
    step = redact_questions([both], redactor)
    assert step.kept[0].options == ("It was Mr. [PERSON 1]", "It was Ms. [PERSON 2]")


def test_questions_of_a_graph_are_left_alone_unless_asked_for(redactor: Redactor) -> None:
    known = item(
        "What has Mr. Okonkwo?", conditions=(Condition(subject=ANSWER, relation="has_finding", object="HP:1"),)
    )
    assert redact_questions([known], redactor).kept == [known]
    all_too = Redactor(PrivacyConfig(synthetic=True))
    assert redact_questions([known], all_too).kept[0].stem == "What has Mr. [PERSON]?"


def test_a_language_without_rules_is_flagged(redactor: Redactor) -> None:
    step = redact_questions([item("Herr Schulze kam am 3. Mai 2019.", language="de")], redactor)
    assert step.kept[0].flags == (UNCOVERED,)
    assert step.noticed == {UNCOVERED: 1}


def test_every_question_is_reported_as_done(redactor: Redactor) -> None:
    done: list[int] = []
    redact_questions([CLEAN, NAMED, CLEAN], redactor, done.append)
    assert done == [1, 2, 3]
