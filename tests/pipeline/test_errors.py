"""What a user can get wrong, through the real command line: one line with its place, exit code 2, nothing half-made."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from florey.files import read_jsonl, write_jsonl
from florey.pipeline.recipe import load_recipe
from florey.records import Question

HERE = Path(__file__).parent
MINIATURE = HERE / "miniature.yaml"
RECIPES = sorted((HERE.parents[1] / "recipes").glob("*.yaml"))

Cli = Callable[..., tuple[int, str, str]]


def leftovers(folder: Path) -> list[str]:
    """Stage folders and files that a failed run left, but the lock and finished stages."""
    if not folder.is_dir():
        return []
    return [path.name for path in folder.iterdir() if path.name != ".lock" and not (path / "manifest.json").is_file()]


def refused(cli: Cli, *arguments: str | Path, out: Path | None = None) -> str:
    """The one line in which the command line refuses."""
    code, _, err = cli(*arguments, *(("--out", out) if out else ()))
    lines = err.strip().splitlines()
    assert code == 2, err
    assert len(lines) == 1 and lines[0].lower().startswith("error: "), err
    if out:
        assert leftovers(out) == []
    return lines[0].split(": ", 1)[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name: x\nstagee1: {}\n", "line 2: unknown key 'stagee1' (did you mean 'stage1'?)"),
        (
            "name: x\nstage2:\n  steps: 3\n  rolouts: 3\n",
            "line 4: unknown key 'stage2.rolouts' (did you mean 'rollouts'?)",
        ),
        (
            "name: x\npolicy:\n  small: {hiden: 32}\n",
            "line 3: unknown key 'policy.small.hiden' (did you mean 'hidden'?)",
        ),
        ("name: x\nsurvey: {alfa: 1}\n", "line 2: unknown key 'survey.alfa' (did you mean 'alpha'?)"),
        ("name: x\nseed: soon\n", "line 2: seed: Input should be a valid integer"),
        ("name: x\ngrpo:\n  learning_rate: -1\n", "line 3: grpo.learning_rate: Input should be greater than 0, got -1"),
        ("name: x\nstage1: {tiers: [easy, hard]}\n", "line 2: stage1.tiers.1: Input should be 'easy', 'moderate' or"),
        ("name: x\nstage1:\n  tiers:\n    - easy\n    - hard\n", "line 5: stage1.tiers.1"),
        (
            "name: x\nsynthesis:\n  metapaths: {findings_to_diseas: 1}\n",
            "line 3: synthesis.metapaths: unknown metapath",
        ),
        ("name: x\nsynthesis:\n  shapes: [{findings: 3}]\n", "line 3: synthesis.shapes.0.options: Field required"),
        ("name: x\nsplit: {dev: 0.6, test: 0.5}\n", "line 2: split: dev + test must leave something to train on"),
        ("name: x\nevaluation: {split: dev}\nsplit: {dev: 0}\n", "evaluation.split is dev, but split.dev is 0"),
        ("name: x\ncold_start: null\n", "cold_start is null, but the small policy"),
        ("seed: 1\n", "line 1: name: Field required"),
        ("name: x\n  seed: 1\n", "line 2: not YAML: mapping values are not allowed here"),
        ("name: [x\n", "not YAML"),
        ("name: x\nbad: \x00\n", "not YAML"),
        ("name: !!python/object/apply:os.system [ls]\n", "line 1: not YAML: could not determine a constructor"),
        ("name: 2020-13-45\n", "not YAML"),
        ("- name\n", "expected a recipe (a mapping with at least 'name'), found list"),
        ("", "expected a recipe (a mapping with at least 'name'), found NoneType"),
        ("1: x\nname: x\n", "bad.yaml, line 1: "),
    ],
)
def test_a_bad_recipe_is_one_line_with_its_place(cli: Cli, tmp_path: Path, content: str, said: str) -> None:
    recipe = tmp_path / "bad.yaml"
    recipe.write_text(content)
    # the path: were the recipe accepted after all, the run would end at once rather than do real work
    message = refused(
        cli, "run", recipe, "--set", f"graph.sources=[{{kind: hpo, path: {tmp_path / 'none'}}}]", out=tmp_path / "out"
    )
    assert message.startswith(str(recipe)) and said in message
    assert not (tmp_path / "out").exists()


def test_what_is_no_recipe_file_is_named(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "nowhere.yaml: cannot read the recipe (No such file" in refused(
        cli, "run", tmp_path / "nowhere.yaml", out=out
    )
    assert "cannot read the recipe (Is a directory)" in refused(cli, "run", tmp_path, out=out)
    (tmp_path / "latin.yaml").write_bytes("name: é".encode("latin-1"))
    assert "latin.yaml: cannot read the recipe (not UTF-8 text)" in refused(
        cli, "run", tmp_path / "latin.yaml", out=out
    )
    assert not out.exists()


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("stage3.steps=1", "--set stage3.steps=1: unknown key 'stage3' (did you mean 'stage2'?)"),
        ("stage2.step=1", "--set stage2.step=1: unknown key 'stage2.step' (did you mean 'steps'?)"),
        ("stage2.mix.rihgt=1", "--set stage2.mix.rihgt=1: unknown key 'stage2.mix.rihgt' (did you mean 'right'?)"),
        ("seed=soon", "--set seed=soon: seed: Input should be a valid integer"),
        ("seed", "--set seed: expected key=value"),
        ("=1", "--set =1: expected key=value"),
        ("name.x=1", "--set name.x=1: 'name' is not a group of settings"),
        ("seed=[1", "--set seed=[1: the value is not YAML"),
        ("name=2020-13-45", "--set name=2020-13-45: the value is not YAML"),
        ("policy.small={hiden: 1}", "--set policy.small={hiden: 1}: unknown key 'policy.small.hiden'"),
    ],
)
def test_a_bad_override_is_named(cli: Cli, tmp_path: Path, override: str, said: str) -> None:
    assert refused(cli, "run", MINIATURE, "--set", override, out=tmp_path / "out").startswith(said)
    assert not (tmp_path / "out").exists()


def test_an_override_does_not_hide_the_line_of_another_mistake(cli: Cli, tmp_path: Path) -> None:
    recipe = tmp_path / "bad.yaml"
    recipe.write_text("name: x\nsead: 1\n")
    assert f"{recipe}, line 2: unknown key 'sead'" in refused(cli, "run", recipe, "--set", "seed=1")


def test_of_two_overrides_the_mistaken_one_is_named(cli: Cli) -> None:
    message = refused(cli, "run", MINIATURE, "--set", "stage2.mix.right=1", "--set", "stage2.mix.rihgt=1")
    assert message.startswith("--set stage2.mix.rihgt=1: unknown key")


def test_overrides_reach_the_recipe() -> None:
    recipe = load_recipe(MINIATURE, ["stage2.rounds=5", "policy.small.hidden=8", "survey=null", "stage1.tiers=[easy]"])
    assert (recipe.stage2.rounds, recipe.policy.small.hidden, recipe.survey) == (5, 8, None)
    assert recipe.stage1.tiers == ("easy",) and recipe.policy.small.layers == 1


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_the_recipes_of_the_project_load(recipe: Path) -> None:
    assert load_recipe(recipe).name == recipe.stem


def damage_annotations(folder: Path) -> None:
    lines = (folder / "phenotype.hpoa").read_text().splitlines()
    lines[4] = lines[4].rsplit("\t", 1)[0]
    (folder / "phenotype.hpoa").write_text("\n".join(lines))


def damage_ontology(folder: Path) -> None:
    (folder / "hp.obo").write_bytes((folder / "hp.obo").read_bytes()[:700] + b"\xff\xfe")


def damage_genes(folder: Path) -> None:
    (folder / "genes_to_phenotype.txt").write_text("gene\tdisease\n")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (damage_annotations, "phenotype.hpoa, line 5: 11 fields, expected 12"),
        (damage_ontology, "hp.obo"),
        (damage_genes, "genes_to_phenotype.txt, line 1: no column 'ncbi_gene_id'"),
        (lambda folder: (folder / "phenotype.hpoa").unlink(), "phenotype.hpoa"),
        (shutil.rmtree, "release"),
    ],
    ids=["annotations", "ontology", "genes", "file", "folder"],
)
def test_missing_and_damaged_sources_are_named(
    cli: Cli, tmp_path: Path, release: Path, damage: Callable[[Path], None], said: str
) -> None:
    folder = shutil.copytree(release, tmp_path / "release")
    damage(folder)
    message = refused(
        cli, "run", MINIATURE, "--set", f"graph.sources=[{{kind: hpo, path: {folder}}}]", out=tmp_path / "out"
    )
    assert said in message
    assert not (tmp_path / "out" / "graph").exists()


def test_a_folder_that_cannot_be_written_is_named(cli: Cli, tmp_path: Path, release: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for out in (file, file / "below"):
        message = refused(
            cli, "run", MINIATURE, "--set", f"graph.sources=[{{kind: hpo, path: {release}}}]", "--out", out
        )
        assert message.startswith(f"{out}: cannot write there (")
    assert file.read_text() == ""
    made = refused(cli, "graph", "build", "--path", release, "--out", file / "below")
    assert str(file) in made


def test_two_runs_in_one_folder_are_one_too_many(cli: Cli, tmp_path: Path, release: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with (out / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        message = refused(cli, "run", MINIATURE, "--set", f"graph.sources=[{{kind: hpo, path: {release}}}]", out=out)
    assert message.startswith(f"{out}: another run is working in this folder")


@pytest.mark.parametrize("content", [None, "{}", "weights"])
def test_a_policy_that_is_no_model_is_named(cli: Cli, tmp_path: Path, release: Path, content: str | None) -> None:
    model = tmp_path / "model"
    model.mkdir()
    if content == "weights":
        (model / "model.safetensors").write_bytes(b"\x00" * 64)
    elif content:
        (model / "config.json").write_text(content)
    settings = ("--set", f"graph.sources=[{{kind: hpo, path: {release}}}]", "--set", f"policy.model={model}")
    message = refused(cli, "run", MINIATURE, *settings, out=tmp_path / "out")
    assert message.startswith(f"{model}: not a model; expected a folder with config.json and safetensors weights")
    assert not (tmp_path / "out").exists()  # before any work


def test_a_model_of_the_users_own_is_trained_instead(
    miniature: Path, tmp_path: Path, rerun: Callable[..., str]
) -> None:
    model = miniature / "cold_start" / "checkpoint"
    before = {file.name: file.read_bytes() for file in model.iterdir()}
    overrides = (f"policy.model={model}", "cold_start=null", "stage2.rounds=0", "survey=null", "stage1.max_steps=1")
    rerun(tmp_path / "out", *overrides)
    assert not (tmp_path / "out" / "base" / "checkpoint").exists()
    assert {file.name: file.read_bytes() for file in model.iterdir()} == before
    again = rerun(tmp_path / "out", *overrides)
    assert again.count("skipped") == 8


def test_a_split_without_questions_is_named(cli: Cli, tmp_path: Path, release: Path) -> None:
    settings = [
        f"graph.sources=[{{kind: hpo, path: {release}}}]",
        "synthesis.metapaths={findings_to_disease: 3}",
        "split.dev=0",
        "split.test=0.01",
    ]
    arguments = [part for setting in settings for part in ("--set", setting)]
    message = refused(cli, "run", MINIATURE, *arguments, out=tmp_path / "out")
    assert "no question is left for test" in message


def test_the_plan_makes_no_folder(cli: Cli, tmp_path: Path, release: Path) -> None:
    out = tmp_path / "out"
    code, said, _ = cli(
        "run", MINIATURE, "--plan", "--set", f"graph.sources=[{{kind: hpo, path: {release}}}]", "--out", out
    )
    assert code == 0 and not out.exists()
    assert "RLVR stage 2, round 2" in said and "Nothing is missing here." in said
    code, said, _ = cli(
        "run", MINIATURE, "--plan", "--set", f"graph.sources=[{{kind: hpo, path: {tmp_path / 'none'}}}]", "--out", out
    )
    assert code == 0 and not out.exists()
    assert "Missing here:" in said and "no such file or folder" in said


def test_verify_passes_on_the_runs_questions_and_fails_after_tampering(
    cli: Cli, tmp_path: Path, miniature: Path
) -> None:
    graph = miniature / "graph"
    for stage in ("questions", "survey"):
        code, said, _ = cli("verify", miniature / stage / "questions.jsonl", "--graph", graph)
        assert code == 0 and "certificates hold" in said
    questions = list(read_jsonl(miniature / "questions" / "questions.jsonl", Question))
    victim = questions[7]
    # the honest way to cheat: another gold, and the id that goes with it
    questions[7] = victim.model_copy(update={"gold": (victim.gold + 1) % len(victim.options)}).identified()
    write_jsonl(tmp_path / "tampered.jsonl", questions)
    code, said, err = cli("verify", tmp_path / "tampered.jsonl", "--graph", graph)
    assert code == 1 and said.startswith(f"{questions[7].id}: ")
    assert f"1 of {len(questions)} certificates do not hold" in err
