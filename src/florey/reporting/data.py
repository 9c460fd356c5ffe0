"""Everything the report shows, as one typed record. The pipeline fills it; `write_report` renders it.

Whatever a recipe does not run is left at its default: an empty tuple or None shows as "not run" in the report.
Nothing here may hold a time, a path or anything else that differs between two runs of one recipe and seed.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from florey.evaluation.scoring import StageScore
from florey.evaluation.staircase import STAGES, Comparison
from florey.records import Question, Record, Strategy, Strength, Tier, Trace, Verdict
from florey.reporting.benchmark_data import Benchmarks
from florey.reporting.curation_data import Counts, Curation, Teaching

SAFETY = (
    "For research only. The model described here is not a medical device, has not been validated on patients, and "
    "must not be used for diagnosis, treatment or any other decision about a person's care."
)


class Fact(Record):
    """One line of "what was run": a name and a value already written as text."""

    label: str
    value: str


class Run(Record):
    """What was run. `facts` stand in the report alone; the rest in summary.json too."""

    recipe: str  # the recipe's name
    policy: str  # the model as the recipe names it
    seed: int
    facts: tuple[Fact, ...] = ()  # further settings worth stating: parameters, loss type, rollouts, …


class GraphCounts(Record):
    """The graph that questions were made from."""

    name: str  # e.g. "Human Phenotype Ontology"
    release: str
    digest: str  # of the graph, as in the certificates
    nodes: Counts  # by node type
    edges: Counts  # by relation, is-a and negative annotations included
    negative: int = 0  # how many of the edges say NOT, 0-of-n or excluded
    dropped: Counts = Field(default_factory=dict)  # by reason


class Draws(Record):
    """What drawing the answers of one kind of question comes to, by one way of weighing them; all expected values."""

    rarest_quartile_share: float = Field(ge=0, le=1)  # of the draws, on the quarter of the answers of fewest edges
    distinct: float = Field(ge=0)  # answers among the draws
    effective_sample_size: float = Field(ge=0)  # Kish's: so many equally likely answers would be as varied


class Rarity(Record):
    """The weights that were chosen beside two that anyone might have."""

    chosen: Draws
    uniform: Draws
    degree_proportional: Draws


class Questions(Record):
    """How the evaluated and trained-on questions came about."""

    generated: int  # certified by synthesis, before curation
    metapaths: Counts  # generated, by metapath
    rejected: Counts = Field(default_factory=dict)  # by synthesis, by reason: never became a question
    dropped: Counts = Field(default_factory=dict)  # by curation, by reason
    splits: Counts  # kept, by split
    tiers: dict[str, Counts]  # kept, by tier (or "untiered") and then by split
    strengths: dict[Strength, int]  # certificates by their weakest proof
    closed_world_only: float  # share of distractors whose exclusion rests on the closed world alone
    split_rule: str  # in words
    rarity: dict[str, Rarity] = Field(default_factory=dict)  # by kind of question; empty where none was drawn by weight


class TraceRow(Record):
    """Traces of one strategy: written by the teacher, passed by the checker, trained on."""

    strategy: Strategy
    generated: int
    passed: int
    trained: int


class CurvePoint(Record):
    """Accuracy of the rollouts of one logged training step, in one tier."""

    phase: str  # "stage1", "stage2-round1", …: a boundary is drawn where it changes
    step: int  # counted through all phases
    tier: Tier
    accuracy: float
    n: int  # rollouts behind it
    prompts: int | None = None  # distinct questions behind them: sample size of the band; None: n, which is optimistic


class GroupRow(Record):
    """The groups of one phase and tier: means over its steps, by rollouts."""

    phase: str
    tier: Tier
    rollouts: int
    all_right: float  # share of the groups
    mixed: float  # those that teach
    all_wrong: float
    tokens_right: float | None  # mean length; None where none was right
    tokens_wrong: float | None
    truncated: float  # share of the rollouts
    unparsed: float
    entropy: float | None = None  # nats a token; None where the engine does not tell it by tier
    kl: float | None = None  # to the phase's parent; None where it has no weight


class PhaseRow(Record):
    """One phase of training: means over its steps, of what the engine measured."""

    phase: str
    steps: int
    reward: float
    zero_variance: float  # share of groups whose rollouts all earned the same
    entropy_first: float | None = None  # nats a token, mean of the first steps
    entropy_last: float | None = None
    kl: float | None = None  # to the phase's parent; None where it has no weight and is not measured
    gradient: float | None = None  # norm before clipping
    softened: int = 0  # times that the guard eased the mix


class PlateauPoint(Record):
    """What the plateau rule saw at one step."""

    step: int  # as in CurvePoint
    reward: float  # mean reward over the rule's window
    zero_variance: float  # share of groups whose rollouts all earned the same, over the window


class Plateau(Record):
    """The rule that ended stage 1."""

    rule: str  # in words, thresholds included
    fired_at: int | None  # step, or None: stage 1 ran to its limit
    inputs: dict[str, float]  # the figures at that step (or at the last one), and the thresholds
    zero_variance_limit: float | None = None  # drawn as a line
    trail: tuple[PlateauPoint, ...] = ()


class Round(Record):
    """One round of stage 2: what was mined, what it was mixed to, and what became of it."""

    name: str  # "round 1"
    answered: int  # questions the policy answered to be mined
    failures: int  # of them, answered wrongly
    failures_by_tier: dict[Tier, int] = Field(default_factory=dict)
    asked_right: int  # the mix that the recipe asked for, in questions
    asked_wrong: int
    got_right: int  # and the mix that there was
    got_wrong: int
    tiers: dict[Tier, int]  # of the mix
    rollouts: int  # per prompt
    mined: int  # mined failures that were trained on in this round
    solved_after: int  # of them, answered rightly by the checkpoint after this round
    failing_last: int  # of them, still failing after the last round


class Answered(Record):
    """One generation for an example."""

    stage: str  # a key of STAGE_LABELS
    text: str
    verdict: Verdict


class Example(Record):
    """A question shown in full."""

    question: Question
    names: dict[str, str]  # node id -> name, for every node of the conditions and bridges
    references: dict[str, str] = Field(default_factory=dict)  # edge id -> "PMID:…", "OMIM:…", for edges of supports
    trace: Trace | None = None
    answers: tuple[Answered, ...] = ()  # before and after: cold start, stage 2


class Licence(Record):
    source: str
    licence: str
    attribution: str
    url: str | None = None  # https; a plain link, nothing is loaded


class ManifestLink(Record):
    title: str
    href: str  # relative to report.html
    digest: str  # of the file or of the stage


class StageResult(Record):
    name: str  # base, cold_start, stage1 or stage2
    score: StageScore


class Reasoning(Record):
    """Correct answers of one stage in one tier, and how many of them by reasoning that the certificate bears out."""

    stage: str  # a key of STAGE_LABELS
    tier: Tier
    correct: int = Field(ge=1)
    sound: int = Field(ge=0)


class ReportData(Record):
    """The whole report, in its order."""

    title: str
    run: Run
    graph: GraphCounts
    stages: tuple[StageResult, ...] = Field(min_length=1)  # in the order of training
    comparisons: tuple[Comparison, ...] = ()
    benchmarks: Benchmarks | None = None  # where the recipe has some
    reasoning: tuple[Reasoning, ...] = ()  # by stage, then by tier
    curve: tuple[CurvePoint, ...] = ()
    groups: tuple[GroupRow, ...] = ()  # by phase, then by tier
    phases: tuple[PhaseRow, ...] = ()
    plateau: Plateau | None = None
    rounds: tuple[Round, ...] = ()
    examples: tuple[Example, ...] = ()
    examples_rule: str = ""  # how they were chosen: a reader must know whether they are typical
    questions: Questions
    curation: Curation = Curation()
    teachers: Counts = Field(default_factory=dict)  # traces trained on, by who wrote them
    teaching: Teaching | None = None  # of the language model, where one taught
    traces: tuple[TraceRow, ...] = ()
    traces_dropped: Counts = Field(default_factory=dict)  # by the checker, by reason
    licences: tuple[Licence, ...] = ()
    manifests: tuple[ManifestLink, ...] = ()
    limitations: tuple[str, ...] = ()  # what the numbers do not show, one sentence or two each
    safety: str = SAFETY

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [stage.name for stage in self.stages]
        if names != [name for name in STAGES if name in names]:
            raise ValueError(f"stages: expected some of {', '.join(STAGES)}, once each and in this order; got {names}")
        for each in self.comparisons:
            if not {each.before, each.after} <= set(names):
                raise ValueError(f"comparison of {each.before} and {each.after}: expected two of {names}")
        for link in self.manifests:
            if "://" in link.href or link.href.startswith(("/", "\\")) or ":" in link.href.split("/")[0]:
                raise ValueError(f"manifest link {link.href!r}: expected a path relative to the report")
        spans: dict[str, list[int]] = {}
        for point in self.curve:
            spans.setdefault(point.phase, []).append(point.step)
        order = sorted(spans, key=lambda phase: min(spans[phase]))
        for before, after in pairwise(order):
            if max(spans[before]) >= min(spans[after]):
                raise ValueError(f"curve: phases {before} and {after} share steps; expected steps counted through both")
        for licence in self.licences:
            if licence.url and not licence.url.startswith(("https://", "http://")):
                raise ValueError(f"licence url {licence.url!r}: expected http(s)")
        return self
