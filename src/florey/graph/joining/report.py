"""What joining did, for people: counts and examples in joining.json, every merge and refusal in Parquet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from florey.files import digest, write_json, written_aside
from florey.graph.joining.edges import Broken
from florey.graph.joining.join import Joined

FILES = ("joining.json", "merges.parquet", "refused.parquet")
EXAMPLES = 5
MERGE_COLUMNS = (
    *("kept", "kept_name", "merged", "merged_name", "type", "rule", "reason", "one", "other"),
    *("kept_sources", "merged_sources"),
)
REFUSAL_COLUMNS = ("one", "one_name", "one_type", "other", "other_name", "other_type", "rule", "reason", "obstacle")


def write_report(folder: Path, joined: Joined, broken: Sequence[Broken]) -> tuple[str, ...]:
    """Write the three files; returns their names. Equal joins give equal bytes."""
    merges, refusals = merge_table(joined), refusal_table(joined)
    for name, table in (("merges", merges), ("refused", refusals)):
        with written_aside(folder / f"{name}.parquet") as aside:
            table.write_parquet(aside)
    write_json(folder / "joining.json", {**summary(joined), "is_a_circles": [_broken(each) for each in broken]})
    return FILES


def summary(joined: Joined) -> dict[str, Any]:
    """Counts by rule, with examples drawn by a hash, so that they are no choice of anybody's."""
    merges, refusals = merge_table(joined), refusal_table(joined)
    return {
        "sources": list(joined.sources),
        "ids": len(joined.canonical),
        "entities": len(joined.canonical) - merges.height,
        "merges": {"all": merges.height, "by_rule": _by(merges, "rule")},
        "refused": {
            "all": refusals.height,
            "by_obstacle": _by(refusals, "obstacle"),
        },
        "type_conflicts": [conflict._asdict() for conflict in sorted(joined.conflicts)],
    }


def counts_of(joined: Joined) -> dict[str, dict[str, int]]:
    """How many merges by rule and refusals by obstacle."""
    return {
        "merges": dict(sorted(Counter(merge.proposal.rule for merge in joined.merges).items())),
        "refused": dict(sorted(Counter(refusal_table(joined)["obstacle"].to_list()).items())),
    }


def merge_table(joined: Joined) -> pl.DataFrame:
    """One row a merged id, sorted: what stands for it now, and the pair of ids and the rule that brought it there."""
    entities, find = joined.clusters.entities, joined.clusters.find
    rows = []
    for lost, proposal in joined.merges:
        kept, merged = entities[find(lost)], entities[lost]
        pair = (entities[proposal.one].id, entities[proposal.other].id)
        what = (kept.id, kept.name, merged.id, merged.name, kept.type, proposal.rule, proposal.reason)
        rows.append((*what, *pair, ", ".join(kept.sources), ", ".join(merged.sources)))
    return _table(rows, MERGE_COLUMNS)


def refusal_table(joined: Joined) -> pl.DataFrame:
    """One row a refused merge, sorted, with the obstacle."""
    rows = []
    for proposal, obstacle in joined.refusals:
        one, other = joined.clusters.entities[proposal.one], joined.clusters.entities[proposal.other]
        ends = (one.id, one.name, one.type, other.id, other.name, other.type)
        rows.append((*ends, proposal.rule, proposal.reason, obstacle))
    return _table(rows, REFUSAL_COLUMNS)


def _table(rows: Iterable[tuple[str, ...]], columns: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(sorted(set(rows)), dict.fromkeys(columns, pl.String), orient="row")


def _by(table: pl.DataFrame, column: str) -> dict[str, dict[str, Any]]:
    counts = Counter(table[column].to_list())
    examples: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(table.iter_rows(named=True), key=digest):
        if len(examples[row[column]]) < EXAMPLES:
            examples[row[column]].append(row)
    return {name: {"count": count, "examples": examples[name]} for name, count in sorted(counts.items())}


def _broken(each: Broken) -> dict[str, str]:
    found = each.statement
    return {"child": found.subject, "parent": found.object, "source": each.source, "edge_id": found.edge_id}
