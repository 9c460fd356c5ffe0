"""An engine turns a round and a parent checkpoint into the next checkpoint, and hands back its rollouts.

One small interface, so that the embedded engine (`trl`) and engines for clusters are interchangeable between rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from florey.records import Rollout
from florey.training.adapters import LoraSettings
from florey.training.curriculum.curriculum import CurriculumConfig
from florey.training.rewards import RewardConfig


class GRPOConfigModel(BaseModel):
    """Group relative policy optimisation, engine-independent. Not given in the paper: all but the advantage."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    learning_rate: float = Field(default=1e-6, gt=0)
    schedule: str = Field(default="constant_with_warmup", pattern="^(constant_with_warmup|linear|cosine)$")  # per round
    prompts_per_step: int = Field(default=32, ge=1)
    max_new_tokens: int = Field(default=2048, ge=1)
    temperature: float = Field(default=1.0, gt=0)
    kl: float = Field(default=0.0, ge=0)  # weight of the KL term to the round's parent; the paper has none
    clip: float = Field(default=0.2, gt=0)
    iterations: int = Field(default=1, ge=1)  # updates on the same rollouts
    max_grad_norm: float = Field(default=1.0, gt=0)
    stop_grad_norm: float = Field(default=1000.0, gt=0)  # before clipping; beyond it the training has exploded
    # "dr_grpo": sum over an answer's tokens / max_new_tokens. The paper's sum up to that constant.
    loss: str = Field(default="dr_grpo", pattern="^(dr_grpo|grpo|bnpo|dapo)$")
    micro_batch: int = Field(default=64, ge=1)  # completions per forward pass; changes memory, not the result
    reward: RewardConfig = RewardConfig()
    lora: LoraSettings | None = None  # null: all weights are trained


class VLLMSettings(BaseModel):
    """Rollouts by vLLM: in the training processes, or by a server that `trl vllm-serve` started."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["colocate", "server"] = "colocate"
    base_url: str | None = None  # of the server
    gpu_memory: float = Field(default=0.3, gt=0, le=1)  # share of a GPU's memory, where it is colocated
    tensor_parallel: int = Field(default=1, ge=1)


class TRLSettings(BaseModel):
    """How the embedded engine runs. More than one process, or a configuration: under `accelerate launch`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    processes: int = Field(default=1, ge=1)
    accelerate_config: Path | None = None  # FSDP or DeepSpeed: recipes/accelerate/*.yaml
    vllm: VLLMSettings | None = None
    trackers: tuple[Literal["trackio", "tensorboard", "wandb"], ...] = ()


class VerlSettings(BaseModel):
    """How verl runs: in an environment of its own, on Ray."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    python: Path | None = None  # of verl's environment; null: the environment variable FLOREY_VERL_PYTHON
    nodes: int = Field(default=1, ge=1)
    gpus: int = Field(default=8, ge=1)  # of each node
    ray_address: str | None = None  # of a cluster that is there; null: verl starts one on this machine
    rollout: Literal["vllm", "sglang"] = "vllm"
    tensor_parallel: int = Field(default=1, ge=1)
    gpu_memory: float = Field(default=0.5, gt=0, le=1)  # share for rollouts
    filter_groups: bool = False  # generate again instead of groups without variance (dynamic sampling)
    overrides: tuple[str, ...] = ()  # of Hydra, at the end, for what is not said here


@dataclass(frozen=True)
class RoundJob:
    """Everything one round needs."""

    phase: str  # "stage1", "stage2-round1", …
    parent: Path  # checkpoint folder
    round_file: Path
    out: Path  # where the new checkpoint goes
    config: GRPOConfigModel
    rollouts_per_prompt: int
    max_steps: int  # of rollouts; each is trained on `config.iterations` times
    seed: int
    curriculum: CurriculumConfig = field(default_factory=CurriculumConfig)
    knowledge: dict[str, Any] | None = None  # what earlier rounds have learned of the questions
    snapshots: Path | None = None  # folder for what a killed round goes on from; None: it starts again
    save_every: int = 10  # steps
    trl: TRLSettings = field(default_factory=TRLSettings)
    verl: VerlSettings = field(default_factory=VerlSettings)


@dataclass
class RoundOutcome:
    """What an engine hands back; the checkpoint is in `job.out`."""

    steps: int
    rollouts: list[Rollout]
    log: list[dict[str, Any]] = field(default_factory=list)  # one row a step
    curriculum: dict[str, Any] = field(default_factory=dict)  # state of the round's curriculum at its end
    notes: list[str] = field(default_factory=list)  # for the person at the terminal
    seconds: dict[str, float] = field(default_factory=dict)  # wall time by part of the loop, for timing.json


Watch = Callable[[Mapping[str, Any], int], None]  # a row of the log, steps in all


class Engine(Protocol):
    """See the module's docstring."""

    def train(self, job: RoundJob, watch: Watch | None = None) -> RoundOutcome: ...

    def planned(self, job: RoundJob) -> str:
        """What `train` would run, to be read by people; nothing is started or written."""
        ...
