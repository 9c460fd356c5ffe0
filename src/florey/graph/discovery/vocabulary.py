"""Names that are known before reading: the alias table that mentions are linked to and pages are typed by."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from florey.files import digest
from florey.graph.linking.linker import Linker
from florey.graph.linking.mention import Name

LOOSE_TYPES = frozenset(("inheritance", "onset", "course", "modifier", "frequency", "term", "concept"))
"""Their names are words of every text: "increase", "severe", "position"."""
LABELS = "WIKIDATA-LABEL:"  # words that a source used for what it gave no identity …
TRUSTED_LABELS = frozenset(("specialty", "drug", "drug_class", "procedure", "anatomy"))  # … believed as names of these
_DISAMBIGUATION = re.compile(r" \([^()]*\)$")  # "Shock (circulatory)"


class Vocabulary:
    """`names`: of a graph that exists, or none; those of loose types are left out. Order does not matter."""

    def __init__(self, names: Iterable[Name] = ()) -> None:
        self.names = sorted(
            filter(_is_telling, names), key=lambda name: (name.text, name.id, name.type, not name.preferred)
        )
        types: defaultdict[str, set[str]] = defaultdict(set)
        for name in self.names:
            types[_key(name.text)].add(name.type)
        self._types = {key: next(iter(found)) for key, found in types.items() if len(found) == 1}
        self.type_of_id = {name.id: name.type for name in self.names}
        self._names = {name.id: name.text for name in reversed(self.names) if name.preferred}

    @cached_property
    def linker(self) -> Linker:
        return Linker(self.names)

    @property
    def digest(self) -> str:
        return digest([[name.text, name.id, name.type] for name in self.names])

    def name_of(self, id: str) -> str | None:
        """The preferred name of an id of the vocabulary."""
        return self._names.get(id)

    def expected_type(self, title: str) -> str | None:
        """The type of what is called so; None if nothing is, or things of several types are."""
        return self._types.get(_key(title)) or self._types.get(_key(_DISAMBIGUATION.sub("", title)))


def _is_telling(name: Name) -> bool:
    return name.type not in LOOSE_TYPES and (name.type in TRUSTED_LABELS or not name.id.startswith(LABELS))


def _key(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").split())
