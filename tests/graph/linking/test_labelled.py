"""Precision and recall on sentences labelled by hand, mentions and flags apart.

The labels were written before the phrases of `context` were tuned, which used the half "development" only.
python -m pytest tests/graph/linking/test_labelled.py -s prints the figures.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from florey.graph.linking.linker import Linker
from florey.graph.linking.mention import Mention

FLAGS = ("negated", "uncertain", "family")
FLOORS = {"mentions": 0.95, "negated": 0.9, "uncertain": 0.85, "family": 0.85}


@dataclass(frozen=True)
class Labelled:
    text: str
    mentions: frozenset[tuple[int, str, str]]  # start, text, id
    flags: dict[str, frozenset[tuple[int, str, str]]]


def labelled(half: str) -> list[Labelled]:
    found = []
    for line in Path(__file__).with_name("sentences.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["half"] == half:
            marks = [((m["start"], m["text"], m["id"]), m.get("flags", [])) for m in row["mentions"]]
            flags = {flag: frozenset(mark for mark, said in marks if flag in said) for flag in FLAGS}
            found.append(Labelled(row["text"], frozenset(mark for mark, _ in marks), flags))
    return found


def marks(mentions: list[Mention]) -> frozenset[tuple[int, str, str]]:
    return frozenset((mention.start, mention.text, "|".join(mention.ids)) for mention in mentions)


def scores(linker: Linker, sentences: list[Labelled]) -> dict[str, tuple[float, float, float]]:
    """Precision, recall and F1. A flag counts where its mention was found too."""
    counts = {name: [0, 0, 0] for name in ("mentions", *FLAGS)}
    for sentence in sentences:
        mentions = linker.link(sentence.text)
        pairs = {"mentions": (marks(mentions), sentence.mentions)}
        for flag in FLAGS:
            pairs[flag] = (marks([m for m in mentions if getattr(m, flag)]), sentence.flags[flag])
        for name, (found, expected) in pairs.items():
            for place, part in enumerate((found & expected, found, expected)):
                counts[name][place] += len(part)
    return {
        name: (hit / found, hit / wanted, 2 * hit / (found + wanted)) for name, (hit, found, wanted) in counts.items()
    }


@pytest.mark.parametrize("half", ["development", "test"])
def test_labelled_sentences(linker, half):
    sentences = labelled(half)
    assert len(sentences) >= 40
    for name, (precision, recall, f1) in scores(linker, sentences).items():
        print(f"{half:12} {name:10} precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}")
        assert f1 >= FLOORS[name], (half, name, precision, recall)
