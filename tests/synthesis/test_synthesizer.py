"""Questions from an invented graph: always certified, never kin, never endless, the same for a seed."""

from itertools import combinations

import pytest
from pydantic import ValidationError

from florey.errors import BadInput
from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.records import Certificate, Strength
from florey.synthesis.certificates import certify
from florey.synthesis.config import FocusConfig, Shape, SynthesisConfig
from florey.synthesis.relatedness import Kinship
from florey.synthesis.replay.verification import verify
from florey.synthesis.synthesizer import barren, synthesize

HPO = (
    *("findings_to_disease", "discriminating_finding", "findings_to_gene", "gene_to_disease", "gene_to_finding"),
    *("findings_inheritance_to_disease", "findings_onset_to_disease"),
)
EACH = dict.fromkeys(HPO, 12)
SHAPES = (Shape(findings=2, options=3), Shape(findings=3, options=4))


@pytest.fixture(scope="module")
def config() -> SynthesisConfig:
    return SynthesisConfig(metapaths=EACH, shapes=SHAPES, min_shared=1)


def test_every_metapath_gives_sound_questions(many: Graph, config: SynthesisConfig) -> None:
    made = synthesize(many, config)
    assert made.composition["metapaths"] == EACH
    presence, kinship = Presence(many, config.min_completeness), Kinship(many)
    for question in made.questions:
        certificate = certify(presence, question.option_ids, question.conditions, question.gold)
        assert isinstance(certificate, Certificate) and certificate == question.certificate
        nodes = [many.index(option) for option in question.option_ids]
        assert not any(kinship.related(a, b) for a, b in combinations(nodes, 2))
        assert len({many.vocabularies[node] for node in nodes}) == 1
        assert question.options == tuple(many.names[node] for node in nodes)
        assert question.path and question.licences == many.licences
        assert question.difficulty is not None and question.difficulty.options == len(nodes)
    assert verify(made.questions, many.folder) == []
    assert len({question.gold for question in made.questions}) > 2
    assert len({(q.group, frozenset(q.option_ids)) for q in made.questions}) == len(made.questions)


def test_the_attribute_is_needed(many: Graph, config: SynthesisConfig) -> None:
    """Without its last condition, the inheritance, a distractor satisfies the stem too."""
    presence = Presence(many)
    only = config.model_copy(update={"metapaths": {"findings_inheritance_to_disease": 12}})
    for question in synthesize(many, only).questions:
        assert question.conditions[-1].relation == "has_inheritance"
        refused = certify(presence, question.option_ids, question.conditions[:-1], question.gold)
        assert isinstance(refused, str)


def test_a_neighbour_is_no_relative(many: Graph, config: SynthesisConfig) -> None:
    kinship = Kinship(many)
    made = synthesize(many, config.model_copy(update={"metapaths": {"discriminating_finding": 150}})).questions
    assert len(made) == 150
    for question in made:
        disease, neighbour = (many.index(condition.subject) for condition in question.conditions)
        assert not kinship.related(disease, neighbour)


def test_the_seed_decides(many: Graph, config: SynthesisConfig) -> None:
    first = synthesize(many, config).questions
    assert first == synthesize(many, config).questions
    assert first != synthesize(many, config.model_copy(update={"seed": 1})).questions


def test_one_metapath_does_not_disturb_another(many: Graph, config: SynthesisConfig) -> None:
    alone = config.model_copy(update={"metapaths": {"findings_to_gene": 12}})
    together = synthesize(many, config).questions
    assert synthesize(many, alone).questions == [q for q in together if q.metapath == "findings_to_gene"]


def test_asking_for_more_than_exist_ends_with_a_reason(small: Graph) -> None:
    config = SynthesisConfig(
        metapaths={"findings_to_disease": 500}, shapes=(Shape(findings=2, options=2),), min_shared=1
    )
    made = synthesize(small, config)
    assert 0 < len(made.questions) < 20
    assert made.dropped["findings_to_disease: no more such questions found"] == 500 - len(made.questions)


def test_a_metapath_that_the_graph_cannot_answer(small: Graph) -> None:
    made = synthesize(small, SynthesisConfig(metapaths={"findings_onset_to_disease": 5}))
    assert made.questions == [] and made.dropped == {"findings_onset_to_disease: the graph has no instance of it": 5}


def test_why_nothing_was_made_is_told_with_what_to_do(small: Graph) -> None:
    config = SynthesisConfig(metapaths={"findings_to_disease": 5}, shapes=(Shape(findings=2, options=9),))
    told = barren(synthesize(small, config))
    assert told and "too few distractors" in told and "fewer findings or options" in told
    fewer = config.model_copy(update={"shapes": (Shape(findings=2, options=2),), "min_shared": 1})
    assert barren(synthesize(small, fewer)) is None


def test_rare_findings_are_not_named(small: Graph) -> None:
    config = SynthesisConfig(
        metapaths={"findings_to_disease": 99}, shapes=(Shape(findings=2, options=2),), min_shared=1
    )
    named = {c.object for q in synthesize(small, config).questions for c in q.conditions if q.answer_id == "OMIM:A"}
    assert named == {"HP:11", "HP:12"}  # nystagmus is occasional in A
    lax = synthesize(small, config.model_copy(update={"min_frequency": 0.05}))
    assert "HP:13" in {c.object for q in lax.questions for c in q.conditions if q.answer_id == "OMIM:A"}


@pytest.mark.parametrize("metapath", ["findings_to_disease", "discriminating_finding"])
def test_min_strength_leaves_only_statements(many: Graph, metapath: str) -> None:
    config = SynthesisConfig(metapaths={metapath: 10}, shapes=SHAPES[:1], min_strength=Strength.EXCLUDED, min_shared=1)
    made = synthesize(many, config).questions
    assert made
    assert all(q.certificate and q.certificate.strength.rank <= Strength.EXCLUDED.rank for q in made)


def test_nothing_unknown_where_it_is_not_allowed(small: Graph) -> None:
    shapes = (Shape(findings=3, options=2),)
    config = SynthesisConfig(metapaths={"findings_to_disease": 99}, shapes=shapes, min_shared=1, min_frequency=0)

    def unknowns(allowed: bool) -> int:
        made = synthesize(small, config.model_copy(update={"allow_unknown": allowed})).questions
        proofs = [p for q in made if q.certificate for p in q.certificate.proofs]
        return sum(s.state == "unknown" for p in proofs for b in p.bindings for s in b.supports)

    assert unknowns(True) > 0
    assert unknowns(False) == 0


def test_max_per_answer(many: Graph) -> None:
    config = SynthesisConfig(metapaths={"findings_to_disease": 60}, shapes=SHAPES, max_per_answer=2)
    answers = [q.answer_id for q in synthesize(many, config).questions]
    assert len(answers) == 60 and max(answers.count(answer) for answer in answers) == 2


def test_overlap_makes_distractors_tempting(many: Graph) -> None:
    def overlap(knob: float) -> float:
        config = SynthesisConfig(
            metapaths={"findings_to_disease": 60}, shapes=(Shape(findings=4, options=4),), overlap=knob, min_shared=1
        )
        return float(synthesize(many, config).composition["overlap"])

    assert overlap(1.0) > overlap(0.0) + 0.1


def test_balance_hides_the_answer_among_the_degrees(many: Graph) -> None:
    """How often the answer has the fewest findings of all options; a fair share is one quarter."""

    def fewest(balanced: bool) -> float:
        shapes = (Shape(findings=3, options=4),)
        config = SynthesisConfig(
            metapaths={"findings_to_disease": 300}, shapes=shapes, alpha=2, balanced=balanced, min_shared=1
        )
        made = synthesize(many, config).questions
        degrees = [[len(many.objects(many.index(o), "has_finding")) for o in q.option_ids] for q in made]
        return sum(d[q.gold] == min(d) for d, q in zip(degrees, made, strict=True)) / len(made)

    assert fewest(True) < fewest(False) - 0.1


def test_a_focus_keeps_everything_inside(many: Graph) -> None:
    config = SynthesisConfig(
        metapaths=dict.fromkeys(HPO, 8),
        shapes=(Shape(findings=2, options=3),),
        focus=FocusConfig(diseases=10, findings=12, min_findings=5),
        allow_unknown=False,
        min_shared=1,
    )
    made = synthesize(many, config)
    assert made.focus is not None and len(made.focus.diseases) == 10 and len(made.focus.findings) == 12
    assert made.focus == synthesize(many, config).focus
    kinship = Kinship(many)
    assert not any(kinship.related(a, b) for a, b in combinations(made.focus.diseases, 2))
    diseases, findings = ({many.ids[n] for n in nodes} for nodes in (made.focus.diseases, made.focus.findings))
    assert {"findings_to_disease", "discriminating_finding"} <= set(made.composition["metapaths"])
    for question in made.questions:
        assert {c.object for c in question.conditions if c.relation == "has_finding"} <= findings | {"?"}
        if question.metapath == "discriminating_finding":
            assert {c.subject for c in question.conditions} <= diseases
        if question.metapath != "findings_to_gene":
            assert set(question.option_ids) <= (findings if question.option_ids[0].startswith("HP:") else diseases)


@pytest.mark.parametrize(("diseases", "findings", "key"), [(99, 5, "focus.diseases"), (5, 99, "focus.findings")])
def test_a_focus_larger_than_the_graph_is_refused(many: Graph, diseases: int, findings: int, key: str) -> None:
    config = SynthesisConfig(focus=FocusConfig(diseases=diseases, findings=findings, min_findings=5))
    with pytest.raises(BadInput, match=key):
        synthesize(many, config)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"metapaths": {"finding_to_disease": 1}}, "did you mean 'findings_to_disease'"),
        ({"metapaths": {"findings_to_gene": -1}}, "0 or more"),
        ({"alhpa": 1}, "Extra inputs"),
        ({"shapes": []}, "at least 1"),
        ({"focus": {"diseases": 4, "findings": 2}}, "focus.findings"),
    ],
)
def test_wrong_configurations_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SynthesisConfig.model_validate(wrong)
