import pytest

from florey.curation.funnel import Funnel, Row, Step
from florey.records import Question


def asked(number):
    return Question(stem=f"Question {number}?", options=("yes", "no"), gold=0, source="test").identified()


def without(which, reason="odd"):
    def stage(questions):
        return Step(
            kept=[q for q in questions if q.id not in which],
            dropped=[(q.id, reason) for q in questions if q.id in which],
            noticed={"seen": len(questions)},
        )

    return stage


def test_a_funnel_says_of_every_question_what_became_of_it():
    items = [asked(number) for number in range(6)]
    funnel = Funnel(list(items))
    funnel.through("first", without({items[1].id, items[4].id}))
    funnel.through("second", without({items[0].id}, "late"))
    assert funnel.questions == [items[2], items[3], items[5]]
    assert funnel.rows == [
        Row(stage="first", given=6, kept=4, dropped={"odd": 2}, noticed={"seen": 6}),
        Row(stage="second", given=4, kept=3, dropped={"late": 1}, noticed={"seen": 4}),
    ]
    assert funnel.dropped == [(items[1].id, "odd"), (items[4].id, "odd"), (items[0].id, "late")]
    assert funnel.reasons == {"late": 1, "odd": 2}
    assert list(funnel.seconds) == ["first", "second"]


def test_a_stage_that_loses_a_question_is_found_out():
    with pytest.raises(AssertionError, match="careless"):
        Funnel([asked(1), asked(2)]).through("careless", lambda questions: Step(kept=questions[:1]))
