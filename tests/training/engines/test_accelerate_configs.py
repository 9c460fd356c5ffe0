"""The configurations that ship with the recipes: what the installed accelerate makes of them; the CPU's for real."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.training.engines.test_processes import WORKER

from florey.errors import BadInput, FloreyError
from florey.pipeline.recipe import load_recipe
from florey.pipeline.run import run_recipe
from florey.training.engines import RoundJob, TRLSettings
from florey.training.engines.installed import lacking
from florey.training.engines.trl import TRLEngine, command

RECIPES = Path(__file__).parents[3] / "recipes"
CONFIGS = sorted((RECIPES / "accelerate").glob("*.yaml"))


def test_there_are_some() -> None:
    assert [path.stem for path in CONFIGS] == ["cpu", "fsdp2", "gpus", "zero2", "zero3"]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_accelerate_knows_every_key(path: Path) -> None:
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.commands.launch import launch_command_parser

    config = load_config_from_file(str(path))  # refuses unknown keys, but not those within a group
    assert config.num_machines == 1 and config.compute_environment.value == "LOCAL_MACHINE"
    known = vars(launch_command_parser().parse_args(["script.py"]))
    assert not [key for group in (config.fsdp_config, config.deepspeed_config) for key in group if key not in known]
    assert config.use_cpu == (path.stem == "cpu")


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("cpu", {"ACCELERATE_MIXED_PRECISION": "no"}),
        ("gpus", {"ACCELERATE_MIXED_PRECISION": "bf16"}),
        (
            "fsdp2",
            {
                "ACCELERATE_USE_FSDP": "true",
                "FSDP_VERSION": "2",
                "FSDP_RESHARD_AFTER_FORWARD": "true",
                "FSDP_STATE_DICT_TYPE": "FULL_STATE_DICT",
                "FSDP_CPU_RAM_EFFICIENT_LOADING": "true",
            },
        ),
        ("zero2", {"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": "2"}),
        (
            "zero3",
            {
                "ACCELERATE_USE_DEEPSPEED": "true",
                "ACCELERATE_DEEPSPEED_ZERO_STAGE": "3",
                "ACCELERATE_DEEPSPEED_ZERO3_SAVE_16BIT_MODEL": "true",
            },
        ),
    ],
)
def test_what_the_processes_would_be_told(
    a_job: Callable[..., RoundJob],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    environment: dict[str, str],
) -> None:
    """By accelerate's own launcher, from the very command that the engine would run."""
    from accelerate.commands.launch import _validate_launch_command, launch_command_parser
    from accelerate.utils.launch import prepare_deepspeed_cmd_env, prepare_multi_gpu_env

    monkeypatch.setattr("florey.training.engines.trl.lacking", lambda _: [])  # as if deepspeed were there
    job = a_job("a", trl=TRLSettings(processes=2, accelerate_config=RECIPES / "accelerate" / f"{name}.yaml"))
    told = command(job, tmp_path)
    arguments = told[told.index("accelerate.commands.launch") + 1 :]
    parsed, *_ = _validate_launch_command(launch_command_parser().parse_args(arguments))
    assert parsed.num_processes == 2 and parsed.training_script == "florey.training.engines.trl_worker"
    parsed.deepspeed_fields_from_accelerate_config = ""  # of which the launcher itself makes a list
    made = prepare_deepspeed_cmd_env(parsed)[1] if parsed.use_deepspeed else prepare_multi_gpu_env(parsed)
    assert {key: made.get(key) for key in environment} == environment
    assert made.get("ACCELERATE_GRADIENT_ACCUMULATION_STEPS") is None  # or it would overrule the trainer


@pytest.mark.slow
def test_the_one_for_cpus_trains(a_job: Callable[..., RoundJob], monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(job: RoundJob, folder: Path) -> list[str]:
        return [each.replace("florey.training.engines.trl_worker", WORKER) for each in command(job, folder)]

    monkeypatch.setattr("florey.training.engines.trl.command", planted)
    job = a_job("a", max_steps=2, trl=TRLSettings(processes=2, accelerate_config=RECIPES / "accelerate" / "cpu.yaml"))
    outcome = TRLEngine().train(job)
    assert outcome.steps == 2 and len(outcome.rollouts) == 2 * 16  # of both processes
    assert any(row["grad_norm"] > 0 for row in outcome.log)
    before, after = (load_file(place / "model.safetensors") for place in (job.parent, job.out))
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_fewer_processes_than_asked_for_are_not_passed_over(a_job: Callable[..., RoundJob], tmp_path: Path) -> None:
    # accelerate starts a single one for this configuration, and says nothing
    alone = (RECIPES / "accelerate" / "cpu.yaml").read_text().replace("MULTI_GPU", "MULTI_CPU")
    (tmp_path / "alone.yaml").write_text(alone)
    job = a_job("a", trl=TRLSettings(processes=2, accelerate_config=tmp_path / "alone.yaml"))
    with pytest.raises(BadInput, match=r"trl\.processes is 2, and accelerate has started 1"):
        TRLEngine().train(job)


def test_one_that_is_not_there_is_named(a_job: Callable[..., RoundJob], tmp_path: Path) -> None:
    job = a_job("a", trl=TRLSettings(processes=2, accelerate_config=tmp_path / "none.yaml"))
    with pytest.raises(BadInput, match=r"trl\.accelerate_config .*none\.yaml: no such file"):
        TRLEngine().train(job)


@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.stem)
def test_recipes_name_configurations_that_are_there(recipe: Path) -> None:
    given = load_recipe(recipe).trl.accelerate_config
    assert given is None or (RECIPES.parent / given) in CONFIGS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("distributed_type: MULTI_GPU\nnonsense: 1\n", r"expected a configuration of accelerate .*nonsense"),
        ("num_processes: 2\n", "expected a configuration of accelerate .*distributed_type"),
        ("distributed_type: MANY\n", "expected a configuration of accelerate .*MANY"),
        ("- a\n", "expected a configuration of accelerate"),
        ("", "expected a configuration of accelerate"),
        ("a: [\n", "expected a configuration of accelerate"),
        ("compute_environment: [\x00", "expected a configuration of accelerate"),
    ],
)
def test_what_is_no_configuration_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    (found,) = lacking(TRLSettings(processes=2, accelerate_config=tmp_path / "a.yaml"))
    assert re.search(rf"trl\.accelerate_config .*a\.yaml: {said}", found)


def test_a_configuration_for_several_and_one_process() -> None:
    (found,) = lacking(TRLSettings(accelerate_config=RECIPES / "accelerate" / "fsdp2.yaml"))
    assert "is for several processes (8), and trl.processes is 1" in found
    assert lacking(TRLSettings(accelerate_config=RECIPES / "accelerate" / "fsdp2.yaml", processes=4)) == []


def test_deepspeed_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda asked, *a: None if asked == "deepspeed" else found(asked, *a)
    )
    for path in CONFIGS:
        said = lacking(TRLSettings(processes=2, accelerate_config=path))
        assert [("deepspeed is not installed" in each) for each in said] == ([True] if "zero" in path.stem else [])


def test_a_run_says_so_before_its_first_stage(tmp_path: Path) -> None:
    recipe = load_recipe(RECIPES / "quickstart.yaml", ["trl.accelerate_config=none.yaml"])
    with pytest.raises(FloreyError, match=r"trl\.accelerate_config none\.yaml: no such file"):
        run_recipe(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()
