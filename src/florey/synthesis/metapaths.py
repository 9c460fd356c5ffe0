"""The patterns that questions are made of, one object each. To add one: declare it here, write its stems' forms in
rendering.py (same name), and list it in the recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from florey.records import ANSWER, BRIDGE, Condition

FINDING = "has_finding"
GENE = "associated_gene"


@dataclass(frozen=True)
class Metapath:
    """A pattern around one masked answer.

    An *evidence* pattern describes a disease, the carrier, by its findings: the carrier is the answer itself, or with
    `link` a masked bridge joined to the answer by that relation. `attribute` adds one more property of the carrier,
    which at least one distractor with all the findings fails.
    A *contrast* pattern (`contrast=True`) names a disease and a neighbour that shares findings with it and asks for a
    finding that only the first has.
    """

    name: str
    answer: Literal["disease", "finding", "gene"]
    hops: int
    link: str | None = None
    attribute: str | None = None
    contrast: bool = False

    @property
    def carrier(self) -> str:
        return BRIDGE if self.link else ANSWER

    @property
    def degree_relation(self) -> str:
        """The relation whose distinct neighbours are an answer's degree."""
        return self.link or FINDING

    def evidence(self, findings: list[str], attribute: str | None) -> tuple[Condition, ...]:
        """The conditions of an evidence pattern, from node ids."""
        found = [Condition(subject=self.carrier, relation=FINDING, object=finding) for finding in findings]
        if self.attribute and attribute:
            found.append(Condition(subject=self.carrier, relation=self.attribute, object=attribute))
        if self.link:
            found.append(Condition(subject=BRIDGE, relation=self.link, object=ANSWER))
        return tuple(found)

    def contrasted(self, disease: str, neighbour: str) -> tuple[Condition, ...]:
        """The conditions of a contrast pattern, from node ids."""
        return (
            Condition(subject=disease, relation=FINDING, object=ANSWER),
            Condition(subject=neighbour, relation=FINDING, object=ANSWER, holds=False),
        )


METAPATHS: dict[str, Metapath] = {
    metapath.name: metapath
    for metapath in (
        Metapath("findings_to_disease", answer="disease", hops=1),
        Metapath("discriminating_finding", answer="finding", hops=2, contrast=True),
        Metapath("findings_to_gene", answer="gene", hops=2, link=GENE),
        Metapath("findings_inheritance_to_disease", answer="disease", hops=1, attribute="has_inheritance"),
        Metapath("findings_onset_to_disease", answer="disease", hops=1, attribute="has_onset"),
    )
}
