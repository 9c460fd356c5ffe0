"""Training questions against benchmarks: all detectors, what they found, what is dropped or flagged for it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from florey.curation.contamination.config import ContaminationConfig
from florey.curation.contamination.hits import BenchmarkRow, Contamination, Hit, hit
from florey.curation.contamination.meaning import Meanings
from florey.curation.contamination.wording import Wordings, item
from florey.curation.funnel import Step
from florey.graph.linking.linker import Linker
from florey.intervals import wilson
from florey.records import Question

Progress = Callable[[int, int], None]
EVERY = 1000  # questions between two signs of progress
NO_GRAPH = "no graph was given, so that texts cannot be linked"


def find(
    questions: Sequence[Question],
    benchmarks: Mapping[str, Sequence[Question]],
    config: ContaminationConfig,
    linker: Linker | None = None,
    progress: Progress | None = None,
) -> Contamination:
    """Compares what is trained on (split "train" or none) with every item. `linker`: of the graph, if there is one."""
    items = [(name, question) for name in sorted(benchmarks) for question in benchmarks[name]]
    wordings = Wordings([item(name, question) for name, question in items], config)
    by_meaning = {"evidence", "path"} & set(config.detectors)
    meanings = Meanings(items, linker, config) if by_meaning and linker else None
    off = dict.fromkeys(sorted(by_meaning), NO_GRAPH) if by_meaning and not linker else {}
    hits: list[Hit] = []
    for number, question in enumerate(questions, 1):
        if _is_trained_on(question):
            hits += _hits(question, items, wordings, meanings, config)
        if progress and (number % EVERY == 0 or number == len(questions)):
            progress(number, len(questions))
    rows = [_row(name, benchmarks[name], hits, config) for name in sorted(benchmarks)]
    return Contamination(_step(questions, hits, config), hits, rows, off)


def _hits(
    question: Question,
    items: Sequence[tuple[str, Question]],
    wordings: Wordings,
    meanings: Meanings | None,
    config: ContaminationConfig,
) -> Iterator[Hit]:
    if "ngrams" in config.detectors:
        for other, score in wordings.repeated(question):
            yield hit(question, other.benchmark, other.question, "ngrams", score)
    if "wording" in config.detectors:
        for other, score in wordings.alike(question):
            yield hit(question, other.benchmark, other.question, "wording", score)
    if meanings is not None:
        for place, detector, score in meanings.compared(question):
            if detector in config.detectors:
                yield hit(question, *items[place], "evidence" if detector == "evidence" else "path", score)


def _step(questions: Sequence[Question], hits: Sequence[Hit], config: ContaminationConfig) -> Step:
    met: dict[str, set[str]] = defaultdict(set)
    for each in hits:
        met[each.question_id].add(each.benchmark)
    noticed = Counter(f"contaminated:{name}" for names in met.values() for name in names)
    told = dict(sorted(noticed.items()))
    if config.action == "drop":
        taken = [question.id in met and _is_trained_on(question) for question in questions]
        return Step(
            kept=[question for question, gone in zip(questions, taken, strict=True) if not gone],
            dropped=[(question.id, "contaminated") for question, gone in zip(questions, taken, strict=True) if gone],
            noticed=told,
        )
    return Step(
        kept=[_flagged(q, met.get(q.id, set())) if _is_trained_on(q) else q for q in questions],
        noticed=told,
    )


def _is_trained_on(question: Question) -> bool:
    return question.split in ("train", None)


def _flagged(question: Question, names: set[str]) -> Question:
    flags = {*question.flags, *(f"contaminated:{name}" for name in names)}
    return question.model_copy(update={"flags": tuple(sorted(flags))}) if names else question


def _row(name: str, items: Sequence[Question], hits: Sequence[Hit], config: ContaminationConfig) -> BenchmarkRow:
    mine = [each for each in hits if each.benchmark == name]
    met = {each.item_id for each in mine}
    lo, hi = wilson(min(len(met), len(items)), len(items)) if items else (0.0, 1.0)
    pairs = {(each.question_id, each.detector) for each in mine}
    strongest = sorted(mine, key=lambda each: (-each.score, each.question_id, each.item_id, each.detector))
    shown: list[Hit] = []
    for each in strongest:  # one example for each question
        if len(shown) < config.examples and each.question_id not in {other.question_id for other in shown}:
            shown.append(each)
    return BenchmarkRow(
        benchmark=name,
        items=len(items),
        items_hit=len(met),
        items_hit_lo=lo,
        items_hit_hi=hi,
        questions_hit=len({each.question_id for each in mine}),
        by_detector=dict(sorted(Counter(detector for _, detector in pairs).items())),
        examples=tuple(shown),
    )
