"""Few traces, many questions: which questions get a trace, in which strategies, and which traces are trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, field_validator

from florey.files import digest
from florey.records import TIERS, Question, Strategy, Tier, Trace
from florey.teaching.checking import check_trace
from florey.teaching.graph_teacher import NothingTempting, write_trace
from florey.teaching.model_teacher.distillation import ModelTeaching

STRATEGIES: tuple[Strategy, ...] = ("direct", "backtracking", "path_exploration", "self_correction")


class DistillConfig(BaseModel):
    """The knobs of distillation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    budget: int | dict[Tier, int] = Field(
        1000, description="number of questions that get traces to train on: in all, or for each tier by name"
    )
    tiers: list[Tier] = Field(list(TIERS), description="tiers of the questions that get traces")
    strategies_trained: list[Strategy] = Field(["direct"], min_length=1, description="kinds of trace trained on")
    strategies_generated: list[Strategy] = Field(
        list(STRATEGIES), description="kinds generated and checked; those trained on are generated in any case"
    )
    corrective_sample: int = Field(
        200, ge=0, description="questions that get the kinds that are generated and not trained on"
    )
    model: ModelTeaching | None = Field(None, description="a language model that teaches beside the graph teacher")
    seed: int = 0

    def models(self) -> Iterator[tuple[str, str]]:
        """(key, name) of every model that distillation asks."""
        if self.model:
            yield "model.model", self.model.model

    @field_validator("budget")
    @classmethod
    def _not_negative(cls, budget: int | dict[Tier, int]) -> int | dict[Tier, int]:
        if min(budget.values() if isinstance(budget, dict) else [budget], default=0) < 0:
            raise ValueError("expected 0 or more")
        return budget

    @property
    def total(self) -> int:
        """The most questions that get traces."""
        return sum(self.budget.values()) if isinstance(self.budget, dict) else self.budget

    def room(self, tier: Tier | None, taught: Counter[Tier | None]) -> bool:
        """Whether one more question of `tier` may be taught after those counted in `taught`."""
        if isinstance(self.budget, dict):
            return tier is not None and taught[tier] < self.budget.get(tier, 0)
        return taught.total() < self.budget

    @field_validator("tiers", "strategies_trained", "strategies_generated")
    @classmethod
    def _single(cls, values: list[str]) -> list[str]:
        if len(set(values)) < len(values):
            raise ValueError("each name once")
        return values


@dataclass
class StrategyCount:
    """Traces of one strategy: written, found true by the check, and trained on."""

    generated: int = 0
    checked: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Distilled:
    """`traces` are trained on; `others` are true as well, generated to be counted and looked at."""

    traces: list[Trace]
    others: list[Trace]
    strategies: dict[Strategy, StrategyCount]
    dropped: dict[str, int]  # questions without a trace to train on, by reason
    problems: list[tuple[str, str]] = field(default_factory=list)  # (trace id, problem), of those the check refused


def eligible(question: Question, config: DistillConfig) -> str | None:
    """The reason why a question gets no trace, or None. Only training questions are ever taught."""
    if question.split not in ("train", None):
        return "held_out"
    if question.certificate is None:
        return "no_certificate"
    if question.tier not in config.tiers:
        return "tier_not_chosen"
    return None


def distill(questions: Iterable[Question], config: DistillConfig, names: Mapping[str, str]) -> Distilled:
    """Write and check traces. `names`: node id -> name.

    Questions are taken in an order drawn from the seed alone, so that a larger budget gives the same traces and
    more. One whose trace is refused makes room for the next.
    """
    dropped: Counter[str] = Counter()
    pool = []
    for question in questions:
        reason = eligible(question, config)
        if reason is None:
            pool.append(question)
        else:
            dropped[reason] += 1
    pool.sort(key=lambda question: (digest([config.seed, question.id]), question.id))
    result = Distilled([], [], {}, {})
    taught: list[Question] = []
    counts: Counter[Tier | None] = Counter()
    for question in pool:
        if not config.room(question.tier, counts):
            dropped["over_budget"] += 1
            continue
        traces = [_written(question, names, strategy, config, result) for strategy in config.strategies_trained]
        good = [trace for trace in traces if trace is not None]
        if len(good) < len(traces):
            dropped["no_true_trace"] += 1
            continue
        taught.append(question)
        counts[question.tier] += 1
        result.traces.extend(good)
        for trace in good:
            result.strategies[trace.strategy].kept += 1
    for strategy in STRATEGIES:
        if strategy in config.strategies_generated and strategy not in config.strategies_trained:
            written = (
                _written(question, names, strategy, config, result) for question in taught[: config.corrective_sample]
            )
            result.others.extend(trace for trace in written if trace is not None)
    result.dropped.update(sorted(dropped.items()))
    return result


def _written(
    question: Question, names: Mapping[str, str], strategy: Strategy, config: DistillConfig, result: Distilled
) -> Trace | None:
    """The trace, counted in `result`; None where it cannot be written or is not true."""
    count = result.strategies.setdefault(strategy, StrategyCount())
    try:
        trace = write_trace(question, names, strategy, config.seed)
    except NothingTempting:
        return None
    count.generated += 1
    problems = check_trace(question, trace, names)
    result.problems.extend((trace.id, problem) for problem in problems)
    if problems:
        return None
    count.checked += 1
    return trace
