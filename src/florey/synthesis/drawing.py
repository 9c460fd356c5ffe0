"""A kind of question over one graph, ready to draw from: instances drawn exactly, candidates found by kernels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from florey.files import digest
from florey.graph.csr import Ints
from florey.graph.sampling.compiled import in_chunks
from florey.graph.sampling.tree import Branch, TreeSampler
from florey.synthesis.kernels import candidates
from florey.synthesis.kernels.pattern import Limits, Pattern, scratch
from florey.synthesis.kernels.relations import stack
from florey.synthesis.material import Material
from florey.synthesis.metapaths import Kind, Variable

SHORTLIST = 24
"""Candidates from which the distractors of a question are chosen."""


@dataclass(frozen=True)
class Drawn:
    """One instance of a pattern with its options: node indices. `failure`: why there are none."""

    nodes: Mapping[str, tuple[int, ...]]  # by variable, without dropped branches
    distractors: tuple[int, ...]
    failure: str = ""


class Drawing:
    """Draws instances of one kind with so many clues, and the distractors for them."""

    def __init__(self, material: Material, kind: Kind, clues: int) -> None:
        self.material, self.kind = material, kind
        self._clues = clues
        tree = kind.tree
        self._unlike = next((v.name for v in tree if v.link and not v.link.holds), None)
        self._relations = tuple(dict.fromkeys(v.link.relation for v in tree if v.link))
        if kind.similar and kind.similar[2] not in self._relations:
            self._relations += (kind.similar[2],)
        self.stacked = stack(material.presence, self._relations)
        drawn = [v for v in tree[1:] if v.name != self._unlike and self._times(v)]
        places = {tree[0].name: 0, **{v.name: i for i, v in enumerate(drawn, 1)}}
        self._sampler = TreeSampler(
            len(material.graph),
            [
                Branch(places[tree[v.parent].name], material.arcs(kind, v), self._weights(v), self._times(v))
                for v in drawn
            ],
        )
        possible = all(len(material.graph.table(name, "objects").indices) for name in self._relations)
        self.completions = self._sampler.completions * material.answers(kind) * possible
        self._places = places
        self._width = self._sampler.columns[-1].stop
        self.pattern = self._pattern()

    def _times(self, variable: Variable) -> int:
        """How many nodes are drawn for a variable: none where a dropped branch ends."""
        if variable.leaf and not variable.told and variable.parent >= 0:
            return 0
        return self._clues if variable.link and variable.link.several else 1

    def _weights(self, variable: Variable) -> npt.NDArray[np.float64] | None:
        """Common clues where others must share them; denied ones where options must be excluded by a statement."""
        assert variable.link is not None
        if not variable.leaf:
            return None
        graph, relation = self.material.graph, variable.link.relation
        if self.material.explicit and variable.link.object == variable.name:
            return self.material.denied_by(relation).astype(np.float64) + 1e-3
        if variable.name in self.kind.common:
            table = "satisfied_by" if variable.link.object == variable.name else "closure"
            return graph.table(relation, table).lengths().astype(np.float64)
        return None

    def columns(self, name: str) -> slice:
        """Where a draw has the nodes of a variable; the negative leaf that the kernel draws comes last."""
        if name == self._unlike:
            return slice(self._width, self._width + 1)
        return self._sampler.columns[self._places[name]] if name in self._places else slice(0, 0)

    def _pattern(self) -> Pattern:
        tree, kind = self.kind.tree, self.kind
        links = [v.link for v in tree]
        number = {name: i for i, name in enumerate(self._relations)}
        place = {v.name: i for i, v in enumerate(tree)}
        columns = [self.columns(v.name) for v in tree]
        return Pattern(
            parent=np.array([v.parent for v in tree], np.int64),
            relation=np.array([number[link.relation] if link else 0 for link in links], np.int64),
            is_object=np.array(
                [link is not None and link.object == v.name for v, link in zip(tree, links, strict=True)]
            ),
            holds=np.array([link is None or link.holds for link in links]),
            leaf=np.array([v.leaf for v in tree]),
            told=np.array([v.told for v in tree]),
            hidden=np.array([v.name in kind.hidden for v in tree]),
            required=np.array([v.required for v in tree]),
            column=np.array([each.start for each in columns], np.int64),
            times=np.array([each.stop - each.start for each in columns], np.int64),
            decisive=place[kind.decisive] if kind.decisive else -1,
            like=place[kind.similar[0]] if kind.similar else -1,
            unlike=place[self._unlike] if self._unlike else -1,
            like_relation=number[kind.similar[2]] if kind.similar else 0,
        )

    def limits(self, owed: npt.NDArray[np.int64]) -> Limits:
        config = self.material.config
        return Limits(
            option=self.material.options(self.kind),
            neighbour=self.material.usable,
            vocabulary=self.material.vocabulary,
            bonus=np.where(owed > 0, BONUS, 0).astype(np.float32)
            if config.balanced
            else np.zeros(len(owed), np.float32),
            min_shared=config.min_shared,
            temptation=2 * config.overlap / (1 - config.overlap) if config.overlap < 1 else 1e6,
            weakest=config.min_strength.rank,
            allow_unknown=config.allow_unknown,
        )

    def instances(self, roots: npt.NDArray[np.integer], seed: int, threads: int) -> Ints:
        """One draw a root, shape (roots, columns); a row begins with -1 where there is none."""
        drawn = self._sampler.complete(roots, seed, threads)
        if self._unlike is None:
            return drawn
        return np.concatenate([drawn, np.full((len(drawn), 1), -1, np.int32)], axis=1)

    def shortlists(
        self, draws: Ints, fewest: int, size: int, limits: Limits, seed: int, threads: int
    ) -> tuple[Ints, npt.NDArray[np.bool_], npt.NDArray[np.int8]]:
        """Candidates for each draw in the order in which they tempt, which of them are rivals, and why there are too
        few. Fills in the negative leaf of `draws`."""
        short = np.full((len(draws), size), -1, np.int32)
        rivals, failures = np.zeros(short.shape, np.bool_), np.zeros(len(draws), np.int8)

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            work_space = scratch(len(self.kind.tree), len(self.material.graph))
            given = self.stacked, self.material.kinship.arrays, self.pattern, limits, draws[part], work_space
            candidates.shortlist(*given, np.uint64(seed), start, short[part], rivals[part], failures[part], fewest)

        in_chunks(work, len(draws), threads)
        return short, rivals, failures

    def draw(
        self, roots: npt.NDArray[np.integer], distractors: int, owed: npt.NDArray[np.int64], seed: int, threads: int
    ) -> Iterator[Drawn]:
        """An instance with `distractors` of them for each root, in their order. `owed` is changed: see `choose`."""
        draws = self.instances(roots, seed, threads)
        short, rivals, failures = self.shortlists(draws, distractors, SHORTLIST, self.limits(owed), seed, threads)
        chosen = np.full((len(draws), distractors), -1, np.int32)
        short[failures > 0] = -1
        candidates.choose(
            *(self.material.kinship.arrays, draws[:, 0].astype(np.int64), short, rivals),
            *(self.kind.decisive is not None, self.material.config.balanced, owed, chosen),
        )
        told = [(v.name, self.columns(v.name)) for v in self.kind.tree if self.columns(v.name).stop]
        for row, others, failure in zip(draws.tolist(), chosen.tolist(), failures.tolist(), strict=True):
            if others[0] < 0:
                yield Drawn({}, (), candidates.FAILURES[failure or candidates.FEW])
            else:
                yield Drawn({name: tuple(row[columns]) for name, columns in told}, tuple(others))


BONUS = 3.0
"""What being owed as a distractor adds to what tempts, in units of the noise."""


def seed_of(*parts: object) -> int:
    """A seed of 63 bits for a kernel."""
    return int(digest(list(parts)), 16) >> 1
