"""Weighted draws that end, and one question's parts: its answer's conditions and the distractors to try, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from florey.records import Condition
from florey.synthesis.config import Shape
from florey.synthesis.material import Material, Nodes, pick_unrelated, tempting_order
from florey.synthesis.metapaths import FINDING, Metapath
from florey.synthesis.rendering import listed

MAX_NEIGHBOURS = 40
"""Neighbours, rivals and carriers looked at before a draw is given up."""


class WeightedPool:
    """Draws from a finite pool with the given weights, exactly; members can be retired, so that drawing ends."""

    def __init__(self, members: Nodes, weights: npt.NDArray[np.float64]) -> None:
        self._members = members
        self._weights = weights.astype(np.float64, copy=True)
        self._position = {int(member): i for i, member in enumerate(members)}
        self._sums = np.cumsum(self._weights)
        self.alive = len(members)

    def draw(self, rng: np.random.Generator) -> int:
        """A member, with probability weight / sum of the weights still alive."""
        at = np.searchsorted(self._sums, rng.random() * self._sums[-1], side="right")
        last = np.searchsorted(self._sums, self._sums[-1])  # guards against rounding up to the very sum
        return int(self._members[min(at, last)])

    def retire(self, member: int) -> None:
        self._weights[self._position[member]] = 0
        self._sums = np.cumsum(self._weights)
        self.alive -= 1


@dataclass(frozen=True)
class Draft:
    """A question before its distractors: candidates in the order to try, a required one first if there is any."""

    answer: int
    conditions: tuple[Condition, ...]
    slots: dict[str, str]  # what its stem names
    candidates: list[int]
    degrees: Nodes  # of every node, in the metapath's sense
    required: tuple[int, ...] = ()  # distractors that make the question need its attribute
    kin: tuple[int, ...] = ()  # nodes whose relatives are no distractors either, e.g. the bridge


def by_degree(
    candidates: list[int], degrees: Nodes, answer: int, rng: np.random.Generator
) -> tuple[list[int], list[int]]:
    """The candidates of a lower degree than the answer, and those of a higher one; ties fall to a side by lot."""
    noisy = degrees[candidates] + rng.uniform(-0.5, 0.5, len(candidates))
    is_lower = (noisy < degrees[answer]).tolist()
    fewer = [c for c, low in zip(candidates, is_lower, strict=True) if low]
    return fewer, [c for c, low in zip(candidates, is_lower, strict=True) if not low]


def draft(
    material: Material,
    metapath: Metapath,
    answer: int,
    shape: Shape,
    rng: np.random.Generator,
    *,
    rank: int | None = None,
) -> Draft | str:
    """The parts of one question about `answer`, or why there are none this time. `rank`: how many distractors of a
    lower degree than the answer there should be; None: no matter."""
    if metapath.contrast:
        return _contrast(material, metapath, answer, rng, rank or 0)
    return _evidence(material, metapath, answer, shape, rng)


def _evidence(
    material: Material, metapath: Metapath, answer: int, shape: Shape, rng: np.random.Generator
) -> Draft | str:
    graph = material.graph
    carrier = answer
    if metapath.link:
        carrier = int(rng.choice(material.holders(metapath.link, answer)))
    usable, attribute, rival = material.findings(carrier), None, None
    if metapath.attribute:
        pair = _attribute_and_rival(material, metapath.attribute, carrier, shape.findings, rng)
        if isinstance(pair, str):
            return pair
        attribute, rival = pair
        usable = np.intersect1d(usable, material.presence.closure(rival, FINDING))
    first = None
    if material.explicit:
        denied = [f for f in usable.tolist() if len(material.deniers(f)) >= shape.options - 1]
        if not denied:
            return "no finding that enough diseases deny"
        first = int(rng.choice(denied))
    findings = pick_unrelated(usable, shape.findings, material.kinship, rng, first)
    if len(findings) < shape.findings:
        return "too few usable findings"
    conditions = metapath.evidence([graph.ids[f] for f in findings], graph.ids[attribute] if attribute else None)
    slots = {"findings": listed([graph.names[f] for f in findings])}
    if attribute:
        slots["attribute"] = graph.names[attribute]
    counts = material.counts(findings)
    scores = material.gene_counts(counts) if metapath.link else counts.copy()
    scores[answer] = 0
    pool: Nodes = np.flatnonzero(scores >= min(material.config.min_shared, max(1, shape.findings - 1)))
    if not metapath.attribute and not metapath.link:
        pool = pool[counts[pool] < shape.findings]  # a disease with all the findings satisfies the stem
    if not metapath.link:
        pool = material.of_vocabulary(pool, answer)
        if material.explicit:
            pool = np.intersect1d(pool, np.concatenate([material.deniers(f) for f in findings]))
    candidates = tempting_order(pool, scores[pool], material.config.overlap, rng)
    required = (rival,) if rival is not None else ()
    return Draft(answer, conditions, slots, candidates, material.degrees(metapath), required, (carrier,))


def _attribute_and_rival(
    material: Material, relation: str, carrier: int, findings: int, rng: np.random.Generator
) -> tuple[int, int] | str:
    """An attribute of the carrier, and an unrelated disease that shares enough findings but not the attribute."""
    graph, presence = material.graph, material.presence
    noun = relation.removeprefix("has_")  # "Autosomal dominant inheritance", not "Typified by incomplete penetrance"
    attributes = [a for a in graph.objects(carrier, relation).tolist() if graph.names[a].casefold().endswith(noun)]
    if not attributes:
        return f"no {noun} that a stem can name"
    attribute = int(rng.choice(attributes))
    counts = material.counts(material.findings(carrier).tolist())
    counts[carrier] = 0
    rivals = material.of_vocabulary(np.flatnonzero(counts >= findings), carrier)
    for rival in rng.permutation(rivals)[:MAX_NEIGHBOURS].tolist():
        if presence.support(rival, relation, attribute).state == "absent" and not material.kinship.related(
            rival, carrier
        ):
            return attribute, rival
    return f"no rival that differs in {noun}"


def _contrast(material: Material, metapath: Metapath, answer: int, rng: np.random.Generator, rank: int) -> Draft | str:
    graph, degrees = material.graph, material.degrees(metapath)
    carriers = rng.permutation(material.holders(FINDING, answer))[:MAX_NEIGHBOURS]
    disease = next((d for d in carriers.tolist() if answer in material.findings(d)), None)
    if disease is None:
        return "no disease has the finding often enough"
    best: Draft | None = None
    for neighbour in _neighbours(material, disease, answer, rng):
        conditions = metapath.contrasted(graph.ids[disease], graph.ids[neighbour])
        slots = {"disease": graph.names[disease], "neighbour": graph.names[neighbour]}
        candidates = _contrasting(material, disease, neighbour, rng)
        found = Draft(answer, conditions, slots, candidates, degrees)
        if len(by_degree(candidates, degrees, answer, rng)[0]) >= rank:
            return found
        best = best or found
    return best or "no neighbour that lacks the finding"


def _neighbours(material: Material, disease: int, answer: int, rng: np.random.Generator) -> Iterator[int]:
    """Unrelated diseases that share findings with `disease` and definitely lack the answer, the closest tending to
    come first."""
    counts = material.counts(material.findings(disease).tolist())
    counts[disease] = 0
    close = material.of_vocabulary(np.flatnonzero(counts >= max(2, material.config.min_shared)), disease)
    if material.explicit:
        close = np.intersect1d(close, material.deniers(answer))
    for neighbour in tempting_order(close, counts[close] / 2, material.config.overlap, rng)[:MAX_NEIGHBOURS]:
        lacks_it = material.presence.support(neighbour, FINDING, answer).state == "absent"
        if lacks_it and not material.kinship.related(disease, neighbour):
            yield neighbour


def _contrasting(material: Material, disease: int, neighbour: int, rng: np.random.Generator) -> list[int]:
    """Findings of both diseases, and of the neighbour only: the former, which satisfy more, tend to come first."""
    presence = material.presence
    both = np.intersect1d(material.findings(disease), presence.closure(neighbour, FINDING))
    theirs = np.setdiff1d(material.findings(neighbour), presence.closure(disease, FINDING))
    scores = [2.0] * len(both) + [0.0] * len(theirs)
    return tempting_order(np.concatenate([both, theirs]), scores, material.config.overlap, rng)
