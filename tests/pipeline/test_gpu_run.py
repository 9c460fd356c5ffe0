"""What `perf.gpu_run` reads from a finished run, and the models it makes where none can be fetched."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest
from perf.gpu_run import RECIPE as ONE_GPU
from perf.gpu_run import SMOKE, model_for, report, speeds, spent
from perf.trainable import byte_tokenizer, from_gguf, tiny

from florey.errors import BadInput
from florey.files import file_digest, read_json, read_jsonl
from florey.inference.prompts import render_prompt
from florey.pipeline.recipe import Recipe, load_recipe
from florey.records import Question, Rollout
from florey.training.policy import load_policy

MINIATURE = Path(__file__).with_name("miniature.yaml")


@pytest.fixture
def recipe() -> Recipe:
    return load_recipe(MINIATURE)


def test_of_a_run(miniature: Path, recipe: Recipe) -> None:
    found = spent(miniature, recipe)
    rollouts = [
        rollout
        for phase in ("stage1", "stage2-round1", "stage2-round2")
        for rollout in read_jsonl(miniature / phase / "rollouts.jsonl", Rollout)
    ]
    assert len(rollouts) < found["tokens"] <= len(rollouts) * recipe.grpo.max_new_tokens
    loops = sum(read_json(miniature / phase / "timing.json")["seconds"] for phase in ("stage1", "stage2-round1"))
    assert found["rollout"] + found["update"] > 0 and found["rollout"] < loops * 2
    shares = speeds(found, 1)
    assert sum(shares[f"share_{part}"] for part in ("rollout", "update", "reward", "snapshot")) == pytest.approx(
        1, abs=1e-3
    )


def test_speeds() -> None:
    found = speeds({"rollout": 6.0, "update": 3.0, "reward": 0.5, "snapshot": 0.5, "tokens": 1200.0}, 2)
    assert (found["generated_tok_s"], found["trained_tok_s"]) == (200.0, 800.0)  # trained on twice
    assert (found["share_rollout"], found["share_update"]) == (0.6, 0.3)


@pytest.mark.parametrize("smoke", [True, False])
def test_the_file_says_what_it_is(miniature: Path, recipe: Recipe, tmp_path: Path, smoke: bool) -> None:
    report(recipe, miniature, 12.3, Namespace(smoke=smoke, model="some/model", json=tmp_path / "f.json"))
    found = read_json(tmp_path / "f.json")
    assert found["smoke_test"] is smoke and ("note" in found) == smoke
    assert found["device"] and found["model"] == "some/model" and found["seconds"] == 12.3
    scores = read_json(miniature / "evaluation" / "scores.json")
    for stage in ("base", "cold_start", "stage1", "stage2"):
        assert found[f"{stage}_acc"] == pytest.approx(scores[stage]["accuracy"], abs=1e-4)
        assert found[f"{stage}_lo"] <= found[f"{stage}_acc"] <= found[f"{stage}_hi"]


def test_the_smoke_test_is_the_recipe_but_smaller() -> None:
    whole, small = load_recipe(ONE_GPU), load_recipe(ONE_GPU, SMOKE)
    changed = {name for name, value in whole.model_dump().items() if small.model_dump()[name] != value}
    assert changed <= {
        *("threads", "save_every", "synthesis", "distill", "cold_start", "grpo", "stage1", "stage2", "evaluation")
    }
    assert small.stage1.choice == whole.stage1.choice and small.stage2.guard == whole.stage2.guard


def test_a_tiny_model_of_its_own(tmp_path: Path, miniature: Path) -> None:
    folder = tiny(tmp_path / "model")
    weights = file_digest(folder / "model.safetensors")
    assert tiny(folder) == folder and file_digest(folder / "model.safetensors") == weights
    assert file_digest(tiny(tmp_path / "again") / "model.safetensors") == weights
    model, tokenizer = load_policy(str(folder))
    assert model.config.num_key_value_heads < model.config.num_attention_heads and model.num_parameters() < 200_000
    question = next(iter(read_jsonl(miniature / "curated" / "train.jsonl", Question)))
    prompt = render_prompt(question, tokenizer)
    assert question.stem in prompt and prompt.endswith("assistant\n")
    assert tokenizer.decode(tokenizer(prompt)["input_ids"]) == prompt


def test_its_tokens_are_bytes() -> None:
    tokenizer = byte_tokenizer()
    for text in ("Behçet disease", "白塞病\n", "<think>a</think>"):
        ids = tokenizer(text)["input_ids"]
        assert len(ids) == len(text.encode()) and tokenizer.decode(ids) == text
    assert tokenizer("a<|im_end|>")["input_ids"][-1] == tokenizer.eos_token_id != tokenizer.pad_token_id


def test_which_model(tmp_path: Path) -> None:
    assert model_for(None, False, tmp_path) == []
    assert model_for("some/model", True, tmp_path) == ["policy.model=some/model"]
    with pytest.raises(BadInput, match=r"none\.gguf: no such file"):
        model_for(str(tmp_path / "none.gguf"), False, tmp_path)


def test_a_gguf_file_needs_gguf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadInput, match="needs gguf: pip install gguf"):
        from_gguf(tmp_path / "m.gguf", tmp_path / "out")
