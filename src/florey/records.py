"""The nouns: what flows from stage to stage, each a small frozen record with a content-hash id.

Graph -> Question (with path and certificate) -> Trace -> Rollout / Prediction -> Verdict
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from florey.files import digest

ANSWER = "?"
"""In a condition: the masked node that the question asks for; each option is tried in its place."""
BRIDGE = "*"
"""In a condition: a hidden node in the middle of a path; satisfied if any node of the graph fits. Further ones are
called "*2", "*3", …"""

Tier = Literal["easy", "moderate", "difficult"]
TIERS: tuple[Tier, ...] = ("easy", "moderate", "difficult")
Orders = Literal["own", "shuffled", "cyclic"]
"""Of the options of a question that is asked: as its source has them; another order in every turn; each option at each
place once."""
Reading = Literal["tags", "stated", "free"]
"""Where an answer stands: inside <answer></answer>; in words such as "the answer is (B)", as other prompts ask; or
inside <answer></answer> in the model's own words, where no options were shown."""
Split = Literal["train", "dev", "test"]
Strategy = Literal["direct", "backtracking", "path_exploration", "self_correction"]


class Record(BaseModel):
    """Immutable; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def content_id(self, prefix: str, *without: str) -> str:
        """`prefix` + hash over every field but `id` and those in `without`."""
        return f"{prefix}-{digest(self.model_dump(mode='json', exclude={'id', *without}, exclude_none=True))}"


class Strength(StrEnum):
    """What a statement about one condition rests on, strongest first."""

    ASSERTED = "asserted"  # a positive edge of the graph, to the term itself or a descendant
    NEGATED = "negated"  # an annotation marked NOT, to the term or an ancestor
    ZERO_OF_N = "zero_of_n"  # observed in 0 of n patients
    EXCLUDED = "excluded_class"  # the frequency class "Excluded (0%)", or 0%
    CLOSED_WORLD = "closed_world"  # no edge either way; rests on the relation's completeness for the entity

    @property
    def rank(self) -> int:
        """0 = strongest."""
        return list(Strength).index(self)


class Evidence(Record):
    """Where an edge comes from."""

    source: str  # e.g. "hpo"
    release: str  # e.g. "2025-01-16"
    reference: str | None = None  # PMID:…, OMIM:…, ORPHA:…
    code: str | None = None  # HPO evidence code: PCS, TAS, IEA
    frequency: str | None = None  # as the source writes it: "3/7", "45%", "HP:0040281"
    page: str | None = None  # title, for sources that are texts
    revision: str | None = None
    quote: str | None = None  # the sentence, verbatim
    start: int | None = None  # of the quote in the revision's wikitext, in characters
    end: int | None = None
    score: float | None = None
    confidence: float | None = None


class Edge(Record):
    """One statement of one source; several may join the same two nodes."""

    id: str
    subject: str
    relation: str
    object: str
    positive: bool
    evidence: Evidence


class Condition(Record):
    """One edge of the question's pattern. `holds=False` demands that the edge be absent."""

    subject: str  # a node id, ANSWER or a hidden node
    relation: str  # ANSWER where the relation between two nodes is asked; then the options are relations
    object: str
    holds: bool = True

    @property
    def nodes(self) -> tuple[str, ...]:
        """The ids of its named nodes."""
        return tuple(node for node in (self.subject, self.object) if not is_masked(node))


def is_masked(node: str) -> bool:
    """Whether an end of a condition is the answer or hidden, rather than named."""
    return node == ANSWER or node.startswith(BRIDGE)


def hidden_of(conditions: Iterable[Condition]) -> tuple[str, ...]:
    """The hidden nodes of a pattern, sorted: "*", "*2", …"""
    return tuple(sorted({node for c in conditions for node in (c.subject, c.object) if node.startswith(BRIDGE)}))


class Support(Record):
    """What the graph says of one condition with its masked nodes filled in."""

    state: Literal["present", "absent", "unknown"]
    strength: Strength | None = None  # None when unknown
    edges: tuple[str, ...] = ()  # ids of the edges it rests on, sorted; at most a few
    completeness: float | None = None  # of the relation for the subject, where the closed world is used


class Binding(Record):
    """All conditions, in the question's order, for one filling of the hidden nodes."""

    bridges: tuple[str, ...] = ()  # node ids in the places of `hidden_of(conditions)`
    supports: tuple[Support, ...]


class OptionProof(Record):
    """Why an option satisfies the stem (one binding that does) or cannot (every candidate binding fails)."""

    option: str
    satisfies: bool
    bindings: tuple[Binding, ...]
    strength: Strength


class Certificate(Record):
    """Exactly one option satisfies the conditions, relative to one graph and its assumptions."""

    graph: str  # digest of the graph it was issued against
    proofs: tuple[OptionProof, ...]  # in the order of the options
    strength: Strength  # the weakest of the proofs
    closed_world_share: float  # share of the distractors whose exclusion rests on the closed world alone


class Difficulty(Record):
    """Graph features behind a tier."""

    hops: int
    conditions: int
    options: int
    rarity: float  # 0 common .. 1 rare: rank of the answer's degree among its kind, reversed
    overlap: float  # mean share of the conditions that a distractor satisfies
    score: float


class Rewriting(Record):
    """Where a rewritten stem comes from, and where it names the nodes of its conditions."""

    of: str  # id of the question that was rewritten
    model: str
    mentions: tuple[tuple[str, str], ...]  # (node id, how the stem writes it), sorted
    back_translation: str | None = None  # the English that was linked back, where the stem is in another language


_FILING = ("split", "group", "tier", "difficulty", "certificate", "source_id", "specialty", "facets", "flags")


class Question(Record):
    """A single-answer multiple-choice question."""

    id: str = ""
    context: str | None = None  # what is to be read before the stem, as the abstract in PubMedQA
    stem: str
    options: tuple[str, ...] = Field(min_length=2, max_length=26)
    gold: int = Field(ge=0)
    language: str = "en"
    source: str
    source_id: str | None = None  # what the source calls it
    specialty: str | None = None  # subject, as the source names it
    facets: dict[str, str] = {}  # what else the source files it under, for subgroups: {"exam_step": "step1", …}
    licences: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()  # what curation noticed and did not drop it for, sorted
    split: Split | None = None
    group: str | None = None  # items of one group never stand on both sides of a split
    tier: Tier | None = None
    difficulty: Difficulty | None = None
    # the synthetic ones only
    metapath: str | None = None
    option_ids: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    path: tuple[Edge, ...] = ()
    certificate: Certificate | None = None
    rewriting: Rewriting | None = None  # set where a model wrote the stem

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.gold >= len(self.options):
            raise ValueError(f"gold index {self.gold} but {len(self.options)} options")
        if self.option_ids and len(self.option_ids) != len(self.options):
            raise ValueError(f"{len(self.option_ids)} option ids but {len(self.options)} options")
        return self

    @property
    def letter(self) -> str:
        return LETTERS[self.gold]

    @property
    def answer_id(self) -> str:
        """Graph id of the answer, or its text where the question is not synthetic."""
        return self.option_ids[self.gold] if self.option_ids else self.options[self.gold]

    def identified(self) -> Self:
        """The same question with its content id: over what is asked, not how it was filed."""
        return self.model_copy(update={"id": self.content_id("q", *_FILING)})


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Trace(Record):
    """A reasoning text that ends in an answer, written for one question."""

    id: str = ""
    question_id: str
    strategy: Strategy = "direct"
    text: str  # the whole completion: <think>…</think><answer>X</answer>
    teacher: str  # "graph", or the name of the model
    gold_shown: bool = False  # whether the teacher was told the answer
    prompts: str | None = None  # version (content hash) of the prompts that it was asked with

    def identified(self) -> Self:
        return self.model_copy(update={"id": self.content_id("t")})


class Verdict(StrEnum):
    """Five outcomes, never merged silently. Accuracy is the share of CORRECT over all items."""

    CORRECT = "correct"
    WRONG = "wrong"
    UNPARSED = "unparsed"
    TRUNCATED = "truncated"
    SEVERAL = "several"


class Generation(Record):
    """One sampled or greedy completion of one prompt."""

    text: str
    tokens: int
    finished: bool  # False: the token budget ended it


class Trial(Record):
    """One attempt of a model at a question whose options were shuffled; one of several."""

    question_id: str
    model: str
    sample: int
    order: tuple[int, ...]  # order[place] = index in the question of the option that was shown there
    choice: int | None = None  # index in the question, not the place; None where nothing was parsed
    verdict: Verdict | None = None  # None: the model gave no answer at all
    text: str = ""
    failure: str | None = None  # why it gave none


class Prediction(Record):
    """An answer of one model to one question, as generated; scored later."""

    question_id: str
    model: str
    sample: int = 0
    text: str
    tokens: int
    finished: bool  # False: the token budget ended it
    order: tuple[int, ...] | None = None  # order[place] = index in the question of the option there; None: its own
    prefilled: bool = False  # the prompt had opened the thought, so that the text starts inside it
    forced: str | None = None  # what it answered when made to, after a thought that the budget ended
    probabilities: tuple[float, ...] | None = None  # of the options, in the question's own order; sums to 1
    failure: str | None = None  # why the model gave no answer at all; the text is empty then


class Rollout(Record):
    """A generation made while training, with the reward it earned."""

    question_id: str
    phase: str  # "stage1", "stage2-round1", …
    step: int
    text: str
    verdict: Verdict
    correct: float
    format: float
    tier: Tier | None = None
    order: tuple[int, ...] | None = None  # of the question's options as they were shown; None: its own
