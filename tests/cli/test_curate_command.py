"""`florey curate` from a settings file: every stage that it names, and its files beside the output."""

import json
import re

import pytest

from florey.files import read_jsonl, write_jsonl
from florey.records import Question


def asked(number, words):
    options = ("Alpha", "Beta", "Gamma")
    return Question(stem=f"Case {number}: {words} What is it?", options=options, gold=0, source="mine").identified()


WORDS = (
    "a miller with a sore heel and a liking for salt.",
    "a widow who cannot close her left hand in winter.",
    "a boy who hears bells before each storm comes.",
    "two brothers with the same stain on the neck.",
    "a piper, short of breath since the fair, and pale.",
)


@pytest.fixture
def folder(tmp_path):
    write_jsonl(tmp_path / "q.jsonl", [asked(number, words) for number, words in enumerate(WORDS)])
    write_jsonl(tmp_path / "bench.jsonl", [asked(2, WORDS[2])])
    return tmp_path


def speak(body):
    """Doubts case 4; finds case 0 easy and all others difficult."""
    said = "\n".join(message["content"] for message in body["messages"])
    number = int(re.search(r"Case (\d+)", said)[1])
    if "response_format" in body:
        return json.dumps({"why": "so", "tier": "easy" if number == 0 else "difficult"})
    wanted = "Beta" if number == 4 else "Alpha"
    letter = re.search(rf"^([A-Z])\. {wanted}$", said, re.MULTILINE)[1]
    return f"<think>Because.</think><answer>{letter}</answer>"


def test_all_that_the_settings_name(folder, scripted_llm, cli):
    server = scripted_llm(answer=speak)
    (folder / "settings.yaml").write_text(
        f"""
models:
  strong: {{model: strong, base_url: "{server.url}"}}
curation:
  contamination: {{benchmarks: {{mine: {{kind: questions, path: {folder / "bench.jsonl"}}}}}}}
  labels: {{model: strong, trials: {{trials: 2}}}}
  judges:
    rubric: {{model: strong}}
    student: {{model: strong, trials: {{trials: 2}}}}
    order: [rubric, student]
  mixture: {{size: 2, shares: {{tier: {{easy: 1, difficult: 1}}}}}}
"""
    )
    out = folder / "kept.jsonl"
    code, said, err = cli("curate", folder / "q.jsonl", "--out", out, "--settings", folder / "settings.yaml")
    assert code == 0, err
    kept = list(read_jsonl(out, Question))
    assert sorted(q.tier for q in kept) == ["difficult", "easy"]
    assert "mine: 1 of 1 items met by 1 questions" in said
    assert "evidence: not looked for" in said and "label_doubted" in said
    assert "student and rubric: same tier" in said and "mixture, tier easy: asked 1, got 1 of 1" in said
    assert "labels: 8 answers of strong" in said
    beside = {path.name.removeprefix("kept.jsonl.") for path in folder.glob("kept.jsonl.*")}
    assert {"dropped.json", "queue.jsonl", "trials.jsonl", "judgements.jsonl", "contamination.jsonl"} <= beside
    code, said, _ = cli("curate", "review", folder / "kept.jsonl.queue.jsonl", "--list")
    assert code == 0 and "Case 4" in said


def test_benchmarks_on_the_command_line(folder, cli):
    bench = folder / "bench.jsonl"
    row = {"question": asked(2, WORDS[2]).stem, "options": {"A": "Alpha", "B": "Beta"}, "answer_idx": "A"}
    bench.write_text(json.dumps(row) + "\n")
    command = ("curate", folder / "q.jsonl", "--out", folder / "kept.jsonl", "--against", f"medqa_test={bench}")
    code, said, err = cli(*command)
    assert code == 0, err
    assert "medqa_test: 1 of 1 items met by 1 questions" in said and "hears bells" in said
    assert len(list(read_jsonl(folder / "kept.jsonl", Question))) == 4
    cli(*command, "--flag")
    kept = list(read_jsonl(folder / "kept.jsonl", Question))
    assert [q.flags for q in kept if q.flags] == [("contaminated:medqa_test",)] and len(kept) == 5
    code, _, err = cli(*command[:-1], "medqa_test")
    assert code == 2 and "expected NAME=FILE" in err
    code, _, err = cli(*command[:-1], f"medqa_tst={bench}")
    assert code == 2 and "did you mean 'medqa_test'" in err


def test_public_questions_on_the_command_line(folder, cli):
    row = {"question": asked(2, WORDS[2]).stem, "options": {"A": "Alpha", "B": "Beta"}, "answer_idx": "A"}
    (folder / "train.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row | {"answer_idx": "AB"}) + "\n")
    out = folder / "kept.jsonl"
    code, said, err = cli("curate", "--source", f"medqa={folder / 'train.jsonl'}", "--out", out)
    assert code == 0, err
    assert "medqa: 1 questions of 2 rows, left out: 1 several_answers" in said
    (kept,) = read_jsonl(out, Question)
    assert kept.source == "medqa" and kept.split == "train" and kept.licences[0].startswith("MedQA")
    code, _, err = cli("curate", "--out", out)
    assert code == 2 and "expected QUESTIONS, or public ones with --source NAME=FILE" in err


def test_settings_with_a_mistake(folder, cli):
    (folder / "settings.yaml").write_text("curation:\n  labels: {model: strng}\nmodels:\n  strong: {model: m}\n")
    code, _, err = cli("curate", folder / "q.jsonl", "--out", folder / "o", "--settings", folder / "settings.yaml")
    assert code == 2 and "labels: no model 'strng' (did you mean 'strong'?)" in err
    (folder / "settings.yaml").write_text("curation:\n  near_treshold: 1\n")
    code, _, err = cli("curate", folder / "q.jsonl", "--out", folder / "o", "--settings", folder / "settings.yaml")
    assert code == 2 and "line 2" in err and "near_threshold" in err
    assert not (folder / "o").exists()


def test_the_group_tells_its_commands(cli):
    code, said, _ = cli("curate", "--help")
    assert code == 0 and "review" in said and "filter" in said
