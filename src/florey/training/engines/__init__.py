"""An engine turns a round and a parent checkpoint into the next checkpoint, and hands back its rollouts.

One small interface, so that the embedded engine (`trl`) and engines for clusters are interchangeable
between rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from florey.records import Rollout
from florey.training.plateau import Plateau
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
    max_grad_norm: float = Field(default=1.0, gt=0)
    # "dr_grpo": sum over an answer's tokens / max_new_tokens. The paper's sum up to that constant.
    loss: str = Field(default="dr_grpo", pattern="^(dr_grpo|grpo|bnpo|dapo)$")
    micro_batch: int = Field(default=64, ge=1)  # completions per forward pass; changes memory, not the result
    reward: RewardConfig = RewardConfig()


@dataclass(frozen=True)
class RoundJob:
    """Everything one round needs."""

    phase: str  # "stage1", "stage2-round1", …
    parent: Path  # checkpoint folder
    round_file: Path
    out: Path  # where the new checkpoint goes
    config: GRPOConfigModel
    rollouts_per_prompt: int
    max_steps: int
    seed: int


@dataclass
class RoundOutcome:
    """What an engine hands back; the checkpoint is in `job.out`."""

    steps: int
    rollouts: list[Rollout]
    log: list[dict[str, Any]] = field(default_factory=list)  # one row a step


Progress = Callable[[int, int, str], None]  # done, total, a short text


class Engine(Protocol):
    """See the module's docstring."""

    def train(
        self, job: RoundJob, plateau: Plateau | None = None, progress: Progress | None = None
    ) -> RoundOutcome: ...
