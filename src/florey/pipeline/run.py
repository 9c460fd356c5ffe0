"""One run of a recipe in a folder."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from florey.errors import BadInput, FloreyError
from florey.files import write_text
from florey.pipeline.interrupt import remembered_interrupt
from florey.pipeline.plan import missing, missing_sets
from florey.pipeline.progress import Reporter
from florey.pipeline.recipe import Recipe
from florey.pipeline.report_stage import REPORT, SUMMARY
from florey.pipeline.runner import run_stages
from florey.pipeline.stages import build_stages
from florey.training.policy import check_model_path

RECIPE = "recipe.yaml"


def run_recipe(recipe: Recipe, folder: Path, reporter: Reporter | None = None) -> Path:
    """Runs what is not done; returns the path of the report. Raises FloreyError on what the user can mend."""
    reporter = reporter or Reporter()
    now = ("trl.", "engine ")  # what a round would say hours later
    if lacking := [item for item in missing(recipe) if "not installed" in item or item.startswith(now)]:
        raise FloreyError(lacking[0])
    if absent := missing_sets(recipe):  # now rather than after the graph
        raise BadInput(absent[0])
    if recipe.policy.model:  # now rather than after the graph and the questions
        check_model_path(recipe.policy.model)
    # The environment's offline switch is respected; nothing is sent anywhere by the libraries below.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    stages = build_stages(recipe, folder)
    with remembered_interrupt():
        run_stages(stages, folder, reporter)
    write_text(folder / RECIPE, yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False))
    for name in (REPORT, SUMMARY):
        write_text(folder / name, (folder / "report" / name).read_text(encoding="utf-8"))
    return folder / REPORT
