"""All public sets by name, and how one is loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from florey.datasets import (
    careqa,
    careqa_open,
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

Prepare = Callable[[Sequence[Row], SourceConfig], tuple[Sequence[Row], SourceConfig]]
"""Looks at all rows first; gives back those that were asked for, and the config with what the rows told."""


@dataclass(frozen=True)
class Loader:
    """One kind of set.

    `complete`: number of questions of the whole set by the source's name, where it is a benchmark (one loader may read
    several variants). `takes`: the settings that mean something to this loader and not to every one.
    """

    question: Callable[[Row, SourceConfig], Question]
    prepare: Prepare | None = None
    takes: tuple[str, ...] = ()
    complete: Mapping[str, int] = field(default_factory=dict)
    category: str | None = None
    ids_repeat: bool = False  # whether a source's id may stand with several questions


def _mmlu_pro(category: str, count: int) -> Loader:
    return Loader(mmlu_pro.question, mmlu_pro.prepare, (), {f"mmlu_pro_{category}": count}, category)


LOADERS: dict[str, Loader] = {
    "medqa": Loader(medqa.question, takes=("language",)),
    "medmcqa": Loader(medmcqa.question, medmcqa.prepare, ("cop_base",)),
    "cmexam": Loader(cmexam.question),
    "pubmedqa": Loader(pubmedqa.question, pubmedqa.prepare, ("test_ids",)),
    "table": Loader(table.question, table.prepare, ("mapping", "licence", "language")),
    "questions": Loader(questions.question),
    "careqa_open": Loader(careqa_open.question, takes=("language",)),
    "careqa": Loader(careqa.question, None, ("language",), {"careqa": 5621}),
    "jmed": Loader(jmed.question, jmed.prepare, ("release",), {"jmed": 1000, "jmed_other_release": 1094}),
    "medbullets": Loader(medbullets.question, complete={"medbullets_op4": 308, "medbullets_op5": 308}, ids_repeat=True),
    "medmcqa_validation": Loader(medmcqa.question, medmcqa.prepare, ("cop_base",), {"medmcqa": 4183}),
    "medqa_test": Loader(medqa.question, None, ("language",), {"medqa": 1273}),
    "medxpertqa_text": Loader(medxpertqa.question, complete={"medxpertqa_text": 2450}),
    "pubmedqa_labelled": Loader(
        pubmedqa.question, pubmedqa.prepare, ("test_ids",), {"pubmedqa": 1000, "pubmedqa_test": 500}
    ),
    "mmlu_pro_biology": _mmlu_pro("biology", 717),
    "mmlu_pro_health": _mmlu_pro("health", 818),
}
BENCHMARKS = tuple(name for name, loader in LOADERS.items() if loader.complete)
"""The nine benchmarks of the paper (arXiv 2509.15279, section 4)."""
_OWN_SETTINGS = sorted({name for loader in LOADERS.values() for name in loader.takes} | {"category"})


TOLD = 3
"""Rows left out that are told by their place, for each reason."""


@dataclass(frozen=True)
class Loaded:
    """The questions of one set, identified, in the order of its file."""

    name: str
    questions: list[Question]
    rows: int  # of the file, before anything was left out
    skipped: dict[str, int]  # rows that are no single-answer question or were not asked for, by reason
    repeated: int  # questions that stand in the file more than once; they are kept
    flagged: dict[str, int]  # questions kept although something was noticed, by `Question.flags`
    expected: int | None  # how many questions the whole set has, where it is a benchmark
    complete: bool | None  # whether a benchmark has just those; None for other sets
    skipped_at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # where the first of them stand, by reason

    @property
    def licences(self) -> tuple[str, ...]:
        return tuple(sorted({licence for question in self.questions for licence in question.licences}))


def load(name: str, config: SourceConfig) -> Loaded:
    """Reads a set; `name` is the loader's, unless `config.kind` names it. BadInput for all that a user can mend."""
    kind = config.kind or name
    if kind not in LOADERS:
        raise BadInput(f"no data set '{kind}'{nearest(kind, LOADERS)}; there are {', '.join(LOADERS)}")
    loader = LOADERS[kind]
    try:
        _check_settings(kind, loader, config)
        if loader.category:
            config = config.model_copy(update={"category": loader.category})
        rows: Iterable[Row] = _rows(name, config)
        outside = 0
        if loader.prepare:
            every = list(rows)
            rows, config = loader.prepare(every, config)
            outside = len(every) - len(rows)
        questions, reasons, places = _questions(rows, loader, config)
    except BadInput as error:
        raise BadInput(f"{name}: {error}") from None
    if kind == "table":
        questions = [question.model_copy(update={"source": name}).identified() for question in questions]
    skipped = _sorted({**reasons, "not_asked_for": outside})
    if not questions:
        why = ", ".join(f"{count} {reason}" for reason, count in skipped.items()) or "the file is empty"
        raise BadInput(f"{name}: no question in {config.path or config.hub} ({why})")
    sources = {question.source for question in questions}
    expected = loader.complete.get(sources.pop()) if len(sources) == 1 else None
    return Loaded(
        name=name,
        questions=_drawn(questions, config),
        rows=len(questions) + sum(skipped.values()),
        skipped=skipped,
        repeated=len(questions) - len({question.id for question in questions}),
        flagged=_sorted(Counter(flag for question in questions for flag in question.flags)),
        expected=expected,
        complete=len(questions) == expected if loader.complete else None,
        skipped_at={reason: tuple(places[reason]) for reason in sorted(places)},
    )


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items()) if count}


def _check_settings(kind: str, loader: Loader, config: SourceConfig) -> None:
    """BadInput for a setting that this loader would pass over in silence."""
    for name in _OWN_SETTINGS:
        if name not in loader.takes and getattr(config, name) != SourceConfig.model_fields[name].default:
            takers = [other for other, each in LOADERS.items() if name in each.takes]
            for_whom = f"; it is one of {', '.join(takers)}" if takers else ""
            raise BadInput(f"{name} is no setting of {kind}{for_whom}")


def _rows(name: str, config: SourceConfig) -> Iterator[Row]:
    if config.path is not None:
        return read_rows(config.path, config.encoding)
    if config.hub is not None:
        return hub_rows(config.hub, config.hub_config, config.hub_split, config.hub_revision)
    raise BadInput(
        f"expected a file; give one with path (for example --set sources.{name}.path=FILE), or leave the set out"
    )


def _questions(
    rows: Iterable[Row], loader: Loader, config: SourceConfig
) -> tuple[list[Question], Counter[str], dict[str, list[str]]]:
    """(the questions, rows left out by reason, where the first of those stand)."""
    questions, skipped = [], Counter[str]()
    places: dict[str, list[str]] = {}
    unique = bool(loader.complete) and not loader.ids_repeat
    seen: dict[str, tuple[str, str]] = {}  # of a benchmark: its own id -> where it stood first, id of the content
    for row in rows:
        try:
            question = loader.question(row, config).identified()
        except Skip as skip:
            skipped[skip.reason] += 1
            if skipped[skip.reason] <= TOLD:
                places.setdefault(skip.reason, []).append(row.where)
            continue
        questions.append(question)
        if unique and question.source_id is not None:
            where, content = seen.setdefault(question.source_id, (row.where, question.id))
            if content != question.id:
                raise BadInput(f"{row.where}: id {question.source_id} stands at {where} with another question")
    return questions, skipped, places


def _drawn(questions: list[Question], config: SourceConfig) -> list[Question]:
    """`config.limit` questions in the order of the file; a larger limit draws the same ones and more."""
    if config.limit is None or config.limit >= len(questions):
        return questions
    order = sorted(range(len(questions)), key=lambda place: (digest([config.seed, questions[place].id]), place))
    return [questions[place] for place in sorted(order[: config.limit])]
