"""Is a thought in the language of its question, and in scripts that belong there?"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from itertools import groupby

from florey.records import Question
from florey.teaching.problem import Problem
from florey.teaching.signals.config import SignalConfig
from florey.teaching.signals.wording import CJK, tokens

_CHINESE = re.compile(f"[{CJK}]")
_SPECIAL = re.compile(r"<\|[^|<>]{1,40}\|>|</?s>|\[/?INST\]|\[(?:PAD|UNK|EOS)\]")
# small words of languages that are written like English; none is an English word or a common medical one
_FUNCTION_WORDS = {
    "English": "the of and is are to that with this which for not has have it be was from by as these would",
    "Spanish": "el los las que del una para con por como más pero sus esta también paciente",
    "French": "le les des est une dans pour qui avec sur pas plus cette sont chez",
    "German": "der und ist das nicht mit den dem ein eine auf sich bei wird durch oder auch",
    "Portuguese": "não uma com para dos das pelo mais também são ao",
    "Italian": "il che della con una per sono più nel gli anche dei",
}
_WORDS = {name: frozenset(words.split()) for name, words in _FUNCTION_WORDS.items()}
_FEWEST = 5  # small words of another language, from which it is one
_EXPECTED = ("LATIN", "CJK", "GREEK", "MICRO", "FEMININE", "MASCULINE", "SCRIPT", "MATHEMATICAL")


def language(question: Question, thought: str, config: SignalConfig) -> Iterator[Problem]:
    """English and Chinese are told apart by script, others that are written like English by their small words.

    Names that the question itself has, and Latin names inside Chinese, count for no other language.
    """
    words = [word for word in tokens(thought) if len(word) > 1 or not word.isascii()]  # "a", "B" and "5" tell nothing
    known = set(tokens(f"{question.context or ''} {question.stem} {' '.join(question.options)}"))
    if question.language not in ("en", "zh") or not words:
        return
    other = [_is_other(word, question.language) for word in words if word not in known]
    share = sum(other) / len(words)
    run = max((sum(1 for _ in same) for is_other, same in groupby(other) if is_other), default=0)
    english = question.language == "en"
    if share > (config.max_chinese if english else config.max_latin) or run > config.max_other_run:
        kind = "Chinese" if english else "Latin"
        yield Problem("language", f"{share:.0%} of the words are {kind}, {run} in a row")
    elif english and (name := _written_like_english(words, known)):
        yield Problem("language", f"it is in {name}")
    elif not english and not any(map(_CHINESE.match, words)):
        yield Problem("language", "no Chinese in an answer to a Chinese question")


def mixed_scripts(thought: str, config: SignalConfig) -> Iterator[Problem]:
    """Letters of scripts that neither language is written in, or words of Latin and Cyrillic look-alikes."""
    letters = [character for character in thought if character.isalpha()]  # "①" is none
    scripts = Counter(_script(letter) for letter in letters)
    foreign = sum(count for script, count in scripts.items() if script not in _EXPECTED)
    if foreign > config.max_other_script * len(letters):
        names = ", ".join(sorted(name.title() for name in scripts if name not in _EXPECTED))
        yield Problem("mixed_scripts", f"{foreign} letters are {names}")
        return
    for word in re.findall(r"[^\W\d_]+", thought):
        if not word.isascii() and {_script(letter) for letter in word} >= {"LATIN", "CYRILLIC"}:
            yield Problem("mixed_scripts", f"{word!r} mixes Latin and Cyrillic letters")
            return


def garbage(thought: str) -> Iterator[Problem]:
    """Characters that were lost on the way, and marks of a model's template."""
    lost = [c for c in thought if c == "\ufffd" or (unicodedata.category(c) in ("Cc", "Co") and not c.isspace())]
    if lost:
        yield Problem("garbage", f"the character {lost[0]!a}")
    elif found := _SPECIAL.search(thought):
        yield Problem("garbage", f"the mark {found[0]!r}")


def _is_other(word: str, language: str) -> bool:
    """In English a Chinese character; in Chinese a Latin word that is no abbreviation, number or unit."""
    if language == "en":
        return bool(_CHINESE.match(word))
    return word.isascii() and word.isalpha()


def _written_like_english(words: Sequence[str], known: Set[str]) -> str | None:
    """The other language whose small words are more than the English ones; those of the question's names count not."""
    counts = {
        name: sum(word in small and (name == "English" or word not in known) for word in words)
        for name, small in _WORDS.items()
    }
    name = max(counts, key=lambda each: (counts[each], each == "English"))
    return name if name != "English" and counts[name] >= _FEWEST else None


def _script(letter: str) -> str:
    return unicodedata.name(unicodedata.normalize("NFKC", letter)[0], "UNKNOWN").partition(" ")[0].partition("-")[0]
