"""florey graph sample: the neighbourhood of some nodes as a graph of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from florey.graph.store import Graph

FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("folder", metavar="GRAPH", type=FOLDER)
@click.option("--start", "starts", multiple=True, required=True, metavar="NODE", help="An id or a name; repeatable.")
@click.option("--method", default="walk", show_default=True, metavar="METHOD", help="walk, fire or ego.")
@click.option("--nodes", type=click.IntRange(min=1), required=True, help="How many nodes to draw at most.")
@click.option("--relation", "relations", multiple=True, metavar="RELATION", help="Go along these only; repeatable.")
@click.option("--radius", type=click.IntRange(min=0), help="Of ego: at most so many steps from a start.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", type=FOLDER, required=True, help="Folder to write; a graph there is replaced.")
def sample(
    folder: Path,
    starts: tuple[str, ...],
    method: str,
    nodes: int,
    relations: tuple[str, ...],
    radius: int | None,
    seed: int,
    out: Path,
) -> None:
    """Write the neighbourhood of some nodes of GRAPH as a graph.

    \b
    walk  the nodes that random walks with restart come to most often
    fire  a forest fire: a node sets some of its neighbours on fire
    ego   the nearest nodes

    All edges between the nodes drawn are kept with their evidence. So that what holds stays so, their ancestors and
    what links them by way of a narrower term are kept besides.
    """
    from florey.errors import BadInput
    from florey.graph.neighbourhood import find
    from florey.graph.sampling.region import region
    from florey.graph.sampling.subgraph import write_subgraph
    from florey.graph.store import Graph

    if radius is not None and method != "ego":
        raise BadInput(f"--radius: is of --method ego, not of {method}")
    graph = Graph.open(folder)
    begins = sorted({find(graph, start) for start in starts})
    drawn = region(graph, begins, method, nodes, seed, relations or None, radius)
    how = {"start": [graph.ids[i] for i in begins], "method": method, "nodes": nodes, "seed": seed}
    how |= {"relations": sorted(relations), "radius": radius}
    write_subgraph(graph, drawn, out, {"sampled": how})
    _print(Graph.open(out), len(drawn), out)


def _print(part: Graph, drawn: int, out: Path) -> None:
    from collections import Counter

    from florey.cli.tables import print_table

    relations = part.edge_table()["relation"].to_list()
    for title, found in ((f"{len(part):,} nodes", part.types), (f"{len(relations):,} edges", relations)):
        print_table(title, "what", {what: {"count": count} for what, count in Counter(found).most_common()})
    click.echo(f"{out}: {drawn:,} nodes drawn, {len(part) - drawn:,} more so that what holds stays so")
