"""Whether a server's chat template opens the thought: then its texts start inside one, unless it hands thoughts out
apart. OpenAI's protocol does not say; the servers whose templates do that can be asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from florey.llm.requests import Message

Post = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any] | None]]
"""The JSON object that a path of the server answers to another; None where it has no such path."""
OPENING = "<think>"
_END = 16  # last tokens of a prompt that are looked at


async def opens_thought(post: Post, model: str, messages: Sequence[Message]) -> bool:
    """llama.cpp shows the prompt itself; vLLM and SGLang its tokens. False where neither can be had."""
    asked = {"model": model, "messages": list(messages)}
    if (shown := await post("/apply-template", asked)) is not None:
        return str(shown.get("prompt", "")).rstrip().endswith(OPENING)
    tokens = ((await post("/tokenize", {**asked, "add_generation_prompt": True})) or {}).get("tokens")
    if not isinstance(tokens, list):
        return False
    end = await post("/detokenize", {"model": model, "tokens": tokens[-_END:]})
    return str((end or {}).get("prompt", "")).rstrip().endswith(OPENING)
