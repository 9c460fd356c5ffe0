"""`florey score` and `florey compare`: from stored predictions to tables. Nothing is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from florey.evaluation.benchmarks import EvaluationScore
    from florey.evaluation.tables import Table
    from florey.inference.models import ModelConfig

FILE = click.Path(path_type=Path)
_FORMATS = ("table", "markdown", "latex", "csv")
_PAPER = ("main", "ablation")
_EXPORTS = ("inspect", "lm-eval", "leaderboard")


@click.command()
@click.argument("folder", type=FILE)
@click.option(
    "--policy",
    type=click.Choice(("wrong", "force")),
    default="wrong",
    show_default=True,
    help="Thoughts that the budget cut off: not right, or the answer counts that was asked for after them.",
)
@click.option("--graph", type=FILE, help="A graph's folder: rare diseases, harmful choices, open-ended answers.")
@click.option("--trained-on", "trained", type=FILE, multiple=True, help="Questions it was trained on: contamination.")
@click.option("--judge-model", metavar="NAME", help="Grades free answers of questions that have no certificate.")
@click.option("--judge-url", metavar="URL", help="The OpenAI-compatible server of that model.")
@click.option("--judge-key-env", default="OPENAI_API_KEY", show_default=True, help="Where its key is.")
@click.option("--judge-labels", "labels", type=FILE, help="Grades of people for some answers (CSV): agreement.")
@click.option("--compat", type=click.Choice(("huatuo", "m1", "citrus")), multiple=True, help="As those scripts score.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True)
@click.option("--subgroups", is_flag=True, help="Show the subgroups too; they are in score.json in any case.")
@click.option("--paper", type=click.Choice(_PAPER), help="Beside the rows of the paper's table.")
@click.option("--export", type=click.Choice(_EXPORTS), help="Also write it as others read it.")
@click.option("--to", type=FILE, help="Where the export goes: a folder; for the leaderboard a file.")
@click.option("--seed", default=0, show_default=True, help="Of the bootstrap.")
@click.option("--ray", metavar="ADDRESS", help="Of a Ray cluster whose nodes see FOLDER: a benchmark on one machine.")
def score(
    folder: Path,
    policy: str,
    graph: Path | None,
    trained: tuple[Path, ...],
    judge_model: str | None,
    judge_url: str | None,
    judge_key_env: str,
    labels: Path | None,
    compat: tuple[str, ...],
    form: str,
    subgroups: bool,
    paper: str | None,
    export: str | None,
    to: Path | None,
    seed: int,
    ray: str | None,
) -> None:
    """Score what `florey evaluate --out FOLDER` stored: verdicts, accuracy with intervals, subgroups; score.json."""
    from florey.errors import BadInput

    if (export is None) != (to is None):
        raise BadInput("--export and --to: expected both, a format and where it goes")
    judge = _judge(judge_model, judge_url, judge_key_env)
    found = score_and_show(folder, policy, graph, trained, judge, labels, compat, form, subgroups, paper, seed, ray)
    if export and to:
        for path in _export(folder, found, export, to):
            click.echo(f"written: {path}", err=True)


def _export(folder: Path, found: EvaluationScore, export: str, to: Path) -> list[Path]:
    from florey.evaluation.stored import open_evaluation
    from florey.pipeline.exports import export_inspect, export_leaderboard, export_lm_eval

    evaluation = open_evaluation(folder)
    if export == "inspect":
        return export_inspect(evaluation, found, to)
    return export_lm_eval(evaluation, to) if export == "lm-eval" else [export_leaderboard(evaluation, found, to)]


def score_and_show(
    folder: Path,
    policy: str = "wrong",
    graph: Path | None = None,
    trained: tuple[Path, ...] = (),
    judge: ModelConfig | None = None,
    labels: Path | None = None,
    compat: tuple[str, ...] = (),
    form: str = "table",
    subgroups: bool = False,
    paper: str | None = None,
    seed: int = 0,
    ray: str | None = None,
) -> EvaluationScore:
    from florey.evaluation.details_tables import agreement_table, contamination_table, details_tables
    from florey.evaluation.published import TABLES
    from florey.evaluation.tables import (
        reference_table,
        samples_table,
        score_table,
        subgroup_table,
    )
    from florey.pipeline.progress import Reporter
    from florey.pipeline.scoring import score_folder

    reporter = Reporter()
    try:
        found = score_folder(
            folder,
            policy,  # type: ignore[arg-type]  # one of the choices above
            graph=graph,
            trained=trained,
            judge=judge,
            labels=labels,
            compatible=compat,
            seed=seed,
            ray=ray,
            bar=reporter.bar,
        )
    finally:
        reporter.close()
    details = {name: each.model_dump(mode="json") for name, each in found.details.items()}
    tables = [score_table(found.score), samples_table(found.score), *details_tables(details)]
    if found.contamination:
        tables.append(contamination_table([row.model_dump(mode="json") for row in found.contamination]))
    if found.agreement:
        tables.append(agreement_table({name: each.model_dump(mode="json") for name, each in found.agreement.items()}))
    if subgroups:
        tables.append(subgroup_table(found.score))
    if paper:
        accuracies = {found.score.model: {each.name: each.accuracy for each in found.score.benchmarks}}
        sources = {each.name: each.source.benchmark for each in found.score.benchmarks}
        tables.append(reference_table(accuracies, sources, TABLES[paper]))
    show(tables, form)
    for path in found.written:
        click.echo(f"written: {path}", err=True)
    return found.score


def _judge(name: str | None, url: str | None, key_env: str) -> ModelConfig | None:
    from florey.errors import BadInput
    from florey.inference.models import ModelConfig

    if (name is None) != (url is None):
        raise BadInput("--judge-model and --judge-url: expected both, the model that grades and its server")
    return ModelConfig(model=name, base_url=url, api_key_env=key_env) if name and url else None


@click.command()
@click.argument("folders", type=FILE, nargs=-1, required=True)
@click.option("--policy", type=click.Choice(("wrong", "force")), default="wrong", show_default=True)
@click.option(
    "--pairs",
    type=click.Choice(("first", "successive", "all")),
    default="first",
    show_default=True,
    help="Each with the first, with the one before it, or with each.",
)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True)
@click.option("--paper", type=click.Choice(_PAPER), help="Beside the rows of the paper's table.")
@click.option("--flips", default=20, show_default=True, type=click.IntRange(0), help="Items that flipped, to show.")
@click.option("--out", type=FILE, help="Everything, with all flips, as JSON.")
@click.option("--seed", default=0, show_default=True, help="Of the bootstrap and the drawn signs.")
def compare(
    folders: tuple[Path, ...],
    policy: str,
    pairs: str,
    form: str,
    paper: str | None,
    flips: int,
    out: Path | None,
    seed: int,
) -> None:
    """Compare models on the same items: FOLDERS are what `florey evaluate --out` wrote, one a model."""
    from florey.evaluation.comparison import compare_evaluations
    from florey.evaluation.published import TABLES
    from florey.evaluation.stored import open_evaluation
    from florey.evaluation.tables import difference_table, flip_table, reference_table
    from florey.files import write_json

    evaluations = {}
    for folder in folders:
        evaluation = open_evaluation(folder)
        name = evaluation.asking.model
        evaluations[name if name not in evaluations else str(folder)] = evaluation
    compared = compare_evaluations(evaluations, policy=policy, pairs=pairs, seed=seed)  # type: ignore[arg-type]
    tables: list[Table | None] = [difference_table(compared)]
    if paper:
        first = next(iter(evaluations.values()))
        sources = {name: answered.items.benchmark for name, answered in first.sets.items()}
        tables.append(reference_table(compared.accuracies, sources, TABLES[paper]))
    if flips:
        tables.append(flip_table(compared, flips))
    show(tables, form)
    for name, models in compared.left_out.items():
        click.echo(f"{name}: not compared, verdicts on it: {', '.join(models) or 'none; use florey score'}", err=True)
    if out:
        write_json(out, compared.model_dump(mode="json"))
        click.echo(f"written: {out}", err=True)


def show(tables: list[Table | None], form: str) -> None:
    from florey.evaluation.tables import FORMATS

    there = [table for table in tables if table is not None]
    if form != "table":
        click.echo("\n".join(FORMATS[form](table) for table in there))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:  # a file has no width to keep to
        console.width = 200
    for table in there:
        drawn = Drawn(title=table.title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for number, heading in enumerate(table.heading):
            drawn.add_column(heading, justify="right" if number else "left", overflow="fold", no_wrap=not number)
        for row in table.rows:
            drawn.add_row(*map(Text, row))  # no cell is markup
        console.print(drawn)
        if table.note:
            console.print(table.note, style="dim", markup=False)
