"""The invented Wikipedia as a dump, and a model that says what it is told to see."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from florey.graph.discovery.page_reader import PageReader
from florey.graph.discovery.settings import DiscoverySettings
from florey.graph.discovery.vocabulary import Vocabulary
from florey.graph.linking.mention import Name
from florey.graph.wiki.dump_library import DumpLibrary

_MARKED = re.compile(r"\[(\d+): ([^\]]*?) \((\w+)\)\]")


@pytest.fixture(scope="session")
def invented() -> ModuleType:
    name = "invented_wikipedia"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / "invented.py")
        assert spec and spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture
def dump(tmp_path: Path, invented: ModuleType) -> Path:
    path: Path = invented.write_dump(tmp_path)
    return path


@pytest.fixture
def library(dump: Path, tmp_path: Path) -> Iterator[DumpLibrary]:
    with DumpLibrary.open(dump, tmp_path / "dump.sqlite") as opened:
        yield opened


@pytest.fixture
def reader(library: DumpLibrary) -> Callable[..., PageReader]:
    def make(settings: DiscoverySettings | None = None, names: list[Name] | None = None) -> PageReader:
        return PageReader(library, Vocabulary(names or ()), settings)

    return make


def treats(body: dict[str, Any]) -> str:
    """A model that sees a treatment wherever a disease and a drug stand in one sentence."""
    text = body["messages"][-1]["content"].partition("<text>\n")[2]
    relations = []
    for line in text.splitlines():
        sentence = line.partition(".")[0]
        marked = _MARKED.findall(line)
        for disease in [number for number, _, type in marked if type == "disease"]:
            for drug in [number for number, _, type in marked if type == "drug"]:
                said = {"sentence": int(sentence), "subject": int(disease), "object": int(drug)}
                relations.append({**said, "relation": "treated_by", "denied": False})
    return json.dumps({"relations": relations[:8]})


@pytest.fixture
def seeing_treatments(scripted_llm: Callable[..., Any]) -> Callable[..., Any]:
    """A scripted server whose model is `treats`, failing as told."""
    return lambda **script: scripted_llm(answer=treats, **script)
