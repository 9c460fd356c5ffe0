"""What a graph says of a question, for a reader who has only the question: names come from the question itself."""

from __future__ import annotations

from typing import NamedTuple

from florey.records import ANSWER, LETTERS, Condition, Question, Strength, Support, is_masked

STRENGTHS = {
    Strength.ASSERTED: "annotated",
    Strength.NEGATED: "annotated as absent (NOT)",
    Strength.ZERO_OF_N: "0 of n patients",
    Strength.EXCLUDED: "frequency class excluded",
    Strength.CLOSED_WORLD: "not annotated (closed world)",
}


class Row(NamedTuple):
    letter: str
    option: str
    satisfies: bool
    cells: tuple[str, ...]


class Table(NamedTuple):
    """An option a row, a condition a column: what the graph says of the first binding."""

    weakest: str
    conditions: tuple[str, ...]
    rows: tuple[Row, ...]


class Statement(NamedTuple):
    """An edge that the question was made from."""

    text: str
    source: str
    quote: str | None


def table(question: Question) -> Table | None:
    """The certificate; None where the question has none."""
    if question.certificate is None:
        return None
    names = _names(question)
    rows = tuple(
        Row(
            letter=LETTERS[index],
            option=question.options[index],
            satisfies=proof.satisfies,
            cells=tuple(_cell(support) for support in proof.bindings[0].supports) if proof.bindings else (),
        )
        for index, proof in enumerate(question.certificate.proofs)
    )
    conditions = tuple(_heading(condition, names) for condition in question.conditions)
    return Table(STRENGTHS[question.certificate.strength], conditions, rows)


def statements(question: Question) -> tuple[Statement, ...]:
    names = _names(question)
    found = []
    for edge in question.path:
        ends = [names.get(node, node) for node in (edge.subject, edge.object)]
        relation = ("" if edge.positive else "NOT ") + edge.relation.replace("_", " ")
        where = edge.evidence
        source = [f"{where.source} {where.release}", where.reference, where.frequency, where.page]
        found.append(
            Statement(f"{ends[0]} – {relation} – {ends[1]}", ", ".join(each for each in source if each), where.quote)
        )
    return tuple(found)


def _names(question: Question) -> dict[str, str]:
    named = dict(zip(question.option_ids, question.options, strict=False))
    return named | (dict(question.rewriting.mentions) if question.rewriting else {})


def _heading(condition: Condition, names: dict[str, str]) -> str:
    def named(node: str) -> str:
        if node == ANSWER:
            return "this option"
        return "a hidden node" if is_masked(node) else names.get(node, node)

    relation = "this relation" if condition.relation == ANSWER else condition.relation.replace("_", " ")
    demanded = "" if condition.holds else "not: "
    return f"{demanded}{named(condition.subject)} – {relation} – {named(condition.object)}"


def _cell(support: Support) -> str:
    return f"{support.state}, {STRENGTHS[support.strength]}" if support.strength else support.state
