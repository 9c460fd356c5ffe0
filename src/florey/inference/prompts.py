"""The one way a question becomes a prompt: training, mining and evaluation all ask in the same words."""

from __future__ import annotations

from typing import Any

from florey.answer import INSTRUCTION, show
from florey.records import Question


def render_prompt(question: Question, tokenizer: Any) -> str:
    """The prompt text for a causal language model, through its own chat template where it has one."""
    if not getattr(tokenizer, "chat_template", None):
        return f"{INSTRUCTION}\n\n{show(question)}\n\n"
    messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": show(question)}]
    text: str = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return text


def is_prefilled(prompt: str) -> bool:
    """Whether the prompt already opened the thought, as some chat templates do."""
    return prompt.rstrip().endswith("<think>")
