"""The JSON value in what a model wrote: models put fences and words around it, leave commas and forget brackets.

Text that is JSON is never changed in value. Repairs are few, so that no value is invented: text around the value is
left out, commas before a closing bracket are dropped, line breaks inside strings are read as such, and brackets that
the model left open at its own end are closed, if what stands before them is whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_OPENS = re.compile(r"[{\[]")
CLOSING = "</think>"
_CLOSES = {"{": "}", "[": "]"}
MOST = 32  # values that are tried in one text


def json_values(text: str, *, whole: bool = True) -> Iterator[Any]:
    """The values that the text may be meant as, most likely first; none if it holds no JSON.

    `whole`: the model ended by itself. What a token budget cut off is not completed: it would be another answer.

    >>> list(json_values('Here it is:\\n```json\\n{"edges": [1, 2,],}\\n```'))
    [{'edges': [1, 2]}]
    >>> list(json_values('{"edges": [1, 2]')), list(json_values('{"edges": [1, 2]', whole=False))
    ([{'edges': [1, 2]}], [])
    """
    try:
        yield _loads(text)
        return
    except ValueError:
        pass
    if not text.lstrip().startswith(("{", "[", "`")):
        text = _after_thought(text)
    end = 0
    for _ in range(MOST):
        opening = _OPENS.search(text, end)
        if opening is None:
            return
        cleaned, end, closed = _cut_out(text, opening.start())
        if closed or whole:
            try:
                yield _loads(cleaned, strict=False)
            except ValueError:
                continue


def _after_thought(text: str) -> str:
    """Thoughts hold drafts. A closing tag inside a value is none that closes a thought."""
    tag = text.rfind(CLOSING)
    opening = _OPENS.search(text)
    if tag >= 0 and opening is not None and opening.start() < tag:
        cleaned, end, closed = _cut_out(text, opening.start())
        if closed and end > tag:
            try:
                _loads(cleaned, strict=False)
                return text
            except ValueError:
                pass
    return text if tag < 0 else text[tag + len(CLOSING) :]


def _loads(text: str, *, strict: bool = True) -> Any:
    """JSON as its standard has it: Python would also take NaN and Infinity. ValueError otherwise."""
    try:
        return json.loads(text, parse_constant=_refuse, strict=strict)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _cut_out(text: str, start: int) -> tuple[str, int, bool]:
    """(the value whose bracket opens at `start`, cleaned; where it ends; whether its brackets were all closed).

    Nothing inside a value is ever tried as a value of its own, so this reads each character once.
    """
    kept: list[str] = []
    open_: list[str] = []
    at, in_string = start, False
    while at < len(text):
        char = text[at]
        if in_string and char == "\\":
            kept.append(text[at : at + 2])
            at += 2
            continue
        if char == '"':
            in_string = not in_string
        elif not in_string and char in _CLOSES:
            open_.append(_CLOSES[char])
        elif not in_string and char in "}]":
            _drop_comma(kept)
            if open_.pop() != char:
                return "", at + 1, True
        kept.append(char)
        at += 1
        if not open_:
            return "".join(kept), at, True
    if in_string:
        return "", at, False
    while kept and kept[-1] in "` \n\r\t":  # the end of a fence
        kept.pop()
    _drop_comma(kept)
    return "".join(kept + open_[::-1]), at, False


def _drop_comma(kept: list[str]) -> None:
    last = len(kept) - 1
    while last >= 0 and kept[last].isspace():
        last -= 1
    if last >= 0 and kept[last] == ",":
        del kept[last]
