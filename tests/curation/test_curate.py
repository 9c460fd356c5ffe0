import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from florey.cli.curation import curate as command
from florey.curation.config import CurationConfig
from florey.curation.curate import curate
from florey.errors import BadInput
from florey.files import read_jsonl, write_jsonl
from florey.records import Difficulty, Question


def asked(stem, options=("yes", "no"), **more):
    return Question(stem=stem, options=options, gold=0, source="test", **{"split": "train"} | more).identified()


HARD = Difficulty(hops=1, conditions=4, options=4, rarity=0, overlap=0, score=0)


def batch():
    return [
        asked("First question here?", split="test", difficulty=HARD),
        asked("first QUESTION here"),
        asked("Broken <br> one?"),
        asked("Doubled options?", ("x", "X")),
        asked("Second, well-formed one?", tier="easy"),
        asked("Another, of no tier?", split=None),
    ]


def test_every_drop_has_its_reason_and_everything_is_accounted_for():
    items = batch()
    curated = curate(items, CurationConfig())
    assert curated.dropped == {"duplicate_options": 1, "exact_duplicate_of_test": 1, "html_remains": 1}
    assert curated.dropped_items == [
        (items[2].id, "html_remains"),
        (items[3].id, "duplicate_options"),
        (items[1].id, "exact_duplicate_of_test"),
    ]
    assert [question.id for question in curated.kept] == [items[0].id, items[4].id, items[5].id]
    assert curated.tiers == {"train": {"easy": 1}, "test": {"difficult": 1}, "unsplit": {"untiered": 1}}


def test_a_malformed_copy_does_not_push_out_a_good_one():
    good = asked("One and the same question, is it?").model_copy(update={"id": "b"})
    bad = good.model_copy(update={"id": "a", "options": ("yes", "no"), "stem": good.stem + "\x00"})
    assert [question.id for question in curate([bad, good], CurationConfig()).kept] == ["b"]


def test_checks_can_be_left_out_but_not_misspelt():
    curated = curate(batch(), CurationConfig(skip_checks=("html_remains",)))
    assert "html_remains" not in curated.dropped
    with pytest.raises(ValidationError, match="did you mean 'html_remains'"):
        CurationConfig(skip_checks=("html_remain",))


def test_id_is_given_where_missing():
    kept = curate([asked("What is it?").model_copy(update={"id": ""})], CurationConfig()).kept
    assert kept[0].id == asked("What is it?").id


def test_command(tmp_path):
    write_jsonl(tmp_path / "in.jsonl", batch())
    result = CliRunner().invoke(command, [str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl")])
    assert result.exit_code == 0, result.output
    assert "kept 3, dropped 3" in result.output and "html_remains" in result.output
    assert len(list(read_jsonl(tmp_path / "out.jsonl", Question))) == 3


def test_command_writes_nothing_on_bad_input(tmp_path):
    (tmp_path / "in.jsonl").write_text(batch()[0].model_dump_json() + "\n{\n")
    result = CliRunner().invoke(command, [str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl")])
    assert isinstance(result.exception, BadInput) and "line 2" in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]
