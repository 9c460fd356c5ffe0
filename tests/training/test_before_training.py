"""Mistakes that are found before a round is trained on, and gradients that are no numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from safetensors import SafetensorError
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from florey.errors import BadInput, FloreyError
from florey.files import read_jsonl
from florey.inference.local import pin_threads
from florey.records import Question, Rollout
from florey.training.checks import check_tokenizer
from florey.training.cold_start.fine_tuning import SFTSettings, fine_tune
from florey.training.engines import GRPOConfigModel, RoundJob
from florey.training.engines.registry import engine_named
from florey.training.engines.trl import TRLEngine
from florey.training.limits import named_limits
from florey.training.policy import EOS, SmallModel, build_policy, load_tokenizer, save_policy
from florey.training.rounds import write_round

SHAPE = SmallModel(hidden=16, layers=1, heads=2, feed_forward=32, positions=64)


@pytest.fixture
def job(tmp_path: Path) -> RoundJob:
    pin_threads(1)  # two would mostly wait for each other
    questions = [
        Question(stem=f"p {number}", options=("x", "y"), gold=0, source="test", tier="easy").identified()
        for number in range(2)
    ]
    words = ["p", "0", "1", "A", "B"]
    save_policy(*build_policy(SHAPE, [], words, seed=1), tmp_path / "parent")
    write_round(tmp_path / "round.parquet", questions, ["p 0", "p 1 " * 10])
    return RoundJob(
        phase="stage1",
        parent=tmp_path / "parent",
        round_file=tmp_path / "round.parquet",
        out=tmp_path / "run" / "part" / "checkpoint",
        config=GRPOConfigModel(prompts_per_step=2, max_new_tokens=8, micro_batch=4, learning_rate=1e-3),
        rollouts_per_prompt=2,
        max_steps=2,
        seed=0,
    )


def test_prompts_that_leave_no_room_are_named_with_the_setting(job: RoundJob) -> None:
    tight = replace(job, config=job.config.model_copy(update={"max_new_tokens": 60}))
    with pytest.raises(BadInput, match=r"question q-\w+ has 20 tokens.*60 .grpo.max_new_tokens.*reads 64"):
        TRLEngine().train(tight)


def test_groups_of_one(job: RoundJob) -> None:
    with pytest.raises(BadInput, match="set rollouts to 2"):
        TRLEngine().train(replace(job, rollouts_per_prompt=1))


def test_a_round_without_questions_or_with_one_option(job: RoundJob) -> None:
    frame = pl.read_parquet(job.round_file)
    frame.with_columns(options=pl.Series([["x", "y"], ["x"]])).write_parquet(job.round_file)
    with pytest.raises(BadInput, match="has 1 option"):
        TRLEngine().train(job)
    frame.clear().write_parquet(job.round_file)
    with pytest.raises(BadInput, match="the round has no questions"):
        TRLEngine().train(job)


def test_a_gradient_that_is_no_number_stops_and_keeps_the_batch(job: RoundJob, monkeypatch: pytest.MonkeyPatch) -> None:
    from trl import GRPOTrainer

    inner = GRPOTrainer.compute_loss

    def poisoned(self: Any, *arguments: Any, **more: Any) -> Any:
        loss = inner(self, *arguments, **more)
        return loss * float("nan") if self.state.global_step == 1 else loss

    monkeypatch.setattr(GRPOTrainer, "compute_loss", poisoned)
    with pytest.raises(FloreyError, match="stage1, step 2: the gradient is no number"):
        TRLEngine().train(job)
    (kept,) = (job.out.parent.parent).glob("*.jsonl")
    assert kept.name == "stage1-step2.jsonl"
    assert [rollout.step for rollout in read_jsonl(kept, Rollout)] == [2] * 4
    assert not any(job.out.glob("*.safetensors"))


def tokenizer_of(job: RoundJob, **changes: Any) -> None:
    tokenizer = load_tokenizer(str(job.parent))
    for name, value in changes.items():
        setattr(tokenizer, name, value)
    for template in job.parent.glob("*.jinja"):
        template.unlink()
    tokenizer.save_pretrained(job.parent)


def test_a_model_that_nobody_knows_how_to_ask(job: RoundJob) -> None:
    tokenizer_of(job, chat_template=None)
    with pytest.raises(BadInput, match="no chat template, so nobody knows how to ask it"):
        TRLEngine().train(job)
    with pytest.raises(BadInput, match="no chat template"):
        fine_tune(job.parent, [("p 0", "A")], job.out, SFTSettings(steps=1, batch=1), seed=0)


def test_padding_that_is_also_the_end_of_an_answer(job: RoundJob) -> None:
    """Another token pads where there is one; where there is none, that is said before training."""
    tokenizer_of(job, pad_token=EOS)
    assert load_tokenizer(str(job.parent)).pad_token == "<pad>"
    assert TRLEngine().train(job).steps == 2
    alone = load_tokenizer(str(job.parent))
    alone.pad_token = alone.eos_token
    with pytest.raises(BadInput, match="pads with <eos>, the token that ends an answer, and has no other"):
        check_tokenizer(alone, job.parent)


@pytest.mark.parametrize(
    ("pad", "others", "found"),
    [(None, ["<|endoftext|>"], "<|endoftext|>"), ("<e>", ["[PAD]"], "[PAD]"), ("<e>", [], "<e>"), ("<p>", [], "<p>")],
)
def test_which_token_pads(tmp_path: Path, pad: str | None, others: list[str], found: str) -> None:
    words = {each: number for number, each in enumerate(["a", "<e>", "<p>", *others])}
    plain = Tokenizer(models.WordLevel(words, unk_token="a"))
    PreTrainedTokenizerFast(tokenizer_object=plain, eos_token="<e>", pad_token=pad).save_pretrained(tmp_path)
    assert load_tokenizer(str(tmp_path)).pad_token == found


def test_an_exploding_gradient_stops_and_keeps_the_batch(job: RoundJob) -> None:
    wild = replace(job, config=job.config.model_copy(update={"stop_grad_norm": 1e-12, "learning_rate": 1.0}))
    with pytest.raises(FloreyError, match=r"the gradient has exploded .norm .*smaller grpo.learning_rate"):
        TRLEngine().train(replace(wild, max_steps=20))
    (kept,) = (job.out.parent.parent).glob("*.jsonl")
    assert list(read_jsonl(kept, Rollout))


def test_memory_that_runs_out_is_a_sentence(tmp_path: Path) -> None:
    told = pytest.raises(FloreyError, match=r"stage1: out of memory .*a smaller grpo.micro_batch needs less")
    with told, named_limits("stage1", "grpo.micro_batch", tmp_path):
        torch.empty(2**50)
    with pytest.raises(FloreyError, match="out of memory"), named_limits("x", "y", tmp_path):
        raise MemoryError


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_a_disk_that_is_full_is_a_sentence(tmp_path: Path) -> None:
    told, full = pytest.raises(FloreyError, match=r"no space left where .* is; make room"), Path("/dev/full")
    with told, named_limits("stage1", "grpo.micro_batch", tmp_path):
        full.write_text("x" * 100_000)
    with pytest.raises(FloreyError, match="no space left"), named_limits("x", "y", tmp_path):
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
    with pytest.raises(RuntimeError, match="else"), named_limits("x", "y", tmp_path):
        raise RuntimeError("something else")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_a_disk_that_fills_under_a_snapshots_optimiser_is_a_sentence(tmp_path: Path) -> None:
    """torch.save says nothing of space: its error tells of positions in a file."""
    told = pytest.raises(FloreyError, match=r"stage1: no space left where .* is; make room")
    with told, named_limits("stage1", "grpo.micro_batch", tmp_path):
        torch.save({"step": torch.zeros(10**5)}, "/dev/full")
    (tmp_path / "cut.pt").write_bytes(b"PK no archive")
    with pytest.raises(Exception, match=r"^(?!.*no space left)"), named_limits("stage1", "x", tmp_path):
        torch.load(tmp_path / "cut.pt", weights_only=True)  # one that cannot be read is another matter


def test_an_engine_that_there_is_not() -> None:
    with pytest.raises(BadInput, match=r"no engine 'trll' .did you mean 'trl'"):
        engine_named("trll")
    assert isinstance(engine_named("trl"), TRLEngine)


def test_an_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"trl is not installed: pip install 'florey\[train\]'"):
        engine_named("trl")
