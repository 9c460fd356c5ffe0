"""What is refused before llama.cpp is asked to serve it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from florey.errors import BadInput
from florey.llm.local_server import ServerSettings, serve


def test_what_cannot_be_served_is_named(tmp_path: Path) -> None:
    other, model = tmp_path / "other.gguf", tmp_path / "model.gguf"
    other.write_bytes(b"PK zip")
    model.write_bytes(b"GGUF")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for settings, expected in (
            (ServerSettings(tmp_path / "none.gguf"), "none.gguf: no such file"),
            (ServerSettings(other), "other.gguf: not a GGUF model"),
            (ServerSettings(model, port=port), f"port {port}: Address already in use; give another, or 0"),
        ):
            with pytest.raises(BadInput, match=expected), serve(settings):
                pass
