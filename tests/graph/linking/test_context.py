"""Scopes of negation, uncertainty and relatives."""

import pytest

FEVER_COUGH = [
    ("no fever, cough", "n n"),
    ("no fever but cough", "n -"),
    ("no fever; cough", "n -"),
    ("no fever.\nCough", "n -"),
    ("No fever\n\n* Cough", "n -"),
    ("no fever except cough", "n -"),
    ("denies fever and has a cough", "n -"),
    ("fever without cough", "- n"),
    ("fever and cough were absent", "n n"),
    ("fever, and cough was ruled out", "- n"),
    ("not only fever but cough", "- -"),
    ("no increase in fever or cough", "- -"),
    ("fever with or without cough", "- -"),
    ("possible fever, cough", "u u"),
    ("cannot exclude fever; cough", "u -"),
    ("fever cannot be excluded, cough", "u -"),
    ("may have fever, but no cough", "u n"),
    ("no family history of fever or cough", "nf nf"),
    ("his mother had fever, but he has a cough", "f -"),
    ("his mother reports fever and cough", "- -"),
    ("no evidence of fever in a boy with a cough", "n -"),
]
SIGNS = {"negated": "n", "uncertain": "u", "family": "f"}


@pytest.mark.parametrize(("text", "expected"), FEVER_COUGH)
def test_scopes(linker, text, expected):
    found = [
        "".join(sign for flag, sign in SIGNS.items() if getattr(mention, flag)) or "-" for mention in linker.link(text)
    ]
    assert " ".join(found) == expected
