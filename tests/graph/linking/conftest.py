"""An invented table of names."""

import csv
from pathlib import Path

import pytest

from florey.graph.linking.linker import Linker
from florey.graph.linking.mention import Name


@pytest.fixture(scope="session")
def names() -> list[Name]:
    found = []
    with Path(__file__).with_name("names.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            found.append(Name(row["name"], row["id"], row["type"]))
            found += [Name(alias, row["id"], row["type"], False) for alias in row["aliases"].split("|") if alias]
    return found


@pytest.fixture(scope="session")
def linker(names) -> Linker:
    return Linker(names)
