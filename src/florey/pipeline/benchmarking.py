"""A model on benchmarks: load, ask, store. Scoring reads what is stored and asks nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from florey import __version__
from florey.datasets.benchmarks import benchmark_kind
from florey.datasets.catalog import Loaded
from florey.datasets.config import SourceConfig
from florey.datasets.contract import load_benchmark
from florey.distributed import mapped
from florey.errors import BadInput
from florey.evaluation.stored import ASKING, PREDICTIONS, SET, Asking, Evaluation, ItemSet, open_evaluation
from florey.files import digest, read_json, read_jsonl, write_json, write_jsonl
from florey.inference.models import ModelConfig, ask, with_room
from florey.inference.predicting import PredictConfig, check_askable, predict_all, predict_requests
from florey.inference.prompts import Prompt, prompt_named
from florey.llm.accounting import Plan, plan
from florey.llm.cache import Cache
from florey.llm.client import LlmClient
from florey.records import Prediction, Question

ANSWERS = "answers.sqlite"
PASSING = ("rate limit", "server error", "timeout", "connection", "malformed reply")
"""Kinds of failure that are asked again when the same command is given again; the answers that came cost nothing."""
Bar = Callable[[str], Callable[[int, int], None]]
"""A progress bar by its title."""


def without_null(sets: Any) -> Any:
    """null leaves out a set that a recipe names."""
    return {name: each for name, each in sets.items() if each is not None} if isinstance(sets, dict) else sets


class BenchmarkingConfig(BaseModel):
    """What is asked of a model, and in which words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    benchmarks: dict[str, SourceConfig] = Field(default={}, description="by name; a name of one's own has a kind")
    prompt: str = Field("florey", description="words that it is asked in; 'official': those of each benchmark")
    predict: PredictConfig = PredictConfig(max_tokens=2048)

    @field_validator("benchmarks", mode="before")
    @classmethod
    def _left_out(cls, benchmarks: Any) -> Any:
        return without_null(benchmarks)

    @field_validator("benchmarks")
    @classmethod
    def _known(cls, benchmarks: dict[str, SourceConfig]) -> dict[str, SourceConfig]:
        for name, source in benchmarks.items():
            try:
                benchmark_kind(name, source)
            except BadInput as error:
                raise ValueError(str(error)) from None
        return benchmarks


def loaded(config: BenchmarkingConfig) -> Iterator[tuple[str, Loaded, Prompt]]:
    """Every benchmark with the prompt that it is asked in, by name. BadInput before anything is asked."""
    for name, source in sorted(config.benchmarks.items()):
        found = load_benchmark(name, source)
        yield name, found, prompt_named(config.prompt, found.questions[0].source)


def plan_benchmarks(model: ModelConfig, config: BenchmarkingConfig, out: Path | None = None) -> dict[str, Plan]:
    """What each benchmark would take, without what is in the cache of `out`, forced answers apart. Asks nothing."""
    named = model.model_copy(update={"model": model.identity})
    cache = Cache(out / ANSWERS) if out and (out / ANSWERS).is_file() else None
    try:
        return {
            name: plan(predict_requests(distinct(found.questions), prompt, config.predict), named, cache)
            for name, found, prompt in loaded(config)
        }
    finally:
        if cache:
            cache.close()


def evaluate_model(
    model: ModelConfig,
    config: BenchmarkingConfig,
    out: Path,
    bar: Bar,
    say: Callable[[str], None] = lambda text: None,
    answers: Path | None = None,
    ray: str | None = None,
) -> Evaluation:
    """Asks the model every item and stores what it said. A killed call goes on where it was; a benchmark that is whole
    is not asked again.

    `answers`: where they are kept as they come, by default in `out`; `ray`: address of a cluster whose nodes see `out`,
    the files and the model: a benchmark is a part, with a store of answers of its own. BadInput where `out` holds
    another evaluation.
    """
    every = list(loaded(config))
    if not every:
        raise BadInput("no benchmarks: expected at least one, for example --benchmark medqa=FILE")
    for _, found, prompt in every:
        check_askable(found.questions, prompt, config.predict)  # of the last one too, before the first is asked
    _claim(out, asking_of(model, config.predict))
    sources = {name: item_set(name, found, prompt, config.benchmarks[name]) for name, found, prompt in every}
    open_ones = [each for each in every if not _is_done(out / each[0], sources[each[0]])]
    for name in sorted(sources.keys() - {name for name, *_ in open_ones}):
        say(f"{name}: {sources[name].items:,} items, answered already")

    async def work(client: LlmClient) -> None:
        for name, found, prompt in open_ones:
            source = sources[name]
            say(f"{name}: {source.items:,} items of {source.benchmark}" + ("" if source.complete else _short(source)))
            for reason, places in found.skipped_at.items():
                say(f"{name}: left out {found.skipped[reason]:,}, {reason}: {places[0]}" + _and_more(found, reason))
            made = await predict_all(client, distinct(found.questions), prompt, config.predict, bar(name))
            _store(out / name, source, found.questions, made)

    if open_ones and ray:
        parts = [_Part(model, config, out.resolve(), name) for name, *_ in open_ones]
        whole = bar("benchmarks")
        for name in mapped(_asked, parts, ray, whole, _Part.__str__):
            say(f"{name}: answered")
    elif open_ones:
        asked = (
            request
            for _, found, prompt in open_ones
            for request in predict_requests(distinct(found.questions), prompt, config.predict)
        )
        ask(with_room(model, asked), answers or out / ANSWERS, work)  # once: a model of this machine is loaded once
    return open_evaluation(out)


@dataclass(frozen=True)
class _Part:
    model: ModelConfig
    config: BenchmarkingConfig
    out: Path
    name: str

    def __str__(self) -> str:
        return f"benchmark {self.name}"


def _asked(part: _Part) -> str:
    """One benchmark on a worker."""
    config = part.config.model_copy(update={"benchmarks": {part.name: part.config.benchmarks[part.name]}})
    store = part.out / f"{part.name}-{ANSWERS}"
    evaluate_model(part.model, config, part.out, lambda what: lambda done, total: None, answers=store)
    return part.name


def _is_done(folder: Path, source: ItemSet) -> bool:
    """Whether the same items were answered in the same words, without failures that may have passed by now."""
    if not (folder / SET).is_file() or ItemSet.model_validate(read_json(folder / SET)) != source:
        return False
    failures = (each.failure for each in read_jsonl(folder / PREDICTIONS, Prediction))
    return not any(failure and failure.startswith(PASSING) for failure in failures)


def asking_of(model: ModelConfig, predict: PredictConfig) -> Asking:
    return Asking(
        model=model.identity,
        samples=predict.samples,
        temperature=predict.temperature,
        top_p=predict.top_p,
        max_tokens=predict.max_tokens,
        seed=predict.seed,
        orders=predict.orders,
        turns=0 if predict.orders == "cyclic" else predict.turns,
        forced_tokens=predict.forced_tokens,
        probabilities=predict.probabilities,
        version=__version__,
    )


def item_set(name: str, found: Loaded, prompt: Prompt, config: SourceConfig) -> ItemSet:
    sources = sorted({question.source for question in found.questions})
    return ItemSet(
        name=name,
        prompt=prompt.name,
        prompt_version=prompt.version,
        reading=prompt.reading,
        benchmark="+".join(sources),
        file=config.path.name if config.path else None,
        digest=digest([question.id for question in found.questions]),
        rows=found.rows,
        skipped=found.skipped,
        items=len(found.questions),
        expected=found.expected,
        complete=found.complete,
        drawn=config.limit is not None and config.limit <= len(found.questions),
        licences=found.licences,
    )


def distinct(questions: list[Question]) -> list[Question]:
    """Each question once: a benchmark may have copies, which are asked once and counted as often as they stand."""
    return list({question.id: question for question in questions}.values())


def _and_more(found: Loaded, reason: str) -> str:
    return f" and {found.skipped[reason] - 1:,} more" if found.skipped[reason] > 1 else ""


def _short(source: ItemSet) -> str:
    if source.expected is None:
        return ""
    return f", drawn from {source.expected:,}" if source.drawn else f"; the whole has {source.expected:,}"


def _claim(out: Path, asking: Asking) -> None:
    """Writes how the model is asked, or compares it with what stands there."""
    file = out / ASKING
    if not file.is_file():
        out.mkdir(parents=True, exist_ok=True)
        write_json(file, asking.model_dump(mode="json"))
        return
    before, now = read_json(file), asking.model_dump(mode="json")
    other = [name for name in now if name != "version" and before.get(name) != now[name]]
    if other:
        name = other[0]
        raise BadInput(
            f"{out}: holds an evaluation with {name} {before.get(name)}, and {now[name]} is asked for; give another "
            "folder with --out"
        )


def _store(folder: Path, source: ItemSet, questions: list[Question], predictions: list[Prediction]) -> None:
    """Aside, then renamed: a folder of a benchmark is whole or not there."""
    aside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    write_jsonl(aside / "questions.jsonl", questions)
    write_jsonl(aside / "predictions.jsonl", predictions)
    write_json(aside / SET, source.model_dump(mode="json"))
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
