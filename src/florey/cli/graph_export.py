"""florey graph export: a graph in other people's formats."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="GRAPH", type=click.Path(path_type=Path))
@click.option("--format", required=True, metavar="FORMAT", help="kgx, parquet, graphml or neo4j-csv.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write; an export is replaced.")
def export(folder: Path, format: str, out: Path) -> None:
    """Write GRAPH with its licences into a folder.

    \b
    kgx        nodes.tsv and edges.tsv with Biolink categories and predicates
    parquet    nodes.parquet and edges.parquet, names and types in every row
    graphml    graph.graphml
    neo4j-csv  nodes.csv and edges.csv for neo4j-admin, and the command in import.sh
    """
    from florey.graph.export import export as write
    from florey.graph.store import Graph

    files = write(Graph.open(folder), format, out)
    click.echo(f"{out}: {', '.join(files)}")
