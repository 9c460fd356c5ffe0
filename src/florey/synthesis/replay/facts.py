"""The graph as sets of numbers, for the verifier: worked out anew from the two Parquet files.

Shares no code with the store, the presence rules, the sampler or the issuer of certificates, on purpose. Only the
relations that the questions speak of are read; a set is made when it is first asked for, and kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from florey.errors import BadInput
from florey.files import read_json
from florey.records import ANSWER, Condition, Edge, Evidence, Question, Strength, is_masked

ORDER = list(Strength)
"""Strongest first."""
IS_A, GENE = "is_a", "associated_gene"
KEPT = 65_536
"""Sets and answers that are kept for the next question."""

Said = Mapping[int, Sequence[str]]  # by object: the edges that assert it
Denied = Mapping[int, Sequence[tuple[Strength, str]]]  # by object: the edges that deny it, and how strongly
Truth = tuple[str, Strength | None, frozenset[str]]


class Facts:
    """What the graph says of the questions' nodes. Nodes are named by their ids; inside they are numbers."""

    def __init__(self, folder: Path, questions: Sequence[Question], min_completeness: float) -> None:
        if not (folder / "graph.json").is_file():
            raise BadInput(f"{folder}: not a graph (no graph.json)")
        self.digest = read_json(folder / "graph.json").get("digest")
        self.min_completeness = min_completeness
        with _readable(folder / "nodes.parquet") as file:
            self._nodes = pl.read_parquet(file, columns=["id", "type", "name", "aliases"])
        self._ids = self._nodes["id"].to_list()
        self._number = {node: i for i, node in enumerate(self._ids)}
        self.name = dict(zip(self._ids, self._nodes["name"], strict=True))
        with _readable(folder / "edges.parquet") as file:
            frame = _rows(file, relations_of(questions), self._nodes["id"])
            self.edges = _in_full(file, {edge.id for question in questions for edge in question.path})
        self._typical = _medians(frame, self._nodes["id"])
        self._tables = {r: _Table(frame, r, len(self._ids)) for r in sorted(relations_of(questions))}
        self.relations = frozenset(frame["relation"].unique())
        self._up = lru_cache(maxsize=None)(lambda node: _reach(node, self._tables[IS_A].objects))
        self._down = lru_cache(maxsize=None)(lambda node: _reach(node, self._tables[IS_A].sayers))
        self._statements = lru_cache(maxsize=KEPT)(self._statements_of)
        self._truth = lru_cache(maxsize=KEPT)(self._truth_of)

    def __contains__(self, node: str) -> bool:
        return node in self._number

    def type(self, node: str) -> str:
        return str(self._nodes["type"][self._number[node]])

    def names(self, node: str) -> tuple[str, ...]:
        """The name and the exact synonyms."""
        return (self.name[node], *self._nodes["aliases"][self._number[node]])

    def genes(self, node: str) -> set[int]:
        """Numbers of the genes that a disease is associated with."""
        return set(self._statements(self._number[node], GENE)[0])

    def above(self, node: str, other: str) -> bool:
        """Whether `node` is `other` or an ancestor of it."""
        return self._number[node] in self._up(self._number[other])

    def completeness(self, subject: str, relation: str) -> float:
        return self._completeness(self._number[subject], relation)

    def truth(self, subject: str, relation: str, object: str) -> Truth:
        """(state, strength, ids of every edge it may rest on) by the rules of presence.

        A denial of the object or an ancestor stands unless something at or below what it denies is asserted.
        """
        return self._truth(self._number[subject], relation, self._number[object])

    def fillings(self, option: str, conditions: Sequence[Condition]) -> Iterator[dict[str, str]]:
        """Every way to put nodes in the places of the masked ones, from the option outwards along positive edges.

        The conditions that join two masked nodes and hold must form a tree; those that must not hold join nothing.
        """
        if any(c.relation == ANSWER for c in conditions):
            yield {ANSWER: option}
            return
        joins = [c for c in conditions if c.holds and is_masked(c.subject) and is_masked(c.object)]
        for filling in self._ways(ANSWER, self._number[option], joins):
            yield {place: self._ids[node] for place, node in filling.items()}

    def _ways(self, place: str, node: int, joins: Sequence[Condition]) -> Iterator[dict[str, int]]:
        """Every filling of `place`, here by `node`, and of what hangs on it."""
        here = next((c for c in joins if place in (c.subject, c.object)), None)
        if here is None:
            yield {place: node}
            return
        further = here.object if here.subject == place else here.subject
        others = [c for c in joins if c is not here]
        for neighbour in self._neighbours(node, here.relation, outwards=here.subject == place):
            for beyond in self._ways(further, neighbour, others):
                # what hangs on the neighbour is done; the rest of the tree hangs on this node
                rest = [c for c in others if not {c.subject, c.object} & beyond.keys()]
                for beside in self._ways(place, node, rest):
                    yield {**beyond, **beside}

    def _neighbours(self, node: int, relation: str, *, outwards: bool) -> list[int]:
        if not outwards:
            return sorted({s for o in self._down(node) for s in self._tables[relation].sayers(o)})
        return sorted({above for o in self._statements(node, relation)[0] for above in self._up(o)})

    def _statements_of(self, subject: int, relation: str) -> tuple[Said, Denied]:
        return self._tables[relation].statements(subject)

    def _completeness(self, subject: int, relation: str) -> float:
        n = len(self._statements(subject, relation)[0])
        return n / (n + self._typical[relation, vocabulary(self._ids[subject])]) if n else 0.0

    def _truth_of(self, subject: int, relation: str, object: int) -> Truth:
        said, denied = self._statements(subject, relation)
        up, down = self._up(object), self._down(object)
        denials = denied.keys() & up
        if standing := [pair for node in denials if self._down(node).isdisjoint(said) for pair in denied[node]]:
            best = min(standing, key=lambda pair: ORDER.index(pair[0]))[0]
            return "absent", best, frozenset(edge for strength, edge in standing if strength is best)
        if denials:
            against = {edge for node in denials for _, edge in denied[node]}
            asserted = {node for denial in denials for node in said.keys() & self._down(denial)}
            return "unknown", None, frozenset(against.union(*(said[node] for node in asserted)))
        if below := said.keys() & down:
            return "present", Strength.ASSERTED, frozenset(edge for node in below for edge in said[node])
        complete = self._completeness(subject, relation)
        if not up.isdisjoint(said) or complete == 0 or complete < self.min_completeness:
            return "unknown", None, frozenset()
        return "absent", Strength.CLOSED_WORLD, frozenset()


class _Table:
    """The rows of one relation, found by subject and, the positive ones, by object."""

    def __init__(self, frame: pl.DataFrame, relation: str, n: int) -> None:
        rows = frame.filter(pl.col("relation") == relation).sort("subject")
        self._edges, self._frequencies = rows["edge_id"], rows["frequency"]
        self._objects = rows["object"].to_numpy()
        self._positive = rows["positive"].to_numpy()
        self._rows_of = _offsets(rows["subject"], n)
        said = rows.filter(pl.col("positive")).select("subject", "object").unique().sort("object", "subject")
        self._sayers = said["subject"].to_numpy()
        self._sayers_of = _offsets(said["object"], n)

    def statements(self, subject: int) -> tuple[Said, Denied]:
        mine = self._mine(subject)
        said: dict[int, list[str]] = defaultdict(list)
        denied: dict[int, list[tuple[Strength, str]]] = defaultdict(list)
        columns = (self._objects[mine].tolist(), self._positive[mine].tolist())
        for object, positive, edge, frequency in zip(*columns, self._edges[mine], self._frequencies[mine], strict=True):
            if positive:
                said[object].append(edge)
            else:
                denied[object].append((_denial(frequency), edge))
        return dict(said), dict(denied)

    def objects(self, subject: int) -> list[int]:
        """Of the positive edges."""
        mine = self._mine(subject)
        return self._objects[mine][self._positive[mine]].tolist()  # type: ignore[no-any-return]

    def sayers(self, object: int) -> list[int]:
        """Subjects of the positive edges."""
        return self._sayers[self._sayers_of[object] : self._sayers_of[object + 1]].tolist()  # type: ignore[no-any-return]

    def _mine(self, subject: int) -> slice:
        return slice(int(self._rows_of[subject]), int(self._rows_of[subject + 1]))


def relations_of(questions: Iterable[Question]) -> set[str]:
    """Every relation that a condition or an option names, and the two that kinship needs."""
    found = {IS_A, GENE}
    for question in questions:
        found |= {c.relation for c in question.conditions}
        if asks_relation(question.conditions):
            found |= set(question.option_ids)
    return found


def asks_relation(conditions: Iterable[Condition]) -> bool:
    """Whether the options are relations rather than nodes."""
    return any(c.relation == ANSWER for c in conditions)


def filled(condition: Condition, filling: Mapping[str, str]) -> tuple[str, str, str]:
    """Subject, relation and object with the masked ones replaced."""
    subject, relation, object = condition.subject, condition.relation, condition.object
    return filling.get(subject, subject), filling.get(relation, relation), filling.get(object, object)


def edge_row(edge: Edge) -> tuple[object, ...]:
    """An edge as `Facts.edges` has it."""
    evidence = (getattr(edge.evidence, name) for name in Evidence.model_fields)
    return (edge.subject, edge.relation, edge.object, edge.positive, *evidence)


@contextmanager
def _readable(file: Path) -> Iterator[Path]:
    try:
        yield file
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput(f"{file}: not a table of a graph ({str(error).splitlines()[0]})") from None


def _rows(file: Path, relations: Iterable[str], ids: pl.Series) -> pl.DataFrame:
    """The edges of some relations, their ends as row numbers of `ids`."""
    number = pl.col("subject", "object").cast(pl.String).cast(pl.Enum(ids)).to_physical()
    columns = ("edge_id", pl.col("relation").cast(pl.String), number, "positive", pl.col("frequency").cast(pl.String))
    asked = pl.col("relation").cast(pl.String).is_in(sorted(relations))
    return pl.scan_parquet(file).filter(asked).select(*columns).collect()


def _in_full(file: Path, edges: Iterable[str]) -> dict[str, tuple[object, ...]]:
    """By id, what the graph has of the given edges, in the order of `edge_row`."""
    frame = pl.scan_parquet(file)
    has = frame.collect_schema().names()  # a column that is empty throughout is left out
    names = ["edge_id", "subject", "relation", "object", "positive", *Evidence.model_fields]
    columns = [pl.col(name) if name in has else pl.lit(None).alias(name) for name in names]
    found = frame.filter(pl.col("edge_id").is_in(sorted(edges))).select(columns).collect()
    return {row[0]: row[1:] for row in found.iter_rows()}


def _medians(frame: pl.DataFrame, ids: pl.Series) -> dict[tuple[str, str], float]:
    """By relation and vocabulary: the median number of distinct objects of a subject that has any."""
    vocabularies = ids.str.extract("^([^:]*)")
    counts = frame.filter(pl.col("positive")).group_by("relation", "subject").agg(pl.col("object").n_unique())
    of_subject = vocabularies.gather(counts["subject"]).alias("vocabulary")
    medians = counts.with_columns(of_subject).group_by("relation", "vocabulary").agg(pl.col("object").median())
    return {(relation, vocabulary): median for relation, vocabulary, median in medians.iter_rows()}


def vocabulary(node: str) -> str:
    """What stands before the colon of an id."""
    return node.partition(":")[0]


def _offsets(ordered: pl.Series, n: int) -> npt.NDArray[np.int64]:
    """Shape (n + 1,): where the rows of each node begin."""
    return np.searchsorted(ordered.to_numpy(), np.arange(n + 1, dtype=np.uint32))


def _reach(start: int, steps: Callable[[int], list[int]]) -> frozenset[int]:
    seen, ahead = {start}, [start]
    while ahead:
        new = set(steps(ahead.pop())) - seen
        seen |= new
        ahead += new
    return frozenset(seen)


def _denial(frequency: str | None) -> Strength:
    if frequency and re.fullmatch(r"0+/\d+", frequency):
        return Strength.ZERO_OF_N
    if frequency and (frequency == "HP:0040285" or re.fullmatch(r"0+(\.0+)?%", frequency)):
        return Strength.EXCLUDED
    return Strength.NEGATED
