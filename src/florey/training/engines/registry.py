"""Engines by name. Imported late: each brings its own heavy libraries."""

from __future__ import annotations

import importlib
import importlib.util

from florey.errors import BadInput, nearest
from florey.training.engines import Engine

ENGINES = {"trl": ("florey.training.engines.trl", "TRLEngine"), "verl": ("florey.training.engines.verl", "VerlEngine")}


def engine_named(name: str) -> Engine:
    """BadInput where there is none of that name, or its library is not installed."""
    if name not in ENGINES:
        raise BadInput(f"engine: no engine '{name}'{nearest(name, ENGINES)}; there are {', '.join(sorted(ENGINES))}")
    if name == "trl" and importlib.util.find_spec("trl") is None:
        raise BadInput("engine trl: trl is not installed: pip install 'florey[train]'")
    module, attribute = ENGINES[name]
    engine: Engine = getattr(importlib.import_module(module), attribute)()
    return engine
