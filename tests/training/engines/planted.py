"""A reward that a policy of random weights can earn: it is right where its text has a planted sum of letters."""

from __future__ import annotations

from typing import Any

from florey.records import Verdict
from florey.training.rewards import Reward


def reward(text: str, *_: Any, **__: Any) -> Reward:
    right = float(sum(map(ord, text)) % 3 == 0)
    return Reward(right, 0.0, right, Verdict.CORRECT if right else Verdict.WRONG)
