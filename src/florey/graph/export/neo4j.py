"""CSV for `neo4j-admin database import full`, with the command in import.sh."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from florey.files import write_text
from florey.graph.export.tables import SEPARATOR, joined, text, write_csv
from florey.graph.store import Graph

COMMAND = f"""#!/bin/sh
# Loads the graph into a new database of a stopped Neo4j server; lists are separated by "{SEPARATOR}".
cd "$(dirname "$0")" && neo4j-admin database import full "${{1:-florey}}" --array-delimiter="{SEPARATOR}" \\
  --nodes=nodes.csv --relationships=edges.csv
"""
_TYPES: dict[pl.DataType, str] = {pl.Int64(): ":long", pl.Float64(): ":double", pl.Boolean(): ":boolean"}


def write(graph: Graph, folder: Path) -> None:
    write_csv(graph.file("nodes.parquet"), folder / "nodes.csv", _nodes, separator=",", quotes="necessary")
    write_csv(graph.file("edges.parquet"), folder / "edges.csv", _edges, separator=",", quotes="necessary")
    write_text(folder / "import.sh", COMMAND)


def _nodes(_: pl.DataFrame) -> list[pl.Expr]:
    lists = [joined(name).alias(f"{name}:string[]") for name in ("aliases", "xrefs", "sources")]
    return [text("id").alias("id:ID"), text("type").alias(":LABEL"), text("name"), text("vocabulary"), *lists]


def _edges(table: pl.DataFrame) -> list[pl.Expr]:
    ends = [text("subject").alias(":START_ID"), text("object").alias(":END_ID"), text("relation").alias(":TYPE")]
    rest = [name for name in table.columns if name not in ("subject", "object", "relation")]
    return [*ends, *(_property(name, table.schema[name]) for name in rest)]


def _property(name: str, kind: pl.DataType) -> pl.Expr:
    return text(name).alias(f"{name}{_TYPES.get(kind, '')}")
