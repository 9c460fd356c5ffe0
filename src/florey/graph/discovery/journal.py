"""The journal of a discovery: JSON Lines, appended and synced page by page, read again to go on."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from florey.errors import BadInput
from florey.files import read_jsonl
from florey.graph.discovery.reading import Reading

JOURNAL = "journal.jsonl"


class Journal:
    """`readings` are what earlier runs read, in order; `append` adds to them on disk before it returns.

    A line without its end is what a killed run was writing: it is cut off, its page is read again.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL
        self.torn = _cut_torn_end(self.path)
        self.readings: list[Reading] = list(read_journal(folder))

    def append(self, readings: Sequence[Reading]) -> None:
        lines = "".join(reading.model_dump_json(exclude_defaults=True) + "\n" for reading in readings)
        with self.path.open("ab") as out:
            out.write(lines.encode())
            out.flush()
            os.fsync(out.fileno())
        self.readings.extend(readings)


def read_journal(folder: Path) -> Iterator[Reading]:
    """The readings of a folder that `florey graph discover` wrote, in order. BadInput names a damaged line."""
    path = folder / JOURNAL
    if not path.is_file():
        return
    for expected, reading in enumerate(read_jsonl(path, Reading)):
        if reading.step != expected:
            raise BadInput(f"{path}, line {expected + 1}: step {reading.step}, expected {expected}")
        yield reading


@contextmanager
def written_by_one(folder: Path) -> Iterator[None]:
    """Holds the folder's lock, which the system frees however a run ends. BadInput if another run holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadInput(
                f"{folder}: another discovery is writing here; wait for it or choose another --out"
            ) from None
        yield


def _cut_torn_end(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        end = size
        while end:  # back to the last line end, block by block
            start = max(0, end - 65_536)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        if end == size:
            return False
        file.truncate(end)
        os.fsync(file.fileno())
        return True
