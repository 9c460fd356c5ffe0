"""Nodes, relations and what a statement carries beyond an edge."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, Self

from florey.errors import BadInput, nearest
from florey.records import Edge, Evidence, Strength

TERM_TYPES = ("finding", "inheritance", "onset", "course", "modifier", "frequency", "term")
CONDITIONS = ("disease", "finding", "injury")  # what a patient has
TREATMENTS = ("drug", "drug_class", "procedure")
CAUSES = ("agent", "disease", "finding", "injury", "external_cause", "gene", "drug", "drug_class", "concept")
FUNCTIONS = ("biological_process", "molecular_function", "cellular_component", "pathway")
NODE_TYPES = (
    *TERM_TYPES,
    *("disease", "gene", "drug", "drug_class", "procedure", "anatomy", "specialty"),
    "agent",  # organisms and exposures
    *("injury", "external_cause", "health_factor"),  # the chapters of ICD-10-CM that are no diseases
    *FUNCTIONS,
    "concept",  # anything else that an edge needs
)


@dataclass(frozen=True, slots=True)
class Node:
    """A thing of the graph. `aliases` are exact synonyms only: broader or narrower ones name something else."""

    id: str
    type: str
    name: str
    aliases: tuple[str, ...] = ()
    xrefs: tuple[str, ...] = ()  # the same thing in other vocabularies, as CURIEs: MESH:D003920, UMLS:C0011849
    sources: tuple[str, ...] = ()  # names of the sources that have it; set when a graph is built

    @property
    def vocabulary(self) -> str:
        """The prefix of the id: HP, OMIM, ORPHA, DECIPHER, NCBIGene, …"""
        return self.id.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Relation:
    """Which node types a relation joins."""

    name: str
    subjects: tuple[str, ...]
    objects: tuple[str, ...]


RELATIONS = {
    relation.name: relation
    for relation in (
        Relation("is_a", NODE_TYPES, NODE_TYPES),
        Relation("has_finding", ("disease",), ("finding",)),
        Relation("has_inheritance", ("disease",), ("inheritance",)),
        Relation("has_onset", ("disease",), ("onset",)),
        Relation("has_course", ("disease",), ("course",)),
        Relation("has_modifier", ("disease",), ("modifier",)),
        Relation("has_history", ("disease",), ("term",)),
        Relation("associated_gene", ("disease",), ("gene",)),
        # stated in text, tables or items rather than annotated by a curator of phenotypes: kept apart from has_finding
        Relation("has_symptom", CONDITIONS, CONDITIONS),
        Relation("caused_by", CONDITIONS, CAUSES),
        Relation("has_risk_factor", CONDITIONS, (*CAUSES, "health_factor")),
        Relation("has_complication", CONDITIONS, CONDITIONS),
        Relation("diagnosed_by", CONDITIONS, ("procedure", "finding")),
        Relation("treated_by", CONDITIONS, TREATMENTS),
        Relation("palliated_by", CONDITIONS, TREATMENTS),  # symptomatic relief only
        Relation("prevented_by", CONDITIONS, (*TREATMENTS, "concept")),
        Relation("contraindicated_in", TREATMENTS, (*CONDITIONS, "concept")),
        Relation("has_side_effect", TREATMENTS, CONDITIONS),
        Relation("has_mechanism", ("drug", "drug_class"), ("concept", "gene", "drug_class", *FUNCTIONS)),
        Relation("in_drug_class", ("drug", "drug_class"), ("drug_class",)),
        Relation("located_in", (*CONDITIONS, "anatomy"), ("anatomy",)),
        Relation("in_specialty", (*CONDITIONS, *TREATMENTS), ("specialty",)),
        Relation("resembles", ("disease", "drug"), ("disease", "drug")),
        Relation("binds_gene", ("drug",), ("gene",)),
        Relation("upregulates_gene", ("drug", "disease", "anatomy"), ("gene",)),
        Relation("downregulates_gene", ("drug", "disease", "anatomy"), ("gene",)),
        Relation("expresses_gene", ("anatomy",), ("gene",)),
        Relation("interacts_with_gene", ("gene",), ("gene",)),
        Relation("regulates_gene", ("gene",), ("gene",)),
        Relation("covaries_with_gene", ("gene",), ("gene",)),
        Relation("participates_in", ("gene",), FUNCTIONS),
    )
}
IS_A = "is_a"


def joins(name: str, subject_type: str, object_type: str) -> bool:
    """Whether a relation of that name can lead from one type to the other; is_a stays within a kind of thing."""
    found = relation(name)
    if name == IS_A:
        same_kind = subject_type == object_type or {subject_type, object_type} <= set(TERM_TYPES)
        return same_kind or (subject_type, object_type) == ("drug", "drug_class")
    return subject_type in found.subjects and object_type in found.objects


def ends_in_words(name: str) -> str:
    """What a relation joins, for messages."""
    found = relation(name)
    return "one kind of thing" if name == IS_A else f"{' or '.join(found.subjects)} to {' or '.join(found.objects)}"


def relation(name: str) -> Relation:
    """The relation of that name, or BadInput."""
    try:
        return RELATIONS[name]
    except KeyError:
        raise BadInput(f"unknown relation '{name}'{nearest(name, RELATIONS)}") from None


class Statement(NamedTuple):
    """A row of edges.parquet: an edge, its evidence and what only some sources say. None where unknown.

    A plain tuple, because a source makes hundreds of thousands of them.
    """

    edge_id: str
    subject: str
    relation: str
    object: str
    positive: bool
    source: str
    release: str
    reference: str | None = None
    code: str | None = None
    frequency: str | None = None
    onset: str | None = None
    sex: str | None = None
    modifier: str | None = None
    biocuration: str | None = None
    # where the statement was read, for sources that are texts
    page: str | None = None
    revision: str | None = None
    quote: str | None = None  # verbatim
    start: int | None = None  # of the quote in the revision's wikitext, in characters
    end: int | None = None
    score: float | None = None  # as the source gives it: tf-idf, number of curators, …
    confidence: float | None = None  # 0..1, as the extractor gives it

    @classmethod
    def of(cls, edge: Edge) -> Self:
        ends = (edge.id, edge.subject, edge.relation, edge.object, edge.positive)
        return cls(*ends, **{name: getattr(edge.evidence, name) for name in Evidence.model_fields})

    @property
    def edge(self) -> Edge:
        evidence = Evidence(**{name: getattr(self, name) for name in Evidence.model_fields})
        return Edge(
            id=self.edge_id,
            subject=self.subject,
            relation=self.relation,
            object=self.object,
            positive=self.positive,
            evidence=evidence,
        )


_DETAILS = Statement._fields[7:]
_FIRST_DETAILS = _DETAILS[: _DETAILS.index("page")]


def statement(
    subject: str,
    relation: str,
    object: str,
    source: str,
    release: str,
    *,
    negated: bool = False,
    **details: Any,
) -> Statement:
    """A statement whose edge id is the hash of everything it says. `details`: fields of Statement after `release`.

    It is negative if `negated` (the source says NOT) or if its frequency is zero.
    """
    get = details.get
    positive = not negated and frequency_bounds(get("frequency")) != (0, 0)
    first = [get(name) for name in _FIRST_DETAILS]
    said = [subject, relation, object, "NOT" if negated else "", source, release, *[value or "" for value in first]]
    if len(details) > sum(value is not None for value in first):  # later fields count only where a source has them
        said += [f"{name}={get(name)}" for name in _DETAILS[len(first) :] if get(name) is not None]
    content = hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:16]
    return Statement(f"e-{content}", subject, relation, object, positive, source, release, **details)


_NUMBERS = {name: number for number, name in enumerate(RELATIONS)}


def relation_number(name: str) -> int:
    """The place of a relation in RELATIONS; new relations are added at the end, so that keys of old ones stay."""
    return _NUMBERS[name]


# HPO frequency subontology: https://hpo.jax.org/browse/term/HP:0040279, bounds from the terms' definitions.
EXCLUDED_CLASS = "HP:0040285"
FREQUENCY_CLASSES = {
    "HP:0040280": (1.0, 1.0),  # obligate
    "HP:0040281": (0.8, 0.99),  # very frequent
    "HP:0040282": (0.3, 0.79),  # frequent
    "HP:0040283": (0.05, 0.29),  # occasional
    "HP:0040284": (0.01, 0.04),  # very rare
    EXCLUDED_CLASS: (0.0, 0.0),
}
_RATIO = re.compile(r"(\d+)/(\d+)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")


@lru_cache(maxsize=65_536)
def frequency_bounds(text: str | None) -> tuple[float | None, float | None]:
    """Lowest and highest share (0..1) of patients that a frequency text allows; (None, None) where it is unknown.

    Reads "n/m", "p%" and the HPO frequency classes. Raises ValueError for anything else, m = 0 and shares above 1.

    >>> frequency_bounds("3/4"), frequency_bounds("HP:0040283"), frequency_bounds(None)
    ((0.75, 0.75), (0.05, 0.29), (None, None))
    """
    if not text:
        return None, None
    if text in FREQUENCY_CLASSES:
        return FREQUENCY_CLASSES[text]
    share = math.inf
    if match := _RATIO.fullmatch(text):
        seen, of = int(match[1]), int(match[2])
        share = seen / of if of else math.inf
    elif match := _PERCENT.fullmatch(text):
        share = float(match[1]) / 100
    if share > 1:
        raise ValueError(f"frequency '{text}': expected n/m with n <= m, a percentage up to 100% or HP:0040280..5")
    return share, share


@lru_cache(maxsize=65_536)
def strength(positive: bool, frequency: str | None) -> Strength:
    """What an edge proves: ASSERTED, or for a negative one how it denies."""
    if positive:
        return Strength.ASSERTED
    if not frequency or frequency_bounds(frequency) != (0, 0):
        return Strength.NEGATED
    return Strength.ZERO_OF_N if _RATIO.fullmatch(frequency) else Strength.EXCLUDED
