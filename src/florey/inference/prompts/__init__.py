"""The words in which models are asked, and how an answer to them is read."""

from florey.inference.prompts.rendering import is_prefilled, render_messages, render_prompt
from florey.inference.prompts.variants import FLOREY, OFFICIAL, Prompt, prompt_named, prompt_names

__all__ = [
    "FLOREY",
    "OFFICIAL",
    "Prompt",
    "is_prefilled",
    "prompt_named",
    "prompt_names",
    "render_messages",
    "render_prompt",
]
