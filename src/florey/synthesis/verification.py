"""Certificates replayed from scratch: plain sets over the graph's two Parquet files.

Shares no code with the store, the presence rules, the sampler or the issuer of certificates, on purpose: what it
checks, it works out again from the rows. Only the records are common.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from florey.files import digest
from florey.records import ANSWER, BRIDGE, Binding, Condition, Edge, OptionProof, Question, Strength, Support
from florey.synthesis.facts import ORDER, Facts

CITED = 4
"""A support names all the edges it rests on, or this many of them at least."""


@dataclass(frozen=True)
class Failure:
    question_id: str
    reason: str


def verify(questions: Iterable[Question], graph_folder: Path, min_completeness: float = 0.2) -> list[Failure]:
    """The questions whose certificate does not hold, with the first reason found for each; empty if all hold.

    `min_completeness`: the least that a closed-world support may rest on; questions may have been made with a higher
    one, so "unknown" is accepted where this function would still say absent. Raises BadInput for a damaged graph.
    """
    facts = Facts(graph_folder, min_completeness)
    return [Failure(q.id, reason) for q in questions if (reason := next(_faults(facts, q), None))]


def _faults(facts: Facts, question: Question) -> Iterator[str]:
    """What is wrong with a question, the cheapest checks first; nothing if all is well."""
    certificate = question.certificate
    if certificate is None or not question.option_ids or not question.conditions:
        yield "no certificate, option ids or conditions"
        return
    yield from _unlike_its_digests(facts, question)
    if unknown := [o for o in question.option_ids if o not in facts.name] + strangers(facts, question.conditions):
        yield f"no node '{unknown[0]}' in the graph"
        return
    yield from wrong_texts(facts, question)
    yield from kin(facts, question.option_ids)
    if tuple(proof.option for proof in certificate.proofs) != question.option_ids:
        yield "the proofs are not those of the options, in order"
        return
    for i, proof in enumerate(certificate.proofs):
        yield from _wrong_proof(facts, question.conditions, proof, is_gold=i == question.gold)
    strengths = [proof.strength for proof in certificate.proofs]
    if certificate.strength is not max(strengths, key=ORDER.index):
        yield f"the certificate says {certificate.strength}, its weakest proof {max(strengths, key=ORDER.index)}"
    excluded = [strength for i, strength in enumerate(strengths) if i != question.gold]
    if abs(certificate.closed_world_share - excluded.count(Strength.CLOSED_WORLD) / len(excluded)) > 1e-9:
        yield f"closed_world_share is not {certificate.closed_world_share}"


def _unlike_its_digests(facts: Facts, question: Question) -> Iterator[str]:
    assert question.certificate is not None
    if question.certificate.graph != facts.digest:
        yield f"issued against graph {question.certificate.graph}, not {facts.digest}"
    if question.id != question.identified().id:
        yield "the id is not that of the content"
    conditions = sorted([c.subject, c.relation, c.object, c.holds] for c in question.conditions)
    if question.group != digest([question.answer_id, conditions]):
        yield "the group is not that of the answer and its conditions"
    for edge in question.path:
        if facts.edges.get(edge.id) != _row(edge):
            yield f"path: edge {edge.id} is not in the graph, or says something else there"


def _row(edge: Edge) -> tuple[object, ...]:
    said = edge.evidence
    evidence = (said.source, said.release, said.reference, said.code, said.frequency)
    return (edge.subject, edge.relation, edge.object, edge.positive, *evidence)


def strangers(facts: Facts, conditions: Sequence[Condition]) -> list[str]:
    """Nodes of the conditions that the graph does not have."""
    return [n for c in conditions for n in (c.subject, c.object) if n not in (ANSWER, BRIDGE) and n not in facts.name]


def wrong_texts(facts: Facts, question: Question) -> Iterator[str]:
    """Options and stems that call a node otherwise than the graph."""
    for option, text in zip(question.option_ids, question.options, strict=True):
        if facts.name[option] != text:
            yield f"option '{text}' is not the name of {option} ('{facts.name[option]}')"
    for condition in question.conditions:
        for node in (condition.subject, condition.object):
            if node not in (ANSWER, BRIDGE) and facts.name[node] not in question.stem:
                yield f"the stem does not name {node} ('{facts.name[node]}')"


def kin(facts: Facts, options: Sequence[str]) -> Iterator[str]:
    """Options that may not stand together: other vocabulary or type, ancestry, a common gene, the same name."""
    if len(set(options)) != len(options) or len({facts.name[o].casefold() for o in options}) != len(options):
        yield "an option stands twice"
    if len({(facts.vocabulary[o], facts.type[o]) for o in options}) != 1:
        yield "the options are not of one vocabulary and type"
    genes = [set(facts.said.get((o, "associated_gene"), ())) for o in options]
    for i, left in enumerate(options):
        for j, right in enumerate(options[:i]):
            if left in facts.up(right) or right in facts.up(left):
                yield f"options {left} and {right} are ancestor and descendant"
            if genes[i] & genes[j]:
                yield f"options {left} and {right} share a gene"


def _wrong_proof(facts: Facts, conditions: Sequence[Condition], proof: OptionProof, *, is_gold: bool) -> Iterator[str]:
    if proof.satisfies is not is_gold:
        yield f"{proof.option}: satisfies is {proof.satisfies}, but gold is {is_gold}"
        return
    candidates, given = (
        facts.joined(proof.option, conditions),
        [binding.bridges[0] if binding.bridges else None for binding in proof.bindings],
    )
    if not is_gold and (given != candidates or not given):
        yield f"{proof.option}: the candidate bridges are {candidates}, the proof has {given}"
    if is_gold and (len(given) != 1 or given[0] not in candidates):
        yield f"{proof.option}: expected one binding by one of {candidates}, the proof has {given}"
    strengths: list[Strength] = []
    for binding in proof.bindings:
        strength = yield from _wrong_binding(facts, conditions, proof.option, binding, is_gold=is_gold)
        if strength is not None:
            strengths.append(strength)
    if len(strengths) == len(proof.bindings) and strengths:
        weakest = max(strengths, key=ORDER.index)
        if proof.strength is not weakest:
            yield f"{proof.option}: the proof says {proof.strength}, the graph {weakest}"


def _wrong_binding(
    facts: Facts, conditions: Sequence[Condition], option: str, binding: Binding, *, is_gold: bool
) -> Generator[str, None, Strength | None]:
    if len(binding.supports) != len(conditions):
        yield f"{option}: {len(conditions)} conditions, {len(binding.supports)} supports"
        return None
    fitting: list[Strength] = []
    failing: list[Strength] = []
    for condition, support in zip(conditions, binding.supports, strict=True):
        masks = {ANSWER: option, BRIDGE: "".join(binding.bridges)}
        subject, object = (masks.get(n, n) for n in (condition.subject, condition.object))
        if fault := _wrong_support(facts, subject, condition.relation, object, support):
            yield f"{option}: {subject} {condition.relation} {object}: {fault}"
        if support.strength is not None and support.state != "unknown":
            (fitting if (support.state == "present") is condition.holds else failing).append(support.strength)
    if is_gold and len(fitting) != len(conditions):
        yield f"{option}: the answer does not satisfy every condition"
        return None
    if not is_gold and not failing:
        yield f"{option}: a distractor that is not excluded (by {binding.bridges})"
        return None
    return max(fitting, key=ORDER.index) if is_gold else min(failing, key=ORDER.index)


def _wrong_support(facts: Facts, subject: str, relation: str, object: str, support: Support) -> str | None:
    state, strength, edges = facts.truth(subject, relation, object)
    if support.state == "unknown" and strength is Strength.CLOSED_WORLD:
        return None  # issued with a higher demand on completeness
    if (support.state, support.strength) != (state, strength):
        return f"the certificate says {support.state} ({support.strength}), the graph {state} ({strength})"
    if state == "unknown":
        return None
    cited = set(support.edges)
    if not cited <= edges or len(cited) != len(support.edges) or len(cited) < min(len(edges), CITED):
        return f"it cites {sorted(cited)}, the graph has {sorted(edges)[: 2 * CITED]}"
    complete = facts.completeness(subject, relation) if strength is Strength.CLOSED_WORLD else None
    if (support.completeness is None) != (complete is None) or abs(
        (support.completeness or 0) - (complete or 0)
    ) > 1e-9:
        return f"completeness {support.completeness}, the graph {complete}"
    return None
