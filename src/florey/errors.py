"""The errors a user can mend; the command line prints them as one line and exits with 2."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FloreyError(Exception):
    """Something the user can mend. The message names the file, key or line and what was expected."""


class BadInput(FloreyError):
    """An input (recipe, file, folder, model) is not what it should be."""


def nearest(name: str, known: Iterable[str]) -> str:
    """``" (did you mean 'x'?)"`` for the known name closest to `name`, or an empty string.

    >>> nearest("allpha", ["alpha", "beta"])
    " (did you mean 'alpha'?)"
    >>> nearest("zzz", ["alpha"])
    ''
    """
    hits = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f" (did you mean '{hits[0]}'?)" if hits else ""
