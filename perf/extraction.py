"""Precision and recall of extraction without a language model on the project's frozen sentences, and its speed.

`python -m perf.extraction [--json FILE]` prints both halves, and beside them the independent sentences (`second_…`),
whose author had not seen the patterns. `--errors` shows what is wrong in the development half.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from florey.graph.extraction.candidate import Entity
from florey.graph.extraction.patterns import relations
from florey.intervals import wilson
from perf.common import arguments, save, show

SENTENCES = Path(__file__).parents[1] / "tests/graph/extraction/sentences.jsonl"
SECOND = SENTENCES.with_name("sentences_second.jsonl")
_MARK = re.compile(r"\[\[([^|\]]+)\|(\w+)\]\]")
Fact = tuple[str, str, str, bool]


def read(path: Path = SENTENCES) -> list[dict[str, Any]]:
    """The frozen sentences, each with `plain` (its text without marks) and `entities`."""
    items = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [item | dict(zip(("plain", "entities"), unmark(item["text"]), strict=True)) for item in items]


def unmark(text: str) -> tuple[str, tuple[Entity, ...]]:
    """Text and entities of "[[asthma|disease]] is …"; an entity's id is its name."""
    plain, entities, at = "", [], 0
    for mark in _MARK.finditer(text):
        plain += text[at : mark.start()]
        entities.append(Entity(mark[1], mark[2], len(plain), len(plain) + len(mark[1])))
        plain += mark[1]
        at = mark.end()
    return plain + text[at:], tuple(entities)


def facts(item: dict[str, Any]) -> list[Fact]:
    """What the patterns read out of one sentence."""
    return [
        (found.subject.id, found.name, found.object.id, found.positive)
        for found in relations(item["plain"], item["entities"])
    ]


def counts(items: Iterable[dict[str, Any]]) -> dict[str, Counter[str]]:
    """Per relation, and under "all": how many are right, wrong and missed."""
    totals: dict[str, Counter[str]] = {"all": Counter()}
    for item in items:
        expected, accepted = ({tuple(fact) for fact in item[name]} for name in ("relations", "accepted"))
        found = set(facts(item))
        for outcome, those in (
            ("right", found & expected),
            ("wrong", found - expected - accepted),
            ("missed", expected - found),
        ):
            for fact in those:
                totals["all"][outcome] += 1
                totals.setdefault(fact[1], Counter())[outcome] += 1
    return totals


def speed(items: list[dict[str, Any]], seconds: float = 2.0) -> float:
    """Sentences per second on one core."""
    done, begun = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - begun) < seconds:
        for item in items:
            relations(item["plain"], item["entities"])
        done += len(items)
    return done / elapsed


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--half", choices=("dev", "test", "both"), default="both")
    parser.add_argument("--errors", action="store_true", help="list wrong and missed relations of the development half")
    options = parser.parse_args()
    items = read()
    figures: dict[str, Any] = {}
    for half in ("dev", "test") if options.half == "both" else (options.half,):
        chosen = [item for item in items if item["half"] == half]
        figures |= {f"{half}_sentences": len(chosen)} | _scored(half, f"{half}: {len(chosen)} sentences", chosen)
        if options.errors and half == "dev":
            _errors(chosen)
    if options.half == "both":
        second = read(SECOND)
        figures |= {"second_n": len(second)} | _scored("second", f"independent: {len(second)} sentences", second)
    figures["sentences_per_s"] = speed(items)
    print(f"{figures['sentences_per_s']:.0f} sentences per second")
    save(options.json, figures)


def _scored(prefix: str, title: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Shows precision and recall per relation; those of all relations as figures."""
    rows, figures = [], {}
    for name, outcome in sorted(counts(items).items()):
        right, wrong, missed = (outcome[key] for key in ("right", "wrong", "missed"))
        found, recall = right + wrong, right / max(right + missed, 1)
        precision, (low, high) = (right / found, wilson(right, found)) if found else (float("nan"), (0.0, 1.0))
        rows.append(
            [name, f"{precision:.3f}", f"{low:.3f}-{high:.3f}", f"{recall:.3f}", *map(str, (right, wrong, missed))]
        )
        if name == "all":
            figures = {
                f"{prefix}_precision": precision,
                f"{prefix}_precision_low": low,
                f"{prefix}_precision_high": high,
                f"{prefix}_recall": recall,
                f"{prefix}_right": right,
                f"{prefix}_wrong": wrong,
                f"{prefix}_missed": missed,
            }
    show(title, ["relation", "precision", "95% (Wilson)", "recall", "right", "wrong", "missed"], rows)
    return figures


def _errors(items: Iterable[dict[str, Any]]) -> None:
    for item in items:
        expected, accepted = ({tuple(fact) for fact in item[name]} for name in ("relations", "accepted"))
        found = set(facts(item))
        for label, those in (("wrong", found - expected - accepted), ("missed", expected - found)):
            for fact in sorted(those):
                print(f"{label:7}{item['id']} {fact}\n        {item['plain']}")


if __name__ == "__main__":
    main()
