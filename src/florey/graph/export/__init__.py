"""A graph in other people's formats, with its licences."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from florey.errors import BadInput, nearest
from florey.files import write_json, write_text
from florey.graph.export import graphml, kgx, neo4j, parquet
from florey.graph.store import Graph

FORMATS: dict[str, Callable[[Graph, Path], None]] = {
    "kgx": kgx.write,
    "parquet": parquet.write,
    "graphml": graphml.write,
    "neo4j-csv": neo4j.write,
}
"""Each writes its files into an empty folder, a slice of the edges at a time."""


def export(graph: Graph, format: str, out: Path) -> list[str]:
    """Write the folder `out` in a format, with LICENCES.txt and metadata.json; returns the names of its files.

    The folder appears whole or not at all, and equal graphs give equal bytes. A folder that an earlier export wrote
    is replaced. Raises BadInput for an unknown format, and where `out` exists and is no export.
    """
    if format not in FORMATS:
        raise BadInput(f"--format: unknown '{format}'{nearest(format, FORMATS)}; known: {', '.join(FORMATS)}")
    if out.exists() and not (out / "metadata.json").is_file() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out}: exists and is not an export; name a new folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
    try:
        FORMATS[format](graph, aside)
        write_text(aside / "LICENCES.txt", licences_text(graph))
        write_json(aside / "metadata.json", metadata(graph, format))
        aside.chmod(0o755)  # a temporary folder is its owner's alone
        if out.exists():
            shutil.rmtree(out)
        aside.rename(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return sorted(path.name for path in out.iterdir())


def licences_text(graph: Graph) -> str:
    """Every licence and attribution that the graph carries, for people to read."""
    sources = [f"{name}: {licence.name}\n  {licence.attribution}" for name, licence in sorted(graph.sources.items())]
    lines = [f"Graph {graph.digest}, release {graph.release}", "", *graph.licences]
    return "\n".join([*lines, *(["", "By source", *sources] if sources else [])]) + "\n"


def metadata(graph: Graph, format: str) -> dict[str, object]:
    return {
        "format": format,
        "graph": graph.digest,
        "release": graph.release,
        "counts": graph.manifest["counts"],
        "licences": list(graph.licences),
        "sources": graph.manifest["sources"],
    }
