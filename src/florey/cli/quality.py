"""florey shortcuts, florey realism, florey rate: how questions look from outside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from florey.synthesis.quality.clustered import Mean
    from florey.synthesis.quality.shortcuts import Guess, Shortcut

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("questions", type=FILE)
@click.option("--graph", type=click.Path(path_type=Path), help="The popularity of an option is that of its node in it.")
@click.option("--limit", type=click.FloatRange(min=0), help="Exit 1 if a guesser is more points above chance.")
@click.option("--json", "json_file", type=FILE, help="Write all figures there.")
def shortcuts(questions: Path, graph: Path | None, limit: float | None, json_file: Path | None) -> None:
    """Look for what gives the answers of the file QUESTIONS away without any medicine.

    Small guessers that see only the options, only their lengths, only their overlap with the stem, only their
    popularity or only their place learn on one half of the questions and are scored on the other.
    """
    from florey.files import read_jsonl, write_json
    from florey.graph.store import Graph
    from florey.records import Question
    from florey.synthesis.quality.shortcuts import degrees, exceeding
    from florey.synthesis.quality.shortcuts import shortcuts as look

    asked = list(read_jsonl(questions, Question))
    found = look(asked, degrees(Graph.open(graph)) if graph else None)
    _print_shortcuts(found, f"{questions}: {len(asked)} questions")
    if json_file:
        write_json(json_file, {"n": len(asked), "guessers": [each.model_dump(mode="json") for each in found]})
    over = exceeding(found, limit) if limit is not None else {}
    if over:
        named = ", ".join(f"{name} ({points:+.1f})" for name, points in over.items())
        click.echo(f"more than {limit:g} points above chance: {named}", err=True)
        raise click.exceptions.Exit(1)


def _print_shortcuts(found: list[Shortcut], title: str) -> None:
    from florey.cli.tables import print_table

    chance = found[0].overall.chance
    rows = {each.guesser: _points("all", each.overall) | _kinds(each) for each in found}
    print_table(f"{title}; points above chance ({chance:.1%} overall), 95% intervals by answer", "guesser sees", rows)
    click.echo("What each looks at (mean among the answers, among the others):")
    for each in found:
        told = "; ".join(f"{x.feature} ({x.answers:.2f}, {x.others:.2f})" for x in each.telling[:3])
        click.echo(f"  {each.guesser}: {told or 'nothing'}")


def _points(name: str, guess: Guess) -> dict[str, Any]:
    return {name: interval(guess.points, "+.1f")}


def _kinds(shortcut: Shortcut) -> dict[str, Any]:
    if len(shortcut.kinds) < 2:
        return {}
    return {name: text for kind, guess in shortcut.kinds.items() for name, text in _points(kind, guess).items()}


def interval(mean: Mean, form: str = ".2f") -> str:
    """A mean with its interval: "+1.2 [-0.3, +2.7]"."""
    return f"{mean.value:{form}}" + ("" if mean.lo is None else f" [{mean.lo:{form}}, {mean.hi:{form}}]")
