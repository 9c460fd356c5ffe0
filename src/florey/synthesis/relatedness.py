"""Kinship: which nodes are too close to stand among the options of one question.

A distractor that is the answer under another name, or its numbered neighbour in a series, makes a question unfair
however sound its certificate: the graph may simply annotate one of the two less well.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from florey.graph.store import Graph
from florey.synthesis.metapaths import GENE
from florey.synthesis.names import family, hints_at, same_family, words


class Kinship:
    """Answers `related(a, b)` for node indices of one graph; remembers names, genes and ancestors."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.family = lru_cache(maxsize=None)(lambda node: family(graph.names[node]))
        self.genes = lru_cache(maxsize=None)(lambda disease: frozenset(graph.objects(disease, GENE).tolist()))
        self.diseases = lru_cache(maxsize=None)(lambda gene: frozenset(graph.subjects(gene, GENE).tolist()))
        self.ancestors = lru_cache(maxsize=None)(lambda term: frozenset(graph.ancestors(term).tolist()))
        self.labels = lru_cache(maxsize=None)(
            lambda node: frozenset(words(name) for name in (graph.names[node], *graph.aliases[node]))
        )

    def related(self, left: int, right: int) -> bool:
        """The same thing, or too close to it: diseases by name or gene, genes by disease, terms by ancestry."""
        if left == right or not self.labels(left).isdisjoint(self.labels(right)):
            return True
        kind = self.graph.types[left]
        if kind != self.graph.types[right]:
            return False
        if kind == "disease":
            return self.one_gene(left, right) or same_family(self.family(left), self.family(right))
        if kind == "gene":
            return self._genes_related(left, right)
        return left in self.ancestors(right) or right in self.ancestors(left)

    def one_gene(self, left: int, right: int) -> bool:
        """True where two diseases share a causal gene."""
        return not self.genes(left).isdisjoint(self.genes(right))

    def _genes_related(self, left: int, right: int) -> bool:
        """Genes of one disease, or of two diseases whose names are of one family."""
        mine, theirs = self.diseases(left), self.diseases(right)
        if not mine.isdisjoint(theirs):
            return True
        return any(same_family(self.family(a), self.family(b)) for a in mine for b in theirs)

    def related_to_any(self, node: int, others: Iterable[int]) -> bool:
        return any(self.related(node, other) for other in others)

    def names_it(self, finding: int, node: int) -> bool:
        """True where a node's name gives the finding away ("Ataxia" for "Friedreich ataxia")."""
        return hints_at(self.family(finding), self.family(node))
