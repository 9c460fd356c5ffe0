"""All public sets by name, and how one is loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from florey.datasets import (
    careqa,
    cmexam,
    jmed,
    medbullets,
    medmcqa,
    medqa,
    medxpertqa,
    mmlu_pro,
    pubmedqa,
    questions,
    table,
)
from florey.datasets.config import SourceConfig
from florey.datasets.items import Skip
from florey.datasets.rows import Row, hub_rows, read_rows
from florey.errors import BadInput, nearest
from florey.files import digest
from florey.records import Question

Prepare = Callable[[Sequence[Row], SourceConfig], Any]
"""Looks at all rows first; gives back those to load, or the config with what the rows told."""


@dataclass(frozen=True)
class Loader:
    """One kind of set. `complete`: number of questions of the whole set, where it is a benchmark."""

    question: Callable[[Row, SourceConfig], Question]
    prepare: Prepare | None = None
    complete: int | None = None
    category: str | None = None


LOADERS: dict[str, Loader] = {
    "medqa": Loader(medqa.question),
    "medmcqa": Loader(medmcqa.question, medmcqa.prepare),
    "cmexam": Loader(cmexam.question),
    "pubmedqa": Loader(pubmedqa.question, pubmedqa.prepare),
    "table": Loader(table.question, table.prepare),
    "questions": Loader(questions.question),
    "careqa": Loader(careqa.question, complete=5621),
    "jmed": Loader(jmed.question, jmed.prepare, complete=1000),
    "medbullets": Loader(medbullets.question, complete=308),
    "medmcqa_validation": Loader(medmcqa.question, medmcqa.prepare, complete=4183),
    "medqa_test": Loader(medqa.question, complete=1273),
    "medxpertqa_text": Loader(medxpertqa.question, complete=2450),
    "pubmedqa_test": Loader(pubmedqa.question, pubmedqa.prepare, complete=500),
    "mmlu_pro_biology": Loader(mmlu_pro.question, mmlu_pro.prepare, 717, "biology"),
    "mmlu_pro_health": Loader(mmlu_pro.question, mmlu_pro.prepare, 818, "health"),
}
BENCHMARKS = tuple(name for name, loader in LOADERS.items() if loader.complete is not None)
"""The nine benchmarks of the paper (arXiv 2509.15279, section 4)."""


@dataclass(frozen=True)
class Loaded:
    """The questions of one set, identified, in the order of its file."""

    name: str
    questions: list[Question]
    rows: int  # of the file, before anything was left out
    skipped: dict[str, int]  # rows that are no single-answer question, by reason
    repeated: int  # questions that stand in the file more than once; they are kept
    complete: bool | None  # whether a benchmark has all its questions; None for other sets

    @property
    def licences(self) -> tuple[str, ...]:
        return tuple(sorted({licence for question in self.questions for licence in question.licences}))


def load(name: str, config: SourceConfig) -> Loaded:
    """Reads a set; `name` is the loader's, unless `config.kind` names it. BadInput for all that a user can mend."""
    kind = config.kind or name
    if kind not in LOADERS:
        raise BadInput(f"no data set '{kind}'{nearest(kind, LOADERS)}; there are {', '.join(LOADERS)}")
    loader = LOADERS[kind]
    if loader.category and config.category is None:
        config = config.model_copy(update={"category": loader.category})
    try:
        rows: Sequence[Row] = list(_rows(name, config))
        if loader.prepare:
            told = loader.prepare(rows, config)
            config, rows = (told, rows) if isinstance(told, SourceConfig) else (config, told)
        questions, skipped = _questions(name, rows, loader, config)
    except BadInput as error:
        raise BadInput(f"{name}: {error}") from None
    if not questions:
        why = ", ".join(f"{count} {reason}" for reason, count in skipped.items()) or "the file is empty"
        raise BadInput(f"{name}: no question in {config.path or config.hub} ({why})")
    repeated = len(questions) - len({question.id for question in questions})
    complete = None if loader.complete is None else len(questions) == loader.complete
    return Loaded(name, _drawn(questions, config), len(rows), skipped, repeated, complete)


def _rows(name: str, config: SourceConfig) -> Any:
    if config.path is not None:
        return read_rows(config.path)
    if config.hub is not None:
        return hub_rows(config.hub, config.hub_config, config.hub_split)
    raise BadInput(
        f"expected a file; give one with path (for example --set sources.{name}.path=FILE), or leave the set out"
    )


def _questions(
    name: str, rows: Sequence[Row], loader: Loader, config: SourceConfig
) -> tuple[list[Question], dict[str, int]]:
    questions, skipped = [], Counter[str]()
    for row in rows:
        try:
            made = loader.question(row, config)
        except Skip as skip:
            skipped[skip.reason] += 1
            continue
        if made.source == "table":
            made = made.model_copy(update={"source": name})
        questions.append(made.identified())
    return questions, dict(sorted(skipped.items()))


def _drawn(questions: list[Question], config: SourceConfig) -> list[Question]:
    """`config.limit` questions in the order of the file; a larger limit draws the same ones and more."""
    if config.limit is None or config.limit >= len(questions):
        return questions
    order = sorted(range(len(questions)), key=lambda place: (digest([config.seed, questions[place].id]), place))
    return [questions[place] for place in sorted(order[: config.limit])]
