"""Certificates: for every option, why it satisfies the stem or cannot, relative to one graph.

Definitely satisfied: a `holds` condition that is present, a `holds=False` one that is absent. Definitely failed: the
other way round. An unknown support does neither.

The candidates for hidden nodes are what positive edges join to the option, outwards from it, as the pattern says: that
no other node is joined to it is the one assumption a certificate makes without stating a strength.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from florey.errors import BadInput
from florey.graph.presence import Presence
from florey.records import (
    ANSWER,
    Binding,
    Certificate,
    Condition,
    OptionProof,
    Strength,
    Support,
    hidden_of,
    is_masked,
)

MAX_BINDINGS = 64
"""Ways through the hidden nodes to one option. One that has more is no option: nobody would read its proof."""


def _weakest(strengths: Sequence[Strength]) -> Strength:
    return max(strengths, key=lambda strength: strength.rank)


def _strongest(strengths: Sequence[Strength]) -> Strength:
    return min(strengths, key=lambda strength: strength.rank)


def satisfies(condition: Condition, support: Support) -> bool:
    return support.state == ("present" if condition.holds else "absent")


def fails(condition: Condition, support: Support) -> bool:
    return support.state == ("absent" if condition.holds else "present")


def candidate_bindings(presence: Presence, option: str, conditions: Sequence[Condition]) -> list[tuple[str, ...]]:
    """Sorted: the nodes to try in the places of `hidden_of(conditions)`; one empty tuple where nothing is hidden.

    Raises BadInput where a hidden node is not joined to the answer by conditions that hold.
    """
    hidden = hidden_of(conditions)
    filled = [{ANSWER: option}]
    for known, condition in _outwards(conditions, hidden):
        new = condition.object if condition.subject == known else condition.subject
        filled = [{**each, new: node} for each in filled for node in _joined(presence, each[known], condition, known)]
    return sorted(tuple(each[node] for node in hidden) for each in filled)


def _outwards(conditions: Sequence[Condition], hidden: Sequence[str]) -> Iterator[tuple[str, Condition]]:
    """For each hidden node the condition that reaches it first from the answer, with its end that is known by then."""
    known = [ANSWER]
    while missing := [node for node in hidden if node not in known]:
        for condition in conditions:
            ends = (condition.subject, condition.object)
            if condition.holds and all(map(is_masked, ends)) and sum(end in known for end in ends) == 1:
                end = ends[0] if ends[0] in known else ends[1]
                yield end, condition
                known.append(ends[1] if end == ends[0] else ends[0])
                break
        else:
            raise BadInput(f"conditions: hidden node '{missing[0]}' is not joined to the answer '{ANSWER}'")


def _joined(presence: Presence, node: str, condition: Condition, end: str) -> list[str]:
    at = presence.graph.index(node)
    found = (
        presence.closure(at, condition.relation)
        if condition.subject == end
        else presence.satisfied_by(condition.relation, at)
    )
    return [presence.graph.ids[i] for i in found.tolist()]


def bind(presence: Presence, option: str, bridges: Sequence[str], conditions: Sequence[Condition]) -> Binding:
    """The support of each condition with the masked nodes filled in."""
    masks = {ANSWER: option, **dict(zip(hidden_of(conditions), bridges, strict=True))}
    return Binding(bridges=tuple(bridges), supports=tuple(_support(presence, c, masks) for c in conditions))


def _support(presence: Presence, condition: Condition, masks: Mapping[str, str]) -> Support:
    index = presence.graph.index
    if condition.relation == ANSWER:
        return presence.support(index(condition.subject), masks[ANSWER], index(condition.object))
    subject = masks.get(condition.subject, condition.subject)
    object = masks.get(condition.object, condition.object)
    return presence.support(index(subject), condition.relation, index(object))


def prove(presence: Presence, option: str, conditions: Sequence[Condition]) -> OptionProof | str:
    """The proof that `option` satisfies the conditions or cannot, or why there is neither."""
    candidates = candidate_bindings(presence, option, conditions)
    if not candidates:
        return "no candidate for the hidden nodes"
    if len(candidates) > MAX_BINDINGS:
        return f"more than {MAX_BINDINGS} candidates for the hidden nodes"
    bindings = [bind(presence, option, bridges, conditions) for bridges in candidates]
    proofs: list[tuple[Strength, Binding]] = []
    failing: list[Strength] = []
    for binding in bindings:
        judged = list(zip(conditions, binding.supports, strict=True))
        if all(satisfies(c, s) for c, s in judged):
            proofs.append((_weakest([s.strength for _, s in judged if s.strength]), binding))
        elif against := [s.strength for c, s in judged if fails(c, s) and s.strength]:
            failing.append(_strongest(against))
    if proofs:
        strength, binding = min(proofs, key=lambda proof: proof[0].rank)  # the first among equals
        return OptionProof(option=option, satisfies=True, bindings=(binding,), strength=strength)
    if len(failing) < len(bindings):
        return "undecided"
    return OptionProof(option=option, satisfies=False, bindings=tuple(bindings), strength=_weakest(failing))


def combine(graph_digest: str, proofs: Sequence[OptionProof], gold: int) -> Certificate | str:
    """The certificate that only option `gold` satisfies the stem, or why not."""
    if not proofs[gold].satisfies:
        return "the answer does not satisfy the stem"
    if any(proof.satisfies for i, proof in enumerate(proofs) if i != gold):
        return "a distractor satisfies the stem"
    excluded = [proof.strength for i, proof in enumerate(proofs) if i != gold]
    return Certificate(
        graph=graph_digest,
        proofs=tuple(proofs),
        strength=_weakest([proof.strength for proof in proofs]),
        closed_world_share=sum(s is Strength.CLOSED_WORLD for s in excluded) / len(excluded),
    )


def certify(
    presence: Presence, option_ids: Sequence[str], conditions: Sequence[Condition], gold: int
) -> Certificate | str:
    """The certificate of a question, or the reason why it is refused."""
    if len(set(option_ids)) != len(option_ids) or not conditions or len(option_ids) < 2:
        return "repeated options, fewer than two, or no conditions"
    proofs = []
    for option in option_ids:
        proof = prove(presence, option, conditions)
        if isinstance(proof, str):
            return f"{option}: {proof}"
        proofs.append(proof)
    return combine(presence.graph.digest, proofs, gold)
