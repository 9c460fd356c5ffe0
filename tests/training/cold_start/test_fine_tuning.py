"""Fine-tuning on traces: what carries loss, packing, adapters, early stop, and a kill in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from florey.errors import BadInput, FloreyError
from florey.files import file_digest, write_json
from florey.training.cold_start.fine_tuning import ColdStartOutcome, SFTSettings, fine_tune
from florey.training.cold_start.packing import IGNORED
from florey.training.policy import SmallModel, build_policy, load_policy, save_policy

SHAPE = SmallModel(hidden=16, layers=1, heads=2, feed_forward=32, positions=64)
WORDS = [*map(str, range(30))]
# A rule that can be learned: the answer is the number after the prompt's.
PAIRS = [(f"{n} ", f"{(n + 1) % 30} " * (1 + n % 3)) for n in range(30)]
IDS = [f"q{n}" for n in range(30)]
BASE: dict[str, Any] = {"steps": 20, "batch": 8, "micro_batch": 4, "learning_rate": 1e-2, "max_tokens": 16}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def train(tmp_path: Path) -> Callable[..., ColdStartOutcome]:
    """`train(out, work=…, **settings)` from the same base."""
    save_policy(*build_policy(SHAPE, [], WORDS, seed=1), tmp_path / "base")

    def made(
        out: str, pairs: list[tuple[str, str]] = PAIRS, work: Path | None = None, **settings: Any
    ) -> ColdStartOutcome:
        return fine_tune(
            tmp_path / "base",
            pairs,
            tmp_path / out,
            SFTSettings(**{**BASE, **settings}),
            seed=5,
            questions=IDS[: len(pairs)],
            work=work,
            save_every=10,
        )

    return made


def weights(folder: Path) -> str:
    return file_digest(folder / "model.safetensors")


def test_it_learns_and_says_what_it_did(train: Callable[..., ColdStartOutcome], tmp_path: Path) -> None:
    made = train("out", steps=60)
    assert (made.steps, made.traces, made.rows, made.held_out, made.measured) == (60, 30, 30, 0, [])
    assert [row["step"] for row in made.log] == [10, 20, 30, 40, 50, 60]
    assert made.log[-1]["loss"] < made.log[0]["loss"] / 2
    assert weights(tmp_path / "out") != weights(tmp_path / "base")
    assert made.best_step is None and not made.stopped_early


def test_no_steps_leave_the_weights_alone(train: Callable[..., ColdStartOutcome], tmp_path: Path) -> None:
    assert train("out", steps=0).steps == 0
    opened, theirs = (load_policy(str(tmp_path / name))[0].state_dict() for name in ("out", "base"))
    assert all(torch.equal(opened[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("packing", [False, True])
def test_the_prompts_tokens_carry_no_loss(
    train: Callable[..., ColdStartOutcome], monkeypatch: pytest.MonkeyPatch, packing: bool
) -> None:
    """What the trainer is given: -100 on every prompt. And other labels there, were they written, change nothing: the
    very same loss comes out for prompts whose own tokens would have cost a loss."""
    from florey.training.cold_start import sft_trainer

    seen: list[dict[str, torch.Tensor]] = []
    changed: list[tuple[float, float, float]] = []
    inner = sft_trainer.trainer_class

    def spied() -> Any:
        class Spy(inner()):  # type: ignore[misc]
            def compute_loss(self, model: Any, inputs: Any, **more: Any) -> Any:
                loss = super().compute_loss(model, dict(inputs), **more)
                seen.append(inputs)
                if len(seen) == 1:
                    prompts = inputs["labels"] == IGNORED
                    whole = {**inputs, "labels": torch.where(prompts, inputs["input_ids"], inputs["labels"])}
                    again = super().compute_loss(model, dict(inputs), **more)
                    costly = super().compute_loss(model, whole, **more)
                    changed.append((loss.item(), again.item(), costly.item()))
                return loss

        return Spy

    monkeypatch.setattr("florey.training.cold_start.fine_tuning.trainer_class", spied)
    train("out", steps=2, packing=packing)
    ((first, again, costly),) = changed
    assert first == again != pytest.approx(costly, rel=1e-3)  # prompts would cost, had they labels
    tokens = learned = 0
    for batch in seen:
        for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
            for token, label in zip(ids, labels, strict=True):
                assert label in (IGNORED, token)
            tokens, learned = tokens + len(ids), learned + sum(label != IGNORED for label in labels)
            assert labels[0] == IGNORED  # every row begins with a prompt
    assert 0 < learned < tokens


def test_packed_and_plain_steps_on_all_traces_are_the_same_step(
    train: Callable[..., ColdStartOutcome], tmp_path: Path
) -> None:
    """One step on everything: the rows differ, the loss over the completions' tokens does not, nor the update."""
    pairs = PAIRS[:24]
    plain = train("plain", pairs, steps=1, batch=24, micro_batch=24, warmup=0, schedule="constant_with_warmup")
    settings = {"steps": 1, "warmup": 0, "schedule": "constant_with_warmup", "packing": True, "max_tokens": 16}
    rows = train("counted", pairs, **{**settings, "steps": 0}).rows
    assert rows < 24 == plain.rows
    made = train("packed", pairs, batch=rows, micro_batch=rows, **settings)
    assert made.rows == rows and made.traces == 24
    one, other = (load_policy(str(tmp_path / name))[0].state_dict() for name in ("plain", "packed"))
    assert all(torch.allclose(one[name], other[name], atol=1e-5) for name in one)


def test_early_stop_holds_out_stops_and_keeps_the_best(train: Callable[..., ColdStartOutcome], tmp_path: Path) -> None:
    # Answers that follow no rule: what is learned of them says nothing about those held out.
    pairs = [(f"{n} ", f"{(n * 7 + n // 3) % 30} {(n * n + 11) % 30}") for n in range(30)]
    rule = {"share": 0.2, "every": 10, "patience": 2}
    made = train("out", pairs, steps=400, early_stop=rule)
    assert made.held_out == 6 and made.traces == 24
    assert made.stopped_early and made.steps < 400 and made.steps == made.measured[-1][0]
    losses = dict(made.measured)
    assert made.best_step == min(losses, key=losses.__getitem__) == made.steps - 20
    # The saved weights are those of the best step and no later ones: measured again, they lose as little.
    loss = completion_loss(tmp_path / "out", [pairs[int(q[1:])] for q in held(0.2)])
    assert loss == pytest.approx(losses[made.best_step], rel=1e-5) and loss < losses[made.steps] - 0.01


def held(share: float) -> list[str]:
    from florey.training.cold_start.early_stop import held_out

    return sorted(held_out(IDS, share, 5))


def completion_loss(folder: Path, pairs: list[tuple[str, str]]) -> float:
    from florey.training.cold_start.packing import tokenized

    model, tokenizer = load_policy(str(folder))
    total = count = 0.0
    for each in tokenized(tokenizer, pairs):
        logits = model(torch.tensor([each.ids])).logits[0, :-1].log_softmax(-1)
        for at, label in enumerate(each.labels[1:]):
            if label != IGNORED:
                total, count = total - logits[at, label].item(), count + 1
    return total / count


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_lora_trains_adapters_and_saves_full_weights(
    train: Callable[..., ColdStartOutcome], tmp_path: Path, dropout: float
) -> None:
    made = train("run/out", steps=60, lora={"rank": 4, "alpha": 16, "dropout": dropout, "keep_adapter": True})
    assert made.log[-1]["loss"] < made.log[0]["loss"]
    opened, theirs = (load_policy(str(tmp_path / name))[0].state_dict() for name in ("run/out", "base"))
    assert opened.keys() == theirs.keys()
    changed = {name for name in theirs if not torch.equal(opened[name], theirs[name])}
    assert changed == {name for name in theirs if name.endswith("_proj.weight")}  # neither embeddings nor norms
    assert (tmp_path / "run" / "adapter" / "adapter_model.safetensors").is_file()


KILLED = """
import json, os, signal, sys
from pathlib import Path
import torch
from florey.training import cold_start
from florey.training.cold_start.fine_tuning import SFTSettings, fine_tune
torch.set_num_threads(1)
job = json.loads(Path(sys.argv[1]).read_text())
def progress(step, total, note):
    if step == job["dies"]:
        os.kill(os.getpid(), signal.SIGKILL)
fine_tune(job["base"], [tuple(pair) for pair in job["pairs"]], Path(job["out"]), SFTSettings(**job["settings"]),
    seed=5, questions=job["ids"], work=Path(job["work"]), save_every=10, progress=progress)
"""
KINDS: dict[str, dict[str, Any]] = {
    "full": {},
    "packing": {"packing": True},
    "lora": {"lora": {"rank": 2, "dropout": 0.1}},
    # the best is of before the kill, and the stop of behind it
    "early stop": {"steps": 400, "early_stop": {"share": 0.2, "every": 10, "patience": 3}, "learning_rate": 3e-2},
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_killed_for_real_it_goes_on_bit_for_bit(
    train: Callable[..., ColdStartOutcome], tmp_path: Path, kind: str
) -> None:
    settings = {"steps": 30, **KINDS[kind]}
    whole = train("whole", **settings)
    dies = 26 if kind != "early stop" else whole.steps - 2
    job = {"base": str(tmp_path / "base"), "out": str(tmp_path / "killed"), "work": str(tmp_path / "work")}
    settings_ = {**BASE, **settings}
    write_json(tmp_path / "job.json", {**job, "pairs": PAIRS, "ids": IDS, "settings": settings_, "dies": dies})
    died = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "job.json")], env=os.environ, check=False)
    assert died.returncode == -signal.SIGKILL
    made = train("killed", work=tmp_path / "work", **settings)
    assert made.notes == [f"cold start goes on from step {dies // 10 * 10}"]
    made.notes = []
    assert made == whole
    assert weights(tmp_path / "killed") == weights(tmp_path / "whole")
    if kind == "early stop":
        assert whole.stopped_early and whole.best_step is not None and whole.best_step < dies // 10 * 10
    # a snapshot of the very last step is gone on from too
    again = train("again", work=tmp_path / "work", **settings)
    assert again.log == whole.log and weights(tmp_path / "again") == weights(tmp_path / "whole")


def test_other_settings_do_not_go_on_from_these(train: Callable[..., ColdStartOutcome], tmp_path: Path) -> None:
    train("a", work=tmp_path / "work")
    assert train("b", work=tmp_path / "work", learning_rate=2e-2).notes == []
    assert train("c", PAIRS[:20], work=tmp_path / "work", learning_rate=2e-2).notes == []
    assert len(list((tmp_path / "work").iterdir())) == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"max_tokens": 16, "packing": True}, "a trace takes 22 tokens .*a packed row has 16; raise .* to 22 or more"),
        ({"max_tokens": 16}, "a trace takes 22 tokens with its prompt; max_tokens is 16"),
        ({"max_tokens": 32, "batch": 6, "micro_batch": 4}, "batch 6 is not a multiple of micro_batch 4"),
        ({"max_tokens": 32, "early_stop": {"share": 0.99}}, "share 0.99 holds out every question"),
        ({"max_tokens": 32, "lora": {"target_modules": ["q_prjo"]}}, "no linear layer 'q_prjo'.*'q_proj'"),
    ],
)
def test_mistakes_are_named_before_training(
    train: Callable[..., ColdStartOutcome], settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        train("out", [*PAIRS[:10], ("1 ", "2 " * 20)], **settings)


def test_traces_longer_than_the_model_reads(train: Callable[..., ColdStartOutcome]) -> None:
    with pytest.raises(BadInput, match="takes 82 tokens with its prompt; the model reads 64 in all"):
        train("out", [("1 ", "2 " * 80)], max_tokens=128)


def test_packing_is_refused_where_traces_would_see_each_other(
    train: Callable[..., ColdStartOutcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import LlamaForCausalLM

    inner = LlamaForCausalLM.forward

    def blind(self: Any, *arguments: Any, position_ids: Any = None, **more: Any) -> Any:
        return inner(self, *arguments, **more)  # a kernel that does not mind positions

    monkeypatch.setattr(LlamaForCausalLM, "forward", blind)
    with pytest.raises(BadInput, match=r"cold_start\.packing: .*would see each other.*LlamaForCausalLM, sdpa"):
        train("out", packing=True)
    train("out", steps=1)


def test_no_traces_and_one_question(train: Callable[..., ColdStartOutcome]) -> None:
    with pytest.raises(BadInput, match="no traces to train on"):
        train("out", [])
    with pytest.raises(BadInput, match="one question cannot be split"):
        train("out", PAIRS[:1], early_stop={})


def test_a_gradient_that_is_no_number_stops(
    train: Callable[..., ColdStartOutcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl import SFTTrainer

    inner = SFTTrainer.compute_loss
    monkeypatch.setattr(SFTTrainer, "compute_loss", lambda self, *a, **k: inner(self, *a, **k) * float("nan"))
    with pytest.raises(FloreyError, match=r"cold start, step 1: the gradient is no number.*learning_rate"):
        train("out")
