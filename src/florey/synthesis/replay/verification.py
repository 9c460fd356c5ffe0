"""Certificates replayed from scratch: plain sets over the graph's two Parquet files.

Shares no code with the store, the presence rules, the sampler or the issuer of certificates, on purpose: what it
checks, it works out again from the rows. Only the records are common.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from florey.files import digest
from florey.records import (
    ANSWER,
    Binding,
    Certificate,
    Condition,
    OptionProof,
    Question,
    Strength,
    Support,
    hidden_of,
    is_masked,
)
from florey.synthesis.replay.facts import ORDER, Facts, asks_relation, edge_row, filled
from florey.synthesis.replay.fairness import kin, wrong_texts

CITED = 4
"""A support names all the edges it rests on, or this many of them at least."""
EVERY = 100
"""Questions between two reports of progress."""

Progress = Callable[[int, int, str], None]
"""Called with (done, total, "")."""


@dataclass(frozen=True)
class Failure:
    question_id: str
    reason: str


def verify(
    questions: Iterable[Question],
    graph_folder: Path,
    min_completeness: float = 0.2,
    progress: Progress | None = None,
) -> list[Failure]:
    """The questions whose certificate does not hold, with the first reason found for each; empty if all hold.

    `min_completeness`: the least that a closed-world support may rest on; questions may have been made with a higher
    one, so "unknown" is accepted where this function would still say absent. Raises BadInput for a damaged graph.
    """
    asked = list(questions)
    facts = Facts(graph_folder, asked, min_completeness)
    failures = []
    for done, question in enumerate(asked, 1):
        if reason := next(_faults(facts, question), None):
            failures.append(Failure(question.id, reason))
        if progress and (done % EVERY == 0 or done == len(asked)):
            progress(done, len(asked), "")
    return failures


def _faults(facts: Facts, question: Question) -> Iterator[str]:
    """What is wrong with a question, the cheapest checks first; nothing if all is well."""
    certificate = question.certificate
    if certificate is None:
        yield "no certificate, option ids or conditions"
        return
    yield from _unlike_its_digests(facts, question, certificate)
    yield from incomplete(facts, question)
    yield from wrong_texts(facts, question)
    if not asks_relation(question.conditions):
        yield from kin(facts, question.option_ids)
    if tuple(proof.option for proof in certificate.proofs) != question.option_ids:
        yield "the proofs are not those of the options, in order"
    for i, proof in enumerate(certificate.proofs):
        yield from _wrong_proof(facts, question.conditions, proof, is_gold=i == question.gold)
    strengths = [proof.strength for proof in certificate.proofs]
    if certificate.strength is not max(strengths, key=ORDER.index):
        yield f"the certificate says {certificate.strength}, its weakest proof {max(strengths, key=ORDER.index)}"
    excluded = [strength for i, strength in enumerate(strengths) if i != question.gold]
    if abs(certificate.closed_world_share - excluded.count(Strength.CLOSED_WORLD) / len(excluded)) > 1e-9:
        yield f"closed_world_share is not {certificate.closed_world_share}"
    yield from _wrong_path(facts, question, certificate.proofs[question.gold])


def _unlike_its_digests(facts: Facts, question: Question, certificate: Certificate) -> Iterator[str]:
    if certificate.graph != facts.digest:
        yield f"issued against graph {certificate.graph}, not {facts.digest}"
    if question.id != question.identified().id:
        yield "the id is not that of the content"
    conditions = sorted([c.subject, c.relation, c.object, c.holds] for c in question.conditions)
    if question.group != digest([question.answer_id, conditions]):
        yield "the group is not that of the answer and its conditions"


def incomplete(facts: Facts, question: Question) -> Iterator[str]:
    """Parts that are missing, unknown to the graph, or no pattern; after the first, nothing else can be checked."""
    if question.certificate is None or not question.option_ids or not question.conditions:
        yield "no certificate, option ids or conditions"
    if unknown := strangers(facts, question):
        kind = "relation" if unknown[0] in question.option_ids and asks_relation(question.conditions) else "node"
        yield f"no {kind} '{unknown[0]}' in the graph"
    if len(set(question.option_ids)) != len(question.option_ids):
        yield "an option stands twice"
    yield from _misshapen(question.conditions)


def strangers(facts: Facts, question: Question) -> list[str]:
    """Options and nodes of the conditions that the graph does not have."""
    known = facts.relations if asks_relation(question.conditions) else facts
    nodes = [node for condition in question.conditions for node in condition.nodes]
    return [o for o in question.option_ids if o not in known] + [node for node in nodes if node not in facts]


def _misshapen(conditions: Sequence[Condition]) -> Iterator[str]:
    """Patterns that do not say one thing: no answer in them, or hidden nodes that do not hang on it as a tree."""
    ends = [(c.subject, c.object) for c in conditions]
    if asks_relation(conditions):
        if len(conditions) != 1 or any(map(is_masked, ends[0])):
            yield "a relation is asked for, but not between two named nodes in a single condition"
        return
    if not any(ANSWER in pair for pair in ends):
        yield "no condition is about the answer"
    joins = [(c.subject, c.object) for c in conditions if c.holds and is_masked(c.subject) and is_masked(c.object)]
    reached, hidden = {ANSWER}, set(hidden_of(conditions))
    for _ in joins:
        reached |= {end for pair in joins if reached & set(pair) for end in pair}
    if away := sorted(hidden - reached):
        yield f"hidden node '{away[0]}' is not joined to the answer by conditions that hold"
    if len(joins) != len(hidden):
        yield "hidden nodes and answer are joined in a ring, not as a tree"


def _wrong_proof(facts: Facts, conditions: Sequence[Condition], proof: OptionProof, *, is_gold: bool) -> Iterator[str]:
    if proof.satisfies is not is_gold:
        yield f"{proof.option}: satisfies is {proof.satisfies}, but gold is {is_gold}"
    if is_gold and len(proof.bindings) != 1:
        yield f"{proof.option}: expected one binding that satisfies, the proof has {len(proof.bindings)}"
    if not is_gold:
        yield from _other_candidates(facts, conditions, proof)
    strengths: list[Strength] = []
    for binding in proof.bindings:
        strengths.append((yield from _wrong_binding(facts, conditions, proof.option, binding, is_gold=is_gold)))
    weakest = max(strengths, key=ORDER.index)
    if proof.strength is not weakest:
        yield f"{proof.option}: the proof says {proof.strength}, the graph {weakest}"


def _other_candidates(facts: Facts, conditions: Sequence[Condition], proof: OptionProof) -> Iterator[str]:
    """A distractor's bindings must be all the candidates for the hidden nodes, sorted, and there must be some."""
    hidden, given = hidden_of(conditions), [binding.bridges for binding in proof.bindings]
    fillings = islice(facts.fillings(proof.option, conditions), len(given) + 1)  # one too many is enough to know
    candidates = sorted(tuple(filling[place] for place in hidden) for filling in fillings)
    if not candidates:
        yield f"{proof.option}: no node of the graph takes the place of the hidden ones"
    if left_out := [bridges for bridges in candidates if bridges not in given]:
        yield f"{proof.option}: the proof leaves out the candidate {_listed(left_out[0])} for the bridge"
    if strange := [bridges for bridges in given if bridges not in candidates]:
        yield f"{proof.option}: {_listed(strange[0])} is no candidate for the bridge"
    if given != candidates:
        yield f"{proof.option}: the candidates for the bridge are not in order, or one stands twice"


def _listed(nodes: Sequence[str]) -> str:
    return ", ".join(nodes) or "without any node"


def _wrong_binding(
    facts: Facts, conditions: Sequence[Condition], option: str, binding: Binding, *, is_gold: bool
) -> Generator[str, None, Strength]:
    """Faults of one filling of the hidden nodes; returns the strength with which it satisfies or fails."""
    hidden = hidden_of(conditions)
    if len(binding.bridges) != len(hidden):
        yield f"{option}: {len(hidden)} hidden nodes, {len(binding.bridges)} bridges"
    if unknown := [node for node in binding.bridges if node not in facts]:
        yield f"{option}: no node '{unknown[0]}' in the graph"
    if len(binding.supports) != len(conditions):
        yield f"{option}: {len(conditions)} conditions, {len(binding.supports)} supports"
    filling = {ANSWER: option, **dict(zip(hidden, binding.bridges, strict=True))}
    fitting: list[Strength] = []
    failing: list[Strength] = []
    for condition, support in zip(conditions, binding.supports, strict=True):
        if fault := _wrong_support(facts, condition, filling, support):
            yield f"{option}: {fault}"
        if support.strength is not None and support.state != "unknown":
            (fitting if (support.state == "present") is condition.holds else failing).append(support.strength)
    if is_gold and len(fitting) != len(conditions):
        yield f"{option}: the answer does not satisfy every condition"
    if not is_gold and not failing:
        yield f"{option}: a distractor that is not excluded (bridge: {_listed(binding.bridges)})"
    return max(fitting, key=ORDER.index) if is_gold else min(failing, key=ORDER.index)


def _wrong_support(facts: Facts, condition: Condition, filling: Mapping[str, str], support: Support) -> str | None:
    subject, relation, object = filled(condition, filling)
    state, strength, edges = facts.truth(subject, relation, object)
    said = f"{subject} {relation} {object}: "
    if support.state == "unknown" and strength is Strength.CLOSED_WORLD:
        if support != Support(state="unknown"):
            return said + "what is unknown has neither strength nor edges"
        return None  # issued with a higher demand on completeness
    if (support.state, support.strength) != (state, strength):
        return said + f"the certificate says {support.state} ({support.strength}), the graph {state} ({strength})"
    if fault := _wrong_citations(support.edges, edges):
        return said + fault
    complete = facts.completeness(subject, relation) if strength is Strength.CLOSED_WORLD else None
    if (support.completeness is None) != (complete is None) or abs(
        (support.completeness or 0) - (complete or 0)
    ) > 1e-9:
        return said + f"completeness {support.completeness}, the graph {complete}"
    return None


def _wrong_citations(cited: Sequence[str], edges: Set[str]) -> str | None:
    if not set(cited) <= edges or len(set(cited)) < min(len(edges), CITED):
        return f"it cites {sorted(cited)}, the graph has {sorted(edges)[: 2 * CITED]}"
    if list(cited) != sorted(set(cited)):
        return "the edges it cites are not in order, or one stands twice"
    return None


def _wrong_path(facts: Facts, question: Question, proof: OptionProof) -> Iterator[str]:
    """The path is what the answer's proof rests on: no other edge, and one at least for each condition that has any."""
    for edge in question.path:
        if facts.edges.get(edge.id) != edge_row(edge):
            yield f"path: edge {edge.id} is not in the graph, or says something else there"
    path = [edge.id for edge in question.path]
    supports = proof.bindings[0].supports
    if strange := [edge for edge in path if not any(edge in support.edges for support in supports)]:
        yield f"path: edge {strange[0]} is not among those of the answer's proof"
    if len(set(path)) != len(path):
        yield "path: an edge stands twice"
    for condition, support in zip(question.conditions, supports, strict=True):
        if support.edges and not set(support.edges) & set(path):
            yield f"path: no edge for {condition.subject} {condition.relation} {condition.object}"
