"""A local model as a backend of the LLM client: the same requests, answered in this process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from florey.errors import BadInput
from florey.files import digest
from florey.inference.local import generate
from florey.llm.requests import Reply, Request, Usage
from florey.llm.structured import in_words

Waiting = tuple[Request, "asyncio.Future[Reply]"]


class TransformersBackend:
    """Requests that wait at the same time are answered as one batch, if they are greedy.

    A sampled answer gets a batch and a seed of its own, from the request's content and sample index, so that it does
    not depend on what else was asked. A schema is asked for in words.
    """

    def __init__(self, model: Any, tokenizer: Any, name: str, batch_size: int = 8) -> None:
        if not getattr(tokenizer, "chat_template", None):
            raise BadInput(f"{name}: its tokenizer has no chat template; expected an instruction-tuned model")
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        tokenizer.padding_side = "left"  # answers follow the prompts directly
        self.model = name
        self._network, self._tokenizer, self._batch_size = model, tokenizer, batch_size
        self._waiting: list[Waiting] = []
        self._worker: asyncio.Task[None] | None = None

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
        except (OSError, ValueError) as error:
            raise BadInput(f"model '{model}' cannot be loaded: {str(error).splitlines()[0]}") from None
        return cls(network, tokenizer, str(model), batch_size)

    async def complete(self, request: Request) -> Reply:
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((in_words(request), answer))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await answer

    async def close(self) -> None:
        if self._worker:
            await self._worker

    async def _work(self) -> None:
        while self._waiting:
            batch = self._take()
            try:
                replies = await asyncio.to_thread(self._generate, [request for request, _ in batch])
            except Exception as error:
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for (_, answer), reply in zip(batch, replies, strict=True):
                if not answer.done():
                    answer.set_result(reply)

    def _take(self) -> list[Waiting]:
        """The first that waits and, where it is greedy, others that can share its batch."""
        first = self._waiting[0][0]
        together = [
            each
            for each in self._waiting
            if each[0] is first
            or (first.temperature == each[0].temperature == 0 and first.max_tokens == each[0].max_tokens)
        ][: self._batch_size]
        taken = {id(answer) for _, answer in together}
        self._waiting = [each for each in self._waiting if id(each[1]) not in taken]
        return together

    def _generate(self, requests: list[Request]) -> list[Reply]:
        first = requests[0]
        prompts = [
            self._tokenizer.apply_chat_template(list(request.messages), tokenize=False, add_generation_prompt=True)
            for request in requests
        ]
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
        lengths = [len(self._tokenizer(prompt, add_special_tokens=False)["input_ids"]) for prompt in prompts]
        return [
            Reply(each.text, "stop" if each.finished else "length", Usage(length, each.tokens))
            for each, length in zip(made, lengths, strict=True)
        ]


def _is_path(model: str) -> bool:
    """Whether it can be no id of the hub: those are NAME or OWNER/NAME."""
    return model.startswith((".", "~", "/")) or model.count("/") > 1
