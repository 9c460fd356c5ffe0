"""Questions without options from the command line: judged by a graph, or by a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.evaluation.more.conftest import diagnosis, graph  # noqa: F401 (fixtures)

from florey.evaluation.judging import Judgement
from florey.files import read_json, read_jsonl, write_jsonl
from florey.graph.store import Graph
from florey.records import Question

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def asked(diagnosis: Question, tmp_path: Path) -> Path:  # noqa: F811
    file = tmp_path / "questions.jsonl"
    write_jsonl(file, [diagnosis])
    return file


def own(file: Path, kind: str = "questions") -> tuple[str, ...]:
    given = f"evaluation.benchmarks.own={{kind: {kind}, path: {file}}}"
    return ("--set", given, "--prompt", "open_ended", "--max-tokens", "32")


def test_judged_by_the_graph(
    cli: Cli,
    scripted_llm: Any,
    asked: Path,
    graph: Graph,  # noqa: F811
    tmp_path: Path,
) -> None:
    seen: list[str] = []

    def name(body: dict[str, Any]) -> str:
        seen.append(body["messages"][-1]["content"])
        return "<think>x</think><answer>Dunmorosis</answer>"

    server, out = scripted_llm(answer=name), tmp_path / "out"
    code, said, error = cli("evaluate", "m", "--url", server.url, *own(asked), "--out", out, "--graph", graph.folder)
    assert code == 0, error
    assert seen == ["Which disease has a blue rash and golden eyelids, but no violet toes?"]  # no options
    score = read_json(out / "score.json")["benchmarks"][0]
    assert score["accuracy"] == 1 and score["source"]["reading"] == "free"
    assert read_json(out / "details.json")["own"]["outcomes"] == {"also_right": 1}
    (line,) = (json.loads(row) for row in (out / "own" / "free_answers.jsonl").read_text().splitlines())
    assert line["linked"] == ["OMIM:4"] and "also_right" in said
    code, _, error = cli("score", out)
    assert code == 2 and "give --graph to have them judged" in error


def test_judged_by_a_model(cli: Cli, scripted_llm: Any, tmp_path: Path) -> None:
    file = tmp_path / "open.jsonl"
    rows = [{"question": f"Which organ {n}?", "answer": "The liver", "category": "Medicine"} for n in range(3)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    student = scripted_llm(answer=lambda body: "<think>x</think><answer>liver</answer>")
    judge = scripted_llm(answer=lambda body: '{"why": "the same", "grade": "correct"}')
    out = tmp_path / "out"
    arguments = ("evaluate", "m", "--url", student.url, *own(file, "careqa_open"), "--out", out)
    code, _, error = cli(*arguments)
    assert code == 2 and "give --judge-model" in error  # what was said is stored all the same
    code, _, error = cli("score", out, "--judge-model", "j", "--judge-url", judge.url)
    assert code == 0, error
    assert read_json(out / "score.json")["benchmarks"][0]["accuracy"] == 1
    assert len((out / "own" / "judgements.jsonl").read_text().splitlines()) == 3
    graded = read_jsonl(out / "own" / "judgements.jsonl", Judgement)
    labels = tmp_path / "labels.csv"
    labels.write_text("question_id,sample,grade\n" + "".join(f"{each.question_id},0,correct\n" for each in graded))
    judged = ("score", out, "--judge-model", "j", "--judge-url", judge.url)
    code, said, error = cli(*judged, "--judge-labels", labels, "--format", "csv")
    assert code == 0 and "own,3,100.0 " in said.replace('"', ""), error
    labels.write_text("question_id,sample,grade\nq-of-another-set,0,correct\n")
    code, _, error = cli(*judged, "--judge-labels", labels)
    assert code == 2 and "grades none of the answers" in error
    calls = judge.stats()["asked"]
    assert cli("score", out, "--judge-model", "j", "--judge-url", judge.url)[0] == 0
    assert judge.stats()["asked"] == calls  # grades are kept
    assert {q.flags for q in read_jsonl(out / "own" / "questions.jsonl", Question)} == {("open_ended",)}
    assert cli("score", out, "--judge-model", "j")[0] == 2


def test_options_have_no_order_where_none_are_shown(cli: Cli, scripted_llm: Any, asked: Path, tmp_path: Path) -> None:
    server = scripted_llm()
    code, _, error = cli("evaluate", "m", "--url", server.url, *own(asked), "--out", tmp_path / "out", "--cyclic")
    assert code == 2 and "shows no options" in error


def test_what_cannot_be_asked_of_one_set_is_told_before_another_is(
    cli: Cli, scripted_llm: Any, asked: Path, tmp_path: Path
) -> None:
    server, out = scripted_llm(), tmp_path / "out"
    two = [f"evaluation.benchmarks.{name}={{kind: questions, path: {asked}}}" for name in ("a", "b")]
    given = [part for each in two for part in ("--set", each)]
    code, _, error = cli(
        "evaluate", "m", "--url", server.url, *given, "--prompt", "open_ended", "--shuffle", 2, "--out", out
    )
    assert code == 2 and "shows no options" in error
    assert not server.stats()["asked"] and not out.exists()
