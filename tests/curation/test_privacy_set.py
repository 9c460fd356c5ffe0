"""The labelled set is what its README says: offsets that hold, no overlaps, enough of everything in both halves."""

import itertools
import json
from collections import Counter
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "perf" / "data" / "privacy"


def rows(half):
    return [json.loads(line) for line in (FOLDER / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("half", ["development", "test"])
def test_spans_lie_in_their_text_and_apart(half):
    for row in rows(half):
        spans = sorted((span["start"], span["end"]) for span in row["spans"] + row["keep"])
        assert all(0 <= start < end <= len(row["text"]) for start, end in spans)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
        assert all(row["text"][start:end].strip() == row["text"][start:end] for start, end in spans)
        assert row["language"] in ("en", "zh")


def test_the_halves_are_alike_and_share_nothing():
    halves = {half: rows(half) for half in ("development", "test")}
    assert not {row["text"] for row in halves["development"]} & {row["text"] for row in halves["test"]}
    assert sum(map(len, halves.values())) >= 200
    for found in halves.values():
        gone = Counter(span["type"] for row in found for span in row["spans"])
        kept = Counter(span["type"] for row in found for span in row["keep"])
        assert gone.total() - gone["PERSON"] >= 70 and gone["PERSON"] >= 20
        assert kept["EPONYM"] + kept["DRUG"] >= 60
