"""Killed anywhere, the same command ends with the same bytes as a run that was left alone; Ctrl-C says how to go on."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from florey.files import read_json

Start = Callable[..., subprocess.Popen[str]]

DURING = ("questions", "cold_start", "stage1", "stage2-round2", "evaluation")
PATIENCE = 120.0  # seconds for one stage to appear, on a machine with much else to do


@pytest.fixture
def starting(start: Start) -> Iterator[Start]:
    """`start`, with whatever is still running taken down when the test fails."""
    running: list[subprocess.Popen[str]] = []

    def remembered(out: Path, *overrides: str) -> subprocess.Popen[str]:
        running.append(start(out, *overrides))
        return running[-1]

    yield remembered
    for process in running:
        process.kill()
        process.communicate()


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Returns as soon as `path` is there. A process that ends first is a failure of the test."""
    end = time.monotonic() + PATIENCE
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, f"no {path.name} after {PATIENCE} s"
        time.sleep(0.002)


@pytest.mark.slow
def test_killed_in_five_places_it_ends_as_if_left_alone(miniature: Path, tmp_path: Path, starting: Start) -> None:
    out = tmp_path / "run"
    for stage in DURING:
        process = starting(out)
        wait_for(out / f".{stage}.part", process)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert not (out / stage).exists(), "killed too late to tell anything"
        assert not (out / "summary.json").exists()
    process = starting(out)
    said, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert said.count("done already, skipped") == 10, said  # all but evaluation and report
    assert (out / "summary.json").read_bytes() == (miniature / "summary.json").read_bytes()
    assert not list(out.rglob("*.part"))
    # not the summary alone: every byte that any stage wrote
    for manifest in sorted(miniature.glob("*/manifest.json")):
        assert read_json(out / manifest.parent.name / "manifest.json") == read_json(manifest)


@pytest.mark.slow
def test_an_interrupt_stops_cleanly_and_says_how_to_go_on(miniature: Path, tmp_path: Path, starting: Start) -> None:
    out = shutil.copytree(miniature, tmp_path / "run")
    process = starting(out, "cold_start.steps=100000")  # long enough never to end here
    wait_for(out / ".cold_start.part" / "checkpoint", process)  # made when the training starts
    process.send_signal(signal.SIGINT)
    said, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in err and "the same command goes on from here" in err.splitlines()[-1]
    assert said.count("skipped") == 6
    assert not list(out.glob(".*.part"))
    # the result of before still stands where the new one would have come
    assert read_json(out / "cold_start" / "manifest.json")["counts"]["steps"] == 100
