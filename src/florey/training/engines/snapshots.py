"""What a killed round goes on from: weights, optimiser, generators, curriculum, and everything recorded so far.

The training library writes its checkpoint; `whole.json`, with the hash of every file, is written last. A folder
without it, or with a file that differs from its hash, is damaged and the one before is used.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from florey.errors import BadInput
from florey.files import digest, file_digest, read_json, read_jsonl, write_json, write_jsonl
from florey.records import Rollout
from florey.training.engines import RoundJob

WHOLE, STATE, ROLLOUTS = "whole.json", "florey.json", "rollouts.jsonl"
KEEP = 2
"""Snapshots that stay: the newest, and one to fall back on."""

JOB: TypeAdapter[RoundJob] = TypeAdapter(RoundJob)


def folder_of(job: RoundJob) -> Path | None:
    """Where this very job's snapshots are; those of other settings, questions or weights beside it are removed."""
    if job.snapshots is None:
        return None
    settings = JOB.dump_python(replace(job, out=Path(), snapshots=None, parent=Path(), round_file=Path()), mode="json")
    return only_folder(job.snapshots, [settings, file_digest(job.round_file), weights_of(job.parent)])


def weights_of(folder: Path) -> dict[str, str]:
    """Hashes of a checkpoint's files."""
    return {path.name: file_digest(path) for path in sorted(folder.glob("*")) if path.is_file()}


def only_folder(snapshots: Path, key: Any) -> Path:
    """The folder for what `key` (JSON-able) decides; its neighbours are removed."""
    folder = snapshots / digest(key)
    if snapshots.is_dir():
        for other in sorted(snapshots.iterdir()):
            if other != folder:
                shutil.rmtree(other)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def seal(snapshot: Path, state: Mapping[str, Any], rollouts: list[Rollout]) -> None:
    """Adds what the training library does not know, then the hashes; prunes older ones."""
    write_jsonl(snapshot / ROLLOUTS, rollouts)
    write_json(snapshot / STATE, dict(state))
    files = sorted(path for path in snapshot.rglob("*") if path.is_file() and path.name != WHOLE)
    write_json(snapshot / WHOLE, {str(path.relative_to(snapshot)): file_digest(path) for path in files})
    for old in _newest_first(snapshot.parent)[KEEP:]:
        shutil.rmtree(old)


def newest(folder: Path) -> tuple[Path | None, list[str]]:
    """(the newest snapshot that is whole, what was found damaged before it)."""
    notes: list[str] = []
    for snapshot in _newest_first(folder):
        if (why := _damage(snapshot)) is None:
            return snapshot, notes
        notes.append(f"{snapshot}: {why}; the snapshot before it is used")
    return None, notes


def opened(snapshot: Path) -> tuple[dict[str, Any], list[Rollout]]:
    return read_json(snapshot / STATE), list(read_jsonl(snapshot / ROLLOUTS, Rollout))


def _newest_first(folder: Path) -> list[Path]:
    found = [path for path in folder.glob("checkpoint-*") if path.is_dir()]
    return sorted(found, key=lambda path: -int(path.name.rpartition("-")[2]))


def _damage(snapshot: Path) -> str | None:
    if not (snapshot / WHOLE).is_file():
        return "was not written to its end"
    try:
        files = read_json(snapshot / WHOLE)
        broken = [name for name, hash in files.items() if file_digest(snapshot / name) != hash]
    except (OSError, BadInput, AttributeError):
        return "a file of it cannot be read"
    return f"{broken[0]} differs from its hash" if broken else None
