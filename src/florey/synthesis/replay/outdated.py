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

from florey.records import ANSWER, Condition, OptionProof, Question, Support, hidden_of
from florey.synthesis.replay.facts import ORDER, Facts, asks_relation, filled
from florey.synthesis.replay.fairness import kin, wrong_texts
from florey.synthesis.replay.verification import incomplete, strangers

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
    asked = list(questions)
    facts = Facts(graph_folder, asked, min_completeness)
    found = []
    for question in asked:
        if reason := next(_broken(facts, question, merged or {}), None):
            found.append(Outdated(question.id, "broken", reason))
        elif reason := next(_stale(facts, question), None):
            found.append(Outdated(question.id, "stale", reason))
    return found


def _broken(facts: Facts, question: Question, merged: Mapping[str, str]) -> Iterator[str]:
    if gone := strangers(facts, question):
        into = f", it is part of {merged[gone[0]]} now" if gone[0] in merged else ""
        yield f"{gone[0]} is no longer in the graph{into}"
    yield from incomplete(facts, question)
    yield from wrong_texts(facts, question)
    if not asks_relation(question.conditions):
        yield from kin(facts, question.option_ids)
    assert question.certificate is not None
    if tuple(proof.option for proof in question.certificate.proofs) != question.option_ids:
        yield "the proofs are not those of the options, in order"
    for i, proof in enumerate(question.certificate.proofs):
        named = f"'{facts.name.get(proof.option, proof.option)}' ({proof.option})"
        verdict = _verdict(facts, proof.option, question.conditions)
        if i == question.gold and verdict is not True:
            yield f"the answer {named} no longer satisfies the stem: {_lost(facts, proof, question.conditions)}"
        elif i != question.gold and verdict is True:
            yield f"the option {named} now satisfies the stem too"
        elif i != question.gold and verdict is None:
            yield f"the option {named} is no longer excluded: {_lost(facts, proof, question.conditions)}"


def _verdict(facts: Facts, option: str, conditions: Sequence[Condition]) -> bool | None:
    """Whether some filling of the hidden nodes satisfies all conditions (True), each fails one (False), or neither."""
    excluded = []
    for filling in facts.fillings(option, conditions):
        met = [_meets(facts, condition, filling) for condition in conditions]
        if all(met):
            return True
        excluded.append(False in met)
    return False if excluded and all(excluded) else None


def _meets(facts: Facts, condition: Condition, filling: Mapping[str, str]) -> bool | None:
    state, _, _ = facts.truth(*filled(condition, filling))
    return None if state == "unknown" else (state == "present") is condition.holds


def _lost(facts: Facts, proof: OptionProof, conditions: Sequence[Condition]) -> str:
    """The first support of the old proof that the new graph does not give."""
    for (subject, relation, object), support in _supports(proof, conditions):
        if subject not in facts or object not in facts:
            return f"{subject if subject not in facts else object} is no longer in the graph"
        state, _, _ = facts.truth(subject, relation, object)
        if support.state not in ("unknown", state):
            what = f"{facts.name[subject]} {relation.replace('_', ' ')} {facts.name[object]}"
            return f"'{what}' was {support.state} and is now {state}"
    return "another node takes the masked place"


def _supports(proof: OptionProof, conditions: Sequence[Condition]) -> Iterator[tuple[tuple[str, str, str], Support]]:
    """The edges (subject, relation, object) that a proof is about, and what it says of them."""
    for binding in proof.bindings:
        filling = {ANSWER: proof.option, **dict(zip(hidden_of(conditions), binding.bridges, strict=True))}
        for condition, support in zip(conditions, binding.supports, strict=True):
            yield filled(condition, filling), support


def _stale(facts: Facts, question: Question) -> Iterator[str]:
    """What a certificate of a question that still holds says otherwise than the graph; other strengths first."""
    assert question.certificate is not None
    gone = [f"path: cites {edge.id}, which is gone" for edge in question.path if edge.id not in facts.edges]
    for proof in question.certificate.proofs:
        for (subject, relation, object), support in _supports(proof, question.conditions):
            if support.state == "unknown":
                continue
            if subject not in facts or object not in facts:
                yield f"{proof.option}: {subject} or {object} is no longer in the graph"
                continue
            _, strength, edges = facts.truth(subject, relation, object)
            if strength is not support.strength:
                weaker = strength is None or ORDER.index(strength) > ORDER.index(support.strength or strength)
                said = f"{support.strength} before, {strength or 'unknown'} now"
                yield f"{proof.option}: {relation} rests on {'less' if weaker else 'more'}: {said}"
            elif not set(support.edges) <= edges:
                gone.append(f"{proof.option}: cites {sorted(set(support.edges) - edges)[0]}, which is gone")
    yield from gone
