"""Answers from a local model: used by mining, evaluation and audits. Every generation is counted by the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from florey.inference.prompts import render_prompt
from florey.records import Generation, Prediction, Question


def pin_threads(threads: int) -> None:
    """Fix torch's threads: with another number of threads, sums round differently and so may the weights."""
    import torch

    torch.set_num_threads(threads)


def has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def to_gpu(model: Any) -> None:
    """A model that was just loaded lies in the machine's memory: answering there takes a hundred times as long."""
    if has_gpu() and model.device.type == "cpu":
        model.to("cuda")


def generate(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[str],
    *,
    max_new_tokens: int,
    batch_size: int,
    temperature: float = 0.0,
    top_p: float = 1.0,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Generation]:
    """One completion per prompt, in the order of the prompts. Temperature 0 = greedy.

    Prompts are batched by length (less padding); the batches, and so the draws, depend only on the
    prompts, the batch size and the seed.
    """
    import torch
    from transformers import GenerationConfig

    order = sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), i))
    results: list[Generation | None] = [None] * len(prompts)
    sampling: dict[str, Any] = {"do_sample": False}
    if temperature > 0:
        sampling = {"do_sample": True, "temperature": temperature, "top_p": top_p, "top_k": 0}
    ends = _ends(model, tokenizer)
    config = GenerationConfig(
        max_new_tokens=max_new_tokens,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=ends or None,
        repetition_penalty=1.0,  # what is not said here is taken from the model's own settings: Qwen's have 1.05
        **sampling,
    )
    to_gpu(model)
    was_training = model.training
    model.eval()
    torch.manual_seed(seed)
    try:
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            batch = tokenizer([prompts[i] for i in rows], return_tensors="pt", padding=True, add_special_tokens=False)
            batch = {key: batch[key].to(model.device) for key in ("input_ids", "attention_mask")}
            with torch.inference_mode():
                output = model.generate(**batch, generation_config=config)
            for row, ids in zip(rows, output[:, batch["input_ids"].shape[1] :].tolist(), strict=True):
                stop = next((n for n, token in enumerate(ids) if token in ends), None)
                kept = ids if stop is None else ids[:stop]
                text = tokenizer.decode(kept, skip_special_tokens=True)
                results[row] = Generation(text=text, tokens=len(kept), finished=stop is not None)
            if progress:
                progress(min(start + batch_size, len(order)), len(order))
    finally:
        model.train(was_training)
    return [result for result in results if result is not None]


def _ends(model: Any, tokenizer: Any) -> list[int]:
    """Tokens that end a completion: a model tuned to chat may end its turns with another than it was trained with."""
    own = model.generation_config.eos_token_id
    ends = {tokenizer.eos_token_id, *(own if isinstance(own, list) else [own])}
    return sorted(end for end in ends if end is not None)


def likely_next(model: Any, tokenizer: Any, text: str, count: int = 20) -> tuple[tuple[str, float], ...]:
    """The `count` most likely tokens behind the text, each with its log-probability, likeliest first."""
    import torch

    to_gpu(model)
    ids = tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"].to(model.device)
    with torch.inference_mode():
        logits = model(ids).logits[0, -1].float()
    best = torch.log_softmax(logits, dim=-1).topk(min(count, logits.shape[-1]))
    return tuple(
        (tokenizer.decode([token]), value)
        for token, value in zip(best.indices.tolist(), best.values.tolist(), strict=True)
    )


def predict(
    model: Any,
    tokenizer: Any,
    questions: Iterable[Question],
    *,
    name: str,
    max_new_tokens: int,
    batch_size: int,
    temperature: float = 0.0,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Prediction]:
    """One prediction per question, in order, under the model name `name`."""
    asked = list(questions)
    made = generate(
        model,
        tokenizer,
        [render_prompt(question, tokenizer) for question in asked],
        max_new_tokens=max_new_tokens,
        batch_size=batch_size,
        temperature=temperature,
        seed=seed,
        progress=progress,
    )
    return [
        Prediction(question_id=q.id, model=name, text=g.text, tokens=g.tokens, finished=g.finished)
        for q, g in zip(asked, made, strict=True)
    ]
