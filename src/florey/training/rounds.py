"""A round: the questions that an engine trains on next, as one Parquet file that any engine can read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from florey.errors import BadInput
from florey.files import written_aside
from florey.records import Question

COLUMNS = ("position", "question_id", "prompt", "options", "gold", "tier", "metapath", "part", "order", "rollouts")


def write_round(
    path: Path,
    questions: Sequence[Question],
    prompts: Sequence[str],
    *,
    parts: Sequence[str] | None = None,
    orders: Sequence[tuple[int, ...] | None] | None = None,
    rollouts: Sequence[int | None] | None = None,
) -> None:
    """One row per place in the round, in training order.

    `questions`: with their options as they are shown; `orders`: which of the question's own each one is. `parts`:
    what the round is balanced by (tiers, or wrong and right). `rollouts`: where places have numbers of their own; an
    engine that has one number for all (TRL) takes that of the round.
    """
    import polars as pl

    count = len(questions)

    frame = pl.DataFrame(
        {
            "position": list(range(len(questions))),
            "question_id": [q.id for q in questions],
            "prompt": list(prompts),
            "options": [list(q.options) for q in questions],
            "gold": [q.gold for q in questions],
            "tier": [q.tier for q in questions],
            "metapath": [q.metapath for q in questions],
            "part": list(parts or [""] * count),
            "order": [None if order is None else list(order) for order in orders or [None] * count],
            "rollouts": list(rollouts or [None] * count),
        },
        schema_overrides={
            "options": pl.List(pl.String),
            "tier": pl.String,
            "metapath": pl.String,
            "part": pl.String,
            "order": pl.List(pl.Int64),
            "rollouts": pl.Int64,
        },
    )
    with written_aside(path) as aside:
        frame.write_parquet(aside)


def read_round(path: Path) -> list[dict[str, Any]]:
    """Rows as dictionaries, in training order. Raises BadInput if the file is not a round."""
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise BadInput(f"{path}: expected a round in Parquet ({type(error).__name__})") from None
    if missing := [name for name in COLUMNS if name not in frame.columns]:
        raise BadInput(f"{path}: not a round; missing column '{missing[0]}'")
    return frame.sort("position").to_dicts()
