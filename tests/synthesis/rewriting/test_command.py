"""`florey rewrite` from files to files, with a scripted model and with a real small one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from florey.cli.main import run_cli
from florey.files import read_jsonl, write_jsonl
from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.llm.client import open_client
from florey.llm.settings import LlmSettings
from florey.records import Question
from florey.synthesis.rewriting.drift import Reason
from florey.synthesis.rewriting.rewriter import Dropped, Rewriter, Settings, rewrite_all

FACTS = ("focal-onset seizure", "nystagmus", "ataxia", "cataract", "alder syndrome", "birch syndrome")
Cli = Callable[..., tuple[int, str, str]]


def tells_all(body: dict[str, Any]) -> str:
    """Names every fact of the prompt and nothing else; denies what is told as absent."""
    asked = body["messages"][1]["content"].rpartition("Facts:\n")[2].splitlines()
    names = [next(name for name in FACTS if name in line.lower()) for line in asked]
    said = [f"{'no ' if 'absent' in line else ''}{name}" for name, line in zip(names, asked, strict=True)]
    case = "The patient comes to the clinic. " + " ".join(f"The note mentions {name}." for name in said)
    return json.dumps({"case": case, "mentions": [{"id": i, "text": name} for i, name in enumerate(names, 1)]})


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    def called(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["florey", "rewrite", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            run_cli()
        said = capfd.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return called


@pytest.fixture
def asked(
    tmp_path: Path, findings: Question, girl: Question, without: Question, contrast: Question, gene: Question
) -> Path:
    write_jsonl(tmp_path / "questions.jsonl", [findings, girl, without, contrast, gene])
    return tmp_path / "questions.jsonl"


def test_from_file_to_file(cli: Cli, asked: Path, graph: Graph, scripted_llm: Callable[..., Any]) -> None:
    def answer(body: dict[str, Any]) -> str:
        if "Which gene" not in str(body):
            return tells_all(body)
        return json.dumps({"case": "Nothing.", "mentions": [{"id": 1, "text": "x"}, {"id": 2, "text": "x"}]})

    server, out = scripted_llm(answer=answer), asked.parent / "new" / "rewritten.jsonl"
    command = (asked, "--graph", graph.file("graph.json").parent, "--out", out, "--llm-url", server.url)
    code, said, err = cli(*command, "--llm-model", "invented", "--attempts", "2")
    assert code == 0, err
    rewritten = list(read_jsonl(out, Question))
    originals = list(read_jsonl(asked, Question))
    assert [q.rewriting.of for q in rewritten if q.rewriting] == [q.id for q in originals[:4]]  # in their order
    dropped = list(read_jsonl(out.with_name("rewritten.jsonl.dropped.jsonl"), Dropped))
    assert [(d.question_id, d.reason, d.attempts) for d in dropped] == [(originals[4].id, Reason.LOST, 2)]
    assert "4 of 5 questions rewritten" in said and "dropped: a fact lost: 1" in said and "calls 6" in said

    before = out.read_bytes()
    code, said, _ = cli(*command, "--llm-model", "invented", "--attempts", "2")
    assert code == 0 and out.read_bytes() == before
    assert sum(server.stats()["asked"].values()) == 6 and "cache_hits 6" in said  # nothing was asked again


def test_a_plan_asks_nothing(cli: Cli, asked: Path, graph: Graph, scripted_llm: Callable[..., Any]) -> None:
    server, out = scripted_llm(answer=tells_all), asked.parent / "rewritten.jsonl"
    command = (asked, "--graph", graph.file("graph.json").parent, "--out", out, "--llm-url", server.url)
    code, said, _ = cli(*command, "--llm-model", "invented", "--plan")
    assert code == 0 and "5 questions: 5 calls, 0 of them answered already" in said
    code, said, _ = cli(*command, "--llm-model", "invented", "--plan", "--language", "zh")
    assert "5 questions: 10 calls" in said  # each is translated back
    assert not server.stats()["asked"] and not out.exists()
    cli(*command, "--llm-model", "invented")
    code, said, _ = cli(*command, "--llm-model", "invented", "--plan")
    assert "5 calls, 5 of them answered already" in said


def test_interrupted_and_gone_on(asked: Path, graph: Graph, scripted_llm: Callable[..., Any], tmp_path: Path) -> None:
    """What was answered before the interruption is not asked again, and the outcome is that of one run."""
    server = scripted_llm(answer=tells_all)
    kept = LlmSettings(model="m", base_url=server.url, max_concurrency=1, cache=tmp_path / "cache.sqlite")
    unkept = LlmSettings(model="m", base_url=server.url, max_concurrency=8)
    questions = list(read_jsonl(asked, Question))
    rewriter = Rewriter(Presence(graph), Settings())

    class Interrupted(Exception):
        pass

    async def run(settings: LlmSettings, until: int = 0) -> list[Question | Dropped]:
        def progress(done: int, total: int, note: str) -> None:
            if done == until:
                raise Interrupted

        async with open_client(settings) as client:
            return await rewrite_all(rewriter, client, questions, progress)

    with pytest.raises(Interrupted):
        asyncio.run(run(kept, until=3))
    whole = asyncio.run(run(kept))
    assert sum(server.stats()["asked"].values()) <= len(questions) + 1  # the one under way
    assert asyncio.run(run(unkept)) == whole


def test_a_server_that_fails_costs_the_question_alone(
    cli: Cli, asked: Path, graph: Graph, scripted_llm: Callable[..., Any]
) -> None:
    def answer(body: dict[str, Any]) -> str:
        return "I cannot." if "7-year-old" in str(body) else tells_all(body)

    server, out = scripted_llm(answer=answer, first=("500", "cut body")), asked.parent / "rewritten.jsonl"
    code, said, err = cli(
        *(asked, "--graph", graph.file("graph.json").parent, "--out", out),
        *("--llm-url", server.url, "--llm-model", "invented"),
    )
    assert code == 0, err
    assert "4 of 5 questions rewritten" in said and "dropped: no answer of the model: 1" in said


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "--llm-model: expected a model"),
        (("--llm-model", "m", "--glossary", "g.tsv"), "--glossary: only with --language zh"),
        (("--llm-model", "m", "--language", "zh", "--glossary", "g.tsv"), "g.tsv: no such file"),
        (("--llm-model", "m", "--llm-url", "http://127.0.0.1:9/v1"), "no answer from the server"),
        (("--llm-model", "m", "--attempts", "0"), "--attempts"),
    ],
)
def test_bad_input(cli: Cli, asked: Path, graph: Graph, arguments: tuple[str, ...], complaint: str) -> None:
    out = asked.parent / "rewritten.jsonl"
    code, _, err = cli(asked, "--graph", graph.file("graph.json").parent, "--out", out, *arguments)
    assert code == 2 and complaint in err
    assert not out.exists() and not out.with_name("rewritten.jsonl.dropped.jsonl").exists()


def test_questions_of_another_graph(cli: Cli, asked: Path, graph: Graph, findings: Question) -> None:
    assert findings.certificate
    other = findings.certificate.model_copy(update={"graph": "0123"})
    write_jsonl(asked, [findings.model_copy(update={"certificate": other})])
    out = asked.parent / "rewritten.jsonl"
    code, _, err = cli(asked, "--graph", graph.file("graph.json").parent, "--out", out, "--llm-model", "m", "--plan")
    assert code == 2 and f"{findings.id}: issued against graph 0123" in err


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_real_small_model(cli: Cli, asked: Path, graph: Graph, local_llm: str, language: str) -> None:
    """It writes nonsense; every question is rewritten rightly or dropped with a reason, and nothing falls over."""
    write_jsonl(asked, list(read_jsonl(asked, Question))[:1])
    out = asked.parent / "rewritten.jsonl"
    code, _, err = cli(
        *(asked, "--graph", graph.file("graph.json").parent, "--out", out, "--language", language),
        *("--llm-url", local_llm, "--llm-model", "smollm2", "--llm-concurrency", "2", "--attempts", "1"),
    )
    assert code == 0, err
    rewritten = list(read_jsonl(out, Question))
    dropped = list(read_jsonl(out.with_name("rewritten.jsonl.dropped.jsonl"), Dropped))
    assert len(rewritten) + len(dropped) == 1
    assert all(q.rewriting and all(text in q.stem for _, text in q.rewriting.mentions) for q in rewritten)
