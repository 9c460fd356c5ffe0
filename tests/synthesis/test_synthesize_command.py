"""`florey synthesize` and `florey verify` as a user runs them: files, messages, settings, mistakes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from florey.cli.synthesis import synthesize, verify
from florey.errors import BadInput
from florey.files import read_jsonl
from florey.graph.model import Node
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.records import Question

SMALL = ("--set", "min_shared=1", "--set", "shapes=[{findings: 2, options: 3}]")


def run(graph: Graph, out: Path, *given: object, count: int = 20) -> Result:
    told = [str(graph.folder), "--count", str(count), "--out", str(out), *SMALL, *map(str, given)]
    result = CliRunner().invoke(synthesize, told)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def questions(path: Path) -> list[Question]:
    return list(read_jsonl(path, Question))


@pytest.fixture(scope="module")
def file(many: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "questions.jsonl"
    assert run(many, out, count=60).exit_code == 0
    return out


def test_all_kinds_that_the_graph_has(many: Graph, file: Path) -> None:
    made = questions(file)
    assert len(made) == 60
    assert len({question.metapath for question in made}) >= 7
    assert {question.certificate.graph for question in made if question.certificate} == {many.digest}
    assert all(len(question.options) == 3 for question in made)


def test_the_count_and_what_was_not_made_are_told(many: Graph, tmp_path: Path) -> None:
    out = tmp_path / "q.jsonl"
    told = run(many, out, "--metapath", "gene_to_disease", "--set", "max_per_answer=1", count=70).output
    made = len(questions(out))
    assert 0 < made <= 40
    assert f"{out}: {made} questions about {made} answers" in told
    assert f"  not made: gene_to_disease: no more such questions found: {70 - made}" in told


def test_nothing_made_is_an_error_with_the_reason(many: Graph, tmp_path: Path) -> None:
    """Two modes of inheritance where three options are wanted."""
    with pytest.raises(BadInput, match=r"no question could be made: disease_to_inheritance: too few distractors"):
        run(many, tmp_path / "q.jsonl", "--metapath", "disease_to_inheritance")
    assert not (tmp_path / "q.jsonl").exists()


def test_only_the_kinds_named(many: Graph, tmp_path: Path) -> None:
    named = ("findings_to_gene", "gene_to_disease")
    run(many, tmp_path / "q.jsonl", "--metapath", named[0], "--metapath", named[1])
    found = Counter(question.metapath for question in questions(tmp_path / "q.jsonl"))
    assert found.keys() == set(named) and found.total() == 20
    assert abs(found[named[0]] - 3 * found[named[1]]) < 4  # two hops rather than one


def test_the_same_for_a_seed_whatever_the_threads(many: Graph, file: Path, tmp_path: Path) -> None:
    run(many, tmp_path / "q.jsonl", "--threads", 1, count=60)
    assert (tmp_path / "q.jsonl").read_bytes() == file.read_bytes()
    run(many, tmp_path / "q.jsonl", "--seed", 5, count=60)
    assert (tmp_path / "q.jsonl").read_bytes() != file.read_bytes()


def test_settings_from_a_file(many: Graph, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("shapes: [{findings: 3, options: 4}]\nmax_per_answer: 1\n", encoding="utf-8")
    told = [str(many.folder), "--count", "10", "--out", str(tmp_path / "q.jsonl"), "--config", str(tmp_path / "s.yaml")]
    assert CliRunner().invoke(synthesize, [*told, "--metapath", "findings_to_disease"]).exit_code == 0
    made = questions(tmp_path / "q.jsonl")
    assert {(len(q.options), len(q.conditions)) for q in made} == {(4, 3)}
    assert len({q.answer_id for q in made}) == len(made) == 10


def test_the_seed_of_the_settings_counts_where_none_is_given(many: Graph, tmp_path: Path) -> None:
    one, two, three = (tmp_path / f"{i}.jsonl" for i in range(3))
    run(many, one, "--seed", 5)
    run(many, two, "--set", "seed=5")
    run(many, three, "--set", "seed=6", "--seed", 5)
    assert one.read_bytes() == two.read_bytes() == three.read_bytes()


OWN = """metapaths:
  own:
    nodes: {d: disease, f: finding, g: gene}
    edges: [d has_finding f..., d associated_gene g]
    masks: {gene_and_findings_to_disease: {ask: d}}
"""


@pytest.mark.parametrize("way", ["--metapaths", "--set", "--config"])
def test_metapaths_of_ones_own(many: Graph, tmp_path: Path, way: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(OWN, encoding="utf-8")
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"metapath_files: ['{file}']\n", encoding="utf-8")
    given = {"--metapaths": file, "--set": f"metapath_files=['{file}']", "--config": settings}[way]
    run(many, tmp_path / "q.jsonl", way, given, "--metapath", "gene_and_findings_to_disease")
    made = questions(tmp_path / "q.jsonl")
    assert {question.metapath for question in made} == {"gene_and_findings_to_disease"}
    assert len(made) == 20


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--metapath", "findings_to_gen"), r"--metapath: unknown 'findings_to_gen' \(did you mean 'findings_to_gene'"),
        (
            ("--metapath", "disease_to_drug"),
            r"--metapath disease_to_drug: the graph has no instance of it; it has: .*findings",
        ),
        (("--metapaths", "none.yaml"), r"none\.yaml: cannot read the list of metapaths"),
        (("--config", "none.yaml"), r"none\.yaml: cannot read the synthesis"),
        (("--set", "alpa=1"), r"--set alpa=1: unknown key 'alpa' \(did you mean 'alpha'"),
        (("--set", "alpha=9"), r"--set alpha=9: alpha: .*less than or equal to 4"),
        (("--set", "region={around: ['ORPHA:10001']}"), r"no node 'ORPHA:10001'.*did you mean 'ORPHA:100"),
    ],
)
def test_mistakes_leave_no_file(many: Graph, tmp_path: Path, given: tuple[str, ...], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        run(many, tmp_path / "q.jsonl", *given)
    assert list(tmp_path.iterdir()) == []


def test_a_graph_without_any_instance(tmp_path: Path) -> None:
    nodes = [Node("HP:1", "finding", "Ataxia"), Node("HP:2", "finding", "Seizure")]
    write_graph(nodes, [], tmp_path / "g", release="1", licences=("Invented: CC0",))
    with pytest.raises(BadInput, match=r"g: no metapath has an instance in this graph"):
        run(Graph.open(tmp_path / "g"), tmp_path / "q.jsonl")
    assert not (tmp_path / "q.jsonl").exists()


def test_not_a_graph(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"not a graph \(no graph\.json\)"):
        told = [str(tmp_path), "--count", "1", "--out", str(tmp_path / "q.jsonl")]
        CliRunner().invoke(synthesize, told, catch_exceptions=False)


@pytest.mark.parametrize("given", [("--count", "0"), ("--seed", "-1"), ("--threads", "0")])
def test_numbers_out_of_range(many: Graph, tmp_path: Path, given: tuple[str, str]) -> None:
    result = CliRunner().invoke(synthesize, [str(many.folder), "--count", "1", "--out", str(tmp_path / "q"), *given])
    assert result.exit_code == 2 and given[0] in result.output


def checked(graph: Graph, file: Path, *given: str) -> Result:
    return CliRunner().invoke(verify, [str(file), "--graph", str(graph.folder), *given], catch_exceptions=False)


def test_verify_replays_all(many: Graph, file: Path) -> None:
    result = checked(many, file)
    shares = [question.certificate.closed_world_share for question in questions(file) if question.certificate]
    assert result.exit_code == 0
    assert f"60 certificates hold; {sum(shares) / 60:.1%} of the distractors rest on the closed world" in result.output


def test_verify_names_what_fails(many: Graph, file: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    wrong = rows[3]
    wrong["gold"] = (wrong["gold"] + 1) % len(wrong["options"])
    damaged = tmp_path / "damaged.jsonl"
    damaged.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    result = checked(many, damaged)
    assert result.exit_code == 1
    assert {line.partition(": ")[0] for line in result.output.splitlines() if line.startswith("q-")} == {wrong["id"]}
    assert "1 of 60 certificates do not hold" in result.output


def test_verify_against_another_graph(small: Graph, file: Path) -> None:
    result = checked(small, file)
    assert result.exit_code == 1 and "60 of 60" in result.output


def test_the_kinds_of_a_file_of_settings_are_those_made(many: Graph, tmp_path: Path) -> None:
    config, out = tmp_path / "synthesis.yaml", tmp_path / "q.jsonl"
    config.write_text("metapaths: {gene_to_disease: 1}\n", encoding="utf-8")
    told = [str(many.folder), "--count", "6", "--config", str(config), "--out", str(out)]
    assert CliRunner().invoke(synthesize, told, catch_exceptions=False).exit_code == 0
    assert [question.metapath for question in questions(out)] == ["gene_to_disease"] * 6
