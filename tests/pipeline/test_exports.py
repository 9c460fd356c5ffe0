"""Exports: what others read says what was stored; the same bytes each time; nothing half-written."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.evaluation.conftest import items, predictions, right, right_with, store

from florey.errors import BadInput
from florey.evaluation.benchmarks import score_evaluation
from florey.evaluation.stored import Evaluation
from florey.files import read_json
from florey.inference.prompts import prompt_named
from florey.pipeline.exports import export_inspect, export_leaderboard, export_lm_eval
from florey.pipeline.exports.inspect_log import conversation

HAS_INSPECT = importlib.util.find_spec("inspect_ai") is not None


@pytest.fixture
def evaluation(tmp_path: Path) -> Evaluation:
    medqa, jmed = items("medqa", 8), items("jmed", 6, options=21, language="zh")
    medqa = [*medqa, medqa[0]]  # a copy
    sets = {
        "medqa": (medqa, predictions(medqa, right_with(0.5), samples=2)),
        "jmed": (jmed, predictions(jmed, right)),
    }
    return store(tmp_path / "stored", sets)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_leaderboards_json(evaluation: Evaluation, tmp_path: Path) -> None:
    score = score_evaluation(evaluation)
    found = read_json(export_leaderboard(evaluation, score, tmp_path / "results.json"))
    by_name = {each.name: each for each in score.benchmarks}
    assert found["results"]["jmed"]["acc,florey"] == 1 == by_name["jmed"].accuracy
    assert found["results"]["medqa"]["acc,florey"] == by_name["medqa"].accuracy
    assert found["results"]["medqa"]["pass@2,florey"] == by_name["medqa"].passes[2].accuracy
    assert found["results"]["florey_macro"]["acc,florey"] == score.macro.accuracy
    assert found["n-samples"]["medqa"] == {"original": 9, "effective": 9}
    assert found["config"]["policy"] == "wrong" and found["higher_is_better"]["medqa"] == {"acc": True}


def test_tasks_for_the_harness(evaluation: Evaluation, tmp_path: Path) -> None:
    made = export_lm_eval(evaluation, tmp_path / "tasks")
    names = [path.name for path in made]
    assert names == [
        *("florey-export.json", "florey_macro.yaml", "jmed.jsonl", "jmed.yaml", "medqa.jsonl", "medqa.yaml", "utils.py")
    ]
    first = bytes_of(tmp_path / "tasks")
    export_lm_eval(evaluation, tmp_path / "tasks")
    assert bytes_of(tmp_path / "tasks") == first and not (tmp_path / ".tasks.part").exists()
    task, functions = (tmp_path / "tasks" / "medqa.yaml").read_text().split("custom_dataset: ")
    settings = yaml.safe_load(task)
    assert functions == "!function utils.load\nprocess_results: !function utils.process_results\n"
    assert str(tmp_path) not in task  # the folder may be moved
    assert settings["generation_kwargs"]["max_gen_toks"] == 64 and settings["task"] == "florey_medqa"
    rows = [json.loads(line) for line in (tmp_path / "tasks" / "medqa.jsonl").read_text().splitlines()]
    questions = evaluation["medqa"].questions()
    assert [(row["id"], row["gold"]) for row in rows] == [(q.id, q.gold) for q in questions]
    assert all(q.stem in row["prompt"] and "<answer>" in row["system"] for q, row in zip(questions, rows, strict=True))
    group = yaml.safe_load((tmp_path / "tasks" / "florey_macro.yaml").read_text())
    assert group["task"] == ["florey_jmed", "florey_medqa"] and not group["aggregate_metric_list"][0]["weight_by_size"]


@pytest.mark.parametrize(("prompt", "said"), [("medxpertqa", "asks in two turns"), ("open_ended", "shows no options")])
def test_what_the_harness_cannot_ask_is_refused(tmp_path: Path, prompt: str, said: str) -> None:
    asked = items("medqa", 3)
    evaluation = store(tmp_path / "stored", {"medqa": (asked, predictions(asked, right))}, prompt=prompt)
    with pytest.raises(BadInput, match=said):
        export_lm_eval(evaluation, tmp_path / "tasks")
    assert not (tmp_path / "tasks").exists()


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("<think>x</think><answer>B</answer>", "correct"),
        ("<think>x</think><answer>A</answer>", "wrong"),
        ("I think B", "unparsed"),
        ("<think>and so", "truncated"),
        ("<answer>A and B</answer>", "several"),
    ],
)
def test_the_harness_reads_answers_by_the_grammar(
    evaluation: Evaluation, tmp_path: Path, text: str, verdict: str
) -> None:
    export_lm_eval(evaluation, tmp_path / "tasks")
    spec = importlib.util.spec_from_file_location("utils", tmp_path / "tasks" / "utils.py")
    assert spec and spec.loader
    utils: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(utils)
    doc = {"options": ["x", "y"], "gold": 1, "reading": "tags", "stem": "Which?", "prefilled": False}
    found = utils.process_results(doc, [text])
    assert found[verdict] == 1 and found["acc"] == (verdict == "correct") and sum(found.values()) == 1 + found["acc"]


def kept(folder: Path) -> Path:
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "thesis.txt").write_text("years of work")
    return folder


def test_nothing_but_an_export_of_before_is_replaced(evaluation: Evaluation, tmp_path: Path) -> None:
    mine = kept(tmp_path / "mine")
    with pytest.raises(BadInput, match="files that are no export of Florey, which would be lost"):
        export_lm_eval(evaluation, mine)
    assert (mine / "sub" / "thesis.txt").read_text() == "years of work"
    stored = sorted(path.name for path in evaluation.folder.rglob("*"))
    for to in (evaluation.folder, tmp_path, evaluation.folder / "medqa", evaluation.folder / ".." / "stored"):
        with pytest.raises(BadInput, match=r"of the evaluation is there|evaluation itself is there"):
            export_lm_eval(evaluation, to)
    assert sorted(path.name for path in evaluation.folder.rglob("*")) == stored
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="is a file; expected a folder"):
        export_lm_eval(evaluation, tmp_path / "file")
    (tmp_path / "empty").mkdir()
    assert export_lm_eval(evaluation, tmp_path / "empty")
    (tmp_path / "empty" / "florey-export.json").write_text('{"kind": "inspect"}')
    with pytest.raises(BadInput, match="an export of another kind"):
        export_lm_eval(evaluation, tmp_path / "empty")


def test_a_leaderboard_replaces_only_a_leaderboard(evaluation: Evaluation, tmp_path: Path) -> None:
    score, to = score_evaluation(evaluation), tmp_path / "results.json"
    assert export_leaderboard(evaluation, score, to) == export_leaderboard(evaluation, score, to)
    asked = evaluation.folder / "evaluation.json"
    before = asked.read_bytes()
    with pytest.raises(BadInput, match="no leaderboard of Florey"):
        export_leaderboard(evaluation, score, asked)
    assert asked.read_bytes() == before
    with pytest.raises(BadInput, match="is a folder; expected a file"):
        export_leaderboard(evaluation, score, tmp_path)


def test_words_that_have_changed_since_are_refused(tmp_path: Path) -> None:
    asked = items("medqa", 3)
    evaluation = store(tmp_path / "stored", {"medqa": (asked, predictions(asked, right))}, prompt_version="0")
    with pytest.raises(BadInput, match="was asked in version 0 of prompt 'florey'"):
        export_lm_eval(evaluation, tmp_path / "tasks")
    assert not (tmp_path / "tasks").exists()


def test_turns_of_a_conversation(tmp_path: Path) -> None:
    (asked,) = items("medqa", 1)
    (made,) = predictions([asked], right)
    twice = prompt_named("medxpertqa", "medqa")
    second = twice.second(asked)
    both = made.model_copy(update={"text": f"I think.\n\n{second} C"})
    turns = conversation(asked, both, twice)[-3:]
    assert turns == [("assistant", "I think."), ("user", second), ("assistant", "C")]
    forced = made.model_copy(update={"text": "<think>and", "forced": "<answer>B</answer>"})
    assert conversation(asked, forced, prompt_named("florey"))[-2:] == [
        ("assistant", "<think>and"),
        ("assistant", "<answer>B</answer>"),
    ]


@pytest.mark.skipif(HAS_INSPECT, reason="inspect_ai is installed")
def test_without_the_extra_it_says_what_to_install(evaluation: Evaluation, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"pip install 'florey\[inspect\]'"):
        export_inspect(evaluation, score_evaluation(evaluation), tmp_path / "logs")
    assert not (tmp_path / "logs").exists()


@pytest.mark.skipif(not HAS_INSPECT, reason="needs the extra `inspect`")
def test_logs_that_inspect_reads(evaluation: Evaluation, tmp_path: Path) -> None:
    from inspect_ai.log import list_eval_logs, read_eval_log

    score = score_evaluation(evaluation)
    files = export_inspect(evaluation, score, tmp_path / "logs")
    first = bytes_of(tmp_path / "logs")
    assert export_inspect(evaluation, score, tmp_path / "logs") == files and bytes_of(tmp_path / "logs") == first
    assert sorted(Path(log.name.removeprefix("file://")).name for log in list_eval_logs(str(tmp_path / "logs"))) == [
        path.name for path in files
    ]
    log = read_eval_log(str(next(path for path in files if "medqa" in path.stem)))
    assert log.status == "success" and log.eval.dataset.samples == 9 and len(log.samples or []) == 18
    assert log.results and log.results.scores[0].metrics["accuracy"].value == pytest.approx(
        score.benchmarks[1].accuracy
    )
    values = [sample.scores["florey"].value for sample in log.samples or []]
    assert values.count("C") == score.benchmarks[1].verdicts["correct"]
    assert len({(sample.id, sample.epoch) for sample in log.samples or []}) == 18


@pytest.mark.skipif(not HAS_INSPECT, reason="needs the extra `inspect`")
def test_inspect_asks_and_scores_itself(
    scripted_llm: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspect_ai import eval as evaluate

    from florey.pipeline.exports.inspect_task import benchmark

    server = scripted_llm(answer=lambda body: "<think>x</think><answer>C</answer>")
    monkeypatch.setenv("SCRIPTED_BASE_URL", server.url)
    monkeypatch.setenv("SCRIPTED_API_KEY", "none")
    file = tmp_path / "medqa.jsonl"
    options = {"A": "a", "B": "b", "C": "c", "D": "d"}
    rows = [{"question": f"Q {n}?", "options": options, "answer_idx": "ABCD"[n % 4]} for n in range(8)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (log,) = evaluate(
        benchmark("medqa", str(file)), model="openai-api/scripted/m", log_dir=str(tmp_path), display="none"
    )
    assert log.status == "success", log.error
    assert log.results.scores[0].metrics["accuracy"].value == 0.25
