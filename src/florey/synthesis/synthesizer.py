"""Questions with certificates, from a graph and a configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from florey.distributed import mapped
from florey.errors import BadInput
from florey.graph.presence import Presence
from florey.graph.sampling.region import region
from florey.graph.store import Graph
from florey.records import Question
from florey.synthesis.answers import Answers
from florey.synthesis.asking_relations import RelationDrawing
from florey.synthesis.assembly import Assembler
from florey.synthesis.composition import compose
from florey.synthesis.config import SynthesisConfig
from florey.synthesis.drawing import Drawing, Drawn, seed_of
from florey.synthesis.focus import choose_focus
from florey.synthesis.kernels.options import Ledger
from florey.synthesis.material import Focus, Material
from florey.synthesis.metapaths import Kind, kinds
from florey.synthesis.prevalence import read_prevalence, xref_index
from florey.synthesis.relatedness import Kinship

BATCH = 256
"""Draws at a time, at least; and at most sixteen times as many."""
SPARE = 1.5
"""Draws for each question still wanted, over the share of draws that made one so far."""
HOPS = {1: 1, 2: 3, 3: 3, 4: 2, 5: 1}
"""By hops: how many questions of a kind there are beside others, where only their number in all is given."""
IN_VAIN, HOPELESS = 4_000, 0.005
"""A kind is given up after so many draws in a row in vain, or in all, where fewer than that share make a question."""

NO_INSTANCE = "the graph has no instance of it"

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
    maker = Synthesizer(graph, config, threads)
    for name, wanted in sorted(config.metapaths.items()):
        maker.make(name, wanted, progress)
    return maker.result()


def barren(made: Synthesis) -> str | None:
    """Why nothing at all was made, with what to do; None where there is something."""
    if made.questions:
        return None
    reasons = sorted(made.dropped.items(), key=lambda each: -each[1])
    told = "; ".join(f"{reason} ({times} times)" for reason, times in reasons[:3]) or "nothing was asked for"
    return (
        f"no question could be made: {told}. Where distractors are too few the graph is too sparse for so many "
        "options: set shapes with fewer findings or options, or a lower min_shared"
    )


def shares(kinds: Mapping[str, Kind], count: int) -> dict[str, int]:
    """`count` questions shared among kinds: those of two and three hops are the bulk."""
    names = sorted(kinds)
    weights = np.array([HOPS[kinds[name].hops] for name in names])
    ends = np.rint(np.cumsum(weights) / weights.sum() * count).astype(int).tolist()
    return {name: end - start for name, start, end in zip(names, [0, *ends], ends, strict=False)}


class Synthesizer:
    """Makes questions of one graph under one configuration, kind by kind."""

    def __init__(self, graph: Graph, config: SynthesisConfig, threads: int = 1) -> None:
        """Raises BadInput where the focus or the region cannot be had."""
        presence, kinship = Presence(graph, config.min_completeness), Kinship(graph)
        self.focus = choose_focus(presence, config, kinship, config.seed) if config.focus else None
        inside = None
        if config.region:
            around = [named(graph, each) for each in config.region.around]
            inside = region(graph, around, config.region.method, config.region.nodes, config.seed)
        self.material = Material(presence, config, self.focus, kinship=kinship, region=inside)
        self.kinds = kinds(config.metapath_files)
        self._assembler = Assembler(self.material)
        self._prevalence = _prevalence(graph, config.prevalence) if config.prevalence else None
        self._threads, self.config = threads, config
        self._asked: dict[str, list[int]] = {}  # of every kind that is made elsewhere
        self._lines: dict[str, _Line] = {}

    def available(self) -> dict[str, int]:
        """By kind: how many nodes could be its answer. Kinds of which the graph has no instance are left out."""
        found = {name: len(self._line(name).answers.members) for name in self.kinds}
        return {name: count for name, count in found.items() if count}

    def make(self, name: str, wanted: int, progress: Progress | None = None) -> int:
        """Make `wanted` more questions of a kind, or as many as are found; how many they are."""
        return self._line(name).make(wanted, progress) if wanted else 0

    def make_in_all(
        self, names: Iterable[str], count: int, progress: Progress | None = None, ray: str | None = None
    ) -> None:
        """Make `count` questions of some kinds together: where one has no more, the others make up for it.

        `ray`: address of a cluster whose nodes all see the graph's folder; a kind is a part.
        """
        going = {name: self.kinds[name] for name in names}
        while going and count > 0:
            asked = shares(going, count)
            counts = self._made_on_cluster(asked, ray, progress) if ray else None
            for name, wanted in asked.items():
                made = counts[name] if counts else self.make(name, wanted, progress)
                count -= made
                if made < wanted:
                    del going[name]
            if not any(asked.values()):
                break

    def _made_on_cluster(self, asked: Mapping[str, int], ray: str, progress: Progress | None) -> dict[str, int]:
        """As `make` for each, elsewhere: a kind draws from a stream of its own, so it is made again from its beginning
        with all that was ever asked of it."""
        folder, parts = self.material.presence.graph.folder.resolve(), []
        for name, wanted in asked.items():
            self._asked.setdefault(name, []).extend([wanted] if wanted else [])
            parts.append(_Part(folder, self.config, self._threads, name, tuple(self._asked[name])))
        made = {}
        for part, line in zip(parts, mapped(_made_there, parts, ray, None, _Part.__str__), strict=True):
            self._line(part.name).take(*line)
            made[part.name] = line[3]
            if progress:
                progress(part.name, line[3], asked[part.name])
        return made

    def result(self) -> Synthesis:
        lines = [line for _, line in sorted(self._lines.items()) if line.asked]
        questions = [question for line in lines for question in line.questions]
        dropped = {f"{line.kind.name}: {reason}": n for line in lines for reason, n in line.dropped.items()}
        rarities = {line.kind.name: line.answers.describe(line.asked) for line in lines if len(line.answers.members)}
        composition = {**compose(questions), "rarity": rarities}
        return Synthesis(questions, dict(sorted(dropped.items())), self.focus, composition)

    def _line(self, name: str) -> _Line:
        if name not in self._lines:
            source = _Source(self.material, self.kinds[name], self._threads)
            self._lines[name] = _Line(self._assembler, source, self._prevalence)
        return self._lines[name]


@dataclass(frozen=True)
class _Part:
    """One kind, made on a worker: `asked` are the numbers that were asked of it, one after the other."""

    graph: Path
    config: SynthesisConfig
    threads: int
    name: str
    asked: tuple[int, ...]

    def __str__(self) -> str:
        return f"questions of kind {self.name}"


Line = tuple[list[Question], Counter[str], int, int]
"""(questions, dropped by reason, asked in all, made by the newest asking)."""


def _made_there(part: _Part) -> Line:
    maker = _maker(part.graph, part.config.model_dump_json(), part.threads)
    maker._lines.pop(part.name, None)  # from its beginning
    made = [maker.make(part.name, wanted) for wanted in part.asked]
    line = maker._line(part.name)
    return line.questions, line.dropped, line.asked, made[-1] if made else 0


@cache
def _maker(graph: Path, config: str, threads: int) -> Synthesizer:
    """Opening the graph takes seconds: once for each worker."""
    return Synthesizer(Graph.open(graph), SynthesisConfig.model_validate_json(config), threads)


class _Line:
    """The making of one kind: it can be asked for more."""

    def __init__(self, assembler: Assembler, source: _Source, prevalence: Mapping[str, float] | None) -> None:
        self.kind, config = source.kind, assembler.config
        self._assembler, self._source = assembler, source
        # own stream for each kind: asking for more of one does not change another
        self._rng = np.random.default_rng([config.seed, *self.kind.name.encode()])
        self._odds = np.array([shape.weight for shape in config.shapes])
        members, degrees = np.flatnonzero(source.completions > 0), assembler.material.degrees
        self.answers = Answers(assembler.graph, members, degrees, config, prevalence)
        self.questions: list[Question] = []
        self.dropped: Counter[str] = Counter()
        self.asked = 0
        self._drawn, self._batches, self._in_vain = 0, 0, 0
        self._seen: set[object] = set()

    @property
    def _over(self) -> bool:
        made = len(self.questions)
        hopeless = self._drawn >= IN_VAIN and made <= HOPELESS * self._drawn
        return not self.answers.left or self._in_vain >= IN_VAIN or hopeless

    def take(self, questions: list[Question], dropped: Counter[str], asked: int, _: int) -> None:
        """What was made of this kind elsewhere."""
        self.questions, self.dropped, self.asked = questions, dropped, asked

    def make(self, wanted: int, progress: Progress | None) -> int:
        self.asked += wanted
        before = len(self.questions)
        while len(self.questions) - before < wanted and not self._over:
            self._batch(wanted, before, progress)
        made = len(self.questions) - before
        if made < wanted:
            self.dropped["no more such questions found" if len(self.answers.members) else NO_INSTANCE] += wanted - made
        return made

    def _batch(self, wanted: int, before: int, progress: Progress | None) -> None:
        made = len(self.questions)
        share = max(made / self._drawn if self._drawn else 0.5, 0.01)
        size = int(min(max(BATCH, SPARE * (wanted + before - made) / share), 16 * BATCH))
        roots = self.answers.draw(size, self._rng)
        shapes = self._rng.choice(len(self._odds), size=len(roots), p=self._odds / self._odds.sum())
        for root, instance in zip(roots.tolist(), self._source.draw(roots, shapes, self._batches), strict=True):
            if len(self.questions) == before + wanted or self.answers.spent(root):
                continue
            self._drawn += 1
            question = instance.failure or self._new(instance, root)
            if isinstance(question, str):
                self.dropped[question] += 1
                self.answers.failed(root)
                self._in_vain += 1
                continue
            self.questions.append(question)
            self.answers.made(root)
            self._in_vain, done = 0, len(self.questions) - before
            if progress and (done % 50 == 0 or done == wanted):
                progress(self.kind.name, done, wanted)
        self._batches += 1

    def _new(self, instance: Drawn, root: int) -> Question | str:
        question = self._assembler.question(self.kind, instance, self.answers.rarities[root])
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
        self.books: dict[int, Ledger] = {}  # by number of options
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
            drawing = self._drawing(shape)
            books = self.books.setdefault(distractors + 1, drawing.ledger(distractors + 1))
            drawn = drawing.draw(roots[mine], distractors, books, seed, self.threads)
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


def named(graph: Graph, text: str) -> int:
    """The node of that id or exact name. BadInput with the nearest id otherwise."""
    if text in graph:
        return graph.index(text)
    found = [i for i, name in enumerate(graph.names) if name.casefold() == text.casefold()]
    return found[0] if found else graph.index(text)
