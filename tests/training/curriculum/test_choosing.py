"""Who is asked next: shares of the parts, replay, the target, and the same choices after a round trip."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from florey.training.curriculum.choosing import Adaptive, ChoiceConfig, InOrder, kept
from florey.training.curriculum.curriculum import Curriculum, CurriculumConfig
from florey.training.curriculum.groups import Group
from florey.training.curriculum.pass_rates import PassRateConfig
from florey.training.curriculum.skipping import SkipConfig


def rows(count: int = 12, orders: int = 1) -> list[dict[str, Any]]:
    return [
        {"question_id": f"q{n:02}", "part": "wrong" if n % 2 else "right", "options": ["a", "b", "c", "d"]}
        for n in range(count)
        for _ in range(orders)
    ]


def group(id: str, right: int, size: int = 8) -> Group:
    correct = tuple(place < right for place in range(size))
    return Group(question_id=id, position=0, options=4, rewards=tuple(map(float, correct)), correct=correct)


def answers(chosen: list[int], table: list[dict[str, Any]], rates: dict[str, float], seed: int) -> list[Group]:
    rng = np.random.default_rng(seed)
    ids = [table[place]["question_id"] for place in chosen]
    return [group(id, int(rng.binomial(8, rates[id]))) for id in ids]


def test_in_order_is_the_rounds_own() -> None:
    found = InOrder(5)
    assert [found.next(3), found.next(3), found.next(3)] == [[0, 1, 2], [3, 4, 0], [1, 2, 3]]
    again = InOrder(5)
    again.load_state_dict({"at": 3})
    assert again.next(3) == [3, 4, 0]


@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 5))
@settings(deadline=None)
def test_shares_hold_over_steps_to_within_one_place(count: int, wrong: int, right: int) -> None:
    table = rows(48)  # enough of both parts
    found = Adaptive(table, {"wrong": wrong, "right": right}, ChoiceConfig(), seed=0)
    got: Counter[str] = Counter()
    for step in range(1, 8):
        got.update(table[place]["part"] for place in found.next(count))
        assert abs(got["wrong"] - step * count * wrong / (wrong + right)) <= 1


def test_a_part_too_small_for_its_share_gives_places_away() -> None:
    table = [row | {"part": "wrong" if n < 1 else "right"} for n, row in enumerate(rows(30))]
    found = Adaptive(table, {"wrong": 2, "right": 1}, ChoiceConfig(), seed=0)
    for _ in range(5):
        assert Counter(table[place]["part"] for place in found.next(16)) == {"wrong": 1, "right": 15}


@pytest.mark.parametrize("count", [2, 4, 5, 8])
def test_easy_replay_holds_in_small_steps(count: int) -> None:
    table = [row | {"part": ""} for row in rows(20)]
    config = ChoiceConfig(replay=0.1, skip=SkipConfig(keep=0.1, floor=0.001), posterior=PassRateConfig(memory=1.0))
    found = Adaptive(table, {}, config, seed=0)
    for _ in range(6):
        found.observe([group(f"q{n:02}", 8 if n < 10 else 3) for n in range(20)])
    asked = [table[place]["question_id"] for _ in range(200) for place in found.next(count)]
    assert sum(id < "q10" for id in asked) / len(asked) == pytest.approx(0.1, abs=0.03)


def test_each_is_asked_before_any_is_asked_twice_in_a_step() -> None:
    found = Adaptive(rows(4), {}, ChoiceConfig(), seed=0)
    assert Counter(Counter(found.next(8)).values()) == {2: 4}


def test_orders_of_the_options_take_turns() -> None:
    found = Adaptive(rows(2, orders=3), {}, ChoiceConfig(), seed=0)
    seen = [sorted(found.next(2)) for _ in range(4)]
    assert seen == [[0, 3], [1, 4], [2, 5], [0, 3]]


def test_a_part_without_questions_gives_its_places_away() -> None:
    table = [row | {"part": "right"} for row in rows(6)]
    assert len(Adaptive(table, {"wrong": 2.0, "right": 1.0}, ChoiceConfig(), seed=0).next(4)) == 4
    assert len(Adaptive(table, {"wrong": 2.0}, ChoiceConfig(), seed=0).next(4)) == 4


def test_the_draw_goes_toward_the_target() -> None:
    """Of questions that are solved, hopeless, or about at the target, the last are asked most."""
    table = [row | {"part": ""} for row in rows(30)]
    rates = {row["question_id"]: (0.99, 0.25, 0.55)[place % 3] for place, row in enumerate(table)}  # 0.55 is 0.4 known
    for config, least in ((ChoiceConfig(), 0.55), (ChoiceConfig(posterior=None, skip=None, replay=0), 0.25)):
        found = Adaptive(table, {}, config, seed=1)
        asked: Counter[float] = Counter()
        for step in range(60):
            chosen = found.next(6)
            if step >= 20:
                asked.update(rates[table[place]["question_id"]] for place in chosen)
            found.observe(answers(chosen, table, rates, step))
        share = asked[0.55] / asked.total()
        assert share > least
        if config.posterior is None:
            assert share < 0.42  # without the posterior it is a third
        else:
            assert min(asked.values()) > 0  # none is ever left out for good


def test_solved_questions_are_replayed() -> None:
    table = [row | {"part": ""} for row in rows(20)]
    counts = {}
    for replay in (0.0, 0.5):
        config = ChoiceConfig(replay=replay, skip={"keep": 0.1, "floor": 0.001}, posterior={"memory": 1.0})
        found = Adaptive(table, {}, config, seed=0)
        for _ in range(6):
            found.observe([group(f"q{n:02}", 8 if n < 10 else 3) for n in range(20)])
        asked = [table[place]["question_id"] for _ in range(20) for place in found.next(8)]
        counts[replay] = sum(id < "q10" for id in asked) / len(asked)
    assert counts[0.0] < 0.1 and counts[0.5] == pytest.approx(0.5, abs=0.02)


def run(curriculum: Curriculum, table: list[dict[str, Any]], steps: range, ahead: int = 1) -> list[list[int]]:
    """As an engine does that reads `ahead` steps before it tells what came of one."""
    rates = {row["question_id"]: (n % 10) / 10 for n, row in enumerate(table)}
    made, waiting = [], []
    for step in steps:
        while len(waiting) <= ahead:
            waiting.append(curriculum.next(4))
        made.append(waiting.pop(0))
        curriculum.observe(answers(made[-1], table, rates, step))
    return made


@pytest.mark.parametrize("choice", [None, ChoiceConfig()])
@pytest.mark.parametrize("stop", [1, 5, 9])
def test_going_on_from_a_state_is_as_if_nothing_had_happened(choice: ChoiceConfig | None, stop: int) -> None:
    table = rows(10, orders=2)
    config = CurriculumConfig(choice=choice, shares={"wrong": 2, "right": 1}, seed=3)
    whole = run(Curriculum(config, table), table, range(12))
    first = Curriculum(config, table)
    before = run(first, table, range(stop))
    after = Curriculum(config, table)
    after.load_state_dict(first.state_dict())
    assert before + run(after, table, range(stop, 12)) == whole
    other = Curriculum(config.model_copy(update={"seed": 4}), table)
    assert (run(other, table, range(12)) != whole) == (choice is not None)


def test_what_the_round_has_learned_since_stands_above_what_it_came_with() -> None:
    """A killed round is given the knowledge of the round before and then its own state, in which a run of groups
    without a gradient may have ended."""
    table = rows(4)
    config = CurriculumConfig(choice=ChoiceConfig(), seed=1)
    before = {"rates": {"counts": {"q00": [1.0, 6.0]}}, "skipping": {"runs": {"q00": -5}}}

    def begun() -> Curriculum:
        curriculum = Curriculum(config, table)
        assert isinstance(curriculum.chooser, Adaptive)
        curriculum.chooser.learn(before)
        return curriculum

    first, again = begun(), begun()
    first.next(4)
    first.observe([group("q00", 3)])
    again.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert again.state_dict() == first.state_dict()
    assert run(again, table, range(1, 9)) == run(first, table, range(1, 9))


def test_what_is_known_of_questions_outside_the_pool_is_kept() -> None:
    first, second = Adaptive(rows(4), {}, ChoiceConfig(), 0), Adaptive(rows(2), {}, ChoiceConfig(), 0)
    first.observe([group("q00", 0), group("q01", 8), group("q03", 8)])
    before = kept(None, first.knowledge(), first.part_of)
    second.learn(before)
    second.observe([group("q01", 3)])
    after = kept(before, second.knowledge(), second.part_of)
    counts, runs = after["rates"]["counts"], after["skipping"]["runs"]
    assert counts["q03"] == before["rates"]["counts"]["q03"] and counts["q01"] == [0.7 * 8 + 3, 5]
    assert runs == {"q00": -1, "q03": 1}  # q01 is mixed by now: its run of before is not brought back
    assert after["rates"]["strata"] == second.rates.state_dict()["strata"]


def test_who_is_passed_over_comes_last_and_still_comes() -> None:
    """Drawn at random but for the skipping: hopeless questions are asked about as often as their floor says."""
    table = [row | {"part": ""} for row in rows(20)]
    shares = {}
    for name, skip in (("off", None), ("on", {"keep": 0.5, "floor": 0.1})):
        found = Adaptive(table, {}, ChoiceConfig(posterior=None, replay=0, skip=skip), seed=2)
        for _ in range(6):
            found.observe([group(f"q{n:02}", 0 if n < 10 else 3) for n in range(20)])
        asked = [table[place]["question_id"] for _ in range(200) for place in found.next(5)]
        shares[name] = sum(id < "q10" for id in asked) / len(asked)
    # on: one of ten hopeless ones is not passed over at a time, and stands among ten others
    assert shares["off"] == pytest.approx(0.5, abs=0.05) and shares["on"] == pytest.approx(1 / 11, abs=0.03)


@pytest.mark.parametrize(("memory", "least", "most"), [(0.95, 0.8, 1.0), (None, 0.3, 0.7)])
def test_what_a_few_easy_ones_show_is_held_of_all_easy_ones(memory: float | None, least: float, most: float) -> None:
    """Half of the pool is solved; a twentieth of it was asked. What is asked next comes from the other half."""
    table = [row | {"part": "", "tier": "easy" if n % 2 else "difficult"} for n, row in enumerate(rows(200))]
    config = ChoiceConfig(replay=0, posterior=PassRateConfig(stratum_memory=memory))
    found = Adaptive(table, {}, config, seed=0)
    asked = [table[place]["question_id"] for place in range(10)]
    found.observe([group(id, 4 if place % 2 == 0 else 8) for place, id in enumerate(asked)])
    tiers = [table[place]["tier"] for _ in range(20) for place in found.next(8)]
    assert least <= tiers.count("difficult") / len(tiers) <= most


@pytest.mark.parametrize(("weight", "least", "most"), [(16, 0.8, 0.95), (2, 0.6, 0.78), (None, 0.35, 0.65)])
def test_of_a_pool_that_is_mostly_solved_most_places_go_to_what_teaches(
    weight: int | None, least: float, most: float
) -> None:
    """A policy that stays as it is, four fifths of 800 questions nearly always right. At random 42% of the groups would
    have a gradient. Solved questions are asked all the same."""
    strata = {"stratum_memory": None} if weight is None else {"stratum_weight": weight}
    config = ChoiceConfig(posterior=PassRateConfig.model_validate(strata))
    taught, solved = [], 0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        rate = np.concatenate([rng.beta(19, 1, size=640), rng.beta(2, 3, size=160)])
        table = [
            {"question_id": f"q{n:03}", "part": "", "options": list("abcd"), "tier": "easy" if n < 640 else "difficult"}
            for n in range(800)
        ]
        found = Adaptive(table, {}, config, seed)
        for step in range(60):
            chosen = found.next(16)
            correct = [tuple((rng.random(8) < rate[place]).tolist()) for place in chosen]
            groups = [
                Group(table[place]["question_id"], place, 4, tuple(map(float, right)), right)
                for place, right in zip(chosen, correct, strict=True)
            ]
            found.observe(groups)
            if step >= 10:
                taught += [group.informative for group in groups]
                solved += sum(place < 640 for place in chosen)
    assert least <= np.mean(taught) <= most
    assert solved >= 3 * 50
