"""A model that a recipe names: behind a server, served here from a GGUF file, or loaded into this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import Field, model_validator

from florey.errors import BadInput
from florey.files import digest, file_digest
from florey.inference.batching import BatchBackend
from florey.llm.cache import Cache
from florey.llm.client import LlmClient, open_client
from florey.llm.local_server import PACKAGE, ServerSettings, packaged_gguf, serve
from florey.llm.requests import Request
from florey.llm.settings import LlmSettings

LATER_TURNS = 256  # tokens of what is said after a first answer, and of what is then answered
T = TypeVar("T")


class ModelConfig(LlmSettings):
    """Where a model is. By default behind `base_url`."""

    serve: Path | Literal["packaged"] | None = Field(
        None, description="a GGUF file that is served here as long as it is needed, or the one in a package"
    )
    in_process: str | None = Field(None, description="a folder or hub id that transformers loads into this process")
    vllm: str | None = Field(
        None, description="a folder or hub id that vLLM loads into this process, where it is installed"
    )
    loading: dict[str, bool | int | float | str] = Field(
        {}, description="for a model of this process, as vLLM or transformers take it: tensor_parallel_size, dtype"
    )
    context: int = Field(2048, ge=64, description="tokens of prompt and answer together, where it is served here")

    @property
    def identity(self) -> str:
        """Which model it is, wherever it is served: its name, and for one of this machine the digest of its weights."""
        try:
            return _name(self)
        except BadInput:  # not there yet; the stage that asks it says so
            return self.model

    @model_validator(mode="after")
    def _in_one_place(self) -> Self:
        if sum(each is not None for each in (self.serve, self.in_process, self.vllm)) > 1:
            raise ValueError("a model is served here, loaded into this process or by vLLM: one of them")
        if self.loading and not (self.in_process or self.vllm):
            raise ValueError("loading: is for a model that transformers or vLLM loads into this process")
        return self


@asynccontextmanager
async def opened(config: ModelConfig, cache: Path | None) -> AsyncIterator[LlmClient]:
    """A client of the model, closed (and its server stopped) with the block. `cache`: used unless the config names one.

    A model of this machine is called NAME@DIGEST, so that no answer of other weights is taken from the cache.
    BadInput where there is no such model.
    """
    with ExitStack() as held:
        settings = config.model_copy(update={"cache": config.cache or cache, "model": _name(config)})
        if config.replay:
            client = open_client(settings)
        elif config.serve is not None:
            url = held.enter_context(_served(settings))
            client = open_client(settings.model_copy(update={"base_url": url}))
        elif config.in_process is not None or config.vllm is not None:
            backend = _loaded(config)
            backend.model = settings.model
            at_once = max(settings.max_concurrency, backend.at_least)
            settings = settings.model_copy(update={"max_concurrency": at_once})
            client = LlmClient(backend, settings, Cache(settings.cache) if settings.cache else None)
        else:
            client = open_client(settings)
        async with client:
            yield client


def with_room(config: ModelConfig, requests: Iterable[Request]) -> ModelConfig:
    """The same model; where it is served here, with a context that holds each of the requests and all that may follow
    it. A token is taken for two bytes of text: an estimate on the safe side, and what does not fit is a failure."""
    if config.serve is None:
        return config
    longest = max((_bytes(request) // 2 + request.max_tokens for request in requests), default=0)
    return config.model_copy(update={"context": max(config.context, longest + LATER_TURNS)})


def _bytes(request: Request) -> int:
    return sum(len(message["content"].encode()) for message in request.messages)


def _loaded(config: ModelConfig) -> BatchBackend:
    if config.vllm is not None:
        from florey.inference.vllm_offline import VllmBackend

        return VllmBackend.load(config.vllm, **config.loading)
    from florey.inference.in_process import TransformersBackend
    from florey.inference.local import has_gpu

    where: dict[str, Any] = {"device_map": "auto"} if has_gpu() else {}
    return TransformersBackend.load(str(config.in_process), **{**where, **config.loading})


def _name(config: ModelConfig) -> str:
    """What answers are filed under."""
    if config.serve is not None:
        return f"{config.model}@{file_digest(_gguf(config))[:12]}"
    if loaded := config.in_process or config.vllm:
        folder = Path(loaded)
        files = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
        weights = [[path.name, file_digest(path)] for path in files] or loaded
        return f"{config.model}@{digest([weights, config.loading] if config.loading else weights, 12)}"
    return config.model


def _gguf(config: ModelConfig) -> Path:
    gguf = packaged_gguf() if config.serve == "packaged" else config.serve
    if gguf is None:
        raise BadInput(
            f"model {config.model}: the package {PACKAGE.replace('_', '-')} is not installed; give a GGUF file"
        )
    if not Path(gguf).is_file():
        raise BadInput(f"model {config.model}: no such file {gguf}; expected a GGUF model")
    return Path(gguf)


def _served(config: ModelConfig) -> AbstractContextManager[str]:
    """Its URL, as long as it is served."""
    parallel = min(config.max_concurrency, 4)
    return serve(ServerSettings(_gguf(config), name=config.model, parallel=parallel, context=config.context))


def ask(config: ModelConfig, cache: Path | None, work: Callable[[LlmClient], Awaitable[T]]) -> T:
    """For code that is not async: `ask(config, cache, lambda client: run_trials(client, questions, trials))`."""

    async def working() -> T:
        async with opened(config, cache) as client:
            return await work(client)

    return asyncio.run(working())
