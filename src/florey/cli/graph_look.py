"""florey graph stats and show: count and look."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from florey.graph.store import Graph
    from florey.records import Edge

FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("folder", metavar="GRAPH", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, with degree quartiles of both directions.")
def stats(folder: Path, as_json: bool) -> None:
    """Count nodes, edges, evidence, degrees and dropped rows."""
    from florey.graph.statistics import statistics
    from florey.graph.store import Graph

    found = statistics(Graph.open(folder))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    by_type = {
        kind: {"nodes": sum(counts.values()), "of which": ", ".join(f"{name} {n:,}" for name, n in counts.items())}
        for kind, counts in found["nodes"]["by_type"].items()
    }
    _table(f"{found['nodes']['all']:,} nodes", "type", by_type)
    relations = {
        name: {
            **counts,
            "objects of a subject": _quartiles(found["degrees"][name]["objects_of_a_subject"]),
            "subjects of an object": _quartiles(found["degrees"][name]["subjects_of_an_object"]),
        }
        for name, counts in found["edges"]["by_relation"].items()
    }
    _table(f"{found['edges']['all']:,} edges (degrees: min, quartiles, max)", "relation", relations)
    _table("evidence", "source and code", {kind: {"edges": n} for kind, n in found["edges"]["by_evidence"].items()})
    for note in ("dropped", "rewritten", "observed"):
        if found[note]:
            _table(note, "what", {what: {"count": n} for what, n in found[note].items()})
    click.echo("\n".join(found["licences"]))


@click.command()
@click.argument("folder", metavar="GRAPH", type=FOLDER)
@click.argument("node_id")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Edges to show a direction.")
def show(folder: Path, node_id: str, limit: int) -> None:
    """Show a node's neighbourhood with the evidence of every edge."""
    from rich.table import Table
    from rich.text import Text

    from florey.graph.store import Graph

    opened = Graph.open(folder)
    node = opened.index(node_id)
    console = _console()
    console.print(Text(f"{opened.names[node]}  {node_id}, {opened.types[node]}", style="bold"))
    if opened.aliases[node]:
        console.print(Text("also: " + "; ".join(opened.aliases[node])))
    edges = opened.edges_of(node)
    for title, outgoing in (("from here", True), ("to here", False)):
        mine = [edge for edge in edges if (edge.subject == node_id) == outgoing]
        if not mine:
            continue
        table = Table(title=f"{title}: {len(mine):,}" + (f", the first {limit}" if len(mine) > limit else ""))
        for column in ("relation", "", "node", "id", "frequency", "evidence", "reference"):
            table.add_column(column)
        for edge in mine[:limit]:
            table.add_row(*(Text(cell) for cell in _cells(opened, edge, outgoing)))
        console.print(table)


def _cells(opened: Graph, edge: Edge, outgoing: bool) -> tuple[str, ...]:
    other, evidence = edge.object if outgoing else edge.subject, edge.evidence
    said = " ".join(filter(None, (evidence.source, evidence.code)))
    frequency = evidence.frequency or ""
    if frequency in opened:  # a frequency class is a node like any other
        frequency = opened.names[opened.index(frequency)]
    name = opened.names[opened.index(other)]
    polarity = "" if edge.positive else "NOT"
    return edge.relation, polarity, name, other, frequency, said, evidence.reference or ""


def _quartiles(values: list[float]) -> str:
    return " ".join(f"{value:g}" for value in values)


def _table(title: str, key: str, rows: dict[str, dict[str, Any]]) -> None:
    """A rich table: one row a key, one column a name that any row has."""
    from rich.table import Table
    from rich.text import Text

    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    table = Table(title=title)
    table.add_column(key)
    for column in columns:
        table.add_column(column)
    for name, row in rows.items():
        cells = [
            f"{row[column]:,}" if isinstance(row.get(column), int) else str(row.get(column, "")) for column in columns
        ]
        table.add_row(*(Text(cell) for cell in (name, *cells)))
    _console().print(table)


def _console() -> Console:
    """As wide as the terminal; wide enough for whole rows where the output goes to a file or a pipe."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=200)
