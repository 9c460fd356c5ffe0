"""The one way a question becomes a prompt of a local model: training, mining and evaluation ask in the same words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinja2 import TemplateError

from florey.answer import INSTRUCTION, show
from florey.errors import BadInput
from florey.llm.requests import Message
from florey.records import Question


def render_prompt(question: Question, tokenizer: Any) -> str:
    """The prompt text for a causal language model, through its own chat template where it has one."""
    return render_messages(
        (Message(role="system", content=INSTRUCTION), Message(role="user", content=show(question))), tokenizer
    )


def render_messages(messages: Sequence[Message], tokenizer: Any) -> str:
    """Messages through the tokenizer's chat template; one below the other where it has none. A last message that is the
    model's own is left open, to be gone on with: it stands behind what the template begins an answer with."""
    if messages and messages[-1]["role"] == "assistant":
        return render_messages(messages[:-1], tokenizer) + messages[-1]["content"]
    if not getattr(tokenizer, "chat_template", None):
        return "".join(f"{message['content']}\n\n" for message in messages)
    try:
        text: str = tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
    except TemplateError as error:
        if len(messages) < 2 or messages[0]["role"] != "system":
            raise BadInput(f"the chat template of the model refuses what it is asked: {error}") from None
        return render_messages(_without_system(messages), tokenizer)
    return text


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """What the system says at the head of the first turn: some templates (Gemma 2) have no place for it."""
    system, first, *later = messages
    return [Message(role=first["role"], content=f"{system['content']}\n\n{first['content']}"), *later]


def is_prefilled(prompt: str) -> bool:
    """Whether the prompt already opened the thought, as some chat templates do."""
    return prompt.rstrip().endswith("<think>")
