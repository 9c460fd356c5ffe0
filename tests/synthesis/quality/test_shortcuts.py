"""Planted shortcuts must be found by the guesser that can see them; balanced sets must leave all at chance."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from florey.cli.quality import shortcuts as command
from florey.errors import BadInput
from florey.files import write_jsonl
from florey.graph.store import Graph
from florey.records import Condition, Question
from florey.synthesis.quality import views
from florey.synthesis.quality.halves import halves
from florey.synthesis.quality.shortcuts import GUESSERS, Degrees, degrees, exceeding, shortcuts

N = 400
CHANCE = 0.25
_SYLLABLES = ("ba", "de", "fi", "go", "lu", "ma", "ne", "po", "ri", "su", "ta", "vo")
Plant = Callable[[np.random.Generator, list[str]], int]


def invented(rng: np.random.Generator, syllables: int = 4) -> str:
    return "".join(rng.choice(_SYLLABLES, syllables)).capitalize()


def question(number: int, options: list[str], gold: int, **more: Any) -> Question:
    stem = more.pop("stem", f"Which of these does patient {number} have?")
    return Question(id=f"q{number}", stem=stem, options=tuple(options), gold=gold, source="test", **more)


def made(plant: Plant, n: int = N, seed: int = 0) -> list[Question]:
    """`n` questions with invented options of equal length; `plant` changes them and says which one is right."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(n):
        options = [invented(rng) for _ in range(4)]
        gold = plant(rng, options)
        found.append(question(number, options, gold))
    return found


def even(rng: np.random.Generator, options: list[str]) -> int:
    return int(rng.integers(4))


def longest(rng: np.random.Generator, options: list[str]) -> int:
    gold = even(rng, options)
    options[gold] += invented(rng, 2).lower()
    return gold


def always_a(rng: np.random.Generator, options: list[str]) -> int:
    return 0


def one_text(rng: np.random.Generator, options: list[str]) -> int:
    """A text that is right wherever it stands, in half of the questions."""
    gold = even(rng, options)
    if rng.random() < 0.5:
        options[gold] = "Golden fever"
    return gold


def above(questions: list[Question], guesser: str, degrees: Degrees | None = None) -> float:
    return shortcuts(questions, degrees, [guesser])[0].overall.points.value


@pytest.mark.parametrize(
    ("guesser", "plant", "least"),
    [("lengths", longest, 70), ("position", always_a, 70), ("options", one_text, 25), ("together", longest, 60)],
)
def test_a_planted_shortcut_is_found(guesser: str, plant: Plant, least: float) -> None:
    assert above(made(plant), guesser) > least


def test_what_a_guesser_cannot_see_does_not_help_it() -> None:
    for guesser in ("options", "lengths", "overlap", "popularity"):
        assert abs(above(made(always_a), guesser)) < 10
    assert abs(above(made(longest), "position")) < 10


def test_balanced_questions_leave_every_guesser_at_chance() -> None:
    for found in shortcuts(made(even, 1000)):
        points = found.overall.points
        assert found.overall.chance == CHANCE
        assert points.lo is not None and points.lo < 1 and points.value < 5, found.guesser


def test_a_word_of_the_answer_in_the_stem_is_found_in_another_form() -> None:
    rng = np.random.default_rng(1)
    questions = []
    for number in range(N):
        options = [f"{invented(rng)} {invented(rng)}" for _ in range(4)]
        gold = int(rng.integers(4))
        word = options[gold].split()[1].lower()
        questions.append(question(number, options, gold, stem=f"Patient {number} has two {word}s."))
    assert above(questions, "overlap") > 70
    assert abs(above(questions, "lengths")) < 10


def nodes_by_lot(gold_is: Callable[[list[int]], int], seed: int = 0) -> tuple[list[Question], Degrees]:
    """Options are nodes N0..N99, node i with i edges; `gold_is` picks the answer among four."""
    rng = np.random.default_rng(seed)
    questions = []
    for number in range(N):
        drawn = rng.choice(100, 4, replace=False).tolist()
        gold = drawn.index(gold_is(drawn))
        names = [f"Node {i:02}" for i in drawn]
        asked = (Condition(subject="?", relation="has_finding", object="F"),)
        questions.append(
            question(number, names, gold, option_ids=tuple(f"N{i}" for i in drawn), conditions=asked, metapath="kind")
        )
    return questions, Degrees({f"N{i}": i for i in range(100)}, {})


def test_the_most_popular_is_always_right() -> None:
    questions, popular = nodes_by_lot(max)
    assert above(questions, "popularity", popular) > 70
    assert abs(above(questions, "position")) < 10


def test_the_middle_is_never_right_and_neither_end_is_favoured() -> None:
    """No line through the popularity tells this; the distance from the middle does."""
    questions, popular = nodes_by_lot(lambda drawn: (min if sum(drawn) % 2 else max)(drawn))
    assert above(questions, "popularity", popular) > 15


def test_popularity_of_the_relation_asked_about() -> None:
    questions, popular = nodes_by_lot(max)
    hidden = Degrees(
        {f"N{i}": 7 for i in range(100)}, {(f"N{i}", "has_finding"): count for i, count in enumerate(range(100))}
    )
    assert above(questions, "popularity", hidden) > 70
    other = Degrees(hidden.total, {(node, "treats"): count for (node, _), count in hidden.by_relation.items()})
    assert above(questions, "popularity", other) == 0  # all equal: every guess is a tie
    assert popular.total["N3"] == 3


def test_without_a_graph_popularity_is_how_often_an_option_stands_in_the_file() -> None:
    rng = np.random.default_rng(3)
    questions = []
    for number in range(N):
        options = ["Hub fever", *(invented(rng) for _ in range(3))]
        order = rng.permutation(4).tolist()
        gold = order.index(int(rng.integers(1, 4)))  # the hub is never right
        questions.append(question(number, [options[i] for i in order], gold))
    assert 3 < above(questions, "popularity") < 15  # a third instead of a quarter


def test_two_kinds_with_opposite_shortcuts_do_not_cancel_out() -> None:
    """In one kind the longest of four different lengths is right, in the other the shortest."""
    rng = np.random.default_rng(6)
    questions = []
    for number in range(N):
        options = [invented(rng, int(syllables)) for syllables in rng.permutation([3, 4, 5, 6])]
        kind, pick = (("long", max), ("short", min))[number % 2]
        gold = options.index(pick(options, key=len))
        questions.append(question(number, options, gold, metapath=kind))
    found = shortcuts(questions, None, ["lengths"])[0]
    assert set(found.kinds) == {"long", "short"}
    assert all(guess.points.value > 60 for guess in found.kinds.values())


def test_a_text_that_is_right_only_in_the_learning_half_is_no_help_for_new_answers() -> None:
    """Every answer is asked twice with other distractors: memory helps where answers recur, and only there."""
    rng = np.random.default_rng(4)
    answers = [invented(rng, 5) for _ in range(150)]
    wrong = [invented(rng, 5) for _ in range(150)]
    questions = []
    for number in range(600):
        options = [answers[number % 150], *rng.choice(wrong, 3, replace=False).tolist()]
        order = rng.permutation(4).tolist()
        questions.append(question(number, [options[i] for i in order], order.index(0)))
    points = {found.guesser: found.overall.points.value for found in shortcuts(questions, None, GUESSERS[:2])}
    assert points["options"] > 60
    assert points["options_new"] > 30  # the distractors alone are known as such
    assert points["options"] > points["options_new"]


def test_halves_keep_groups_together_and_do_not_depend_on_the_order() -> None:
    questions = [q.model_copy(update={"group": f"g{i // 3}"}) for i, q in enumerate(made(even, 60))]
    found = halves(questions, lambda q: (q.group,))
    assert found is not None
    sides = {q.group: int(side) for q, side in zip(questions, found, strict=True)}
    assert all(sides[q.group] == side for q, side in zip(questions, found, strict=True))
    assert abs(int(found.sum()) - 30) <= 3
    back = halves(questions[::-1], lambda q: (q.group,))
    assert back is not None and (back[::-1] == found).all()
    assert halves(questions, lambda _: ("one",)) is None


def test_questions_linked_through_others_are_in_one_half() -> None:
    questions = made(even, 40)
    pairs = {q.id: (f"a{i // 2}", f"b{(i + 1) // 2}") for i, q in enumerate(questions)}  # a chain through all
    assert halves(questions, lambda q: pairs[q.id]) is None


def test_the_result_does_not_depend_on_the_order_of_the_file() -> None:
    questions = made(longest, 100)
    one, other = (shortcuts(those, None, ["lengths", "options"]) for those in (questions, questions[::-1]))
    assert [each.overall.accuracy for each in one] == pytest.approx([each.overall.accuracy for each in other], abs=0.02)


def test_degrees_of_a_graph(small: Graph) -> None:
    found = degrees(small)
    assert found.by_relation["OMIM:A", "has_finding"] == 3
    assert found.total["OMIM:A"] == 4  # and its gene
    assert found.total["HP:12"] == 5
    assert "HP:1" not in found.total  # taxonomy only
    assert found.by_relation["OMIM:D", "has_finding"] == 2  # the denial is no edge
    assert found.total["associated_gene"] == 8


def test_more_words_weigh_no_more() -> None:
    view = views.options(made(even, 30))
    lengths = np.asarray(view.matrix.multiply(view.matrix).sum(axis=1)).ravel()
    assert set(np.round(lengths, 9)) <= {0.0, 1.0}


def test_too_few_questions_and_one_group() -> None:
    with pytest.raises(BadInput, match="at least 20 questions"):
        shortcuts(made(even, 19))
    with pytest.raises(BadInput, match="one group"):
        shortcuts([q.model_copy(update={"group": "g"}) for q in made(even, 30)])


def test_the_command_exits_with_1_above_the_limit(tmp_path: Path) -> None:
    file, figures = tmp_path / "questions.jsonl", tmp_path / "figures.json"
    write_jsonl(file, made(longest, 200))
    done = CliRunner().invoke(command, [str(file), "--limit", "5", "--json", str(figures)])
    assert done.exit_code == 1
    assert "lengths (+" in done.output and "position" in done.output
    written = json.loads(figures.read_text())
    assert written["n"] == 200
    assert {each["guesser"] for each in written["guessers"]} == set(GUESSERS)
    assert CliRunner().invoke(command, [str(file), "--limit", "90"]).exit_code == 0


def test_only_what_is_above_chance_exceeds_the_limit() -> None:
    found = shortcuts(made(longest, 200), None, ["lengths", "position"])
    assert list(exceeding(found, 20)) == ["lengths"]
    assert exceeding(found, 99) == {}
