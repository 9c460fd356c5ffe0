"""A model that a recipe names: behind a server, served here from a GGUF file, or loaded into this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import Field, model_validator

from florey.errors import BadInput
from florey.llm.cache import Cache
from florey.llm.client import LlmClient, open_client
from florey.llm.local_server import PACKAGE, ServerSettings, packaged_gguf, serve
from florey.llm.settings import LlmSettings

T = TypeVar("T")


class ModelConfig(LlmSettings):
    """Where a model is. By default behind `base_url`."""

    serve: Path | Literal["packaged"] | None = Field(
        None, description="a GGUF file that is served here as long as it is needed, or the one in a package"
    )
    in_process: str | None = Field(None, description="a folder or hub id that transformers loads into this process")
    context: int = Field(2048, ge=64, description="tokens of prompt and answer together, where it is served here")

    @model_validator(mode="after")
    def _in_one_place(self) -> Self:
        if self.serve is not None and self.in_process is not None:
            raise ValueError("a model is served or loaded into this process, not both")
        return self


@asynccontextmanager
async def opened(config: ModelConfig, cache: Path | None) -> AsyncIterator[LlmClient]:
    """A client of the model, closed (and its server stopped) with the block. `cache`: used unless the config names one.

    BadInput where there is no such model.
    """
    settings = config.model_copy(update={"cache": config.cache or cache})
    with ExitStack() as held:
        if config.replay:
            client = open_client(settings)
        elif config.serve is not None:
            client = open_client(settings.model_copy(update={"base_url": held.enter_context(_served(config))}))
        elif config.in_process is not None:
            from florey.inference.in_process import TransformersBackend

            backend = TransformersBackend.load(config.in_process)
            client = LlmClient(backend, settings, Cache(settings.cache) if settings.cache else None)
        else:
            client = open_client(settings)
        async with client:
            yield client


def _served(config: ModelConfig):  # type: ignore[no-untyped-def]  # a context manager of the server's URL
    gguf = packaged_gguf() if config.serve == "packaged" else config.serve
    if gguf is None:
        raise BadInput(
            f"model {config.model}: the package {PACKAGE.replace('_', '-')} is not installed; give a GGUF file"
        )
    parallel = min(config.max_concurrency, 4)
    return serve(ServerSettings(Path(gguf), name=config.model, parallel=parallel, context=config.context))


def ask(config: ModelConfig, cache: Path | None, work: Callable[[LlmClient], Awaitable[T]]) -> T:
    """For code that is not async: `ask(config, cache, lambda client: run_trials(client, questions, trials))`."""

    async def working() -> T:
        async with opened(config, cache) as client:
            return await work(client)

    return asyncio.run(working())
