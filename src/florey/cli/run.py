"""`florey run`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the run [runs/NAME].")
@click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Change one setting, e.g. --set seed=1.")
@click.option("--plan", "plan_only", is_flag=True, help="Show stages, sizes and what is missing; start nothing.")
def run(recipe: Path, out: Path | None, overrides: tuple[str, ...], plan_only: bool) -> None:
    """Run RECIPE from the graph to the report. Finished stages are skipped; a killed run goes on."""
    from florey.pipeline.recipe import load_recipe

    settings = load_recipe(recipe, overrides)
    folder = out or Path("runs") / settings.name
    if plan_only:
        show_plan(settings, folder)
        return
    from florey.pipeline.run import run_recipe

    report = run_recipe(settings, folder)
    click.echo(f"\nReport: {report}")


def show_plan(settings, folder: Path) -> None:  # type: ignore[no-untyped-def]  # Recipe is imported late
    """Prints the stages with their sizes, and what is missing on this machine."""
    from rich.console import Console
    from rich.table import Table

    from florey.pipeline.plan import plan

    lines, missing = plan(settings, folder)
    table = Table(title=f"{settings.name}, into {folder}", title_justify="left", box=None, pad_edge=False)
    for heading in ("", "Stage", "Size", "State"):
        table.add_column(heading, overflow="fold")
    for number, line in enumerate(lines, 1):
        table.add_row(str(number), line.title, line.size, line.state)
    console = Console(highlight=False)
    console.print(table)
    show_models(settings, folder, console)
    console.print("\nMissing here:" if missing else "\nNothing is missing here.")
    for item in missing:
        console.print(f"  - {item}", markup=False, soft_wrap=True)


def show_models(settings, folder: Path, console) -> None:  # type: ignore[no-untyped-def]
    """Prints what each model would be asked, and the money where prices are given."""
    from rich.table import Table

    from florey.pipeline.model_plan import model_plan

    lines = model_plan(settings, folder)
    if not lines:
        return
    table = Table(
        title="\nModels (estimates; what is cached costs nothing)", title_justify="left", box=None, pad_edge=False
    )
    for heading in ("Purpose", "Model", "Requests", "at most", "Tokens read", "written, at most", "Cost"):
        table.add_column(heading, overflow="fold", justify="left" if heading in ("Purpose", "Model") else "right")
    for line in lines:
        numbers = (line.requests, line.at_most, line.prompt_tokens, line.completion_tokens)
        table.add_row(line.purpose, line.model, *(f"{number:,}" for number in numbers), f"{line.cost:,.2f}")
    totals = (sum(line.prompt_tokens for line in lines), sum(line.completion_tokens for line in lines))
    requests = (sum(line.requests for line in lines), sum(line.at_most for line in lines))
    table.add_row("all", "", *(f"{n:,}" for n in (*requests, *totals)), f"{sum(line.cost for line in lines):,.2f}")
    console.print(table)
