"""Which questions are held out, and when enough has been learned."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from florey.training.cold_start.early_stop import EarlyStop, Watcher, held_out


@given(st.lists(st.text(max_size=3), min_size=1, max_size=30), st.floats(0.01, 0.99), st.integers(0, 5))
def test_what_is_held_out_depends_on_ids_and_seed_alone(owners: list[str], share: float, seed: int) -> None:
    chosen = held_out(owners, share, seed)
    assert chosen == held_out(sorted(owners + owners[:3]), share, seed) and chosen <= set(owners)
    assert len(chosen) == max(1, round(share * len(set(owners))))


def test_other_seeds_hold_out_others() -> None:
    owners = [f"q{n}" for n in range(40)]
    assert held_out(owners, 0.2, 0) != held_out(owners, 0.2, 1)


def watched(losses: list[float], **rule: float) -> tuple[int, int | None]:
    """(measurements made, the best's step)."""
    watcher = Watcher(EarlyStop(every=10, **{"patience": 2, **rule}))  # type: ignore[arg-type]
    for n, loss in enumerate(losses, 1):
        watcher.observe(10 * n, loss)
        # whoever goes on from what was written down sees the same
        again = Watcher(watcher.rule)
        again.load_state_dict(json.loads(json.dumps(watcher.state_dict())))
        for name in ("stopped", "best_step", "measured"):
            assert repr(getattr(again, name)) == repr(getattr(watcher, name))
        if watcher.stopped:
            return n, watcher.best_step
    return len(losses), watcher.best_step


def test_stops_after_so_many_measurements_without_a_new_best() -> None:
    assert watched([3.0, 2.0, 2.1, 1.9, 2.0, 2.0, 0.1]) == (6, 40)
    assert watched([3.0, 2.0, 1.0]) == (3, 30)
    assert watched([3.0, 2.95, 2.89, 1.0], least=0.1) == (4, 40)  # 2.89 is better by a tenth; 2.95 was not
    assert watched([3.0, 2.95, 2.94, 1.0], least=0.1) == (3, 10)


def test_a_loss_that_is_no_number_is_never_best() -> None:
    assert watched([math.nan, math.nan, 1.0]) == (2, None)
    assert watched([1.0, math.nan, 0.5]) == (3, 30)
