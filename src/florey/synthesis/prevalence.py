"""How many people have a disease: from a table of one's own, or from Orphadata.

Written from the public description of Orphadata's product 9 (https://www.orphadata.com/epidemiology/) and from how
other programs read it, not beside a release: en_product9_prev.xml is JDBOR/DisorderList/Disorder with an OrphaCode and
PrevalenceList/Prevalence elements, whose PrevalenceType, -Qualification, -Class and -Geographic hold a Name each, and
whose ValMoy is a mean per 100,000 people, 0 where only a class is known. Its licence is CC BY 4.0.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple, Protocol
from xml.parsers import expat

from florey.errors import BadInput
from florey.graph.sources.curies import curie
from florey.graph.sources.reading import Misfits, read_rows
from florey.graph.store import Graph

COLUMNS = ("id", "prevalence")
EXPECTED = "a share such as 0.0001, 1/50000, 1-9 / 100 000 or <1 / 1 000 000, or Unknown"
UNKNOWN = {"", "unknown", "not yet documented"}
TYPES = ("point prevalence", "annual incidence", "prevalence at birth", "lifetime prevalence")
"""From the most to the least preferred. What is left are counts of cases or families, which are no shares."""
REGIONS = ("worldwide", "europe")  # preferred to any other, in this order
VALUE_PER = 100_000
_DECADE = 10  # a class that is open on one side is taken to be so wide
_NUMBER = r"\d+(?:\.\d+)?"
_RATIO = re.compile(
    rf"(?P<open>[<>])?\s*(?P<low>{_NUMBER})(?:\s*[-\u2013]\s*(?P<high>{_NUMBER}))?\s*/\s*"
    r"(?P<per>\d+|\d{1,3}(?:[ ,\u00a0\u202f]\d{3})+)",
    re.ASCII,
)
_CHUNK = 1 << 16


class Ids(Protocol):
    """A set of node ids, or a graph."""

    def __contains__(self, node_id: str, /) -> bool: ...


class Estimate(NamedTuple):
    """One Prevalence element; "" where it lacks a part."""

    line: int
    type: str
    qualification: str
    prevalence_class: str
    value: str
    region: str
    status: str


_PARTS = {
    "PrevalenceType": "type",
    "PrevalenceQualification": "qualification",
    "PrevalenceClass": "prevalence_class",
    "ValMoy": "value",
    "PrevalenceGeographic": "region",
    "PrevalenceValidationStatus": "status",
}


def read_prevalence(
    path: Path,
    ids: Ids,
    *,
    same: Mapping[str, str] | None = None,
    strict: bool = True,
    dropped: Counter[str] | None = None,
) -> dict[str, float]:
    """Node id -> share of people, 0 to 1, sorted by id; of the nodes in `ids` only.

    `path`: Orphadata's product 9 (.xml), or a table with the columns id and prevalence (.csv, else tabs; .gz, .bz2).
    `same`: another id of a node -> its id in the graph, such as `xref_index`. What is unknown, unusable or in no node
    is counted in `dropped` by reason, and without `strict` what is unreadable too; with it that is BadInput.
    """
    counted = Counter[str]() if dropped is None else dropped
    misfit = Misfits(strict, counted)
    found: dict[str, list[float]] = {}
    for code, share in (_orphadata if path.suffix == ".xml" else _table)(path, misfit, counted):
        node = code if code in ids else (same or {}).get(code)
        if node is None or node not in ids:
            counted["prevalence: id not in the graph"] += 1
        else:
            found.setdefault(node, []).append(share)
    return {node: median(shares) for node, shares in sorted(found.items())}


def xref_index(graph: Graph) -> dict[str, str]:
    """Cross-reference -> id of the node that has it, where just one has it and it is no node itself."""
    holders: dict[str, list[str]] = {}
    for node, xrefs in zip(graph.ids, graph.xrefs, strict=True):
        for xref in dict.fromkeys(xrefs):
            holders.setdefault(xref, []).append(node)
    return {xref: nodes[0] for xref, nodes in holders.items() if len(nodes) == 1 and xref not in graph}


def share_of_people(text: str) -> float | None:
    """A prevalence in words as a share, None for an unknown one; of a class the geometric middle of its bounds.

    A class open on one side counts as one decade wide. ValueError for what cannot be read or is no share.

    >>> share_of_people("1/50000"), share_of_people("1-9 / 100 000"), share_of_people("Unknown")
    (2e-05, 3e-05, None)
    """
    text = text.strip()
    if text.casefold() in UNKNOWN:
        return None
    if match := _RATIO.fullmatch(text):
        per = float(re.sub(r"\D", "", match["per"], flags=re.ASCII))
        low = float(match["low"])
        high = float(match["high"] or low)
        possible = low <= high <= per and per > 0
        if match["open"] == "<":
            low /= _DECADE
        elif match["open"] == ">":
            high = min(high * _DECADE, per)
        share = math.sqrt(low * high) / per if possible else math.nan
    else:
        try:
            share = float(text)
        except ValueError:
            share = math.nan
    if not 0 <= share <= 1:
        raise ValueError(f"'{text}', expected {EXPECTED}")
    return share


def _table(path: Path, misfit: Misfits, dropped: Counter[str]) -> Iterator[tuple[str, float]]:
    comma = ".csv" in path.suffixes
    lines: dict[str, int] = {}
    rows = read_rows(path, COLUMNS, misfit, separator="," if comma else "\t", quote='"' if comma else None)
    for line, (text, prevalence) in rows:
        code = curie(text)
        if code is None:
            misfit("prevalence: no id", f"{path}, line {line}: id '{text}', expected PREFIX:… such as ORPHA:558")
        elif code in lines:
            misfit("prevalence: id given twice", f"{path}, line {line}: '{code}' stands in line {lines[code]} too")
        else:
            lines[code] = line
            try:
                share = share_of_people(prevalence)
            except ValueError as error:
                misfit("prevalence: unreadable", f"{path}, line {line}: prevalence {error}")
                continue
            if share is None:
                dropped["prevalence: unknown"] += 1
            else:
                yield code, share


def _orphadata(path: Path, misfit: Misfits, dropped: Counter[str]) -> Iterator[tuple[str, float]]:
    for line, code, estimates in _disorders(path):
        if not code.isascii() or not code.isdigit():
            misfit("prevalence: no OrphaCode", f"{path}, line {line}: OrphaCode '{code}', expected a number")
            continue
        ranked: dict[tuple[int, int, bool], list[float]] = {}
        for each in estimates:
            if each.type.casefold() not in TYPES:
                dropped[f"prevalence: {each.type.casefold() or 'no type'}"] += 1
                continue
            try:
                share = _share(each)
            except ValueError as error:
                misfit("prevalence: unreadable", f"{path}, line {each.line}: {error}")
                continue
            if share is None:
                dropped["prevalence: unknown"] += 1
            else:
                ranked.setdefault(_rank(each), []).append(share)
        if ranked:
            yield f"ORPHA:{code}", median(ranked[min(ranked)])


def _rank(each: Estimate) -> tuple[int, int, bool]:
    """Lower is better: by type, then by region, then validated before not yet validated."""
    region = each.region.casefold()
    place = REGIONS.index(region) if region in REGIONS else len(REGIONS)
    return TYPES.index(each.type.casefold()), place, each.status.casefold() != "validated"


def _share(each: Estimate) -> float | None:
    """By the value where there is one, else by the class. ValueError as `share_of_people`."""
    if each.value and "value" in each.qualification.casefold():
        try:
            value = float(each.value) / VALUE_PER
        except ValueError:
            value = math.nan
        if not 0 <= value <= 1:
            raise ValueError(f"ValMoy '{each.value}', expected a number from 0 to {VALUE_PER}")
        if value:
            return value
    try:
        return share_of_people(each.prevalence_class)
    except ValueError as error:
        raise ValueError(f"PrevalenceClass {error}") from None


def _disorders(path: Path) -> Iterator[tuple[int, str, list[Estimate]]]:
    """(line where it ends, OrphaCode, estimates) of each Disorder, one in memory at a time.

    BadInput for what is no XML, holds no PrevalenceList, or declares a document type: no entity is ever expanded.
    """
    if not path.is_file():
        raise BadInput(f"{path}: no such file")
    reader = _Reader(path)
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                reader.parser.Parse(chunk, False)
                yield from reader.take()
            reader.parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise BadInput(f"{path}, line {error.lineno}: expected XML ({expat.ErrorString(error.code)})") from None
    if not reader.lists:
        raise BadInput(f"{path}: no PrevalenceList; expected Orphadata's product 9, such as en_product9_prev.xml")


class _Reader:
    """Handlers for one pass of expat."""

    def __init__(self, path: Path) -> None:
        self.lists = 0
        self._path = path
        self._open: list[str] = []  # names of the elements around the current place
        self._text: list[str] = []
        self._code = ""
        self._parts: dict[str, str] = {}
        self._estimates: list[Estimate] = []
        self._done: list[tuple[int, str, list[Estimate]]] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text.append
        self.parser.StartDoctypeDeclHandler = self._refuse

    def take(self) -> list[tuple[int, str, list[Estimate]]]:
        done, self._done = self._done, []
        return done

    def _refuse(self, *_: object) -> None:
        where = f"{self._path}, line {self.parser.CurrentLineNumber}"
        raise BadInput(f"{where}: declares a document type; expected Orphadata's product 9, which has none")

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._open.append(name)
        self._text.clear()
        if name == "Disorder":
            self._code, self._estimates = "", []
        elif name == "Prevalence":
            self._parts = {}

    def _end(self, name: str) -> None:
        self._open.pop()
        text = "".join(self._text).strip()
        self._text.clear()
        around = self._open[-1] if self._open else ""
        line = self.parser.CurrentLineNumber
        if name == "Disorder":
            self._done.append((line, self._code, self._estimates))
        elif name == "PrevalenceList":
            self.lists += 1
        elif name == "Prevalence":
            self._estimates.append(Estimate(line, **{part: self._parts.get(part, "") for part in _PARTS.values()}))
        elif name in ("OrphaCode", "OrphaNumber") and around == "Disorder":  # the latter in releases before 2020
            self._code = text
        elif (part := _PARTS.get(around if name == "Name" else name)) and text:
            self._parts[part] = text
