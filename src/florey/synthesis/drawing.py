"""A kind of question over one graph, ready to draw from: instances drawn exactly, candidates found by kernels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from florey.files import digest
from florey.graph.csr import Ints
from florey.graph.sampling.compiled import in_chunks
from florey.graph.sampling.tree import Branch, TreeSampler
from florey.synthesis.kernels import candidates
from florey.synthesis.kernels.options import UNEVEN, Ledger, choose, ledger
from florey.synthesis.kernels.pattern import Limits, Pattern, scratch
from florey.synthesis.kernels.relations import stack
from florey.synthesis.material import Material
from florey.synthesis.metapaths import Kind, Variable

CLOSENESS = 1.0
"""How much options are preferred that are known about as well as the answer: for each e-fold of edges, in units of the
noise that draws them."""
MOST_TEMPTING = 16.0
BREADTH = 1024
"""Nodes that satisfy enough clues and are looked at as candidates, where all clues hang on the answer."""
CHUNK = 256
"""Draws that a thread takes at a time: they are slower than a plain draw by far."""
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
        self.sampler = TreeSampler(
            len(material.graph),
            [
                Branch(places[tree[v.parent].name], material.arcs(kind, v), self._weights(v), self._times(v))
                for v in drawn
            ],
        )
        possible = all(len(material.graph.table(name, "objects").indices) for name in self._relations)
        self.completions = self.sampler.completions * material.answers(kind) * possible
        self._places = places
        self._width = self.sampler.columns[-1].stop
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
        return self.sampler.columns[self._places[name]] if name in self._places else slice(0, 0)

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
            star=self._is_star,
        )

    @property
    def _is_star(self) -> bool:
        """Whether all clues hang on the asked node, in one direction, and hold."""
        clues = self.kind.tree[1:]
        directions = {v.link.object == v.name for v in clues if v.link and v.name != self.kind.decisive}
        return all(v.told and v.leaf and v.link and v.link.holds for v in clues) and len(directions) == 1

    @cached_property
    def limits(self) -> Limits:
        config = self.material.config
        return Limits(
            option=self.material.options(self.kind),
            neighbour=self.material.of_types(self.kind.nodes[self._unlike] if self._unlike else ()),
            vocabulary=self.material.vocabulary,
            renown=self.features[0],
            closeness=CLOSENESS if config.balanced else 0.0,
            breadth=BREADTH,
            min_shared=config.min_shared,
            temptation=2 * config.overlap / (1 - config.overlap) if config.overlap < 1 else 1e6,
            weakest=config.min_strength.rank,
            allow_unknown=config.allow_unknown,
        )

    @cached_property
    def features(self) -> npt.NDArray[np.float32]:
        """What a guesser could go by who sees only options, shape (3, nodes): how much is known about a node, in all
        and by the relation that leads to it, as logarithms; the length of its name."""
        graph, asked = self.material.graph, self.kind.asked
        sides = sorted({(link.relation, link.subject == asked) for link in self.kind.required if asked in link.ends})
        tables = [graph.table(relation, "objects" if outwards else "subjects") for relation, outwards in sides]
        edges = np.sum([table.lengths() for table in tables], axis=0)
        lengths = np.array([len(name) for name in graph.names])
        found: npt.NDArray[np.float32] = np.log1p([self.material.degrees, edges, lengths]).astype(np.float32)
        return found

    def instances(self, roots: npt.NDArray[np.integer], seed: int, threads: int) -> Ints:
        """One draw a root, shape (roots, columns); a row begins with -1 where there is none."""
        drawn = self.sampler.complete(roots, seed, threads)
        if self._unlike is None:
            return drawn
        return np.concatenate([drawn, np.full((len(drawn), 1), -1, np.int32)], axis=1)

    def shortlists(
        self, draws: Ints, fewest: int, size: int, seed: int, threads: int
    ) -> tuple[Ints, npt.NDArray[np.bool_], npt.NDArray[np.int8]]:
        """Candidates for each draw in the order in which they tempt, which of them are rivals, and why there are too
        few. Fills in the negative leaf of `draws`."""
        short = np.full((len(draws), size), -1, np.int32)
        rivals, failures = np.zeros(short.shape, np.bool_), np.zeros(len(draws), np.int8)

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            room = scratch(len(self.kind.tree), len(self.material.graph))
            given = self.stacked, self.material.kinship.arrays, self.pattern, self.limits, draws[part], room
            candidates.shortlist(*given, np.uint64(seed), start, short[part], rivals[part], failures[part], fewest)

        in_chunks(work, len(draws), threads, CHUNK)
        return short, rivals, failures

    def draw(
        self, roots: npt.NDArray[np.integer], distractors: int, books: Ledger, seed: int, threads: int
    ) -> Iterator[Drawn]:
        """An instance with so many distractors for each root, in their order. `books` is changed: see `choose`."""
        draws = self.instances(roots, seed, threads)
        short, rivals, failures = self.shortlists(draws, distractors, SHORTLIST, seed, threads)
        short[failures > 0] = -1
        chosen = np.full((len(draws), distractors), -1, np.int32)
        given = self.material.kinship.arrays, self.pattern, self.features, draws, short, rivals
        decisive, balanced = self.kind.decisive is not None, self.material.config.balanced
        bias = 1 + min(self.limits.temptation, MOST_TEMPTING) / 4
        choose(*given, decisive, balanced, bias, books, np.uint64(seed ^ 1), 0, chosen)
        told = [(v.name, self.columns(v.name)) for v in self.kind.tree if self.columns(v.name).stop]
        for row, others, failure in zip(draws.tolist(), chosen.tolist(), failures.tolist(), strict=True):
            if others[0] >= 0:
                yield Drawn({name: tuple(row[columns]) for name, columns in told}, tuple(others))
            elif others[0] == UNEVEN:
                yield Drawn({}, (), "the answer would stand out among the options")
            else:
                yield Drawn({}, (), candidates.FAILURES[failure or candidates.FEW])

    def ledger(self, options: int) -> Ledger:
        """An empty one for questions with so many options."""
        words = self.material.kinship.arrays.words
        return ledger(len(self.features) + 1, options, int(words.max(initial=-1)) + 1, len(self.material.graph))


def seed_of(*parts: object) -> int:
    """A seed of 63 bits for a kernel."""
    return int(digest(list(parts)), 16) >> 1
