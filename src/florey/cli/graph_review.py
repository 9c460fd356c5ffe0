"""florey graph review: judge a sample of edges by hand; precision with intervals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from florey.cli.keyboard import keyboard

if TYPE_CHECKING:
    from rich.text import Text

    from florey.graph.precision import Precision, Report, Share
    from florey.graph.review import Reviews, Word
    from florey.graph.store import Graph
    from florey.records import Edge

FILE = click.Path(path_type=Path)
_KEYS: dict[str, Word] = {"r": "right", "w": "wrong", "u": "unsure"}
_HELP = "[r]ight  [w]rong  [u]nsure  [b]ack  [q]uit"


@click.command()
@click.argument("folder", metavar="GRAPH", type=FILE)
@click.option("--relation", "relations", multiple=True, help="Only this relation; may be given several times.")
@click.option("--source", "sources", multiple=True, help="Only this source; may be given several times.")
@click.option("--count", type=click.IntRange(min=1), default=50, show_default=True, help="Edges in the sample.")
@click.option("--seed", type=click.IntRange(0, 2**63), default=0, show_default=True, help="Another seed, other edges.")
@click.option("--by", default="reviewer", show_default=True, help="Whose judgements these are.")
@click.option("--list", "as_list", is_flag=True, help="Print the sample as JSON Lines, to judge it elsewhere.")
@click.option("--judgements", type=FILE, help="Read judgements made elsewhere: lines of --list with their verdict.")
@click.option("--report", "only_report", is_flag=True, help="Only report what has been judged, by everyone.")
@click.option("--json", "as_json", is_flag=True, help="The report machine-readable.")
def review(
    folder: Path,
    relations: tuple[str, ...],
    sources: tuple[str, ...],
    count: int,
    seed: int,
    by: str,
    as_list: bool,
    judgements: Path | None,
    only_report: bool,
    as_json: bool,
) -> None:
    """Judge a seeded sample of edges, even over sources and relations, and see the precision of each.

    Every judgement is kept in GRAPH/reviews at once: quit at any time, and the same command goes on. With --by, a
    second reviewer judges the same sample, and the report adds their agreement.
    """
    from florey.graph.review import Reviews, draw, read_answers, sample_line, strata
    from florey.graph.store import Graph

    graph = Graph.open(folder)
    reviews = Reviews(graph)
    verdicts = reviews.verdicts(by)
    if judgements is not None:
        click.echo(f"{reviews.add(by, read_answers(judgements, graph))} judgements by {by}", err=True)
    elif not only_report:
        sample = draw(graph, strata(graph, relations, sources), count, seed)
        if as_list:
            for edge in sample:
                click.echo(sample_line(graph, edge, verdicts.get(edge.id)))
            return
        _judge(reviews, by, sample)
    _report(reviews, as_json)


def _judge(reviews: Reviews, by: str, sample: list[Edge]) -> None:
    """Ask about each edge that the reviewer has not judged; back takes the last judgement of this sitting back."""
    verdicts = reviews.verdicts(by)
    open_edges = [edge for edge in sample if edge.id not in verdicts]
    click.echo(f"{len(sample)} edges in the sample, {len(sample) - len(open_edges)} of them already judged by {by}")
    at = 0
    with keyboard() as pressed:
        while at < len(open_edges):
            edge = open_edges[at]
            _show(reviews.graph, edge, f"{len(sample) - len(open_edges) + at + 1} of {len(sample)}")
            key = _choice(pressed, first=at == 0)
            if key == "q":
                click.echo("stopped; the same command goes on from here")
                return
            if key == "b":
                at -= 1
                reviews.add(by, [(open_edges[at].id, None)])
            else:
                reviews.add(by, [(edge.id, _KEYS[key])])
                at += 1


def _choice(pressed: Callable[[], str], *, first: bool) -> str:
    """One of r w u b q."""
    while True:
        click.echo(f"{_HELP} > ", nl=False)
        key = pressed()
        click.echo(_KEYS.get(key, ""))
        if key == "b" and first:
            click.echo("nothing to take back in this sitting")
        elif key in (*_KEYS, "b", "q"):
            return key
        else:
            click.echo(f"expected one of: {_HELP}")


def _show(graph: Graph, edge: Edge, place: str) -> None:
    from rich.panel import Panel
    from rich.text import Text

    from florey.cli.tables import console, frequency, named

    body = Text()
    body.append_text(named(graph, edge.subject))
    body.append(f"\n    {edge.relation.replace('_', ' ')}" if edge.positive else "\n    ")
    if not edge.positive:
        body.append("NOT", style="bold reverse")
        body.append(f" {edge.relation.replace('_', ' ')}")
    body.append("\n").append_text(named(graph, edge.object)).append("\n")
    evidence = edge.evidence
    if evidence.quote:
        names = [graph.names[i] for i in (graph.index(edge.subject), graph.index(edge.object))]
        body.append("\n").append_text(_quoted(evidence.quote, names)).append("\n")
    if evidence.page:
        body.append(f"\n{evidence.page}, revision {evidence.revision or '?'}")
    facts = evidence.model_dump(exclude_none=True, exclude={"quote", "page", "revision", "start", "end", "source"})
    if evidence.frequency:
        facts["frequency"] = frequency(graph, edge)
    body.append("\n" + ", ".join(f"{name} {value}" for name, value in facts.items()), style="dim")
    console().print(Panel(body, title=f"{place}: {evidence.source}, {edge.relation}", title_align="left"))


def _quoted(quote: str, names: list[str]) -> Text:
    from rich.text import Text

    text = Text(f"“{quote}”", style="italic")
    text.highlight_words(names, style="bold underline", case_sensitive=False)
    return text


def _report(reviews: Reviews, as_json: bool) -> None:
    from florey.graph.precision import agreement, report, report_json

    reviewers = reviews.reviewers()
    if as_json:
        click.echo(json.dumps(report_json(reviews, reviewers), indent=2, ensure_ascii=False))
        return
    if not reviewers:
        click.echo("nothing has been judged yet")
    for name in reviewers:
        _print_report(report(reviews, name))
    for i, one in enumerate(reviewers):
        for other in reviewers[i + 1 :]:
            if found := agreement(reviews, one, other):
                kappa = "undefined (one verdict only)" if found.kappa is None else f"{found.kappa:.2f}"
                said = f"same verdict on {found.agreed:.1%} of {found.edges} edges, Cohen's kappa {kappa}"
                click.echo(f"{one} and {other}: {said}")


def _print_report(found: Report) -> None:
    from florey.cli.tables import print_table

    rows: dict[str, dict[str, Any]] = {f"{each.source}, {each.relation}": _row(each) for each in found.strata}
    if found.overall:
        rows["all, weighted by edges"] = _row(found.overall)
    print_table(f"Precision as judged by {found.by}, with 95% intervals", "source, relation", rows)
    if found.overall:
        click.echo(f"The sources and relations judged hold {found.covered:.1%} of the graph's edges.")
    if found.gone:
        click.echo(f"{found.gone} judged edges are no longer in the graph and are left out.")


def _row(each: Precision) -> dict[str, Any]:
    bounds = f"{each.if_unsure_wrong.value:.1%} – {each.if_unsure_right.value:.1%}" if each.unsure else ""
    return {
        "edges": each.size,
        "right": each.right,
        "wrong": each.wrong,
        "unsure": each.unsure,
        "precision": _text(each.precision),
        "if unsure are wrong – right": bounds,
    }


def _text(share: Share | None) -> str:
    return f"{share.value:.1%} [{share.lo:.1%}, {share.hi:.1%}]" if share else "–"
