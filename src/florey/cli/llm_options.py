"""The options of every command that asks a language model."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from florey.llm.client import LlmClient
    from florey.llm.settings import LlmSettings


@dataclass(frozen=True, slots=True)
class LlmOptions:
    """What the command line says about the model. Keys come from the environment alone."""

    url: str | None
    model: str | None
    local: str | None
    key_env: str
    concurrency: int
    price_in: float
    price_out: float
    cache: Path | None
    replay: bool
    ray: str | None

    def settings(self, cache: Path) -> LlmSettings | None:
        """None where no model was named. `cache`: where answers are kept unless an option says otherwise."""
        from pydantic import ValidationError

        from florey.errors import BadInput
        from florey.llm.settings import LlmSettings

        if self.local is not None and (self.url is not None or self.model is not None):
            raise BadInput("--llm-local: a model for this process takes the place of --llm-url and --llm-model")
        name = self.local if self.model is None else self.model
        if name is None:
            if self.url or self.replay:
                raise BadInput("--llm-model: expected the name of the model at --llm-url")
            return None
        try:
            return LlmSettings(
                model=name,
                **({"base_url": self.url} if self.url else {}),
                api_key_env=self.key_env,
                max_concurrency=self.concurrency,
                price_in=self.price_in,
                price_out=self.price_out,
                cache=self.cache or cache,
                replay=self.replay,
            )
        except ValidationError as error:
            first = error.errors()[0]
            raise BadInput(f"--llm-{'.'.join(map(str, first['loc']))}: {first['msg']}") from None

    def client(self, cache: Path) -> LlmClient | None:
        """A client for the server, or for a model in this process; None where no model was named."""
        settings = self.settings(cache)
        if settings is None:
            return None
        from florey.llm.client import LlmClient, open_client

        if self.replay or (self.local is None and self.ray is None):
            return open_client(settings)
        from florey.inference.in_process import TransformersBackend
        from florey.llm.cache import Cache
        from florey.llm.on_ray import RayBackend
        from florey.llm.openai_server import OpenAIServer
        from florey.llm.requests import Backend

        backend: Backend
        if self.ray is None:
            backend = TransformersBackend.load(str(self.local))
        elif self.local is not None:
            backend = RayBackend(settings.model, TransformersBackend.load, self.local, self.ray)
        else:
            backend = RayBackend(settings.model, OpenAIServer, settings, self.ray)
        return LlmClient(backend, settings, Cache(settings.cache) if settings.cache else None)


_OPTIONS = (
    click.option("--llm-url", "url", metavar="URL", help="OpenAI-compatible server, e.g. http://127.0.0.1:8080/v1."),
    click.option("--llm-model", "model", metavar="NAME", help="Model of that server."),
    click.option("--llm-local", "local", metavar="PATH", help="Instead: a model for this process, folder or hub id."),
    click.option("--llm-key-env", "key_env", default="OPENAI_API_KEY", show_default=True, help="Where the key is."),
    click.option("--llm-concurrency", "concurrency", type=click.IntRange(min=1), default=16, show_default=True),
    click.option("--llm-price-in", "price_in", type=click.FloatRange(min=0), default=0.0, help="A million read."),
    click.option("--llm-price-out", "price_out", type=click.FloatRange(min=0), default=0.0, help="… and written."),
    click.option("--llm-cache", "cache", type=click.Path(path_type=Path), help="Answers; default: beside the output."),
    click.option("--llm-replay", "replay", is_flag=True, help="Answer from the cache alone."),
    click.option("--ray", metavar="ADDRESS", help="Of a Ray cluster: its machines make the calls, or hold the model."),
)


def llm_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options, as one argument `llm`."""

    @functools.wraps(command)
    def with_llm(**arguments: Any) -> Any:
        llm = LlmOptions(**{name: arguments.pop(name) for name in LlmOptions.__dataclass_fields__})
        return command(**arguments, llm=llm)

    for option in reversed(_OPTIONS):
        with_llm = option(with_llm)
    return with_llm
