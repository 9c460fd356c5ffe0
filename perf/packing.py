"""Packing of traces for the cold start: what it costs and whether it changes what is learned.

    python -m perf.packing [--json FILE]

The quickstart's policy and traces. Four ways to train on the same traces for one step: plain (padded rows of one
trace), packed as Florey packs (rows of `max_tokens`, each trace seeing itself), TRL's own packing (the whole batch one
row), and packed without positions (traces see each other: what must not be). For each: processor seconds of a step
and by trace, and the distance of its loss from the plain one. One thread, no GPU, no flash attention.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from florey.inference.local import pin_threads
from florey.training.cold_start.packing import IGNORED, Example, as_row, packed, packed_batch, tokenized
from florey.training.policy import load_policy
from perf.cold_start import SeedRun
from perf.common import arguments, save, show

QUICKSTART = ("policy.small.hidden=128", "policy.small.layers=3", "policy.small.feed_forward=256")
STEP = 32  # traces
REPEATS = 12


def plain(examples: Sequence[Example], pad: int) -> dict[str, Any]:
    import torch

    width = max(map(len, examples))

    def filled(values: Sequence[int], filler: int) -> list[int]:
        return [*values, *[filler] * (width - len(values))]

    return {
        "input_ids": torch.tensor([filled(each.ids, pad) for each in examples]),
        "labels": torch.tensor([filled(each.labels, IGNORED) for each in examples]),
        "attention_mask": torch.tensor([filled([1] * len(each), 0) for each in examples]),
    }


def flat(examples: Sequence[Example], pad: int) -> dict[str, Any]:
    """As TRL's `packing=True` (bfd, padding-free) lays a batch out."""
    return packed_batch([as_row(examples)], pad)


def ours(examples: Sequence[Example], pad: int, room: int) -> dict[str, Any]:
    return packed_batch([as_row(row) for row in packed(examples, room)], pad)


def blind(examples: Sequence[Example], pad: int, room: int) -> dict[str, Any]:
    return {name: each for name, each in ours(examples, pad, room).items() if name != "position_ids"}


def measured(model: Any, batches: Sequence[dict[str, Any]], learned: Sequence[int]) -> tuple[float, list[float]]:
    """(median processor seconds of a step, forward and backward; loss per learned token of every batch)."""
    seconds, losses = [], []
    for batch, tokens in zip(batches, learned, strict=True):
        model.zero_grad()
        started = time.process_time()
        loss = model(**batch, use_cache=False, num_items_in_batch=tokens).loss
        loss.backward()
        seconds.append(time.process_time() - started)
        losses.append(loss.item())
    return float(np.median(seconds)), losses


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/packing"))
    options = parser.parse_args()
    pin_threads(1)
    run = SeedRun(0, options.out, 1, QUICKSTART)
    model, tokenizer = load_policy(str(run.untrained))
    examples = tokenized(tokenizer, run.parts[0] + run.parts[1])
    rng = np.random.default_rng(0)
    steps = [[examples[at] for at in rng.choice(len(examples), STEP, replace=False)] for _ in range(REPEATS)]
    learned = [sum(label != IGNORED for each in step for label in each.labels) for step in steps]
    pad = tokenizer.pad_token_id
    ways = {
        "plain": [plain(step, pad) for step in steps],
        "packed, rows of 256": [ours(step, pad, 256) for step in steps],
        "packed, rows of 512": [ours(step, pad, 512) for step in steps],
        "TRL's, one row": [flat(step, pad) for step in steps],
        "without positions, 256": [blind(step, pad, 256) for step in steps],
    }
    figures: dict[str, Any] = {"traces": len(examples), "step": STEP, "steps": REPEATS}
    tokens = [sum(map(len, step)) for step in steps]
    figures["mean_tokens"] = float(np.mean([len(each) for each in examples]))
    expected = measured(model, ways["plain"], learned)[1]
    rows = []
    for name, batches in ways.items():
        seconds, losses = measured(model, batches, learned)
        places = [batch["input_ids"].numel() for batch in batches]
        padding = 1 - sum(tokens) / sum(places)
        apart = float(np.max(np.abs(np.subtract(losses, expected))))
        shape = list(batches[0]["input_ids"].shape)
        figures[name] = {"seconds": seconds, "padding": padding, "loss_apart": apart, "shape": shape}
        rows.append([name, f"{shape[0]} x {shape[1]}", f"{padding:.1%}", f"{1000 * seconds:.0f}", f"{apart:.1e}"])
    show(
        f"A step on {STEP} traces of {figures['mean_tokens']:.0f} tokens; median of {REPEATS}",
        ["", "rows x tokens", "padding", "ms of processor", "loss apart from plain, at most (nats)"],
        rows,
    )
    save(options.json, figures)


if __name__ == "__main__":
    main()
