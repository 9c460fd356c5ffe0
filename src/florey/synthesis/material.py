"""What questions may be made of: the nodes and arcs that graph, configuration and focus allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from florey.graph.csr import Csr
from florey.graph.model import IS_A, RELATIONS, relation_number
from florey.graph.presence import Presence
from florey.graph.sampling.compiled import kernel
from florey.graph.writer import edge_key
from florey.records import Strength
from florey.synthesis.config import SynthesisConfig
from florey.synthesis.kernels.kin import Kin, hints
from florey.synthesis.metapaths import FINDING, Kind, Variable, kinds
from florey.synthesis.relatedness import Kinship

Nodes = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

HEADING = "Abnormality of"
"""Terms so named are chapters of the ontology rather than findings that anyone would record."""
_NOUNS = ("inheritance", "onset")  # "Autosomal dominant inheritance", not "Typified by incomplete penetrance"


@dataclass(frozen=True)
class Focus:
    """A small world: sorted node indices."""

    diseases: tuple[int, ...]
    findings: tuple[int, ...]
    unknown_share: float  # share of (disease, finding) pairs that are neither present nor absent


class Material:
    """One graph under one configuration. With a focus, diseases and findings come only from it."""

    def __init__(
        self,
        presence: Presence,
        config: SynthesisConfig,
        focus: Focus | None,
        *,
        kinship: Kinship | None = None,
        region: Nodes | None = None,
    ) -> None:
        """`region`: the nodes that answers must be of; None: any."""
        self.presence, self.graph = presence, presence.graph
        self.kinship = kinship or Kinship(self.graph)
        self.config, self.focus = config, focus
        self.explicit = config.min_strength is not Strength.CLOSED_WORLD  # exclusions must rest on statements
        self.vocabulary = np.unique(np.array(self.graph.vocabularies), return_inverse=True)[1].astype(np.int64)
        self.findings = lru_cache(maxsize=None)(self._findings)
        self._region = region

    @cached_property
    def usable(self) -> Flags:
        """Nodes that may come into a question at all."""
        graph, names = self.graph, self.graph.names
        found = np.ones(len(graph), bool)
        for kind, allowed in (("disease", "diseases"), ("finding", "findings")):
            if self.focus is not None:
                found[graph.of_type(kind)] = False
                found[list(getattr(self.focus, allowed))] = True
        for node in graph.of_type("finding").tolist():
            found[node] &= not names[node].startswith(HEADING)
        for noun in _NOUNS:
            for node in graph.of_type(noun).tolist():
                found[node] = names[node].casefold().endswith(noun)
        return found

    @cached_property
    def degrees(self) -> npt.NDArray[np.int64]:
        """Of every node: how many others any relation but is_a joins to it, in either direction."""
        tables = [
            self.graph.table(name, side) for name in RELATIONS if name != IS_A for side in ("objects", "subjects")
        ]
        total: npt.NDArray[np.int64] = np.sum([table.lengths() for table in tables], axis=0)
        return total

    def of_types(self, types: Sequence[str]) -> Flags:
        found = np.zeros(len(self.graph), bool)
        for each in types:
            found[self.graph.of_type(each)] = True
        return found & self.usable

    def options(self, kind: Kind) -> Flags:
        """Nodes that may be an option."""
        return self.of_types(kind.nodes[kind.asked])

    def answers(self, kind: Kind) -> Flags:
        """Nodes that may be the answer."""
        return self.in_region(self.options(kind))

    def in_region(self, nodes: Flags) -> Flags:
        """Those of the nodes that answers may be of."""
        if self._region is None:
            return nodes
        inside = np.zeros_like(nodes)
        inside[self._region] = True
        return nodes & inside

    def arcs(self, kind: Kind, variable: Variable) -> Csr:
        """From the nodes of the parent variable to those of this one: what may be drawn."""
        assert variable.link is not None
        up, link = kind.tree[variable.parent], variable.link
        outwards = link.object == variable.name  # the parent is the subject
        table = self._table(link.relation, outwards)
        rows = np.repeat(np.arange(table.n), table.lengths())
        keep = self.of_types(up.types)[rows] & self.of_types(variable.types)[table.indices]
        if link.relation == FINDING:
            subjects, objects = (rows, table.indices) if outwards else (table.indices, rows)
            keep &= ~np.isin(subjects.astype(np.int64) * table.n + objects, self._rare)
        if variable.told and (up.parent < 0 or up.name in kind.hidden):
            keep &= ~_hinting(self.kinship.arrays, rows, table.indices)
        return Csr.from_pairs(rows[keep], table.indices[keep], table.n)

    def _table(self, relation: str, outwards: bool) -> Csr:
        """With a focus a finding stands for all that is below it: there may be few that are annotated themselves."""
        if self.focus is None or relation != FINDING:
            return self.graph.table(relation, "objects" if outwards else "subjects")
        return self.graph.table(relation, "closure" if outwards else "satisfied_by")

    @cached_property
    def _rare(self) -> npt.NDArray[np.int64]:
        """Keys (subject * n + object) of findings whose share of patients is known, and below the floor in every
        statement that gives one."""
        n, number = len(self.graph), relation_number(FINDING)
        start, stop = self.graph.edge_keys.searchsorted([edge_key(number, 0, 0, n), edge_key(number + 1, 0, 0, n)])
        low = pl.read_parquet(self.graph.folder / "edges.parquet", columns=["frequency_low"])["frequency_low"]
        shares = low[int(start) : int(stop)].to_numpy()  # NaN, unknown, is on neither side
        keys = self.graph.edge_keys[start:stop] - edge_key(number, 0, 0, n)
        positive = self.graph.edge_strengths[start:stop] == 0
        below = keys[positive & (shares < self.config.min_frequency)]
        return np.setdiff1d(below, keys[positive & (shares >= self.config.min_frequency)])

    @cached_property
    def _finding_arcs(self) -> Csr:
        kind = kinds()["findings_to_disease"]
        return self.arcs(kind, kind.tree[1])

    def _findings(self, disease: int) -> Nodes:
        """Findings that a stem may name for the disease: present, frequent enough, specific, not given away."""
        found = self._finding_arcs.row(disease)
        support = self.presence.support
        return np.array([f for f in found.tolist() if support(disease, FINDING, f).state == "present"], np.int64)

    def denied_by(self, relation: str) -> npt.NDArray[np.int64]:
        """Of every node: how many subjects deny it or an ancestor of it."""
        found = np.zeros(len(self.graph), np.int64)
        for subject, rows in self.graph.negatives(relation).items():
            if self.usable[subject]:
                for row in rows:
                    object = self.graph.object_of(row)
                    found[object] += 1
                    found[self.graph.descendants(object)] += 1
        return found


@kernel
def _hinting(kin: Kin, left: Nodes, right: Nodes) -> Flags:
    found = np.empty(len(left), np.bool_)
    for i in range(len(left)):
        found[i] = hints(kin, left[i], right[i])
    return found
