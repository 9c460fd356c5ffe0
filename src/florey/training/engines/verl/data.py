"""A round as verl reads it: one Parquet file in training order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from florey.files import written_aside
from florey.inference.prompts import is_prefilled

SOURCE = "florey"
TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
"""Instead of the model's chat template: a round's prompts are written out already, the same for every engine."""
ROLLOUTS = "__rollout_n__"
"""Column that verl's agent loop takes the number of a row's rollouts from."""


def write_parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """`rows`: of a round, in the order in which they are asked.

    What a row is stands in its ground truth: verl hands that to the reward and writes it beside every rollout, and
    nothing else of a row comes back.
    """
    import polars as pl

    columns: dict[str, list[Any]] = {
        "data_source": [SOURCE] * len(rows),
        "prompt": [[{"role": "user", "content": row["prompt"]}] for row in rows],
        "ability": ["medicine"] * len(rows),
        "reward_model": [{"style": "rule", "ground_truth": ground_truth(row)} for row in rows],
        "extra_info": [{"index": place, "question_id": row["question_id"]} for place, row in enumerate(rows)],
    }
    if any(row["rollouts"] for row in rows):
        columns[ROLLOUTS] = [row["rollouts"] for row in rows]
    with written_aside(path) as aside:
        pl.DataFrame(columns).write_parquet(aside)


def ground_truth(row: Mapping[str, Any]) -> str:
    """JSON: all that the reward and the round's record need."""
    kept = ("position", "question_id", "options", "gold", "tier", "order")
    return json.dumps({**{name: row[name] for name in kept}, "prefilled": is_prefilled(row["prompt"])}, sort_keys=True)
