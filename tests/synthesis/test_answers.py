"""Which answers are asked for: retirement, quotas, prevalence, regions, shortfalls; and that the seed alone decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from florey.errors import BadInput
from florey.files import digest
from florey.graph.model import Node
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.records import Edge, Evidence, Question, Strength
from florey.synthesis.answers import PATIENCE, Answers
from florey.synthesis.config import RegionConfig, Shape, SynthesisConfig
from florey.synthesis.relatedness import Kinship
from florey.synthesis.replay.verification import verify
from florey.synthesis.synthesizer import BATCH, IN_VAIN, Synthesizer, synthesize

SHAPES = (Shape(findings=2, options=3), Shape(findings=3, options=4))

PAIRS = (Shape(findings=2, options=2),)


def stated(subject: str, relation: str, object: str, *, positive: bool = True) -> Edge:
    evidence = Evidence(source="test", release="1", reference="PMID:1")
    identity = f"e-{digest([subject, relation, object, positive])}"
    return Edge(id=identity, subject=subject, relation=relation, object=object, positive=positive, evidence=evidence)


def written(folder: Path, nodes: Sequence[Node], edges: Sequence[Edge]) -> Graph:
    write_graph(nodes, edges, folder, release="1", licences=("Invented: CC0",))
    return Graph.open(folder)


@pytest.fixture(scope="module")
def wards(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Ten diseases with 1, 2, …, 10 findings, in two vocabularies; one specialty has eight of them, another two."""
    nodes = [Node("SPEC:0", "specialty", "Woodcraft"), Node("SPEC:1", "specialty", "Tides")]
    nodes += [Node(f"HP:{i}", "finding", f"Sign{i}") for i in range(10)]
    edges = []
    for i in range(10):
        disease = f"{'ORPHA' if i < 4 else 'OMIM'}:{i}"
        nodes.append(Node(disease, "disease", f"{chr(97 + i) * 6}ia"))
        edges += [stated(disease, "has_finding", f"HP:{f}") for f in range(i + 1)]
        edges.append(stated(disease, "in_specialty", f"SPEC:{int(i >= 8)}"))
    return written(tmp_path_factory.mktemp("wards"), nodes, edges)


def answers(graph: Graph, prevalence: dict[str, float] | None = None, **config: object) -> Answers:
    members = graph.of_type("disease")
    degrees = np.zeros(len(graph), np.int64)
    degrees[members] = [len(graph.objects(node, "has_finding")) for node in members.tolist()]
    return Answers(graph, members, degrees, SynthesisConfig.model_validate(config), prevalence)


def by_id(graph: Graph, found: Answers) -> dict[str, float]:
    ids = [graph.ids[node] for node in found.members.tolist()]
    return dict(zip(ids, found.probabilities().tolist(), strict=True))


def test_rare_answers_are_likelier(wards: Graph) -> None:
    even = by_id(wards, answers(wards, alpha=0))
    assert set(np.round(list(even.values()), 9)) == {0.1}
    rare = by_id(wards, answers(wards, alpha=1))
    assert rare["ORPHA:0"] == pytest.approx(10 * rare["OMIM:9"])
    assert sum(rare.values()) == pytest.approx(1)


def test_who_fails_too_often_retires(wards: Graph) -> None:
    found = answers(wards)
    fruitless, fruitful, third = found.members[:3].tolist()
    for _ in range(PATIENCE // 4 - 1):
        found.failed(fruitless)
    assert found.left == 10
    found.failed(fruitless)
    assert found.left == 9
    found.made(fruitful)  # has shown that it can: more patience
    for _ in range(PATIENCE - 1):
        found.failed(fruitful)
    assert found.left == 9
    found.made(fruitful)  # and begins anew
    for _ in range(PATIENCE - 1):
        found.failed(fruitful)
    assert found.left == 9
    found.failed(fruitful)
    assert found.left == 8
    drawn = set(found.draw(500, np.random.default_rng(0)).tolist())
    assert not drawn & {fruitless, fruitful} and third in drawn
    assert sum(found.probabilities()) == pytest.approx(1)


def test_no_answer_more_often_than_it_may(wards: Graph) -> None:
    found = answers(wards, max_per_answer=2)
    node = int(found.members[4])
    found.made(node)
    assert not found.spent(node) and found.left == 10
    found.made(node)
    assert found.spent(node) and found.left == 9
    assert node not in found.draw(1000, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("by", "share", "small"),
    [
        ("specialty", 0.0, 0.2),
        ("specialty", 0.5, 0.35),
        ("specialty", 1.0, 0.5),
        ("vocabulary", 1.0, 0.5),
        ("type", 1.0, 0.4),
    ],
)
def test_coverage_gives_each_group_its_quota(wards: Graph, by: str, share: float, small: float) -> None:
    """Of a share of the draws each group gets as much; the rest is even here (alpha 0)."""
    found = by_id(wards, answers(wards, alpha=0, coverage={"by": by, "share": share}))
    group = ("OMIM:8", "OMIM:9") if by == "specialty" else tuple(f"ORPHA:{i}" for i in range(4))
    assert sum(found[each] for each in group) == pytest.approx(small)


def test_a_group_that_retired_leaves_its_quota_to_the_others(wards: Graph) -> None:
    found = answers(wards, alpha=0, coverage={"by": "specialty", "share": 1.0}, max_per_answer=1)
    for node in (wards.index("OMIM:8"), wards.index("OMIM:9")):
        found.made(node)
    left = by_id(wards, found)
    assert left["OMIM:8"] == left["OMIM:9"] == 0 and sum(left.values()) == pytest.approx(1)


def test_prevalence_decides_where_it_is_known(wards: Graph) -> None:
    given = {"ORPHA:0": 0.1, "OMIM:9": 1e-6}  # the one with fewest findings is common, the one with most is rare
    found = by_id(wards, answers(wards, given, alpha=1))
    assert found["OMIM:9"] == pytest.approx(10 * found["ORPHA:0"])
    assert found["ORPHA:1"] == pytest.approx(found["OMIM:9"] / 2)  # those unknown keep their weight


def test_rarity_of_an_answer_is_its_rank_by_degree(wards: Graph) -> None:
    found = answers(wards)
    ranks = {wards.ids[node]: rarity for node, rarity in found.rarities.items()}
    assert ranks["ORPHA:0"] == 1 and ranks["OMIM:9"] == 0
    assert ranks["OMIM:4"] == pytest.approx(5 / 9)


@pytest.fixture(scope="module")
def config() -> SynthesisConfig:
    return SynthesisConfig(metapaths={"findings_to_disease": 60}, shapes=SHAPES, min_shared=1)


def changed(config: SynthesisConfig, **update: object) -> SynthesisConfig:
    return SynthesisConfig.model_validate({**config.model_dump(), **update})


def test_a_prevalence_file(many: Graph, config: SynthesisConfig, tmp_path: Path) -> None:
    rare = [f"ORPHA:{1000 + i}" for i in range(5)]
    lines = [f"ORPHA:{1000 + i},{'1e-7' if i < 5 else '0.01'}" for i in range(40)]
    file = tmp_path / "prevalence.csv"
    file.write_text("\n".join(["id,prevalence", *lines, ""]), encoding="utf-8")

    def share(**more: object) -> float:
        questions = synthesize(many, changed(config, alpha=4, balanced=False, **more)).questions
        assert len(questions) == 60
        return sum(question.answer_id in rare for question in questions) / 60

    assert share(prevalence=file) > share() + 0.1
    file.write_text("id,prevalence\nNOWHERE:1,0.1\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"prevalence\.csv: no prevalence of any node"):
        synthesize(many, changed(config, prevalence=file))


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Two dozen diseases that share findings and, with nothing in common with them, two dozen others."""
    rng = np.random.default_rng(0)
    nodes, edges = [], []
    for side, prefix in enumerate(("ORPHA:1", "ORPHA:2")):
        nodes += [Node(f"HP:{side}{f:02d}", "finding", f"Sign{chr(97 + side) * 4}{chr(97 + f) * 3}") for f in range(12)]
        for d in range(24):
            disease = f"{prefix}{d:02d}"
            nodes.append(Node(disease, "disease", f"{chr(97 + d) * 3}{'xyz'[side] * 4}ia"))
            found = rng.choice(12, 6, replace=False).tolist()
            edges += [stated(disease, "has_finding", f"HP:{side}{f:02d}") for f in found]
    return written(tmp_path_factory.mktemp("apart"), nodes, edges)


@pytest.mark.parametrize("method", ["walk", "fire", "ego"])
def test_a_region_holds_the_answers(apart: Graph, config: SynthesisConfig, method: str) -> None:
    around = {"around": ("ORPHA:103",), "method": method, "nodes": 20}
    questions = synthesize(apart, changed(config, region=around)).questions
    assert questions
    assert {question.answer_id[:7] for question in questions} == {"ORPHA:1"}
    assert len({question.answer_id for question in questions}) < 21
    assert {q.answer_id[:7] for q in synthesize(apart, config).questions} == {"ORPHA:1", "ORPHA:2"}


def test_a_region_is_named_by_id_or_name(apart: Graph, config: SynthesisConfig) -> None:
    name = apart.names[apart.index("ORPHA:203")].upper()
    questions = synthesize(apart, changed(config, region=RegionConfig(around=(name,), nodes=20))).questions
    assert {question.answer_id[:7] for question in questions} == {"ORPHA:2"}
    with pytest.raises(BadInput, match=r"no node 'ORPHA:1033'.*did you mean 'ORPHA:103'"):
        Synthesizer(apart, changed(config, region=RegionConfig(around=("ORPHA:1033",))))


def test_asking_for_more_than_exist_ends_with_the_reason(many: Graph, config: SynthesisConfig) -> None:
    asked = changed(config, metapaths={"disease_to_inheritance": 500}, max_per_answer=4, shapes=PAIRS)
    made = synthesize(many, asked)
    count = len(made.questions)
    assert 0 < count <= 8  # two modes of inheritance
    assert made.dropped["disease_to_inheritance: no more such questions found"] == 500 - count
    many_more = synthesize(many, changed(config, metapaths={"findings_to_disease": 5000}, max_per_answer=3))
    used = Counter(question.answer_id for question in many_more.questions)
    assert max(used.values()) == 3
    assert many_more.dropped["findings_to_disease: no more such questions found"] == 5000 - used.total()


def test_too_sparse_for_three_distractors(tmp_path: Path, config: SynthesisConfig) -> None:
    """Three diseases: a question with four options cannot be."""
    nodes = [Node(f"HP:{i}", "finding", f"Sign{i}") for i in range(4)]
    nodes += [Node(f"OMIM:{i}", "disease", f"{chr(97 + i) * 6}ia") for i in range(3)]
    pairs = [(d, f) for d in range(3) for f in range(4) if (d + f) % 4]
    graph = written(tmp_path, nodes, [stated(f"OMIM:{d}", "has_finding", f"HP:{f}") for d, f in pairs])
    four = changed(config, shapes=[{"findings": 2, "options": 4}])
    made = synthesize(graph, four)
    assert made.questions == []
    assert made.dropped.keys() == {
        "findings_to_disease: no more such questions found",
        "findings_to_disease: too few distractors",
    }
    assert made.dropped["findings_to_disease: no more such questions found"] == 60
    assert made.dropped["findings_to_disease: too few distractors"] <= BATCH
    three = synthesize(
        graph, changed(config, shapes=[{"findings": 2, "options": 3}], metapaths={"findings_to_disease": 2})
    )
    assert three.questions


def test_no_instance_in_the_graph(many: Graph, config: SynthesisConfig) -> None:
    made = synthesize(many, changed(config, metapaths={"disease_to_drug": 7}))
    assert made.questions == [] and made.dropped == {"disease_to_drug: the graph has no instance of it": 7}


def test_a_hopeless_kind_is_given_up(many: Graph, config: SynthesisConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody retires, nothing is ever made: it ends all the same."""
    monkeypatch.setattr("florey.synthesis.assembly.Assembler.question", lambda *_: "refused")
    monkeypatch.setattr(Answers, "failed", lambda *_: None)
    made = synthesize(many, config)
    drawn = made.dropped["findings_to_disease: refused"]
    assert made.questions == [] and 0 < drawn <= IN_VAIN + 16 * BATCH


def test_what_one_kind_lacks_others_make_up_for(many: Graph, config: SynthesisConfig) -> None:
    asked = changed(config, max_per_answer=2, shapes=PAIRS)
    maker = Synthesizer(many, asked)
    maker.make_in_all(["disease_to_inheritance", "findings_to_disease"], 60)
    made = maker.result()
    count = Counter(question.metapath for question in made.questions)
    assert count.total() == 60 and 0 < count["disease_to_inheritance"] <= 4
    assert made.dropped["disease_to_inheritance: no more such questions found"] > 0
    assert "findings_to_disease: no more such questions found" not in made.dropped
    both_short = Synthesizer(many, asked)
    both_short.make_in_all(["disease_to_inheritance", "findings_to_disease"], 5000)
    assert 60 < len(both_short.result().questions) <= 2 * 42


def test_questions_are_the_same_whatever_the_threads(many: Graph, config: SynthesisConfig) -> None:
    several = changed(
        config, metapaths={"findings_to_disease": 700, "discriminating_finding": 40, "findings_to_gene": 40}
    )
    one, two, three = (synthesize(many, several, threads=threads) for threads in (1, 2, 3))
    assert one.questions == two.questions == three.questions
    assert one.dropped == two.dropped == three.dropped
    assert len(one.questions) > 600  # more than the first share of each thread


def test_the_same_for_a_seed_and_no_question_twice(many: Graph, config: SynthesisConfig) -> None:
    asked = changed(config, metapaths={"findings_to_disease": 400, "gene_to_finding": 60})
    first, again = synthesize(many, asked), synthesize(many, asked)
    assert first == again
    questions = first.questions
    assert len({q.id for q in questions}) == len({q.stem.casefold() for q in questions}) == len(questions)
    assert len({(q.group, frozenset(q.option_ids)) for q in questions}) == len(questions)
    other = synthesize(many, changed(asked, seed=3)).questions
    shared = {q.id for q in other} & {q.id for q in questions}
    assert len(shared) < len(questions) / 4


def test_no_relatives_among_the_options(many: Graph, config: SynthesisConfig) -> None:
    """Half of the diseases share a gene with another, and so many findings that it would be a fine distractor."""
    kinship = Kinship(many)
    for question in synthesize(many, changed(config, metapaths={"findings_to_disease": 300}, overlap=0)).questions:
        nodes = [many.index(option) for option in question.option_ids]
        assert not any(kinship.related(a, b) for a, b in combinations(nodes, 2))


def test_asked_for_in_two_goes_as_in_one(many: Graph, config: SynthesisConfig) -> None:
    """The second go continues the first: nothing comes twice, the limits go on."""
    maker = Synthesizer(many, changed(config, max_per_answer=3))
    for wanted in (20, 30):
        assert maker.make("findings_to_disease", wanted) == wanted
    questions = maker.result().questions
    assert len({q.id for q in questions}) == 50
    assert max(Counter(q.answer_id for q in questions).values()) <= 3


def test_progress_is_told(many: Graph, config: SynthesisConfig) -> None:
    told: list[tuple[str, int, int]] = []
    synthesize(many, changed(config, metapaths={"findings_to_disease": 110}), lambda *each: told.append(each))
    assert told == [("findings_to_disease", made, 110) for made in (50, 100, 110)]


def excluded(question: Question) -> list[Strength]:
    assert question.certificate
    return [proof.strength for proof in question.certificate.proofs if not proof.satisfies]


@pytest.mark.parametrize("metapath", ["findings_to_disease", "findings_to_gene"])
def test_strength_and_the_share_of_the_closed_world(many: Graph, config: SynthesisConfig, metapath: str) -> None:
    questions = synthesize(many, changed(config, metapaths={metapath: 60})).questions
    seen: set[float] = set()
    for question in questions:
        assert question.certificate
        found = excluded(question)
        share = sum(strength is Strength.CLOSED_WORLD for strength in found) / len(found)
        assert question.certificate.closed_world_share == pytest.approx(share)
        assert question.certificate.strength == max(
            [p.strength for p in question.certificate.proofs], key=lambda s: s.rank
        )
        seen.add(share)
    assert len(seen) > 2


@pytest.mark.parametrize("metapath", ["findings_to_disease", "findings_to_gene"])
def test_only_what_rests_on_statements(many: Graph, config: SynthesisConfig, metapath: str) -> None:
    made = synthesize(many, changed(config, metapaths={metapath: 40}, min_strength="negated"))
    assert len(made.questions) >= 10
    assert not any("too weak" in reason for reason in made.dropped)  # the search leaves them out already
    for question in made.questions:
        assert question.certificate and question.certificate.closed_world_share == 0
        assert question.certificate.strength.rank <= Strength.NEGATED.rank
        assert set(excluded(question)) == {Strength.NEGATED}
    assert verify(made.questions, many.folder) == []


def test_rare_answers_come_more_often_for_a_higher_alpha(many: Graph, config: SynthesisConfig) -> None:
    def mean(alpha: float) -> float:
        questions = synthesize(
            many, changed(config, alpha=alpha, balanced=False, metapaths={"findings_to_disease": 150})
        )
        return float(np.mean([q.difficulty.rarity for q in questions.questions if q.difficulty]))

    assert mean(4) > mean(0) + 0.1
