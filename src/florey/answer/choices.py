"""What the inside of an answer names: an option by its letter or by its text, several of them, or none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from florey.records import LETTERS

LONGEST = 4096  # characters; longer ones are no answer but a text
LOOKALIKES = str.maketrans("АВЕЗКМНОРСТХаеорсхΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABE3KMHOPCTXaeopcxABEZHIKMNOPTYX")
"""Cyrillic and Greek letters that look like Latin ones. Models with many languages write them."""

_CLOSING = r"[)\]}】』」*_`$]*"
_OPENING = r"[(\[{【『「*_`$]*"
_AHEAD = re.compile(
    r"(?:(?:the\s)?(?:final\s|correct\s|best\s)?(?:answer|option|choice)(?:\sis)?|(?:正确)?(?:答案|选项)[是为]?|选择?)\s*[:.]?\s*",
    re.IGNORECASE,
)
_LETTER = re.compile(rf"{_OPENING}\s*([A-Za-z])\s*{_CLOSING}\s*(?:[.:,;、。)]\s*)?{_CLOSING}")
_JOINED = r"\s*(?:,|;|/|&|\+|、|和|与|及|或|\band\b|\bor\b)\s*(?:\band\s+|\bor\s+)?"
_LETTERS = re.compile(rf"{_OPENING}[A-Za-z]{_CLOSING}(?:{_JOINED}{_OPENING}[A-Za-z]{_CLOSING})+[.。]?", re.IGNORECASE)
_BOXED = re.compile(r"\\boxed\s?\{(?:\\text\s?\{)?([^{}]*)\}?\}|\\text\s?\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Choice:
    """`index`: of the option, or None; `several`: more than one is named."""

    index: int | None = None
    several: bool = False


NONE, SEVERAL = Choice(), Choice(several=True)


def normal(text: str) -> str:
    """How texts of options are compared: width, case, white space and a final stop do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".。")


@lru_cache(maxsize=1024)
def _normal(options: tuple[str, ...]) -> tuple[str, ...]:
    """Remembered: a question is answered many times."""
    return tuple(map(normal, options))


def choice(content: str, options: Sequence[str]) -> Choice:
    """What the inside of one answer names, of options in the order shown.

    A letter is a letter even where an option's text is one too (blood group B, vitamin A); a text counts where it is
    no letter of an option, and where only one option has it. "B. text" counts with option B's own text; with that of
    another option, several are named.
    """
    content = content.strip()
    if not content or len(content) > LONGEST:
        return NONE
    if len(content) == 1 and content in LETTERS[: len(options)]:  # as nearly all are written
        return Choice(LETTERS.index(content))
    texts = _normal(tuple(options))
    content = unicodedata.normalize("NFKC", content)
    if boxed := _BOXED.fullmatch(content.strip("$ .")):
        content = (boxed[1] or boxed[2] or "").strip()
    ahead = _AHEAD.match(content)
    said = (content, content[ahead.end() :]) if ahead else (content,)
    return next((found for each in said for rule in _RULES if (found := rule(each, texts)) is not None), NONE)


def _bare(content: str, texts: Sequence[str]) -> Choice | None:
    """ "B", "(b).", "**B**"; a letter that only looks like one of ours."""
    letter = _LETTER.fullmatch(content) or _LETTER.fullmatch(content.translate(LOOKALIKES))
    index = _place(letter[1], texts) if letter else None
    return None if index is None else Choice(index)


def _listed(content: str, texts: Sequence[str]) -> Choice | None:
    """ "A and C", "A, A"."""
    if not _LETTERS.fullmatch(content):
        return None
    parts = re.split(_JOINED, content, flags=re.IGNORECASE)
    places = {_place(letter[0], texts) for part in parts if (letter := re.search("[A-Za-z]", part))}
    if len(places) > 1:
        return SEVERAL
    index = places.pop()
    return None if index is None else Choice(index)


def _run_together(content: str, texts: Sequence[str]) -> Choice | None:
    """ "AC", as examinations with several answers write it."""
    if not (1 < len(content) <= len(texts) and content.isascii() and content.isalpha() and content.isupper()):
        return None
    places = {_place(letter, texts) for letter in content}
    return SEVERAL if None not in places and len(places) == len(content) else None


def _with_text(content: str, texts: Sequence[str]) -> Choice | None:
    """ "B. text"."""
    letter = _LETTER.match(content)
    index = _place(letter[1], texts) if letter else None
    if letter is None or index is None or letter.end() == len(content):
        return None
    rest = normal(content[letter.end() :])
    if rest == texts[index] or (rest.startswith(texts[index]) and _again(rest[len(texts[index]) :], index)):
        return Choice(index)
    return SEVERAL if rest in texts else None


def _again(rest: str, index: int) -> bool:
    """Whether what follows an option's text is only its letter once more: "B. text (B)"."""
    return rest.strip(" ().[]").upper() == LETTERS[index]


def _by_text(content: str, texts: Sequence[str]) -> Choice | None:
    said = normal(content.strip("*_`\"'“”"))
    places = [place for place, text in enumerate(texts) if text == said]
    if len(places) == 1:
        return Choice(places[0])
    if places:
        return SEVERAL  # two options have that text
    if (closing := re.fullmatch(r"(.+?)\s*\(([a-z])\)", said)) and (index := _place(closing[2], texts)) is not None:
        return Choice(index) if texts[index] == closing[1] else None
    return None


def _place(letter: str, texts: Sequence[str]) -> int | None:
    index = LETTERS.find(letter.upper())
    return index if 0 <= index < len(texts) else None


_RULES = (_bare, _by_text, _listed, _run_together, _with_text)
