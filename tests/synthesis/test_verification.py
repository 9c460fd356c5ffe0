"""The verifier passes what is sound and catches every kind of tampering."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from florey.cli.synthesis import synthesize as synthesize_command
from florey.cli.synthesis import verify as verify_command
from florey.errors import BadInput
from florey.files import read_jsonl, write_jsonl
from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.records import ANSWER, Binding, Condition, OptionProof, Question, Strength, Support
from florey.synthesis.certificates import bind
from florey.synthesis.config import Shape, SynthesisConfig
from florey.synthesis.replay.facts import Facts
from florey.synthesis.replay.verification import verify
from florey.synthesis.split import answer_and_evidence
from florey.synthesis.synthesizer import synthesize

METAPATHS = (
    *("findings_to_disease", "discriminating_finding", "findings_to_gene"),
    *("findings_inheritance_to_disease", "findings_onset_to_disease"),
)


@pytest.fixture(scope="module")
def made(many: Graph) -> dict[str | None, Question]:
    """One question of each metapath."""
    shapes = (Shape(findings=3, options=3),)
    config = SynthesisConfig(metapaths=dict.fromkeys(METAPATHS, 1), shapes=shapes, min_shared=1)
    return {question.metapath: question for question in synthesize(many, config).questions}


def changed(question: Question, **update: Any) -> Question:
    """With fields replaced, and filed anew as an honest-looking question: id and group fit the content."""
    other = question.model_copy(update=update)
    return other.model_copy(update={"group": answer_and_evidence(other.answer_id, other.conditions)}).identified()


def proof_of(question: Question, i: int) -> OptionProof:
    assert question.certificate is not None
    return question.certificate.proofs[i]


def with_proof(question: Question, i: int, proof: OptionProof) -> Question:
    certificate = question.certificate
    assert certificate is not None
    proofs = (*certificate.proofs[:i], proof, *certificate.proofs[i + 1 :])
    return changed(question, certificate=certificate.model_copy(update={"proofs": proofs}))


def with_support(question: Question, i: int, pick: Callable[[Support], bool], **update: Any) -> Question:
    """The first support that `pick` chooses among option i's is replaced."""
    proof = proof_of(question, i)
    for b, binding in enumerate(proof.bindings):
        for s, support in enumerate(binding.supports):
            if pick(support):
                supports = list(binding.supports)
                supports[s] = support.model_copy(update=update)
                bindings = list(proof.bindings)
                bindings[b] = Binding(bridges=binding.bridges, supports=tuple(supports))
                return with_proof(question, i, proof.model_copy(update={"bindings": tuple(bindings)}))
    raise AssertionError("no such support")


def wrong(question: Question) -> int:
    """The index of some distractor."""
    return 0 if question.gold else 1


def gold_moved(q: Question) -> Question:
    return changed(q, gold=wrong(q))


def gold_and_proofs_moved(q: Question) -> Question:
    """The certificate claims the distractor instead, with the roles of the proofs swapped."""
    i, certificate = wrong(q), q.certificate
    assert certificate is not None
    flipped = [p.model_copy(update={"satisfies": k == i}) for k, p in enumerate(certificate.proofs)]
    return changed(q, gold=i, certificate=certificate.model_copy(update={"proofs": tuple(flipped)}))


def option_text_changed(q: Question) -> Question:
    return changed(q, options=("Another name", *q.options[1:]))


def option_swapped(q: Question) -> Question:
    """Another disease of the vocabulary under the old proof."""
    i = wrong(q)
    ids = list(q.option_ids)
    ids[i] = "ORPHA:1000" if "ORPHA:1000" not in ids else "ORPHA:1001"
    return changed(q, option_ids=tuple(ids))


def option_of_another_vocabulary(q: Question) -> Question:
    i = wrong(q)
    ids = [*q.option_ids[:i], "HP:100", *q.option_ids[i + 1 :]]
    return changed(q, option_ids=tuple(ids), options=(*q.options[:i], "Sign-a0q", *q.options[i + 1 :]))


def option_twice(q: Question) -> Question:
    """The answer stands a second time, in a distractor's place."""
    i = wrong(q)
    ids, texts = list(q.option_ids), list(q.options)
    ids[i], texts[i] = ids[q.gold], texts[q.gold]
    proof = proof_of(q, i).model_copy(update={"option": ids[i]})
    return changed(with_proof(q, i, proof), option_ids=tuple(ids), options=tuple(texts))


def edge_removed(q: Question) -> Question:
    return with_support(q, q.gold, lambda s: bool(s.edges), edges=())


def edge_exchanged(q: Question) -> Question:
    return with_support(q, q.gold, lambda s: bool(s.edges), edges=("e-0000000000000000",))


def strength_upgraded(q: Question) -> Question:
    return with_support(q, wrong(q), lambda s: s.state == "absent", strength=Strength.NEGATED)


def completeness_raised(q: Question) -> Question:
    return with_support(q, wrong(q), lambda s: s.strength is Strength.CLOSED_WORLD, completeness=0.99)


def present_called_absent(q: Question) -> Question:
    return with_support(q, wrong(q), lambda s: s.state == "present", state="absent", strength=Strength.NEGATED)


def present_called_unknown(q: Question) -> Question:
    return with_support(q, wrong(q), lambda s: s.state == "present", state="unknown", strength=None, edges=())


def proof_strength_upgraded(q: Question) -> Question:
    return with_proof(q, wrong(q), proof_of(q, wrong(q)).model_copy(update={"strength": Strength.NEGATED}))


def certificate_strength_upgraded(q: Question) -> Question:
    assert q.certificate is not None
    return changed(q, certificate=q.certificate.model_copy(update={"strength": Strength.ASSERTED}))


def share_lowered(q: Question) -> Question:
    assert q.certificate is not None
    return changed(q, certificate=q.certificate.model_copy(update={"closed_world_share": 0.25}))


def other_graph(q: Question) -> Question:
    assert q.certificate is not None
    return changed(q, certificate=q.certificate.model_copy(update={"graph": "0" * 32}))


def condition_dropped(q: Question) -> Question:
    return changed(q, conditions=q.conditions[1:])


def condition_dropped_with_its_supports(q: Question) -> Question:
    """All conditions dropped but one that a distractor satisfies as well, consistently."""
    certificate = q.certificate
    assert certificate is not None
    states = [p.bindings[0].supports for p in certificate.proofs if not p.satisfies]
    shared = next(k for k in range(len(q.conditions)) if any(s[k].state == "present" for s in states))

    def shortened(proof: OptionProof) -> OptionProof:
        bindings = tuple(Binding(bridges=b.bridges, supports=(b.supports[shared],)) for b in proof.bindings)
        return proof.model_copy(update={"bindings": bindings})

    proofs = tuple(shortened(proof) for proof in certificate.proofs)
    update = {"proofs": proofs}
    return changed(q, conditions=(q.conditions[shared],), certificate=certificate.model_copy(update=update))


def stem_without_a_name(q: Question) -> Question:
    return changed(q, stem="Which disease?")


def path_edge_forged(q: Question) -> Question:
    forged = q.path[0].model_copy(update={"object": "HP:1"})
    return changed(q, path=(forged, *q.path[1:]))


def id_kept_while_the_stem_changed(q: Question) -> Question:
    return q.model_copy(update={"stem": q.stem + " Really?"})


def group_forged(q: Question) -> Question:
    return q.model_copy(update={"group": "0" * 16})


def certificate_removed(q: Question) -> Question:
    return changed(q, certificate=None)


TAMPERINGS = [
    gold_moved,
    gold_and_proofs_moved,
    option_text_changed,
    option_swapped,
    option_of_another_vocabulary,
    option_twice,
    edge_removed,
    edge_exchanged,
    strength_upgraded,
    completeness_raised,
    present_called_absent,
    present_called_unknown,
    proof_strength_upgraded,
    certificate_strength_upgraded,
    share_lowered,
    other_graph,
    condition_dropped,
    condition_dropped_with_its_supports,
    stem_without_a_name,
    path_edge_forged,
    id_kept_while_the_stem_changed,
    group_forged,
    certificate_removed,
]


def test_the_untampered_hold(many: Graph, made: dict[str | None, Question]) -> None:
    assert set(made) == set(METAPATHS)
    assert verify(made.values(), many.folder) == []
    assert verify([changed(question) for question in made.values()], many.folder) == []


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_tampering_is_caught(many: Graph, made: dict[str | None, Question], tamper: Callable[..., Question]) -> None:
    tampered = tamper(made["findings_to_disease"])
    failures = verify([made["findings_to_gene"], tampered], many.folder)
    assert [failure.question_id for failure in failures] == [tampered.id]
    assert failures[0].reason


@pytest.mark.parametrize("of", ["answer", "distractor"])
def test_a_missing_or_exchanged_bridge_is_caught(many: Graph, made: dict[str | None, Question], of: str) -> None:
    question = made["findings_to_gene"]
    i = question.gold if of == "answer" else wrong(question)
    proof = proof_of(question, i)
    other = proof_of(question, (i + 1) % 3).bindings[0].bridges
    for bindings in ((), (proof.bindings[0].model_copy(update={"bridges": other}),)):
        tampered = with_proof(question, i, proof.model_copy(update={"bindings": bindings}))
        reason = verify([tampered], many.folder)[0].reason
        assert "bridge" in reason or "binding" in reason or f"{other[0]} has_finding" in reason


def test_a_stricter_floor_of_completeness_refuses_closed_worlds(many: Graph, made: dict[str | None, Question]) -> None:
    question = made["findings_to_disease"]
    assert verify([question], many.folder, min_completeness=0.99)


def test_a_distractor_that_satisfies_is_caught_whatever_its_proof_says(small: Graph) -> None:
    config = SynthesisConfig(
        metapaths={"findings_to_disease": 99}, shapes=(Shape(findings=2, options=2),), min_shared=1, seed=1
    )
    asked = {"HP:10", "HP:12"}
    question = next(q for q in synthesize(small, config).questions if {c.object for c in q.conditions} == asked)
    assert question.answer_id == "OMIM:E"
    i = wrong(question)
    true = bind(Presence(small), "OMIM:A", (), question.conditions)  # A's gait ataxia is an ataxia
    lie = Support(state="absent", strength=Strength.CLOSED_WORLD, completeness=0.5)
    told = [lie if c.object == "HP:10" else s for c, s in zip(question.conditions, true.supports, strict=True)]
    bindings = (Binding(supports=tuple(told)),)
    proof = OptionProof(option="OMIM:A", satisfies=False, bindings=bindings, strength=Strength.CLOSED_WORLD)
    ids, texts = list(question.option_ids), list(question.options)
    ids[i], texts[i] = "OMIM:A", "Alder fever"
    tampered = changed(with_proof(question, i, proof), option_ids=tuple(ids), options=tuple(texts))
    assert "the graph present" in verify([tampered], small.folder)[0].reason


@pytest.mark.parametrize("name", ["small", "many"])
def test_the_two_readings_of_the_graph_agree(name: str, request: pytest.FixtureRequest) -> None:
    """The verifier's own rules and those of presence, over every disease and finding."""
    graph: Graph = request.getfixturevalue(name)
    condition = Condition(subject=ANSWER, relation="has_finding", object="HP:1")
    question = Question(stem="", options=("", ""), gold=0, source="", conditions=(condition,))
    presence, facts = Presence(graph), Facts(graph.folder, [question], 0.2)
    for disease, finding in product(graph.of_type("disease").tolist(), graph.of_type("finding").tolist()):
        support = presence.support(disease, "has_finding", finding)
        state, strength, edges = facts.truth(graph.ids[disease], "has_finding", graph.ids[finding])
        assert (support.state, support.strength) == (state, strength), (graph.ids[disease], graph.ids[finding])
        assert set(support.edges) <= edges


def test_a_folder_that_is_no_graph(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a graph"):
        verify([], tmp_path)


def test_the_commands(many: Graph, tmp_path: Path) -> None:
    out = tmp_path / "q.jsonl"
    run = CliRunner().invoke(synthesize_command, [str(many.folder), "--count", "11", "--out", str(out), "--seed", "3"])
    assert run.exit_code == 0, run.output
    questions = list(read_jsonl(out, Question))
    assert len(questions) == 11 and len({q.metapath for q in questions}) > 3
    held = CliRunner().invoke(verify_command, [str(out), "--graph", str(many.folder)])
    assert held.exit_code == 0 and "11 certificates hold" in held.output and "%" in held.output

    write_jsonl(out, [*questions[1:], tampered := gold_moved(questions[0])])
    failed = CliRunner().invoke(verify_command, [str(out), "--graph", str(many.folder)])
    assert failed.exit_code == 1 and tampered.id in failed.output
    unknown = CliRunner().invoke(
        synthesize_command, [str(many.folder), "--count", "1", "--out", str(out), "--metapath", "findings_to_gen"]
    )
    assert isinstance(unknown.exception, BadInput) and "did you mean" in str(unknown.exception)
