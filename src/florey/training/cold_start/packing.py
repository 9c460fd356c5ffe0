"""Traces as tokens with labels, and several of them in one row.

A packed row holds whole traces only, and its positions begin again with each. The models of transformers read from
that where one ends (`masking_utils.find_packed_sequence_indices`), with plain attention as with torch's; kernels that
do not are found by `leaks` and refused.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

IGNORED = -100
"""The label of a token that carries no loss."""


@dataclass(frozen=True)
class Example:
    """Tokens of a prompt and its completion; the labels are -100 on the prompt."""

    ids: tuple[int, ...]
    labels: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)


def tokenized(tokenizer: Any, pairs: Sequence[tuple[str, str]]) -> list[Example]:
    """(prompt, completion) as tokens, an end behind each. The completion begins where the tokens of the whole leave
    those of the prompt, so that nothing of the prompt is learned even where tokens merge across the border.

    Without the tokenizer's own special tokens, as in generation: a rendered prompt has its own.
    """
    texts = [prompt + _ended(completion, tokenizer.eos_token) for prompt, completion in pairs]
    prompts = tokenizer([prompt for prompt, _ in pairs], add_special_tokens=False)["input_ids"]
    wholes = tokenizer(texts, add_special_tokens=False)["input_ids"]
    found = []
    for prompt, whole in zip(prompts, wholes, strict=True):
        shared = next((n for n, (a, b) in enumerate(zip(prompt, whole, strict=False)) if a != b), len(prompt))
        found.append(Example(tuple(whole), (*[IGNORED] * shared, *whole[shared:])))
    return found


def _ended(completion: str, end: str) -> str:
    return completion if completion.endswith(end) else completion + end


def packed(examples: Sequence[Example], room: int) -> list[list[Example]]:
    """Rows of at most `room` tokens by best fit, longest first. Every example is in exactly one row, whole.

    >>> a, b, c = (Example((1,) * n, (1,) * n) for n in (3, 5, 4))
    >>> [[len(each) for each in row] for row in packed([a, b, c], 8)]
    [[5, 3], [4]]
    """
    rows: list[list[Example]] = []
    free: list[tuple[int, int]] = []  # (room left, row), smallest first
    for example in sorted(examples, key=len, reverse=True):
        place = bisect_left(free, (len(example), -1))
        left, row = free.pop(place) if place < len(free) else (room, len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append(example)
        insort(free, (left - len(example), row))
    return rows


def as_row(examples: Sequence[Example]) -> dict[str, list[int]]:
    """A row for the trainer. The first token of an example is nobody's to predict: the one before is a stranger."""
    return {
        "input_ids": [token for example in examples for token in example.ids],
        "labels": [label for example in examples for label in (IGNORED, *example.labels[1:])],
        "seq_lengths": [len(example) for example in examples],
    }


def packed_batch(rows: Sequence[dict[str, list[int]]], pad: int) -> dict[str, Any]:
    """Tensors of packed rows, with positions in the place of an attention mask (with one, positions are not looked
    at). The padding is a sequence of its own."""
    import torch

    width = max(len(row["input_ids"]) for row in rows)

    def filled(values: list[int], filler: Sequence[int]) -> list[int]:
        return [*values, *filler[: width - len(values)]]

    counting = range(width)
    positions = [[at for length in row["seq_lengths"] for at in range(length)] for row in rows]
    return {
        "input_ids": torch.tensor([filled(row["input_ids"], [pad] * width) for row in rows]),
        "labels": torch.tensor([filled(row["labels"], [IGNORED] * width) for row in rows]),
        "position_ids": torch.tensor([filled(row, counting) for row in positions]),
    }


def leaks(model: Any, tolerance: float = 0.01) -> bool:
    """Whether an example in a packed row sees the one before it: its logits are looked at while that one changes,
    against how much they change where both are one text. Two rows, since some kernels mind positions only in one."""
    import torch

    words = model.get_input_embeddings().num_embeddings
    draw = torch.Generator().manual_seed(0)
    first, other, second = torch.randint(words, (3, 8), generator=draw).tolist()
    ids = torch.tensor([[*first, *second], [*other, *second]], device=model.device)
    positions = torch.arange(8, device=model.device).repeat(2, 2)

    def change(**more: Any) -> float:
        logits = model(ids, use_cache=False, **more).logits[:, 8:].float()
        return float((logits[0] - logits[1]).abs().max())

    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            return change(position_ids=positions) > tolerance * change()
    finally:
        model.train(training)
