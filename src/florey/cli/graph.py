"""florey graph: build a knowledge graph, look at it, live with it."""

from __future__ import annotations

import click

from florey.cli.lazy import LazyGroup

COMMANDS = {
    "build": ("florey.cli.graph_build", "Build a graph from one source or from many, joined."),
    "stats": ("florey.cli.graph_look", "Count nodes, edges, evidence, degrees and dropped rows."),
    "show": ("florey.cli.graph_look", "Show an entity's neighbourhood with the evidence of every edge."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def graph() -> None:
    """Build a knowledge graph and look at it."""
