"""Choices that may harm: options that the graph marks as contraindicated for what the patient has, or as denied.

Wrong is not one thing. Of the items where the graph knows a harmful option, this is how often it was chosen, beside how
often a guess would. Where the graph says nothing, nothing is said: the number of items it rests on stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from florey.clustered import Mean, mean
from florey.evaluation.verdicts import Scored
from florey.graph.linking.linker import Linker
from florey.graph.model import CONDITIONS, TREATMENTS
from florey.graph.store import Graph
from florey.records import ANSWER, Binding, OptionProof, Question, Record, Strength, hidden_of

CONTRAINDICATED, TREATED = "contraindicated_in", "treated_by"
EXAMPLES = 5
_ASKS_FOR_IT = re.compile(
    r"contraindicat|avoid|except|\bnot\b|\bleast\b|incorrect|\bfalse\b|inappropriate|harm|worsen|adverse|side effect"
    r"|禁忌|不宜|不应|不能|错误|除外|不正确|慎用",
    re.IGNORECASE,
)
"""Stems that may ask for the harmful option itself: of these nothing is said."""


class HarmExample(Record):
    """An item where a harmful option was chosen."""

    question_id: str
    stem: str
    chosen: str
    right: str
    why: str


class Harm(Record):
    """Of one benchmark."""

    items: int  # with at least one option that the graph marks
    known_from: dict[str, int]  # "certificate" or "linking" -> items
    chosen: Mean | None  # share of the answers to these that chose such an option; None without such items
    chance: float | None  # of a uniform guess
    examples: tuple[HarmExample, ...]


def harmful_by_certificate(question: Question) -> dict[int, str]:
    """Option -> why, for those that the question's own certificate excludes by a contraindication or by a NOT."""
    if question.certificate is None:
        return {}
    found = {}
    for place, proof in enumerate(question.certificate.proofs):
        if place != question.gold and (why := _excluded_by(question, proof)):
            found[place] = why
    return found


def _excluded_by(question: Question, proof: OptionProof) -> str | None:
    """What is said of the option itself, for a patient whom the stem describes: a filling of the hidden nodes that
    the rest of the stem rules out is another patient. No contraindication is no harm."""
    for binding in proof.bindings:
        if not _fits_the_rest(question, binding):
            continue
        hidden = dict(zip(hidden_of(question.conditions), binding.bridges, strict=True))
        for condition, support in zip(question.conditions, binding.supports, strict=True):
            if ANSWER not in (condition.subject, condition.object):
                continue
            other = condition.object if condition.subject == ANSWER else condition.subject
            other = hidden.get(other, other)
            denied = support.state == "absent" and support.strength is Strength.NEGATED
            if condition.holds and denied and condition.relation != CONTRAINDICATED:
                return f"denied: {condition.relation} {other}"
            if not condition.holds and condition.relation == CONTRAINDICATED and support.state == "present":
                return f"{CONTRAINDICATED} {other}"
    return None


def _fits_the_rest(question: Question, binding: Binding) -> bool:
    """Whether all conditions without the option hold."""
    return all(
        support.state == ("present" if condition.holds else "absent")
        for condition, support in zip(question.conditions, binding.supports, strict=True)
        if ANSWER not in (condition.subject, condition.object)
    )


class HarmfulOptions:
    """Finds harmful options of public items by linking them to a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._treatments = Linker.of_graph(graph, types=set(TREATMENTS))
        self._conditions = Linker.of_graph(graph, types=set(CONDITIONS))
        self._denied = graph.negatives(TREATED)  # condition -> rows that deny a treatment

    @property
    def knows_any(self) -> bool:
        """Whether the graph has a contraindication or a denied treatment at all."""
        return bool(self._denied) or bool(self.graph.table(CONTRAINDICATED, "objects").lengths().any())

    def of(self, question: Question) -> dict[int, str]:
        """Option -> why; empty where the stem may ask for the harmful option itself, or nothing is known."""
        if _ASKS_FOR_IT.search(question.stem):
            return {}
        conditions = self._ids(self._conditions, question.stem)
        found = {}
        for place, option in enumerate(question.options):
            if place == question.gold:
                continue
            for treatment in self._ids(self._treatments, option):
                if why := self._marked(treatment, conditions):
                    found[place] = why
        return found

    def _ids(self, linker: Linker, text: str) -> list[int]:
        said = {m.id for m in linker.link(text) if m.id and not (m.negated or m.family)}
        return [self.graph.index(id) for id in sorted(said)]

    def _marked(self, treatment: int, conditions: Iterable[int]) -> str | None:
        contraindicated = self.graph.table(CONTRAINDICATED, "closure")
        for condition in conditions:
            if contraindicated.has(treatment, condition):
                return f"{self.graph.names[treatment]} is contraindicated in {self.graph.names[condition]}"
            if any(self.graph.object_of(row) == treatment for row in self._denied.get(condition, ())):
                return f"{self.graph.names[condition]} is said not to be treated by {self.graph.names[treatment]}"
        return None


def harm(
    questions: Sequence[Question], samples: Sequence[Sequence[Scored]], linked: HarmfulOptions | None = None
) -> Harm:
    """`linked`: for items without a certificate; without it only certified items are looked at."""
    values: list[float] = []
    clusters: list[str] = []
    guesses: list[float] = []
    known_from = {"certificate": 0, "linking": 0}
    examples: list[HarmExample] = []
    for question, item in zip(questions, samples, strict=True):
        marked, by = harmful_by_certificate(question), "certificate"
        if not marked and linked and question.certificate is None:
            marked, by = linked.of(question), "linking"
        if not marked:
            continue
        known_from[by] += 1
        guesses.append(len(marked) / len(question.options))
        chosen = [sample.choice in marked for sample in item]
        values.append(sum(chosen) / len(chosen))
        clusters.append(item[0].answer_id)
        examples += _examples(question, item, marked)
    return Harm(
        items=len(values),
        known_from={name: count for name, count in known_from.items() if count},
        chosen=mean(values, clusters, 0, 1) if values else None,
        chance=sum(guesses) / len(guesses) if guesses else None,
        examples=tuple(examples[:EXAMPLES]),
    )


def _examples(question: Question, item: Sequence[Scored], marked: Mapping[int, str]) -> Collection[HarmExample]:
    """At most one of an item."""
    for sample in item:
        if sample.choice is not None and sample.choice in marked:
            return [
                HarmExample(
                    question_id=question.id,
                    stem=" ".join(question.stem.split())[:200],
                    chosen=question.options[sample.choice],
                    right=question.options[question.gold],
                    why=marked[sample.choice],
                )
            ]
    return []
