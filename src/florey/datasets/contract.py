"""What is known of the nine benchmarks, and whether a file is what it is said to be.

The counts were read from the files themselves (releases of 2025). A file with fewer items is a part and is told so; one
whose items have another shape is another benchmark or another release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from florey.datasets.benchmarks import benchmark_kind
from florey.datasets.catalog import LOADERS, Loaded, load
from florey.datasets.config import SourceConfig
from florey.errors import BadInput
from florey.records import LETTERS, Question, Record

MANY = 0.5
"""From this share of always right letters on, position alone nearly answers a benchmark of four options or more."""


@dataclass(frozen=True)
class Contract:
    """What the items of one source look like."""

    options: range  # options of an item
    ten: int | None = None  # how many of the whole have ten options
    keys: Mapping[str, int] = field(default_factory=dict)  # letters of the whole's right answers, where known
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # likewise


def _options(fewest: int, most: int | None = None) -> range:
    return range(fewest, (most or fewest) + 1)


CONTRACTS: dict[str, Contract] = {
    "careqa": Contract(_options(4)),
    "jmed": Contract(_options(21)),
    "jmed_other_release": Contract(_options(2, 20)),
    "medbullets_op4": Contract(_options(4)),
    "medbullets_op5": Contract(_options(5)),
    "medmcqa": Contract(_options(4)),
    "medqa": Contract(_options(4), facets={"exam_step": {"step1": 679, "step2&3": 594}}),
    "medxpertqa_text": Contract(_options(10), facets={"question_type": {"Reasoning": 1861, "Understanding": 589}}),
    "pubmedqa": Contract(_options(3), keys={"A": 552, "B": 338, "C": 110}),
    "pubmedqa_test": Contract(_options(3), keys={"A": 276, "B": 169, "C": 55}),
    "mmlu_pro_biology": Contract(_options(3, 10), ten=617),
    "mmlu_pro_health": Contract(_options(3, 10), ten=597),
}
"""By the source of the questions."""
SHARE_OF_ODD = 0.02
"""Items with another number of options that a release may have by its own slips."""
_COLUMNS: dict[str, tuple[str, ...]] = {
    "careqa": ("op1", "op4", "cop", "unique_id"),
    "medbullets": ("opa", "opd", "answer_idx", "link"),
    "medmcqa": ("opa", "opd", "cop", "choice_type"),
    "medxpertqa": ("question", "options", "label", "medical_task"),
    "pubmedqa": ("final_decision",),
    "mmlu_pro_biology or mmlu_pro_health": ("question_id", "options", "answer_index", "category"),
    "medqa": ("question", "options", "answer_idx", "meta_info"),
    "medqa (as on the hub)": ("sent1", "ending0", "label"),
}
"""Columns that tell a benchmark's file, most telling first."""


class Checked(Record):
    """What a file is."""

    name: str
    benchmark: str  # source of its questions, which names the variant
    rows: int
    items: int
    skipped: dict[str, int]
    skipped_at: dict[str, tuple[str, ...]]  # where the first of those stand
    repeated: int  # items that stand in it more than once
    expected: int | None
    complete: bool | None
    options: dict[str, int]  # number of options -> items
    keys: dict[str, int]  # letter of the right answer -> items
    facets: dict[str, dict[str, int]]  # axis -> value -> items, most frequent first
    chance: float  # accuracy to expect of a uniform guess
    always: float  # of the letter that is most often right
    problems: tuple[str, ...]  # why this is not the whole benchmark as it is known


def check(name: str, config: SourceConfig) -> Checked:
    """Reads a file as the benchmark of that name. BadInput where it cannot be that one at all."""
    found = load_benchmark(name, config)
    questions = found.questions
    options = Counter(len(question.options) for question in questions)
    keys = Counter(question.letter for question in questions)
    facets: dict[str, Counter[str]] = {}
    for question in questions:
        for axis, value in question.facets.items():
            facets.setdefault(axis, Counter())[value] += 1
    return Checked(
        name=name,
        benchmark=_source(questions),
        rows=found.rows,
        items=len(questions),
        skipped=found.skipped,
        skipped_at=dict(found.skipped_at),
        repeated=found.repeated,
        expected=found.expected,
        complete=found.complete,
        options={str(count): options[count] for count in sorted(options)},
        keys={letter: keys[letter] for letter in LETTERS if keys[letter]},
        facets={axis: _most_first(counts) for axis, counts in sorted(facets.items())},
        chance=sum(count / number for number, count in options.items()) / len(questions),
        always=max(keys.values()) / len(questions),
        problems=tuple(_problems(found, keys, options, facets)),
    )


def _most_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def load_benchmark(name: str, config: SourceConfig) -> Loaded:
    """One of the nine (or a set of one's own) whose items have the shape that they must have.

    BadInput, saying which other benchmark it looks like where that can be told, for a file of another one or of another
    release.
    """
    config = benchmark_kind(name, config)
    try:
        found = load(name, config)
    except BadInput as error:
        raise BadInput(f"{error}{_looks_like(str(error))}") from None
    contract = CONTRACTS.get(_source(found.questions))
    if contract is None:
        if config.kind in LOADERS and LOADERS[str(config.kind)].complete:
            where = config.path or config.hub
            raise BadInput(f"{name}: {where} has items of {_source(found.questions)}, which is none of the nine")
        return found
    odd = [question for question in found.questions if len(question.options) not in contract.options]
    if len(odd) > SHARE_OF_ODD * len(found.questions):
        counts = Counter(len(question.options) for question in odd)
        raise BadInput(
            f"{name}: expected {_spoken(contract.options)} options an item, found {_spoken(counts)} in {len(odd)} of "
            f"{len(found.questions)} items of {config.path or config.hub}: this is another benchmark or another release"
        )
    return found


def _source(questions: Iterable[Question]) -> str:
    return "+".join(sorted({question.source for question in questions}))


def _spoken(counts: Iterable[int]) -> str:
    numbers = sorted(counts)
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def _looks_like(message: str) -> str:
    """From the columns that an error lists: whose file it may be."""
    _, listed, columns = message.partition("there are ")
    there = {name.strip() for name in columns.split(",")}
    fitting = [name for name, needed in _COLUMNS.items() if listed and set(needed) <= there]
    return f"; this looks like a file of {fitting[0]}" if fitting else ""


def _problems(
    found: Loaded, keys: Mapping[str, int], options: Mapping[int, int], facets: Mapping[str, Mapping[str, int]]
) -> Iterable[str]:
    contract = CONTRACTS.get(_source(found.questions))
    if contract is None or found.expected is None:
        return
    if not found.complete:
        yield f"{len(found.questions):,} items; the whole benchmark has {found.expected:,}"
    elif contract.keys and dict(keys) != dict(contract.keys):
        yield f"right answers {dict(keys)}; the release that is known has {dict(contract.keys)}"
    if found.complete and contract.ten is not None and options.get(10) != contract.ten:
        yield f"{options.get(10, 0)} items with ten options; the release that is known has {contract.ten}"
    for axis, counts in contract.facets.items() if found.complete else ():
        if axis in facets and dict(facets[axis]) != dict(counts):
            yield f"{axis} {dict(facets[axis])}; the release that is known has {dict(counts)}"
    odd = sum(count for number, count in options.items() if number not in contract.options)
    if odd:
        yield f"{odd} items have not {_spoken(contract.options)} options"
    most = max(keys, key=lambda letter: keys[letter])
    if min(contract.options) != 3 and keys[most] > MANY * len(found.questions) and len(found.questions) >= 100:
        yield f"{keys[most] / len(found.questions):.0%} of the right answers are {most}: always {most} would score that"
