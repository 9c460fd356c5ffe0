"""An append-only file of records: a line that was acknowledged is on the disk, whatever dies afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

from pydantic import BaseModel, ValidationError

from florey.errors import BadInput

R = TypeVar("R", bound=BaseModel)


def append(path: Path, records: Iterable[BaseModel]) -> None:
    """Adds one line a record, all in one write, and returns when they are on the disk.

    What a killed process left half-written at the end is cut off first. Processes take turns.
    """
    data = "".join(f"{record.model_dump_json(exclude_none=True)}\n" for record in records).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("ab") as out, _alone(out):
        out.truncate(_whole(path.read_bytes()))
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    if is_new:
        _sync_folder(path.parent)


def read(path: Path, kind: type[R]) -> Iterator[R]:
    """The records of the whole lines; none where there is no file. BadInput naming a line that is none."""
    data = path.read_bytes() if path.exists() else b""
    for number, line in enumerate(data[: _whole(data)].splitlines(), 1):
        try:
            yield kind.model_validate_json(line)
        except ValidationError as error:
            said = error.errors()[0]["msg"]
            raise BadInput(f"{path}, line {number}: not a {kind.__name__}: {said}") from None


def _whole(data: bytes) -> int:
    """How many bytes end in a line break."""
    return data.rfind(b"\n") + 1


@contextmanager
def _alone(file: BinaryIO) -> Iterator[None]:
    """Holds other writers back until the file is closed."""
    try:
        import fcntl
    except ImportError:  # Windows: one writer at a time is up to the user
        yield
        return
    fcntl.flock(file, fcntl.LOCK_EX)
    yield


def _sync_folder(folder: Path) -> None:
    """A new file's name is on the disk only when its folder is."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
