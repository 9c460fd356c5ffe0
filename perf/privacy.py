"""Redaction on the labelled sentences of perf/data/privacy: what is missed, and what is lost that should be kept.

    python -m perf.privacy [--split development further test] [--graph FOLDER] [--show] [--json FILE]

The rules were made on `development` and `further`; of `test` only figures are ever printed. --graph: whose names are
kept; by default the packaged HPO, built in a temporary folder. HPO holds no drugs: without a joined graph
nothing but the rules' own caution protects them. --show prints what is wrong where sentences may be seen.

A labelled identifier counts as found where nothing of it is left to read but a title ("Ms.") or an article; of which
type the placeholder is does not matter, and is counted apart. Something to be kept counts as lost where any character
of it is replaced.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from florey.curation.privacy.allow import AllowList
from florey.curation.privacy.redactor import Redactor, Span
from florey.curation.privacy.rules.rule import Language
from florey.files import read_jsonl
from florey.graph.build import GraphConfig, build
from florey.graph.store import Graph
from florey.intervals import wilson
from florey.records import Record
from perf.common import arguments, save, show

DATA = Path(__file__).parent / "data" / "privacy"
SPLITS = ("development", "further", "test")
PERSON = "PERSON"
NAMES = ("EPONYM", "DRUG")
_TELLS_NOTHING = re.compile(
    r"(?<!\w)(?:an?|the|Mr|Mrs|Ms|Miss|Mx|Master|Dr|Doctor|Prof|Professor|Nurse|Sister|Sir|Constable|ID|No|barcode)\b\.?|[\W_]+"
)


class Labelled(Record):
    """A stretch of a sentence, in characters."""

    start: int
    end: int
    type: str


class Sentence(Record):
    text: str
    language: Language
    spans: tuple[Labelled, ...]  # to be replaced
    keep: tuple[Labelled, ...]


Key = tuple[str, Literal["en", "zh", "all"]]


class Tally:
    """Of so many, so many, by type and language."""

    def __init__(self) -> None:
        self.of: Counter[Key] = Counter()
        self.hits: Counter[Key] = Counter()

    def count(self, kinds: Iterable[str], language: Language, hit: bool) -> None:
        for kind in kinds:
            for spoken in (language, "all"):
                self.of[kind, spoken] += 1
                self.hits[kind, spoken] += hit

    def rows(self, heading: str) -> list[list[str]]:
        return [[heading, *key, *_cells(self.hits[key], self.of[key])] for key in sorted(self.of)]

    def figures(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for kind, spoken in sorted(self.of):
            hits, of = self.hits[kind, spoken], self.of[kind, spoken]
            low, high = wilson(hits, of)
            key = f"{name}_{kind.lower()}_{spoken}"
            found |= {key: hits / of, f"{key}_n": of, f"{key}_low": low, f"{key}_high": high}
        return found


def read(split: str) -> list[Sentence]:
    return list(read_jsonl(DATA / f"{split}.jsonl", Sentence))


def readable(sentence: Sentence, label: Labelled, spans: Sequence[Span]) -> str:
    """What is left to read of a labelled stretch, less what tells nothing."""
    left = [
        " " if any(span.start <= place < span.end for span in spans) else sentence.text[place]
        for place in range(label.start, label.end)
    ]
    return _TELLS_NOTHING.sub("", "".join(left))


def overlaps(label: Labelled, span: Span) -> bool:
    return label.start < span.end and span.start < label.end


class Measured:
    """Tallies over sentences."""

    def __init__(self, sentences: Sequence[Sentence], redactor: Redactor) -> None:
        self.recall, self.typed, self.precision, self.lost = Tally(), Tally(), Tally(), Tally()
        self.wrong: list[str] = []
        started = time.process_time()
        redacted = [redactor.redact(sentence.text, sentence.language) for sentence in sentences]
        self.sentences_per_s = len(sentences) / (time.process_time() - started)
        for sentence, after in zip(sentences, redacted, strict=True):
            self._count(sentence, after.spans)

    def tallies(self) -> dict[str, Tally]:
        return {"recall": self.recall, "typed": self.typed, "precision": self.precision, "lost": self.lost}

    def _count(self, sentence: Sentence, spans: Sequence[Span]) -> None:
        language = sentence.language
        for label in sentence.spans:
            found = not readable(sentence, label, spans)
            typed = found and all(span.type == label.type for span in spans if overlaps(label, span))
            group = PERSON if label.type == PERSON else "structured"
            kinds = (label.type,) if label.type == PERSON else (label.type, group)
            self.recall.count(kinds, language, found)
            self.typed.count(kinds, language, typed)
            if not found:
                self._note("missed", sentence, label.start, label.end, label.type)
        for span in spans:
            right = any(overlaps(label, span) for label in sentence.spans)
            self.precision.count((PERSON if span.type == PERSON else "structured",), language, right)
            if not right:
                self._note("wrong", sentence, span.start, span.end, span.type)
        for label in sentence.keep:
            lost = any(overlaps(label, span) for span in spans)
            kinds = (label.type, "names") if label.type in NAMES else (label.type, "values")
            self.lost.count(kinds, language, lost)
            if lost:
                self._note("lost", sentence, label.start, label.end, label.type)

    def _note(self, what: str, sentence: Sentence, start: int, end: int, kind: str) -> None:
        text = sentence.text
        self.wrong.append(f"{what} {kind}: {text[:start]}<<{text[start:end]}>>{text[end:]}")


def _cells(hits: int, of: int) -> list[str]:
    low, high = wilson(hits, of)
    return [f"{hits}/{of}", f"{hits / of:.3f}", f"{low:.3f} to {high:.3f}"]


def allow_list(folder: Path | None) -> AllowList:
    """Of a built graph, or of the packaged HPO."""
    if folder:
        return AllowList.of_graph(Graph.open(folder))
    with tempfile.TemporaryDirectory() as made:
        build(GraphConfig(), Path(made) / "graph")
        return AllowList.of_graph(Graph.open(Path(made) / "graph"))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--split", choices=SPLITS, nargs="+", default=["development"])
    parser.add_argument("--graph", type=Path, metavar="FOLDER", help="a built graph whose names are kept")
    parser.add_argument("--show", action="store_true", help="what is wrong, but for the test half")
    asked = parser.parse_args()
    if asked.show and "test" in asked.split:
        parser.error("the sentences of the test half are not to be shown")
    redactor = Redactor(allow=allow_list(asked.graph))
    figures: dict[str, Any] = {}
    for split in asked.split:
        sentences = read(split)
        measured = Measured(sentences, redactor)
        rows = [row for name, tally in measured.tallies().items() for row in tally.rows(name)]
        show(f"redaction, {split}, {len(sentences)} sentences", ("", "type", "language", "n", "share", "95%"), rows)
        print(f"{measured.sentences_per_s:.0f} sentences per second of one core")
        if asked.show:
            print(*measured.wrong, sep="\n")
        figures[f"{split}_sentences"] = len(sentences)
        for name, tally in measured.tallies().items():
            figures |= tally.figures(f"{split}_{name}")
        figures[f"{split}_sentences_per_s"] = measured.sentences_per_s
    save(asked.json, figures)


if __name__ == "__main__":
    main()
