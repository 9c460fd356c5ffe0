"""Certificates: for every option, why it satisfies the stem or cannot, relative to one graph.

Definitely satisfied: a `holds` condition that is present, a `holds=False` one that is absent. Definitely failed: the
other way round. An unknown support does neither.

The candidates for a bridge are the nodes that a positive edge joins to the option, as the pattern says: that no other
node is joined to it is the one assumption a certificate makes without stating a strength.
"""

from __future__ import annotations

from collections.abc import Sequence

from florey.errors import BadInput
from florey.graph.presence import Presence
from florey.records import ANSWER, BRIDGE, Binding, Certificate, Condition, OptionProof, Strength, Support


def _weakest(strengths: Sequence[Strength]) -> Strength:
    return max(strengths, key=lambda strength: strength.rank)


def _strongest(strengths: Sequence[Strength]) -> Strength:
    return min(strengths, key=lambda strength: strength.rank)


def satisfies(condition: Condition, support: Support) -> bool:
    return support.state == ("present" if condition.holds else "absent")


def fails(condition: Condition, support: Support) -> bool:
    return support.state == ("absent" if condition.holds else "present")


def candidate_bridges(presence: Presence, option: str, conditions: Sequence[Condition]) -> list[str | None]:
    """Sorted ids of the nodes to try as the bridge; `[None]` where the pattern has none.

    Raises BadInput where a bridge is not joined to the answer by a condition that holds.
    """
    if not any(BRIDGE in (c.subject, c.object) for c in conditions):
        return [None]
    node = presence.graph.index(option)
    for condition in conditions:
        if condition.holds and (condition.subject, condition.object) == (BRIDGE, ANSWER):
            found = presence.satisfied_by(condition.relation, node)
        elif condition.holds and (condition.subject, condition.object) == (ANSWER, BRIDGE):
            found = presence.closure(node, condition.relation)
        else:
            continue
        return sorted(presence.graph.ids[i] for i in found)
    raise BadInput(f"conditions: a bridge '{BRIDGE}' needs a condition that joins it to the answer '{ANSWER}'")


def bind(presence: Presence, option: str, bridge: str | None, conditions: Sequence[Condition]) -> Binding:
    """The support of each condition with the masked nodes filled in."""
    masks = {ANSWER: option, BRIDGE: bridge}
    index = presence.graph.index

    def support(condition: Condition) -> Support:
        subject = masks.get(condition.subject, condition.subject)
        object = masks.get(condition.object, condition.object)
        if subject is None or object is None:
            raise BadInput(f"conditions: '{BRIDGE}' stands in {condition.relation} but no bridge is given")
        return presence.support(index(subject), condition.relation, index(object))

    return Binding(bridge=bridge, supports=tuple(support(condition) for condition in conditions))


def prove(presence: Presence, option: str, conditions: Sequence[Condition]) -> OptionProof | str:
    """The proof that `option` satisfies the conditions or cannot, or why there is neither."""
    bindings = [bind(presence, option, b, conditions) for b in candidate_bridges(presence, option, conditions)]
    if not bindings:
        return "no candidate for the bridge"
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
