"""Where a round's seconds go: measured, in whole, and never in what must be the same bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from florey.training.engines import RoundJob
from florey.training.engines.clock import REWARD, ROLLOUT, SNAPSHOT, UPDATE, Clock
from florey.training.engines.trl import TRLEngine


def test_parts_sum_to_the_loop() -> None:
    clock = Clock()
    with clock.whole():
        with clock.of(ROLLOUT):
            time.sleep(0.02)
        time.sleep(0.03)
    assert clock.seconds[ROLLOUT] >= 0.02 and clock.seconds[UPDATE] >= 0.03
    assert clock.seconds[REWARD] == clock.seconds[SNAPSHOT] == 0


def test_a_part_that_fails_is_counted_all_the_same() -> None:
    clock = Clock()
    try:
        with clock.of(REWARD):
            time.sleep(0.01)
            raise ValueError
    except ValueError:
        pass
    assert clock.seconds[REWARD] >= 0.01


def test_a_round_tells_where_its_seconds_went(a_job: Callable[..., RoundJob], tmp_path: Path) -> None:
    job = replace(a_job("timed"), max_steps=4, snapshots=tmp_path / "snapshots")
    started = time.perf_counter()
    outcome = TRLEngine().train(job)
    passed = time.perf_counter() - started
    assert all(outcome.seconds[part] > 0 for part in (ROLLOUT, REWARD, SNAPSHOT, UPDATE))
    assert sum(outcome.seconds.values()) < passed
    assert not [name for row in outcome.log for name in row if "second" in name]
