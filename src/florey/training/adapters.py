"""LoRA: small matrices beside the weights are trained, and merged into them at the end (Hu et al. 2021).

Cold start and RLVR share it. A checkpoint is always full weights: the next stage, the evaluation and other engines
read one kind.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from florey.errors import BadInput, nearest

ALL = "all-linear"
ADAPTER = "adapter"
"""Folder beside a checkpoint with the adapter as it was before merging, where it is kept."""
_INSIDE = "base_model.model."
"""What peft puts before the name of every weight."""


class LoraSettings(BaseModel):
    """Adapters of `rank`, scaled by alpha / rank."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank: int = Field(default=16, ge=1)
    alpha: float = Field(default=32, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    # Names of layers ("q_proj"), or all that are linear but the one that writes tokens.
    target_modules: Literal["all-linear"] | tuple[str, ...] = "all-linear"
    keep_adapter: bool = False  # beside the merged checkpoint


def check_installed() -> None:
    """BadInput where peft is not there."""
    if importlib.util.find_spec("peft") is None:
        raise BadInput("lora: peft is not installed: pip install 'florey[lora]', or leave lora out")


def peft_config(lora: LoraSettings | None, model: Any) -> Any:
    """What TRL's trainers take as `peft_config`; None without LoRA.

    Raises BadInput where peft is missing or a target is no linear layer of the model (the nearest names are told).
    """
    if lora is None:
        return None
    check_installed()
    from peft import LoraConfig, TaskType

    targets: str | list[str] = ALL
    if not isinstance(lora.target_modules, str):
        _check_targets(lora.target_modules, model)
        targets = sorted(lora.target_modules)
    return LoraConfig(
        task_type=TaskType.CAUSAL_LM,
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=targets,
        bias="none",
    )


def linear_layers(model: Any) -> dict[str, list[str]]:
    """Last part of the name of every linear layer but the one that writes tokens, and its full names."""
    import torch
    from transformers.pytorch_utils import Conv1D

    head = model.get_output_embeddings()
    found: dict[str, list[str]] = {}
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear | Conv1D) and module is not head:
            found.setdefault(name.rpartition(".")[2], []).append(name)
    return found


def _check_targets(targets: tuple[str, ...], model: Any) -> None:
    layers = linear_layers(model)
    full = [name for names in layers.values() for name in names]
    if not targets:
        raise BadInput(f"lora.target_modules: expected names of layers; there are {', '.join(sorted(layers))}")
    for target in targets:  # peft takes the end of a name
        if target.rpartition(".")[2] == "lm_head":
            raise BadInput(
                "lora.target_modules: lm_head, which writes tokens, is read by the loss as it is; leave it out"
            )
        if not any(name == target or name.endswith(f".{target}") for name in full):
            raise BadInput(
                f"lora.target_modules: the model has no linear layer '{target}'"
                f"{nearest(target, [*layers, *full])}; there are {', '.join(sorted(layers))}, or {ALL} for all"
            )


def merged_weights(model: Any, weights: Mapping[str, Any]) -> dict[str, Any]:
    """The full weights under the names of the model without adapters. W + alpha / rank * B A, added up in 32 bits and
    rounded once to W's own type.

    `weights`: the state of the model that peft has wrapped, gathered where it is spread over processes (which is why
    this is done on tensors: peft merges only what one process holds).
    """
    from peft.tuners.lora import LoraLayer

    layers: dict[str, Any] = {
        name.removeprefix(_INSIDE): each for name, each in model.named_modules() if isinstance(each, LoraLayer)
    }
    merged: dict[str, Any] = {}
    for key, tensor in weights.items():
        name = key.removeprefix(_INSIDE)
        if ".lora_" in name:
            continue
        layer, found, rest = name.partition(".base_layer.")
        if found and rest == "weight":
            a, b = (weights[f"{_INSIDE}{layer}.lora_{part}.default.weight"].float() for part in "AB")
            delta = (b @ a) * layers[layer].scaling["default"]
            delta = delta.T if layers[layer].fan_in_fan_out else delta
            merged[f"{layer}.weight"] = (tensor.float() + delta).to(tensor.dtype)
        else:
            merged[f"{layer}.{rest}" if found else name] = tensor
    return merged


def save_trained(model: Any, tokenizer: Any, weights: Mapping[str, Any], out: Path, lora: LoraSettings | None) -> None:
    """Writes the checkpoint; with LoRA merged, and the adapter beside it where the settings keep it."""
    out.mkdir(parents=True, exist_ok=True)
    if lora is None:
        model.save_pretrained(out, state_dict=dict(weights))
    else:
        if lora.keep_adapter:
            _save_adapter(model, weights, out.with_name(ADAPTER))
        merged = merged_weights(model, weights)  # while the layers still know their scaling
        model.unload().save_pretrained(out, state_dict=merged)
    tokenizer.save_pretrained(out)


def _save_adapter(model: Any, weights: Mapping[str, Any], folder: Path) -> None:
    """Without what differs from machine to machine: where the base lay, and a page for a hub."""
    for config in model.peft_config.values():
        config.base_model_name_or_path = None
    model.save_pretrained(folder, state_dict=dict(weights))
    (folder / "README.md").unlink(missing_ok=True)
