"""Models on the same items: differences counted by hand, tests against what is known, items that must be the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.evaluation.conftest import ASKING, items, predictions, right, right_with, wrong

from florey.errors import BadInput
from florey.evaluation.comparison import compare_evaluations, sign_flip
from florey.evaluation.statistics import mcnemar
from florey.evaluation.stored import Evaluation
from florey.evaluation.tables import difference_table, flip_table
from florey.records import Question

Stored = Callable[..., Evaluation]


def right_on(first: int, last: int) -> Callable[[Question, int], str]:
    """Right on the items with these numbers."""

    def say(question: Question, sample: int) -> str:
        number = int(question.stem.split()[1])
        return right(question) if first <= number < last else wrong(question)

    return say


def test_a_difference_by_hand(stored: Stored) -> None:
    asked = items("medqa", 20)
    before = stored("a", {"medqa": (asked, predictions(asked, right_on(0, 10)))})
    after = stored("b", {"medqa": (asked, predictions(asked, right_on(2, 18)))})
    compared = compare_evaluations({"before": before, "after": after})
    found, macro = compared.differences
    assert (found.accuracy_before, found.accuracy_after) == (0.5, 0.8)
    assert (found.gained, found.lost, found.p) == (8, 2, mcnemar(8, 2))
    assert found.difference == pytest.approx(0.3) and found.lo < found.difference < found.hi
    assert (macro.benchmark, macro.difference, macro.test) == ("macro", pytest.approx(0.3), "sign flip")
    assert macro.p == pytest.approx(mcnemar(8, 2), abs=0.02)  # with one item a cluster they are one test
    gained = [flip for flip in compared.flips if flip.gained]
    assert len(compared.flips) == 10 and len(gained) == 8
    assert all(flip.after == flip.gold != flip.before for flip in gained)
    assert compared.accuracies == {"before": {"medqa": 0.5, "macro": 0.5}, "after": {"medqa": 0.8, "macro": 0.8}}


def test_the_macro_average_weighs_benchmarks_alike(stored: Stored) -> None:
    small, large = items("medbullets", 10), items("medqa", 200)
    first = {"s": (small, predictions(small, wrong)), "l": (large, predictions(large, right))}
    second = {"s": (small, predictions(small, right)), "l": (large, predictions(large, right))}
    compared = compare_evaluations({"a": stored("a", first), "b": stored("b", second)})
    macro = compared.differences[-1]
    assert macro.difference == pytest.approx(0.5) and (macro.gained, macro.lost) == (10, 0)
    assert macro.p < 0.01
    assert macro.lo < 0.45 and 0.5 < macro.hi < 0.6  # although neither difference varies over its items


def test_pairs_and_holm_within_their_families(stored: Stored) -> None:
    asked = items("medqa", 60)
    models = {name: stored(name, {"medqa": (asked, predictions(asked, right_with(share)))}) for name, share in SHARES}
    first, every = (compare_evaluations(models, pairs=pairs) for pairs in ("first", "all"))  # type: ignore[arg-type]
    assert [(each.before, each.after) for each in first.differences[::2]] == [("a", "b"), ("a", "c")]
    assert [(each.before, each.after) for each in every.differences[::2]] == [("a", "b"), ("a", "c"), ("b", "c")]
    for each in every.differences:
        assert each.p <= each.p_holm <= min(1, 3 * each.p) + 1e-12
    assert max(d.p_holm / d.p for d in every.differences) > max(d.p_holm / d.p for d in first.differences) >= 1


SHARES = (("a", 0.3), ("b", 0.5), ("c", 0.7))


def test_equal_models_differ_in_nothing(stored: Stored) -> None:
    asked = items("medqa", 30)
    made = predictions(asked, right_with(0.5))
    compared = compare_evaluations({name: stored(name, {"medqa": (asked, made)}) for name in "ab"})
    for each in compared.differences:
        assert (each.difference, each.p, each.gained, each.lost) == (0, 1, 0, 0) and each.lo <= 0 <= each.hi
    assert compared.flips == ()


def test_under_the_null_small_p_values_are_rare(stored: Stored) -> None:
    """Two models of one skill, forty times: p below 0.05 in about two of them."""
    rng = np.random.default_rng(5)
    small = [sign_flip(rng.choice([-1.0, 1.0], size=40), seed) <= 0.05 for seed in range(200)]
    assert 1 <= sum(small) <= 20


def test_several_samples_flip_by_majority(stored: Stored) -> None:
    asked = items("medqa", 6)
    mostly = predictions(asked, lambda question, sample: (right if sample != 1 else wrong)(question), samples=3)
    rarely = predictions(asked, lambda question, sample: (right if sample == 1 else wrong)(question), samples=3)
    compared = compare_evaluations(
        {"a": stored("a", {"medqa": (asked, rarely)}), "b": stored("b", {"medqa": (asked, mostly)})}
    )
    found = compared.differences[0]
    assert (found.difference, found.gained, found.lost) == (pytest.approx(1 / 3), 6, 0)


def test_other_items_are_refused(stored: Stored) -> None:
    asked = items("medqa", 8)
    whole = stored("a", {"medqa": (asked, predictions(asked, right))})
    part = stored("b", {"medqa": (asked[:6], predictions(asked[:6], right))})
    turned = stored("c", {"medqa": (asked[::-1], predictions(asked[::-1], right))})
    with pytest.raises(BadInput, match=r"a and b must have the same items of medqa; 2 are in one of them only.* of a"):
        compare_evaluations({"a": whole, "b": part})
    with pytest.raises(BadInput, match="another order or number"):
        compare_evaluations({"a": whole, "c": turned})


def test_items_that_were_changed_under_their_ids_are_refused(stored: Stored) -> None:
    asked = items("medqa", 8)
    changed = [*asked[:3], asked[3].model_copy(update={"gold": (asked[3].gold + 1) % 4}), *asked[4:]]
    one, other = (
        stored(name, {"medqa": (each, predictions(each, right))}) for name, each in (("a", asked), ("b", changed))
    )
    with pytest.raises(BadInput, match=f"item {asked[3].id} of medqa has another text or right answer in b than in a"):
        compare_evaluations({"a": one, "b": other})
    filed = [question.model_copy(update={"specialty": "another"}) for question in asked]
    same = stored("c", {"medqa": (filed, predictions(filed, right))})  # how an item is filed is no other item
    assert compare_evaluations({"a": one, "c": same}).differences[0].difference == 0


def test_a_policy_without_its_answers_is_refused(stored: Stored) -> None:
    asked = items("medqa", 6)
    kept = {"medqa": (asked, predictions(asked, right))}
    plain = stored("b", kept, ASKING.model_copy(update={"forced_tokens": 0}))
    with pytest.raises(BadInput, match="--force-after"):
        compare_evaluations({"a": stored("a", kept), "b": plain}, policy="force")


def test_only_what_all_have_is_compared_and_the_rest_is_told(stored: Stored) -> None:
    medqa, jmed = items("medqa", 6), items("jmed", 6)
    both = {"medqa": (medqa, predictions(medqa, right)), "jmed": (jmed, predictions(jmed, right))}
    one = stored("a", both)
    other = stored("b", {"medqa": both["medqa"]})
    compared = compare_evaluations({"a": one, "b": other})
    assert compared.left_out == {"jmed": ("a",)} and {d.benchmark for d in compared.differences} == {"medqa", "macro"}
    with pytest.raises(BadInput, match="no benchmark has verdicts in all of them"):
        compare_evaluations({"b": other, "c": stored("c", {"jmed": both["jmed"]})})
    with pytest.raises(BadInput, match="at least two"):
        compare_evaluations({"a": one})


def test_tables_show_what_was_found(stored: Stored) -> None:
    asked = items("medqa", 20)
    compared = compare_evaluations(
        {
            "base": stored("a", {"medqa": (asked, predictions(asked, right_on(0, 10)))}),
            "tuned": stored("b", {"medqa": (asked, predictions(asked, right_on(2, 18)))}),
        }
    )
    row = difference_table(compared).rows[0]
    assert row[:5] == ("base -> tuned", "medqa", "20", "50.0", "80.0") and row[6] == "+8 -2"
    flips = flip_table(compared, most=3)
    assert len(flips.rows) == 3 and flips.note == "The first 3 of 10."
