"""Words and sentences of a thought, in English and Chinese."""

from __future__ import annotations

import re

CJK = "\u3400-\u9fff"
_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:['’\-][^\W_{CJK}]+)*")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")


def tokens(text: str) -> list[str]:
    """Words, lower case; a Chinese character is one.

    >>> tokens("X-linked 遗传")
    ['x-linked', '遗', '传']
    """
    return [token.lower() for token in _TOKEN.findall(text)]


def sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]
