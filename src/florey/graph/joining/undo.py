"""Taking a merge back: the entry in the overrides file that keeps ids apart from what they were merged with."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from florey.errors import BadInput, nearest
from florey.graph.joining.overrides import Apart
from florey.graph.store import Graph


def unmerge(graph: Graph, ids: Sequence[str], reason: str) -> list[Apart]:
    """For each entity that has some of `ids`, an entry that takes these out of it and leaves the rest as it is.

    Ids taken out of one entity may still be joined with each other, or with anything else. Raises BadInput for an id
    that is not in the graph or was not merged with anything.
    """
    if "merges.parquet" not in graph.manifest["files"]:
        raise BadInput(f"{graph.folder}: built from one source, nothing is merged in it")
    table = pl.read_parquet(graph.file("merges.parquet"), columns=["kept", "merged"])
    home = {merged: kept for kept, merged in table.iter_rows()}
    home |= {kept: kept for kept in table["kept"].to_list()}
    groups: dict[str, set[str]] = {}
    for id in ids:
        if id not in home:
            why = "is merged with nothing" if id in graph else f"is no id of {graph.folder}{nearest(id, home)}"
            raise BadInput(f"'{id}' {why}")
        groups.setdefault(home[id], set()).add(id)
    entries = []
    for kept, taken in sorted(groups.items()):
        rest = {member for member, root in home.items() if root == kept} - taken
        if not rest:
            raise BadInput(f"'{kept}': these are all its ids; name those that are to be taken out")
        entries.append(Apart(ids=tuple(sorted(taken)), others=tuple(sorted(rest)), reason=reason))
    return entries
