"""Items of Wikidata as JSON Lines whose values are labels, not ids.

    {"DiseaseURI": "http://www.wikidata.org/entity/Q1", "Disease": "gout", "HealthSpecialty": ["rheumatology"],
     "TreatmentDrugs": [], "Cause": [], "Symptons": ["pain"], "Info": "…"}
    {"MedicineURI": "http://www.wikidata.org/entity/Q2", "Medicine": "colchicine", "ConditionsTreated": ["gout"]}

A label stands for the item of these files that alone bears it, if its type can be that end of the relation. Any other
label becomes a node of its own, WIKIDATA-LABEL:…, of the type that its property implies; what else has that name is for
the joining of sources to find out. Items and labels that Wikidata does not name (Q123, or an unknown value) are no use
as text and are dropped.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from florey.graph.model import Node, Statement, joins, statement
from florey.graph.sources.curies import curie
from florey.graph.sources.reading import Misfits, read_lines


class Key(NamedTuple):
    """What a list of labels says. `type`: that of a label which is no item. `inverse`: the label is the subject."""

    code: str
    relation: str
    type: str
    inverse: bool = False


KINDS: dict[str, tuple[str, dict[str, Key]]] = {
    "Disease": (
        "disease",
        {
            "HealthSpecialty": Key("P1995", "in_specialty", "specialty"),
            "TreatmentDrugs": Key("P2176", "treated_by", "drug"),
            "Cause": Key("P828", "caused_by", "concept"),
            "Symptons": Key("P780", "has_symptom", "finding"),  # so spelt
            "Symptoms": Key("P780", "has_symptom", "finding"),
        },
    ),
    "Medicine": ("drug", {"ConditionsTreated": Key("P2175", "treated_by", "disease", inverse=True)}),
}
_UNNAMED = re.compile(r"Q\d+|t\d{6,}|unknown|unknown value|", re.IGNORECASE)
_TRUST = ("specialty", "drug", "finding", "disease", "concept")  # the type of a label that several properties use


class Item(NamedTuple):
    node: str
    kind: str
    name: str
    said: tuple[tuple[Key, str], ...]


class Extract:
    def __init__(self, files: Sequence[Path], release: str, misfit: Misfits) -> None:
        self._files, self._release, self._misfit = files, release, misfit
        self._items: list[Item] = []
        self._types: dict[str, str] = {}
        self._by_label: dict[str, list[str]] = {}

    def nodes(self) -> Iterator[Node]:
        """Items in the files' order, then labels in order of their ids."""
        self._items = list(self._read())
        named = defaultdict[str, list[str]](list)
        for item in self._items:
            named[item.name.casefold()].append(item.node)
            self._types[item.node] = item.kind
            yield Node(item.node, item.kind, item.name)
        self._by_label = dict(named)
        labels: dict[str, tuple[int, str]] = {}
        for key, label in ((key, label) for item in self._items for key, label in item.said):
            if self._item(key, label) is None:
                node, rank = _label_id(label), _TRUST.index(key.type)
                labels[node] = min(labels.get(node, (rank, label)), (rank, label))
        for node, (rank, label) in sorted(labels.items()):
            self._types[node] = _TRUST[rank]
            yield Node(node, _TRUST[rank], label)

    def statements(self) -> Iterator[Statement]:
        for item in self._items:
            for key, label in item.said:
                other = self._item(key, label) or _label_id(label)
                subject, object = (other, item.node) if key.inverse else (item.node, other)
                ends = self._types[subject], self._types[object]
                if not joins(key.relation, *ends):
                    self._misfit.dropped[f"{key.code}: from {ends[0]} to {ends[1]}"] += 1
                elif subject == object:
                    self._misfit.dropped[f"{key.code}: of itself"] += 1
                else:
                    yield statement(
                        subject, key.relation, object, "wikidata", self._release, reference=item.node, code=key.code
                    )

    def _item(self, key: Key, label: str) -> str | None:
        """The item that alone bears the label, if its type can stand there."""
        found = self._by_label.get(label.casefold(), [])
        if len(found) != 1:
            return None
        kind = self._types[found[0]]
        ends = (kind, "drug") if key.inverse else ("disease", kind)
        return found[0] if joins(key.relation, *ends) else None

    def _read(self) -> Iterator[Item]:
        seen: set[str] = set()
        for path in self._files:
            for number, line in read_lines(path, self._misfit):
                where = f"{path}, line {number}"
                if not line.strip():
                    continue
                problem, item = _parsed(line)
                if item is None:
                    self._misfit("item: unreadable", f"{where}: {problem}")
                elif item.node in seen:
                    self._misfit("item: given twice", f"{where}: item '{item.node}' is given twice")
                elif _UNNAMED.fullmatch(item.name):
                    seen.add(item.node)
                    self._misfit.dropped["item: without a label"] += 1
                else:
                    seen.add(item.node)
                    named = [(key, label) for key, label in item.said if not _UNNAMED.fullmatch(label)]
                    for key, count in Counter(key.code for key, _ in item.said).items():
                        if missing := count - sum(other.code == key for other, _ in named):
                            self._misfit.dropped[f"{key}: value without a label"] += missing
                    yield item._replace(said=tuple(dict.fromkeys(named)))


def _parsed(line: str) -> tuple[str, Item | None]:
    """(what is wrong, None) or ("", the item)."""
    try:
        record: Any = json.loads(line)
    except ValueError as error:
        return f"expected JSON ({error})", None
    kind = next((kind for kind in KINDS if isinstance(record, dict) and f"{kind}URI" in record), None)
    if kind is None:
        return f"expected an object with {' or '.join(f'{kind}URI' for kind in KINDS)}", None
    node, name = curie(str(record[f"{kind}URI"])), record.get(kind)
    if node is None or not node.startswith("WIKIDATA:Q"):
        return f"{kind}URI '{record[f'{kind}URI']}', expected http://www.wikidata.org/entity/Q…", None
    if not isinstance(name, str):
        return f"'{kind}' is no text", None
    said: list[tuple[Key, str]] = []
    type_, keys = KINDS[kind]
    for name_of_key, key in keys.items():
        labels = record.get(name_of_key, [])
        if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
            return f"'{name_of_key}' is no list of texts", None
        said += [(key, " ".join(label.split())) for label in labels]
    return "", Item(node, type_, " ".join(name.split()), tuple(said))


def _label_id(label: str) -> str:
    """Equal for equal labels apart from capitals and spaces.

    >>> _label_id("Helicobacter  pylori")
    'WIKIDATA-LABEL:helicobacter_pylori'
    """
    return f"WIKIDATA-LABEL:{'_'.join(label.casefold().split())}"
