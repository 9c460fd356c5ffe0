"""Reviewing a graph by hand: which edges to judge, and the judgements, kept beside the graph.

Edges are drawn within strata, one a source and relation: in each stratum they are ranked by a hash of the seed and
their id, and the strata take turns. So a sample stopped early, made longer or limited to one relation is an even draw
from each stratum, and an edge that an update leaves alone stays where it was.
"""

from __future__ import annotations

import heapq
import json
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import zip_longest
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote

import polars as pl
from pydantic import BaseModel, ValidationError

from florey.errors import BadInput, nearest
from florey.files import read_jsonl
from florey.graph.store import Graph
from florey.records import Edge, Record

Word = Literal["right", "wrong", "unsure"]
WORDS: tuple[Word, ...] = ("right", "wrong", "unsure")
FOLDER = "reviews"
"""Inside the graph's folder. Not among the files that its digest covers, and left alone when it is built again."""


class Stratum(NamedTuple):
    source: str
    relation: str


class Judgement(Record):
    """One line of a review. The last word on an edge counts; a null verdict takes it back."""

    edge: str
    verdict: Word | None
    by: str
    graph: str  # digest of the graph in which the edge was looked at


class Answer(BaseModel):
    """A line of a file of judgements made elsewhere: what `sample_line` writes, with its verdict filled in."""

    edge: str
    verdict: Word | None = None


def strata(graph: Graph, relations: Collection[str] = (), sources: Collection[str] = ()) -> dict[Stratum, list[int]]:
    """Rows of edges.parquet by source and relation, sorted; only the relations and sources named, or all.

    Raises BadInput for a relation or source that the graph has no edge of.
    """
    columns = pl.read_parquet(graph.file("edges.parquet"), columns=["source", "relation"])
    columns = columns.with_columns(pl.all().cast(pl.String))
    for kind, wanted in (("relation", relations), ("source", sources)):
        known = columns[kind].unique().sort().to_list()
        for name in wanted:
            if name not in known:
                raise BadInput(f"no edge of {kind} '{name}' in {graph.folder}{nearest(name, known)}")
    rows = columns.with_row_index("row").filter(
        pl.col("relation").is_in(list(relations)) | pl.lit(not relations),
        pl.col("source").is_in(list(sources)) | pl.lit(not sources),
    )
    groups = rows.group_by("source", "relation").agg("row").sort("source", "relation")
    return {Stratum(source, relation): numbers for source, relation, numbers in groups.iter_rows()}


def draw(graph: Graph, groups: Mapping[Stratum, list[int]], count: int, seed: int) -> list[Edge]:
    """At most `count` edges, the strata taking turns; with a larger count the same edges come first."""

    def rank(row: int) -> bytes:
        return blake2b(graph.edge_ids[row], digest_size=8, salt=seed.to_bytes(16)).digest()

    # no stratum is asked for more than the sample holds, so a few of each are enough
    turns = [heapq.nsmallest(count, rows, key=rank) for rows in groups.values()]
    chosen = [row for turn in zip_longest(*turns) for row in turn if row is not None]
    return [graph.edge_at(row) for row in chosen[:count]]


def sample_line(graph: Graph, edge: Edge, verdict: str | None = None) -> str:
    """An edge as a line of JSON to judge elsewhere: fill in `verdict` and read it back as an `Answer`."""

    def end(node_id: str) -> dict[str, str]:
        node = graph.index(node_id)
        return {"id": node_id, "name": graph.names[node], "type": graph.types[node]}

    line = {
        "edge": edge.id,
        "verdict": verdict,
        "subject": end(edge.subject),
        "relation": edge.relation,
        "object": end(edge.object),
        "positive": edge.positive,
        "evidence": edge.evidence.model_dump(exclude_none=True),
    }
    return json.dumps(line, ensure_ascii=False)


class Reviews:
    """All judgements of a graph, one file a reviewer; each is on the disk before the next edge is shown."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.folder = graph.folder / FOLDER

    def reviewers(self) -> list[str]:
        """Names of those who have judged anything, sorted."""
        return sorted({line.by for path in sorted(self.folder.glob("*.jsonl")) for line in _lines(path)})

    def verdicts(self, by: str) -> dict[str, Word]:
        """The last word of a reviewer on each edge, by edge id, in the order in which they were given."""
        path = self._path(by)
        found: dict[str, Word] = {}
        for line in _lines(path) if path.is_file() else ():
            found.pop(line.edge, None)
            if line.verdict is not None:
                found[line.edge] = line.verdict
        return found

    def add(self, by: str, answers: Iterable[tuple[str, Word | None]]) -> int:
        """Append (edge id, verdict or None to take it back); returns how many. Raises BadInput for an unknown edge."""
        lines = []
        for edge, verdict in answers:
            self.graph.edge(edge)
            lines.append(Judgement(edge=edge, verdict=verdict, by=by, graph=self.graph.digest).model_dump_json())
        path = self._path(by)
        self.folder.mkdir(exist_ok=True)
        with path.open("ab") as out:
            out.truncate(_whole_lines(path))  # what a killed process may have left half-written
            out.write("".join(f"{line}\n" for line in lines).encode())
            out.flush()
            os.fsync(out.fileno())
        return len(lines)

    def _path(self, by: str) -> Path:
        if not by.strip() or len(by) > 60:
            raise BadInput(f"--by: expected a reviewer's name of 1 to 60 characters, got '{by}'")
        return self.folder / f"{quote(by, safe=' ')}.jsonl"


def read_answers(path: Path, graph: Graph) -> list[tuple[str, Word]]:
    """(edge id, verdict) of a file made from `sample_line`s; lines without a verdict are left out.

    Raises BadInput naming the line for what is no answer or an edge that the graph does not have.
    """
    found = []
    for number, answer in enumerate(read_jsonl(path, Answer), 1):
        try:
            graph.edge(answer.edge)
        except BadInput as error:
            raise BadInput(f"{path}, line {number}: {error}") from None
        if answer.verdict is not None:
            found.append((answer.edge, answer.verdict))
    return found


def by_stratum(graph: Graph, verdicts: Mapping[str, Word]) -> dict[Stratum, list[Word]]:
    """The verdicts on edges that the graph still has."""
    found: dict[Stratum, list[Word]] = defaultdict(list)
    for edge_id, verdict in verdicts.items():
        try:
            edge = graph.edge(edge_id)
        except BadInput:  # judged before an update that dropped it
            continue
        found[Stratum(edge.evidence.source, edge.relation)].append(verdict)
    return dict(found)


def _whole_lines(path: Path) -> int:
    """How many bytes of a file end in a line break."""
    return path.read_bytes().rfind(b"\n") + 1


def _lines(path: Path) -> Iterator[Judgement]:
    whole = path.read_bytes()[: _whole_lines(path)]
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            yield Judgement.model_validate_json(line)
        except ValidationError as error:
            raise BadInput(f"{path}, line {number}: expected a judgement ({error.errors()[0]['msg']})") from None
