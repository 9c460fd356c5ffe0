"""No text may hold the rules up: a pattern that tries every way to divide a row of figures never ends."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
import regex

from florey.curation.privacy import rules
from florey.curation.privacy.rules.rule import Rule

RULES: list[Rule] = [
    rule
    for module in pkgutil.iter_modules(rules.__path__)
    for rule in getattr(importlib.import_module(f"{rules.__name__}.{module.name}"), "RULES", ())
]
LONG = ("13812345678" * 8, "1" * 60, "a1" * 40, "12 " * 40, "0-" * 40, "12/" * 40, "a." * 40, "A B " * 30)
LONG_ZH = ("2016年" * 20, "一二三四" * 20, "张三" * 30, "第" * 60, "十" * 60)
PATIENCE = 20.0  # seconds for what takes milliseconds: it finds what hangs, and measures nothing


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_row_of_signs_does_not_hold_it_up(rule: Rule) -> None:
    pattern = regex.compile(rule.pattern, regex.MULTILINE)
    for text in (*LONG, *LONG_ZH):
        list(pattern.finditer(text, timeout=PATIENCE))  # raises TimeoutError


def test_a_label_behind_a_long_number_is_still_seen() -> None:
    (rule,) = (rule for rule in RULES if rule.name == "label behind its number")
    pattern = regex.compile(rule.pattern)
    for number in ("304118827", "A1234/77", "12.345.678", "1381234567813812345678"):
        assert [found[0] for found in pattern.finditer(f"Seen as {number} (hospital number) today")] == [number]
