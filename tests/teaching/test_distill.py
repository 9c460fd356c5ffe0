import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from florey.cli.teaching import distill as command
from florey.files import read_jsonl, write_jsonl
from florey.records import Trace
from florey.teaching import distill as room
from florey.teaching.distill import STRATEGIES, DistillConfig, distill


@pytest.fixture
def many(cases):
    """Forty training questions, easy and difficult by turns."""
    return [
        cases.marfan().model_copy(update={"id": f"q-{i:02}", "tier": ("easy", "difficult")[i % 2]}) for i in range(40)
    ]


def test_trained_are_apart_from_those_only_counted(cases, many):
    result = distill(many, DistillConfig(budget=10, corrective_sample=4), cases.names)
    assert len(result.traces) == 10 and {trace.strategy for trace in result.traces} == {"direct"}
    assert len(result.others) == 12 and {trace.strategy for trace in result.others} == set(STRATEGIES[1:])
    assert {trace.question_id for trace in result.others} < {trace.question_id for trace in result.traces}
    counts = {s: (c.generated, c.checked, c.kept) for s, c in result.strategies.items()}
    assert counts == {"direct": (10, 10, 10)} | dict.fromkeys(STRATEGIES[1:], (4, 4, 0))
    assert result.dropped == {"over_budget": 30} and result.problems == []


def test_corrective_traces_can_be_trained_on(cases, many):
    config = DistillConfig(budget=5, strategies_trained=["direct", "self_correction"], strategies_generated=["direct"])
    result = distill(many, config, cases.names)
    assert [trace.strategy for trace in result.traces] == ["direct", "self_correction"] * 5
    assert result.others == [] and result.strategies["self_correction"].kept == 5


def test_only_training_questions_of_the_chosen_tiers_are_taught(cases, many):
    items = [
        many[0],
        many[1],
        many[2].model_copy(update={"split": "test"}),
        many[4].model_copy(update={"split": "dev"}),
        many[6].model_copy(update={"certificate": None}),
        many[8].model_copy(update={"tier": None}),
    ]
    result = distill(items, DistillConfig(tiers=["easy"]), cases.names)
    assert [trace.question_id for trace in result.traces] == [many[0].id]
    assert result.dropped == {"held_out": 2, "no_certificate": 1, "tier_not_chosen": 2}


def test_a_larger_budget_adds_and_takes_nothing_away(cases, many):
    small, large = (distill(many, DistillConfig(budget=n), cases.names) for n in (7, 20))
    assert large.traces[:7] == small.traces
    assert distill(many[::-1], DistillConfig(budget=7), cases.names).traces == small.traces
    assert distill(many, DistillConfig(budget=7, seed=1), cases.names).traces != small.traces


def test_a_refused_trace_makes_room_for_the_next(cases, many, monkeypatch):
    honest = room.write_trace
    liar = distill(many, DistillConfig(budget=1), cases.names).traces[0].question_id

    def lying(question, names, strategy, seed):
        trace = honest(question, names, strategy, seed)
        wrong = trace.text.replace("Scoliosis absent", "Scoliosis unclear")
        return trace.model_copy(update={"text": wrong}) if question.id == liar else trace

    monkeypatch.setattr(room, "write_trace", lying)
    result = distill(many, DistillConfig(budget=5, corrective_sample=0), cases.names)
    assert len(result.traces) == 5 and liar not in {trace.question_id for trace in result.traces}
    assert result.dropped == {"no_true_trace": 1, "over_budget": 34}
    assert (result.strategies["direct"].generated, result.strategies["direct"].checked) == (6, 5)
    assert "is absent, the trace says unclear" in result.problems[0][1]


def test_nothing_tempting_is_not_an_error(cases):
    lone = cases.build(["D:1", "D:2"], cases.findings("HP:1"), [[["present"]], []], 0)
    result = distill([lone], DistillConfig(), cases.names)
    assert len(result.traces) == 1 and result.others == []


@pytest.mark.parametrize(
    "wrong",
    [{"budget": -1}, {"tiers": ["hard"]}, {"strategies_trained": []}, {"tiers": ["easy", "easy"]}, {"bugdet": 1}],
)
def test_config_refuses(wrong):
    with pytest.raises(ValidationError):
        DistillConfig(**wrong)


def test_command(cases, many, tmp_path):
    from florey.graph.model import Node
    from florey.graph.writer import write_graph

    nodes = [
        Node(id=id, type="finding" if id.startswith("HP") else "disease", name=cases.names[id]) for id in cases.names
    ]
    write_graph(nodes, [], tmp_path / "graph", release="r", licences=("x",))
    write_jsonl(tmp_path / "q.jsonl", many)
    arguments = [str(tmp_path / "q.jsonl"), "--graph", str(tmp_path / "graph"), "--out", str(tmp_path / "t.jsonl")]
    result = CliRunner().invoke(command, [*arguments, "--budget", "3", "--tier", "difficult"])
    assert result.exit_code == 0, result.output
    assert "3 written, 3 true, 3 kept" in result.output and "20  tier_not_chosen" in result.output
    assert len(list(read_jsonl(tmp_path / "t.jsonl", Trace))) == 3
