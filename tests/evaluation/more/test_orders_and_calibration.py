"""Orders and confidence: models that are known, by hand and by property."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.answer import completion
from florey.evaluation.calibration import aurc, calibration, ece, selective
from florey.evaluation.orders import orders
from florey.evaluation.verdicts import Scored, scored
from florey.inference.shuffling import shuffled
from florey.records import Prediction, Question, Verdict


def asked(number: int, options: int) -> Question:
    texts = tuple(f"disease {number} {place}" for place in range(options))
    return Question(stem=f"Q {number}?", options=texts, gold=number % options, source="t").identified()


def cyclic(question: Question, choose: object) -> list[Scored]:
    """All its orders; `choose(shown question)` is the place that the model names."""
    made = []
    for turn in range(len(question.options)):
        shown, order = shuffled(question, 0, turn)
        text = completion("x", choose(shown))  # type: ignore[operator]
        made.append(
            scored(
                question,
                Prediction(
                    question_id=question.id, model="m", sample=turn, text=text, tokens=1, finished=True, order=order
                ),
            )
        )
    return made


@pytest.mark.parametrize("count", [3, 4, 10, 21])
def test_who_knows_and_who_always_names_one_letter(count: int) -> None:
    items = [asked(number, count) for number in range(12)]
    knows = orders([cyclic(item, lambda shown: shown.gold) for item in items])
    always = orders([cyclic(item, lambda shown: 1) for item in items])
    assert knows.orders == count and knows.same and knows.all_same and always.same and always.all_same
    assert knows.same.value == knows.all_same.value == 1 and knows.spread == 0
    assert knows.attraction == pytest.approx(0)  # in a full round, every place is right equally often
    assert always.same.value == always.all_same.value == 0
    assert always.attraction == pytest.approx(1 - 1 / count)
    assert [place.chosen for place in always.places] == [float(place == 1) for place in range(count)]
    assert [place.recall.value for place in always.places if place.recall] == [
        float(place == 1) for place in range(count)
    ]


def test_one_order_has_no_consistency_and_still_has_places() -> None:
    items = [asked(number, 4) for number in range(8)]
    made = [
        [scored(item, Prediction(question_id=item.id, model="m", text=completion("x", 0), tokens=1, finished=True))]
        for item in items
    ]
    found = orders(made)
    assert (found.orders, found.same, found.all_same) == (1, None, None)
    assert found.attraction == pytest.approx(0.75) and found.places[0].chosen == 1


def test_who_names_nothing_is_never_the_same() -> None:
    item = asked(0, 4)
    mute = [
        each.model_copy(update={"choice": None, "place": None, "verdict": Verdict.UNPARSED})
        for each in cyclic(item, lambda q: 0)
    ]
    found = orders([mute])
    assert found.same and found.all_same and found.same.value == found.all_same.value == 0 and found.attraction == 0


def test_samples_in_one_order_say_nothing_of_orders() -> None:
    item = asked(0, 2)
    one, other = cyclic(item, lambda shown: 0)  # names the first place, so the options differ
    found = orders([[one, one.model_copy(update={"sample": 2}), other, other.model_copy(update={"sample": 3})]])
    assert found.same and found.same.value == 0 and found.orders == 2


def test_the_interval_of_attraction_covers_it_and_is_of_items() -> None:
    rng = np.random.default_rng(5)
    items = [[cyclic(asked(n, 4), lambda shown: int(rng.integers(4)))[0]] for n in range(60)]
    found, again = orders(items), orders([item * 9 for item in items])
    assert found.attraction_lo is not None and found.attraction_hi is not None
    assert found.attraction_lo < found.attraction_hi
    assert (again.attraction_lo, again.attraction_hi) == pytest.approx((found.attraction_lo, found.attraction_hi))
    assert orders(items[:1]).attraction_lo is None  # one item says nothing of its spread


def sure(confidence: float, right: bool, number: int) -> list[Scored]:
    return [
        Scored(
            question_id=f"q{number}",
            answer_id=f"q{number}",
            verdict=Verdict.CORRECT if right else Verdict.WRONG,
            options=4,
            choice=0 if right else 1,
            gold=0,
            confidence=confidence,
        )
    ]


def test_calibration_by_hand() -> None:
    made = [sure(0.95, True, n) for n in range(8)] + [sure(0.95, False, 8 + n) for n in range(2)]
    made += [sure(0.35, n == 0, 20 + n) for n in range(10)]
    mute = [sure(0.5, True, 40)[0].model_copy(update={"choice": None, "confidence": None, "verdict": Verdict.UNPARSED})]
    found = calibration([*made, mute])
    assert found and (found.by, found.n, found.abstained, found.unknown) == ("probability", 20, 1, 0)
    assert found.ece == pytest.approx((10 * 0.15 + 10 * 0.25) / 20)
    assert found.ece_lo is not None and found.ece_hi is not None and found.ece_lo <= found.ece <= found.ece_hi
    brier = (8 * 0.05**2 + 2 * 0.95**2 + 1 * 0.65**2 + 9 * 0.35**2) / 20
    assert found.brier.value == pytest.approx(brier)
    assert [(b.lo, b.n, b.accuracy.value) for b in found.bins] == [(0.3, 10, 0.1), (0.9, 10, 0.8)]
    half = next(each for each in found.selective if each.n == 10)
    assert half.accuracy == pytest.approx(0.8)  # the surest ten are the first


def test_copies_of_an_item_make_no_interval_narrower() -> None:
    made = [sure(0.9 - n % 3 / 10, n % 2 == 0, n) for n in range(40)]
    once, often = calibration(made), calibration([item * 20 for item in made])
    assert once and often
    for name in ("ece", "aurc"):
        one, many = ((getattr(c, f"{name}_lo"), getattr(c, f"{name}_hi")) for c in (once, often))
        assert one == pytest.approx(many, abs=0.03) and one[1] - one[0] > 0.05
    assert once.aurc_lo is not None and once.aurc_hi is not None and once.aurc_lo <= once.aurc <= once.aurc_hi
    alone = calibration([made[0] * 5])
    assert alone and (alone.ece_lo, alone.aurc_hi) == (None, None)
    half = next(each for each in once.selective if each.coverage == 0.5)
    assert half.lo is not None and half.hi is not None and half.lo <= half.accuracy <= half.hi


def test_the_order_of_the_file_says_nothing_of_risk() -> None:
    made = [sure(0.1, False, n) for n in range(20)] + [sure(0.9, True, 20 + n) for n in range(20)]  # surest last
    found = calibration(made)
    assert found and found.aurc_lo is not None and found.aurc_hi is not None
    assert found.aurc_lo <= found.aurc <= found.aurc_hi < 0.5
    half = next(each for each in found.selective if each.coverage == 0.5)
    assert half.accuracy == half.hi == 1


def test_agreement_over_samples_where_there_are_no_probabilities() -> None:
    def votes(number: int, *choices: int | None) -> list[Scored]:
        base = sure(1.0, True, number)[0].model_copy(update={"confidence": None})
        return [base.model_copy(update={"sample": n, "choice": c}) for n, c in enumerate(choices)]

    found = calibration([votes(0, 0, 0, 1), votes(1, 2, 2, 2), votes(2, None, None, None)])
    assert found and (found.by, found.n, found.abstained) == ("agreement", 2, 1)
    assert found.confidence == pytest.approx((2 / 3 + 1) / 2) and found.accuracy.value == 0.5
    assert calibration([votes(0, 0)]) is None  # one sample without probabilities says nothing


def test_of_options_with_as_many_votes_the_first_counts_and_mute_samples_lower_the_confidence() -> None:
    base = sure(1.0, True, 0)[0].model_copy(update={"confidence": None})

    def item(number: int, gold: int, *choices: int | None) -> list[Scored]:
        named = {"question_id": f"q{number}", "answer_id": f"q{number}", "gold": gold}
        return [base.model_copy(update={**named, "sample": n, "choice": c}) for n, c in enumerate(choices)]

    found = calibration([item(0, 1, 1, 0), item(1, 0, 0, 0, None)])
    assert found and found.accuracy.value == 0.5  # the first item is answered 0, and 1 is right
    assert found.confidence == pytest.approx((1 / 2 + 2 / 3) / 2)


answers = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


@given(answers)
def test_bounds_and_order(made: list[tuple[float, bool]]) -> None:
    confidence, right = np.array([c for c, _ in made]), np.array([float(r) for _, r in made])
    assert 0 <= ece(confidence, right) <= 1 and 0 <= aurc(confidence, right) <= 1
    turned = np.arange(len(made))[::-1]
    assert aurc(confidence[turned], right[turned]) == pytest.approx(aurc(confidence, right))  # ties count by halves
    whole = selective(confidence, right, len(made))[-1]
    assert whole.accuracy == pytest.approx(right.mean()) and whole.n == len(made)


@given(st.lists(st.booleans(), min_size=2, max_size=30))
def test_who_is_surest_where_right_has_the_least_risk(right: list[bool]) -> None:
    values = np.array([float(each) for each in right])
    best, worst = aurc(values, values), aurc(1 - values, values)
    assert best <= worst + 1e-12
