"""Questions with certificates, from a graph and a configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from florey.errors import BadInput
from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.records import Question
from florey.synthesis.answers import Answers
from florey.synthesis.asking_relations import RelationDrawing
from florey.synthesis.assembly import Assembler
from florey.synthesis.composition import compose
from florey.synthesis.config import SynthesisConfig
from florey.synthesis.drawing import Drawing, Drawn, seed_of
from florey.synthesis.focus import choose_focus
from florey.synthesis.material import Focus, Material
from florey.synthesis.metapaths import Kind, kinds
from florey.synthesis.prevalence import read_prevalence, xref_index
from florey.synthesis.relatedness import Kinship

BATCH = 256
"""Draws at a time, at least; and at most a hundred times as many."""
SPARE = 1.5
"""Draws for each question still wanted, over the share of draws that made one so far."""
HOPS = {1: 1, 2: 3, 3: 3, 4: 2, 5: 1}
"""By hops: how many questions of a kind there are beside others, where only their number in all is given."""
IN_VAIN = 5_000
"""Draws in a row that make nothing, after which a kind is given up."""

Progress = Callable[[str, int, int], None]
"""Called with (metapath, made, wanted) now and then."""


@dataclass(frozen=True)
class Synthesis:
    """`dropped` counts draws by reason; `composition` describes the questions (counts and shares)."""

    questions: list[Question]
    dropped: dict[str, int]
    focus: Focus | None
    composition: dict[str, Any]


def synthesize(
    graph: Graph, config: SynthesisConfig, progress: Progress | None = None, *, threads: int = 1
) -> Synthesis:
    """`config.metapaths` questions of each kind, or as many as are found, with the shortfall among `dropped`.

    Answers are drawn exactly by their weights among those not yet retired. The result depends on the graph and the
    configuration only, not on `threads`. Raises BadInput where the focus or the region cannot be had.
    """
    presence = Presence(graph, config.min_completeness)
    kinship = Kinship(graph)
    focus = choose_focus(presence, config, kinship, config.seed) if config.focus else None
    inside = None
    if config.region:
        from florey.graph.sampling.walks import region

        around = [named(graph, each) for each in config.region.around]
        inside = region(graph, around, config.region.method, config.region.nodes, config.seed)
    material = Material(presence, config, focus, kinship=kinship, region=inside)
    maker = _Maker(material, threads)
    known = kinds(config.metapath_files)
    for name, wanted in sorted(config.metapaths.items()):
        maker.make(known[name], wanted, progress)
    composition = {**compose(maker.questions), "rarity": maker.rarity}
    return Synthesis(maker.questions, dict(sorted(maker.dropped.items())), focus, composition)


def named(graph: Graph, text: str) -> int:
    """The node of that id or exact name. BadInput with the nearest id otherwise."""
    if text in graph:
        return graph.index(text)
    found = [i for i, name in enumerate(graph.names) if name.casefold() == text.casefold()]
    return found[0] if found else graph.index(text)


def available(graph: Graph, config: SynthesisConfig) -> dict[str, int]:
    """By kind: how many nodes could be its answer. Kinds of which the graph has no instance are left out."""
    material = Material(Presence(graph, config.min_completeness), config, None)
    every = {name: _Source(material, kind, 1) for name, kind in kinds(config.metapath_files).items()}
    return {name: found for name, source in every.items() if (found := int(np.count_nonzero(source.completions)))}


def shares(wanted: Mapping[str, Kind], count: int) -> dict[str, int]:
    """`count` questions shared among kinds: those of two and three hops are the bulk."""
    names = sorted(wanted)
    weights = np.array([HOPS[wanted[name].hops] for name in names])
    ends = np.rint(np.cumsum(weights) / weights.sum() * count).astype(int).tolist()
    return {name: end - start for name, start, end in zip(names, [0, *ends], ends, strict=False)}


class _Maker:
    def __init__(self, material: Material, threads: int) -> None:
        self.material, self.config, self.threads = material, material.config, threads
        self.assembler = Assembler(material)
        self.questions: list[Question] = []
        self.dropped: Counter[str] = Counter()
        self.rarity: dict[str, Any] = {}
        self._seen: set[object] = set()
        weights = np.array([shape.weight for shape in self.config.shapes])
        self._odds = weights / weights.sum()
        graph, prevalence = material.graph, self.config.prevalence
        self._prevalence = _prevalence(graph, prevalence) if prevalence else None

    def make(self, kind: Kind, wanted: int, progress: Progress | None) -> None:
        """Append `wanted` questions of one kind, or as many as are found."""
        if not wanted:
            return
        # own stream for each kind: asking for more of one does not change another
        rng = np.random.default_rng([self.config.seed, *kind.name.encode()])
        source = _Source(self.material, kind, self.threads)
        possible = source.completions
        members = np.flatnonzero(possible > 0)
        if not len(members):
            self.dropped[f"{kind.name}: the graph has no instance of it"] += wanted
            return
        answers = Answers(self.material.graph, members, self.material.degrees, self.config, self._prevalence)
        self.rarity[kind.name] = answers.describe(wanted)
        made, drawn, in_vain, number = 0, 0, 0, 0
        while made < wanted and answers.left and in_vain < IN_VAIN:
            share = max(made / drawn if drawn else 0.5, 0.01)
            batch = int(min(max(BATCH, SPARE * (wanted - made) / share), 100 * BATCH))
            roots = answers.draw(batch, rng)
            shapes = rng.choice(len(self._odds), size=len(roots), p=self._odds)
            for root, instance in zip(roots.tolist(), source.draw(roots, shapes, number), strict=True):
                if made == wanted or answers.spent(root):
                    continue
                question = instance.failure or self._new(kind, instance, answers.rarities[root])
                drawn += 1
                if isinstance(question, str):
                    self.dropped[f"{kind.name}: {question}"] += 1
                    answers.failed(root)
                    in_vain += 1
                    continue
                self.questions.append(question)
                answers.made(root)
                made, in_vain = made + 1, 0
                if progress and (made % 50 == 0 or made == wanted):
                    progress(kind.name, made, wanted)
            number += 1
        if made < wanted:
            self.dropped[f"{kind.name}: no more such questions found"] += wanted - made

    def _new(self, kind: Kind, instance: Drawn, rarity: float) -> Question | str:
        question = self.assembler.question(kind, instance, rarity)
        if isinstance(question, str):
            return question
        keys = (question.group, tuple(sorted(question.option_ids))), question.stem.casefold()
        if not self._seen.isdisjoint(keys):
            return "duplicate"
        self._seen.update(keys)
        return question


class _Source:
    """Instances of one kind in all shapes, in the order of the roots asked for."""

    def __init__(self, material: Material, kind: Kind, threads: int) -> None:
        self.material, self.kind, self.threads = material, kind, threads
        self.owed = np.zeros(len(material.graph), np.int64)
        self.drawings: dict[int, Drawing | RelationDrawing] = {}
        found = [self._drawing(shape).completions for shape in range(len(material.config.shapes))]
        self.completions = np.max(found, axis=0)

    def _drawing(self, shape: int) -> Drawing | RelationDrawing:
        clues = self.material.config.shapes[shape].findings if self.kind.repeated else 1
        if clues not in self.drawings:
            made = RelationDrawing(self.material, self.kind) if self.kind.among else None
            self.drawings[clues] = made or Drawing(self.material, self.kind, clues)
        return self.drawings[clues]

    def draw(self, roots: npt.NDArray[np.int64], shapes: npt.NDArray[np.int64], batch: int) -> Iterator[Drawn]:
        config = self.material.config
        found: list[Drawn | None] = [None] * len(roots)
        for shape in sorted(set(shapes.tolist())):
            mine = np.flatnonzero(shapes == shape)
            seed = seed_of(config.seed, self.kind.name, batch, shape)
            distractors = config.shapes[shape].options - 1
            drawn = self._drawing(shape).draw(roots[mine], distractors, self.owed, seed, self.threads)
            for place, instance in zip(mine.tolist(), drawn, strict=True):
                found[place] = instance
        for each in found:
            assert each is not None
            yield each


def _prevalence(graph: Graph, path: Path) -> dict[str, float]:
    found = read_prevalence(path, set(graph.ids), same=xref_index(graph))
    if not found:
        raise BadInput(f"{path}: no prevalence of any node of the graph")
    return found
