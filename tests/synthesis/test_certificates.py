"""Certificates: sound ones are issued with the right strength; everything else is refused, with a reason."""

import pytest

from florey.errors import BadInput
from florey.graph.presence import Presence
from florey.records import ANSWER, BRIDGE, Certificate, Condition, Strength
from florey.synthesis.certificates import candidate_bindings, certify, prove


def has(finding: str, subject: str = ANSWER, *, holds: bool = True) -> Condition:
    return Condition(subject=subject, relation="has_finding", object=finding, holds=holds)


ATAXIA_SEIZURE = [has("HP:10"), has("HP:12")]
GENE = Condition(subject=BRIDGE, relation="associated_gene", object=ANSWER)


def certified(presence: Presence, options: list[str], conditions: list[Condition], gold: int) -> Certificate:
    certificate = certify(presence, options, conditions, gold)
    assert isinstance(certificate, Certificate), certificate
    return certificate


def test_a_descendant_satisfies_and_each_distractor_has_its_reason(presence: Presence) -> None:
    certificate = certified(presence, ["OMIM:B", "OMIM:A", "OMIM:C", "OMIM:D"], ATAXIA_SEIZURE, gold=1)
    strengths = [proof.strength for proof in certificate.proofs]
    assert strengths == [Strength.NEGATED, Strength.ASSERTED, Strength.CLOSED_WORLD, Strength.ZERO_OF_N]
    assert certificate.strength is Strength.CLOSED_WORLD
    assert certificate.closed_world_share == pytest.approx(1 / 3)
    assert certificate.graph == presence.graph.digest


def test_strength_without_the_closed_world(presence: Presence) -> None:
    certificate = certified(presence, ["OMIM:A", "OMIM:B"], ATAXIA_SEIZURE, gold=0)
    assert (certificate.strength, certificate.closed_world_share) == (Strength.NEGATED, 0)


@pytest.mark.parametrize(
    ("options", "gold", "reason"),
    [
        (["OMIM:A", "OMIM:E"], 0, "a distractor satisfies"),
        (["OMIM:B", "OMIM:A"], 0, "the answer does not satisfy"),
        (["OMIM:A", "OMIM:A"], 0, "repeated"),
        (["OMIM:A"], 0, "fewer than two"),
    ],
)
def test_refusals(presence: Presence, options: list[str], gold: int, reason: str) -> None:
    refused = certify(presence, options, ATAXIA_SEIZURE, gold)
    assert isinstance(refused, str) and reason in refused


def test_only_an_ancestor_is_neither_satisfaction_nor_failure(presence: Presence) -> None:
    conditions = [has("HP:11"), has("HP:12")]  # E has ataxia, of unknown kind
    assert prove(presence, "OMIM:E", conditions) == "undecided"
    assert certify(presence, ["OMIM:A", "OMIM:E"], conditions, 0) == "OMIM:E: undecided"


def test_absence_can_be_demanded(presence: Presence) -> None:
    conditions = [has(ANSWER, "OMIM:A"), has(ANSWER, "OMIM:B", holds=False)]
    certificate = certified(presence, ["HP:12", "HP:10"], conditions, gold=1)
    assert [proof.strength for proof in certificate.proofs] == [Strength.ASSERTED, Strength.NEGATED]


def test_every_bridge_is_tried(presence: Presence) -> None:
    conditions = [has("HP:10", BRIDGE), has("HP:12", BRIDGE), GENE]
    assert candidate_bindings(presence, "NCBIGene:B", conditions) == [("OMIM:B",)]
    certificate = certified(presence, ["NCBIGene:A", "NCBIGene:B"], conditions, gold=0)
    assert [[b.bridges for b in proof.bindings] for proof in certificate.proofs] == [[("OMIM:A",)], [("OMIM:B",)]]
    refused = certify(presence, ["NCBIGene:A", "NCBIGene:E"], conditions, gold=0)
    assert refused == "a distractor satisfies the stem"


def test_one_undecided_bridge_leaves_the_option_undecided(presence: Presence) -> None:
    conditions = [has("HP:11", BRIDGE), has("HP:12", BRIDGE), GENE]
    assert prove(presence, "NCBIGene:X", conditions) == "undecided"  # B lacks it, E may have it
    assert not isinstance(prove(presence, "NCBIGene:B", conditions), str)


def test_a_bridge_must_be_joined_to_the_answer(presence: Presence) -> None:
    with pytest.raises(BadInput, match="is not joined to the answer"):
        certify(presence, ["NCBIGene:A", "NCBIGene:B"], [has("HP:10", BRIDGE)], gold=0)


def test_too_little_completeness_is_unknown(presence: Presence) -> None:
    strict = Presence(presence.graph, min_completeness=0.99)
    assert certify(strict, ["OMIM:A", "OMIM:C"], ATAXIA_SEIZURE, 0) == "OMIM:C: undecided"
