"""Whether a file is what it is said to be: whole files at their real size, and every way to be another one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from florey.datasets.benchmarks import LISTING, benchmark_kind
from florey.datasets.catalog import BENCHMARKS, LOADERS
from florey.datasets.config import SourceConfig
from florey.datasets.contract import CONTRACTS, check, load_benchmark
from florey.errors import BadInput

LETTERS = "ABCDEFGHIJKLMNOPQRSTU"
Rows = list[dict[str, Any]]


def careqa(count: int) -> Rows:
    made: Rows = [
        {
            **{"question": f"Care {n}?", **{f"op{i}": f"option {i}" for i in range(1, 5)}, "cop": 1 + n % 4},
            **{"category": ("Medicine", "Nursing")[n % 2], "year": 2020 + n % 4, "unique_id": f"c{n}", "exam_id": n},
        }
        for n in range(count)
    ]
    nothing = dict.fromkeys(made[0], float("nan"))
    return [*made, nothing, nothing]


def medqa(count: int) -> Rows:
    step = ["step1"] * 679 + ["step2&3"] * (count - 679)
    options = {letter: f"option {letter}" for letter in "ABCD"}
    return [
        {"question": f"Case {n}?", "options": options, "answer_idx": "ABCD"[n % 4], "meta_info": step[n]}
        for n in range(count)
    ]


def five_options(count: int) -> Rows:
    return [{**row, "options": {**row["options"], "E": "option E"}} for row in medqa(count)]


def medmcqa(count: int) -> Rows:
    ops = {f"op{letter}": f"option {letter}" for letter in "abcd"}
    return [
        {"id": f"m{n}", "question": f"Mcq {n}?", **ops, "cop": n % 4, "choice_type": "single"} for n in range(count)
    ]


def medxpertqa(count: int) -> Rows:
    options = {LETTERS[n]: f"option {n}" for n in range(10)}
    kind = ["Reasoning"] * 1861 + ["Understanding"] * (count - 1861)
    return [
        {
            **{"id": f"Text-{n}", "question": f"Hard {n}?\nAnswer Choices: (A) option 0 (B) option 1"},
            **{"options": options, "label": LETTERS[n % 10], "medical_task": "Diagnosis", "body_system": "Nervous"},
            "question_type": kind[n],
        }
        for n in range(count)
    ]


def jmed(count: int) -> Rows:
    options = {letter: f"病{letter}" for letter in LETTERS}
    return [{"id": n, "question": f"第{n}例?", "options": options, "answer": [LETTERS[n % 21]]} for n in range(count)]


def pubmedqa(count: int) -> Rows:
    answers = ["yes"] * 552 + ["no"] * 338 + ["maybe"] * (count - 890)
    return [
        {
            "pubid": n,
            "question": f"Does it {n}?",
            "context": {"contexts": ["Tried."], "labels": ["M"]},
            "final_decision": a,
        }
        for n, a in enumerate(answers)
    ]


def mmlu(category: str, ten: int) -> Callable[[int], Rows]:
    def rows(count: int) -> Rows:
        made = []
        for n in range(count):
            options = [f"choice {place}" for place in range(10 if n < ten else 3 + n % 7)]
            place = n % len(options)
            made.append(
                {
                    **{"question_id": n, "question": f"Which {n}?", "options": options, "answer": LETTERS[place]},
                    **{"answer_index": place, "category": category, "src": f"ori_mmlu-{n % 3}"},
                }
            )
        return made

    return rows


def medbullets(five: bool) -> Callable[[int], Rows]:
    ops = {f"op{letter}": f"option {letter}" for letter in ("abcde" if five else "abcd")}
    return lambda count: [
        {"link": f"l{n}", "question": f"Bullet {n}?", **ops, "answer_idx": "ABCD"[n % 4]} for n in range(count)
    ]


WHOLE: dict[str, tuple[str, int, Callable[[int], Rows]]] = {
    "careqa": ("careqa", 5621, careqa),
    "jmed": ("jmed", 1000, jmed),
    "medbullets, four": ("medbullets", 308, medbullets(five=False)),
    "medbullets, five": ("medbullets", 308, medbullets(five=True)),
    "medmcqa": ("medmcqa", 4183, medmcqa),
    "medqa": ("medqa", 1273, medqa),
    "medxpertqa": ("medxpertqa", 2450, medxpertqa),
    "pubmedqa": ("pubmedqa", 1000, pubmedqa),
    "mmlu_pro_biology": ("mmlu_pro_biology", 717, mmlu("biology", 617)),
    "mmlu_pro_health": ("mmlu_pro_health", 818, mmlu("health", 597)),
}


def file(folder: Path, rows: Rows) -> SourceConfig:
    path = folder / "set.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return SourceConfig(path=path)


@pytest.mark.parametrize("which", WHOLE)
def test_a_whole_file_is_whole(tmp_path: Path, which: str) -> None:
    name, count, rows = WHOLE[which]
    found = check(name, file(tmp_path, rows(count)))
    assert found.complete and found.items == count == found.expected and found.problems == (), found
    assert sum(found.options.values()) == sum(found.keys.values()) == count
    if name == "careqa":
        assert found.skipped == {"empty_row": 2} and found.rows == 5623
    if name == "medbullets":
        assert found.benchmark == ("medbullets_op5" if which.endswith("five") else "medbullets_op4")


@pytest.mark.parametrize("which", WHOLE)
def test_one_item_less_is_not(tmp_path: Path, which: str) -> None:
    name, count, rows = WHOLE[which]
    found = check(name, file(tmp_path, rows(count)[1:]))
    assert found.complete is False
    assert any(f"the whole benchmark has {count:,}" in problem for problem in found.problems)


def test_other_counts_are_another_release(tmp_path: Path) -> None:
    steps = medqa(1273)
    for row in steps[:100]:
        row["meta_info"] = "step2&3"
    (problem,) = check("medqa", file(tmp_path, steps)).problems
    assert "exam_step" in problem and "the release that is known has" in problem
    answers = pubmedqa(1000)
    answers[0]["final_decision"] = "no"
    (problem,) = check("pubmedqa", file(tmp_path, answers)).problems
    assert "'A': 551" in problem
    (problem,) = check("mmlu_pro_health", file(tmp_path, mmlu("health", 590)(818))).problems
    assert "590 items with ten options" in problem


def test_one_letter_that_nearly_answers_all_is_told(tmp_path: Path) -> None:
    rows = medmcqa(200)
    for row in rows[:150]:
        row["cop"] = 0
    problems = check("medmcqa", file(tmp_path, rows)).problems
    assert any("right answers are A: always A would score that" in problem for problem in problems)


def test_the_other_release_of_jmed_is_named_and_never_taken_silently(tmp_path: Path) -> None:
    few = {letter: f"病{letter}" for letter in "ABCDE"}
    rows = [{"id": n, "question": f"第{n}例?", "options": few, "answer": "['A']"} for n in range(1094)]
    config = file(tmp_path, rows)
    with pytest.raises(BadInput, match="this is the other release"):
        check("jmed", config)
    found = check("jmed", config.model_copy(update={"release": "other"}))
    assert found.benchmark == "jmed_other_release" and found.complete
    assert found.always == 1
    assert any("100% of the right answers are A" in problem for problem in found.problems)


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("medxpertqa", medqa(700), "expected 10 options an item, found 4 in 700 of 700 items"),
        ("medqa", medxpertqa(30), "no 'answer_idx'.*this looks like a file of medxpertqa"),
        ("medqa", five_options(30), "items of medqa_five_options, which is none of the nine"),
        ("medqa", careqa(3), "no 'options'.*this looks like a file of careqa"),
        ("medmcqa", medbullets(five=False)(5), "no 'cop'.*this looks like a file of medbullets"),
        ("medbullets", medmcqa(5), "no 'answer_idx'.*this looks like a file of medmcqa"),
        ("careqa", pubmedqa(900), "this looks like a file of pubmedqa"),
        ("pubmedqa", medxpertqa(30), r"no question in .*\(30 no_answer\)"),
        ("mmlu_pro_health", mmlu("biology", 3)(9), "no row of category health.*biology"),
        ("jmed", mmlu("biology", 3)(9), "no 'answer'|have not 21 options"),
    ],
)
def test_a_file_of_another_benchmark(tmp_path: Path, name: str, rows: Rows, said: str) -> None:
    with pytest.raises(BadInput, match=rf"(?s){said}"):
        load_benchmark(name, file(tmp_path, rows))


def test_an_id_that_stands_with_two_questions_is_named_with_both_lines(tmp_path: Path) -> None:
    rows = medmcqa(6)
    rows[4]["id"] = "m1"
    with pytest.raises(BadInput, match=r"line 5: id m1 stands at .*line 2 with another question"):
        load_benchmark("medmcqa", file(tmp_path, rows))
    copies = [*medmcqa(6), medmcqa(6)[1]]  # the same question again is a copy, and counted
    assert load_benchmark("medmcqa", file(tmp_path, copies)).repeated == 1


def test_an_answer_that_is_not_among_the_options_is_left_out_and_told_by_its_line(tmp_path: Path) -> None:
    rows = medxpertqa(12)
    rows[3]["label"] = "Q"
    rows[5]["label"] = "AB"
    found = check("medxpertqa", file(tmp_path, rows))
    assert found.skipped == {"answer_out_of_range": 1, "several_answers": 1}
    assert found.skipped_at["answer_out_of_range"][0].endswith("line 4")


def test_names(tmp_path: Path) -> None:
    assert {benchmark_kind(each.name, SourceConfig()).kind for each in LISTING} == set(BENCHMARKS)
    assert benchmark_kind("mine", SourceConfig(kind="medqa")).kind == "medqa_test"
    assert benchmark_kind("own", SourceConfig(kind="questions")).kind == "questions"
    with pytest.raises(BadInput, match=r"no benchmark 'medaq' \(did you mean 'medqa'\?\)"):
        benchmark_kind("medaq", SourceConfig())
    with pytest.raises(BadInput, match="'cmexam' is a set to train on"):
        benchmark_kind("cmexam", SourceConfig())


def test_every_source_has_its_contract_and_its_line_in_the_list() -> None:
    sources = {source for loader in LOADERS.values() for source in loader.complete}
    assert set(CONTRACTS) == sources
    listed = {source: count for each in LISTING for source, count in each.sources.items()}
    known = {source: count for loader in LOADERS.values() for source, count in loader.complete.items()}
    assert listed.items() <= known.items() and known.keys() - listed.keys() == {"jmed_other_release"}
    assert [each.name for each in LISTING] == [
        *("careqa", "jmed", "medbullets", "medmcqa", "medqa", "medxpertqa", "pubmedqa"),
        *("mmlu_pro_biology", "mmlu_pro_health"),
    ]
