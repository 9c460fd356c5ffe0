"""What the templates show that is not simply a field: sentences and tables worked out from the data."""

from __future__ import annotations

import re
from typing import NamedTuple

from florey.evaluation.scoring import Cell
from florey.evaluation.staircase import Comparison
from florey.records import ANSWER, BRIDGE, LETTERS, Condition, Strength, Support, is_masked
from florey.reporting.data import Draws, Example, Rarity, ReportData
from florey.reporting.labels import STAGE_LABELS
from florey.reporting.numbers import percent, points, points_interval, words

STRENGTHS = {
    Strength.ASSERTED: "annotated",
    Strength.NEGATED: "annotated as absent (NOT)",
    Strength.ZERO_OF_N: "0 of n patients",
    Strength.EXCLUDED: "frequency class excluded",
    Strength.CLOSED_WORLD: "no annotation (closed world)",
}
WEIGHTS = {"chosen": "chosen", "uniform": "even", "degree_proportional": "by edges"}
BINDINGS_SHOWN = 3
_DIGITS = r"\d{1,12}"
_REFERENCES = {  # prefix -> what an id of it looks like, where it leads
    "PMID": (_DIGITS, "https://pubmed.ncbi.nlm.nih.gov/{}/"),
    "OMIM": (_DIGITS, "https://www.omim.org/entry/{}"),
    "ORPHA": (_DIGITS, "https://www.orpha.net/en/disease/detail/{}"),
    "HP": (_DIGITS, "https://hpo.jax.org/browse/term/HP:{}"),
    "DOID": (_DIGITS, "https://disease-ontology.org/?id=DOID:{}"),
    "NCBIGene": (_DIGITS, "https://www.ncbi.nlm.nih.gov/gene/{}"),
    "DRUGBANK": (r"DB\d{5}", "https://go.drugbank.com/drugs/{}"),
    "MESH": (r"[CD]\d{6,9}", "https://meshb.nlm.nih.gov/record/ui?ui={}"),
    "WIKIDATA": (r"Q\d{1,12}", "https://www.wikidata.org/wiki/{}"),
}


class Reference(NamedTuple):
    text: str
    url: str | None


class Fulfilment(NamedTuple):
    """One cell of a certificate: what the graph says of a condition for one option."""

    state: str  # present, absent or unknown
    meets: bool  # whether that is what the condition demands
    basis: str
    references: tuple[Reference, ...]


class ProofRow(NamedTuple):
    letter: str
    option: str
    through: str | None  # the names of the hidden nodes, where the pattern has any
    satisfies: bool
    cells: tuple[Fulfilment, ...]
    further: int  # candidate bridges not shown


class Group(NamedTuple):
    """A row of the breakdown: one cell per stage, None where the stage has none."""

    label: str
    cells: tuple[Cell | None, ...]


def reference(text: str) -> Reference:
    """A citation as a link where its identifier is one that we know how to cite, as plain text otherwise.

    >>> reference("PMID:8533768").url
    'https://pubmed.ncbi.nlm.nih.gov/8533768/'
    >>> reference("javascript:alert(1)").url is None
    True
    """
    prefix, _, number = text.partition(":")
    shape, address = _REFERENCES.get(prefix, ("", ""))
    return Reference(text, address.format(number) if address and re.fullmatch(shape, number, re.ASCII) else None)


def condition_heading(condition: Condition, names: dict[str, str]) -> str:
    """A condition as a column heading, e.g. ``"has finding: Ataxia"``."""

    def named(node: str) -> str:
        if node == ANSWER:
            return "this option"
        if is_masked(node):
            return "the hidden node" if node == BRIDGE else f"hidden node {node.removeprefix(BRIDGE)}"
        return names.get(node, node)

    relation = "this relation" if condition.relation == ANSWER else words(condition.relation)
    if condition.subject == ANSWER:
        return f"{relation}: {named(condition.object)}"
    return f"{named(condition.subject)} \u2013 {relation}: {named(condition.object)}"


def _fulfilment(condition: Condition, support: Support, example: Example) -> Fulfilment:
    found = sorted({example.references[edge] for edge in support.edges if edge in example.references})
    basis = STRENGTHS[support.strength] if support.strength else "not decided by the graph"
    if support.completeness is not None:
        basis += f", completeness {support.completeness:.2f}"
    demanded = "present" if condition.holds else "absent"
    return Fulfilment(support.state, support.state == demanded, basis, tuple(map(reference, found)))


def certificate_rows(example: Example) -> list[ProofRow]:
    """One row per option (and per candidate bridge, the first few), in the options' order."""
    question, rows = example.question, []
    if question.certificate is None:
        return []
    for index, proof in enumerate(question.certificate.proofs):
        for place, binding in enumerate(proof.bindings[:BINDINGS_SHOWN]):
            last = place == BINDINGS_SHOWN - 1
            pairs = zip(question.conditions, binding.supports, strict=True)
            rows.append(
                ProofRow(
                    letter=LETTERS[index],
                    option=question.options[index],
                    through=", ".join(example.names.get(node, node) for node in binding.bridges) or None,
                    satisfies=proof.satisfies,
                    cells=tuple(_fulfilment(condition, support, example) for condition, support in pairs),
                    further=len(proof.bindings) - BINDINGS_SHOWN if last else 0,
                )
            )
    return rows


def breakdown(data: ReportData) -> list[tuple[str, list[Group]]]:
    """(heading, rows) of the staircase by tier, metapath, rarest quartile and shape; one cell a stage."""
    scores = [stage.score for stage in data.stages]

    def rows(field: str) -> list[Group]:
        groups: list[dict[str, Cell]] = [getattr(score, field) for score in scores]
        # first seen first: tiers come in their own order
        names = dict.fromkeys(name for group in groups for name in group)
        return [Group(name, tuple(group.get(name) for group in groups)) for name in names]

    shapes = [row._replace(label=row.label.replace("x", " \u00d7 ")) for row in rows("shapes")]
    rare = [Group("rarest quartile of answers", tuple(score.rarest for score in scores))]
    found = {
        "Tier": rows("tiers"),
        "Metapath": [row._replace(label=words(row.label)) for row in rows("metapaths")],
        "Rarity": rare if any(rare[0].cells) else [],
        "Conditions \u00d7 options": shapes,
    }
    return [(heading, listed) for heading, listed in found.items() if listed]


def comparison_sentence(each: Comparison) -> str:
    """The comparison in words, as cautious as its interval."""
    label = {name: text.removeprefix("+ ") for name, text in STAGE_LABELS.items()}
    if each.lo > 0:
        verdict = "a gain: the interval excludes zero"
    elif each.hi < 0:
        verdict = "a loss: the interval excludes zero"
    else:
        verdict = "no difference can be claimed: the interval includes zero"
    return (
        f"{label[each.before]} \u2192 {label[each.after]}: {points(each.difference)} points "
        f"{points_interval(each)}; {verdict}."
    )


def rarity_sentence(rarity: dict[str, Rarity]) -> str:
    """What the table of rarities says, over all kinds of questions. `rarity` must not be empty."""

    def shares(weights: str) -> str:
        found: list[Draws] = [getattr(each, weights) for each in rarity.values()]
        lo, hi = (percent(end(each.rarest_quartile_share for each in found)) for end in (min, max))
        return f"{lo}%" if lo == hi else f"{lo} to {hi}%"

    return (
        f"Of the draws, {shares('chosen')} are for the quarter of the possible answers that the graph knows "
        f"least about; even draws would give {shares('uniform')}, draws in proportion to an answer’s edges "
        f"{shares('degree_proportional')}."
    )


def mixture(right: int, wrong: int) -> str:
    """``"1 : 2.0"``: right to wrong; counts where nothing is right."""
    return f"1 : {wrong / right:.1f}" if right else f"{right} : {wrong}"
