"""The embedded engine: TRL's GRPOTrainer, on a laptop's CPU as on one machine's GPUs.

One process trains here; several, or FSDP and DeepSpeed, train under `accelerate launch` in processes of their own.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from florey.errors import BadInput, FloreyError
from florey.files import read_json, read_jsonl
from florey.records import Rollout
from florey.training.engines import RoundJob, RoundOutcome, Watch
from florey.training.engines.installed import lacking
from florey.training.engines.snapshots import JOB
from florey.training.engines.trl_round import train_round

LOG, ROLLOUTS, RESULT, ERROR, SAID = "log.jsonl", "rollouts.jsonl", "result.json", "error.json", "said.txt"
"""What the processes leave in the folder they were given."""


class TRLEngine:
    """See the module's docstring."""

    def train(self, job: RoundJob, watch: Watch | None = None) -> RoundOutcome:
        if _alone(job):
            return train_round(job, watch)
        return _launched(job, watch)

    def planned(self, job: RoundJob) -> str:
        import yaml

        settings = JOB.dump_python(job, mode="json", exclude={"knowledge"})
        how = "TRL's GRPOTrainer in this process" if _alone(job) else shlex.join(command(job, Path("JOB")))
        return f"# {how}\n{yaml.safe_dump(settings, sort_keys=False)}".rstrip()


def _alone(job: RoundJob) -> bool:
    return job.trl.processes == 1 and job.trl.accelerate_config is None


def command(job: RoundJob, folder: Path) -> list[str]:
    """What is run for several processes; the job is read from `folder`."""
    settings, told = job.trl, ["--num_processes", str(job.trl.processes), "--num_machines", "1"]
    if settings.accelerate_config:
        for sentence in lacking(settings):
            raise BadInput(sentence)
        told = ["--config_file", str(settings.accelerate_config), "--num_processes", str(settings.processes)]
    else:
        # Without GPUs too: with --cpu accelerate starts one process, whatever their number, and leaves the rest to MPI.
        told += ["--mixed_precision", "no", "--dynamo_backend", "no", "--multi_gpu"]
    return [
        *(sys.executable, "-m", "accelerate.commands.launch", *told, "--main_process_port", "0"),
        *("-m", "florey.training.engines.trl_worker", str(folder)),
    ]


def _launched(job: RoundJob, watch: Watch | None) -> RoundOutcome:
    folder = job.out.parent / "processes"
    folder.mkdir(parents=True)
    (folder / "job.json").write_bytes(JOB.dump_json(job))
    with (folder / SAID).open("wb") as said:
        process = subprocess.Popen(command(job, folder), stdout=said, stderr=said, env=_environment(job))
        try:
            seen = 0
            while process.poll() is None:
                time.sleep(0.2)
                seen = _watched(folder / LOG, seen, job.max_steps, watch)
            _watched(folder / LOG, seen, job.max_steps, watch)
        finally:
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)
    if (folder / ERROR).is_file():
        found = read_json(folder / ERROR)
        raise (BadInput if found["bad_input"] else FloreyError)(found["message"])
    if process.returncode or not (folder / RESULT).is_file():
        last = (folder / SAID).read_text(errors="replace").strip().splitlines()[-5:]
        raise FloreyError(f"{job.phase}: the processes ended with {process.returncode}: {' | '.join(last)}")
    result = read_json(folder / RESULT)
    return RoundOutcome(rollouts=list(read_jsonl(folder / ROLLOUTS, Rollout)), **result)


def _environment(job: RoundJob) -> dict[str, str]:
    import torch

    gc.collect()
    torch.cuda.empty_cache()  # what mining left on the GPU in this process; without one this does nothing
    threads = str(max(1, torch.get_num_threads() // job.trl.processes))
    return {**os.environ, "OMP_NUM_THREADS": threads, "TOKENIZERS_PARALLELISM": "false"}


def _watched(log: Path, seen: int, total: int, watch: Watch | None) -> int:
    """Tells of the whole lines that are new; returns how many there were."""
    if watch is None or not log.is_file():
        return seen
    lines = log.read_text(encoding="utf-8").split("\n")[:-1]
    for line in lines[seen:]:
        row: dict[str, Any] = json.loads(line)
        watch(row, total)
    return len(lines)


def checkpoint_is_model(folder: Path) -> bool:
    """Whether a folder holds what `load_policy` can open."""
    return (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
