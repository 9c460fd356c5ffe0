"""Planted differences between synthetic and real stems must be found and named; equal files must look equal."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from florey.cli.quality import realism as command
from florey.errors import BadInput
from florey.files import write_jsonl
from florey.graph.linking.linker import Linker
from florey.graph.linking.mention import Name
from florey.records import Question
from florey.synthesis.quality.reading import Item, read_items
from florey.synthesis.quality.realism import NAME, auc, realism

_WORDS = ("a", "the", "with", "severe", "mild", "child", "adult", "fever", "cough", "rash", "pain", "since", "days")
_DISEASES = ("Alder fever", "Birch palsy", "Cedar rash", "Dogwood ataxia")


def stems(n: int, seed: int, tail: str = "", least: int = 6, most: int = 14) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(_WORDS, rng.integers(least, most))) + f" {tail}?" for _ in range(n)]


def items(texts: list[str], kind: str | None = None) -> list[Item]:
    return [Item(id=str(i), stem=text, kind=kind, group=text) for i, text in enumerate(texts)]


def test_two_files_of_one_kind_cannot_be_told_apart() -> None:
    found = realism(items(stems(150, 1)), items(stems(150, 2)))["all"]
    assert found.n == 150
    assert found.auc.lo is not None and found.auc.lo < 0.55
    assert found.auc.value < 0.65


def test_a_telling_phrase_is_found_and_shown_in_a_sentence() -> None:
    ours = [f"{text[:-1]}. Which of the hereunder fits?" for text in stems(100, 1)]
    theirs = [f"{text[:-1]}. What would you do?" for text in stems(100, 2)]
    found = realism(items(ours), items(theirs))["all"]
    assert found.auc.value > 0.98
    told = {cue.feature: cue for cue in found.cues if cue.side == "synthetic"}
    assert told["hereunder"].example == "Which of the hereunder fits?"
    assert (told["hereunder"].synthetic, told["hereunder"].real) == (1.0, 0.0)
    assert told["hereunder"].weight > 0
    assert "you" in {cue.feature for cue in found.cues if cue.side == "real"}


def test_length_tells_them_apart_until_lengths_are_matched() -> None:
    ours, theirs = items(stems(200, 1, least=5, most=18)), items(stems(200, 2, least=9, most=40))
    found = realism(ours, theirs)
    assert found["all"].auc.value > 0.8
    assert any(cue.feature == "words (log)" and cue.side == "real" for cue in found["all"].cues)
    assert found["same_length"].n >= 20
    assert found["same_length"].auc.value < 0.72


def test_lengths_that_never_meet_have_no_variant() -> None:
    assert set(realism(items(stems(40, 1, least=3, most=6)), items(stems(40, 2, least=60, most=90)))) == {"all"}


def test_kinds_are_compared_one_by_one() -> None:
    plain, odd = items(stems(80, 1), "plain"), items(stems(80, 3, "forsooth verily indeed"), "odd")
    found = realism([*plain, *odd], items(stems(160, 2)))["all"]
    assert found.kinds["odd"].value > 0.95 > 0.8 > found.kinds["plain"].value


def test_names_do_not_count_when_they_are_masked() -> None:
    linker = Linker([Name(name, f"X:{i}", "disease") for i, name in enumerate(_DISEASES)])
    ours = [f"{text[:-1]} {_DISEASES[i % 2]}?" for i, text in enumerate(stems(100, 1))]
    theirs = [f"{text[:-1]} {_DISEASES[2 + i % 2]}?" for i, text in enumerate(stems(100, 2))]
    assert realism(items(ours), items(theirs))["all"].auc.value > 0.95
    masked = realism(items(ours), items(theirs), linker)["all"]
    assert masked.auc.value < 0.7
    assert not any(name.split()[0].lower() in cue.feature for cue in masked.cues for name in _DISEASES)
    assert any(NAME in (cue.example or "") for cue in masked.cues)


def test_ages_and_values_are_one_word() -> None:
    ours = [f"{text[:-1]} since {i + 10} days?" for i, text in enumerate(stems(60, 1))]
    found = realism(items(ours), items(stems(60, 2)))["all"]
    assert any(cue.feature == "⟨number⟩" and cue.synthetic == 1.0 for cue in found.cues)
    assert not any(character.isdigit() for cue in found.cues for character in cue.feature.replace("100", ""))


def test_stems_of_one_group_are_never_on_both_sides() -> None:
    """Each stem is there in many versions: a classifier that has seen one would know the others."""
    rng = np.random.default_rng(0)
    ours, theirs = (
        [
            Item(id=f"{side}{i}-{j}", stem=f"{word} {' '.join(rng.choice(_WORDS, 8))}", group=word)
            for i in range(12)
            for word in [f"{side}{chr(97 + i)}zq"]
            for j in range(8)
        ]
        for side in ("s", "r")
    )
    assert realism(ours, theirs)["all"].auc.value < 0.75


def test_equal_seeds_give_equal_figures_in_any_order() -> None:
    ours, theirs = items(stems(50, 1)), items(stems(60, 2, "indeed"))
    assert realism(ours, theirs) == realism(ours[::-1], theirs[::-1])


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_auc_is_the_share_of_pairs_in_order(ours: list[int], theirs: list[int]) -> None:
    pairs = [(a > b) + 0.5 * (a == b) for a in ours for b in theirs]
    groups = [[f"{side}{i}" for i in range(len(those))] for side, those in (("a", ours), ("b", theirs))]
    found = auc(np.array(ours, float), np.array(theirs, float), *groups)
    assert found.value == pytest.approx(sum(pairs) / len(pairs))
    assert found.lo is not None and found.hi is not None
    assert 0 <= found.lo <= found.value + 1e-9 and found.value - 1e-9 <= found.hi <= 1


def test_a_perfect_classifier_of_few_stems_has_an_interval() -> None:
    found = auc(np.arange(5.0) + 10, np.arange(5.0), "abcde", "fghij")
    assert (found.value, found.hi) == (1.0, 1.0)
    assert found.lo is not None and 0.5 < found.lo < 0.6


def test_too_few_stems() -> None:
    with pytest.raises(BadInput, match="20 different real stems to compare, got 1"):
        realism(items(stems(30, 1)), items(["One?"] * 30))


def test_without_scikit_learn_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    with pytest.raises(BadInput, match=r"pip install 'florey\[analysis\]'"):
        realism(items(stems(30, 1)), items(stems(30, 2)))


def test_the_command(tmp_path: Path) -> None:
    ours, theirs, figures = tmp_path / "ours.jsonl", tmp_path / "theirs.csv", tmp_path / "figures.json"
    asked = [Question(stem=text, options=("a", "b"), gold=0, source="t", metapath="kind") for text in stems(30, 1)]
    write_jsonl(ours, (question.identified() for question in asked))
    theirs.write_text("\n".join(["nr,text", *(f"{i},{text}" for i, text in enumerate(stems(30, 2)))]))
    done = CliRunner().invoke(
        command, [str(ours), str(theirs), "--field", "text", "--json", str(figures)], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert "30 stems of either side, AUC 0." in done.output and "names are not masked" in done.output
    assert json.loads(figures.read_text())["all"]["kinds"].keys() == {"kind"}


# reading public files


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_public_files_in_their_shapes(tmp_path: Path) -> None:
    rows = [{"question": "Why?", "options": {"A": "x", "B": "y"}, "answer": "y"}, {"question": "", "options": {}}]
    lines = written(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)) + "\n\n")
    assert [(item.stem, item.options, item.gold) for item in read_items(lines)] == [("Why?", ("x", "y"), 1)]
    listed = written(tmp_path / "b.json", json.dumps([{"question": "Why?", "options": ["x", "y"], "answer_index": 0}]))
    assert read_items(listed)[0].gold == 0
    by_column = {"question": {"0": "Why?", "1": "How?"}, "link": {"0": "l", "1": "m"}}
    columns = written(tmp_path / "c.json", json.dumps(by_column))
    assert [item.stem for item in read_items(columns)] == ["Why?", "How?"]
    by_id = written(tmp_path / "d.json", json.dumps({"7": {"QUESTION": "Do they?"}}))
    assert read_items(by_id, "QUESTION")[0].stem == "Do they?"
    table = written(tmp_path / "e.csv", '\ufeffquestion,x\n"Why, then?",1\n')
    assert read_items(table)[0].stem == "Why, then?"
    nothing = '{"question": NaN}\n{"question": null}\n{"question": "Why?"}\n'
    assert len(read_items(written(tmp_path / "f.jsonl", nothing))) == 1


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (
            "a.jsonl",
            '{"question": "Why?"}\n{"questions": "How?"}\n',
            r"line 2: .*'question' \(did you mean 'questions'",
        ),
        ("a.jsonl", '{"question": "Why?"}\n{"question', "line 2: not JSON"),
        ("a.jsonl", "[1]\n", "line 1: expected an object"),
        ("a.jsonl", '{"question": 7}\n', "line 1: expected a text"),
        ("a.jsonl", "\n", "no questions"),
        ("a.json", '{"a": 3}', "row a: expected an object"),
        ("a.json", "3", "expected rows in a list or in a mapping"),
        ("a.csv", "text\nWhy?\n", "row 1: .*'question'; it has text"),
        ("a.jsonl", '{"stem": "Why?", "options": ["a"], "gold": 0}\n', "line 1: not a Question: options"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_items(written(tmp_path / name, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read_items(tmp_path / "none.jsonl")
