"""From sources to a graph folder: read, join, rewrite, write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from florey.errors import BadInput, nearest
from florey.graph.catalog import KINDS, AnySource, HpoConfig, SourceConfig
from florey.graph.joining.edges import Rewriter
from florey.graph.joining.join import Joined, join
from florey.graph.joining.overrides import Overrides, read_overrides
from florey.graph.joining.pool import Pool
from florey.graph.joining.report import counts_of, write_report
from florey.graph.linking.mention import Name
from florey.graph.model import Statement
from florey.graph.sources import Licence, Source
from florey.graph.statistics import statistics
from florey.graph.store import Graph
from florey.graph.writer import write_graph

Progress = Callable[[int, int, str], None]
"""Called with (done, total, what is being done): each source counts twice, for its nodes and for its edges."""
EVERY = 50_000  # statements between two calls


class GraphConfig(BaseModel):
    """`sources`, the most trusted first; by default HPO alone. `overrides`: a file of merges to make or not to make.

    `twins`: let entries of OMIM, Orphanet and DECIPHER be one entity; by default each is its own, as in HPO.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sources: tuple[AnySource, ...] = Field(default=(HpoConfig(),), min_length=1)
    overrides: Path | None = None
    twins: bool = False

    @model_validator(mode="before")
    @classmethod
    def _not_the_old_form(cls, data: Any) -> Any:
        if isinstance(data, dict) and (old := [key for key in ("source", "path") if key in data]):
            raise ValueError(f"'{old[0]}' is now part of a list: sources: [{{kind: hpo, path: FOLDER}}]")
        return data

    @field_validator("sources", mode="before")
    @classmethod
    def _named(cls, sources: Any) -> Any:
        """A kind alone stands for a source without any other key."""
        if not isinstance(sources, list | tuple):
            return sources
        found = [{"kind": source} if isinstance(source, str) else source for source in sources]
        for source in found:
            if isinstance(source, dict) and source.get("kind") not in KINDS:
                kind = source.get("kind")
                hint = nearest(kind, KINDS) if isinstance(kind, str) else ""
                raise ValueError(f"kind '{kind}'{hint}; expected one of {', '.join(KINDS)}")
        return found

    def within(self, folder: Path) -> Self:
        """With relative paths seen from `folder`."""
        overrides = folder / self.overrides if self.overrides else None
        sources = tuple(source.within(folder) for source in self.sources)
        return self.model_copy(update={"sources": sources, "overrides": overrides})

    def with_strict(self, strict: bool) -> Self:
        """With damaged records refused in every source, or dropped and counted."""
        sources = tuple(source.model_copy(update={"strict": strict}) for source in self.sources)
        return self.model_copy(update={"sources": sources})

    def paths(self) -> Iterator[tuple[str, Path]]:
        """(key, file or folder) of everything that is read."""
        for place, source in enumerate(self.sources):
            for key, path in source.paths():
                yield f"sources.{place}.{key}", path
        if self.overrides:
            yield "overrides", self.overrides


def build(config: GraphConfig, out: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Build `out` and return its statistics (see `statistics`). Equal inputs give equal bytes. Raises BadInput."""
    overrides = read_overrides(config.overrides) if config.overrides else Overrides()
    return assemble(config.sources, out, overrides, twins=config.twins, progress=progress)


def assemble(
    configs: Sequence[SourceConfig],
    out: Path,
    overrides: Overrides | None = None,
    *,
    twins: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """What `build` does, for sources of any kind."""
    say = progress or _silent
    labels, total = _labels(configs), 2 * len(configs)
    pool = Pool()
    sources: list[Source] = []
    for done, (label, config) in enumerate(zip(labels, configs, strict=True)):
        say(done, total, f"{label}: nodes")
        source = config.open(lambda: _names(pool, overrides, twins))
        repeated = pool.add(label, source.nodes())
        if repeated and config.strict:
            raise BadInput(f"node '{repeated[0]}' is given twice by {label}")
        if repeated:
            source.dropped["node: given twice"] += len(repeated)
        sources.append(source)
    say(len(configs), total, "joining")
    joined = join(pool, overrides, twins=twins)
    rewriter = Rewriter(joined)

    def statements() -> Iterator[Statement]:
        for done, (label, config, source) in enumerate(zip(labels, configs, sources, strict=True), len(configs)):
            found = rewriter.rewrite(label, source.statements(), strict=config.strict)
            for number, each in enumerate(found):
                if number % EVERY == 0:
                    say(done, total, f"{label}: {number:,} edges")
                yield each
        yield from rewriter.hierarchy()

    alone = len(configs) == 1
    releases = [f"{label} {source.release}" for label, source in zip(labels, sources, strict=True)]
    notes = _Notes(labels, sources, rewriter, None if alone and not joined.merges else joined)
    licences = _licences(labels, sources)
    write_graph(
        joined.nodes(),
        statements(),
        out,
        release=sources[0].release if alone else "; ".join(releases),
        licences=list(dict.fromkeys(f"{licence.name}: {licence.attribution}" for licence in licences.values())),
        sources=licences,
        notes=notes,
        more=(lambda folder: write_report(folder, joined, rewriter.broken)) if notes.joined else None,
    )
    say(total, total, "written")
    return statistics(Graph.open(out))


def _silent(done: int, total: int, what: str) -> None:
    pass


def _labels(configs: Sequence[SourceConfig]) -> list[str]:
    """Each source's label; the second of one kind is NAME#2."""
    seen: Counter[str] = Counter()
    labels = []
    for config in configs:
        seen[config.label] += 1
        labels.append(config.label if seen[config.label] == 1 else f"{config.label}#{seen[config.label]}")
    return labels


def _names(pool: Pool, overrides: Overrides | None, twins: bool) -> Iterable[Name]:
    """Names of what is joined so far; overrides of ids that come later do not count yet."""
    known = (overrides or Overrides()).among(pool.entities)
    return join(pool, known, twins=twins).names()


def _licences(labels: Sequence[str], sources: Sequence[Source]) -> dict[str, Licence]:
    found: dict[str, Licence] = {}
    for label, source in zip(labels, sources, strict=True):
        for name, licence in source.licences.items():
            if found.setdefault(name, licence) != licence:
                raise BadInput(f"{label}: statements of '{name}' have another licence in another source")
    return found


class _Notes(Mapping[str, Any]):
    """What the sources and the joining counted, read after the last edge."""

    def __init__(
        self, labels: Sequence[str], sources: Sequence[Source], rewriter: Rewriter, joined: Joined | None
    ) -> None:
        self._parts = list(zip(labels, sources, strict=True))
        self._rewriter = rewriter
        self.joined = joined

    def __iter__(self) -> Iterator[str]:
        return iter(("citations", "dropped", "rewritten", "observed", *(("joining",) if self.joined else ())))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __getitem__(self, what: str) -> Any:
        if what == "joining" and self.joined:
            return counts_of(self.joined)
        if what == "citations":
            return list(dict.fromkeys(line for _, source in self._parts for line in getattr(source, what, ())))
        found: dict[str, Any] = {}
        for label, source in self._parts:
            prefix = "" if len(self._parts) == 1 else f"{label}: "
            counts = dict(getattr(source, what, {}))
            if what == "dropped":
                counts = Counter(counts) + self._rewriter.dropped[label]
            found |= {f"{prefix}{reason}": count for reason, count in sorted(counts.items())}
        return found
