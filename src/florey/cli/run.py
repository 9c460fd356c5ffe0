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
    console.print("\nMissing here:" if missing else "\nNothing is missing here.")
    for item in missing:
        console.print(f"  - {item}", markup=False, soft_wrap=True)
