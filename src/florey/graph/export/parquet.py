"""Flat Parquet: nodes.parquet, and edges.parquet with the names and types of both ends in every row."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from florey.graph.store import Graph


def write(graph: Graph, folder: Path) -> None:
    nodes = pl.scan_parquet(graph.file("nodes.parquet"))
    nodes.sink_parquet(folder / "nodes.parquet")
    edges = pl.scan_parquet(graph.file("edges.parquet")).with_columns(pl.col(pl.Categorical).cast(pl.String))
    for end in ("subject", "object"):
        named = nodes.select(pl.col("id").alias(end), *(pl.col(c).alias(f"{end}_{c}") for c in ("name", "type")))
        edges = edges.join(named, on=end, how="left", maintain_order="left")
    edges.sink_parquet(folder / "edges.parquet")
