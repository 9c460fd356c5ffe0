"""What is looked at before a round is trained on, so that a mistake is a sentence and not a failure an hour later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from florey.errors import BadInput
from florey.training.engines import RoundJob


def check_tokenizer(tokenizer: Any, where: Path) -> None:
    """BadInput, with what to set, where it cannot ask, or cannot say where an answer ends."""
    if not tokenizer.chat_template:
        raise BadInput(f"{where}: its tokenizer has no chat template, so nobody knows how to ask it; set one")
    if tokenizer.eos_token_id is None:
        raise BadInput(f"{where}: its tokenizer has no token that ends an answer (eos_token)")
    if tokenizer.pad_token_id == tokenizer.eos_token_id:
        raise BadInput(
            f"{where}: its tokenizer pads with {tokenizer.eos_token}, the token that ends an answer, and has no other "
            "to pad with; set pad_token in tokenizer_config.json to one that is never written"
        )


def check_round(rows: Sequence[Mapping[str, Any]], model: Any, tokenizer: Any, job: RoundJob) -> None:
    """BadInput, with the setting to change, for a round that cannot be trained on: no questions, one option, groups of
    one rollout, or prompts that leave no room for an answer."""
    if not rows:
        raise BadInput(f"{job.phase}: the round has no questions")
    if job.rollouts_per_prompt < 2:
        raise BadInput(
            f"{job.phase}: groups of {job.rollouts_per_prompt} rollout have no mean to be better than; "
            "set rollouts to 2 or more"
        )
    for row in rows:
        if len(row["options"]) < 2:
            raise BadInput(f"{job.phase}: question {row['question_id']} has {len(row['options'])} option; expected two")
    check_tokenizer(tokenizer, job.parent)
    reads = getattr(model.config, "max_position_embeddings", None)
    if reads is None:
        return
    distinct = {row["prompt"]: row["question_id"] for row in rows}
    lengths = map(len, tokenizer(list(distinct), add_special_tokens=False)["input_ids"])
    longest, question = max(zip(lengths, distinct.values(), strict=True))
    if longest + job.config.max_new_tokens > reads:
        raise BadInput(
            f"{job.phase}: the prompt of question {question} has {longest} tokens, and answers may have "
            f"{job.config.max_new_tokens} (grpo.max_new_tokens); the model reads {reads} in all"
        )
