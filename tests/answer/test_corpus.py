"""The corpus: what each completion says, and that nothing else of the house reads it otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from florey.answer import parse, verdict
from florey.records import Verdict

OPTIONS = ["Marfan syndrome", "Gaucher disease", "Wilson disease", "Fabry disease"]
CORPUS = yaml.safe_load(Path(__file__).with_name("corpus.yaml").read_text(encoding="utf-8"))


def cases() -> Iterator[Any]:
    for group in CORPUS:
        for case in group["cases"]:
            yield pytest.param(group, case, id=f"{group['why'][:30]}: {case['text'][:40]!r}")


@pytest.mark.parametrize(("group", "case"), cases())
def test_what_it_says(group: dict[str, Any], case: dict[str, Any]) -> None:
    options, reading = group.get("options", OPTIONS), group.get("reading", "tags")
    parsed = parse(case["text"], options, prefilled=group.get("prefilled", False), reading=reading)
    assert verdict(parsed, 1, finished=not case.get("cut", False)) is Verdict(case["verdict"])
    assert parsed.well_formed is case.get("well_formed", False)


def test_the_corpus_has_all_verdicts_and_is_large_enough() -> None:
    every = [case["verdict"] for group in CORPUS for case in group["cases"]]
    assert len(every) >= 150 and set(every) == {verdict.value for verdict in Verdict}
