"""Two processes, of which the second alone holds a gradient that is no number: both must stop."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from accelerate import PartialState

from florey.training.trainer import gradient_callback

if __name__ == "__main__":
    state = PartialState(cpu=True)
    model = torch.nn.Linear(2, 1)
    stopped: list[str] = []
    callback = gradient_callback(lambda step, why: stopped.append(why), 10.0)
    for bad in (False, True):
        for weight in model.parameters():
            weight.grad = torch.full_like(weight, float("nan") if bad and state.process_index == 1 else 1.0)
        callback.on_pre_optimizer_step(None, SimpleNamespace(global_step=0), None, model=model)
        (Path(sys.argv[1]) / f"{state.process_index}-{bad}.said").write_text(str(len(stopped)))
    state.wait_for_everyone()
    state.destroy_process_group()
