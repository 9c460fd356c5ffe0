"""The labelled set is what its README says: offsets that hold, no overlaps, enough of everything in both halves."""

import itertools
import json
import re
from collections import Counter
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "perf" / "data" / "privacy"
HALVES = ("development", "test")
FILES = (*HALVES, "further")
NUMBERS = {"RECORD_NUMBER", "PHONE", "ID_NUMBER", "INSURANCE_NUMBER", "DEVICE_NUMBER"}
GONE = {"PERSON", "DATE", "AGE", "ADDRESS", "EMAIL", "URL", *NUMBERS}
KEPT = {"EPONYM", "DRUG", "GENE", "LAB_VALUE", "DOSE", "AGE", "DURATION", "CODE", "ORGANISM", "CONDITION"}
LOOKS = {
    "EMAIL": r"\S+@\S+",
    "URL": r"(?:https?://|www\.|@)\S+|[\w.]*(?:\.example\S*|\d\d)",
    "AGE": r"\D*(?:9\d|1\d\d)\D*",
    "PERSON": r"\D+",
    **dict.fromkeys(("DATE", "ADDRESS"), r".*[\d〇一二三].*|(?:mid-|late |early ).*|\w+ \d{4}"),
    **dict.fromkeys(NUMBERS, r"(?:.*\d){3}.*"),
}


def rows(half):
    return [json.loads(line) for line in (FOLDER / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("half", FILES)
def test_spans_lie_in_their_text_and_apart(half):
    for row in rows(half):
        spans = sorted((span["start"], span["end"]) for span in row["spans"] + row["keep"])
        assert all(0 <= start < end <= len(row["text"]) for start, end in spans)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
        assert all(row["text"][start:end].strip() == row["text"][start:end] for start, end in spans)


@pytest.mark.parametrize("half", FILES)
def test_spans_hold_what_their_type_says(half):
    for row in rows(half):
        assert row["language"] == ("zh" if re.search("[一-鿿]", row["text"]) else "en")
        assert {span["type"] for span in row["spans"]} <= GONE and {span["type"] for span in row["keep"]} <= KEPT
        for span in row["spans"]:
            held = row["text"][span["start"] : span["end"]]
            assert re.fullmatch(LOOKS[span["type"]], held), (span["type"], held)
        ages = (row["text"][span["start"] : span["end"]] for span in row["keep"] if span["type"] == "AGE")
        assert all(int(number) < 90 for age in ages for number in re.findall(r"\d+", age))


def test_the_halves_are_alike_and_share_nothing():
    halves = {half: rows(half) for half in HALVES}
    assert not {row["text"] for row in halves["development"]} & {row["text"] for row in halves["test"]}
    assert sum(map(len, halves.values())) == 309
    for found in halves.values():
        gone = Counter(span["type"] for row in found for span in row["spans"])
        kept = Counter(span["type"] for row in found for span in row["keep"])
        assert gone.total() - gone["PERSON"] >= 110 and gone["PERSON"] >= 35
        assert kept["EPONYM"] + kept["DRUG"] >= 110
        assert 0.28 < sum(row["language"] == "zh" for row in found) / len(found) < 0.34
