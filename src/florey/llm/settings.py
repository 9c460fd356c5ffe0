"""Where the model is, how hard it may be asked, and what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

SchemaMode = Literal["auto", "server", "prompt"]
"""How an answer is held to its JSON schema: by the server's decoding, by words in the prompt, or (auto) by the
server until it rejects that. It is validated in every case."""


class LlmSettings(BaseModel):
    """An OpenAI-compatible server. Its key is named by the environment variable that holds it, and never written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(min_length=1)
    base_url: str = "http://127.0.0.1:8080/v1"  # where `florey serve-teacher` listens
    api_key_env: str = "OPENAI_API_KEY"  # the NAME of a variable; unset is fine for a server without keys
    max_concurrency: int = Field(default=16, ge=1)  # calls at a time; fewer while the server says it is too much
    timeout_s: float | None = Field(default=None, gt=0)  # for one whole answer; None: what its budget may take
    max_retries: int = Field(default=6, ge=0)
    max_wait_s: float = Field(default=120, gt=0)  # a server that asks for a longer wait than this is not waited for
    max_reasks: int = Field(default=2, ge=0)  # times that an answer is sent back because it misses its schema
    schema_mode: SchemaMode = "auto"
    price_in: float = Field(default=0, ge=0)  # money for a million tokens read
    price_out: float = Field(default=0, ge=0)  # … and written, in the same currency
    cache: Path | None = None  # a file; None: nothing is remembered
    replay: bool = False  # answer from the cache alone

    @model_validator(mode="after")
    def _replay_needs_a_cache(self) -> Self:
        if self.replay and self.cache is None:
            raise ValueError("replay answers from the cache alone; give cache as well")
        return self
