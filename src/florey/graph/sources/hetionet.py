"""Hetionet 1.0: a folder with hetionet-v1.0-nodes.tsv and a table for each kind of edge (hetionet_edges/*.tsv).

Himmelstein et al. 2017, doi:10.7554/eLife.26726; https://het.io. A table of edges is named START_Verb_END.tsv and
holds the two ids without their kinds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from florey.errors import BadInput, nearest
from florey.graph.model import Node, Statement, statement
from florey.graph.sources import Licence
from florey.graph.sources.reading import Misfits, only_file, read_rows

NAME = "hetionet"
KINDS = {  # kind of node -> (type, prefix of the id; None where the id is a CURIE already)
    "Anatomy": ("anatomy", None),
    "Biological Process": ("biological_process", None),
    "Cellular Component": ("cellular_component", None),
    "Compound": ("drug", "DRUGBANK"),
    "Disease": ("disease", None),
    "Gene": ("gene", "NCBIGene"),
    "Molecular Function": ("molecular_function", None),
    "Pathway": ("pathway", "HETIONET"),
    "Pharmacologic Class": ("drug_class", "NDFRT"),
    "Side Effect": ("finding", "UMLS"),
    "Symptom": ("finding", "MESH"),
}


class Kind(NamedTuple):
    """How a kind of edge stands in the graph. `inverse`: its end is the relation's subject."""

    relation: str
    inverse: bool = False
    directed: bool = True


EDGES = {
    "Anatomy_Downregulates_Gene": Kind("downregulates_gene"),
    "Anatomy_Expresses_Gene": Kind("expresses_gene"),
    "Anatomy_Upregulates_Gene": Kind("upregulates_gene"),
    "Compound_Binds_Gene": Kind("binds_gene"),
    "Compound_Causes_Side Effect": Kind("has_side_effect"),
    "Compound_Downregulates_Gene": Kind("downregulates_gene"),
    "Compound_Palliates_Disease": Kind("palliated_by", inverse=True),
    "Compound_Resembles_Compound": Kind("resembles", directed=False),
    "Compound_Treats_Disease": Kind("treated_by", inverse=True),
    "Compound_Upregulates_Gene": Kind("upregulates_gene"),
    "Disease_Associates_Gene": Kind("associated_gene"),
    "Disease_Downregulates_Gene": Kind("downregulates_gene"),
    "Disease_Localizes_Anatomy": Kind("located_in"),
    "Disease_Presents_Symptom": Kind("has_symptom"),
    "Disease_Resembles_Disease": Kind("resembles", directed=False),
    "Disease_Upregulates_Gene": Kind("upregulates_gene"),
    "Gene_Covaries_Gene": Kind("covaries_with_gene", directed=False),
    "Gene_Interacts_Gene": Kind("interacts_with_gene", directed=False),
    "Gene_Participates_Biological Process": Kind("participates_in"),
    "Gene_Participates_Cellular Component": Kind("participates_in"),
    "Gene_Participates_Molecular Function": Kind("participates_in"),
    "Gene_Participates_Pathway": Kind("participates_in"),
    "Gene_Regulates_Gene": Kind("regulates_gene"),
    "Pharmacologic Class_Includes_Compound": Kind("in_drug_class", inverse=True),
}
_MISSPELT = {"Compound_Resembles_Compund": "Compound_Resembles_Compound"}  # so in published extracts
LICENCE = Licence(
    "CC0-1.0, and the licences of its sources (https://het.io/about/)",
    "Hetionet v1.0: Himmelstein DS, et al. Systematic integration of biomedical knowledge prioritizes drugs for "
    "repurposing. eLife 2017;6:e26726. doi:10.7554/eLife.26726",
)


class Hetionet:
    """Release 1.0. `strict=False` drops and counts rows that do not fit instead of refusing the file."""

    release = "1.0"
    licences: Mapping[str, Licence] = {NAME: LICENCE}

    def __init__(self, folder: Path, *, strict: bool = True) -> None:
        """`folder`: has hetionet-v1.0-nodes.tsv and hetionet_edges/*.tsv (either may end in .gz or .bz2)."""
        self.dropped: Counter[str] = Counter()
        self.rewritten: Counter[str] = Counter()
        self._misfit = Misfits(strict, self.dropped)
        self._nodes_file = only_file(folder, "hetionet-v1.0-nodes.tsv*")
        self._tables = [(path, self._kind(path)) for path in sorted((folder / "hetionet_edges").glob("*.tsv*"))]
        if not self._tables:
            raise BadInput(f"{folder}: no hetionet_edges/*.tsv; expected tables such as Compound_Treats_Disease.tsv")
        self._known: set[str] = set()

    def _kind(self, path: Path) -> str:
        name = path.name.partition(".tsv")[0].replace("_Side_Effect", "_Side Effect")
        name = _MISSPELT.get(name, name)
        for kind in KINDS:
            name = name.replace(kind.replace(" ", "_"), kind)
        if name not in EDGES:
            raise BadInput(f"{path}: unknown kind of edge '{name}'{nearest(name, EDGES)}")
        return name

    def nodes(self) -> Iterator[Node]:
        self._known.clear()
        for line, (given, name, kind) in read_rows(self._nodes_file, ("id", "name", "kind"), self._misfit, filled=3):
            where = f"{self._nodes_file}, line {line}"
            if kind not in KINDS:
                self._misfit(f"node: unknown kind '{kind}'", f"{where}: unknown kind '{kind}'{nearest(kind, KINDS)}")
                continue
            prefix, _, local = given.partition("::")
            if prefix != kind or not local:
                self._misfit("node: id of another kind", f"{where}: id '{given}', expected '{kind}::…'")
                continue
            node = _id(kind, local)
            if node in self._known:
                self._misfit("node: id given twice", f"{where}: node '{node}' is given twice")
                continue
            self._known.add(node)
            yield Node(node, KINDS[kind][0], name)

    def statements(self) -> Iterator[Statement]:
        """In the order of the tables' names. Needs `nodes` to have been consumed: an edge may only join those."""
        for path, name in self._tables:
            start, _, end = name.split("_")
            kind = EDGES[name]
            seen: set[tuple[str, str]] = set()
            header = (f":START_ID({start})", f":END_ID({end})")
            for line, (first, second) in read_rows(path, header, self._misfit, filled=2):
                a, b = _id(start, first), _id(end, second)
                if not kind.directed and b < a:
                    a, b = b, a
                if a not in self._known or b not in self._known:
                    unknown = b if a in self._known else a
                    self._misfit(f"{name}: unknown node", f"{path}, line {line}: no node '{unknown}'")
                elif (a, b) in seen:
                    self.dropped[f"{name}: exact duplicate"] += 1
                else:
                    seen.add((a, b))
                    ends = (b, a) if kind.inverse else (a, b)
                    yield statement(ends[0], kind.relation, ends[1], NAME, self.release)


def _id(kind: str, local: str) -> str:
    prefix = KINDS[kind][1]
    return f"{prefix}:{local}" if prefix else local
