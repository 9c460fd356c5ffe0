"""Text made comparable: what two spellings of one stem or option have in common."""

from __future__ import annotations

import re
import unicodedata

_RAISED = re.compile("[\u00b2\u00b3\u00b9\u2070\u2074-\u209c]+")
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(f"[{_CJK}]|[^\\W{_CJK}]+")


def normalise(text: str) -> str:
    """Case, width, spacing and a closing mark removed. Raised digits stay apart from plain ones: 10⁵ is not 105.

    >>> normalise("  Marfan  Syndrome. ") == normalise("marfan syndrome")
    True
    >>> normalise("10⁵") == normalise("105")
    False
    """
    apart = _RAISED.sub(lambda found: f"^{found[0]}", text)
    return " ".join(unicodedata.normalize("NFKC", apart).casefold().split()).rstrip(".,;:? 。")


def words(text: str) -> list[str]:
    """The words of the normalised text; a Chinese, Japanese or Korean character counts as a word.

    >>> words("Marfan 综合征?")
    ['marfan', '综', '合', '征']
    """
    return _WORD.findall(normalise(text))
