"""vLLM's offline engine as a backend of the LLM client: all requests that wait go to it as one batch.

Written against vLLM's documented interface (docs.vllm.ai, "Offline inference": LLM, SamplingParams, RequestOutput). It
needs a GPU; it has only been run against a stand-in with the same interface.
"""

from __future__ import annotations

import copy
from typing import Any

from florey.errors import BadInput
from florey.inference.batching import BatchBackend, check_room
from florey.inference.prompts import is_prefilled, render_messages
from florey.llm.chat_completions import TOP_TOKENS, likely_behind
from florey.llm.faults import Fault
from florey.llm.requests import Reply, Request, Usage


class VllmBackend(BatchBackend):
    """vLLM schedules within the batch; a request carries a seed of its own, so that the batch changes no draw.

    It is quick where it has many to schedule; what a batch has answered is in the cache before the next begins.
    """

    at_least = 512

    def __init__(self, model: str, engine: Any, sampling: Any) -> None:
        """`engine`: an `LLM`; `sampling`: the class `SamplingParams`."""
        super().__init__(model)
        self._engine, self._sampling = engine, sampling
        # One for each thread, see TransformersBackend; the engine keeps its own.
        self._tokenizer, self._counting = copy.deepcopy(engine.get_tokenizer()), copy.deepcopy(engine.get_tokenizer())
        inner = getattr(engine, "llm_engine", engine)
        self._context: int | None = getattr(getattr(inner, "model_config", None), "max_model_len", None)

    @classmethod
    def load(cls, model: str, **options: Any) -> VllmBackend:
        """`model`: a folder or a hub id; `options` as vLLM takes them (tensor_parallel_size, max_model_len)."""
        try:
            from vllm import LLM, SamplingParams  # type: ignore[import-not-found]
        except ImportError:
            raise BadInput("vLLM is not installed: pip install vllm (it needs a GPU), or ask its server") from None
        try:
            return cls(model, LLM(model=model, **options), SamplingParams)
        except (OSError, ValueError, TypeError) as error:  # the last for an option that there is not
            raise BadInput(f"model '{model}' cannot be loaded by vLLM: {str(error).splitlines()[0]}") from None

    async def complete(self, request: Request) -> Reply:
        """Fault where prompt and answer together are longer than the model can read: nothing is cut off silently."""
        check_room(len(_ids(request, self._counting)), request, self._context)
        return await super().complete(request)

    def _together(self, waiting: list[Request]) -> list[int]:
        return list(range(len(waiting)))

    def _generate(self, requests: list[Request]) -> list[Reply]:
        ids = [_ids(request, self._tokenizer) for request in requests]
        prompts = [{"prompt_token_ids": each} for each in ids]
        try:
            made = self._engine.generate(prompts, [self._params(each) for each in requests], use_tqdm=False)
        except ValueError as error:  # how vLLM says that a prompt is longer than the model reads
            raise Fault("rejected", str(error).splitlines()[0], retryable=False) from None
        return [
            self._reply(output.outputs[0], len(each), request)
            for output, each, request in zip(made, ids, requests, strict=True)
        ]

    def _params(self, request: Request) -> Any:
        """All that is not said is off: the model's own settings are not asked, as where none are given."""
        return self._sampling(
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            top_p=request.top_p,
            seed=(request.seed or 0) + request.sample,
            logprobs=None if request.likely_after is None else TOP_TOKENS,
        )

    def _reply(self, completion: Any, prompt_tokens: int, request: Request) -> Reply:
        return Reply(
            completion.text,
            "stop" if completion.finish_reason == "stop" else "length",
            Usage(prompt_tokens, len(completion.token_ids)),
            prefilled=is_prefilled(render_messages(request.messages, self._tokenizer)),
            likely=_likely(completion, request),
        )


def _ids(request: Request, tokenizer: Any) -> list[int]:
    """As ids: from a text, vLLM would put a second beginning-of-text token before the template's own."""
    ids: list[int] = tokenizer(render_messages(request.messages, tokenizer), add_special_tokens=False)["input_ids"]
    return ids


def _likely(completion: Any, request: Request) -> tuple[tuple[str, float], ...] | None:
    if request.likely_after is None or not completion.logprobs:
        return None
    places = completion.logprobs  # by token id; the one that was drawn is among them
    tops = [[(each.decoded_token, each.logprob) for each in place.values()] for place in places]
    drawn = [place[token].decoded_token for place, token in zip(places, completion.token_ids, strict=True)]
    return likely_behind(drawn, tops, request.likely_after)
