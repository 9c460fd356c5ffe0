"""One spelling for the prefix of an id, so that the same thing in two sources has the same CURIE."""

from __future__ import annotations

import re

_SPELLINGS = {
    "MESH": ("msh", "mesh_id"),
    "UMLS": ("umls_cui", "cui"),
    "OMIM": ("mim", "omimid"),
    "OMIMPS": ("mimps", "phenotypicseries"),
    "ORPHA": ("orphanet", "ordo", "orphanet_ordo"),
    "DOID": ("do",),
    "DRUGBANK": ("db",),
    "NCBIGene": ("entrez", "entrezgene", "ncbi_gene", "geneid"),
    "NCBITaxon": ("taxon", "taxonomy", "ncbitaxonomy"),
    "UBERON": (),
    "CL": (),
    "ICD10CM": ("icd-10-cm", "icd10_cm", "icd10-cm"),
    "ICD10": ("icd-10", "icd10who"),
    "ICD9CM": ("icd9", "icd-9-cm", "icd-9", "icd9_cm"),
    "ICD11": ("icd-11",),
    "ICDO": ("icd-o", "icd-o-3"),
    "WIKIDATA": ("wd",),
    "SNOMEDCT": ("snomedct_us", "snomed_ct", "snomed", "sctid", "snomed-ct"),
    "NCIT": ("nci", "ncithesaurus"),
    "HP": ("hpo",),
    "MONDO": (),
    "EFO": (),
    "MEDDRA": ("mdr",),
    "GARD": (),
    "GO": (),
    "CHEBI": (),
    "ATC": (),
    "SYMP": (),
    "GENO": (),
    "KEGG": (),
    "PMID": ("pubmed",),
}
_PREFIXES = {spelling.casefold(): prefix for prefix, others in _SPELLINGS.items() for spelling in (prefix, *others)}
_DATED = re.compile(r"_\d{4}_\d{2}_\d{2}$")  # SNOMEDCT_US_2023_03_01
_CURIE = re.compile(r"([A-Za-z][\w.-]*):(?!//)(\S+)")
_PURL = re.compile(r"https?://\S*/([A-Za-z]+)_(\w+)$")
_WIKIDATA = re.compile(r"https?://www\.wikidata\.org/(?:entity|wiki)/(Q\d+)$")


def prefix_of(spelling: str) -> str:
    """The project's spelling of a prefix; an unknown one is returned as it is.

    >>> prefix_of("SNOMEDCT_US_2023_03_01"), prefix_of("Orphanet"), prefix_of("XYZ")
    ('SNOMEDCT', 'ORPHA', 'XYZ')
    """
    return _PREFIXES.get(_DATED.sub("", spelling).casefold(), spelling)


def curie(text: str, prefix: str | None = None) -> str | None:
    """`text` as a CURIE with a normalised prefix, or None where it is none. `prefix` is for ids written without one.

    >>> curie("MSH:D003920"), curie("DB00945", "DrugBank"), curie("http://purl.obolibrary.org/obo/DOID_9351")
    ('MESH:D003920', 'DRUGBANK:DB00945', 'DOID:9351')
    >>> curie("DOID:9351", "DOID"), curie("no id"), curie("", "MESH")
    ('DOID:9351', None, None)
    """
    text = text.strip()
    if match := _WIKIDATA.match(text):
        return f"WIKIDATA:{match[1]}"
    match = _PURL.match(text) or _CURIE.fullmatch(text)
    if match:
        return f"{prefix_of(match[1])}:{match[2]}"
    if prefix and text and not any(letter.isspace() for letter in text):
        return f"{prefix_of(prefix)}:{text}"
    return None
