"""Runs the stages of a recipe in order; skips what is done; can be killed anywhere and started again."""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from florey.errors import BadInput
from florey.files import digest, write_json
from florey.pipeline.manifest import (
    TIMING,
    Manifest,
    code_version,
    damaged,
    hash_outputs,
    library_versions,
    read_manifest,
    write_manifest,
)
from florey.pipeline.progress import Reporter

ANSWERS = "answers"
"""Folder of a run with the request caches of its models."""
SCRATCH = "unfinished"
"""Folder of a run with what its killed stages go on from."""


@dataclass(frozen=True)
class Context:
    """What a stage sees: where its inputs lie, where it writes, its seed."""

    inputs: dict[str, Path]
    out: Path
    seed: int
    reporter: Reporter
    phase: str  # the stage's own name
    timings: dict[str, float] = field(default_factory=dict)  # seconds by part of the stage, for timing.json
    spend: dict[str, Any] = field(default_factory=dict)  # what models were asked and what it cost, for timing.json

    def bar(self, what: str) -> Callable[[int, int], None]:
        """A bar of the stage, without notes."""
        update = self.reporter.bar(what)
        return lambda done, total: update(done, total, "")

    def answers(self, model: str) -> Path:
        """Where the answers of a model (by its name in the recipe) are kept: beside the stages, for all of them, so
        that a stage that runs again asks nothing twice."""
        return self.out.parent / ANSWERS / f"{model}.sqlite"

    @property
    def scratch(self) -> Path:
        """What outlives a kill in the middle of the stage, and goes when it is finished."""
        return self.out.parent / SCRATCH / self.phase

    def __getitem__(self, stage: str) -> Path:
        """The folder of an input stage."""
        return self.inputs[stage]


@dataclass(frozen=True)
class Stage:
    """One step of the pipeline. `run` returns the counts for the manifest."""

    name: str
    title: str
    needs: tuple[str, ...]
    config: Any  # JSON-able: the part of the recipe that this stage depends on, and no more
    rooms: tuple[str, ...]  # the source that its result depends on
    run: Callable[[Context], dict[str, Any]]
    seed: int = 0


def stage_key(stage: Stage, inputs: dict[str, str]) -> str:
    """Same key = same bytes."""
    return digest(
        [stage.name, stage.config, inputs, code_version(stage.rooms), stage.seed, library_versions()], length=32
    )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One run at a time in a folder. Raises BadInput if it cannot be written or another run holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / ".lock").open("w")
    except OSError as error:
        raise BadInput(f"{folder}: cannot write there ({error.strerror}); choose another folder with --out") from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadInput(f"{folder}: another run is working in this folder; wait for it or use --out") from None
        yield


def finished(stage: Stage, folder: Path, inputs: dict[str, str]) -> tuple[Manifest | None, str]:
    """(manifest, "") if the stage is done with these very inputs and settings; else (None, why it must run)."""
    manifest = read_manifest(folder)
    if manifest is None:
        return None, "not run yet"
    if manifest.key != stage_key(stage, inputs):
        return None, "settings, inputs, code or libraries changed"
    if broken := damaged(folder, manifest):
        return None, f"{broken[0]} is damaged or missing"
    return manifest, ""


def run_stages(stages: Sequence[Stage], folder: Path, reporter: Reporter) -> dict[str, Manifest]:
    """Runs what is not done. A stage writes beside its folder and is renamed when whole."""
    done: dict[str, Manifest] = {}
    with locked(folder):
        for leftover in sorted(folder.glob(".*.part")):  # of a killed run: a stage's folder, or a file put in place
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        for number, stage in enumerate(stages, 1):
            inputs = {name: done[name].digest for name in stage.needs}
            manifest, why = finished(stage, folder / stage.name, inputs)
            reporter.stage(number, len(stages), stage.title, skipped=manifest is not None, why=why)
            if manifest is None:
                manifest = _run_stage(stage, folder, inputs, reporter)
            done[stage.name] = manifest
    return done


def _run_stage(stage: Stage, folder: Path, inputs: dict[str, str], reporter: Reporter) -> Manifest:
    aside, final = folder / f".{stage.name}.part", folder / stage.name
    aside.mkdir(parents=True)
    started = time.monotonic()
    context = Context({name: folder / name for name in stage.needs}, aside, stage.seed, reporter, stage.name)
    try:
        counts = stage.run(context)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    finally:
        reporter.close()
    manifest = Manifest(
        stage=stage.name,
        key=stage_key(stage, inputs),
        config=stage.config,
        inputs=inputs,
        code=code_version(stage.rooms),
        seed=stage.seed,
        libraries=library_versions(),
        counts=counts,
        outputs=hash_outputs(aside),
    )
    write_manifest(aside, manifest)
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    timing: dict[str, Any] = {"seconds": round(seconds, 2), "peak_mb": peak, "pid": os.getpid()}
    timing |= {"parts": context.timings, "spend": context.spend}
    write_json(aside / TIMING, timing)
    if final.exists():
        shutil.rmtree(final)
    aside.replace(final)
    _tidy(folder / SCRATCH, stage.name)
    reporter.finished(seconds)
    return manifest


def _tidy(scratch: Path, stage: str) -> None:
    shutil.rmtree(scratch / stage, ignore_errors=True)
    if scratch.is_dir() and not any(scratch.iterdir()):
        scratch.rmdir()
