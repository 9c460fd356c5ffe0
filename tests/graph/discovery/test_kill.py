"""Killed while it reads and asks, the same command ends with the same journal and asks nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

KILLS = 4
PATIENCE = 60.0


@pytest.mark.slow
def test_killed_again_and_again_it_ends_as_if_left_alone(
    dump: Path, seeing_treatments: Callable[..., Any], tmp_path: Path
) -> None:
    def command(out: Path, url: str) -> list[str]:
        florey = [sys.executable, "-c", "from florey.cli.main import run_cli; run_cli()"]
        asked = ["--seed", "Wobble fever", "--at-a-time", "1", "--out", str(out)]
        return [*florey, "graph", "discover", str(dump), *asked, "--llm-url", url, "--llm-model", "m"]

    whole = seeing_treatments()
    subprocess.run(command(tmp_path / "whole", whole.url), check=True, capture_output=True)
    slow = seeing_treatments(latency_s=0.15)
    journal = tmp_path / "killed/journal.jsonl"
    for kill in range(KILLS):
        # in the middle of reading: some pages are done, others are not
        process = subprocess.Popen(command(tmp_path / "killed", slow.url), stdout=subprocess.PIPE, text=True)
        size, end = journal.stat().st_size if journal.exists() else 0, time.monotonic() + PATIENCE
        while not (journal.exists() and journal.stat().st_size > size):
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < end
            time.sleep(0.005)
        time.sleep(0.02 * kill)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    subprocess.run(command(tmp_path / "killed", slow.url), check=True, capture_output=True)
    assert journal.read_bytes() == (tmp_path / "whole/journal.jsonl").read_bytes()
    served = slow.stats()["served"]
    assert served.keys() == whole.stats()["served"].keys()
    # an answer that was on its way when the process died is asked for again; whatever arrived is not
    assert sum(served.values()) <= len(served) + KILLS
