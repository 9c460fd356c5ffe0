"""What the stages of curation may use beside the questions: a graph, benchmarks, models, reviewers' decisions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from florey.curation.labels.review import Decision
from florey.errors import BadInput, nearest
from florey.graph.store import Graph
from florey.inference.models import ModelConfig, ask
from florey.llm.client import LlmClient
from florey.records import Question

T = TypeVar("T")
Bar = Callable[[int, int], None]


def _no_bar(what: str) -> Bar:
    return lambda done, total: None


@dataclass(frozen=True)
class Means:
    """All optional; a stage that needs what is missing says so."""

    graph: Graph | None = None
    benchmarks: Mapping[str, Sequence[Question]] = field(default_factory=dict)
    models: Mapping[str, ModelConfig] = field(default_factory=dict)
    answers: Callable[[str], Path | None] = lambda model: None  # where a model's answers are kept, by its name here
    decisions: Sequence[Decision] = ()
    bar: Callable[[str], Bar] = _no_bar
    ray: str | None = None  # address of a cluster, for what questions can be asked one by one
    spend: dict[str, Any] = field(default_factory=dict)  # what each model was asked and what it cost, by purpose

    def ask(self, model: str, purpose: str, work: Callable[[LlmClient], Awaitable[T]]) -> T:
        """Does the work with the model of that name, and notes what it cost. BadInput where there is none."""
        if model not in self.models:
            there = f"there are {', '.join(sorted(self.models))}" if self.models else "none is given under models"
            raise BadInput(f"{purpose}: no model '{model}'{nearest(model, self.models)}; {there}")

        async def counted(client: LlmClient) -> T:
            found = await work(client)
            self.spend[purpose] = client.accounting.summary(client.settings)
            return found

        return ask(self.models[model], self.answers(model), counted)
