"""The Disease Ontology: its table of terms (DO_HumanDO.tsv), or doid.obo, and its facets (DO_facets.tsv).

https://disease-ontology.org. The facets are a reasoner's table: a row for every term that follows from a disease's
axioms, with all ancestors of the term up to the root of its ontology. Only the specific ones say anything:
  - a term that more than half of the facet's diseases have is too general;
  - a term goes where another one of the same disease implies it: at least 3 diseases have that one, and each has both;
  - symptoms and causes stay only, and always, where the disease's own definition names them after the verb that means
    it. The reasoner concludes, for instance, ascites for 853 diseases of the abdomen, and its taxa hold vectors too.
Facets that restate another source (phenotype, gene and variant kinds, OMIM susceptibility) are left out and counted.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from florey.errors import BadInput, nearest
from florey.graph.model import IS_A, Node, Statement, statement
from florey.graph.sources import Licence, distinct, release_of
from florey.graph.sources.curies import curie
from florey.graph.sources.obo_file import Obo
from florey.graph.sources.reading import Misfits, read_rows

NAME = "doid"
LICENCE = Licence(
    "CC0-1.0",
    "Disease Ontology (https://disease-ontology.org): Baron JA, et al. The DO-KB Knowledgebase: a 20-year journey "
    "developing the disease open science ecosystem. Nucleic Acids Res. 2024;52(D1):D1305-D1314",
)
TERM_COLUMNS = ("id", "label", "subClassOf")
FACET_COLUMNS = ("?id", "?name", "?definition", "?facet", "?import_keyword", "?import_id")
IMPLYING = 3
"""Diseases that must have a term before it can imply another: fewer agree by chance."""


class Facet(NamedTuple):
    """`vocabularies`: prefixes of ids that are kept. `verbs`: those of the definitions that must introduce the term."""

    relation: str
    type: str
    vocabularies: tuple[str, ...]
    verbs: tuple[str, ...] = ()


_CAUSING = ("has_material_basis_in", "has_allergic_trigger", "results_from", "caused_by")
FACETS = {
    "anatomy": Facet("located_in", "anatomy", ("UBERON",)),
    "inheritance_pattern": Facet("has_inheritance", "inheritance", ("GENO",)),
    "onset": Facet("has_onset", "onset", ("HP",)),
    "symptom": Facet("has_symptom", "finding", ("SYMP",), ("has_symptom",)),
    "ncbitaxon": Facet("caused_by", "agent", ("NCBITaxon",), _CAUSING),
    "chebi": Facet("caused_by", "agent", ("CHEBI",), _CAUSING),
    "food_material": Facet("caused_by", "agent", ("FOODON",), _CAUSING),
}
_CLAUSE = re.compile(r"\b([a-z]+(?:_[a-z]+)+)\s+(.*?)(?=\b[a-z]+_[a-z]|[.;]\s|$)", re.DOTALL)


class Doid:
    """`strict=False` drops and counts rows that do not fit instead of refusing the file."""

    def __init__(
        self, terms: Path, facets: Path | None = None, *, release: str | None = None, strict: bool = True
    ) -> None:
        """`terms`: DO_HumanDO.tsv or an .obo file; `facets`: DO_facets.tsv, or .tsv.gz.

        `release` names the tables, which carry none themselves (None: by their content).
        """
        self.terms_file, self.facets_file = terms, facets
        self.licences: Mapping[str, Licence] = {NAME: LICENCE}
        for path in (terms, *([facets] if facets else [])):
            if not path.is_file():
                raise BadInput(f"{path}: no such file")
        is_obo = ".obo" in terms.suffixes
        self._obo = Obo(terms, source=NAME, licence=LICENCE, type="disease", strict=strict) if is_obo else None
        self.dropped: Counter[str] = self._obo.dropped if self._obo else Counter()
        self.rewritten: Counter[str] = self._obo.rewritten if self._obo else Counter()
        self._misfit = Misfits(strict, self.dropped)
        tables = [path for path in (terms, facets) if path and not (self._obo and path == terms)]
        self.release = release or (self._obo.release if self._obo else release_of(*tables))
        self._parents: list[tuple[int, str, str]] = []  # (line, id, label of the parent)
        self._labels: dict[str, str] = {}
        self._ids: set[str] = set()
        self._term_names: dict[str, str] = {}

    def nodes(self) -> Iterator[Node]:
        """Diseases, then what the facets lead to."""
        for node in self._obo.nodes() if self._obo else self._term_nodes():
            self._ids.add(node.id)
            yield node
        targets: dict[str, Node] = {}
        for facet, _, object, name, _ in self._facet_edges():
            targets.setdefault(object, Node(object, FACETS[facet].type, name))
        yield from (targets[object] for object in sorted(targets))

    def _term_nodes(self) -> Iterator[Node]:
        names: dict[str, str] = {}
        for line, (given, label, parent) in read_rows(self.terms_file, TERM_COLUMNS, self._misfit, quote='"', filled=2):
            where = f"{self.terms_file}, line {line}"
            if given in names and names[given] != label:
                self._misfit("term: id given twice", f"{where}: '{given}' is given twice ('{names[given]}', '{label}')")
                continue
            if self._labels.setdefault(label, given) != given:
                self._misfit(
                    "term: label of two terms",
                    f"{where}: label '{label}' is that of {self._labels[label]} too; parents go by label",
                )
                continue
            if parent:
                self._parents.append((line, given, parent))
            if given not in names:
                names[given] = label
                yield Node(given, "disease", label)

    def statements(self) -> Iterator[Statement]:
        """is_a, then the facets. Needs `nodes` to have been consumed."""
        yield from self._obo.statements() if self._obo else distinct(self._taxonomy(), self.dropped)
        yield from distinct(self._facet_statements(), self.dropped)

    def _taxonomy(self) -> Iterator[Statement]:
        for line, child, label in self._parents:
            if parent := self._labels.get(label):
                yield statement(child, IS_A, parent, NAME, self.release)
            elif label == "disease":  # the root, which the table leaves out
                self.dropped["is_a: the root, which the table leaves out"] += 1
            else:
                known = nearest(label, self._labels) if self._misfit.strict else ""
                self._misfit(
                    "is_a: no term of that label",
                    f"{self.terms_file}, line {line}: {child} is_a '{label}', which is no term{known}",
                )

    def _facet_statements(self) -> Iterator[Statement]:
        for facet, subject, object, _, quote in self._facet_edges(counting=True):
            if subject not in self._ids:
                self.dropped["facet: disease not among the terms"] += 1
            else:
                name = FACETS[facet].relation
                yield statement(subject, name, object, NAME, self.release, reference=subject, code=facet, quote=quote)

    def _facet_edges(self, *, counting: bool = False) -> Iterator[tuple[str, str, str, str, str | None]]:
        """(facet, disease, term, its name, the words of the definition that say it), in sorted order."""
        dropped: Counter[str] = self.dropped if counting else Counter()
        for facet, terms in sorted(self._facet_rows.items()):
            implied = _implied({term: frozenset(diseases) for term, diseases in terms.items()})
            have = defaultdict[str, list[str]](list)
            for term, diseases in terms.items():
                for disease in diseases:
                    have[disease].append(term)
            general = {term for term, diseases in terms.items() if len(diseases) * 2 > len(have)}
            for disease, found in sorted(have.items()):
                weaker = {other for term in found for other in implied[term]}
                if verbs := FACETS[facet].verbs:
                    stated = _stated(
                        next(terms[term][disease] for term in found),
                        verbs,
                        {term: self._term_names[term] for term in found if term not in general},
                    )
                for term in sorted(found):
                    edge = facet, disease, term, self._term_names[term]
                    if term in general:
                        dropped[f"facet {facet}: on more than half of the diseases"] += 1
                    elif verbs and term in stated:
                        yield *edge, stated[term]
                    elif verbs:
                        dropped[f"facet {facet}: not named as such in the definition"] += 1
                    elif term in weaker:
                        dropped[f"facet {facet}: implied by another term"] += 1
                    else:
                        yield *edge, None

    @cached_property
    def _facet_rows(self) -> dict[str, dict[str, dict[str, str]]]:
        """Facet -> term -> disease -> its definition; names of the terms go to `_term_names`."""
        found: dict[str, dict[str, dict[str, str]]] = {}
        if self.facets_file is None:
            return found
        for line, row in read_rows(self.facets_file, FACET_COLUMNS, self._misfit, quote='"'):
            disease, _, definition, facet, name, given = row
            if facet not in FACETS:
                self.dropped[f"facet {facet}: not used"] += 1
                continue
            term = curie(given)
            if term is None or not name:
                where = f"{self.facets_file}, line {line}"
                self._misfit("facet: no term", f"{where}: import_id '{given}' ('{name}'), expected a CURIE with a name")
            elif (vocabulary := term.partition(":")[0]) not in FACETS[facet].vocabularies:
                self.dropped[f"facet {facet}: {vocabulary} not used"] += 1
            else:
                self._term_names.setdefault(term, name)
                found.setdefault(facet, {}).setdefault(term, {})[disease] = definition
        return found


def _implied(have: Mapping[str, frozenset[str]]) -> dict[str, set[str]]:
    """term -> the terms that every disease with it has as well, and others too."""
    order = sorted(have, key=lambda term: (len(have[term]), term))
    number = {disease: i for i, disease in enumerate(sorted(frozenset().union(*have.values())))}
    bits = [sum(1 << number[disease] for disease in have[term]) for term in order]
    found: dict[str, set[str]] = {term: set() for term in order}
    for i, term in enumerate(order):
        if len(have[term]) >= IMPLYING:
            found[term] = {
                other
                for other, theirs in zip(order[i + 1 :], bits[i + 1 :], strict=True)
                if bits[i] & theirs == bits[i] and bits[i] != theirs
            }
    return found


def _stated(definition: str, verbs: tuple[str, ...], names: Mapping[str, str]) -> dict[str, str]:
    """Term -> the clause of `definition` in which one of `verbs` introduces its name; "pain" is not in "chest pain"."""
    clauses = [(match[0].strip(" ,;"), match[2]) for match in _CLAUSE.finditer(definition) if match[1] in verbs]
    found: dict[str, str] = {}
    for term in sorted(names, key=lambda term: (-len(names[term]), term)):
        named = re.compile(rf"\b{re.escape(names[term])}(?:e?s)?\b", re.IGNORECASE)
        for i, (quote, rest) in enumerate(clauses):
            if named.search(rest):
                found.setdefault(term, quote)
                clauses[i] = quote, named.sub("|", rest)
    return found
