"""`florey distill`."""

from __future__ import annotations

from pathlib import Path

import click

_TIERS = ("easy", "moderate", "difficult")
_STRATEGIES = ("direct", "backtracking", "path_exploration", "self_correction")


@click.command()
@click.argument("questions", type=click.Path(path_type=Path))
@click.option(
    "--graph", required=True, type=click.Path(path_type=Path), help="Folder of the graph they were made from."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Where the traces go (JSON Lines).")
@click.option("--budget", default=1000, show_default=True, type=click.IntRange(0), help="Questions that get traces.")
@click.option("--tier", "tiers", multiple=True, type=click.Choice(_TIERS), help="Only these tiers; may be repeated.")
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    default=("direct",),
    show_default=True,
    type=click.Choice(_STRATEGIES),
    help="Kind of trace to write; may be repeated.",
)
@click.option("--seed", default=0, show_default=True)
def distill(
    questions: Path, graph: Path, out: Path, budget: int, tiers: tuple[str, ...], strategies: tuple[str, ...], seed: int
) -> None:
    """Write reasoning traces for training questions of QUESTIONS from their certificates, and check them."""
    from florey.files import read_jsonl, write_jsonl
    from florey.graph.store import Graph
    from florey.records import Question
    from florey.teaching.distill import DistillConfig
    from florey.teaching.distill import distill as run

    chosen = {
        "budget": budget,
        "tiers": tiers or _TIERS,
        "strategies_trained": strategies,
        "strategies_generated": strategies,
        "seed": seed,
    }
    config = DistillConfig.model_validate(chosen)
    opened = Graph.open(graph)
    names = dict(zip(opened.ids, opened.names, strict=True))
    distilled = run(read_jsonl(questions, Question), config, names)
    write_jsonl(out, distilled.traces)
    click.echo(f"{len(distilled.traces)} traces: {out}")
    for strategy, count in distilled.strategies.items():
        click.echo(f"  {strategy}: {count.generated} written, {count.checked} true, {count.kept} kept")
    for reason, dropped in distilled.dropped.items():
        click.echo(f"  without a trace {dropped:>6}  {reason}")
