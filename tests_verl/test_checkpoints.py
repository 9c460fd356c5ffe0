"""Checkpoints as verl writes them: its own writer in two processes, then what is brought home of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from florey.training.engines.verl.collect import merge_adapter, say_precision
from florey.training.engines.verl.engine import merging

WRITER = """
import sys
from pathlib import Path
import torch
import torch.distributed as dist
from omegaconf import OmegaConf
from peft import LoraConfig, get_peft_model
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from transformers import AutoModelForCausalLM, AutoTokenizer
from verl.utils.checkpoint.fsdp_checkpoint_manager import FSDPCheckpointManager

parent, out, contents = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].split(",")
dist.init_process_group("gloo")
mesh = init_device_mesh("cpu", (dist.get_world_size(),), mesh_dim_names=("fsdp",))
model = AutoModelForCausalLM.from_pretrained(parent, dtype=torch.float32)
if "hf_model" not in contents:
    torch.manual_seed(1)
    settings = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(model, settings)
    for name, each in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(each, std=0.1)
fully_shard(model, mesh=mesh)
optimizer = torch.optim.AdamW([each for each in model.parameters() if each.requires_grad], lr=1e-5)
ids = torch.tensor([[3, 4, 5, 6]])
model(input_ids=ids, labels=ids).loss.backward()
optimizer.step()
manager = FSDPCheckpointManager(
    model=model,
    optimizer=optimizer,
    lr_scheduler=torch.optim.lr_scheduler.ConstantLR(optimizer),
    processing_class=AutoTokenizer.from_pretrained(parent),
    checkpoint_config=OmegaConf.create({"save_contents": contents, "load_contents": ["model"]}),
)
manager.save_checkpoint(str(out / "actor"), None, 1)
logits = model(input_ids=ids).logits.detach()
whole = {name: each.full_tensor() for name, each in model.state_dict().items()}
if dist.get_rank() == 0:
    torch.save({"logits": logits, "whole": whole}, out / "true.pt")
dist.destroy_process_group()
"""


def saved(parent: Path, folder: Path, contents: str) -> dict[str, torch.Tensor]:
    """What two processes trained, saved by verl into folder/actor."""
    (folder / "writer.py").write_text(WRITER)
    told = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", str(folder / "writer.py"))
    done = subprocess.run(
        [sys.executable, *told, str(parent), str(folder), contents], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return torch.load(folder / "true.pt", weights_only=True)


def logits(model: Path) -> torch.Tensor:
    return AutoModelForCausalLM.from_pretrained(model, dtype="auto")(input_ids=torch.tensor([[3, 4, 5, 6]])).logits


def test_the_whole_model_is_exact_and_the_merged_one_is_rounded(parent: Path, tmp_path: Path) -> None:
    true = saved(parent, tmp_path, "model,optimizer,extra,hf_model")
    home = tmp_path / "actor" / "huggingface"
    assert json.loads((home / "config.json").read_text())["dtype"] == "bfloat16"  # it says, of what is
    found = load_file(home / "model.safetensors")
    assert {each.dtype for each in found.values()} == {torch.float32}
    assert found.keys() == true["whole"].keys()
    assert all(torch.equal(found[name], each) for name, each in true["whole"].items())
    assert logits(home).dtype == torch.bfloat16
    say_precision(home)
    assert torch.allclose(logits(home), true["logits"], atol=1e-6)

    told = [sys.executable, *merging(Path("python"), tmp_path / "actor", tmp_path / "merged")[1:]]
    subprocess.run(told, check=True, capture_output=True)
    merged = load_file(tmp_path / "merged" / "model.safetensors")
    assert {each.dtype for each in merged.values()} == {torch.bfloat16}  # why it is not what is brought home
    start = load_file(parent / "model.safetensors")
    moved = sum(int((found[name] != start[name]).sum()) for name in start)
    lost = sum(int(((found[name] != start[name]) & (merged[name] == start[name].bfloat16())).sum()) for name in start)
    assert lost > moved / 2  # of an update by a small rate


def test_an_adapter_comes_home_onto_its_parent(parent: Path, tmp_path: Path) -> None:
    true = saved(parent, tmp_path, "model,optimizer,extra")
    told = [sys.executable, *merging(Path("python"), tmp_path / "actor", tmp_path / "merged")[1:]]
    subprocess.run(told, check=True, capture_output=True)
    merge_adapter(parent, tmp_path / "merged" / "lora_adapter", tmp_path / "home")
    assert not torch.allclose(logits(parent), true["logits"], atol=1e-3)
    assert torch.allclose(logits(tmp_path / "home"), true["logits"], atol=2e-3)  # the adapter itself is rounded
    start, home = load_file(parent / "model.safetensors"), load_file(tmp_path / "home" / "model.safetensors")
    assert {name for name in start if not torch.equal(start[name], home[name])} == {
        f"model.layers.{layer}.self_attn.{part}_proj.weight" for layer in (0, 1) for part in "qv"
    }
