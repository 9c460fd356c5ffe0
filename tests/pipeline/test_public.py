"""The chain with public questions and a model: what is read, asked, doubted, reviewed, taught and reported."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from florey.cli.curation_review import review
from florey.files import read_json, read_jsonl
from florey.pipeline.model_plan import model_plan
from florey.pipeline.recipe import load_recipe
from florey.records import Question, Trace
from florey.teaching.model_teacher.teacher import Attempt

MINIATURE = Path(__file__).with_name("miniature.yaml")
WRONG_KEY = 3
"""The public question whose key the model doubts: it always says "Beta"."""
TASTES = ("salt", "mint", "iron", "smoke", "honey", "tar", "clove", "chalk")

CASES = (
    "A weaver, number {n}, tastes {taste} at dusk and again at dawn. Which remedy helps her best?",
    "Since the flood nothing but {taste} comes to the tongue of baker number {n}. What would you give?",
    "Old sailor, number {n}: hoarse, tired, complains of {taste} in all his food. The remedy of choice is",
    "Number {n} of the choir fainted after a smell of {taste}; her pulse is even. Treat her with",
    "In the seventh week a gardener (number {n}) wakes to {taste} each night. First measure?",
    "The twins of house number {n} share one complaint, {taste} before meals. Both should receive",
    "What cures the miller, number {n}, whose bread has been all {taste} since the harvest was brought in?",
    "After long fever the clerk at desk number {n} speaks of {taste} on the lips and little else. Choose for him",
)


def public_rows():
    """Eight questions whose answer is "Alpha"; one has its letter inside the options and is malformed."""
    options = {"A": "Alpha", "B": "Beta", "C": "Gamma"}
    rows = [
        {
            "question": CASES[n].format(n=n, taste=taste),
            "options": options,
            "answer_idx": "A",
            "answer": "Alpha",
        }
        for n, taste in enumerate(TASTES)
    ]
    return [*rows, rows[0] | {"question": "<b>Which</b> remedy is it?"}]


def speak(body):
    """Right about all keys but one; the thought names the answer and a rival. Told or not, it writes the same."""
    said = "\n".join(message["content"] for message in body["messages"])
    number = int(re.search(r"(?i)number (\d+)", said)[1])
    meant = "Beta" if number == WRONG_KEY else "Alpha"
    letter = re.search(rf"^([A-Z])\. {meant}$", said, re.MULTILINE)[1]
    thought = f"The taste of {TASTES[number]} speaks for {meant} and not for Gamma, because only the former is warm."
    return f"<think>{thought}</think><answer>{letter}</answer>"


@pytest.fixture(scope="module")
def overrides(tmp_path_factory):
    path = tmp_path_factory.mktemp("public") / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in public_rows()))
    bench = path.with_name("bench.jsonl")
    bench.write_text(json.dumps(public_rows()[5] | {"meta_info": "step1"}) + "\n")

    def settings(url):
        return [
            f"sources.medqa.path={path}",
            f"models.strong={{model: strong, base_url: {url}, max_retries: 0}}",
            "curation.labels={model: strong, trials: {trials: 3, max_tokens: 64}}",
            f"curation.contamination={{benchmarks: {{medqa_test: {{path: {bench}}}}}}}",
            "distill.model={model: strong, samples: 2, told_samples: 1, turns: 1, max_tokens: 128, max_words: 60}",
            "policy.small.positions=256",
        ]

    return settings


def test_public_questions_go_through_the_whole_chain(release, tmp_path, scripted_llm, overrides, rerun):
    server = scripted_llm(answer=speak)
    out = tmp_path / "run"
    settings = overrides(server.url)
    rerun(out, *settings)

    public = read_json(out / "public" / "manifest.json")["counts"]
    assert public["sources"]["medqa"]["questions"] == 9
    counts = read_json(out / "curated" / "manifest.json")["counts"]
    funnel = {row["stage"]: row for row in counts["funnel"]}
    assert funnel["format"]["dropped"]["html_remains"] == 1
    assert funnel["contamination"]["dropped"] == {"contaminated": 1}
    assert funnel["labels"]["noticed"] == {"label_doubted": 1}
    assert counts["labels"]["items"] == 7 and counts["labels"]["doubted"] == 1
    assert counts["contamination"]["benchmarks"][0]["expected"] == 1273
    train = list(read_jsonl(out / "curated" / "train.jsonl", Question))
    assert sum(q.source == "medqa" for q in train) == 7 and any(q.source != "medqa" for q in train)
    assert all(q.source != "medqa" for q in read_jsonl(out / "curated" / "test.jsonl", Question))

    traces = read_json(out / "traces" / "manifest.json")["counts"]
    assert traces["teachers"] == {"strong": 6, "graph": traces["strategies"]["direct"]["kept"]}
    solved = {name: count for name, count in traces["model"]["yields"]["solve"].items() if count}
    assert solved == {"asked": 14, "answered": 14, "right": 12, "wrong": 2, "accepted": 12}
    assert traces["model"]["yields"]["told"]["accepted"] == 0 and traces["model"]["told"] == 0
    assert traces["model"]["passes"]["pass@1"]["value"] == pytest.approx(6 / 7)
    assert {t.teacher for t in read_jsonl(out / "traces" / "traces.jsonl", Trace)} == {"graph", "strong"}
    assert any(a.kind == "backtracking" for a in read_jsonl(out / "traces" / "attempts.jsonl", Attempt))

    page = (out / "report.html").read_text()
    for said in ("What curation kept", "Public sources", "1 are doubted", "medqa test", "strong", "MedQA, MIT"):
        assert said in page, said
    timing = read_json(out / "curated" / "timing.json")
    assert timing["spend"]["labels"]["answers"] == 21 and "labels" in timing["parts"]
    # where a model is served is no part of what a result depends on
    assert not [name for name in ("curated", "traces") if server.url in (out / name / "manifest.json").read_text()]

    # a reviewer drops the doubted question: curation runs again, asks nothing, and the decision holds
    asked = sum(server.stats()["asked"].values())
    queue = out / "curated" / "queue.jsonl"
    result = CliRunner().invoke(review, [str(queue), "--by", "ada"], input="d\nthe key is wrong\n")
    assert result.exit_code == 0, result.output
    assert (out / "review" / "decisions.jsonl").is_file()
    said = rerun(out, *settings)
    assert "Curate: split, filter, tiers  (again" in said
    funnel = {row["stage"]: row for row in read_json(out / "curated" / "manifest.json")["counts"]["funnel"]}
    assert funnel["labels"]["dropped"] == {"label_wrong": 1}
    assert sum(server.stats()["asked"].values()) == asked
    assert (out / "review" / "decisions.jsonl").is_file()


def test_the_plan_knows_what_the_model_will_be_asked(release, tmp_path, overrides):
    recipe = load_recipe(
        MINIATURE,
        [
            f"graph.sources=[{{kind: hpo, path: {release}}}]",
            *overrides("http://127.0.0.1:9"),
            "models.strong.price_in=1",
            "models.strong.price_out=2",
        ],
    )
    lines = {line.purpose: line for line in model_plan(recipe, tmp_path / "run")}
    labels = lines["label verification"]
    assert labels.requests == 27 and labels.completion_tokens == 27 * 64
    assert labels.cost == pytest.approx((labels.prompt_tokens + 2 * labels.completion_tokens) / 1e6)
    assert lines["teaching, without the answer"].requests == 18
    assert lines["teaching, with the answer"].at_most == 9
    assert not (tmp_path / "run").exists()


def test_a_set_without_a_file_is_said_before_anything_is_built(release, tmp_path, cli):
    graph = f"graph.sources=[{{kind: hpo, path: {release}}}]"
    base = ["run", MINIATURE, "--out", tmp_path / "run", "--set", graph]
    code, _, err = cli(*base, "--set", "sources.medqa.limit=3")
    assert code == 2 and "--set sources.medqa.path=FILE gives one" in err
    assert not (tmp_path / "run").exists()
    code, _, err = cli(*base, "--set", "curation.labels.model=strong")
    assert code == 2 and "curation.labels.model: no model 'strong'" in err
    code, out, _ = cli(*base, "--plan", "--set", "sources.medqa=null")
    assert code == 0 and "public" not in out
