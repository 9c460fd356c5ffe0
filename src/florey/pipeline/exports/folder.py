"""Where an export goes. What it would replace must be an export of before: nothing else is ever removed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from florey.errors import BadInput
from florey.evaluation.stored import ASKING, Evaluation
from florey.files import read_json, write_json
from florey.inference.prompts import Prompt, prompt_named

MARKER = "florey-export.json"


@contextmanager
def export_folder(evaluation: Evaluation, to: Path, kind: str) -> Iterator[Path]:
    """A folder aside that takes the place of `to` when all is written.

    BadInput unless `to` is not there, empty, or an export of this kind; and never where the evaluation is.
    """
    _may_replace(evaluation, to, kind)
    aside = to.with_name(f".{to.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir(parents=True)
        yield aside
        write_json(aside / MARKER, {"kind": kind, "florey": evaluation.asking.version})
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise BadInput(f"--to {to}: cannot write there ({error.strerror or error})") from None
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    if to.exists():
        shutil.rmtree(to)
    aside.rename(to)


def _may_replace(evaluation: Evaluation, to: Path, kind: str) -> None:
    if to.exists() and not to.is_dir():
        raise BadInput(f"--to {to}: is a file; expected a folder, new, empty, or an earlier export")
    whole, stored = to.resolve(), evaluation.folder.resolve()
    if whole == stored or whole in stored.parents:
        raise BadInput(f"--to {to}: the evaluation itself is there; choose a folder of its own")
    if whole.parent == stored and (to.name in evaluation.sets or (to / "set.json").exists()):
        raise BadInput(f"--to {to}: a benchmark of the evaluation is there; choose a folder of its own")
    if not to.is_dir() or not any(to.iterdir()):
        return
    found = read_json(to / MARKER).get("kind") if (to / MARKER).is_file() else None
    if found != kind:
        what = f"an export of another kind ({found})" if found else "files that are no export of Florey"
        raise BadInput(f"--to {to}: holds {what}, which would be lost; choose another folder, or empty it")


def may_write(to: Path) -> None:
    """BadInput where the file that is there is no leaderboard of before."""
    if to.is_dir():
        raise BadInput(f"--to {to}: is a folder; expected a file for the leaderboard")
    if not to.exists():
        return
    try:
        stored = read_json(to)
        ours = "florey" in stored["config"] and "results" in stored
    except (BadInput, KeyError, TypeError):
        ours = False
    if not ours:
        raise BadInput(f"--to {to}: is there already and no leaderboard of Florey; choose another file")


def prompts_of(evaluation: Evaluation) -> dict[str, Prompt]:
    """The words of every benchmark. BadInput where today's are not those that were asked in."""
    made = {}
    for name, answered in evaluation.sets.items():
        prompt = made[name] = prompt_named(answered.items.prompt, answered.items.benchmark)
        if prompt.version != answered.items.prompt_version:
            raise BadInput(
                f"{answered.folder}: was asked in version {answered.items.prompt_version} of prompt '{prompt.name}', "
                f"and this Florey has {prompt.version}; export with the Florey that asked ({evaluation.asking.version})"
            )
    return made


def written_at(evaluation: Evaluation) -> datetime:
    """When the evaluation was begun; SOURCE_DATE_EPOCH, where it is set, so that copies export the same bytes."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(epoch) if epoch.isdigit() else int((evaluation.folder / ASKING).stat().st_mtime)
    return datetime.fromtimestamp(seconds, UTC)
