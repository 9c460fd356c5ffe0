"""The house: imports go downwards only, modules stay short, examples in docstrings hold."""

from __future__ import annotations

import ast
import doctest
import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import florey

SRC = Path(florey.__file__).parent
MODULES = sorted(SRC.rglob("*.py"))
# Each room may import what stands below it, and itself.
ORDER = (
    *("cli", "pipeline", "reporting", "audits", "evaluation", "training", "teaching", "curation", "synthesis"),
    *(
        "inference",
        "datasets",
        "graph",
        "llm",
        "answer",
        "clustered",
        "intervals",
        "records",
        "settings",
        "distributed",
        "files",
        "errors",
    ),
)
# Neighbours do not know each other: only the pipeline joins them.
STRANGERS = {
    "evaluation": {"training", "synthesis", "teaching", "curation", "inference"},
    "training": {"synthesis", "teaching", "curation", "graph"},
    "curation": {"synthesis"},
    "reporting": {"training", "synthesis", "teaching", "curation", "graph"},
    "inference": {"graph"},
    "graph": {"answer"},
    "llm": {"answer"},
}
# Heavy enough to be felt at the start of every command.
LATE = {"torch", "transformers", "trl", "datasets", "accelerate", "tokenizers", "safetensors", "peft", "ray"}
TORCH = {"training", "inference"}
# Modules that another tool imports, and which need it.
EXTRAS = {"florey.pipeline.exports.inspect_task": "inspect_ai"}


def imports(module: Path) -> Iterator[tuple[str, int, bool]]:
    """(imported name, line, whether the import runs as soon as the module is imported)."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for_types = [node for node in nodes if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    late = {id(inner) for outer in (*functions, *for_types) for inner in ast.walk(outer)}
    for node in nodes:
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            yield name, node.lineno, id(node) not in late


def room(name: str) -> str | None:
    """The room of an imported module of ours: "florey.graph.store.Graph" -> "graph"."""
    parts = name.split(".")
    return parts[1] if parts[0] == "florey" and len(parts) > 1 and parts[1] in ORDER else None


def home(module: Path) -> str:
    return module.relative_to(SRC).parts[0].removesuffix(".py")


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.relative_to(SRC).as_posix())
def test_imports_go_downwards(module: Path) -> None:
    mine = home(module)
    if mine == "__init__":
        assert not [name for name, *_ in imports(module) if name.startswith("florey")]
        return
    assert mine in ORDER, f"{mine} is no room of the house: give it a place in ORDER"
    for name, line, at_once in imports(module):
        place = f"{module.relative_to(SRC)}, line {line}: imports {name}"
        other = room(name)
        if other is not None:
            assert ORDER.index(other) >= ORDER.index(mine), f"{place}, upwards"
            assert other not in STRANGERS.get(mine, ()), f"{place}, a neighbour"
        package = name.split(".")[0]
        assert not (package in LATE and at_once), f"{place} at module level"
        assert package != "torch" or mine in TORCH, place


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.relative_to(SRC).as_posix())
def test_modules_are_short(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 400


def test_the_rules_are_about_rooms_that_exist() -> None:
    rooms = {home(module) for module in MODULES}
    assert rooms & set(ORDER) >= {"cli", "pipeline", "evaluation", "training", "synthesis", "graph", "records"}
    assert {name for pair in STRANGERS.items() for name in (pair[0], *pair[1])} <= set(ORDER)


def test_examples_in_docstrings_hold() -> None:
    tried = 0
    for info in pkgutil.walk_packages(florey.__path__, "florey."):
        if info.name in EXTRAS and importlib.util.find_spec(EXTRAS[info.name]) is None:
            continue
        result = doctest.testmod(importlib.import_module(info.name))
        assert not result.failed, info.name
        tried += result.attempted
    assert tried >= 20
