"""The whole chain in miniature: what it leaves, what it skips, what it does again."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from florey.answer import completion, judge
from florey.evaluation.scoring import score
from florey.evaluation.staircase import STAGES
from florey.files import digest, file_digest, read_json, read_jsonl
from florey.graph.store import Graph
from florey.pipeline.data_stages import graph_names
from florey.pipeline.evaluation_stage import sound_reasoning
from florey.pipeline.manifest import read_manifest
from florey.pipeline.plan import plan
from florey.pipeline.recipe import load_recipe
from florey.pipeline.stages import build_stages
from florey.records import TIERS, Prediction, Question, Rollout, Trace, Verdict
from florey.synthesis.split import answer_and_evidence, assign_split
from florey.teaching.graph_teacher import write_trace

ROUNDS = ("stage2-round1", "stage2-round2")
NAMES = (
    *("graph", "survey", "questions", "curated", "traces", "base", "cold_start", "stage1"),
    *(*ROUNDS, "evaluation", "report"),
)


def questions(run: Path, split: str) -> list[Question]:
    return list(read_jsonl(run / "curated" / f"{split}.jsonl", Question))


def counts(run: Path, stage: str) -> Any:
    return read_json(run / stage / "manifest.json")["counts"]


def stamps(run: Path) -> dict[str, int]:
    """When each file of each stage was last written."""
    files = sorted(f for name in NAMES for f in (run / name).rglob("*") if f.is_file())
    return {f.relative_to(run).as_posix(): f.stat().st_mtime_ns for f in files}


def changed(before: dict[str, int], run: Path) -> set[str]:
    """The stages of which a file was written since."""
    after = stamps(run)
    return {path.split("/")[0] for path in {*before, *after} if before.get(path) != after.get(path)}


@pytest.fixture
def copy(miniature: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniature, tmp_path / "run")


def test_every_stage_has_a_manifest_of_all_it_read_and_wrote(miniature: Path) -> None:
    assert sorted(path.name for path in miniature.iterdir() if path.is_dir()) == sorted(NAMES)
    for name in NAMES:
        manifest = read_manifest(miniature / name)
        assert manifest is not None and manifest.stage == name
        assert manifest.counts and manifest.code and manifest.libraries["torch"] != "not installed"
        assert set(manifest.inputs) <= set(NAMES[: NAMES.index(name)])
        for stage, said in manifest.inputs.items():
            assert said == digest(read_json(miniature / stage / "manifest.json")["outputs"])
        files = {f.relative_to(miniature / name).as_posix() for f in (miniature / name).rglob("*") if f.is_file()}
        assert set(manifest.outputs) == files - {"manifest.json", "timing.json"}
        assert manifest.outputs and all(file_digest(miniature / name / f) == h for f, h in manifest.outputs.items())
        assert read_json(miniature / name / "timing.json")["seconds"] >= 0
    assert not list(miniature.rglob("*.part"))


def test_sound_reasoning_is_counted_among_the_correct_answers(miniature: Path) -> None:
    reasoning = read_json(miniature / "evaluation" / "reasoning.json")
    summary = read_json(miniature / "summary.json")
    for stage, tiers in reasoning.items():
        correct = sum(found["correct"] for found in tiers.values())
        assert correct == summary["stages"][stage]["verdicts"]["correct"]
        assert all(0 <= found["sound"] <= found["correct"] for found in tiers.values())
    assert sum(row["correct"] for row in summary["reasoning"]) == sum(
        found["correct"] for tiers in reasoning.values() for found in tiers.values()
    )


def test_a_right_answer_by_wrong_steps_is_not_sound(miniature: Path) -> None:
    question = next(q for q in questions(miniature, "train") if q.certificate)
    names = graph_names(Graph.open(miniature / "graph"))
    good = write_trace(question, names, "direct", 0).text
    lazy = completion(f"Only {question.letter} fits all {len(question.conditions)}.", question.gold)
    for text, sound in ((good, 1), (lazy, 0)):
        made = Prediction(question_id=question.id, model="m", text=text, tokens=9, finished=True)
        found = sound_reasoning([question], [made], score([question], [made]), names)
        assert list(found.values()) == [{"correct": 1, "sound": sound}]


def test_the_graph_in_the_summary_adds_up(miniature: Path) -> None:
    graph = read_json(miniature / "summary.json")["counts"]["graph"]
    assert sum(graph["edges"].values()) == counts(miniature, "graph")["edges"]["all"]
    assert 0 < graph["negative"] < sum(graph["edges"].values()) / 2


def test_the_summary_has_every_stage_with_interval_and_verdicts(miniature: Path) -> None:
    assert "<html" in (miniature / "report.html").read_text()[:200]
    summary = read_json(miniature / "summary.json")
    assert list(summary["stages"]) == sorted(STAGES)
    for stage in STAGES:
        score = summary["stages"][stage]
        predictions = list(read_jsonl(miniature / "evaluation" / stage / "predictions.jsonl", Prediction))
        asked = questions(miniature, "test")
        verdicts = Counter(judge(p.text, q, finished=p.finished) for p, q in zip(predictions, asked, strict=True))
        assert [p.question_id for p in predictions] == [q.id for q in asked]
        assert score["n"] == len(asked) == sum(score["verdicts"].values())
        assert score["verdicts"] == {verdict.value: verdicts[verdict] for verdict in Verdict}
        assert score["accuracy"] == pytest.approx(verdicts[Verdict.CORRECT] / len(asked), abs=1e-6)
        assert 0 <= score["lo"] <= score["accuracy"] <= score["hi"] <= 1
    # otherwise this recipe is too small to tell anything
    assert (
        summary["stages"]["base"]["verdicts"]["correct"] == 0 < summary["stages"]["cold_start"]["verdicts"]["correct"]
    )
    assert str(miniature) not in (miniature / "summary.json").read_text()


def test_the_survey_has_its_metapaths(miniature: Path) -> None:
    made = Counter(q.metapath for q in read_jsonl(miniature / "survey" / "questions.jsonl", Question))
    assert made == {"findings_to_disease": 12, "discriminating_finding": 12, "findings_to_gene": 12}
    focus = read_json(miniature / "questions" / "focus.json")
    assert (len(focus["diseases"]), len(focus["findings"])) == (6, 14)
    assert counts(miniature, "questions")["verified"] == counts(miniature, "questions")["kept"] == 150


def test_no_answer_and_evidence_of_a_test_question_is_in_training(miniature: Path) -> None:
    sides: dict[str, set[str]] = {}
    for split in ("train", "dev", "test"):
        asked = questions(miniature, split)
        assert asked and {q.split for q in asked} == {split}
        assert all(q.group == answer_and_evidence(q.answer_id, q.conditions) for q in asked)
        sides[split] = {str(q.group) for q in asked}
    assert not sides["train"] & sides["test"] and not sides["train"] & sides["dev"] and not sides["dev"] & sides["test"]
    made = assign_split(read_jsonl(miniature / "questions" / "questions.jsonl", Question), dev=0.1, test=0.25, seed=3)
    by_rule = {q.id: q.split for q in made}
    kept = [q for split in sides for q in questions(miniature, split)]
    assert [q.split for q in kept] == [by_rule[q.id] for q in kept]
    train = {q.id: q for q in questions(miniature, "train")}
    traces = list(read_jsonl(miniature / "traces" / "traces.jsonl", Trace))
    trained_on = {t.question_id for t in traces} | {
        r.question_id for s in ("stage1", *ROUNDS) for r in read_jsonl(miniature / s / "rollouts.jsonl", Rollout)
    }
    assert trained_on <= set(train)
    assert {train[t.question_id].tier for t in traces} == {"easy"}  # the tiers that the recipe gives traces to
    assert all(judge(t.text, train[t.question_id]) is Verdict.CORRECT for t in traces)


def test_stage1_leaves_rule_inputs_and_balance(miniature: Path) -> None:
    plateau = read_json(miniature / "stage1" / "plateau.json")
    assert plateau["rule"]["window"] == 15 and plateau["steps"] == 2 and plateau["fired_at"] is None
    frame = pl.read_parquet(miniature / "stage1" / "round.parquet")
    assert Counter(frame["tier"]) == counts(miniature, "stage1")["mix"]["got"] == {"easy": 6, "moderate": 6}
    rollouts = list(read_jsonl(miniature / "stage1" / "rollouts.jsonl", Rollout))
    assert [r.question_id for r in rollouts[::4]] == frame["question_id"].to_list()  # in the order of the file
    log = [json.loads(line) for line in (miniature / "stage1" / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in log] == [1, 2]


@pytest.mark.parametrize("name", ROUNDS)
def test_a_round_mines_the_full_training_set_and_mixes_right_and_wrong(miniature: Path, name: str) -> None:
    train = questions(miniature, "train")
    mining = read_json(miniature / name / "mining.json")
    answers = list(read_jsonl(miniature / name / "mining.jsonl", Prediction))
    assert [p.question_id for p in answers] == [q.id for q in train] and mining["answered"] == len(train)
    failed = {q.id for q, p in zip(train, answers, strict=True) if judge(p.text, q, finished=p.finished) != "correct"}
    assert mining["failed"] == sorted(failed) and 0 < len(failed) < len(train)
    asked = pl.read_parquet(miniature / name / "round.parquet")["question_id"].to_list()
    assert mining["mined"] == sorted(set(asked) & failed)
    wrong = sum(question in failed for question in asked)
    manifest = counts(miniature, name)
    assert manifest["mix"]["asked"] == {"right": 2, "wrong": 4}
    assert manifest["mix"]["got"] == {"right": len(asked) - wrong, "wrong": wrong} == {"right": 2, "wrong": 4}
    rollouts = list(read_jsonl(miniature / name / "rollouts.jsonl", Rollout))
    assert (
        manifest["generations"]
        == {"mining": len(train), "rollout": len(rollouts)}
        == {"mining": len(train), "rollout": 36}
    )
    assert Counter(r.question_id for r in rollouts) == {q: 6 * n for q, n in Counter(asked).items()}
    assert {r.phase for r in rollouts} == {name}


def test_each_checkpoint_differs_from_its_parent(miniature: Path) -> None:
    chain = ("base", "cold_start", "stage1", *ROUNDS)
    weights = [file_digest(miniature / name / "checkpoint" / "model.safetensors") for name in chain]
    assert len(set(weights)) == len(chain)


def test_every_generation_is_counted(miniature: Path) -> None:
    evaluation = counts(miniature, "evaluation")
    mined = {q for name in ROUNDS for q in read_json(miniature / name / "mining.json")["mined"]}
    tested = len(questions(miniature, "test"))
    assert evaluation["generations"] == {"evaluation": 4 * tested, "aftermath": len(mined)}
    aftermath = read_json(miniature / "evaluation" / "aftermath.json")
    assert aftermath["mined"] == sorted(mined) and set(aftermath["still_failing"]) <= mined


def test_corrective_traces_are_generated_and_not_trained_on(miniature: Path) -> None:
    strategies = counts(miniature, "traces")["strategies"]
    assert set(strategies) == {"direct", "backtracking", "path_exploration", "self_correction"}
    assert all((row["kept"] > 0) == (name == "direct") for name, row in strategies.items())
    assert {t.strategy for t in read_jsonl(miniature / "traces" / "traces.jsonl", Trace)} == {"direct"}


def test_a_second_run_skips_everything(miniature: Path, copy: Path, rerun: Any) -> None:
    before = stamps(copy)
    said = rerun(copy)
    assert said.count("done already, skipped") == len(NAMES)
    assert changed(before, copy) == set()
    assert (copy / "summary.json").read_bytes() == (miniature / "summary.json").read_bytes()


def test_a_late_setting_runs_only_later_stages_again(copy: Path, rerun: Any) -> None:
    before = stamps(copy)
    rerun(copy, "evaluation.split=dev")
    assert changed(before, copy) == {"evaluation", "report"}
    assert read_json(copy / "summary.json")["stages"]["base"]["n"] == len(questions(copy, "dev"))


def test_more_rounds_build_on_the_rounds_there_are(copy: Path, rerun: Any) -> None:
    before = stamps(copy)
    rerun(copy, "stage2.rounds=1")
    assert changed(before, copy) == {"evaluation", "report"}


def test_a_setting_of_the_middle_keeps_what_comes_before(copy: Path, rerun: Any) -> None:
    before = stamps(copy)
    rerun(copy, "stage2.steps=2")
    assert changed(before, copy) == {*ROUNDS, "evaluation", "report"}
    assert counts(copy, "stage2-round1")["mix"]["asked"] == {"right": 4, "wrong": 8}


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:]),
        lambda file: file.unlink(),
        lambda file: file.with_name("stranger.txt").write_text("x"),
    ],
    ids=["cut", "flipped", "missing", "added"],
)
def test_a_damaged_output_is_noticed_and_built_again(miniature: Path, copy: Path, rerun: Any, damage: Any) -> None:
    damage(copy / "traces" / "traces.jsonl")
    before = stamps(copy)
    said = rerun(copy)
    assert "damaged or missing" in said
    # the stage gives the same bytes again, so what was built on it stands
    assert changed(before, copy) == {"traces"}
    assert (copy / "traces" / "traces.jsonl").read_bytes() == (miniature / "traces" / "traces.jsonl").read_bytes()
    assert not (copy / "traces" / "stranger.txt").exists()


def test_a_damaged_manifest_is_a_stage_not_run(miniature: Path, copy: Path, rerun: Any) -> None:
    (copy / "evaluation" / "manifest.json").write_text("{")
    before = stamps(copy)
    rerun(copy)
    assert changed(before, copy) == {"evaluation"}
    assert (copy / "summary.json").read_bytes() == (miniature / "summary.json").read_bytes()


def test_leftovers_of_a_killed_run_are_cleared(copy: Path, rerun: Any) -> None:
    (copy / ".traces.part").mkdir()
    (copy / ".traces.part" / "traces.jsonl").write_text("half")
    (copy / ".report.html.4711.part").write_text("half")  # killed while the report was put in its place
    before = stamps(copy)
    rerun(copy)
    assert changed(before, copy) == set()
    assert not list(copy.glob(".*.part"))


def test_a_change_in_the_source_files_is_noticed(copy: Path, release: Path, tmp_path: Path, plan_of: Any) -> None:
    assert {line.state for line in plan_of(release, copy)} == {"done"}
    other = shutil.copytree(release, tmp_path / "release")
    moved = plan_of(other, copy)
    rows = (other / "phenotype.hpoa").read_text().replace("HP:0040281", "HP:0040282", 1)
    (other / "phenotype.hpoa").write_text(rows)
    edited = plan_of(other, copy)
    assert "settings" in edited[0].state
    assert "settings" in moved[0].state or moved[0].state == "done"
    (copy / "recipe.yaml").unlink()


def test_the_same_path_with_other_content_is_built_again(tmp_path: Path, release: Path) -> None:
    folder = shutil.copytree(release, tmp_path / "release")
    recipe = load_recipe(Path(__file__).with_name("miniature.yaml"), [f"graph.sources=[{{kind: hpo, path: {folder}}}]"])
    before = [stage.config for stage in build_stages(recipe)]
    rows = (folder / "phenotype.hpoa").read_text().replace("HP:0040281", "HP:0040282", 1)
    (folder / "phenotype.hpoa").write_text(rows)
    after = [stage.config for stage in build_stages(recipe)]
    assert before[0] != after[0] and before[1:-1] == after[1:-1]


def test_the_seed_reaches_every_drawing_stage(release: Path) -> None:
    def stages(*overrides: str) -> dict[str, Any]:
        made = build_stages(load_recipe(Path(__file__).with_name("miniature.yaml"), overrides))
        return {stage.name: (stage.config, stage.seed) for stage in made}

    one, two = stages("seed=1"), stages("seed=2")
    assert {name for name in one if one[name] == two[name]} == {"graph", "traces"}
    seeds = [one[name][1] for name in ("stage1", *ROUNDS)]
    assert len(set(seeds)) == 3


def test_the_plan_lists_every_stage_and_starts_nothing(tmp_path: Path, release: Path, miniature: Path) -> None:
    recipe = load_recipe(
        Path(__file__).with_name("miniature.yaml"), [f"graph.sources=[{{kind: hpo, path: {release}}}]"]
    )
    lines, missing = plan(recipe, tmp_path / "run")
    assert [line.stage for line in lines] == list(NAMES)
    assert lines[0].state == "to do (not run yet)" and lines[1].state == "to do (waits for an earlier stage)"
    assert missing == [] and not (tmp_path / "run").exists()
    sizes = {line.stage: line.size for line in lines}
    assert "150 questions" in sizes["questions"] and "36 questions" in sizes["survey"]
    assert "2 steps x 6 prompts x 4 rollouts = 48 generations" in sizes["stage1"]
    assert "1 steps x 6 prompts x 6 rollouts = 36 generations" in sizes["stage2-round2"]
    assert {line.state for line in plan(recipe, miniature)[0]} == {"done"}


def test_tiers_are_all_there(miniature: Path) -> None:
    assert {q.tier for q in questions(miniature, "train")} == set(TIERS)
