"""`florey curate QUESTIONS`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from florey.curation.curate import Curated

FILE = click.Path(path_type=Path)


@click.command(name="filter")
@click.argument("questions", type=FILE, nargs=-1)
@click.option("--out", required=True, type=FILE, help="Where the kept questions go (JSON Lines).")
@click.option("--settings", type=FILE, help="YAML with `curation` and `models`, as in a recipe.")
@click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help="One setting: --set curation.seed=1.")
@click.option("--graph", type=FILE, help="A graph's folder: its names are kept by redaction, texts linked to it.")
@click.option(
    "--source", "sources", metavar="NAME=FILE", multiple=True, help="Public questions, e.g. medqa=train.jsonl."
)
@click.option(
    "--against", "benchmarks", metavar="NAME=FILE", multiple=True, help="A benchmark to compare with; may be repeated."
)
@click.option("--flag/--drop", "flag", default=None, help="What becomes of questions that meet a benchmark [--drop].")
@click.option("--ray", metavar="ADDRESS", help="Of a Ray cluster: redaction is done on its machines.")
@click.option("--near-threshold", type=click.FloatRange(0, 1, min_open=True), help="Jaccard similarity; default 0.8.")
def filter(
    questions: tuple[Path, ...],
    out: Path,
    settings: Path | None,
    overrides: tuple[str, ...],
    graph: Path | None,
    sources: tuple[str, ...],
    benchmarks: tuple[str, ...],
    flag: bool | None,
    ray: str | None,
    near_threshold: float | None,
) -> None:
    """Keep what is well-formed and single of QUESTIONS (one file or several) and of public sets; give it its tier.

    With --settings, whatever else it names: redaction, contamination against benchmarks, label verification, judges of
    difficulty, a mixture. What the stages found goes beside --out: OUT.dropped.json, OUT.queue.jsonl, …
    """
    from florey.cli.curation_settings import CurateFile, means_of, public, write_findings
    from florey.curation.curate import curate
    from florey.distributed import check_ray
    from florey.errors import BadInput
    from florey.files import read_jsonl, write_jsonl
    from florey.pipeline.progress import Reporter
    from florey.records import Question
    from florey.settings import load_settings

    if ray:
        check_ray(ray)
    given = [*overrides, *_paths("--source", "sources", sources)]
    given += _paths("--against", "curation.contamination.benchmarks", benchmarks)
    if flag is not None:
        given.append(f"curation.contamination.action={'flag' if flag else 'drop'}")
    if near_threshold is not None:
        given.append(f"curation.near_threshold={near_threshold}")
    file = load_settings(settings, CurateFile, "settings file", given)
    items = [question for path in questions for question in read_jsonl(path, Question)]
    for loaded in public(file):
        left_out = ", ".join(f"{count} {reason}" for reason, count in loaded.skipped.items()) or "nothing"
        click.echo(f"{loaded.name}: {len(loaded.questions)} questions of {loaded.rows} rows, left out: {left_out}")
        items += [question.model_copy(update={"split": "train"}) for question in loaded.questions]
    if not items:
        raise BadInput("no questions: expected QUESTIONS, or public ones with --source NAME=FILE")
    reporter = Reporter()
    means = means_of(file, graph, out, reporter, ray)
    try:
        curated = curate(items, file.curation, means)
    finally:
        reporter.close()
    write_jsonl(out, curated.kept)
    written = write_findings(curated, out)
    _tell(curated, out, written)
    for purpose, spent in means.spend.items():
        click.echo(
            f"{purpose}: {spent['answers']} answers of {spent['model']}, {spent['calls']} calls, "
            f"{spent['prompt_tokens']} + {spent['completion_tokens']} tokens, cost {spent['cost']}"
        )


def _paths(option: str, key: str, given: tuple[str, ...]) -> list[str]:
    """NAME=FILE as settings."""
    from florey.errors import BadInput

    settings = []
    for each in given:
        name, equals, path = each.partition("=")
        if not equals or not path:
            raise BadInput(f"{option} {each}: expected NAME=FILE, for example {option} medqa=train.jsonl")
        settings.append(f"{key}.{name}.path={path}")
    return settings


def _tell(curated: Curated, out: Path, written: list[Path]) -> None:
    click.echo(f"kept {len(curated.kept)}, dropped {len(curated.dropped_items)}: {out}")
    for row in curated.rows:
        click.echo(f"{row.stage}: {row.given} given, {row.kept} kept, {curated.seconds[row.stage]:.1f} s")
        for reason, count in row.dropped.items():
            click.echo(f"  dropped {count:>6}  {reason}")
        for name, count in row.noticed.items():
            click.echo(f"  noticed {count:>6}  {name}")
    for split, tiers in curated.tiers.items():
        click.echo(f"{split}: " + ", ".join(f"{count} {tier}" for tier, count in tiers.items()))
    if curated.contamination:
        for name, why in curated.contamination.off.items():
            click.echo(f"contamination, {name}: not looked for, {why}; give --graph")
        for found in curated.contamination.rows:
            click.echo(
                f"{found.benchmark}: {found.items_hit} of {found.items} items met by {found.questions_hit} questions"
            )
            for met in found.examples:
                click.echo(f"  {met.detector} {met.score:.2f}  {met.question_id}: {met.question}")
                click.echo(f"    beside {met.item_id}: {met.item}")
    for each in curated.agreements:
        kappa = "undefined" if each.kappa is None else f"{each.kappa:.2f} [{each.kappa_lo:.2f}, {each.kappa_hi:.2f}]"
        click.echo(f"{each.one} and {each.other}: same tier in {each.equal:.0%} of {each.n}, weighted kappa {kappa}")
    for part in curated.mixture:
        asked = "no share asked" if part.asked is None else f"asked {part.asked}"
        note = f" ({part.note})" if part.note else ""
        click.echo(f"mixture, {part.axis} {part.value}: {asked}, got {part.got} of {part.there}{note}")
    for path in written:
        click.echo(f"written: {path}")
