"""Data stages on a real cluster of two workers write what they write without one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
Cli = Callable[..., tuple[int, str, str]]


def done(found: tuple[int, str, str]) -> str:
    code, said, err = found
    assert code == 0, err
    return said


def test_synthesis(cluster: str, miniature: Path, tmp_path: Path, cli: Cli) -> None:
    kinds = ("findings_to_disease", "discriminating_finding", "findings_to_gene")
    asked = [part for kind in kinds for part in ("--metapath", kind)]
    asked += ["--count", "45", "--seed", "4", "--set", "min_shared=1", "--set", "max_per_answer=4"]
    here = done(cli("synthesize", miniature / "graph", *asked, "--out", tmp_path / "here.jsonl"))
    there = done(cli("synthesize", miniature / "graph", *asked, "--out", tmp_path / "there.jsonl", "--ray", cluster))
    assert (tmp_path / "there.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()
    assert there.replace("there", "here") == here
    assert len((tmp_path / "here.jsonl").read_text().splitlines()) > 20


def test_verification(cluster: str, miniature: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("florey.synthesis.replay.spread.PART", 7)
    lines = (miniature / "questions" / "questions.jsonl").read_text().splitlines()
    broken = [json.loads(line) for line in lines[:40]]
    for place in (3, 20, 21):
        broken[place]["gold"] = (broken[place]["gold"] + 1) % len(broken[place]["options"])
    (tmp_path / "broken.jsonl").write_text("".join(json.dumps(each) + "\n" for each in broken))
    for file in (miniature / "questions" / "questions.jsonl", tmp_path / "broken.jsonl"):
        here = cli("verify", file, "--graph", miniature / "graph")
        there = cli("verify", file, "--graph", miniature / "graph", "--ray", cluster)
        assert there[:2] == here[:2]
    assert here[0] == 1 and len(here[1].splitlines()) == 3


def test_redaction(cluster: str, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("presidio_analyzer")
    monkeypatch.setattr("florey.curation.privacy.spread.PART", 5)
    texts = ["Mr. John Smith, born 03/04/1961, phone 555-201-3344, coughs.", "A man coughs.", "Mail jo@example.org."]
    rows = [
        {
            "stem": f"{texts[n % 3]} Case {n}: what has he?",
            "options": ["cold", "flu", "asthma"],
            "gold": 0,
            "source": "x",
        }
        for n in range(18)
    ]
    (tmp_path / "asked.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, more in (("here", ()), ("there", ("--ray", cluster))):
        arguments = (tmp_path / "asked.jsonl", "--out", tmp_path / f"{name}.jsonl", "--set", "curation.privacy={}")
        done(cli("curate", *arguments, *more))
    assert (tmp_path / "there.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()
    assert (
        "Smith" not in (tmp_path / "here.jsonl").read_text()
        and "example.org" not in (tmp_path / "here.jsonl").read_text()
    )


def test_evaluation_and_scores(
    cluster: str, tmp_path: Path, cli: Cli, scripted_llm: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = scripted_llm(process=True)
    options = {"A": "a", "B": "b", "C": "c", "D": "d"}
    rows = [{"question": f"Q {n}?", "options": options, "answer_idx": "ABCD"[n % 4]} for n in range(10)]
    for name in ("medqa", "medbullets"):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sets = [part for name in ("medqa", "mine") for part in ("--benchmark", f"{name}={tmp_path / 'medqa.jsonl'}")]
    asked = ["evaluate", "m", "--url", server.url, *sets, "--set", "evaluation.benchmarks.mine.kind=medqa"]
    for name, more in (("here", ()), ("there", ("--ray", cluster))):
        done(cli(*asked, "--out", tmp_path / name, *more))
    for file in sorted((tmp_path / "here").rglob("*.json*")):
        again = tmp_path / "there" / file.relative_to(tmp_path / "here")
        assert again.read_bytes() == file.read_bytes(), file
    scores = done(cli("score", tmp_path / "here", "--format", "csv"))
    assert done(cli("score", tmp_path / "here", "--format", "csv", "--ray", cluster)) == scores
