"""Tables and names in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from florey.graph.store import Graph
    from florey.records import Edge


def console() -> Console:
    """As wide as the terminal; wide enough for whole rows where the output goes to a file or a pipe."""
    from rich.console import Console

    return Console(highlight=False) if sys.stdout.isatty() else Console(width=200, highlight=False)


def print_table(title: str, key: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """One row a key, one column a name that any row has; whole numbers with commas, to the right."""
    from rich.table import Table
    from rich.text import Text

    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    numeric = {name for name in columns if all(isinstance(row.get(name, 0), int) for row in rows.values())}
    table = Table(title=title)
    table.add_column(key)
    for column in columns:
        table.add_column(column, justify="right" if column in numeric else "left")
    for name, row in rows.items():
        cells = [
            f"{row[column]:,}" if isinstance(row.get(column), int) else str(row.get(column, "")) for column in columns
        ]
        table.add_row(*(Text(cell) for cell in (name, *cells)))
    console().print(table)


def frequency(graph: Graph, edge: Edge) -> str:
    """The frequency in words: a frequency class is a node like any other."""
    text = edge.evidence.frequency or ""
    return graph.names[graph.index(text)] if text in graph else text


def named(graph: Graph, node_id: str) -> Text:
    """A node's name, with its type and id after it."""
    from rich.text import Text

    node = graph.index(node_id)
    return Text(graph.names[node], style="bold").append(f"  {graph.types[node]} {node_id}", style="not bold dim")
