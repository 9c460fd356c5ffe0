"""What verl calls for every rollout (`reward.custom_reward_function.path` is this file). Florey's reward, and no other.

It runs in verl's environment: there `florey` must be importable, or this file must lie in its source.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

try:
    import florey
except ImportError:  # not installed there: from the source that this file is part of
    sys.path.append(str(Path(__file__).resolve().parents[4]))
    import florey  # noqa: F401

from florey.training.rewards import RewardConfig, reward


def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Any = None, **settings: Any
) -> dict[str, Any]:
    """`settings`: correct, format (weights). `score` is what is trained on."""
    row = json.loads(ground_truth)
    weights = RewardConfig(**{name: settings[name] for name in ("correct", "format") if name in settings})
    earned = reward(
        solution_str,
        row["options"],
        row["gold"],
        weights,
        finished=ended(solution_str, row),
        prefilled=row["prefilled"],
    )
    return {"score": earned.total, "acc": earned.correct, "format": earned.format, "verdict": earned.verdict.value}


def ended(text: str, row: dict[str, Any]) -> bool:
    """verl does not tell whether the budget ended an answer: one whose answer block is closed has ended."""
    return text.rstrip().endswith("</answer>")
