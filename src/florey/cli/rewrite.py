"""`florey rewrite`: stems in a language model's words, linked back and certified again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from florey.cli.llm_options import LlmOptions, llm_options

if TYPE_CHECKING:
    from florey.llm.client import LlmClient
    from florey.llm.settings import LlmSettings
    from florey.records import Question
    from florey.synthesis.rewriting.rewriter import Dropped, Rewriter

SPENT = ("answers", "calls", "cache_hits", "retries", "reasks", "prompt_tokens", "completion_tokens", "cost")


@click.command()
@click.argument("questions", type=click.Path(path_type=Path))
@click.option("--graph", type=click.Path(path_type=Path), required=True, help="The graph they were made from.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="JSON Lines to write.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of the new stems.")
@click.option("--attempts", type=click.IntRange(min=1), default=3, show_default=True, help="Cases for a question.")
@click.option("--glossary", type=click.Path(path_type=Path), help="With zh: lines of id, tab, Chinese name.")
@click.option("--min-completeness", type=click.FloatRange(0, 1), default=0.2, show_default=True)
@click.option("--plan", "plan_only", is_flag=True, help="Estimate calls and tokens, ask nothing.")
@llm_options
def rewrite(
    questions: Path,
    graph: Path,
    out: Path,
    language: str,
    attempts: int,
    glossary: Path | None,
    min_completeness: float,
    plan_only: bool,
    llm: LlmOptions,
) -> None:
    """Rewrite the stems of the file QUESTIONS as clinical vignettes.

    Every text is linked back to the graph and its certificate issued again. What lost, gained or changed a fact is
    asked for again with the reason; what still drifts goes to OUT.dropped.jsonl. The same command goes on where it was
    stopped: answers are kept in a cache beside OUT.
    """
    from florey.errors import BadInput
    from florey.files import read_jsonl, write_jsonl
    from florey.graph.presence import Presence
    from florey.graph.store import Graph
    from florey.records import Question
    from florey.synthesis.rewriting.glossary import Glossary
    from florey.synthesis.rewriting.rewriter import Rewriter, Settings

    if glossary and language != "zh":
        raise BadInput("--glossary: only with --language zh")
    cache = out.with_name(f"{out.name}.llm.sqlite")
    settings = llm.settings(cache)
    if settings is None:
        raise BadInput("--llm-model: expected a model, with --llm-url, or --llm-local")
    asked = list(read_jsonl(questions, Question))
    opened = Graph.open(graph)
    names = Glossary.read(glossary, opened.ids) if glossary else None
    rewriter = Rewriter(Presence(opened, min_completeness), Settings(language, attempts), names)  # type: ignore[arg-type]
    if plan_only:
        _show_plan(rewriter, asked, settings)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    client = llm.client(cache)
    assert client  # there are settings
    outcomes = asyncio.run(_run(rewriter, client, asked))
    rewritten = [outcome for outcome in outcomes if isinstance(outcome, Question)]
    dropped = [outcome for outcome in outcomes if not isinstance(outcome, Question)]
    beside = out.with_name(f"{out.name}.dropped.jsonl")
    write_jsonl(beside, dropped)
    write_jsonl(out, rewritten)
    click.echo(f"{out}: {len(rewritten):,} of {len(asked):,} questions rewritten")
    _report(dropped, beside, client)


async def _run(rewriter: Rewriter, client: LlmClient, asked: Sequence[Question]) -> list[Question | Dropped]:
    from florey.pipeline.progress import Reporter
    from florey.synthesis.rewriting.rewriter import rewrite_all

    reporter = Reporter()
    try:
        bar = reporter.bar("questions")
        bar(0, len(asked), "the first answers")
        return await rewrite_all(rewriter, client, asked, bar)
    finally:
        reporter.close()
        await client.close()


def _show_plan(rewriter: Rewriter, asked: Sequence[Question], settings: LlmSettings) -> None:
    from florey.llm.accounting import plan
    from florey.llm.cache import Cache

    cache = Cache(settings.cache) if settings.cache and settings.cache.is_file() else None
    try:
        first = plan(rewriter.requests(asked), settings, cache)
    finally:
        if cache:
            cache.close()
    most = rewriter.settings.attempts
    click.echo(f"{len(asked):,} questions: {first.requests:,} calls, {first.cached:,} of them answered already")
    click.echo(f"to ask: {first.to_ask:,} calls, about {first.prompt_tokens:,} tokens to read")
    click.echo(f"        at most {first.completion_tokens:,} tokens to write, cost at most {first.cost:,.2f}")
    click.echo(f"Cases that drift are asked again, up to {most} times in all; that comes on top.")


def _report(dropped: Sequence[Dropped], beside: Path, client: LlmClient) -> None:
    counts = Counter(str(one.reason) for one in dropped)
    for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"  dropped: {reason}: {count:,}")
    if dropped:
        click.echo(f"  each with its reason in {beside}")
    spent = client.accounting.summary(client.settings)
    click.echo("language model: " + ", ".join(f"{name} {spent[name]:,}" for name in SPENT if spent[name]))
