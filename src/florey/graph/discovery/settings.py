"""How a discovery goes about it. Everything but the budget decides what is read, so a folder keeps to it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from florey.graph.discovery.frontier import GainWeights


class Budget(BaseModel):
    """Where to stop: at the first of these. None: no limit. May be raised when a discovery goes on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pages: int = Field(100, ge=1)  # chosen, whether they turned out to be medical or not
    tokens: int | None = Field(None, ge=1)  # read and written by the language model
    money: float | None = Field(None, gt=0)  # in the currency of the prices


class DiscoverySettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    seeds: tuple[str, ...] = ()  # titles
    categories: tuple[str, ...] = ()  # all pages of these are seeds too
    everything: bool = False  # all pages of a dump that look medical are seeds, in the order of the dump
    budget: Budget = Budget()
    weights: GainWeights = GainWeights()
    pages_at_a_time: int = Field(8, ge=1)  # chosen together, so that a model server has work
    sentences_per_request: int = Field(4, ge=1)
    max_tokens: int = Field(512, ge=16)  # that the model may write for one request
