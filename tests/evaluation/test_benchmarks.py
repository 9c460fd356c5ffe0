"""Scores of stored evaluations: counted by hand, at full size, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.evaluation.conftest import ASKING, items, predictions, right, right_with, wrong

from florey.answer import completion
from florey.errors import BadInput
from florey.evaluation.benchmarks import SMALLEST, macro, read_verdicts, score_evaluation
from florey.evaluation.comparison import compare_evaluations
from florey.evaluation.published import ABLATION, COLUMNS, MAIN, average
from florey.evaluation.stored import open_evaluation
from florey.evaluation.tables import samples_table
from florey.evaluation.verdicts import Scored, cluster_of
from florey.records import LETTERS, Condition, Prediction, Question, Verdict

SIZES = {
    "careqa": (5621, 4),
    "jmed": (1000, 21),
    "medbullets_op4": (308, 4),
    "medmcqa": (4183, 4),
    "medqa": (1273, 4),
    "medxpertqa_text": (2450, 10),
    "pubmedqa": (1000, 3),
    "mmlu_pro_biology": (717, 10),
    "mmlu_pro_health": (818, 10),
}


def test_all_nine_at_full_size(stored: Callable[..., Any]) -> None:
    questions = {name: items(name, count, options) for name, (count, options) in SIZES.items()}
    say = right_with(0.6)
    evaluation = stored("a", {name: (asked, predictions(asked, say)) for name, asked in questions.items()})
    found = score_evaluation(evaluation)
    for score in found.benchmarks:
        asked = questions[score.name]
        truth = sum(say(question, 0) == right(question) for question in asked) / len(asked)
        assert (score.items, score.n, score.accuracy) == (SIZES[score.name][0], len(asked), pytest.approx(truth))
        assert score.lo < truth < score.hi and score.wilson_lo < truth < score.wilson_hi
        assert score.clusters == len(asked)  # public items are no clusters by the text of their answers
        assert score.chance == pytest.approx(1 / SIZES[score.name][1])
    accuracies = [score.accuracy for score in found.benchmarks]
    assert found.macro.accuracy == pytest.approx(sum(accuracies) / 9) and len(found.macro.over) == 9
    assert found.macro.lo < found.macro.accuracy < found.macro.hi
    assert found.macro.micro != pytest.approx(found.macro.accuracy, abs=1e-6)
    assert found.macro.hi - found.macro.lo < min(
        score.hi - score.lo for score in found.benchmarks if score.items < 1500
    )


def test_five_verdicts_and_failures_are_told_apart(stored: Callable[..., Any]) -> None:
    asked = items("medqa", 7)
    texts = [right(asked[0]), wrong(asked[1]), "dunno", "<think>and", completion("x", 0) + "<answer>B</answer>", "", ""]
    made = predictions(asked, lambda question, _: texts[asked.index(question)])
    made[3] = made[3].model_copy(update={"finished": False})
    made[5] = made[5].model_copy(update={"finished": False, "failure": "timeout: no whole answer"})
    (score,) = score_evaluation(stored("a", {"medqa": (asked, made)})).benchmarks
    assert score.verdicts == {"correct": 1, "wrong": 1, "unparsed": 2, "truncated": 2, "several": 1}
    assert score.failures == 1 and score.accuracy == pytest.approx(1 / 7)
    assert score.parsed.accuracy == pytest.approx(2 / 7)


def test_a_forced_answer_counts_only_where_the_policy_says_so(stored: Callable[..., Any]) -> None:
    asked = items("medqa", 4)
    made = predictions(asked, lambda question, _: "<think>and", finished=False)
    made[0] = made[0].model_copy(update={"forced": f"<answer>{asked[0].letter}</answer>"})
    made[1] = made[1].model_copy(update={"forced": f"<answer>{LETTERS[(asked[1].gold + 1) % 4]}</answer>"})
    made[2] = made[2].model_copy(update={"forced": "hm"})
    evaluation = stored("a", {"medqa": (asked, made)})
    (strict,), (forced,) = (score_evaluation(evaluation, policy).benchmarks for policy in ("wrong", "force"))
    assert (strict.policy, strict.accuracy, strict.verdicts[Verdict.TRUNCATED], strict.forced) == ("wrong", 0, 4, 0)
    assert (forced.policy, forced.accuracy, forced.forced) == ("force", 0.25, 3)
    assert forced.verdicts == {"correct": 1, "wrong": 1, "unparsed": 1, "truncated": 1, "several": 0}


def test_a_policy_without_its_answers_is_refused(stored: Callable[..., Any]) -> None:
    asked = items("medqa", 3)
    plain = ASKING.model_copy(update={"forced_tokens": 0})
    evaluation = stored("a", {"medqa": (asked, predictions(asked, right))}, plain)
    with pytest.raises(BadInput, match="--force-after"):
        score_evaluation(evaluation, "force")


def test_a_choice_is_mapped_back_through_the_order(stored: Callable[..., Any]) -> None:
    (asked,) = items("medqa", 1)
    order = (2, 0, 3, 1)
    text = completion("x", order.index(asked.gold))
    made = [Prediction(question_id=asked.id, model="m", text=text, tokens=1, finished=True, order=order)]
    (score,) = score_evaluation(stored("a", {"medqa": ([asked], made)})).benchmarks
    assert score.accuracy == 1


def test_copies_are_asked_once_and_count_as_often_as_they_stand(stored: Callable[..., Any]) -> None:
    asked = items("careqa", 6)
    twice = [*asked, asked[0], asked[0]]
    made = predictions(twice, lambda question, _: right(question) if question is asked[0] else wrong(question))
    (score,) = score_evaluation(stored("a", {"careqa": (twice, made)})).benchmarks
    assert (score.items, score.accuracy, score.clusters) == (8, pytest.approx(3 / 8), 6)


def test_several_samples(stored: Callable[..., Any]) -> None:
    asked = items("medqa", 8)
    made = predictions(asked, lambda question, sample: (right if sample < 3 else wrong)(question), samples=4)
    (score,) = score_evaluation(stored("a", {"medqa": (asked, made)})).benchmarks
    assert score.samples == (4, 4) and score.accuracy == pytest.approx(0.75) and score.clusters == 8
    assert score.majority and score.majority.accuracy == 1
    assert {k: cell.accuracy for k, cell in score.passes.items()} == {1: pytest.approx(0.75), 2: 1, 4: 1}


def test_an_item_weighs_alike_however_many_orders_its_options_have(stored: Callable[..., Any]) -> None:
    few, many = items("mmlu_pro", 10, 3), items("mmlu_pro", 10, 9)
    made = [
        prediction
        for question in (*few, *many)
        for prediction in predictions([question], right if question in few else wrong, samples=len(question.options))
    ]
    cyclic = ASKING.model_copy(update={"orders": "cyclic", "turns": 0})
    evaluation = stored("a", {"mmlu_pro": ([*few, *many], made), "medqa": (few, made[:30])}, cyclic)
    found = score_evaluation(evaluation)
    score = found.benchmarks[1]
    assert (score.accuracy, score.n, score.clusters) == (0.5, 120, 20)  # and not 30 of 120 predictions
    assert score.lo < 0.5 < score.hi and score.wilson_lo < 0.5 < score.wilson_hi
    assert score.chance == pytest.approx((1 / 3 + 1 / 9) / 2)
    assert found.macro.micro == pytest.approx(20 / 30)  # over items
    assert {each.value: each.accuracy for each in score.subgroups if each.axis == "kind"} == {
        "kind 0": 0.5,
        "kind 1": 0.5,
    }
    compared = compare_evaluations({"x": evaluation, "y": evaluation})
    assert compared.accuracies["x"] == {"medqa": 1, "mmlu_pro": 0.5, "macro": 0.75}  # what scoring says


def test_answers_without_options_have_no_majority(stored: Callable[..., Any]) -> None:
    asked = items("careqa_open", 6)
    made = predictions(asked, right, samples=2)
    twice = ASKING.model_copy(update={"samples": 2})
    evaluation = stored("a", {"careqa_open": (asked, made)}, twice, reading="free")
    said = {
        (each.question_id, each.sample): Scored(
            question_id=each.question_id,
            answer_id=each.question_id,
            verdict=Verdict.CORRECT,
            options=4,
            sample=each.sample,
        )
        for each in made
    }
    verdicts = read_verdicts(evaluation, free={"careqa_open": said})
    found = score_evaluation(evaluation, verdicts=verdicts)
    (score,) = found.benchmarks
    assert (score.accuracy, score.majority, score.passes[2].accuracy) == (1, None, 1)
    table = samples_table(found)
    assert table and table.rows[0][2].startswith("100.0") and table.rows[0][3] == ""


def test_a_benchmark_that_does_not_vary_widens_the_macro_interval(stored: Callable[..., Any]) -> None:
    one, other = items("medqa", 30), items("jmed", 30)
    evaluation = stored("a", {"medqa": (one, predictions(one, right)), "jmed": (other, predictions(other, wrong))})
    macro = score_evaluation(evaluation).macro
    assert macro.accuracy == 0.5 and 0.4 < macro.lo < 0.47 and 0.53 < macro.hi < 0.6


def test_subgroups_of_the_source_and_of_the_caller(stored: Callable[..., Any]) -> None:
    asked = items("medqa", 12)
    made = predictions(asked, lambda question, _: (right if question.facets["kind"] == "kind 1" else wrong)(question))
    groups = {"medqa": {"mine": {"first": [q.id for q in asked[:6]], "few": [q.id for q in asked[: SMALLEST - 1]]}}}
    (score,) = score_evaluation(stored("a", {"medqa": (asked, made)}), groups=groups).benchmarks
    found = {(each.axis, each.value): (each.items, each.accuracy) for each in score.subgroups}
    assert found["kind", "kind 1"] == (6, 1) and found["kind", "kind 0"] == (6, 0)
    assert found["mine", "first"] == (6, 0.5) and found["mine", "few"] == (SMALLEST - 1, None)
    assert found["specialty", "specialty 0"][0] == 4 and ("language", "en") not in found  # one value is no subgroup


def test_the_seed_moves_the_bootstrap_and_nothing_else(stored: Callable[..., Any]) -> None:
    asked = items("medqa", 307)
    evaluation = stored("a", {"medqa": (asked, predictions(asked, right_with(0.5)))})
    one, same, other = (score_evaluation(evaluation, seed=seed) for seed in (1, 1, 2))
    assert one == same and one.benchmarks[0].accuracy == other.benchmarks[0].accuracy
    assert (one.benchmarks[0].lo, one.benchmarks[0].hi) != (other.benchmarks[0].lo, other.benchmarks[0].hi)


def damaged(made: list[Prediction], asked: list[Question], how: str) -> list[Prediction]:
    other = items("elsewhere", 1)[0]
    changes: dict[str, list[Prediction]] = {
        "another set": [*made[:2], made[2].model_copy(update={"question_id": other.id}), *made[3:]],
        "twice": [*made, made[1]],
        "another model": [*made[:3], made[3].model_copy(update={"model": "n"}), *made[4:]],
        "missing": made[:-2],
        "no order": [made[0].model_copy(update={"order": (0, 0, 1, 2)}), *made[1:]],
    }
    return changes[how]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("another set", r"predictions.jsonl, line 3: question q-\w+ is not among the 6 items"),
        ("twice", r"line 7: sample 0 of question q-\w+ stands there twice"),
        ("another model", "line 4: expected predictions of m, found one of n"),
        ("missing", "no prediction of 2 of 6 items"),
        ("no order", r"line 1: \[0, 0, 1, 2\] is no order of 4 options"),
    ],
)
def test_predictions_that_are_not_of_the_items(stored: Callable[..., Any], how: str, said: str) -> None:
    asked = items("medqa", 6)
    evaluation = stored("a", {"medqa": (asked, damaged(predictions(asked, right), asked, how))})
    with pytest.raises(BadInput, match=said):
        score_evaluation(evaluation)


@pytest.mark.parametrize("lost", [1, 7])
def test_a_lost_sample_is_named(stored: Callable[..., Any], lost: int) -> None:
    asked = items("medqa", 3)
    made = predictions(asked, right, samples=3)
    evaluation = stored(
        "a", {"medqa": (asked, made[:lost] + made[lost + 1 :])}, ASKING.model_copy(update={"samples": 3})
    )
    with pytest.raises(BadInput, match=f"sample 1 of question {made[lost].question_id} is not there; expected 3"):
        score_evaluation(evaluation)


def test_the_last_sample_of_every_item_is_missed_too(stored: Callable[..., Any]) -> None:
    asked = items("medqa", 3)
    asking = ASKING.model_copy(update={"samples": 2, "orders": "shuffled", "turns": 2})
    evaluation = stored("a", {"medqa": (asked, predictions(asked, right, samples=3))}, asking)
    with pytest.raises(BadInput, match=r"sample 3 of question .* expected 4"):
        score_evaluation(evaluation)


def test_probabilities_of_other_options_are_named(stored: Callable[..., Any]) -> None:
    asked = items("medqa", 3)
    evaluation = stored("a", {"medqa": (asked, predictions(asked, right, probabilities=(0.5, 0.5)))})
    with pytest.raises(BadInput, match="line 1: 2 probabilities of 4 options"):
        score_evaluation(evaluation)


@pytest.mark.parametrize("file", ["evaluation.json", "medqa/set.json"])
def test_damaged_descriptions_are_named(stored: Callable[..., Any], file: str) -> None:
    asked = items("medqa", 3)
    folder = stored("a", {"medqa": (asked, predictions(asked, right))}).folder
    (folder / file).write_text("{}")
    with pytest.raises(BadInput, match=f"{file}: .*Field required"):
        open_evaluation(folder)


def test_a_torn_line_is_named(stored: Callable[..., Any]) -> None:
    asked = items("medqa", 3)
    evaluation = stored("a", {"medqa": (asked, predictions(asked, right))})
    file = evaluation["medqa"].folder / "predictions.jsonl"
    file.write_text(file.read_text()[:-20])
    with pytest.raises(BadInput, match=r"predictions.jsonl.*line 3"):
        score_evaluation(evaluation)


def test_a_folder_that_is_no_evaluation(tmp_path: Any) -> None:
    with pytest.raises(BadInput, match=r"no evaluation\.json"):
        open_evaluation(tmp_path)
    (tmp_path / "evaluation.json").write_text(json.dumps(ASKING.model_dump(mode="json")))
    with pytest.raises(BadInput, match="no benchmark is finished"):
        open_evaluation(tmp_path)


def test_an_unknown_benchmark_is_named(stored: Callable[..., Any]) -> None:
    asked = items("medqa", 3)
    with pytest.raises(BadInput, match=r"no benchmark 'medaq'.*medqa"):
        stored("a", {"medqa": (asked, predictions(asked, right))})["medaq"]


def test_the_macro_average_is_the_papers() -> None:
    """arXiv 2509.15279, table 1: nine unrounded accuracies and their average."""
    for row, expected in zip(MAIN[:2], (63.37, 75.42), strict=True):
        nine = [value for value in row.values[:-1] if value is not None]
        assert len(nine) == 9 and round(average(nine), 2) == expected == row.average
    for row in ABLATION:
        nine = [value for value in row.values[:-1] if value is not None]
        assert average(nine) == pytest.approx(row.average, abs=0.06)  # of rounded ones
        assert len(row.values) == len(COLUMNS)


def test_the_macro_average_of_the_papers_nine_accuracies(stored: Callable[..., Any]) -> None:
    """The code that a run's average comes from, fed with the paper's unrounded numbers."""
    asked = items("medqa", 40)
    (score,) = score_evaluation(stored("a", {"medqa": (asked, predictions(asked, right_with(0.5)))})).benchmarks
    for row in MAIN[:2]:
        named = dict(zip(COLUMNS[:-1], row.values, strict=False))
        nine = [
            score.model_copy(update={"name": name, "accuracy": (value or 0) / 100}) for name, value in named.items()
        ]
        found = macro(nine, {each.name: np.full(50, each.accuracy) for each in nine})
        assert found.over == COLUMNS[:-1] and round(100 * found.accuracy, 2) == row.average


def test_public_items_with_the_same_answer_are_no_cluster_and_synthetic_ones_are() -> None:
    texts = {"options": ("yes", "no", "maybe"), "gold": 0, "source": "pubmedqa"}
    public = [Question(stem=f"Does it {number}?", **texts).identified() for number in range(3)]
    assert len({cluster_of(question) for question in public}) == 3
    assert cluster_of(public[0]) == cluster_of(public[0].model_copy())
    condition = Condition(subject="?", relation="has_finding", object="HP:1")
    known = {
        "options": ("a", "b"),
        "option_ids": ("D:1", "D:2"),
        "gold": 0,
        "source": "hpo",
        "conditions": (condition,),
    }
    synthetic = [Question(stem=f"Which {number}?", **known).identified() for number in range(3)]
    assert {cluster_of(question) for question in synthetic} == {"D:1"}
