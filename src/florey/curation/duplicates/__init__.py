"""Exact, near and semantic duplicates, within and across splits."""

from florey.curation.duplicates.definition import NearConfig, exact_key, jaccard, precedence, tokens
from florey.curation.duplicates.exact import exact_duplicates
from florey.curation.duplicates.near import bands, near_duplicates

__all__ = [
    "NearConfig",
    "bands",
    "exact_duplicates",
    "exact_key",
    "jaccard",
    "near_duplicates",
    "precedence",
    "tokens",
]
