"""Tokens that carry loss, and rows of several traces in which none sees another."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from florey.training.cold_start.packing import IGNORED, Example, as_row, leaks, packed, packed_batch, tokenized
from florey.training.policy import SmallModel, build_policy

WORDS = [*map(str, range(20)), "A", "B"]
SHAPE = SmallModel(hidden=16, layers=2, heads=2, feed_forward=32, positions=64)


@pytest.fixture(scope="module")
def policy() -> tuple[Any, Any]:
    return build_policy(SHAPE, [], WORDS, seed=1)


def test_the_prompt_carries_no_loss_and_the_end_does(policy: tuple[Any, Any]) -> None:
    _, tokenizer = policy
    (made,) = tokenized(tokenizer, [("1 2 3 ", "4 5")])
    assert tokenizer.convert_ids_to_tokens(made.ids) == ["1", "2", "3", "4", "5", "<eos>"]
    assert made.labels == (IGNORED,) * 3 + made.ids[3:]
    assert tokenized(tokenizer, [("1 2 3 ", "4 5<eos>")]) == [made]  # one end, not two


def test_where_tokens_merge_over_the_border_the_whole_of_the_merged_is_learned() -> None:
    class Letters:
        """Two letters of a kind are one token; what is one token in the whole was another in the prompt alone."""

        eos_token = "."

        def __call__(self, texts: list[str], add_special_tokens: bool) -> dict[str, list[list[int]]]:
            assert not add_special_tokens  # a rendered prompt has its own, and generation adds none
            return {"input_ids": [list(text.replace("aa", "Ä").encode("latin-1")) for text in texts]}

    (made,) = tokenized(Letters(), [("xa", "ab")])
    assert made.ids == tuple("xÄb.".encode("latin-1")) and made.labels == (IGNORED, *made.ids[1:])


@given(st.lists(st.integers(1, 20), max_size=40), st.integers(20, 50))
def test_every_example_is_in_one_row_whole(lengths: list[int], room: int) -> None:
    examples = [Example((n,) * length, (n,) * length) for n, length in enumerate(lengths)]
    rows = packed(examples, room)
    assert sorted(each.ids[0] for row in rows for each in row) == list(range(len(lengths)))
    assert all(sum(map(len, row)) <= room for row in rows)
    assert all(sum(map(len, a)) + sum(map(len, b)) > room for n, a in enumerate(rows) for b in rows[:n])  # best fit


def loss(model: Any, batch: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    model.zero_grad()
    found = model(**batch, use_cache=False).loss
    found.backward()
    return found.item(), {name: each.grad.clone() for name, each in model.named_parameters()}


def plain_batch(examples: list[Example], pad: int) -> dict[str, Any]:
    width = max(map(len, examples))
    spare = [width - len(each) for each in examples]
    return {
        "input_ids": torch.tensor([[*each.ids, *[pad] * more] for each, more in zip(examples, spare, strict=True)]),
        "labels": torch.tensor([[*each.labels, *[IGNORED] * more] for each, more in zip(examples, spare, strict=True)]),
        "attention_mask": torch.tensor(
            [[1] * len(each) + [0] * more for each, more in zip(examples, spare, strict=True)]
        ),
    }


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_packed_rows_have_the_loss_and_the_gradients_of_unpacked_ones(policy: tuple[Any, Any], attention: str) -> None:
    model, tokenizer = policy
    model.set_attn_implementation(attention)
    pairs = [("1 2 ", "3 4 5"), ("6 ", "7"), ("8 9 10 11 ", "12 13"), ("14 ", "15 16 17 18 19")]
    examples = tokenized(tokenizer, pairs)
    rows = [as_row(row) for row in packed(examples, 14)]
    assert [len(row["seq_lengths"]) for row in rows] == [2, 2]
    mine, my_slopes = loss(model, packed_batch(rows, tokenizer.pad_token_id))
    plain, slopes = loss(model, plain_batch(examples, tokenizer.pad_token_id))
    assert mine == pytest.approx(plain, rel=1e-6)
    assert all(torch.allclose(my_slopes[name], slopes[name], atol=1e-6) for name in slopes)
    # and without the positions it would not be so: what is before an example would be seen
    blind = packed_batch(rows, tokenizer.pad_token_id)
    del blind["position_ids"]
    assert loss(model, blind)[0] != pytest.approx(plain, rel=1e-3)


def test_an_example_does_not_see_its_neighbour(policy: tuple[Any, Any]) -> None:
    model, tokenizer = policy
    rows = [as_row(tokenized(tokenizer, [(first, "3"), ("6 7 ", "8 9")])) for first in ("1 2 ", "4 5 ")]
    logits = model(**packed_batch(rows, tokenizer.pad_token_id), use_cache=False).logits
    assert not torch.equal(logits[0, :4], logits[1, :4]) and torch.equal(logits[0, 4:], logits[1, 4:])


def test_models_that_would_let_examples_see_each_other_are_found(policy: tuple[Any, Any]) -> None:
    from transformers import MambaConfig, MambaForCausalLM

    state_space = MambaForCausalLM(MambaConfig(hidden_size=16, num_hidden_layers=1, vocab_size=50, state_size=4))
    assert leaks(state_space) and not leaks(policy[0])
