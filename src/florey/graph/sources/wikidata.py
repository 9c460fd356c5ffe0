"""Wikidata (https://www.wikidata.org): tables of items with labels, or the lines of its JSON dump.

Which of the two a file is shows in its first record. Both give nodes WIKIDATA:Q… and statements whose `code` is the
property that says it and whose `reference` is the item it stands on, or the source that Wikidata names for it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from florey.errors import BadInput
from florey.graph.model import Node, Statement
from florey.graph.sources import Licence, distinct, release_of
from florey.graph.sources.reading import Misfits, read_lines
from florey.graph.sources.wikidata_dump import Dump
from florey.graph.sources.wikidata_extract import KINDS, Extract

NAME = "wikidata"
LICENCE = Licence("CC0-1.0", "Wikidata (https://www.wikidata.org)")
SUFFIXES = (".jsonl", ".json", ".jsonl.gz", ".json.gz", ".json.bz2", ".jsonl.bz2")


class Wikidata:
    """`strict=False` drops and counts lines that do not fit instead of refusing the file."""

    def __init__(self, path: Path, *, language: str = "en", release: str | None = None, strict: bool = True) -> None:
        """`path`: a file, or a folder whose wikidata*.json and .jsonl files (.gz, .bz2 too) are read together.

        `language` is that of labels and aliases from a dump. `release` names files that carry none (None: by content).
        """
        found = [*path.glob("wikidata*"), *path.glob("latest-*")] if path.is_dir() else [path]
        files = sorted(file for file in found if file.name.endswith(SUFFIXES)) if path.is_dir() else found
        if not files:
            raise BadInput(f"{path}: no wikidata*.json or .jsonl; expected item extracts or a JSON dump")
        self.dropped: Counter[str] = Counter()
        self.rewritten: Counter[str] = Counter()
        self.licences: Mapping[str, Licence] = {NAME: LICENCE}
        misfit = Misfits(strict, self.dropped)
        dumps = {file: _is_dump(file, strict) for file in files}
        self.release = release or release_of(*files)
        extracts = [file for file, dump in dumps.items() if not dump]
        self._parts: list[Extract | Dump] = [Extract(extracts, self.release, misfit)] if extracts else []
        self._parts += [Dump(file, self.release, misfit, language) for file, dump in dumps.items() if dump]

    def nodes(self) -> Iterator[Node]:
        """An item that stands in several files is taken from the first, with a count."""
        seen: set[str] = set()
        for node in chain.from_iterable(part.nodes() for part in self._parts):
            if node.id in seen:
                self.dropped["item: in an earlier file too"] += 1
            else:
                seen.add(node.id)
                yield node

    def statements(self) -> Iterator[Statement]:
        """Needs `nodes` to have been consumed."""
        yield from distinct(chain.from_iterable(part.statements() for part in self._parts), self.dropped)


def _is_dump(path: Path, strict: bool) -> bool:
    """By the first line that can be told; lines that cannot are counted when the file is read."""
    misfit = Misfits(strict, Counter())
    for number, line in read_lines(path, misfit):
        text = line.strip().rstrip(",")
        if text in ("", "["):
            continue
        record: Any = None
        with suppress(ValueError):
            record = json.loads(text)
        if isinstance(record, dict) and record.get("type") in ("item", "property", "lexeme"):
            return True
        if isinstance(record, dict) and any(f"{kind}URI" in record for kind in KINDS):
            return False
        expected = " or ".join(f'"{kind}URI"' for kind in KINDS)
        misfit("", f'{path}, line {number}: expected a JSON object with {expected}, or an entity with "type"')
    raise BadInput(f"{path}: no items; expected item extracts or a JSON dump")
