"""Wikidata's JSON dump: one entity a line, between brackets, with trailing commas.

https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html. Read once: an entity is parsed only if its line
holds an id or a class that makes it medical, becomes a node at once, and what it says is kept until all nodes are
known. Statements of rank "deprecated" do not count; qualifiers are not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from florey.graph.model import Node, Statement, joins, statement
from florey.graph.sources.curies import curie
from florey.graph.sources.reading import Misfits, read_lines

VOCABULARIES = {  # external ids -> the prefix of their CURIE
    "P699": "DOID",
    "P486": "MESH",
    "P2892": "UMLS",
    "P492": "OMIM",
    "P1550": "ORPHA",
    "P715": "DRUGBANK",
    "P494": "ICD10",
    "P4229": "ICD10CM",
    "P351": "NCBIGene",
    "P1554": "UBERON",
    "P267": "ATC",
    "P5806": "SNOMEDCT",
    "P1748": "NCIT",
    "P3841": "HP",
    "P5270": "MONDO",
    "P685": "NCBITaxon",
}


class Property(NamedTuple):
    relation: str
    inverse: bool = False


PROPERTIES = {
    "P279": Property("is_a"),
    "P780": Property("has_symptom"),
    "P828": Property("caused_by"),
    "P1542": Property("caused_by", inverse=True),  # has effect
    "P924": Property("treated_by"),
    "P2176": Property("treated_by"),
    "P2175": Property("treated_by", inverse=True),
    "P1995": Property("in_specialty"),
    "P927": Property("located_in"),
    "P923": Property("diagnosed_by"),
    "P5642": Property("has_risk_factor"),
    "P2293": Property("associated_gene"),
}
# The type of an item: the first line that has one of its ids or classes (values of P31, instance of).
TYPES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("gene", ("P351",), ()),
    ("specialty", (), ("Q930752",)),
    ("anatomy", ("P1554",), ("Q4936952",)),
    ("drug", ("P715", "P2175", "P267"), ("Q12140",)),
    ("finding", (), ("Q169872", "Q1441305")),  # symptom, medical sign
    (
        "disease",
        ("P699", "P2176", "P924", "P780", "P1550", "P492", "P494", "P4229"),
        ("Q12136", "Q112193867", "Q929833"),
    ),
    ("procedure", (), ("Q796194",)),
    ("concept", ("P486", "P2892"), ()),  # in a medical vocabulary, and nothing more is known
)
TAXON = "Q16521"  # a concept that is one is an agent; most taxa have nothing to do with medicine
INSTANCE_OF, STATED_IN, PUBMED, URL = "P31", "P248", "P698", "P854"
_MEDICAL = re.compile(
    "|".join(
        [f'"{name}":' for name in sorted({name for _, names, _ in TYPES for name in names})]
        + [f'"{name}"' for name in sorted({name for _, _, names in TYPES for name in names})]
    )
)
_CODE = re.compile(r"(?:DB)?(\d+)")


class Dump:
    def __init__(self, path: Path, release: str, misfit: Misfits, language: str) -> None:
        self._path, self._release, self._misfit, self._language = path, release, misfit, language
        self._types: dict[str, str] = {}
        self._said: list[tuple[str, str, str, str]] = []  # (item, property, value, reference)

    def nodes(self) -> Iterator[Node]:
        for number, line in read_lines(self._path, self._misfit):
            text = line.strip().removesuffix(",")
            if text in ("", "[", "]"):
                continue
            if not _MEDICAL.search(text):
                self._misfit.dropped["entity: not medical"] += 1
                continue
            try:
                entity: Any = json.loads(text)
                node = self._node(entity)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
                self._misfit("entity: unreadable", f"{self._path}, line {number}: expected an entity ({said})")
                continue
            if node is None:
                continue
            if node.id in self._types:
                self._misfit("entity: given twice", f"{self._path}, line {number}: '{node.id}' is given twice")
                continue
            self._types[node.id] = node.type
            self._said.extend(_said(node.id, entity["claims"]))
            yield node

    def _node(self, entity: dict[str, Any]) -> Node | None:
        """None, with a count, for what is no medical item with a name."""
        claims = entity["claims"] or {}
        kind = _type(claims) if entity["type"] == "item" else None
        if kind is None:
            self._misfit.dropped["entity: not medical"] += 1
            return None
        name = self._text(entity.get("labels"))
        if name is None:
            self._misfit.dropped[f"item: no label in '{self._language}'"] += 1
            return None
        aliases = (entity.get("aliases") or {}).get(self._language) or []
        xrefs = {
            found
            for name_of, prefix in VOCABULARIES.items()
            for value in _values(claims, name_of)
            if isinstance(value, str) and (found := _xref(prefix, value))
        }
        if title := ((entity.get("sitelinks") or {}).get("enwiki") or {}).get("title"):
            xrefs.add(f"ENWIKI:{title.replace(' ', '_')}")
        other = dict.fromkeys(alias["value"] for alias in aliases if alias["value"] != name)
        return Node(f"WIKIDATA:{entity['id']}", kind, name, tuple(other), tuple(sorted(xrefs)))

    def _text(self, texts: dict[str, dict[str, str]] | None) -> str | None:
        """In the language, or else the label that holds in every language."""
        for language in (self._language, "mul"):
            if found := (texts or {}).get(language):
                return found["value"]
        return None

    def statements(self) -> Iterator[Statement]:
        for item, code, value, reference in self._said:
            relation, inverse = PROPERTIES[code]
            subject, object = (value, item) if inverse else (item, value)
            if value not in self._types:
                self._misfit.dropped[f"{code}: value is no medical item of the dump"] += 1
            elif not joins(relation, self._types[subject], self._types[object]):
                self._misfit.dropped[f"{code}: from {self._types[subject]} to {self._types[object]}"] += 1
            elif subject == object:
                self._misfit.dropped[f"{code}: of itself"] += 1
            else:
                yield statement(subject, relation, object, "wikidata", self._release, reference=reference, code=code)


def _type(claims: dict[str, Any]) -> str | None:
    classes = {value["id"] for value in _values(claims, INSTANCE_OF) if isinstance(value, dict)}
    for kind, names, of in TYPES:
        if classes.intersection(of) or any(_values(claims, name) for name in names):
            return "agent" if kind == "concept" and TAXON in classes else kind
    return None


def _said(item: str, claims: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for code in PROPERTIES:
        for claim in claims.get(code, ()):
            value = _value(claim)
            if isinstance(value, dict) and "id" in value:
                yield item, code, f"WIKIDATA:{value['id']}", _reference(claim) or item


def _values(claims: dict[str, Any], code: str) -> list[Any]:
    return [value for claim in claims.get(code, ()) if (value := _value(claim)) is not None]


def _value(claim: dict[str, Any]) -> Any:
    """None for a deprecated statement, and for "unknown" or "no value"."""
    if claim.get("rank") == "deprecated":
        return None
    return _snak_value(claim["mainsnak"])


def _snak_value(snak: dict[str, Any]) -> Any:
    return snak["datavalue"]["value"] if snak["snaktype"] == "value" else None


def _reference(claim: dict[str, Any]) -> str | None:
    """A PubMed id, the item it is stated in or an address: the first of these that any reference gives."""
    for code in (PUBMED, STATED_IN, URL):
        for reference in claim.get("references", ()):
            for snak in reference["snaks"].get(code, ()):
                value = _snak_value(snak)
                if isinstance(value, dict) and "id" in value:
                    return f"WIKIDATA:{value['id']}"
                if isinstance(value, str):
                    return f"PMID:{value}" if code == PUBMED else value
    return None


def _xref(prefix: str, value: str) -> str | None:
    """Wikidata writes some ids with their prefix, or with an underscore, and those of DrugBank with or without DB."""
    if prefix == "DRUGBANK" and (match := _CODE.fullmatch(value)):
        return f"{prefix}:DB{match[1]}"
    local = value.removeprefix(f"{prefix}:").removeprefix(f"{prefix}_")
    return curie(local, prefix) if ":" not in local else curie(value)
