"""florey graph: build a knowledge graph, look at it, live with it."""

from __future__ import annotations

import click

from florey.cli.lazy import LazyGroup

COMMANDS = {
    "build": ("florey.cli.graph_build", "Build a graph from one source or from many, joined."),
    "unmerge": ("florey.cli.graph_build", "Take back what joining got wrong, for the next build."),
    "stats": ("florey.cli.graph_look", "Count nodes, edges, evidence, degrees and dropped rows."),
    "discover": ("florey.cli.graph_discover", "Let the agent read Wikipedia and find entities and relations."),
    "show": ("florey.cli.graph_look", "Show an entity's neighbourhood with the evidence of every edge."),
    "review": ("florey.cli.graph_review", "Judge a sample of edges by hand; precision with intervals."),
    "export": ("florey.cli.graph_export", "Write a graph as KGX, Parquet, GraphML or for neo4j-admin."),
    "sample": ("florey.cli.graph_sample", "Write the neighbourhood of some nodes as a graph of its own."),
    "diff": ("florey.cli.graph_diff", "Compare two graphs, and find the questions that no longer hold."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def graph() -> None:
    """Build a knowledge graph and look at it."""
