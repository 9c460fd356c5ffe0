"""florey graph stats and show: count and look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.text import Text

    from florey.graph.store import Graph
    from florey.records import Edge

FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("folder", metavar="GRAPH", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, with degree quartiles of both directions.")
def stats(folder: Path, as_json: bool) -> None:
    """Count nodes, edges, evidence, degrees and dropped rows."""
    from florey.cli.tables import print_table
    from florey.graph.statistics import statistics
    from florey.graph.store import Graph

    found = statistics(Graph.open(folder))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    by_type = {
        kind: {"nodes": sum(counts.values()), "of which": ", ".join(f"{name} {n:,}" for name, n in counts.items())}
        for kind, counts in found["nodes"]["by_type"].items()
        if counts
    }
    print_table(f"{found['nodes']['all']:,} nodes", "type", by_type)
    relations = {
        name: {
            **counts,
            "objects of a subject": _quartiles(found["degrees"][name]["objects_of_a_subject"]),
            "subjects of an object": _quartiles(found["degrees"][name]["subjects_of_an_object"]),
        }
        for name, counts in found["edges"]["by_relation"].items()
        if counts["all"]
    }
    print_table(f"{found['edges']['all']:,} edges (degrees: min, quartiles, max)", "relation", relations)
    print_table("evidence", "source and code", {k: {"edges": n} for k, n in found["edges"]["by_evidence"].items()})
    for title, table in _further(found):
        print_table(title, "what", {what: {"count": count} for what, count in table.items()})
    click.echo("\n".join(found["licences"]))


def _further(found: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(title, counts) of every other table of numbers in the statistics: what is empty or not counted is left out."""
    shown = {"by_type", "by_relation", "by_evidence"}
    tables = []
    for part, content in found.items():
        if part == "degrees" or not isinstance(content, dict):
            continue
        flat = {key.replace("_", " "): value for key, value in content.items() if isinstance(value, int | float)}
        flat.pop("all", None)  # stands in a title above
        if flat:
            tables.append((part.replace("_", " "), flat))
        for key, inner in content.items():
            if isinstance(inner, dict) and inner and key not in shown and _plain(inner):
                tables.append((f"{part}: {key}".replace("_", " "), inner))
    return tables


def _plain(table: dict[str, Any]) -> bool:
    return all(isinstance(value, int | float | str) for value in table.values())


@click.command()
@click.argument("folder", metavar="GRAPH", type=FOLDER)
@click.argument("entity")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Edges a direction; in the picture: neighbours.",
)
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with a picture instead.")
def show(folder: Path, entity: str, limit: int, html: Path | None) -> None:
    """Show the neighbourhood of ENTITY, an id, a name or an alias, with the evidence of every edge."""
    from florey.graph.neighbourhood import edges_around, find
    from florey.graph.store import Graph

    graph = Graph.open(folder)
    node = find(graph, entity)
    if html is None:
        _print_neighbourhood(graph, node, limit)
        return
    from florey.files import write_text
    from florey.reporting.neighbourhood import Neighbourhood, Thing, render

    edges = edges_around(graph, node)
    ends = {end for edge in edges for end in (edge.subject, edge.object, edge.evidence.frequency or "")}
    indices = sorted({node, *(graph.index(end) for end in ends if end in graph)})
    page = Neighbourhood(
        centre=graph.ids[node],
        things={
            graph.ids[i]: Thing(
                graph.ids[i], graph.types[i], graph.names[i], tuple(graph.aliases[i]), tuple(graph.xrefs[i])
            )
            for i in indices
        },
        edges=tuple(edges),
        release=graph.release,
        digest=graph.digest,
        licences=graph.licences,
    )
    write_text(html, render(page, limit))
    click.echo(f"{html}: {graph.names[node]}, {len(edges):,} edges")


def _print_neighbourhood(graph: Graph, node: int, limit: int) -> None:
    from rich.table import Table
    from rich.text import Text

    from florey.cli.tables import console, named
    from florey.graph.neighbourhood import edges_around

    out = console()
    out.print(named(graph, graph.ids[node]))
    for label, values in (("also", graph.aliases), ("elsewhere", graph.xrefs), ("found in", graph.found_in)):
        if values[node]:
            out.print(Text(f"{label}: " + "; ".join(values[node])))
    edges = edges_around(graph, node)
    if not edges:
        out.print("no edges")
    for title, outgoing in (("from here", True), ("to here", False)):
        mine = [edge for edge in edges if (edge.subject == graph.ids[node]) == outgoing]
        if not mine:
            continue
        table = Table(title=f"{title}: {len(mine):,}" + (f", the first {limit}" if len(mine) > limit else ""))
        for column in ("relation", "", "node", "id", "frequency", "evidence", "reference"):
            table.add_column(column, overflow="fold")
        for edge in mine[:limit]:
            table.add_row(*_cells(graph, edge, outgoing))
            if edge.evidence.quote:
                table.add_row("", "", Text(f"“{edge.evidence.quote}”", style="italic"))
        out.print(table)


def _cells(graph: Graph, edge: Edge, outgoing: bool) -> tuple[Text, ...]:
    from rich.text import Text

    from florey.cli.tables import frequency

    other, evidence = edge.object if outgoing else edge.subject, edge.evidence
    measured = [f"{name} {getattr(evidence, name):g}" for name in ("score", "confidence") if getattr(evidence, name)]
    said = " ".join(filter(None, (evidence.source, evidence.code, *measured)))
    place = f"{evidence.page}@{evidence.revision or '?'}" if evidence.page else None
    reference = ", ".join(filter(None, (evidence.reference, place)))
    polarity = Text("" if edge.positive else "NOT", style="bold reverse")
    cells = (graph.names[graph.index(other)], other, frequency(graph, edge), said, reference)
    return Text(edge.relation), polarity, *(Text(cell) for cell in cells)


def _quartiles(values: list[float]) -> str:
    return " ".join(f"{value:g}" for value in values)
