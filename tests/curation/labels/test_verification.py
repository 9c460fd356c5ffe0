"""Doubt needs every answered trial to be wrong; chance is worked out from what was really asked."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from florey.curation.labels import trials as said
from florey.curation.labels.verification import LabelConfig, Verified, verify_labels
from florey.inference.trials import TrialConfig
from florey.intervals import wilson
from florey.records import Question, Trial, Verdict

from .conftest import question, trials

FIVE = LabelConfig()


def verified(*answers: Sequence[int | Verdict | None], config: LabelConfig = FIVE, options: int = 4) -> Verified:
    asked = [question(f"Number {number}?", options) for number in range(len(answers))]
    return verify_labels(
        asked, {each.id: trials(each, mine) for each, mine in zip(asked, answers, strict=True)}, config
    )


def states(found: Verified) -> tuple[int, int, int]:
    return found.summary["passed"], found.summary["doubted"], found.summary["undecided"]


def test_failed_in_all_is_doubted_and_nothing_is_dropped() -> None:
    found = verified([1, 1, 1, 1, 1], [1, 1, 1, 1, 0], [0] * 5)
    assert states(found) == (2, 1, 0)
    assert [each.flags for each in found.step.kept] == [("label_doubted",), (), ()]
    assert (found.step.dropped, found.step.noticed) == ([], {"label_doubted": 1})
    (item,) = found.queue
    assert item.question == found.step.kept[0]
    assert (item.suggestion, item.reason, item.chance) == (1, "wrong_in_all_trials", 0.75**5)


@pytest.mark.parametrize("other", [Verdict.UNPARSED, Verdict.TRUNCATED, Verdict.SEVERAL, None])
def test_what_is_no_answer_is_no_failure(other: Verdict | None) -> None:
    found = verified([other] * 5, [1, other, other, 1, other], [1, 2, 3, other, other], [0, other, other, 1, 1])
    assert states(found) == (1, 1, 2)
    (item,) = found.queue
    assert (item.reason, item.suggestion) == ("wrong_in_all_parsed_trials", None)
    assert item.chance == 0.75**3
    assert (found.step.noticed["label_doubted"], found.step.noticed["label_undecided"]) == (1, 2)
    assert found.summary["unparsed_share"] == (5 + 3 + 2 + 2) / 20
    assert found.summary["verdicts"][other.value if other else "failed"] == 12


def test_how_many_answers_it_takes_can_be_set() -> None:
    answers = ([1, 1, 1, None, None], [1] * 5)
    assert states(verified(*answers, config=LabelConfig(min_parsed=5))) == (0, 1, 1)
    assert states(verified(*answers, config=LabelConfig(min_parsed=3))) == (0, 2, 0)
    with pytest.raises(ValidationError, match=r"min_parsed \(4\) must not exceed"):
        LabelConfig(min_parsed=4, trials=TrialConfig(trials=3))
    assert [LabelConfig(trials=TrialConfig(trials=k)).needed for k in (1, 2, 5)] == [1, 2, 3]


def test_a_question_that_was_not_asked_is_undecided_and_an_old_flag_goes() -> None:
    asked = question(flags=("label_doubted", "refers_to_picture"))
    found = verify_labels([asked], {}, FIVE)
    assert states(found) == (0, 0, 1) and found.step.kept[0].flags == ("refers_to_picture",)
    again = verify_labels(found.step.kept, {asked.id: trials(asked, [1] * 5)}, FIVE)
    assert again.step.kept[0].flags == ("label_doubted", "refers_to_picture")


def test_chance_is_reported_by_number_of_options() -> None:
    asked = [question(f"{n} options, {i}?", options=n) for n in (2, 5) for i in range(4)]
    answers = [[1] * 5, [1, 1, 1, None, None], [0] * 5, [None] * 5] * 2
    found = verify_labels(asked, {q.id: trials(q, a) for q, a in zip(asked, answers, strict=True)}, FIVE)
    two, five = found.summary["by_options"]
    assert [row["options"] for row in (two, five)] == [2, 5]
    doubted = five["doubted"]
    assert (doubted["found"], doubted["of"], doubted["share"]) == (2, 3, 2 / 3)
    assert (doubted["lo"], doubted["hi"]) == wilson(2, 3)
    assert doubted["by_chance"] == pytest.approx(0.8**5 + 0.8**3 + 0.8**5)
    assert two["doubted"]["by_chance"] == pytest.approx(0.5**5 + 0.5**3 + 0.5**5)
    assert two["same_option"]["by_chance"] == 2  # there is only one wrong option
    assert (five["same_option"]["found"], five["same_option"]["of"]) == (2, 2)
    assert five["same_option"]["by_chance"] == pytest.approx(0.25**4 + 0.25**2)
    json.dumps(found.summary, allow_nan=False)


def test_no_questions_give_a_summary_without_shares() -> None:
    found = verify_labels([], {}, FIVE)
    assert (found.summary["items"], found.summary["unparsed_share"], found.summary["by_options"]) == (0, None, [])
    nothing_decided = verified([None] * 5).summary["by_options"][0]["doubted"]
    assert (nothing_decided["of"], nothing_decided["share"], nothing_decided["lo"]) == (0, None, None)


def lettered(of: Question, letter: int, count: int = 5) -> list[Trial]:
    """A model that always answers one letter."""
    return [
        each.model_copy(
            update={
                "choice": each.order[letter],
                "verdict": Verdict.CORRECT if each.order[letter] == of.gold else Verdict.WRONG,
            }
        )
        for each in trials(of, [1] * count)
    ]


def test_answers_that_follow_the_letter_are_noticed() -> None:
    asked = [question(f"Number {i}?") for i in range(40)]
    found = verify_labels(asked, {each.id: lettered(each, 1) for each in asked}, FIVE)
    (row,) = found.summary["by_options"]
    assert row["followed_letter"]["found"] == row["followed_letter"]["of"] == 40
    assert row["followed_letter"]["by_chance"] == pytest.approx(40 * 4 / 4**5)
    assert found.summary["doubted"] == 0  # every option stands at B once, so that one trial is right
    assert found.step.noticed["label_followed_letter"] == 40
    assert said.follows_letter(trials(asked[0], [1] * 5)) is False  # the same option wherever it stands
    assert not said.same_option(lettered(asked[0], 1))
    unshuffled = [each.model_copy(update={"order": (0, 1, 2, 3)}) for each in trials(asked[0], [1] * 5)]
    assert not said.follows_letter(unshuffled) and said.chance_follows_letter(unshuffled) == 0


def test_chances_agree_with_guesses_drawn() -> None:
    """All three formulas against 20,000 guesses at the same trials."""
    asked, draws = question(options=3), random.Random(7)
    base = trials(asked, [1, 1, 1])
    drawn = [[draws.randrange(3) for _ in base] for _ in range(20_000)]
    guessed = [
        [
            each.model_copy(update={"choice": c, "verdict": Verdict.CORRECT if c == asked.gold else Verdict.WRONG})
            for each, c in zip(base, choices, strict=True)
        ]
        for choices in drawn
    ]
    wrong = [each for each in guessed if said.all_wrong(each)]
    assert len(wrong) / 20_000 == pytest.approx(said.chance_all_wrong(3, 3), abs=0.012)
    assert sum(map(said.same_option, wrong)) / len(wrong) == pytest.approx(said.chance_same_wrong(3, 3), abs=0.02)
    follows = sum(map(said.follows_letter, guessed)) / 20_000
    assert follows == pytest.approx(said.chance_follows_letter(base), abs=0.01) and follows > 0


def test_the_suggestion_is_what_was_chosen_most_or_nothing() -> None:
    asked = question()
    for answers, most in (([1, 2, 1], 1), ([1, 2], None), ([None, None], None), ([Verdict.SEVERAL, 3, 3, 1], 3)):
        assert said.most_chosen(trials(asked, answers)) == most


def test_the_queue_does_not_depend_on_the_order_of_the_trials_by_id() -> None:
    asked = [question(f"Number {i}?") for i in range(6)]
    answers = {each.id: trials(each, [1 + i % 3] * 5) for i, each in enumerate(asked)}
    backwards = dict(reversed(list(answers.items())))
    assert verify_labels(asked, answers, FIVE) == verify_labels(asked, backwards, FIVE)
    ids = [item.question.id for item in verify_labels(asked, answers, FIVE).queue]
    assert ids == [each.id for each in asked]
    assert list(itertools.islice(answers, 1)) == ids[:1]
