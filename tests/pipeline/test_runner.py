"""Keys and manifests: what makes a stage run again, and what does not."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from florey.errors import BadInput
from florey.pipeline import manifest
from florey.pipeline.manifest import code_version
from florey.pipeline.progress import Reporter
from florey.pipeline.runner import Context, Stage, run_stages, stage_key


def quiet() -> Reporter:
    return Reporter(Console(file=io.StringIO()))


def stage(name: str, needs: tuple[str, ...] = (), run: Any = None, **settings: Any) -> Stage:
    def write(context: Context) -> dict[str, Any]:
        content = "".join((context[need] / "out.txt").read_text() for need in needs)
        (context.out / "out.txt").write_text(f"{content}{name} {settings.get('config')}\n")
        return {"kept": 1}

    return Stage(
        **{"name": name, "title": name, "needs": needs, "config": 1, "rooms": ("files",), **settings}, run=run or write
    )


def test_the_key_depends_on_all_that_decides_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(inputs: dict[str, str] | None = None, **settings: Any) -> str:
        return stage_key(stage("s", **settings), inputs or {})

    different = [
        key(),
        key(config=2),
        key(rooms=("files", "errors")),
        key(seed=1),
        key({"graph": "x"}),
        key({"graph": "y"}),
    ]
    assert len(set(different)) == len(different)
    assert key() == different[0]
    monkeypatch.setattr("florey.pipeline.runner.library_versions", lambda: {"torch": "0"})
    assert key() not in different


def test_the_code_version_follows_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "a.py").write_text("a = 1\n")
    (tmp_path / "single.py").write_text("b = 1\n")
    monkeypatch.setattr(manifest.resources, "files", lambda _: tmp_path)
    seen = set()
    for change in (
        None,
        ("room/a.py", "a = 2\n"),
        ("room/b.py", ""),
        ("single.py", "b = 2\n"),
        ("other.py", "c = 1\n"),
    ):
        if change:
            (tmp_path / change[0]).write_text(change[1])
        code_version.cache_clear()
        seen.add(code_version(("room", "single")))
    code_version.cache_clear()
    assert len(seen) == 4  # the last file is in no room that was asked about


def test_a_stage_that_fails_leaves_nothing_and_keeps_what_was_before(tmp_path: Path) -> None:
    def fail(context: Context) -> dict[str, Any]:
        (context.out / "out.txt").write_text("half")
        raise BadInput("no")

    run_stages([stage("a"), stage("b", ("a",))], tmp_path, quiet())
    with pytest.raises(BadInput):
        run_stages([stage("a"), stage("b", ("a",), fail, config=2)], tmp_path, quiet())
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "a", "b"]
    assert (tmp_path / "b" / "out.txt").read_text() == "a None\nb None\n"


def test_a_bar_that_never_filled_goes_with_its_stage(tmp_path: Path) -> None:
    def half_done(context: Context) -> dict[str, Any]:
        context.reporter.bar("work")(1, 2, "")
        if context.phase == "b":
            raise BadInput("no")
        return {}

    console = Console(file=io.StringIO(), force_terminal=True)
    with pytest.raises(BadInput):
        run_stages([stage("a", run=half_done), stage("b", run=half_done)], tmp_path, Reporter(console))
    assert not console._live_stack


def test_an_input_that_comes_out_the_same_does_not_run_the_next_stage_again(tmp_path: Path) -> None:
    ran: list[str] = []

    def noted(context: Context) -> dict[str, Any]:
        ran.append(context.phase)
        (context.out / "out.txt").write_text("same")
        return {}

    for config in (1, 2):
        run_stages([stage("a", run=noted, config=config), stage("b", ("a",), noted)], tmp_path, quiet())
    assert ran == ["a", "b", "a"]


def test_a_stage_whose_input_changed_runs_again(tmp_path: Path) -> None:
    for config in (1, 2):
        done = run_stages([stage("a", config=config), stage("b", ("a",)), stage("c")], tmp_path, quiet())
    assert (tmp_path / "b" / "out.txt").read_text() == "a 2\nb None\n"
    assert done["b"].inputs == {"a": done["a"].digest} and done["c"].inputs == {}
