"""Memory and disk that run out, as one sentence with the setting to turn."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from florey.errors import FloreyError

_NO_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory")
_NO_SPACE = (
    "no space left on device",  # safetensors says it in an error of its own
    "unexpected pos",  # torch.save, which says nothing of space: its archive ends before what it has written,
    "file write failed",  # or a part of it could not be written
)


@contextmanager
def named_limits(phase: str, knob: str, folder: Path) -> Iterator[None]:
    """`knob`: the setting that makes it smaller; `folder`: what is written to."""
    try:
        yield
    except MemoryError as error:
        raise _memory(phase, knob, error) from None
    except Exception as error:
        said = str(error).lower()
        if isinstance(error, RuntimeError) and any(text in said for text in _NO_MEMORY):  # torch's, on GPU and CPU
            raise _memory(phase, knob, error) from None
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or any(text in said for text in _NO_SPACE):
            raise FloreyError(
                f"{phase}: no space left where {folder} is; make room, or choose another folder with --out. "
                "What was finished is kept, and the same command goes on from it"
            ) from None
        raise


def _memory(phase: str, knob: str, error: BaseException) -> FloreyError:
    first = (str(error).strip().splitlines() or ["no memory"])[0]
    return FloreyError(f"{phase}: out of memory ({first[:200]}); a smaller {knob} needs less")
