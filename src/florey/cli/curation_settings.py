"""What `florey curate` reads and writes beside the questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from florey.curation.config import CurationConfig
from florey.curation.curate import Curated
from florey.curation.labels import journal
from florey.curation.labels.review import Decision
from florey.curation.means import Means
from florey.datasets.catalog import Loaded, load
from florey.datasets.config import SourceConfig
from florey.files import write_json, write_jsonl
from florey.graph.store import Graph
from florey.inference.models import ModelConfig
from florey.pipeline.progress import Reporter


class CurateFile(BaseModel):
    """A settings file: three parts of a recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: dict[str, ModelConfig] = Field(default={})
    sources: dict[str, SourceConfig] = Field(default={})
    curation: CurationConfig = CurationConfig()


def public(file: CurateFile) -> Iterator[Loaded]:
    """The public sets of the file, by name."""
    for name, source in sorted(file.sources.items()):
        yield load(name, source)


def beside(out: Path, what: str) -> Path:
    """`kept.jsonl` -> `kept.jsonl.WHAT`."""
    return out.with_name(f"{out.name}.{what}")


def means_of(file: CurateFile, graph: Path | None, out: Path, reporter: Reporter, ray: str | None = None) -> Means:
    """Graph, benchmarks and models; answers of models and decisions of reviewers lie beside the output."""
    contamination = file.curation.contamination
    benchmarks = contamination.benchmarks if contamination else {}

    def bar(what: str) -> Callable[[int, int], None]:
        update = reporter.bar(what)
        return lambda done, total: update(done, total, "")

    return Means(
        graph=Graph.open(graph) if graph else None,
        benchmarks={name: load(name, source).questions for name, source in sorted(benchmarks.items())},
        models=file.models,
        answers=lambda model: beside(out, f"{model}.llm.sqlite"),
        decisions=list(journal.read(beside(out, "decisions.jsonl"), Decision)),
        bar=bar,
        ray=ray,
    )


def write_findings(curated: Curated, out: Path) -> list[Path]:
    """What the stages found, each in a file beside the output; the files written."""
    dropped = [{"id": item, "reason": reason} for item, reason in curated.dropped_items]
    write_json(beside(out, "dropped.json"), dropped)
    written = [beside(out, "dropped.json")]
    records: dict[str, Sequence[BaseModel]] = {
        "queue.jsonl": curated.queue,
        "trials.jsonl": curated.trials,
        "judgements.jsonl": curated.judgements,
        "contamination.jsonl": curated.contamination.hits if curated.contamination else (),
    }
    for name, found in records.items():
        if found:
            write_jsonl(beside(out, name), found)
            written.append(beside(out, name))
    return written
