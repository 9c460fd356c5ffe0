"""What the report shows of curation and of the traces' teachers, as typed records."""

from __future__ import annotations

from pydantic import Field

from florey.records import Record

Counts = dict[str, int]


class FunnelRow(Record):
    """One stage of curation: given = kept + all dropped."""

    stage: str
    given: int
    kept: int
    dropped: Counts = Field(default_factory=dict)  # by reason
    noticed: Counts = Field(default_factory=dict)  # found and not dropped for, by name


class Source(Record):
    """A public set of questions."""

    name: str
    rows: int  # of its file
    questions: int  # read from them
    skipped: Counts = Field(default_factory=dict)  # rows that are no single-answer question, by reason
    flagged: Counts = Field(default_factory=dict)  # questions kept with a flag of the loader
    repeated: int = 0


class BesideChance(Record):
    """`found` of `of`, and how many guessing would give."""

    found: int
    of: int
    by_chance: float
    share: float | None = None
    lo: float | None = None
    hi: float | None = None
    chance_share: float | None = None


class LabelRow(Record):
    """Verified questions with one number of options."""

    options: int
    doubted: BesideChance  # of the decided: wrong in every trial
    same_option: BesideChance  # of the doubted: every trial chose the same wrong option
    followed_letter: BesideChance  # of the decided: one letter in every trial, different options


class Labels(Record):
    """Label verification by a strong model."""

    items: int
    passed: int
    doubted: int
    undecided: int
    trials: int
    verdicts: Counts
    unparsed_share: float | None = None
    by_options: tuple[LabelRow, ...] = ()


class JudgesAgree(Record):
    """Two judges of difficulty on the questions that both judged; quadratic kappa."""

    one: str
    other: str
    n: int
    equal: float
    equal_lo: float
    equal_hi: float
    kappa: float | None = None
    kappa_lo: float | None = None
    kappa_hi: float | None = None
    table: tuple[tuple[int, ...], ...] = ()


class Met(Record):
    """A training question that is too near to an item: beginnings of both, what found it, how near."""

    question_id: str
    benchmark: str
    item_id: str
    detector: str
    score: float
    question: str
    item: str


class Benchmark(Record):
    """How many items of a benchmark are met by training questions."""

    benchmark: str
    items: int
    expected: int | None = None  # when it is whole
    items_hit: int
    items_hit_lo: float
    items_hit_hi: float
    questions_hit: int
    by_detector: Counts = Field(default_factory=dict)  # questions
    items_by_detector: Counts = Field(default_factory=dict)
    examples: tuple[Met, ...] = ()


class MixturePart(Record):
    """One value of one axis of the mixture: asked for, there, got. `asked` is None where only limits were set."""

    axis: str
    value: str
    asked: int | None
    asked_share: float | None = None
    there: int
    got: int
    got_share: float | None = None
    note: str | None = None  # why it is not what was asked for


class Curation(Record):
    """Curation stage by stage, of the questions to train and test on."""

    funnel: tuple[FunnelRow, ...] = ()
    sources: tuple[Source, ...] = ()
    labels: Labels | None = None
    agreement: tuple[JudgesAgree, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    detectors_off: dict[str, str] = Field(default_factory=dict)  # detector of contamination -> why it did not run
    mixture: tuple[MixturePart, ...] = ()


class Share(Record):
    """A mean of values within 0..1 with its interval."""

    value: float
    lo: float | None = None
    hi: float | None = None
    n: int
    clusters: int


class Process(Record):
    """What the certificates say to the claims of traces."""

    traces: int
    with_claims: int
    claims: int
    entailed: Share | None = None
    contradicted: Share | None = None
    uncovered: Share | None = None


class Teaching(Record):
    """A language model as teacher."""

    questions: int  # that it was asked
    prompts: str  # version of the prompts
    passes: dict[str, Share]  # pass@1, pass@k without the answer
    yields: dict[str, Counts]  # by kind of attempt: asked, answered, right, accepted
    refused: Counts  # attempts, by reason; an attempt may have several
    accepted: int  # traces
    left: Counts  # accepted and not trained on, by reason
    kept: int
    told: int  # of the kept: the teacher was told the answer
    strategies: Counts
    process: Process
