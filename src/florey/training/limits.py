"""Memory and disk that run out, as one sentence with the setting to turn."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from florey.errors import FloreyError

_NO_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory")


@contextmanager
def named_limits(phase: str, knob: str, folder: Path) -> Iterator[None]:
    """`knob`: the setting that makes it smaller; `folder`: what is written to."""
    try:
        yield
    except MemoryError as error:
        raise _memory(phase, knob, error) from None
    except RuntimeError as error:  # torch's, on a GPU and on a CPU
        if any(text in str(error).lower() for text in _NO_MEMORY):
            raise _memory(phase, knob, error) from None
        raise
    except Exception as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or "no space left on device" in str(error).lower():  # safetensors says it in its own error
            raise FloreyError(
                f"{phase}: no space left where {folder} is; make room, or choose another folder with --out. "
                "What was finished is kept, and the same command goes on from it"
            ) from None
        raise


def _memory(phase: str, knob: str, error: BaseException) -> FloreyError:
    first = (str(error).strip().splitlines() or ["no memory"])[0]
    return FloreyError(f"{phase}: out of memory ({first[:200]}); a smaller {knob} needs less")
