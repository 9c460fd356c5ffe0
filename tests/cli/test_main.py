"""The entry point: quick to start, helpful when mistyped, one line for what a user can mend."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from florey import __version__
from florey.cli import main
from florey.cli.main import COMMANDS, run_cli
from florey.errors import BadInput

HEAVY = {
    "torch",
    "transformers",
    "trl",
    "datasets",
    "polars",
    "numpy",
    "scipy",
    "pydantic",
    "matplotlib",
    "rich",
    "yaml",
}


def loaded_after(arguments: list[str]) -> set[str]:
    """Top-level modules that a process has loaded when `florey ARGUMENTS` ends."""
    code = (
        "import atexit, json, sys; sys.argv = ['florey', *json.loads(sys.argv[1])]; "
        "atexit.register(lambda: print('\\n' + json.dumps(sorted({m.split('.')[0] for m in sys.modules})))); "
        "from florey.cli.main import run_cli; run_cli()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(arguments)], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["graph", "build", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    assert not loaded_after(arguments) & HEAVY


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, florey; print(sorted({m.split('.')[0] for m in sys.modules} & set(sys.argv[1:])))"
    done = subprocess.run([sys.executable, "-c", code, *HEAVY, "click"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_names_every_command_with_its_line(cli: Any) -> None:
    code, said, _ = cli("--help")
    assert code == 0
    assert "not for diagnosis or treatment" in said
    for name, (_, text) in COMMANDS.items():
        assert name in said and text.split(";")[0] in " ".join(said.split())
    assert cli("-h")[1] == said
    assert cli("--version")[1].strip() == f"florey, version {__version__}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(cli: Any, name: str) -> None:
    code, said, _ = cli(name, "--help")
    assert code == 0 and said.startswith("Usage: florey")


@pytest.mark.parametrize(("typed", "meant"), [("rnu", "run"), ("synthesise", "synthesize"), ("verfy", "verify")])
def test_a_mistyped_command_suggests_the_nearest(cli: Any, typed: str, meant: str) -> None:
    code, said, err = cli(typed, "x")
    assert (code, said) == (2, "")
    assert err.strip() == f"error: no command '{typed}' (did you mean '{meant}'?); see 'florey --help'"


def test_a_command_like_no_other_gets_no_suggestion(cli: Any) -> None:
    assert cli("xyzzy")[2].strip() == "error: no command 'xyzzy'; see 'florey --help'"
    code, _, err = cli("--colour")
    assert code == 2 and "--colour" in err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (BadInput("a.yaml, line 3: no"), 2, "error: a.yaml, line 3: no"),
        (PermissionError(13, "Permission denied", "/a/b"), 2, "error: /a/b: Permission denied"),
        (OSError(28, "No space left on device"), 2, "error: system: No space left on device"),
        (click.ClickException("no such thing"), 1, "error: no such thing"),
        (KeyboardInterrupt(), 130, "stopped. Nothing half-written is left; the same command goes on from here."),
    ],
)
def test_what_a_user_can_mend_is_one_line(
    cli: Any, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr(main.LazyGroup, "get_command", lambda *_: failing)
    assert (cli("run")[0], cli("run")[2].strip()) == (code, said)


def test_a_fault_of_ours_is_not_dressed_up(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def failing() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(main.LazyGroup, "get_command", lambda *_: failing)
    with pytest.raises(ZeroDivisionError):
        monkeypatch.setattr(sys, "argv", ["florey", "run"])
        run_cli()


def test_the_commands_work_on_small_files(cli: Any, tmp_path: Path) -> None:
    code, _, err = cli("curate", str(tmp_path / "none.jsonl"), "--out", str(tmp_path / "out.jsonl"))
    assert code == 2 and err.startswith("error: ") and "no such file" in err
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["graph", "show", "g"], "error: Missing argument 'ENTITY'; see 'florey graph show --help'\n"),
        (
            ["synthesize", "g", "--count", "0"],
            "error: Invalid value for '--count': .*; see 'florey synthesize --help'\n",
        ),
        (["graph", "build", "--frm", "x"], "error: No such option '--frm'.*; see 'florey graph build --help'\n"),
        (["grap"], r"error: no command 'grap' \(did you mean 'graph'\?\); see 'florey --help'\n"),
    ],
)
def test_wrong_usage_is_one_line(cli: Callable[..., tuple[int, str, str]], arguments: list[str], said: str) -> None:
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "") and re.fullmatch(said, err)
