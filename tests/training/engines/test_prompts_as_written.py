"""What a policy is asked while it trains is the prompt as it stands in the round, token by token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tokenizers.processors import TemplateProcessing
from trl import GRPOTrainer

from florey.training.engines import RoundJob
from florey.training.engines.trl import TRLEngine
from florey.training.policy import load_tokenizer
from florey.training.rounds import read_round


def test_a_begin_token_is_not_added_a_second_time(
    a_job: Callable[..., RoundJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = a_job("a", max_steps=1)
    tokenizer = load_tokenizer(str(job.parent))
    begin = ("<user>", tokenizer.convert_tokens_to_ids("<user>"))
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single="<user> $A", special_tokens=[begin])
    tokenizer.save_pretrained(job.parent)
    assert load_tokenizer(str(job.parent))("p 1")["input_ids"][0] == begin[1]  # as Llama's and Gemma's do
    seen: list[list[int]] = []
    inner = GRPOTrainer._generate_single_turn

    def heard(self: Any, prompt_ids: list[list[int]], *more: Any) -> Any:
        seen.extend(prompt_ids)
        return inner(self, prompt_ids, *more)

    monkeypatch.setattr(GRPOTrainer, "_generate_single_turn", heard)
    TRLEngine().train(job)
    plain = {tuple(tokenizer(r["prompt"], add_special_tokens=False)["input_ids"]) for r in read_round(job.round_file)}
    assert seen and {tuple(ids) for ids in seen} <= plain
