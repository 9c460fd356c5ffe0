"""florey graph discover: let the agent read Wikipedia."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from florey.cli.llm_options import LlmOptions, llm_options

if TYPE_CHECKING:
    from florey.graph.discovery.agent import Discovered
    from florey.graph.discovery.page_reader import PageReader
    from florey.graph.discovery.settings import DiscoverySettings
    from florey.graph.wiki.api import LiveWiki
    from florey.graph.wiki.dump_library import DumpLibrary
    from florey.llm.client import LlmClient
    from florey.llm.settings import LlmSettings

CACHE = "llm.sqlite"
SPENT = (
    *("answers", "calls", "cache_hits", "retries", "reasks", "prompt_tokens", "completion_tokens", "cost"),
    "damaged_rows",
)
LIVE = "live"
MOST_PLACES = 3  # damaged places of a dump that are shown
LARGE = 64 << 20  # bytes of a dump that are worth starting other processes


@click.command()
@click.argument("source", metavar="DUMP|live")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the journal; goes on if begun.")
@click.option("--seed", "seeds", multiple=True, metavar="TITLE", help="A page to start from. Repeatable.")
@click.option("--category", "categories", multiple=True, metavar="NAME", help="Start from all its pages. Repeatable.")
@click.option("--all", "everything", is_flag=True, help="Start from every page of a dump that looks medical.")
@click.option("--graph", "known", type=click.Path(path_type=Path), help="Graph whose names are linked to and typed by.")
@click.option("--pages", type=click.IntRange(min=1), help="Budget of pages. [100; with --all: all of them]")
@click.option("--tokens", type=click.IntRange(min=1), help="Budget of tokens for the language model.")
@click.option("--money", type=click.FloatRange(min=0, min_open=True), help="Budget in the currency of the prices.")
@click.option("--at-a-time", type=click.IntRange(min=1), default=8, show_default=True, help="Pages chosen together.")
@click.option("--processes", type=click.IntRange(min=1), help="To scan a dump; default: by its size.")
@click.option("--strict", is_flag=True, help="Refuse a dump that is damaged somewhere.")
@click.option("--contact", help="With 'live': your e-mail or web page, which Wikipedia asks for.")
@click.option("--api", default="https://en.wikipedia.org/w/api.php", show_default=True, help="With 'live': where.")
@click.option("--plan", "plan_only", is_flag=True, help="Read a few pages without the model, estimate, stop.")
@llm_options
def discover(
    source: str,
    out: Path,
    seeds: tuple[str, ...],
    categories: tuple[str, ...],
    everything: bool,
    known: Path | None,
    pages: int | None,
    tokens: int | None,
    money: float | None,
    at_a_time: int,
    processes: int | None,
    strict: bool,
    contact: str | None,
    api: str,
    plan_only: bool,
    llm: LlmOptions,
) -> None:
    """Read Wikipedia page by page, choosing the next one by what it should add, and keep a journal in --out.

    SOURCE is a pages-articles dump (.xml, .xml.bz2, multistream with its index beside it), or the word 'live' for the
    API of a wiki. What was found becomes part of a graph by a source {kind: wikipedia, path: OUT} of
    'florey graph build'. Without --llm-url, relations come from infoboxes, links and lexical patterns alone.
    """
    from florey.graph.discovery.page_reader import PageReader
    from florey.graph.discovery.settings import Budget, DiscoverySettings
    from florey.graph.discovery.vocabulary import Vocabulary
    from florey.graph.linking.linker import names_of_graph
    from florey.graph.store import Graph

    with _opened(source, out, contact, api, processes, strict) as wiki:
        limit = pages or (max(1, len(wiki.titles())) if everything else 100)
        settings = DiscoverySettings(
            seeds=seeds,
            categories=categories,
            everything=everything,
            budget=Budget(pages=limit, tokens=tokens, money=money),
            pages_at_a_time=at_a_time,
        )
        reader = PageReader(wiki, Vocabulary(names_of_graph(Graph.open(known)) if known else ()), settings)
        if plan_only:
            _show_plan(reader, settings, llm.settings(out / CACHE))
            return
        client = llm.client(out / CACHE)
        if client is None:
            click.echo("no language model: relations come from infoboxes, links and lexical patterns alone")
        found = asyncio.run(_run(reader, settings, out, client))
    _report(found, out, client)


def _opened(
    source: str, out: Path, contact: str | None, api: str, processes: int | None, strict: bool
) -> DumpLibrary | LiveWiki:
    from florey.errors import BadInput
    from florey.graph.wiki.api import LiveWiki
    from florey.graph.wiki.dump_library import DumpLibrary, index_beside
    from florey.pipeline.progress import Reporter

    if source == LIVE:
        if not contact:
            raise BadInput("--contact: expected your mail address or web page; Wikipedia asks every program for one")
        return LiveWiki(contact, out / "pages", base_url=api)
    dump = Path(source)
    out.mkdir(parents=True, exist_ok=True)
    cores = 1 if dump.is_file() and dump.stat().st_size < LARGE else os.cpu_count() or 1
    reporter = Reporter()
    try:
        library = DumpLibrary.open(
            dump,
            out / "dump.sqlite",
            index=index_beside(dump),
            strict=strict,
            processes=processes or cores,
            progress=reporter.bar("reading the dump once, bytes"),
        )
    finally:
        reporter.close()
    for place in library.counts.places[:MOST_PLACES]:
        click.echo(f"warning: {place}; what stands there is not read", err=True)
    if (more := library.counts.dropped.total() - MOST_PLACES) > 0:
        click.echo(f"warning: {more:,} more damaged places; --strict refuses such a dump", err=True)
    return library


async def _run(reader: PageReader, settings: DiscoverySettings, out: Path, client: LlmClient | None) -> Discovered:
    from florey.graph.discovery.agent import discover as read_on
    from florey.pipeline.progress import Reporter

    reporter = Reporter()
    try:
        bar = reporter.bar("pages")
        bar(0, settings.budget.pages, "the first pages")  # a model may need minutes for them
        return await read_on(reader, settings, out, llm=client, progress=bar)
    finally:
        reporter.close()
        if client:
            await client.close()


def _show_plan(reader: PageReader, settings: DiscoverySettings, llm: LlmSettings | None) -> None:
    from florey.graph.discovery.plan import plan_discovery

    for line in plan_discovery(reader, settings, llm).lines():
        click.echo(line)


def _report(found: Discovered, out: Path, client: LlmClient | None) -> None:
    counts = found.counts()
    click.echo(f"stopped: {counts['stopped']}; {counts['waiting']:,} pages wait")
    for title in ("pages", "types", "relations", "dropped"):
        if counts[title]:
            click.echo(f"{title}: " + ", ".join(f"{name} {count:,}" for name, count in counts[title].items()))
    if "read" not in counts["pages"]:
        click.echo("warning: no page was read; are the titles right, and is the dump one of medical pages?", err=True)
    if client:
        spent = client.accounting.summary(client.settings)
        click.echo("language model: " + ", ".join(f"{name} {spent[name]:,}" for name in SPENT if spent[name]))
    click.echo(f"Journal: {out / 'journal.jsonl'}. As part of a graph, in the file for 'florey graph build':")
    click.echo(f"  - {{kind: wikipedia, path: {out}}}")
