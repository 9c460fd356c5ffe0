"""LoRA: what is trained, what is merged, what is refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import get_peft_model

from florey.errors import BadInput
from florey.training import adapters
from florey.training.adapters import LoraSettings, merged_weights, peft_config, save_trained
from florey.training.policy import SmallModel, build_policy, load_policy

SHAPE = SmallModel(hidden=16, layers=2, heads=2, feed_forward=32, positions=64)


@pytest.fixture
def policy() -> tuple[Any, Any]:
    return build_policy(SHAPE, [], [*map(str, range(9))], seed=1)


def gpt2() -> Any:
    """Its layers hold their weights the other way round."""
    from transformers import GPT2Config, GPT2LMHeadModel

    ids = {"bos_token_id": 1, "eos_token_id": 1}
    return GPT2LMHeadModel(GPT2Config(n_embd=16, n_layer=1, n_head=2, vocab_size=50, **ids))


def wrapped(model: Any, lora: LoraSettings) -> Any:
    """With adapters that say something: at the start peft's B is zero."""
    made = get_peft_model(model, peft_config(lora, model))
    torch.manual_seed(0)
    for name, each in made.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(each)
    return made.eval()


def test_a_saved_checkpoint_is_one_model_that_answers_like_the_adapted(policy: tuple[Any, Any], tmp_path: Path) -> None:
    model, tokenizer = policy
    lora = LoraSettings(rank=3, alpha=7, keep_adapter=True)
    plain = model(torch.tensor([[5, 6, 7, 8]])).logits
    made = wrapped(model, lora)
    names = {name.split(".")[-4] for name, each in made.named_parameters() if each.requires_grad}
    assert names == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    adapted = made(torch.tensor([[5, 6, 7, 8]])).logits
    save_trained(made, tokenizer, made.state_dict(), tmp_path / "checkpoint", lora)
    opened, _ = load_policy(str(tmp_path / "checkpoint"))
    found = opened(torch.tensor([[5, 6, 7, 8]])).logits
    assert torch.allclose(found, adapted, atol=1e-5) and not torch.allclose(found, plain, atol=1e-2)
    assert not list((tmp_path / "checkpoint").glob("adapter*"))
    kept = sorted(path.name for path in (tmp_path / "adapter").iterdir())
    assert kept == ["adapter_config.json", "adapter_model.safetensors"]
    assert str(tmp_path) not in (tmp_path / "adapter" / "adapter_config.json").read_text()


def test_an_adapter_is_kept_only_where_asked(policy: tuple[Any, Any], tmp_path: Path) -> None:
    lora = LoraSettings(rank=2)
    made = wrapped(policy[0], lora)
    save_trained(made, policy[1], made.state_dict(), tmp_path / "checkpoint", lora)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
@pytest.mark.parametrize("type_", [torch.float32, torch.bfloat16])
def test_merging_is_pefts_own(policy: tuple[Any, Any], kind: str, type_: torch.dtype) -> None:
    model = (policy[0] if kind == "llama" else gpt2()).to(type_)
    made = wrapped(model, LoraSettings(rank=2, alpha=5))
    mine = merged_weights(made, made.state_dict())
    theirs = copy.deepcopy(made).merge_and_unload().state_dict()
    assert mine.keys() == theirs.keys()
    for name, tensor in theirs.items():
        assert mine[name].dtype == tensor.dtype
        assert torch.allclose(mine[name].float(), tensor.float(), rtol=0 if type_ is torch.float32 else 1e-2, atol=1e-6)


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (("q_prj",), r"no linear layer 'q_prj' \(did you mean 'q_proj'\?\); there are down_proj, .*, or all-linear"),
        (("layers.0.self_attn.k_proj", "layers.7.self_attn.k_proj"), "no linear layer 'layers.7.self_attn.k_proj'"),
        (("proj",), "no linear layer 'proj'"),  # the end of a name, but not of one of its words
        (("embed_tokens",), "no linear layer 'embed_tokens'"),
        (("lm_head",), "lm_head, which writes tokens"),
        ((), "expected names of layers"),
    ],
)
def test_targets_that_the_model_does_not_have(policy: tuple[Any, Any], targets: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        peft_config(LoraSettings(target_modules=targets), policy[0])


def test_targets_may_be_named_by_the_end_of_their_name(policy: tuple[Any, Any]) -> None:
    made = wrapped(policy[0], LoraSettings(rank=2, target_modules=("layers.1.self_attn.q_proj", "down_proj")))
    adapted = {name.partition(".lora_")[0] for name, each in made.named_parameters() if each.requires_grad}
    assert len(adapted) == 3 and sum(name.endswith("down_proj") for name in adapted) == 2


def test_peft_that_is_not_installed(policy: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"peft is not installed: pip install 'florey\[lora\]'"):
        peft_config(LoraSettings(), policy[0])
    assert peft_config(None, policy[0]) is None
