"""The format filter (paper, 3.1, filter 1): items that are malformed whatever they ask, each for a named reason.

A check is a function from a question to True where the question is at fault. The checks prefer to keep: what is
unusual but legitimate ("E. coli" as option E, a stem that ends in "is caused by", p < 0.05) passes.
"""

from __future__ import annotations

import html.entities
import re
import unicodedata
from collections.abc import Callable

from florey.curation.text import normalise
from florey.inference.shuffling import names_letters, speaks_of_others
from florey.records import LETTERS, Question

Check = Callable[[Question], bool]

_TAG = re.compile(
    r"</?(?:p|br|b|i|u|s|sub|sup|span|div|img|table|tbody|tr|td|th|li|ul|ol|strong|em|font|a|h[1-6])(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(#\d{1,6}|#x[0-9a-f]{1,5}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
_FOREIGN_RUN = re.compile(r"[^\x00-\x7f]{2,}")
_PICTURE = re.compile(
    r"\b(?:figure|image|photo(?:graph|micrograph)?|picture|radiograph|tracing|slide|exhibit)s? (?:is |are |as )?"
    r"(?:shown|below|above|given|attached|depicted)"
    r"|\b(?:shown|depicted|seen) (?:in|on) the (?:figure|image|photo\w*|exhibit)"
    r"|(?:如|见)(?:下|上|左|右)?图|图\d*(?:所)?示",
    re.IGNORECASE,
)
_SCRIPTS = {"en": ("LATIN", "GREEK"), "zh": ("CJK", "LATIN", "GREEK")}
"""What a language is written in; Greek for α, β and µ."""
_LOOK_ALIKES = ("LATIN", "CYRILLIC")
_MOST_FOREIGN = 0.1
"""Share of the letters that may be of another script: a term quoted in its own language is no fault."""
_BRACKETS = (("(", ")"), ("[", "]"), ("（", "）"))
_SHORTEST_GIVEAWAY = 4
"""Bytes: "yes" or "5" may stand in any stem by chance; two Chinese characters (six bytes) are already a word."""


def _texts(question: Question) -> tuple[str, ...]:
    return (question.stem, *question.options)


def empty_stem(question: Question) -> bool:
    """No letter or digit in the stem."""
    return not any(character.isalnum() for character in question.stem)


def truncated_stem(question: Question) -> bool:
    """The stem breaks off: at a comma, or inside a bracket. An open end ("is caused by ...") is a style of asking."""
    stem = question.stem.rstrip()
    return stem.endswith((",", ";", "，", "、")) or any(
        stem.rfind(left) > stem.rfind(right) for left, right in _BRACKETS
    )


def empty_option(question: Question) -> bool:
    return any(not option.strip() for option in question.options)


def duplicate_options(question: Question) -> bool:
    """Two options that read the same, or are the same node of the graph."""
    texts = [normalise(option) for option in question.options]
    return len(set(texts)) < len(texts) or len(set(question.option_ids)) < len(question.option_ids)


def replacement_characters(question: Question) -> bool:
    """U+FFFD, control characters, private-use characters of symbol fonts: something was lost on the way."""
    return any(
        character == "\ufffd" or (unicodedata.category(character) in ("Cc", "Co") and not character.isspace())
        for text in _texts(question)
        for character in text
    )


def _misread(run: str) -> bool:
    """True where the characters are the bytes of one UTF-8 text read as Windows-1252 ("Ã©" for "é")."""
    try:
        # bytes that Windows-1252 leaves undefined come through as the control characters of Latin-1
        data = b"".join(c.encode("latin-1") if 0x80 <= ord(c) < 0xA0 else c.encode("cp1252") for c in run)
        return len(data.decode("utf-8")) < len(run)
    except UnicodeError:
        return False


def mojibake(question: Question) -> bool:
    """Text decoded with the wrong encoding; "Sjögren" and "Ménière" pass."""
    return any(_misread(run) for text in _texts(question) for run in _FOREIGN_RUN.findall(text))


def html_remains(question: Question) -> bool:
    """A tag or a character entity; comparisons ("p < 0.05") pass."""
    for text in _texts(question):
        if _TAG.search(text):
            return True
        for name in _ENTITY.findall(text):
            if name.startswith("#") or f"{name};" in html.entities.html5:
                return True
    return False


def letters_in_options(question: Question) -> bool:
    """Options that still carry their letter: "(B) text" at B, or "A. …", "B. …" on every one.

    One "C. difficile" at place C passes: an abbreviated genus looks the same.
    """
    lettered = [
        re.match(rf"\s*(?P<bracket>\(?{letter}\))?(?(bracket)|{letter}[.:])\s*\S", option)
        for letter, option in zip(LETTERS, question.options, strict=False)
    ]
    return all(lettered) or any(found["bracket"] for found in lettered if found)


def options_name_letters(question: Question) -> bool:
    """An option such as "Both A and C": it changes its meaning when options are shuffled."""
    return any(names_letters(option, len(question.options)) for option in question.options)


def answer_given_away(question: Question) -> bool:
    """The gold text stands in the stem and no other option's does (a stem that lists its options passes)."""
    stem = normalise(question.stem)

    def stands_there(option: str) -> bool:
        text = normalise(option)
        if len(text.encode()) < _SHORTEST_GIVEAWAY:
            return False
        return re.search(rf"(?<![a-z0-9]){re.escape(text)}(?![a-z0-9])", stem) is not None

    others = (option for index, option in enumerate(question.options) if index != question.gold)
    return stands_there(question.options[question.gold]) and not any(stands_there(option) for option in others)


def mixed_scripts(question: Question) -> bool:
    """Words that mix Latin and Cyrillic look-alikes, or much text in a script that the language is not written in.

    TNF-α and a quoted term ("qigong, 气功") pass; for languages other than English and Chinese only the look-alikes
    are looked at.
    """
    letters = [character for text in _texts(question) for character in text if character.isalpha()]
    if all(character.isascii() for character in letters):
        return question.language == "zh"
    for text in _texts(question):
        for word in re.findall(r"[^\W\d_]+", text):
            if not word.isascii() and {_script(character) for character in word} >= set(_LOOK_ALIKES):
                return True
    usual = _SCRIPTS.get(question.language)
    if usual is None:
        return False
    if question.language == "zh" and not any(_script(character) == "CJK" for character in letters):
        return True
    return sum(_script(character) not in usual for character in letters) > _MOST_FOREIGN * len(letters)


def _script(character: str) -> str:
    """The first word of the character's Unicode name: LATIN, GREEK, CJK, CYRILLIC, …; compatibility forms as such."""
    return unicodedata.name(unicodedata.normalize("NFKC", character)[0], "").partition(" ")[0]


CHECKS: tuple[Check, ...] = (
    empty_stem,
    truncated_stem,
    empty_option,
    duplicate_options,
    replacement_characters,
    mojibake,
    mixed_scripts,
    html_remains,
    letters_in_options,
    options_name_letters,
    answer_given_away,
)
"""In this order; a question is dropped for the first that finds fault. A check's name is the reason."""


def fault(question: Question, checks: tuple[Check, ...] = CHECKS) -> str | None:
    """The reason to drop the question, or None where it is well-formed."""
    return next((check.__name__ for check in checks if check(question)), None)


def refers_to_options(question: Question) -> bool:
    """An option such as "All of the above": it must keep its place when options are shuffled."""
    return any(map(speaks_of_others, question.options))


def refers_to_picture(question: Question) -> bool:
    """The stem speaks of a figure that is not there."""
    return _PICTURE.search(question.stem) is not None


NOTICES: tuple[Check, ...] = (refers_to_options, refers_to_picture)
"""What is flagged and kept. A notice's name is the flag."""


def noticed(question: Question) -> tuple[str, ...]:
    """The flags that the question earns, in the order of `NOTICES`."""
    return tuple(notice.__name__ for notice in NOTICES if notice(question))
