"""The commands of `florey graph`, run as a user runs them: in a terminal, in a pipe and by mistake."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from florey.cli.graph import COMMANDS, graph
from florey.cli.graph_look import _further
from florey.graph.model import Node, Statement, statement
from florey.graph.store import Graph
from florey.graph.writer import write_graph

FLOREY = [sys.executable, "-c", "from florey.cli.main import run_cli; run_cli()", "graph"]
NODES = [
    Node("D:1", "disease", "Wobble disease", ("Sea legs",), ("MESH:D000001",), ("text",)),
    Node("D:2", "disease", "wobble disease"),
    Node("F:1", "finding", "Rash"),
    Node("F:2", "finding", "Wobble"),
]
EDGES = [
    statement("D:1", "has_finding", "F:1", "curated", "1", frequency="3/4", reference="PMID:1"),
    statement("D:1", "has_finding", "F:2", "text", "1", page="Sea", revision="7", quote="A wobble.", score=1.5),
    statement("D:2", "has_finding", "F:2", "curated", "1", negated=True),
    statement("D:2", "has_symptom", "F:1", "text", "1", page="Sea", quote="Wobble disease gives a RASH."),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "g", NODES, EDGES)


def written(folder: Path, nodes: list[Node], edges: list[Statement]) -> Path:
    write_graph(nodes, edges, folder, release="1", licences=["CC0 by nobody"])
    return folder


def tried(*arguments: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(graph, [str(each) for each in arguments], input=typed)


def run(*arguments: str | Path, typed: str | None = None) -> str:
    result = tried(*arguments, typed=typed)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_build_stats_show(hpo_folder: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    said = run("build", "--out", out, "--path", str(hpo_folder))
    assert "20 nodes" in said
    assert "Find out more at http://www.human-phenotype-ontology.org" in said
    found = json.loads(run("stats", out, "--json"))
    assert found["edges"]["by_relation"]["associated_gene"]["all"] == 4
    table = run("stats", out)
    assert "has_finding" in table
    assert "has_side_effect" not in table  # no edge of it
    shown = run("show", out, "OMIM:2")
    assert "Rash disease" in shown
    assert "45.5%" in shown
    assert "NOT" in shown  # 0/5 of an unsteady gait
    assert "PMID:3" in shown
    assert "the first 1" in run("show", out, "HP:9000003", "--limit", "1")


def test_every_further_count_of_the_statistics_is_shown() -> None:
    found = {
        "release": "1",
        "nodes": {"all": 9, "by_type": {"disease": {"D": 9}}, "with_evidence": 4},
        "edges": {"all": 3, "by_relation": {}, "by_source": {"text": 2}},
        "components": {"number": 2, "largest": 7},
        "degrees": {"has_finding": {}},
        "dropped": {},
    }
    shown = dict(_further(found))
    assert shown == {
        "nodes": {"with evidence": 4},
        "edges: by source": {"text": 2},
        "components": {"number": 2, "largest": 7},
    }


def test_show_by_name_with_all_evidence(folder: Path) -> None:
    shown = run("show", folder, "sea LEGS")
    for text in ("Wobble disease", "D:1", "MESH:D000001", "“A wobble.”", "Sea@7", "score 1.5", "3/4", "PMID:1"):
        assert text in shown
    assert "no edges" in run("show", written(folder.parent / "h", NODES, []), "F:1")


def test_show_writes_a_page(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "new" / "page.html"
    assert "Wobble disease, 2 edges" in run("show", folder, "D:1", "--html", page)
    assert "<svg" in page.read_text() and "A wobble." in page.read_text()


def test_what_several_nodes_or_none_are_called_is_refused(folder: Path) -> None:
    for text, said in (("wobble disease", "D:2  disease"), ("Rahs", "did you mean 'Rash' (F:1)?")):
        done = subprocess.run([*FLOREY, "show", folder, text], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "") and said in done.stderr
        assert done.stderr.startswith("error: ") and "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["stats", "show", "review", "export", "diff"])
def test_every_command_has_help_and_refuses_what_is_no_graph(command: str, tmp_path: Path) -> None:
    assert command in COMMANDS and f"Usage: graph {command}" in run(command, "--help")
    rest = {"show": ["x"], "export": ["--format", "kgx", "--out", tmp_path / "out"], "diff": [tmp_path]}
    result = tried(command, tmp_path, *rest.get(command, []))
    assert "not a graph" in str(result.exception) and list(tmp_path.iterdir()) == []


def test_export(folder: Path, tmp_path: Path) -> None:
    said = run("export", folder, "--format", "kgx", "--out", tmp_path / "out")
    assert said.strip() == f"{tmp_path / 'out'}: LICENCES.txt, edges.tsv, metadata.json, nodes.tsv"
    assert "did you mean 'parquet'" in str(
        tried("export", folder, "--format", "paquet", "--out", tmp_path / "x").exception
    )


def test_diff(folder: Path, tmp_path: Path) -> None:
    assert "no node and no statement differs" in run("diff", folder, folder)
    turned = statement("D:1", "has_finding", "F:1", "curated", "2", negated=True)
    renamed = Node("F:2", "finding", "Tremor")
    new = written(tmp_path / "new", [*NODES[:3], renamed], [turned, *EDGES[1:3]])
    shown = run("diff", folder, new)
    for text in ("F:2 → Wobble → Tremor", "yes → NOT: Wobble disease – Rash", "removed: has_symptom, text"):
        assert text in shown
    found = json.loads(run("diff", folder, new, "--json", "--examples", "0"))
    assert found["edges"]["turned"]["all"] == 1 and found["nodes"]["renamed"] == {"all": 1, "examples": []}


def edges_of(folder: Path) -> list[str]:
    return [json.loads(line)["edge"] for line in run("review", folder, "--list").splitlines()]


def verdicts(folder: Path, by: str = "reviewer") -> list[str | None]:
    path = folder / "reviews" / f"{by}.jsonl"
    return [json.loads(line)["verdict"] for line in path.read_text().splitlines()] if path.exists() else []


def test_review_in_a_pipe_with_undo_quit_and_going_on(folder: Path) -> None:
    shown = run("review", folder, typed="b\nright\nw\nx\nback\nu\nq\n")
    assert "nothing to take back" in shown and "expected one of" in shown
    assert verdicts(folder) == ["right", "wrong", None, "unsure"]
    shown = run("review", folder, typed="r\nr\n")
    assert "2 of them already judged" in shown and "3 of 4" in shown and "1 of 4" not in shown
    assert "“Wobble disease gives a RASH.”" in run("review", folder, "--by", "two", typed="u\nu\nu\nu\n")
    report = json.loads(run("review", folder, "--report", "--json"))
    assert [r["by"] for r in report["reports"]] == ["reviewer", "two"]
    assert report["agreement"][0]["edges"] == 4 and report["agreement"][0]["agreed"] == 0.25


def test_a_review_that_ends_early_keeps_what_was_said(folder: Path) -> None:
    assert "stopped" in run("review", folder, typed="r\n")
    assert verdicts(folder) == ["right"]
    assert "nothing has been judged" in run("review", written(folder.parent / "h", NODES, EDGES), "--report")


def test_judgements_made_elsewhere(folder: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in run("review", folder, "--list", "--count", "3").splitlines()]
    assert len(lines) == 3
    file = tmp_path / "judged.jsonl"
    file.write_text("".join(json.dumps({**line, "verdict": "right"}) + "\n" for line in lines))
    shown = run("review", folder, "--judgements", file)
    assert "3 judgements by reviewer" in shown and "100.0%" in shown
    file.write_text(file.read_text() + '{"edge": "e-gone", "verdict": "right"}\n')
    refused = tried("review", folder, "--judgements", file, "--by", "other")
    assert "line 4: no edge 'e-gone'" in str(refused.exception) and verdicts(folder, "other") == []


class Terminal:
    """A process in a real pseudo-terminal."""

    def __init__(self, *arguments: str | Path) -> None:
        self.master, slave = pty.openpty()
        command = [*FLOREY, *map(str, arguments)]
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=self._owns_it,  # noqa: PLW1509  # the only way to hand over a controlling terminal
        )
        os.close(slave)
        self.said = ""

    @staticmethod
    def _owns_it() -> None:
        import fcntl
        import termios

        signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job's children ignore it
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def until(self, text: str) -> None:
        """Read on until the text has been said; what was said before it is forgotten."""
        while text not in self.said:
            ready, _, _ = select.select([self.master], [], [], 60)
            assert ready, f"no '{text}' in: {self.said}"
            try:
                part = os.read(self.master, 65536)
            except OSError:  # the other side is closed
                part = b""
            assert part, f"ended without '{text}': {self.said}"
            self.said += part.decode(errors="replace")
        self.said = self.said.split(text, 1)[1]

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def ended(self) -> int:
        while True:  # what nobody reads may keep a process from ending
            try:
                if not os.read(self.master, 65536):
                    break
            except OSError:
                break
        os.close(self.master)
        return self.process.wait(60)


def test_review_in_a_terminal_takes_single_keys(folder: Path) -> None:
    terminal = Terminal("review", folder)
    for key, place in (("r", "1 of 4"), ("w", "2 of 4"), ("b", "3 of 4"), ("u", "2 of 4"), ("q", "3 of 4")):
        terminal.until(place)
        terminal.until("[q]uit > ")
        terminal.type(key)
    terminal.until("stopped; the same command goes on")
    terminal.until("Precision as judged by reviewer")
    assert terminal.ended() == 0
    assert verdicts(folder) == ["right", "wrong", None, "unsure"]


def test_an_arrow_is_no_judgement_and_takes_none_back(folder: Path) -> None:
    terminal = Terminal("review", folder)
    for key, place in (("r", "1 of 4"), ("\x1b[B", "2 of 4"), ("q", "expected one of")):
        terminal.until(place)
        terminal.until("[q]uit > ")
        terminal.type(key)
    terminal.until("stopped; the same command goes on")
    assert terminal.ended() == 0
    assert verdicts(folder) == ["right"]


@pytest.mark.parametrize("how", ["Ctrl-C", "kill"])
def test_a_review_that_is_broken_off_loses_nothing(folder: Path, how: str) -> None:
    terminal = Terminal("review", folder)
    for key, place in (("r", "1 of 4"), ("w", "2 of 4")):
        terminal.until(place)
        terminal.until("[q]uit > ")
        terminal.type(key)
    terminal.until("3 of 4")
    terminal.until("[q]uit > ")
    if how == "Ctrl-C":
        terminal.type("\x03")
        terminal.until("the same command goes on from here")
        assert terminal.ended() == 130
    else:
        terminal.process.send_signal(signal.SIGKILL)
        assert terminal.ended() == -signal.SIGKILL
    assert verdicts(folder) == ["right", "wrong"]
    assert "2 of them already judged" in run("review", folder, typed="q\n")
    assert Graph.open(folder, verify=True)


def test_diff_lists_the_questions_that_no_longer_hold(folder: Path, tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    bare = {"id": "q-1", "stem": "Which?", "options": ["a", "b"], "gold": 0, "source": "test"}
    questions.write_text(json.dumps(bare) + "\n")
    result = tried("diff", folder, folder, "--questions", questions)
    assert result.exit_code == 1
    assert "q-1: no certificate" in result.output and "1 questions: 1 no longer hold" in result.output
    found = json.loads(tried("diff", folder, folder, "--questions", questions, "--json").output)
    assert found["questions"]["outdated"][0]["kind"] == "broken"
    questions.write_text("{}\n")
    assert "q.jsonl, line 1: not a Question" in str(tried("diff", folder, folder, "--questions", questions).exception)
