"""An entity with what stands around it, as one self-contained page: a picture and a table of all evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from florey.records import Edge, Evidence
from florey.reporting import butterfly, views
from florey.reporting.numbers import count, words
from florey.reporting.page import environment


class Thing(NamedTuple):
    """A node as the page shows it."""

    id: str
    type: str
    name: str
    aliases: tuple[str, ...] = ()
    xrefs: tuple[str, ...] = ()


class Neighbourhood(NamedTuple):
    """`things`: by id, the centre, both ends of every edge and the classes of frequency that they name."""

    centre: str
    things: Mapping[str, Thing]
    edges: Sequence[Edge]  # those of one relation in the order in which to show them
    release: str
    digest: str
    licences: Sequence[str]


class Group(NamedTuple):
    """The edges of one relation, direction and polarity, by neighbour."""

    heading: str
    outgoing: bool
    positive: bool
    members: tuple[tuple[Thing, tuple[Edge, ...]], ...]


INVERSE = {
    "is_a": "kinds of it",
    "has_finding": "finding of",
    "has_inheritance": "inheritance of",
    "has_onset": "onset of",
    "has_course": "course of",
    "has_modifier": "modifier of",
    "has_history": "history of",
    "associated_gene": "associated with",
    "has_symptom": "symptom of",
    "caused_by": "causes",
    "has_risk_factor": "risk factor for",
    "has_complication": "complication of",
    "diagnosed_by": "used to diagnose",
    "treated_by": "treats",
    "palliated_by": "palliates",
    "prevented_by": "prevents",
    "contraindicated_in": "contraindication of",
    "has_side_effect": "side effect of",
    "has_mechanism": "mechanism of",
    "in_drug_class": "members of the class",
    "located_in": "site of",
    "in_specialty": "treated in the specialty",
    "binds_gene": "bound by",
    "upregulates_gene": "upregulated by",
    "downregulates_gene": "downregulated by",
    "expresses_gene": "expressed in",
    "regulates_gene": "regulated by",
    "participates_in": "participants",
}
"""How a relation reads from its object; the symmetric ones and those of later versions read as they are called."""


def render(page: Neighbourhood, limit: int = 50) -> str:
    """The page; at most `limit` neighbours are drawn, the groups taking turns, and the picture says how many are not.

    The same neighbourhood gives the same text. Everything from the graph is escaped, nothing is fetched or run.
    """
    made = environment()
    made.filters |= {"count": count, "words": words, "reference": views.reference, "revision": revision}
    groups = grouped(page)
    picture = butterfly.draw(
        page.things[page.centre].name,
        [_rows(page, group) for group in groups],
        limit,
    )
    return made.get_template("neighbourhood.html.j2").render(
        page=page,
        centre=page.things[page.centre],
        groups=groups,
        picture=picture,
        frequency=lambda evidence: frequency(page, evidence),
    )


def grouped(page: Neighbourhood) -> list[Group]:
    """Relations with few neighbours first; what is denied after what is asserted, under a heading of its own."""
    found: dict[tuple[str, bool, bool], dict[str, list[Edge]]] = {}
    for edge in page.edges:
        outgoing = edge.subject == page.centre
        members = found.setdefault((edge.relation, outgoing, edge.positive), {})
        members.setdefault(edge.object if outgoing else edge.subject, []).append(edge)
    sizes: dict[tuple[str, bool], int] = {}
    for (relation, outgoing, _), members in found.items():
        sizes[relation, outgoing] = sizes.get((relation, outgoing), 0) + len(members)
    ordered = sorted(found.items(), key=lambda item: (sizes[item[0][:2]], item[0][:2], not item[0][2]))
    return [
        Group(
            heading=heading(relation, outgoing=outgoing, positive=positive),
            outgoing=outgoing,
            positive=positive,
            members=tuple((page.things[node], tuple(edges)) for node, edges in members.items()),
        )
        for (relation, outgoing, positive), members in ordered
    ]


def heading(relation: str, *, outgoing: bool, positive: bool) -> str:
    text = words(relation) if outgoing else INVERSE.get(relation, words(relation))
    return text if positive else f"NOT: {text}"


def frequency(page: Neighbourhood, evidence: Evidence) -> str:
    """In words where it is a class; an empty string where none is stated."""
    text = evidence.frequency or ""
    return page.things[text].name if text in page.things else text


def revision(evidence: Evidence) -> str | None:
    """Where a revision of a Wikipedia page can be read, or None."""
    known = (
        evidence.source == "wikipedia" and (evidence.revision or "").isascii() and (evidence.revision or "").isdigit()
    )
    return f"https://en.wikipedia.org/w/index.php?oldid={evidence.revision}" if known else None


def _rows(page: Neighbourhood, group: Group) -> butterfly.Rows:
    rows = []
    for thing, edges in group.members:
        stated = sorted({text for edge in edges if (text := frequency(page, edge.evidence))})
        rows.append(
            butterfly.Row(
                id=thing.id,
                type=thing.type,
                label=thing.name,
                note=", ".join([*stated[:1], *([f"{len(edges)} statements"] if len(edges) > 1 else [])]),
                hover="\n".join([f"{thing.name} ({thing.id}, {words(thing.type)})", *(_said(page, e) for e in edges)]),
            )
        )
    return butterfly.Rows(group.heading, group.outgoing, group.positive, tuple(rows))


def _said(page: Neighbourhood, edge: Edge) -> str:
    said = edge.evidence
    parts = (said.source, said.code, frequency(page, said), said.reference, said.page, said.quote and f"“{said.quote}”")
    return ", ".join(filter(None, parts))
