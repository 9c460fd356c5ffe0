"""Training questions against benchmarks: all detectors, what they found, what is dropped or flagged for it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from florey.curation.contamination.config import ContaminationConfig, Detector
from florey.curation.contamination.hits import BenchmarkRow, Contamination, Hit, hit, item_id
from florey.curation.contamination.meaning import Meanings
from florey.curation.contamination.wording import Wordings
from florey.curation.funnel import Step
from florey.graph.linking.linker import Linker
from florey.graph.store import Graph
from florey.intervals import wilson
from florey.records import Question

Progress = Callable[[int, int], None]
Found = tuple[int, int, Detector, float]
"""(place of the question, place of the item, detector, score)"""
BATCH = 10_000  # questions between two signs of progress
NO_GRAPH = "no graph was given: texts are not linked, only questions made from a graph are compared with each other"


def find(
    questions: Sequence[Question],
    benchmarks: Mapping[str, Sequence[Question]],
    config: ContaminationConfig,
    linker: Linker | None = None,
    progress: Progress | None = None,
    graph: Graph | None = None,
) -> Contamination:
    """Compares what is trained on (split "train" or none) with every item.

    linker: finds entities in text; without one the detectors "evidence" and "path" read no text, and `off` says so.
    progress: is told how many questions are compared, and of how many.
    graph: the linker's; with it a more general or more special entity counts as the same evidence.
    """
    names = [name for name in sorted(benchmarks) for _ in benchmarks[name]]
    items = [item for name in sorted(benchmarks) for item in benchmarks[name]]
    by_words = {"ngrams", "wording"} & set(config.detectors)
    by_meaning = {"evidence", "path"} & set(config.detectors)
    wordings = Wordings(items, config) if by_words else None
    meanings = Meanings(items, linker, config, graph) if by_meaning else None
    off = dict.fromkeys(sorted(by_meaning), NO_GRAPH) if by_meaning and not linker else {}
    trained = [question for question in questions if _is_trained_on(question)]
    found: list[Found] = []
    for start in range(0, len(trained), BATCH):
        batch = trained[start : start + BATCH]
        met = [*_by_words(batch, wordings, config), *_by_meaning(batch, meanings, config)]
        found += [(start + row, place, detector, score) for row, place, detector, score in sorted(met)]
        if progress:
            progress(start + len(batch), len(trained))
    hits = [hit(trained[row], names[place], items[place], detector, score) for row, place, detector, score in found]
    rows = [_row(name, benchmarks[name], hits, config) for name in sorted(benchmarks)]
    return Contamination(_step(questions, hits, config), hits, rows, off)


def _by_words(questions: Sequence[Question], wordings: Wordings | None, config: ContaminationConfig) -> Iterator[Found]:
    if wordings and "ngrams" in config.detectors:
        yield from ((row, place, "ngrams", score) for row, place, score in wordings.repeated(questions))
    if wordings and "wording" in config.detectors:
        yield from ((row, place, "wording", score) for row, place, score in wordings.alike(questions))


def _by_meaning(
    questions: Sequence[Question], meanings: Meanings | None, config: ContaminationConfig
) -> Iterator[Found]:
    for row, question in enumerate(questions if meanings else ()):
        for place, detector, score in meanings.compared(question) if meanings else ():
            if detector in config.detectors:
                yield row, place, detector, score


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
    items_hit = sum(item_id(item) in met for item in items)  # an item that stands there twice is hit twice
    lo, hi = wilson(items_hit, len(items)) if items else (0.0, 1.0)
    strongest = sorted(mine, key=lambda each: (-each.score, each.question_id, each.item_id, each.detector))
    shown: dict[str, Hit] = {}  # one for each question
    for each in strongest:
        if len(shown) < config.examples:
            shown.setdefault(each.question_id, each)
    return BenchmarkRow(
        benchmark=name,
        items=len(items),
        items_hit=items_hit,
        items_hit_lo=lo,
        items_hit_hi=hi,
        questions_hit=len({each.question_id for each in mine}),
        by_detector=_counted({(each.question_id, each.detector) for each in mine}),
        items_by_detector=_counted({(each.item_id, each.detector) for each in mine}),
        examples=tuple(shown.values()),
    )


def _counted(pairs: Collection[tuple[str, Detector]]) -> dict[str, int]:
    return dict(sorted(Counter(detector for _, detector in pairs).items()))
