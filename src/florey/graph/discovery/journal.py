"""The journal of a discovery: JSON Lines, appended and synced batch by batch, read again to go on."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from florey.errors import BadInput
from florey.graph.discovery.reading import Reading

JOURNAL = "journal.jsonl"


class Journal:
    """Replay it first, then append to it. It is read from disk whenever it is asked for: a long one is large.

    What a killed run had written of its last batch is cut off and read again: pages are chosen a batch at a time, so
    going on from a part of one would choose others than an uninterrupted run.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL
        self.count = 0  # readings, once it was replayed
        self.torn = False  # whether something had to be cut off

    def replay(self) -> Iterator[Reading]:
        """The readings of earlier runs, in order; cuts off what is no whole batch."""
        self.count = whole = 0
        for batch, end in _batches(self.path):
            self.count, whole = self.count + len(batch), end
            yield from batch
        self.torn = self.path.is_file() and self.path.stat().st_size > whole
        if self.torn:
            os.truncate(self.path, whole)

    def append(self, readings: Sequence[Reading]) -> None:
        """One whole batch, on disk before it returns."""
        batch = [*readings[:-1], readings[-1].model_copy(update={"ends_batch": True})]
        lines = "".join(reading.model_dump_json(exclude_defaults=True) + "\n" for reading in batch)
        with self.path.open("ab") as out:
            out.write(lines.encode())
            out.flush()
            os.fsync(out.fileno())
        self.count += len(batch)


def read_journal(folder: Path) -> Iterator[Reading]:
    """The readings of whole batches in a folder that `florey graph discover` writes. BadInput names a damaged line."""
    for batch, _ in _batches(folder / JOURNAL):
        yield from batch


def _batches(path: Path) -> Iterator[tuple[list[Reading], int]]:
    """Every whole batch, with the byte that it ends at."""
    batch: list[Reading] = []
    place = 0
    for number, line in enumerate(_lines(path), 1):
        place += len(line)
        if not line.endswith(b"\n"):
            return
        try:
            reading = Reading.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            raise BadInput(f"{path}, line {number}: not a reading of a page: {where}: {first['msg']}") from None
        if reading.step != number - 1:
            raise BadInput(f"{path}, line {number}: step {reading.step}, expected {number - 1}")
        batch.append(reading)
        if reading.ends_batch:
            yield batch, place
            batch = []


def _lines(path: Path) -> Iterator[bytes]:
    if path.is_file():
        with path.open("rb") as lines:
            yield from lines


@contextmanager
def written_by_one(folder: Path) -> Iterator[None]:
    """Holds the folder's lock, which the system frees however a run ends. BadInput if another run holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadInput(f"{folder}: another discovery writes here; wait for it or choose another --out") from None
        yield
