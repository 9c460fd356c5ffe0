"""Kinship: which nodes are too close to stand among the options of one question, and which names hint at others.

A distractor that is the answer under another name, or its numbered neighbour in a series, makes a question unfair
however sound its certificate: the graph may simply annotate one of the two less well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Ints
from florey.graph.model import IS_A
from florey.graph.sampling.compiled import bare_kernel
from florey.graph.store import Graph
from florey.synthesis.kernels.relations import Longs, within
from florey.synthesis.metapaths import GENE
from florey.synthesis.names import family, hint_keys, words

OTHER, DISEASE, GENES, DRUG = 0, 1, 2, 3
SHARED_WORDS = 0.6
"""Jaccard share of the significant words from which two names count as one family."""


class Kin(NamedTuple):
    """By node, as sorted rows: exact names, words, significant ones, what hints at it, genes or diseases, ancestors."""

    kind: npt.NDArray[np.int8]
    types: npt.NDArray[np.int16]
    labels_at: Longs
    labels: Ints
    words_at: Longs  # all words of the name
    words: Ints
    family_at: Longs
    family: Ints
    hints_at: Longs
    hints: Ints
    linked_at: Longs  # genes of a disease, diseases of a gene
    linked: Ints
    up_at: Longs
    up: Ints


def kin_of(graph: Graph, nodes: Iterable[int]) -> Kin:
    """Names are read of `nodes` only: others are kin of nobody by name."""
    labels: list[Iterable[object]] = [()] * len(graph)
    families, hints, every = labels.copy(), labels.copy(), labels.copy()
    for node in nodes:
        name = graph.names[node]
        labels[node] = {words(each): None for each in (name, *graph.aliases[node])}
        every[node] = sorted(set(words(name)))
        families[node] = sorted(family(name))
        hints[node] = sorted(hint_keys(name))
    genes, diseases, up = graph.table(GENE, "objects"), graph.table(GENE, "subjects"), graph.table(IS_A, "closure")
    types = sorted(set(graph.types))
    kinds = {"disease": DISEASE, "gene": GENES, "drug": DRUG}
    return Kin(
        np.array([kinds.get(each, OTHER) for each in graph.types], np.int8),
        np.searchsorted(np.array(types), np.array(graph.types)).astype(np.int16),
        *numbered(labels),
        *numbered(every),
        *numbered(families),
        *numbered(hints),
        genes.indptr + diseases.indptr,
        _interleaved(genes.indptr, genes.indices, diseases.indptr, diseases.indices),
        np.array(up.indptr),
        np.array(up.indices),
    )


def numbered(rows: Iterable[Iterable[object]]) -> tuple[Longs, Ints]:
    """Each row's things as sorted numbers, equal for equal things: where the rows begin, and the numbers."""
    codes: dict[object, int] = {}
    at, flat = [0], []
    for row in rows:
        flat += sorted([codes.setdefault(each, len(codes)) for each in row])
        at.append(len(flat))
    return np.array(at, np.int64), np.array(flat, np.int32)


def _interleaved(one_at: Longs, one: Ints, other_at: Longs, other: Ints) -> Ints:
    """Row by row the first table's entries and then the second's; a node has entries in one of them only."""
    rows = np.concatenate([np.repeat(np.arange(len(at) - 1), np.diff(at)) for at in (one_at, other_at)])
    return np.concatenate([one, other])[np.argsort(rows, kind="stable")]


@bare_kernel
def shared(indices: Ints, start: int, stop: int, other_start: int, other_stop: int) -> int:
    """How many entries two sorted rows have in common."""
    found = 0
    while start < stop and other_start < other_stop:
        if indices[start] < indices[other_start]:
            start += 1
        elif indices[start] > indices[other_start]:
            other_start += 1
        else:
            found += 1
            start += 1
            other_start += 1
    return found


@bare_kernel
def one_family(at: Longs, words: Ints, left: int, right: int) -> bool:
    """Whether one name's significant words contain the other's, or most are shared."""
    mine, theirs = at[left + 1] - at[left], at[right + 1] - at[right]
    if not mine or not theirs:
        return False
    common = shared(words, at[left], at[left + 1], at[right], at[right + 1])
    return common in (mine, theirs) or common >= SHARED_WORDS * (mine + theirs - common)


@bare_kernel
def _one_link(kin: Kin, left: int, right: int) -> bool:
    """Whether two diseases share a gene, or two genes a disease."""
    start, other = kin.linked_at[left], kin.linked_at[right]
    return shared(kin.linked, start, kin.linked_at[left + 1], other, kin.linked_at[right + 1]) > 0


@bare_kernel
def related(kin: Kin, left: int, right: int) -> bool:
    """The same thing, or too close to it: by name, by gene, by the family of names, by ancestry."""
    if left == right:
        return True
    start, other = kin.labels_at[left], kin.labels_at[right]
    if shared(kin.labels, start, kin.labels_at[left + 1], other, kin.labels_at[right + 1]):
        return True
    if kin.types[left] != kin.types[right]:
        return False
    if within(kin.up, kin.up_at[left], kin.up_at[left + 1], right):
        return True
    if within(kin.up, kin.up_at[right], kin.up_at[right + 1], left):
        return True
    kind = kin.kind[left]
    if kind == DISEASE:
        return _one_link(kin, left, right) or one_family(kin.family_at, kin.family, left, right)
    if kind == DRUG:
        return one_family(kin.family_at, kin.family, left, right)
    if kind == GENES:
        if _one_link(kin, left, right):
            return True
        for i in range(kin.linked_at[left], kin.linked_at[left + 1]):
            for j in range(kin.linked_at[right], kin.linked_at[right + 1]):
                if one_family(kin.family_at, kin.family, kin.linked[i], kin.linked[j]):
                    return True
    return False


@bare_kernel
def belongs(kin: Kin, option: int, disease: int) -> bool:
    """Whether an option is too close to a disease of the pattern: kin of it, or the gene of a disease that is."""
    if kin.kind[disease] != DISEASE:
        return False
    if kin.kind[option] == GENES:
        for i in range(kin.linked_at[option], kin.linked_at[option + 1]):
            if related(kin, kin.linked[i], disease):
                return True
        return False
    return kin.kind[option] == DISEASE and related(kin, option, disease)


@bare_kernel
def hints(kin: Kin, left: int, right: int) -> bool:
    """Whether one name hints at the other: they share a significant word, or two such words begin alike."""
    start, other = kin.hints_at[left], kin.hints_at[right]
    return shared(kin.hints, start, kin.hints_at[left + 1], other, kin.hints_at[right + 1]) > 0
