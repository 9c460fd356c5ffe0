"""Redactors that every test may use: loading presidio takes seconds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from florey.curation.privacy.allow import AllowList
from florey.curation.privacy.redactor import Redactor
from florey.graph.linking.mention import Name

NAMES = (
    Name("Wilson disease", "D:1", "disease"),
    Name("Wilson's disease", "D:1", "disease", preferred=False),
    Name("Marfan syndrome", "D:2", "disease"),
    Name("May-Hegglin anomaly", "D:3", "disease"),
    Name("Adams Oliver", "D:4", "disease"),
    Name("Carbidopa", "C:1", "drug"),
    Name("Jordan", "D:5", "disease"),
)


@pytest.fixture(scope="session")
def redactor() -> Redactor:
    """With a handful of names as if from a graph."""
    return Redactor(allow=AllowList(NAMES))


@pytest.fixture
def redacted(redactor: Redactor) -> Callable[..., str]:
    return lambda text, language="en": redactor.redact(text, language).text
