"""One round by itself: any engine takes up a round that any other, or a run, has left."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from florey.errors import BadInput
from florey.files import read_json, write_json
from florey.inference.local import pin_threads
from florey.pipeline.answering import CHECKPOINT
from florey.pipeline.progress import Reporter
from florey.pipeline.recipe import Recipe
from florey.pipeline.round_making import KNOWN, write_outcome
from florey.training.curriculum.curriculum import CurriculumConfig
from florey.training.engines import RoundJob
from florey.training.engines.registry import engine_named
from florey.training.policy import check_model_path
from florey.training.rounds import read_round

RESULT = "result.json"


def job_of(
    recipe: Recipe,
    stage: int,
    round_file: Path,
    parent: Path,
    out: Path,
    *,
    steps: int | None = None,
    rollouts: int | None = None,
) -> RoundJob:
    """The round with the settings that the recipe has for this stage. `steps`: as many as the rows fill, where the
    rows are asked in their order; the recipe's, where they are chosen from.

    Raises BadInput where the round or the parent cannot be read.
    """
    if not round_file.is_file():
        raise BadInput(f"{round_file}: no such file; a run leaves round.parquet in the folder of each of its rounds")
    rows = read_round(round_file)
    parent = parent / CHECKPOINT if (parent / CHECKPOINT).is_dir() else parent  # a stage's folder will do
    check_model_path(str(parent))
    settings = recipe.stage1 if stage == 1 else recipe.stage2
    wished = recipe.stage1.max_steps if stage == 1 else recipe.stage2.steps
    filled = max(1, len(rows) // recipe.grpo.prompts_per_step)
    rate = recipe.stage2.learning_rate if stage == 2 else None
    known = parent.parent / KNOWN
    return RoundJob(
        phase=f"stage{stage}",
        parent=parent,
        round_file=round_file,
        out=out,
        config=recipe.grpo.model_copy(update={"learning_rate": rate}) if rate else recipe.grpo,
        rollouts_per_prompt=rollouts or settings.rollouts,
        max_steps=steps or (wished if settings.choice else filled),
        seed=recipe.seed,
        curriculum=CurriculumConfig(
            choice=settings.choice,
            plateau=recipe.stage1.plateau if stage == 1 else None,
            guard=recipe.stage2.guard if stage == 2 else None,
            seed=recipe.seed,
        ),
        knowledge=read_json(known) if settings.choice and known.is_file() else None,
        save_every=recipe.save_every,
        trl=recipe.trl,
        verl=recipe.verl,
    )


def train_one(recipe: Recipe, job: RoundJob, reporter: Reporter) -> int:
    """Trains into `job.out`, which is whole or is not there; a killed one goes on. Returns the steps made.

    Raises BadInput where the folder is taken.
    """
    folder = job.out
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder}: is there already; choose another folder with --out")
    pin_threads(recipe.threads)
    engine = engine_named(recipe.engine)
    aside, unfinished = folder.parent / f".{folder.name}.part", folder.parent / f".{folder.name}.unfinished"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        outcome = engine.train(replace(job, out=aside / CHECKPOINT, snapshots=unfinished), reporter.training())
        shutil.copyfile(job.round_file, aside / "round.parquet")
        write_outcome(aside, outcome, job.knowledge, read_round(job.round_file))
        write_json(aside / RESULT, {"engine": recipe.engine, "steps": outcome.steps, "seconds": outcome.seconds})
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    finally:
        reporter.close()
    for note in outcome.notes:
        reporter.say(note)
    if folder.exists():
        folder.rmdir()
    aside.replace(folder)
    shutil.rmtree(unfinished, ignore_errors=True)
    return outcome.steps
