"""Exact, near and semantic duplicates, within and across splits."""

from florey.curation.duplicates.definition import NearConfig, exact_key, jaccard, precedence, tokens
from florey.curation.duplicates.exact import exact_duplicates
from florey.curation.duplicates.near import bands, near_duplicates
from florey.curation.duplicates.semantic import SemanticConfig, semantic_duplicates
from florey.curation.duplicates.stage import DISPUTED, duplicates

__all__ = [
    "DISPUTED",
    "NearConfig",
    "SemanticConfig",
    "bands",
    "duplicates",
    "exact_duplicates",
    "exact_key",
    "jaccard",
    "near_duplicates",
    "precedence",
    "semantic_duplicates",
    "tokens",
]
