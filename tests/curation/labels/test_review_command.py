"""The command as a user runs it: in a pipe, in a terminal, in a browser, and by mistake."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from florey.cli.curation_review import review as command
from florey.curation.labels.review import Review
from florey.errors import BadInput
from florey.files import write_jsonl

from .test_review import decided

PROGRAM = [sys.executable, "-c", "from florey.cli.curation_review import review; review()"]


def tried(*arguments: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], input=typed)


def run(*arguments: str | Path, typed: str | None = None) -> str:
    result = tried(*arguments, typed=typed)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def words(queue: Path, by: str = "ana") -> list[str]:
    review = Review(queue)
    found = review.of(by)
    return [found[each].word if each in found else "open" for each in review.items]


def test_keep_fix_drop_in_a_pipe(queue: Path) -> None:
    said = run(queue, "--by", "ana", typed="k\n\nf\nc\nthe book says C\nd\nno such sea\n")
    assert words(queue) == ["keep", "fix to C", "drop"]
    assert [each.reason for each in Review(queue).decisions()] == ["", "the book says C", "no such sea"]
    assert "3 questions: keep 1, fix 1, drop 1, disputed 0, open 0" in said
    assert "Wrong in all 5 trials." in said and "5 of 5 trials" in said and "Because." in said
    assert run(queue, "--by", "ana", typed="").startswith("3 questions in the queue, 3 of them already decided by ana")


def test_back_takes_back_and_quitting_goes_on_later(queue: Path) -> None:
    said = run(queue.parent, "--by", "ana", typed="x\nb\nk\nsure\nb\nd\nno such sea\nq\n")
    assert "expected one of" in said and "nothing to take back in this sitting" in said
    assert words(queue) == ["drop", "open", "open"]
    assert [each.action for each in Review(queue).decisions()] == ["keep", "undo", "drop"]
    assert "1 of them already decided by ana" in run(queue, "--by", "ana", typed="k\n\n")  # the input ends: quit
    assert words(queue) == ["drop", "keep", "open"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("d\n\nq\n", "nothing is decided: give a reason to drop it"),
        ("f\nz\nq\n", "nothing is decided: expected a letter from A to D"),
        ("f\na\nq\n", "nothing is decided: A is the key already; keep it instead"),
        ("f\n\n\nq\n", "nothing is decided: give a reason to fix it"),
        ("d\n", "Aborted!"),  # the input ends in the middle
        ("f\n", "Aborted!"),
    ],
)
def test_half_a_decision_is_none(queue: Path, typed: str, said: str) -> None:
    assert said in tried(queue, "--by", "ana", typed=typed).output
    assert words(queue) == ["open"] * 3


def test_an_empty_letter_takes_what_the_model_chose_most(queue: Path) -> None:
    run(queue, "--by", "ana", typed="f\n\nas the model says\nq\n")
    assert words(queue)[0] == "fix to B"


def test_trials_are_shown_in_full_on_demand(queue: Path) -> None:
    (line, *_) = queue.read_text().splitlines()
    queue.write_text(line.replace("Because.", "\\u001b[2J" + "so " * 200 + "therefore") + "\n")
    assert "therefore" not in run(queue, typed="q\n")
    said = run(queue, typed="t\nq\n")
    assert said.count("therefore") == 5 and "\x1b" not in said


def test_two_reviewers_and_their_agreement(queue: Path) -> None:
    run(queue, "--by", "ana", typed="k\n\nk\n\nd\nno\n")
    said = run(queue, "--by", "bo", typed="k\n\nd\nno\nq\n")
    assert "2 of them" not in said  # the second sees nothing of the first
    assert "ana and bo: same decision on 50.0% of 2 questions, Cohen's kappa 0.00" in said
    found = json.loads(run(queue, "--json"))
    assert (found["disputed"], found["open"], found["decided"]) == (1, 0, {"keep": 1, "fix": 0, "drop": 1})
    assert found["reviewers"] == {"ana": 3, "bo": 2}
    listed = run(queue, "--list")
    assert "ana: keep, bo: drop" in listed and "number 2?" in listed


def test_a_page_is_written_and_what_it_saves_read(queue: Path, tmp_path: Path) -> None:
    page, saved = tmp_path / "new" / "page.html", tmp_path / "saved.jsonl"
    assert "3 questions" in run(queue, "--page", page)
    assert "Research software" in page.read_text(encoding="utf-8")
    write_jsonl(saved, [decided(each, "drop", "cy") for each in Review(queue).items])
    assert "3 decisions added, 0 older" in run(queue, "--import", saved)
    assert "0 decisions added, 3 older" in run(queue, "--import", saved)
    assert words(queue, "cy") == ["drop"] * 3
    kept = tmp_path / "elsewhere" / "mine.jsonl"
    run(queue, "--import", saved, "--decisions", kept)
    assert len(kept.read_text().splitlines()) == 3


def test_what_is_wrong_is_said(queue: Path, tmp_path: Path) -> None:
    assert "exclude each other" in tried(queue, "--serve", "--list").output
    for arguments, said in (
        ((tmp_path / "none.jsonl",), "no such file"),
        ((queue, "--by", " "), "--by: expected a reviewer's name"),
        ((queue, "--import", tmp_path / "none"), "no such file"),
    ):
        result = tried(*arguments)
        assert isinstance(result.exception, BadInput) and said in str(result.exception)


def test_served_until_it_is_interrupted(queue: Path) -> None:
    process = subprocess.Popen(
        [*PROGRAM, str(queue), "--by", "ana", "--serve"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    assert process.stdout
    url = re.search(r"http://127\.0\.0\.1:\d+/\S+", process.stdout.readline())
    assert url
    with urllib.request.urlopen(url[0]) as reply:
        assert b"Research software" in reply.read()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and "stopped" in said and "3 questions: keep 0" in said


class Terminal:
    """The command in a pseudo-terminal."""

    def __init__(self, *arguments: str | Path) -> None:
        self.child, self.master = pty.fork()
        if self.child == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.execv(PROGRAM[0], [*PROGRAM, *map(str, arguments)])
        self.said = ""

    def _read(self) -> bool:
        """Whether there was more; what nobody reads may keep a process from ending."""
        if not select.select([self.master], [], [], 60)[0]:
            os.kill(self.child, signal.SIGKILL)
            raise AssertionError(f"it waits, after: {self.said}")
        try:
            part = os.read(self.master, 65536)
        except OSError:  # the other side is closed
            part = b""
        self.said += part.decode(errors="replace")
        return bool(part)

    def until(self, text: str) -> None:
        while text not in self.said:
            assert self._read(), f"ended without '{text}': {self.said}"
        self.said = self.said.split(text, 1)[1]

    def answer(self, asked: str, keys: str) -> None:
        self.until(asked)
        os.write(self.master, keys.encode())

    def ended(self) -> int:
        while self._read():
            pass
        os.close(self.master)
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])


def test_single_keys_and_typed_reasons_in_a_terminal(queue: Path) -> None:
    terminal = Terminal(queue, "--by", "ana")
    for asked, keys in (
        *(("[q]uit > ", "k"), ("reason", "\n"), ("[q]uit > ", "b"), ("[q]uit > ", "d"), ("reason", "no süch sea\n")),
        *(("[q]uit > ", "\x1b[B"), ("expected one of", ""), ("[q]uit > ", "f"), ("the right option", "D\n")),
        *(("reason", "as the book says\n"), ("3 of 3", ""), ("[q]uit > ", "q")),
    ):
        terminal.answer(asked, keys)
    terminal.until("3 questions: keep 0, fix 1, drop 1, disputed 0, open 1")
    assert terminal.ended() == 0
    assert words(queue) == ["drop", "fix to D", "open"]
    assert Review(queue).decisions()[2].reason == "no süch sea"


@pytest.mark.parametrize("at", ["[q]uit > ", "reason"])
def test_interrupted_nothing_decided_is_lost(queue: Path, at: str) -> None:
    terminal = Terminal(queue, "--by", "ana")
    terminal.answer("[q]uit > ", "d")
    terminal.answer("reason", "no such sea\n")
    terminal.until("2 of 3")
    if at == "reason":
        terminal.answer("[q]uit > ", "d")
    terminal.answer(at, "\x03")
    assert terminal.ended() != 0
    assert words(queue) == ["drop", "open", "open"]
