import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.curation.duplicates import NearConfig, bands, exact_duplicates, jaccard, near_duplicates, tokens
from florey.records import ANSWER, Condition, Question


def text_item(stem, options=("yes", "no"), gold=0, split="train", id=""):
    question = Question(stem=stem, options=options, gold=gold, source="test", split=split, id=id)
    return question if id else question.identified()


def graph_item(findings, options, split="train", id="", holds=True):
    """Options "D:<n>", the first is gold; every stem shares its template."""
    conditions = tuple(
        Condition(subject=ANSWER, relation="has_finding", object=f"HP:{f}", holds=holds) for f in findings
    )
    return Question(
        id=id,
        stem="A patient has all of these findings; which one disease explains every one? "
        + ", ".join(map(str, findings)),
        options=tuple(f"disease {o}" for o in options),
        option_ids=tuple(f"D:{o}" for o in options),
        conditions=conditions,
        gold=0,
        source="test",
        split=split,
    )


NEAR = NearConfig()


def test_exact_ignores_order_of_options_case_and_spacing():
    pair = [
        text_item("What  is it?", ("Yes", "No"), id="q-2"),
        text_item("what is IT", ("no", "yes "), gold=1, id="q-1"),
    ]
    assert exact_duplicates(pair) == {0: "exact_duplicate"}


def test_exact_keeps_other_options_and_other_stems():
    kept = [text_item("What?"), text_item("What?", ("yes", "maybe")), text_item("Why?")]
    assert exact_duplicates(kept) == {}


def test_contradicting_copies_all_go():
    items = [text_item("What?", gold=0, id="a"), text_item("What?", gold=1, id="b"), text_item("Why?", id="c")]
    assert exact_duplicates(items) == {0: "contradicting_answers", 1: "contradicting_answers"}


@pytest.mark.parametrize("held_out", ["test", "dev"])
def test_a_duplicate_is_taken_from_training_never_from_held_out(held_out):
    exact = [text_item("What?", id="q-1"), text_item("What?", split=held_out, id="q-2")]
    assert exact_duplicates(exact) == {0: f"exact_duplicate_of_{held_out}"}
    near = [graph_item([1, 2], [1, 2, 3], id="q-1"), graph_item([2, 1], [1, 3, 2], held_out, id="q-2")]
    assert near_duplicates(near, NEAR) == {0: f"near_duplicate_of_{held_out}"}


def test_shared_template_words_do_not_make_near_duplicates():
    items = [graph_item([1, 2], [1, 2, 3, 4], id="a"), graph_item([5, 6], [7, 8, 9, 10], id="b")]
    assert near_duplicates(items, NEAR) == {}


def test_same_answer_and_findings_with_other_options_is_kept_until_the_threshold_says_so():
    items = [graph_item([1, 2, 3, 4], [1, 2, 3, 4], id="a"), graph_item([1, 2, 3, 4], [1, 5, 6, 7], id="b")]
    assert jaccard(tokens(items[0]), tokens(items[1])) == 5 / 11
    assert near_duplicates(items, NEAR) == {}
    assert near_duplicates(items, NearConfig(threshold=5 / 11)) == {1: "near_duplicate"}


def test_a_finding_and_its_absence_differ():
    assert tokens(graph_item([1], [1, 2])) != tokens(graph_item([1], [1, 2], holds=False))


def test_text_near_duplicate_by_shingles():
    words = [f"word{i}" for i in range(60)]
    changed = [*words[:59], "other"]
    items = [text_item(" ".join(words), id="a"), text_item(" ".join(changed), id="b")]
    assert near_duplicates(items, NEAR) == {1: "near_duplicate"}
    assert near_duplicates([items[0], text_item(" ".join(words[::-1]), id="b")], NEAR) == {}


@given(st.lists(st.tuples(st.sampled_from(["train", "dev", "test"]), st.integers(0, 30)), max_size=20), st.randoms())
def test_kept_set_is_free_of_pairs_and_of_input_order(rows, random):
    items = [
        graph_item([n % 5, 10 + n % 3], [1, 2 + n % 2, 5], split, id=f"q-{i:02}") for i, (split, n) in enumerate(rows)
    ]
    dropped = near_duplicates(items, NEAR)
    kept = [item for i, item in enumerate(items) if i not in dropped]
    assert all(jaccard(tokens(a), tokens(b)) < 0.8 for a in kept for b in kept if a is not b)
    shuffled = list(items)
    random.shuffle(shuffled)
    again = near_duplicates(shuffled, NEAR)
    assert {item.id for item in kept} == {item.id for i, item in enumerate(shuffled) if i not in again}


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 1.0])
def test_lsh_misses_almost_nothing_at_the_threshold(threshold):
    count = bands(threshold, 128)
    assert 128 % count == 0
    assert 1 - (1 - threshold ** (128 / count)) ** count >= 0.999 or count == 128


def test_lsh_finds_pairs_among_many():
    rng = np.random.default_rng(0)
    firsts = [
        graph_item(sorted(rng.choice(500, 8, False).tolist()), range(i, i + 4), id=f"a{i:03}") for i in range(200)
    ]
    copies = [
        item.model_copy(update={"id": "b" + item.id, "conditions": item.conditions[:-1] + item.conditions[:1]})
        for item in firsts  # one finding fewer: 11 of 12 tokens shared
    ]
    assert len(near_duplicates([*firsts, *copies], NEAR)) == 200
