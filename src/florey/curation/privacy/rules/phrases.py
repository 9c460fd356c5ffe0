"""Words as alternatives of a pattern."""

from __future__ import annotations

NUMBER = r"(?i:\s*(?:numbers?|nos?\.?|nr\.?|num\.?|n[º°]|codes?|ids?|identifiers?|cards?|#)|-?(?:nummer|nr\.?|no\.?))"
"""The word that makes a label of the word before it."""


def any_of(words: str) -> str:
    """One of the words, the longest first; spaces part them, and an underscore stands for a space within one.

    >>> any_of("ward hospital_ward")
    '(?:hospital\\\\s+ward|ward)'
    """
    ordered = sorted(words.split(), key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(word.replace('_', chr(92) + 's+') for word in ordered)})"
