"""Questions that mask an edge: how are two named nodes related? The options are relations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from florey.synthesis.drawing import Drawn
from florey.synthesis.kernels.options import Ledger, ledger
from florey.synthesis.material import Material
from florey.synthesis.metapaths import Kind

RELATION = "relation"
"""Where an instance has the number of its relation in `Kind.among`; distractors are such numbers too."""


class RelationDrawing:
    """Draws pairs of nodes that one of some relations joins; the subjects have edges of all of them, so that the other
    relations can be denied."""

    def __init__(self, material: Material, kind: Kind) -> None:
        self.kind = kind
        link, graph = kind.links[0], material.graph
        self._tables = [graph.table(name, "objects") for name in kind.among]
        self._objects = material.of_types(kind.nodes[link.object])
        complete = np.all([material.presence.is_complete(name) for name in kind.among], axis=0)
        subjects = material.in_region(material.of_types(kind.nodes[link.subject]))
        self.completions = (complete & subjects).astype(np.float64)
        self._used: Counter[int] = Counter()

    def draw(
        self, roots: npt.NDArray[np.integer], distractors: int, _books: Ledger, seed: int, _threads: int
    ) -> Iterator[Drawn]:
        """A pair for each root; of its relations the one asked least so far, so that none is a good guess."""
        rng = np.random.default_rng(seed)
        link, numbers = self.kind.links[0], range(len(self._tables))
        for root in roots.tolist():
            joined = [table.row(root)[self._objects[table.row(root)]] for table in self._tables]
            possible = [number for number in numbers if len(joined[number])]
            if not possible:
                yield Drawn({}, (), "no such instance found")
                continue
            relation = min(possible, key=lambda number: (self._used[number], number))
            self._used[relation] += 1
            others = rng.permutation([number for number in numbers if number != relation])[:distractors].tolist()
            nodes = {link.subject: (root,), link.object: (int(rng.choice(joined[relation])),), RELATION: (relation,)}
            yield Drawn(nodes, tuple(others))

    def ledger(self, options: int) -> Ledger:
        """An empty one: what is even here is how often each relation is asked."""
        return ledger(1, options, 0, 0)
