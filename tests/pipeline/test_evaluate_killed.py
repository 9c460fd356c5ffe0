"""`florey evaluate` killed again and again: it goes on, and ends with the bytes of one that was not killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from florey.files import read_jsonl
from florey.llm.client import WINDOW
from florey.records import Prediction

ITEMS, AT_A_TIME = 300, 8


def command(url: str, file: Path, out: Path) -> list[str]:
    given = ("--url", url, "--benchmark", f"medqa={file}", "--out", str(out), "--max-tokens", "9")
    return [str(Path(sys.executable).parent / "florey"), "evaluate", "m", *given, "--concurrency", str(AT_A_TIME)]


def stored(out: Path) -> dict[str, bytes]:
    files = ("evaluation.json", "medqa/predictions.jsonl", "medqa/questions.jsonl", "medqa/set.json", "score.json")
    return {name: (out / name).read_bytes() for name in files}


def test_killed_and_run_again_it_ends_as_if_it_had_not_been(scripted_llm: Any, tmp_path: Path) -> None:
    options = {"A": "a", "B": "b", "C": "c", "D": "d"}
    rows = [{"question": f"Q {n}?", "options": options, "answer_idx": "ABCD"[n % 4]} for n in range(ITEMS)]
    file = tmp_path / "medqa.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    server = scripted_llm(process=True, latency_s=0.03)
    subprocess.run(command(server.url, file, tmp_path / "whole"), check=True, capture_output=True)
    before = sum(server.stats()["asked"].values())
    assert before == ITEMS
    kills = 0
    for stop_after in (40, 120, 200):
        with subprocess.Popen(command(server.url, file, tmp_path / "killed"), stdout=subprocess.DEVNULL) as child:
            while sum(server.stats()["asked"].values()) - before < stop_after and child.poll() is None:
                time.sleep(0.02)
            child.send_signal(signal.SIGKILL)
        kills += child.returncode == -signal.SIGKILL
        assert not (tmp_path / "killed" / "medqa").exists()  # nothing half-written
    assert kills == 3
    subprocess.run(command(server.url, file, tmp_path / "killed"), check=True, capture_output=True)
    assert stored(tmp_path / "killed") == stored(tmp_path / "whole")
    assert len(list(read_jsonl(tmp_path / "killed" / "medqa" / "predictions.jsonl", Prediction))) == ITEMS
    asked_again = sum(server.stats()["asked"].values()) - before - ITEMS
    assert asked_again <= kills * WINDOW * AT_A_TIME  # what was worked on at each kill
