"""`florey distill`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from florey.cli.llm_options import LlmOptions, llm_options

if TYPE_CHECKING:
    from florey.llm.client import LlmClient
    from florey.llm.settings import LlmSettings
    from florey.records import Question
    from florey.teaching.distill import Distilled
    from florey.teaching.model_teacher.distillation import ModelDistilled, ModelTeaching

_TIERS = ("easy", "moderate", "difficult")
_STRATEGIES = ("direct", "backtracking", "path_exploration", "self_correction")
_TEACHES = ("uncertified", "certified", "all")
FILE = click.Path(path_type=Path)


@click.command()
@click.argument("questions", type=FILE)
@click.option("--graph", type=FILE, help="Folder of the graph they were made from; the graph teacher needs it.")
@click.option("--out", required=True, type=FILE, help="Where the traces go (JSON Lines).")
@click.option("--budget", default=1000, show_default=True, type=click.IntRange(0), help="Questions that get traces.")
@click.option("--tier", "tiers", multiple=True, type=click.Choice(_TIERS), help="Only these tiers; may be repeated.")
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    default=("direct",),
    show_default=True,
    type=click.Choice(_STRATEGIES),
    help="Kind of trace the graph teacher writes; may be repeated.",
)
@click.option("--teaches", type=click.Choice(_TEACHES), default="uncertified", show_default=True, help="With a model.")
@click.option("--samples", type=click.IntRange(1), default=4, show_default=True, help="Attempts without the answer.")
@click.option("--turns", type=click.IntRange(0), default=2, show_default=True, help="Repairs of a refused trace.")
@click.option("--max-tokens", type=click.IntRange(16), default=2048, show_default=True, help="Of one attempt.")
@click.option("--seed", default=0, show_default=True)
@click.option("--plan", "plan_only", is_flag=True, help="Estimate what the model would cost, ask nothing.")
@llm_options
def distill(
    questions: Path,
    graph: Path | None,
    out: Path,
    budget: int,
    tiers: tuple[str, ...],
    strategies: tuple[str, ...],
    teaches: str,
    samples: int,
    turns: int,
    max_tokens: int,
    seed: int,
    plan_only: bool,
    llm: LlmOptions,
) -> None:
    """Write reasoning traces for training questions of QUESTIONS, and check them.

    The graph teacher writes from certificates. With --llm-url or --llm-local a language model teaches beside it: first
    without the answer, then with it, then by repairing what was refused; all that it wrote goes to OUT.attempts.jsonl.
    The same command goes on where it was stopped: its answers are kept in a cache beside OUT.
    """
    from florey.errors import BadInput
    from florey.files import read_jsonl, write_jsonl
    from florey.graph.store import Graph
    from florey.records import Question
    from florey.teaching.distill import DistillConfig
    from florey.teaching.distill import distill as run
    from florey.teaching.model_teacher.distillation import ModelTeaching, chosen

    cache = out.with_name(f"{out.name}.llm.sqlite")
    settings = llm.settings(cache)
    if graph is None and settings is None:
        raise BadInput("--graph: expected the graph that the questions were made from, or a model with --llm-url")
    model = {
        "model": settings.model if settings else "none",
        **{"teaches": teaches, "samples": samples, "turns": turns, "max_tokens": max_tokens},
        **{"budget": max(budget, 1), "seed": seed},
    }
    config = DistillConfig.model_validate(
        {
            **{"budget": budget if graph else 0, "tiers": tiers or _TIERS, "seed": seed},
            **{"strategies_trained": strategies, "strategies_generated": strategies},
        }
    )
    teaching = ModelTeaching.model_validate(model)
    asked = list(read_jsonl(questions, Question))
    opened = Graph.open(graph) if graph else None
    names = dict(zip(opened.ids, opened.names, strict=True)) if opened else {}
    taught = chosen(asked, teaching, config.tiers) if settings else []
    if plan_only:
        _show_plan(taught, teaching, names, settings)
        return
    distilled = run(asked, config, names)
    traces = list(distilled.traces)
    made: ModelDistilled | None = None
    client: LlmClient | None = None
    if settings:
        out.parent.mkdir(parents=True, exist_ok=True)
        client = llm.client(cache)
        assert client is not None  # there are settings
        made = asyncio.run(_teach(client, taught, teaching, names))
        traces += made.selected.traces
        write_jsonl(out.with_name(f"{out.name}.attempts.jsonl"), made.attempts)
    write_jsonl(out, traces)
    click.echo(f"{len(traces)} traces: {out}")
    if graph:
        _tell_graph_teacher(distilled)
    if made and client:
        _tell_model(made.summary, client.settings.model)
        _tell_spent(client)


async def _teach(
    client: LlmClient, taught: list[Question], teaching: ModelTeaching, names: Mapping[str, str]
) -> ModelDistilled:
    from florey.pipeline.progress import Reporter
    from florey.teaching.model_teacher.distillation import distill_by_model

    reporter = Reporter()
    bars: dict[str, Any] = {}

    def progress(phase: str, done: int, total: int) -> None:
        if phase not in bars:
            bars[phase] = reporter.bar(phase)
        bars[phase](done, total, "")

    try:
        return await distill_by_model(client, taught, teaching, names, progress)
    finally:
        reporter.close()
        await client.close()


def _show_plan(
    taught: list[Question], teaching: ModelTeaching, names: Mapping[str, str], settings: LlmSettings | None
) -> None:
    from florey.llm.accounting import cost
    from florey.llm.requests import Usage
    from florey.teaching.model_teacher.planning import phases

    if settings is None:
        click.echo("the graph teacher asks no model: nothing to estimate")
        return
    click.echo(f"{len(taught):,} questions for {settings.model}; if it solves {teaching.assumed_pass:.0%} of them:")
    for phase in phases(taught, names, teaching):
        money = cost(Usage(phase.prompt_tokens, phase.completion_tokens), settings)
        click.echo(
            f"  {phase.name}: {phase.expected:,} requests (at most {phase.at_most:,}), about "
            f"{phase.prompt_tokens:,} tokens to read, at most {phase.completion_tokens:,} to write, cost {money:,.2f}"
        )


def _tell_graph_teacher(distilled: Distilled) -> None:
    click.echo(f"graph teacher: {len(distilled.traces)}")
    for strategy, count in distilled.strategies.items():
        click.echo(f"  {strategy}: {count.generated} written, {count.checked} true, {count.kept} kept")
    for reason, dropped in distilled.dropped.items():
        click.echo(f"  without a trace {dropped:>6}  {reason}")


def _tell_model(found: Mapping[str, Any], name: str) -> None:
    click.echo(f"{name}: {found['kept']} kept of {found['accepted']} accepted, told the answer for {found['told']}")
    for kind, row in found["yields"].items():
        click.echo(f"  {kind}: " + ", ".join(f"{count} {what}" for what, count in row.items()))
    for reason, count in found["refused"].items():
        click.echo(f"  refused {count:>6}  {reason}")
    for reason, count in found["left"].items():
        click.echo(f"  left    {count:>6}  {reason}")


def _tell_spent(client: LlmClient) -> None:
    spent = client.accounting.summary(client.settings)
    click.echo(
        f"language model: {spent['calls']:,} calls, {spent['cache_hits']:,} from the cache, "
        f"{spent['prompt_tokens']:,} + {spent['completion_tokens']:,} tokens, cost {spent['cost']:,.2f}"
    )
