"""What a rewritten stem must tell, what it may tell, and what it must not: worked out from the question."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from florey.errors import BadInput
from florey.files import digest
from florey.graph.linking.linker import Linker
from florey.graph.linking.mention import Mention
from florey.graph.model import CONDITIONS, TREATMENTS
from florey.graph.store import Graph
from florey.records import ANSWER, Condition, Question, hidden_of
from florey.synthesis.rewriting.closing import Language, closing, in_picture
from florey.synthesis.rewriting.drift import Drift, Reason
from florey.synthesis.rewriting.option_names import Names
from florey.synthesis.rewriting.patient import Patient, blanked, read_patient

STATED = frozenset((*CONDITIONS, *TREATMENTS, "gene", "agent", "inheritance", "onset", "course"))
"""Node types that say something of a patient wherever they are named; anatomy or a process alone does not."""


@dataclass(frozen=True)
class Brief:
    """The facts of one question by node id, in the order in which they are told."""

    question: Question
    facts: tuple[str, ...]  # all named nodes
    absent: frozenset[str]  # of these, what the patient does not have
    topics: frozenset[str]  # of these, what the closing question names; their role stands there
    compared: frozenset[str]  # of these, what is told alike and left open: two diseases, one with and one without
    names: Mapping[str, str]
    types: Mapping[str, str]
    near: Mapping[str, frozenset[str]]  # fact -> its ancestors
    allowed: frozenset[str]  # may be said beside the facts: it is implied, or the original says it
    stated: frozenset[str]  # node types that are looked at
    answer: Names
    distractors: Names
    patient: Patient
    closing: Mapping[Language, str]  # in English; in Chinese with {NODE-ID} in the place of names


class Briefer:
    """Reads questions against the graph that they were made from."""

    def __init__(self, graph: Graph, linker: Linker) -> None:
        self.graph, self.linker = graph, linker

    def brief(self, question: Question) -> Brief | Drift:
        """What to tell a model; Drift where the question cannot be rewritten. BadInput for another graph's."""
        certificate = question.certificate
        if certificate is None or not question.conditions or not question.option_ids:
            return Drift(Reason.UNFIT, "no certificate, option ids or conditions")
        if tuple(proof.option for proof in certificate.proofs) != question.option_ids:
            return Drift(Reason.UNFIT, "the proofs are not those of the options, in order")
        if question.language != "en":
            return Drift(Reason.UNFIT, f"the original is in '{question.language}', expected 'en'")
        if certificate.graph != self.graph.digest:
            raise BadInput(f"{question.id}: issued against graph {certificate.graph}, not {self.graph.digest}")
        named = dict.fromkeys(node for c in question.conditions for node in c.nodes)
        if strangers := [node for node in named if node not in self.graph]:
            return Drift(Reason.UNFIT, f"no node '{strangers[0]}' in the graph")
        told = {c.object: c.holds for c in question.conditions if in_picture(c)}
        topics = frozenset(node for c in question.conditions if not in_picture(c) for node in c.nodes)
        facts = tuple(sorted(named, key=lambda node: digest([question.id, node])))
        names, types = {node: self._name(node) for node in facts}, {node: self._type(node) for node in facts}
        hidden = self._hidden_types(question)
        english = closing(question.conditions, "en", names.__getitem__, lambda node: hidden.get(node, "other"))
        chinese = closing(question.conditions, "zh", "{{{}}}".format, lambda node: hidden.get(node, "other"))
        if english is None or chinese is None:
            return Drift(Reason.UNFIT, "no words for what its conditions ask")
        stated = STATED | set(types.values())
        mentions = self.link(question.stem, stated, types.values())
        near = {node: self._ancestors(node) for node in facts}
        said = {i for m in mentions if not (m.negated or m.uncertain or m.family) for i in m.ids}
        gold = question.option_ids[question.gold]
        others = [option for option in question.option_ids if option != gold]
        return Brief(
            question=question,
            facts=facts,
            absent=frozenset(node for node, holds in told.items() if not holds) - topics,
            topics=topics,
            compared=_compared(question.conditions),
            names=names,
            types=types,
            near=near,
            allowed=frozenset(said).union(*(near[node] for node in facts if told.get(node, True))),
            stated=frozenset(stated),
            answer=Names(self._all_names(gold, question)),
            distractors=Names(name for option in others for name in self._all_names(option, question)),
            patient=read_patient(blanked(question.stem, ((m.start, m.end) for m in mentions))),
            closing={"en": english, "zh": chinese},
        )

    def link(self, text: str, stated: Collection[str], prefer: Collection[str]) -> list[Mention]:
        """The names of those types in a text, in order; homonyms without their meanings of other types."""
        found = []
        for m in self.linker.link(text, prefer_types=sorted(set(prefer))):
            ids = tuple(node for node in m.ids if self._type(node) in stated)
            if ids:
                found.append(Mention(m.start, m.end, m.text, ids, m.negated, m.uncertain, m.family))
        return found

    def synonyms(self, brief: Brief, node: str, most: int) -> list[str]:
        """Some aliases by which a model may call a fact: those that link to it alone and name no option."""
        found: list[str] = []
        for alias in self.graph.aliases[self.graph.index(node)] or ():
            if len(found) == most:
                break
            linked = self.link(alias, brief.stated, brief.types.values())
            tells = brief.answer.within(alias) or brief.distractors.within(alias)
            if [m.ids for m in linked] == [(node,)] and not tells and "_" not in alias:
                found.append(alias)
        return found

    def _hidden_types(self, question: Question) -> dict[str, str]:
        """Node types of what is masked, as the answer's proof fills it in."""
        assert question.certificate
        gold = question.option_ids[question.gold]
        types = {ANSWER: self._type(gold) if gold in self.graph else "other"}
        labels = hidden_of(question.conditions)
        for binding in question.certificate.proofs[question.gold].bindings:
            types |= {label: self._type(node) for label, node in zip(labels, binding.bridges, strict=False)}
        return types

    def _all_names(self, option: str, question: Question) -> Iterator[tuple[str, str]]:
        """(name, node type) of everything an option may be called."""
        yield question.options[question.option_ids.index(option)], "other"
        if option in self.graph:
            node = self.graph.index(option)
            for name in (self.graph.names[node], *(self.graph.aliases[node] or ())):
                yield name, self.graph.types[node]

    def _ancestors(self, node: str) -> frozenset[str]:
        return frozenset(self.graph.ids[i] for i in self.graph.ancestors(self.graph.index(node)))

    def _name(self, node: str) -> str:
        return self.graph.names[self.graph.index(node)]

    def _type(self, node: str) -> str:
        return self.graph.types[self.graph.index(node)]


def _compared(conditions: Sequence[Condition]) -> frozenset[str]:
    """The nodes of a relation that must hold for one and not for another."""
    outside = [c for c in conditions if not in_picture(c)]
    opposed = {c.relation for c in outside if c.holds} & {c.relation for c in outside if not c.holds}
    return frozenset(node for c in outside if c.relation in opposed for node in c.nodes)
