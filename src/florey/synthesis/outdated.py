"""Which questions a new graph makes untrue: certificates replayed for what they claim, not for the edges they cite.

After an update every edge has another id and every certificate another digest than the graph's, so `verify` would
refuse them all. Here a question holds if in the new graph its answer still satisfies every condition and every other
option still definitely fails one. One that holds with other edges or another strength is listed as stale: still true,
but its certificate should be issued again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from florey.records import ANSWER, BRIDGE, Condition, OptionProof, Question, Support
from florey.synthesis.facts import ORDER, Facts
from florey.synthesis.verification import kin, strangers, wrong_texts

Kind = Literal["broken", "stale"]


class Outdated(NamedTuple):
    question_id: str
    kind: Kind
    reason: str


def outdated(
    questions: Iterable[Question],
    graph_folder: Path,
    min_completeness: float = 0.2,
    merged: Mapping[str, str] | None = None,
) -> list[Outdated]:
    """The questions that the graph makes untrue, and those that are true but whose certificate cites what is gone.

    The first reason found for each. `min_completeness` as in `verify`; `merged`: what became of nodes that the
    graph no longer has, to be named in the reasons. Raises BadInput for a damaged graph.
    """
    facts = Facts(graph_folder, min_completeness)
    found = []
    for question in questions:
        if reason := next(_broken(facts, question, merged or {}), None):
            found.append(Outdated(question.id, "broken", reason))
        elif reason := next(_stale(facts, question), None):
            found.append(Outdated(question.id, "stale", reason))
    return found


def _broken(facts: Facts, question: Question, merged: Mapping[str, str]) -> Iterator[str]:
    if question.certificate is None or not question.option_ids or not question.conditions:
        yield "no certificate, option ids or conditions"
        return
    if gone := [o for o in question.option_ids if o not in facts.name] + strangers(facts, question.conditions):
        into = f", it is part of {merged[gone[0]]} now" if gone[0] in merged else ""
        yield f"{gone[0]} is no longer in the graph{into}"
        return
    yield from wrong_texts(facts, question)
    yield from kin(facts, question.option_ids)
    for i, (option, proof) in enumerate(zip(question.option_ids, question.certificate.proofs, strict=True)):
        judged = _judged(facts, option, question.conditions)
        named = f"'{facts.name[option]}' ({option})"
        if i == question.gold:
            if not any(map(all, judged)):
                yield f"the answer {named} no longer satisfies the stem: {_lost(facts, proof, question.conditions)}"
        elif any(map(all, judged)):
            yield f"the option {named} now satisfies the stem too"
        elif not judged or not all(False in met for met in judged):
            yield f"the option {named} is no longer excluded: {_lost(facts, proof, question.conditions)}"


def _judged(facts: Facts, option: str, conditions: Sequence[Condition]) -> list[list[bool | None]]:
    """For each candidate bridge and each condition: whether it is met; None where that is unknown."""
    return [[_meets(facts, c, option, bridge) for c in conditions] for bridge in facts.joined(option, conditions)]


def _meets(facts: Facts, condition: Condition, option: str, bridge: str | None) -> bool | None:
    subject, object = _filled(condition, option, bridge)
    state, _, _ = facts.truth(subject, condition.relation, object)
    return None if state == "unknown" else (state == "present") is condition.holds


def _filled(condition: Condition, option: str, bridge: str | None) -> tuple[str, str]:
    masks = {ANSWER: option, BRIDGE: bridge or ""}
    return masks.get(condition.subject, condition.subject), masks.get(condition.object, condition.object)


def _lost(facts: Facts, proof: OptionProof, conditions: Sequence[Condition]) -> str:
    """The first support of the old proof that the new graph does not give."""
    for condition, support, bridge in _supports(proof, conditions):
        subject, object = _filled(condition, proof.option, bridge)
        if subject not in facts.name or object not in facts.name:
            return f"{subject if subject not in facts.name else object} is no longer in the graph"
        state, _, _ = facts.truth(subject, condition.relation, object)
        if support.state not in ("unknown", state):
            what = f"{facts.name[subject]} {condition.relation.replace('_', ' ')} {facts.name[object]}"
            return f"'{what}' was {support.state} and is now {state}"
    return "another node takes the masked place"


def _supports(proof: OptionProof, conditions: Sequence[Condition]) -> Iterator[tuple[Condition, Support, str | None]]:
    for binding in proof.bindings:
        for condition, support in zip(conditions, binding.supports, strict=True):
            yield condition, support, "".join(binding.bridges)


def _stale(facts: Facts, question: Question) -> Iterator[str]:
    """What a certificate of a question that still holds says otherwise than the graph."""
    assert question.certificate is not None
    for proof in question.certificate.proofs:
        for condition, support, bridge in _supports(proof, question.conditions):
            if support.state == "unknown":
                continue
            subject, object = _filled(condition, proof.option, bridge)
            if subject not in facts.name or object not in facts.name:
                yield f"{proof.option}: {subject} or {object} is no longer in the graph"
                continue
            _, strength, edges = facts.truth(subject, condition.relation, object)
            if strength is not support.strength:
                weaker = strength is None or ORDER.index(strength) > ORDER.index(support.strength or strength)
                said = f"{support.strength} before, {strength or 'unknown'} now"
                yield f"{proof.option}: {condition.relation} rests on {'less' if weaker else 'more'}: {said}"
            elif not set(support.edges) <= edges:
                yield f"{proof.option}: cites {sorted(set(support.edges) - edges)[0]}, which is gone"
    for edge in question.path:
        if edge.id not in facts.edges:
            yield f"path: cites {edge.id}, which is gone"
