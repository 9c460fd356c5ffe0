"""`florey train`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("round_file", metavar="ROUND", type=click.Path(path_type=Path))
@click.option("--parent", required=True, type=click.Path(path_type=Path), help="Checkpoint folder to start from.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for checkpoint, rollouts and log.")
@click.option("--recipe", type=click.Path(path_type=Path), help="Settings of GRPO and of the stages [defaults].")
@click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Change one setting of the recipe.")
@click.option("--engine", metavar="NAME", help="trl or verl [the recipe's].")
@click.option("--stage", type=click.IntRange(1, 2), default=2, show_default=True, help="Whose settings to take.")
@click.option("--steps", type=click.IntRange(1), help="[as many as the rows fill]")
@click.option("--rollouts", type=click.IntRange(2), help="Per prompt [the recipe's for the stage].")
@click.option("--print", "print_only", is_flag=True, help="Show exactly what would run; start nothing.")
def train(
    round_file: Path,
    parent: Path,
    out: Path,
    recipe: Path | None,
    overrides: tuple[str, ...],
    engine: str | None,
    stage: int,
    steps: int | None,
    rollouts: int | None,
    print_only: bool,
) -> None:
    """Train one round: ROUND is a round.parquet, as every round of a run leaves it.

    Engines read and write the same round, so that one may go on where the other ended. A killed round goes on with
    the same command. Research software: not for diagnosis or treatment.
    """
    from florey.pipeline.one_round import job_of, train_one
    from florey.pipeline.progress import Reporter
    from florey.pipeline.recipe import Recipe
    from florey.settings import load_settings
    from florey.training.engines.registry import engine_named

    changes = [*overrides, *([f"engine={engine}"] if engine else [])]
    settings = load_settings(recipe, Recipe, "recipe", changes if recipe else ["name=train", *changes])
    job = job_of(settings, stage, round_file, parent, out, steps=steps, rollouts=rollouts)
    if print_only:
        click.echo(engine_named(settings.engine).planned(job))
        return
    made = train_one(settings, job, Reporter())
    click.echo(f"{made} steps; the checkpoint is {out / 'checkpoint'}")
