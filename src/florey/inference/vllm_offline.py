"""vLLM's offline engine as a backend of the LLM client: all requests that wait go to it as one batch.

Written against vLLM's documented interface (docs.vllm.ai, "Offline inference": LLM, SamplingParams, RequestOutput). It
needs a GPU; it has only been run against a stand-in with the same interface.
"""

from __future__ import annotations

from typing import Any

from florey.errors import BadInput
from florey.inference.batching import BatchBackend
from florey.inference.prompts import is_prefilled, render_messages
from florey.llm.chat_completions import TOP_TOKENS, likely_behind
from florey.llm.faults import Fault
from florey.llm.requests import Reply, Request, Usage


class VllmBackend(BatchBackend):
    """vLLM schedules within the batch; a request carries a seed of its own, so that the batch changes no draw."""

    def __init__(self, model: str, engine: Any, sampling: Any) -> None:
        """`engine`: an `LLM`; `sampling`: the class `SamplingParams`."""
        super().__init__(model)
        self._engine, self._sampling = engine, sampling
        self._tokenizer = engine.get_tokenizer()

    @classmethod
    def load(cls, model: str, **options: Any) -> VllmBackend:
        """`model`: a folder or a hub id; `options` as vLLM takes them (tensor_parallel_size, max_model_len)."""
        try:
            from vllm import LLM, SamplingParams  # type: ignore[import-not-found]
        except ImportError:
            raise BadInput("vLLM is not installed: pip install vllm (it needs a GPU), or ask its server") from None
        try:
            return cls(model, LLM(model=model, **options), SamplingParams)
        except (OSError, ValueError) as error:
            raise BadInput(f"model '{model}' cannot be loaded by vLLM: {str(error).splitlines()[0]}") from None

    def _together(self, waiting: list[Request]) -> list[int]:
        return list(range(len(waiting)))

    def _generate(self, requests: list[Request]) -> list[Reply]:
        prompts = [render_messages(request.messages, self._tokenizer) for request in requests]
        # As ids: from a text, vLLM would put a second beginning-of-text token before the template's own.
        ids = [self._tokenizer(prompt, add_special_tokens=False)["input_ids"] for prompt in prompts]
        try:
            made = self._engine.generate(
                [{"prompt_token_ids": each} for each in ids], [self._params(request) for request in requests]
            )
        except ValueError as error:  # how vLLM says that a prompt is longer than the model reads
            raise Fault("rejected", str(error).splitlines()[0], retryable=False) from None
        return [
            _reply(output.outputs[0], len(length), prompt, request)
            for output, length, prompt, request in zip(made, ids, prompts, requests, strict=True)
        ]

    def _params(self, request: Request) -> Any:
        return self._sampling(
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            top_p=request.top_p,
            seed=(request.seed or 0) + request.sample,
            logprobs=None if request.likely_after is None else TOP_TOKENS,
        )


def _reply(completion: Any, prompt_tokens: int, prompt: str, request: Request) -> Reply:
    likely = None
    if request.likely_after is not None and completion.logprobs:
        tops = [
            [(each.decoded_token, each.logprob) for each in place.values()] for place in completion.logprobs
        ]  # by token id; the one that was drawn is among them
        drawn = [
            place[token].decoded_token for place, token in zip(completion.logprobs, completion.token_ids, strict=True)
        ]
        likely = likely_behind(drawn, tops, request.likely_after)
    return Reply(
        completion.text,
        "stop" if completion.finish_reason == "stop" else "length",
        Usage(prompt_tokens, len(completion.token_ids)),
        prefilled=is_prefilled(prompt),
        likely=likely,
    )
