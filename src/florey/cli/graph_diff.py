"""florey graph diff: what an update changed, and which questions it made untrue."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from florey.graph.diff import Diff
    from florey.graph.store import Graph
    from florey.synthesis.replay.outdated import Outdated

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("old_folder", metavar="OLD", type=FILE)
@click.argument("new_folder", metavar="NEW", type=FILE)
@click.option("--questions", type=FILE, help="Questions made from OLD: list those that do not hold in NEW.")
@click.option("--min-completeness", type=click.FloatRange(0, 1), default=0.2, show_default=True, help="As in verify.")
@click.option("--examples", type=click.IntRange(min=0), default=3, show_default=True, help="Examples of each change.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def diff(
    old_folder: Path, new_folder: Path, questions: Path | None, min_completeness: float, examples: int, as_json: bool
) -> None:
    """Show what graph NEW has otherwise than graph OLD: nodes, edges by relation and source, and polarities.

    With --questions, replay each certificate on NEW; exit 1 if one is broken: its answer no longer satisfies the stem,
    or another option is no longer excluded. A stale one still holds but cites edges that are gone.
    """
    from florey.files import read_jsonl
    from florey.graph.diff import diff as compare
    from florey.graph.store import Graph
    from florey.records import Question
    from florey.synthesis.replay.outdated import outdated

    old, new = Graph.open(old_folder), Graph.open(new_folder)
    asked = list(read_jsonl(questions, Question)) if questions else []
    found = compare(old, new)
    failed = outdated(asked, new_folder, min_completeness, dict(found.merged)) if asked else []
    if as_json:
        said: dict[str, Any] = {"old": old.digest, "new": new.digest, **_summary(found, old, new, examples)}
        if questions:
            said["questions"] = {"all": len(asked), "outdated": [each._asdict() for each in failed]}
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        _print_diff(found, old, new, examples)
        if questions:
            _print_questions(failed, len(asked), new_folder)
    if any(each.kind == "broken" for each in failed):
        raise click.exceptions.Exit(1)


def _summary(found: Diff, old: Graph, new: Graph, examples: int) -> dict[str, Any]:
    """Counts and a few examples of each kind of change; edges by relation and source."""
    from florey.graph.diff import by_relation_and_source

    def nodes(ids: Sequence[str], graph: Graph) -> dict[str, Any]:
        kinds = Counter(graph.types[graph.index(i)] for i in ids)
        few = [f"{i} {graph.names[graph.index(i)]}" for i in ids[:examples]]
        return {"all": len(ids), "by_type": dict(sorted(kinds.items())), "examples": few}

    def edges(changes: Sequence[Any]) -> dict[str, Any]:
        groups = [
            {
                "relation": relation,
                "source": source,
                "edges": len(group),
                "examples": [each._asdict() for each in group[:examples]],
            }
            for (relation, source), group in by_relation_and_source(changes).items()
        ]
        return {"all": len(changes), "by_relation_and_source": groups}

    def listed(changes: Sequence[Any]) -> dict[str, Any]:
        return {"all": len(changes), "examples": [list(each) for each in changes[:examples]]}

    return {
        "nodes": {
            "added": nodes(found.nodes_added, new),
            "removed": nodes(found.nodes_removed, old),
            **{kind: listed(getattr(found, kind)) for kind in ("renamed", "retyped", "merged", "split")},
        },
        "edges": {
            "added": edges(found.edges_added),
            "removed": edges(found.edges_removed),
            "turned": edges(found.turned),
            "restated": found.restated,
        },
    }


def _print_diff(found: Diff, old: Graph, new: Graph, examples: int) -> None:
    from florey.cli.tables import print_table

    if found.empty:
        click.echo("no node and no statement differs")
        return
    said = _summary(found, old, new, examples)
    rows = {}
    for kind, change in said["nodes"].items():
        if change["all"]:
            few = "; ".join(each if isinstance(each, str) else " → ".join(each) for each in change["examples"])
            rows[kind] = {"nodes": change["all"], "for example": few}
    if rows:
        print_table("nodes", "change", rows)
    rows = {}
    for kind in ("added", "removed", "turned"):
        for group in said["edges"][kind]["by_relation_and_source"]:
            few = "; ".join(_edge(each, old, new) for each in group["examples"])
            rows[f"{kind}: {group['relation']}, {group['source']}"] = {"edges": group["edges"], "for example": few}
    if rows:
        print_table("edges, one a source", "change", rows)
    if found.restated:
        click.echo(f"{found.restated:,} edges say the same with other evidence")


def _edge(said: dict[str, str], old: Graph, new: Graph) -> str:
    def name(node_id: str) -> str:
        graph = new if node_id in new else old
        return graph.names[graph.index(node_id)]

    if "before" in said:
        polarity = f"{said['before']} → {said['after']}: "
    else:
        polarity = "" if said["polarity"] == "yes" else f"{said['polarity']}: "
    return f"{polarity}{name(said['subject'])} – {name(said['object'])}"


def _print_questions(failed: Sequence[Outdated], asked: int, folder: Path) -> None:
    counts = Counter(each.kind for each in failed)
    for each in failed:
        if each.kind == "broken":
            click.echo(f"{each.question_id}: {each.reason}")
    click.echo(
        f"{asked} questions: {counts['broken']} no longer hold in {folder}, {counts['stale']} hold but cite what is "
        f"gone (to be issued again), {asked - len(failed)} hold as they are"
    )
