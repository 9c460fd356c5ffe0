"""One of the processes that `accelerate launch` starts for a round: `python -m florey.training.engines.trl_worker DIR`.

Reads job.json there; the first process leaves its log, rollouts and result there, or what was wrong.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from florey.errors import BadInput, FloreyError
from florey.files import write_json, write_jsonl
from florey.training.engines.snapshots import JOB
from florey.training.engines.trl import ERROR, LOG, RESULT, ROLLOUTS
from florey.training.engines.trl_round import train_round


def main(folder: Path) -> None:
    from accelerate import PartialState
    from transformers.utils import logging

    logging.set_verbosity_error()
    job = JOB.validate_json((folder / "job.json").read_bytes())
    state = PartialState(cpu=_on_cpu())
    first = state.is_main_process

    def watch(row: Mapping[str, Any], total: int) -> None:
        with (folder / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(dict(row)) + "\n")

    try:
        if state.num_processes != job.trl.processes:
            raise BadInput(
                f"{job.phase}: trl.processes is {job.trl.processes}, and accelerate has started {state.num_processes}; "
                "on a machine without GPUs recipes/accelerate/cpu.yaml starts them"
            )
        outcome = train_round(job, watch if first else None)
    except FloreyError as error:
        if first:
            write_json(folder / ERROR, {"message": str(error), "bad_input": isinstance(error, BadInput)})
        sys.exit(2)
    if first:
        write_jsonl(folder / ROLLOUTS, outcome.rollouts)
        names = ("steps", "log", "curriculum", "notes", "seconds")
        write_json(folder / RESULT, {name: getattr(outcome, name) for name in names})
    state.wait_for_everyone()  # one that leaves early can take the others down with it
    state.destroy_process_group()


def _on_cpu() -> bool:
    import torch

    return not torch.cuda.is_available()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
