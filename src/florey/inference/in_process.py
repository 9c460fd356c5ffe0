"""A local model as a backend of the LLM client: the same requests, answered in this process."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from florey.errors import BadInput
from florey.files import digest
from florey.inference.batching import BatchBackend, check_room
from florey.inference.local import generate, likely_next
from florey.inference.prompts import is_prefilled, render_messages
from florey.llm.chat_completions import last_end
from florey.llm.requests import Reply, Request, Usage


class TransformersBackend(BatchBackend):
    """Greedy requests that wait at the same time are answered as one batch.

    A sampled answer gets a batch and a seed of its own, from the request's content and sample index, so that it does
    not depend on what else was asked. Messages of a model without a chat template stand one below the other.
    """

    def __init__(self, model: Any, tokenizer: Any, name: str, batch_size: int = 8) -> None:
        super().__init__(name)
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        tokenizer.padding_side = "left"  # answers follow the prompts directly
        self._network, self._tokenizer, self._batch_size = model, tokenizer, batch_size
        # A tokenizer remembers how it last padded, so that two threads cannot share one: this is for `complete`.
        self._counting = copy.deepcopy(tokenizer)
        self._context: int | None = getattr(model.config, "max_position_embeddings", None)

    @classmethod
    def load(cls, model: str | Path, *, batch_size: int = 8, **options: Any) -> TransformersBackend:
        """`model`: a local folder or a hub id; `options` as transformers takes them (gguf_file, dtype, device_map)."""
        if _is_path(str(model)) and not Path(model).exists():  # else it would be looked for on the hub, for a minute
            raise BadInput(f"model '{model}': no such folder; expected one with a model, or the id of one on the hub")
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from florey.inference.quiet import quiet_libraries

        tokenizer_options = {key: options[key] for key in ("gguf_file",) if key in options}
        try:
            with quiet_libraries():
                tokenizer = AutoTokenizer.from_pretrained(str(model), **tokenizer_options)
                network = AutoModelForCausalLM.from_pretrained(str(model), **options)
        except (OSError, ValueError, TypeError) as error:  # the last for an option that there is not
            raise BadInput(f"model '{model}' cannot be loaded: {str(error).splitlines()[0]}") from None
        return cls(network, tokenizer, str(model), batch_size)

    async def complete(self, request: Request) -> Reply:
        """Fault where prompt and answer together are longer than the model can read: nothing is cut off silently."""
        check_room(_length(self._prompt(request), self._counting), request, self._context)
        return await super().complete(request)

    def _prompt(self, request: Request) -> str:
        return render_messages(request.messages, self._tokenizer)

    def _together(self, waiting: list[Request]) -> list[int]:
        first = waiting[0]
        if first.temperature > 0:
            return [0]
        alike = (first.temperature, first.max_tokens)
        return [n for n, each in enumerate(waiting) if (each.temperature, each.max_tokens) == alike][: self._batch_size]

    def _generate(self, requests: list[Request]) -> list[Reply]:
        first = requests[0]
        prompts = [self._prompt(request) for request in requests]
        made = generate(
            self._network,
            self._tokenizer,
            prompts,
            max_new_tokens=first.max_tokens,
            batch_size=len(prompts),
            temperature=first.temperature,
            top_p=first.top_p,
            seed=int(digest([list(first.messages), first.sample, first.seed or 0], 8), 16),
        )
        return [
            Reply(
                each.text,
                "stop" if each.finished else "length",
                Usage(_length(prompt, self._tokenizer), each.tokens),
                prefilled=is_prefilled(prompt),
                likely=self._likely(prompt, each.text, request.likely_after),
            )
            for each, prompt, request in zip(made, prompts, requests, strict=True)
        ]

    def _likely(self, prompt: str, text: str, after: str | None) -> tuple[tuple[str, float], ...] | None:
        """The likely tokens behind the last match of `after` in the text; one more pass over prompt and text."""
        if after is None or (end := last_end(after, text)) is None:
            return None
        # without the space before a letter: it is part of the letter's token
        return likely_next(self._network, self._tokenizer, prompt + text[:end].rstrip(" "))


def _length(text: str, tokenizer: Any) -> int:
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])


def _is_path(model: str) -> bool:
    """Whether it can be no id of the hub: those are NAME or OWNER/NAME."""
    return model.startswith((".", "~", "/")) or model.count("/") > 1
