"""The norm that the trainer logs, where the gradients themselves cannot be seen (DeepSpeed keeps them)."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from florey.training.trainer import gradient_callback


@pytest.mark.parametrize(
    ("norm", "limit", "stops"),
    [
        (1.0, 10.0, False),
        (10.0, 10.0, False),
        (10.1, 10.0, True),
        (math.nan, 10.0, True),
        (math.nan, math.inf, True),
        (math.inf, 10.0, True),
        (None, 10.0, False),
    ],
)
def test_beyond_the_limit_or_no_number(norm: float | None, limit: float, stops: bool) -> None:
    said: list[str] = []
    callback = gradient_callback(lambda step, why: said.append(why), limit)
    callback.on_log(None, SimpleNamespace(global_step=3), None, logs={"grad_norm": norm})
    assert bool(said) == stops
