import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from florey.curation.difficulty import DifficultyConfig, score, tier, tiered
from florey.curation.difficulty.features import judge_by_features
from florey.records import Difficulty, Question

DEFAULT = DifficultyConfig()


def features(conditions, options, hops=1, rarity=0.0, overlap=0.0):
    return Difficulty(hops=hops, conditions=conditions, options=options, rarity=rarity, overlap=overlap, score=0)


CELLS = {
    (2, 3): "easy",
    (3, 3): "easy",
    (2, 4): "moderate",
    (3, 4): "moderate",
    (4, 3): "moderate",
    (4, 4): "difficult",
    (5, 4): "difficult",
    (4, 5): "difficult",
}


@pytest.mark.parametrize(("cell", "expected"), CELLS.items())
@given(rarity=st.floats(0, 1), overlap=st.floats(0, 1))
def test_conditions_and_options_decide_whatever_rarity_and_overlap(cell, expected, rarity, overlap):
    assert tier(features(*cell, rarity=rarity, overlap=overlap), DEFAULT) == expected


def test_two_further_hops_count_as_a_condition():
    assert score(features(3, 3, hops=3), DEFAULT) == score(features(4, 3), DEFAULT)


def test_rarity_and_overlap_order_within_a_tier():
    scores = [score(features(3, 4, rarity=r, overlap=o), DEFAULT) for r, o in ((0, 0), (0.5, 0), (0.5, 1), (1, 1))]
    assert scores == sorted(set(scores))


def test_weights_and_borders_are_knobs():
    config = DifficultyConfig(weight_rarity=5, difficult_from=11)
    assert tier(features(2, 3, rarity=1), config) == "difficult"


def test_refused():
    with pytest.raises(ValidationError, match="easy_below"):
        DifficultyConfig(easy_below=5, difficult_from=4)
    with pytest.raises(ValidationError):
        DifficultyConfig(weight_options=-1)
    with pytest.raises(ValidationError):
        DifficultyConfig(weight_option=1)


def test_tiered_keeps_a_tier_given_elsewhere():
    public = Question(stem="What?", options=("a", "b"), gold=0, source="x", tier="moderate")
    assert tiered(public, DEFAULT) is public
    synthetic = tiered(public.model_copy(update={"difficulty": features(4, 4)}), DEFAULT)
    assert (synthetic.tier, synthetic.difficulty.score) == ("difficult", 12.0)


def test_as_a_judge_it_says_what_it_says_as_a_score_and_nothing_of_a_question_from_no_graph():
    plain = Question(stem="s", options=("a", "b"), gold=0, source="x").identified()
    made = plain.model_copy(update={"id": "q-made", "difficulty": features(3, 4, rarity=0.5)})
    graphless, judged = judge_by_features([plain, made], DEFAULT)
    assert (graphless.tier, graphless.score, graphless.question_id) == (None, None, plain.id)
    assert (judged.tier, judged.score) == ("moderate", score(made.difficulty, DEFAULT))
    assert judged.detail == {"hops": 1, "conditions": 3, "options": 4, "rarity": 0.5, "overlap": 0}
