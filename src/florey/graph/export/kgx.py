"""KGX TSV (https://github.com/biolink/kgx/blob/master/specification/kgx-format.md): nodes.tsv and edges.tsv.

Categories and predicates are those of the Biolink Model; where it has none that fits, the most general one stands, and
`relation` keeps ours beside it in any case. Fields are not quoted: tabs and line breaks in texts become spaces. Columns
of ours beside the format's own: type; relation and everything else that a statement carries.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from florey.graph.export.tables import SEPARATOR, joined, text, write_csv
from florey.graph.store import Graph

CATEGORIES = {
    "finding": "PhenotypicFeature",
    "inheritance": "GeneticInheritance",
    "onset": "Onset",
    "course": "ClinicalCourse",
    "modifier": "ClinicalModifier",
    "frequency": "OntologyClass",
    "term": "OntologyClass",
    "disease": "Disease",
    "gene": "Gene",
    "drug": "Drug",
    "drug_class": "ChemicalEntity",
    "procedure": "Procedure",
    "anatomy": "AnatomicalEntity",
    "specialty": "NamedThing",
    "agent": "NamedThing",  # organisms and exposures alike
    "injury": "DiseaseOrPhenotypicFeature",
    "external_cause": "NamedThing",
    "health_factor": "NamedThing",
    "biological_process": "BiologicalProcess",
    "molecular_function": "MolecularActivity",
    "cellular_component": "CellularComponent",
    "pathway": "Pathway",
    "concept": "NamedThing",
}
RELATED = "related_to"
PREDICATES = {
    "is_a": "subclass_of",
    "has_finding": "has_phenotype",
    "has_inheritance": "has_mode_of_inheritance",
    "has_symptom": "has_phenotype",
    "associated_gene": "condition_associated_with_gene",
    "caused_by": "caused_by",
    "has_side_effect": "has_side_effect",
    "contraindicated_in": "contraindicated_in",
    "treated_by": "treated_by",
    "palliated_by": "condition_ameliorated_by",
    "prevented_by": "condition_prevented_by",
    "located_in": "located_in",
    "resembles": "similar_to",
    "binds_gene": "physically_interacts_with",
    "in_drug_class": "subclass_of",
    "expresses_gene": "expresses",
    "interacts_with_gene": "interacts_with",
    "participates_in": "participates_in",
    "diagnosed_by": "is_diagnosed_by",
}
"""Relations that are not named here, and new ones: related_to."""
_OWN = ("edge_id", "subject", "object", "relation", "positive", "reference")
"""Columns of a statement that stand under the format's names, or among them."""


def write(graph: Graph, folder: Path) -> None:
    write_csv(graph.file("nodes.parquet"), folder / "nodes.tsv", _nodes, separator="\t", quotes="never")
    write_csv(graph.file("edges.parquet"), folder / "edges.tsv", _edges, separator="\t", quotes="never")


def _nodes(_: pl.DataFrame) -> list[pl.Expr]:
    return [
        text("id"),
        _biolink("type", CATEGORIES, "NamedThing").alias("category"),
        text("name"),
        joined("xrefs").alias("xref"),
        joined("aliases").alias("synonym"),
        joined("sources").alias("provided_by"),
        text("type"),
    ]


def _edges(table: pl.DataFrame) -> list[pl.Expr]:
    return [
        text("edge_id").alias("id"),
        text("subject"),
        _biolink("relation", PREDICATES, RELATED).alias("predicate"),
        text("object"),
        text("relation"),
        (~pl.col("positive")).alias("negated"),
        ("infores:" + text("source").str.replace_all("[^A-Za-z0-9.-]+", "-")).alias("primary_knowledge_source"),
        text("reference").str.replace_all(";", SEPARATOR, literal=True).alias("publications"),
        *(text(name) for name in table.columns if name not in _OWN),
    ]


def _biolink(column: str, names: dict[str, str], otherwise: str) -> pl.Expr:
    return "biolink:" + pl.col(column).cast(pl.String).replace_strict(names, default=otherwise)
