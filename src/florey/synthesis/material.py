"""What questions may be made of: the diseases, findings and candidates that graph, configuration and focus allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from florey.graph.presence import Presence
from florey.records import Strength
from florey.synthesis.config import SynthesisConfig
from florey.synthesis.metapaths import FINDING, GENE, Metapath
from florey.synthesis.relatedness import Kinship

Nodes = npt.NDArray[np.integer]

HEADING = "Abnormality of"
"""Terms so named are chapters of the ontology rather than findings that anyone would record."""


def pick_unrelated(
    nodes: Nodes, count: int, kinship: Kinship, rng: np.random.Generator, first: int | None = None
) -> list[int]:
    """Up to `count` nodes in random order, none of them the ancestor of another; `first` is among them if given."""
    picked = [] if first is None else [first]
    for node in rng.permutation(nodes).tolist():
        if len(picked) == count:
            break
        if not kinship.related_to_any(node, picked):
            picked.append(node)
    return picked


@dataclass(frozen=True)
class Focus:
    """A small world: sorted node indices."""

    diseases: tuple[int, ...]
    findings: tuple[int, ...]
    unknown_share: float  # share of (disease, finding) pairs that are neither present nor absent


class Material:
    """One graph under one configuration. With a focus, diseases and findings come only from it."""

    def __init__(self, presence: Presence, config: SynthesisConfig, focus: Focus | None) -> None:
        self.presence, self.graph = presence, presence.graph
        self.kinship = Kinship(self.graph)
        self.config, self.focus = config, focus
        self.explicit = config.min_strength is not Strength.CLOSED_WORLD  # exclusions must rest on statements
        size = len(self.graph)
        self.allowed = np.zeros(size, bool)  # diseases that may carry evidence or be an option
        self.allowed[self.graph.of_type("disease") if focus is None else list(focus.diseases)] = True
        self.vocabulary = np.unique(np.array(self.graph.vocabularies), return_inverse=True)[1]
        self.findings = lru_cache(maxsize=None)(self._findings)
        self._gene_pairs = self._pairs(GENE)
        edges = pl.read_parquet(self.graph.folder / "edges.parquet", columns=["frequency_low"])
        self._frequency = edges["frequency_low"].to_numpy()  # by row; NaN where unknown
        self._negatives = self.graph.negatives(FINDING)
        self._deniers: dict[int, set[int]] = defaultdict(set)
        for disease, rows in self._negatives.items():
            for row in rows:
                self._deniers[self.graph.object_of(row)].add(disease)

    def _pairs(self, relation: str) -> tuple[Nodes, Nodes]:
        """The positive (subject, object) pairs of a relation, subjects allowed only."""
        table = self.graph.table(relation, "objects")
        subjects = np.repeat(np.arange(table.n), table.lengths())
        keep = self.allowed[subjects]
        return subjects[keep], table.indices[keep]

    def _findings(self, disease: int) -> Nodes:
        """Findings that a stem may name for the disease: present, frequent enough, specific, not given away."""
        if self.focus is not None:
            source = np.intersect1d(self.presence.closure(disease, FINDING), self.focus.findings)
        else:
            source = self.graph.objects(disease, FINDING)
        source = np.setdiff1d(source, self._rare(disease))
        return np.array([f for f in source.tolist() if self._fit_to_name(disease, f)], dtype=np.int64)

    def _fit_to_name(self, disease: int, finding: int) -> bool:
        if self.graph.names[finding].startswith(HEADING) or self.kinship.names_it(finding, disease):
            return False
        denied = disease in self._negatives  # only then can an assertion be contradicted
        return not denied or self.presence.support(disease, FINDING, finding).state == "present"

    def _rare(self, disease: int) -> Nodes:
        """Findings whose share of patients is known, and below the floor in every statement that gives one."""
        rows = self.graph.rows(disease, FINDING)
        known = slice(rows.start, rows.stop)
        objects, low = self.graph.edge_keys[known] % len(self.graph), self._frequency[known]
        positive = self.graph.edge_strengths[known] == 0
        below = objects[positive & (low < self.config.min_frequency)]  # NaN, unknown, is not below
        enough = objects[positive & (low >= self.config.min_frequency)]
        return np.setdiff1d(below, enough)

    def deniers(self, finding: int) -> Nodes:
        """Allowed diseases with a negative statement about the finding or an ancestor of it."""
        found = {d for node in (finding, *self.kinship.ancestors(finding)) for d in self._deniers.get(node, ())}
        return np.array(sorted(d for d in found if self.allowed[d]), dtype=np.int64)

    def holders(self, relation: str, object: int) -> Nodes:
        """Allowed diseases for which (relation, object) is asserted."""
        found: Nodes = self.presence.satisfied_by(relation, object)
        return found[self.allowed[found]]

    def counts(self, findings: Iterable[int]) -> npt.NDArray[np.int64]:
        """For every node, how many of the findings it is asserted to have; 0 where it is not an allowed disease."""
        held = [self.holders(FINDING, finding) for finding in findings]
        return np.bincount(np.concatenate(held) if held else [], minlength=len(self.graph))

    def gene_counts(self, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The same for genes: the highest count among the diseases of each."""
        diseases, genes = self._gene_pairs
        best: npt.NDArray[np.int64] = np.zeros_like(counts)
        np.maximum.at(best, genes, counts[diseases])
        return best

    def of_vocabulary(self, nodes: Nodes, like: int) -> Nodes:
        same: Nodes = nodes[self.vocabulary[nodes] == self.vocabulary[like]]
        return same

    def degrees(self, metapath: Metapath) -> npt.NDArray[np.int64]:
        """Of every node: how many others the metapath's relation joins to it on the answer's side."""
        table = "objects" if metapath.answer == "disease" else "subjects"
        return self.graph.table(metapath.degree_relation, table).lengths()

    def answers(self, metapath: Metapath) -> tuple[Nodes, npt.NDArray[np.int64]]:
        """The nodes that may be the answer, and their degrees (at least 1)."""
        nodes: Nodes = self.graph.of_type(metapath.answer)
        degrees = self.degrees(metapath)[nodes]
        keep = degrees > 0
        if metapath.answer == "disease":
            keep &= self.allowed[nodes]
        elif metapath.answer == "gene":
            keep &= np.isin(nodes, self._gene_pairs[1])
        elif self.focus is not None:
            keep &= np.isin(nodes, self.focus.findings)
        if metapath.attribute:
            keep &= self.graph.table(metapath.attribute, "objects").lengths()[nodes] > 0
        return nodes[keep], degrees[keep]


def tempting_order(
    nodes: Nodes, scores: Sequence[float] | npt.NDArray[np.number], overlap: float, rng: np.random.Generator
) -> list[int]:
    """The nodes in the order in which to try them as distractors: sampled without replacement (Gumbel keys) with
    weight exp(strength * score), where the strength runs from 0 (`overlap` 0: evenly) to infinity (1: best first)."""
    noise = rng.gumbel(size=len(nodes))
    scores = np.asarray(scores, dtype=np.float64)
    if overlap == 1:
        order = np.lexsort((noise, scores))[::-1]
    else:
        order = np.argsort(noise + 2 * overlap / (1 - overlap) * scores)[::-1]
    return [int(node) for node in nodes[order]]
