"""GraphML (http://graphml.graphdrawing.org/specification.html): one directed graph with parallel edges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import polars as pl

from florey.graph.export.tables import SEPARATOR, slices
from florey.graph.store import Graph

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold, not even as a reference: https://www.w3.org/TR/xml/#charsets."""
_TYPES: dict[pl.DataType, str] = {pl.Int64(): "long", pl.Float64(): "double", pl.Boolean(): "boolean"}
_ENDS = ("edge_id", "subject", "object")


def write(graph: Graph, folder: Path) -> None:
    tables = {kind: graph.file(f"{kind}s.parquet") for kind in ("node", "edge")}
    with (folder / "graph.graphml").open("w", encoding="utf-8", newline="\n") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n')
        for kind, path in tables.items():
            for name, type in pl.read_parquet_schema(path).items():
                if name not in ("id", *_ENDS):
                    attributes = f'for="{kind}" attr.name="{name}" attr.type="{_TYPES.get(type, "string")}"'
                    out.write(f'  <key id="{kind}.{name}" {attributes}/>\n')
        out.write('  <graph id="G" edgedefault="directed">\n')
        for row in _rows(tables["node"]):
            out.write(f"    <node id={_attribute(row['id'])}>{_data('node', row)}</node>\n")
        for row in _rows(tables["edge"]):
            ends = f"source={_attribute(row['subject'])} target={_attribute(row['object'])}"
            out.write(f"    <edge id={_attribute(row['edge_id'])} {ends}>{_data('edge', row)}</edge>\n")
        out.write("  </graph>\n</graphml>\n")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for piece in slices(path):
        yield from piece.iter_rows(named=True)


def _attribute(value: str) -> str:
    return quoteattr(_ILLEGAL.sub("", value))


def _data(kind: str, row: Mapping[str, Any]) -> str:
    """A data element for each value there is: lists joined, an empty list like null."""
    return "".join(
        f'<data key="{kind}.{name}">{escape(_ILLEGAL.sub("", _text(value)))}</data>'
        for name, value in row.items()
        if value is not None and value != [] and name not in ("id", *_ENDS)
    )


def _text(value: Any) -> str:
    if isinstance(value, list):
        return SEPARATOR.join(each.replace(SEPARATOR, "/") for each in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
