"""florey shortcuts, florey realism, florey rate: how questions look from outside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from florey.clustered import Mean
    from florey.synthesis.quality.ratings import RatingReport
    from florey.synthesis.quality.realism import Realism
    from florey.synthesis.quality.shortcuts import Shortcut

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

    rows = {"all": {each.guesser: interval(each.overall.points, "+.1f") for each in found}}
    kinds = found[0].kinds
    if len(kinds) > 1:
        rows |= {kind: {each.guesser: interval(each.kinds[kind].points, "+.1f") for each in found} for kind in kinds}
    chance = found[0].overall.chance
    print_table(f"{title}; points above chance ({chance:.1%} over all), 95% intervals by answer", "kind", rows)
    click.echo("What each looks at (mean among the answers, among the others):")
    for each in found:
        told = "; ".join(f"{x.feature} ({x.answers:.2f}, {x.others:.2f})" for x in each.telling[:3])
        click.echo(f"  {each.guesser}: {told or 'nothing'}")


@click.command()
@click.argument("synthetic", type=FILE)
@click.argument("real", type=FILE)
@click.option("--field", help="The field of REAL with the stem; default: stem of Question records, else question.")
@click.option("--graph", type=click.Path(path_type=Path), help="Its names are masked in both files.")
@click.option("--mask-names/--no-mask-names", default=True, show_default=True, help="Mask the names of --graph.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--json", "json_file", type=FILE, help="Write all figures there.")
def realism(
    synthetic: Path,
    real: Path,
    field: str | None,
    graph: Path | None,
    mask_names: bool,
    seed: int,
    json_file: Path | None,
) -> None:
    """Tell the stems of SYNTHETIC from those of REAL, and by what: a classifier and its most telling features.

    REAL is a file of Question records, or of public questions in JSON Lines, JSON or CSV. An area under the curve of
    0.5 means that the two cannot be told apart.
    """
    from florey.files import write_json
    from florey.graph.linking.linker import Linker
    from florey.graph.store import Graph
    from florey.synthesis.quality.reading import read_items
    from florey.synthesis.quality.realism import realism as compare

    linker = Linker.of_graph(Graph.open(graph)) if graph and mask_names else None
    found = compare(read_items(synthetic), read_items(real, field), linker, seed)
    if linker is None:
        click.echo("names are not masked" + ("" if graph else " (no --graph)") + ": diseases may tell the files apart")
    for name, each in found.items():
        _print_realism(name, each)
    if "same_length" not in found:
        click.echo("hardly any two stems of the files are equally long: length alone tells them apart")
    if json_file:
        write_json(json_file, {name: each.model_dump(mode="json") for name, each in found.items()})


def _print_realism(variant: str, found: Realism) -> None:
    from florey.cli.tables import print_table

    title = f"{variant.replace('_', ' ')}: {found.n} stems of either side, AUC {interval(found.auc, '.3f')}"
    rows = {
        f"{cue.side}: {cue.feature}": {
            "synthetic": f"{cue.synthetic:.2f}",
            "real": f"{cue.real:.2f}",
            "for example": (cue.example or "")[:100],
        }
        for cue in found.cues
    }
    print_table(title, "share of stems, or mean", rows)
    for kind, each in found.kinds.items():
        click.echo(f"  {kind} against all real: {interval(each, '.3f')} ({each.n})")


@click.group()
def rate() -> None:
    """Have questions rated by experts who do not know where they come from."""


@rate.command("export")
@click.argument("questions", type=FILE)
@click.argument("real", type=FILE, required=False)
@click.option(
    "--count", type=click.IntRange(min=1), required=True, help="Items; half of them from REAL if it is given."
)
@click.option("--out", type=FILE, required=True, help="The form: .html for a browser, .csv for a spreadsheet.")
@click.option("--key", "key_file", type=FILE, required=True, help="Which item is which: not for raters.")
@click.option("--field", help="The field of REAL with the stem.")
@click.option(
    "--show-answers/--hide-answers", default=True, show_default=True, help="Mark the answers, or ask for them."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
def rate_export(
    questions: Path,
    real: Path | None,
    count: int,
    out: Path,
    key_file: Path,
    field: str | None,
    show_answers: bool,
    seed: int,
) -> None:
    """Write a blinded form about the file QUESTIONS, mixed with real ones from the file REAL."""
    from florey.errors import BadInput
    from florey.files import write_json, write_text
    from florey.synthesis.quality.rating_form import form_csv, form_html, make_form
    from florey.synthesis.quality.reading import read_items

    makers = {".html": form_html, ".csv": form_csv}
    if out.suffix not in makers:
        raise BadInput(f"--out {out}: expected a name that ends in .html or .csv")
    theirs = read_items(real, field) if real else []
    form, key = make_form(read_items(questions), theirs, count, seed, show_answers)
    write_text(out, makers[out.suffix](form))
    write_json(key_file, key.model_dump(mode="json"))
    numbers = [item.source for item in key.items.values()]
    click.echo(f"{out}: {len(numbers)} items, {numbers.count('real')} of them real; key in {key_file}")
    if len(numbers) < count:
        click.echo(f"  {count - len(numbers)} fewer than asked for: the files have no more different questions")


@rate.command("import")
@click.argument("forms", nargs=-1, type=FILE, required=True)
@click.option("--key", "key_file", type=FILE, required=True, help="What the export wrote.")
@click.option("--json", "json_file", type=FILE, help="Write the whole report there.")
def rate_import(forms: tuple[Path, ...], key_file: Path, json_file: Path | None) -> None:
    """Report what the raters said: one file each in FORMS, saved by the page or filled in as a table."""
    from florey.files import write_json
    from florey.synthesis.quality.ratings import read_key, read_ratings, report

    key = read_key(key_file)
    found = report(read_ratings(forms, key), key)
    _print_ratings(found, len(key.items))
    if json_file:
        write_json(json_file, found.model_dump(mode="json"))


def _print_ratings(found: RatingReport, asked: int) -> None:
    from florey.cli.tables import print_table

    groups = found.sources | {f"  {kind}": means for kind, means in found.kinds.items()}
    rows = {name: {measure: interval(each) for measure, each in means.items()} for name, means in groups.items()}
    raters = f"{len(found.raters)} rater" + "s" * (len(found.raters) != 1)
    print_table(f"{found.items} of {asked} items rated by {raters}, 95% intervals by item", "source", rows)
    for scale, value in found.agreement.items():
        click.echo(f"  Krippendorff's alpha of {scale}: " + ("not defined" if value is None else f"{value:.2f}"))
    for each in found.doubted:
        held = [
            f"{held} by {', '.join(by)}" for held, by in (("wrong", each.wrong), ("not one best", each.several)) if by
        ]
        click.echo(f"  item {each.item} ({each.source} {each.question}) {'; '.join(held)}: {each.stem[:90]}")
        for comment in each.comments:
            click.echo(f"      {comment}")


def interval(mean: Mean, form: str = ".2f") -> str:
    """A mean with its interval: "+1.2 [-0.3, +2.7]"."""
    return f"{mean.value:{form}}" + ("" if mean.lo is None else f" [{mean.lo:{form}}, {mean.hi:{form}}]")
