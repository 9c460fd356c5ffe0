"""A process of a round whose answers are drawn from the prompt and the rollout's number alone, so that it does not
matter which process makes them; everything else is real."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from tests.training.engines.planted import reward

from florey.training.engines import recorder, trl_worker


def fixed(trainer: Any, prompt_ids: list[list[int]], *_: Any, **__: Any) -> tuple[list[list[int]], None]:
    """Instead of `GRPOTrainer._generate_single_turn`: one group after the other."""
    size, end = trainer.num_generations, trainer.eos_token_ids[0]
    made = []
    for place, prompt in enumerate(prompt_ids):
        rng = np.random.default_rng([*prompt, place % size, trainer.state.global_step])
        made.append([*rng.integers(5, 12, size=4).tolist(), end])
    return made, None


def plant() -> None:
    from trl import GRPOTrainer

    GRPOTrainer._generate_single_turn = fixed
    recorder.reward = reward


if __name__ == "__main__":
    plant()
    trl_worker.main(Path(sys.argv[1]))
