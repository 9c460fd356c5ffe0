"""Starts verl for a round, watches what it writes, and brings it home."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from florey.errors import BadInput, FloreyError
from florey.training.checks import check_round
from florey.training.curriculum.choosing import Adaptive
from florey.training.curriculum.curriculum import Curriculum
from florey.training.engines import RoundJob, RoundOutcome, VerlSettings, Watch, snapshots
from florey.training.engines.recorder import groups_of
from florey.training.engines.trl import checkpoint_is_model
from florey.training.engines.verl.collect import (
    go_back,
    is_whole,
    merge_adapter,
    metrics,
    newest_checkpoint,
    sampled,
    say_precision,
    steps_there,
)
from florey.training.engines.verl.data import write_parquet
from florey.training.engines.verl.overrides import overrides, written
from florey.training.policy import load_tokenizer
from florey.training.rounds import read_round
from florey.training.step_metrics import step_metrics

VARIABLE = "FLOREY_VERL_PYTHON"
SAID = "verl.log"
EVERY = 1.0  # seconds between two looks at what it has written


class VerlEngine:
    """See the package's docstring. verl asks the rows of a round as they are written: what would be chosen while it
    trains (`choice`, the plateau) is chosen before it, and judged after it."""

    def train(self, job: RoundJob, watch: Watch | None = None) -> RoundOutcome:
        python = interpreter(job.verl)
        rows, tokenizer, longest = _checked(job)
        folder = snapshots.folder_of(job) or job.out.parent / "verl"
        folder.mkdir(parents=True, exist_ok=True)
        curriculum, asked = asking(job, rows)
        write_parquet(folder / "round.parquet", asked)
        if not _saved(folder, job):
            _run(command(python, job, folder, longest, largest_step(job, asked)), folder, job, tokenizer, watch)
        outcome = collected(job, folder, curriculum, tokenizer)
        actor = newest_checkpoint(folder / "checkpoints", job.max_steps)
        _brought_home(python, actor, folder, job)
        tokenizer.save_pretrained(job.out)
        return outcome

    def planned(self, job: RoundJob) -> str:
        rows, _, longest = _checked(job)
        _, asked = asking(job, rows)
        folder, actor = Path("FOLDER"), "FOLDER/checkpoints/global_step_N/actor"
        told = command(job.verl.python or Path(f"${VARIABLE}"), job, folder, longest, largest_step(job, asked))
        lines = [f"# FOLDER: where the round works; FOLDER/round.parquet: {len(asked)} rows in the order of asking"]
        then = shlex.join(merging(Path("PYTHON"), Path(actor), job.out)) if job.config.lora else whole_model(actor, job)
        lines += [f"# then: {then}"]
        return "\n".join([*lines, " \\\n    ".join([shlex.join(told[:3]), *map(shlex.quote, told[3:])])])


def interpreter(settings: VerlSettings) -> Path:
    """The Python of verl's environment. BadInput where none is named, or verl is not in it."""
    named = settings.python or os.environ.get(VARIABLE)
    if not named:
        raise BadInput(
            f"engine verl: where is its environment? Set verl.python, or {VARIABLE}, to the Python in it; "
            "`make test-verl` makes one without a GPU, docs/verl.md says how to make one with"
        )
    path = Path(named)
    if not path.is_file():
        raise BadInput(f"engine verl: {path}: no such file; expected the Python of verl's environment")
    found = subprocess.run([str(path), "-c", "import verl"], capture_output=True, text=True, check=False)
    if found.returncode:
        last = (found.stderr.strip().splitlines() or ["it does not start"])[-1]
        raise BadInput(f"engine verl: verl is not installed in {path} ({last}); see docs/verl.md")
    return path


def asking(job: RoundJob, rows: list[dict[str, Any]]) -> tuple[Curriculum, list[dict[str, Any]]]:
    """The round's curriculum, and the rows that it asks, in its order. A row has a number of rollouts of its own where
    any has: verl takes an empty one for a number."""
    curriculum = Curriculum(job.curriculum, rows)
    if job.knowledge and isinstance(curriculum.chooser, Adaptive):
        curriculum.chooser.learn(job.knowledge)
    asked = [rows[place] for _ in range(job.max_steps) for place in curriculum.next(job.config.prompts_per_step)]
    if any(row["rollouts"] for row in asked):
        asked = [row | {"rollouts": row["rollouts"] or job.rollouts_per_prompt} for row in asked]
    return curriculum, asked


def largest_step(job: RoundJob, asked: list[dict[str, Any]]) -> int | None:
    """Most rollouts of a step; None where rows have no numbers of their own."""
    size = job.config.prompts_per_step
    if not any(row["rollouts"] for row in asked):
        return None
    counts = [int(row["rollouts"]) for row in asked]
    return max(sum(counts[at : at + size]) for at in range(0, len(counts), size))


def command(
    python: Path, job: RoundJob, folder: Path, longest_prompt: int, largest_step: int | None = None
) -> list[str]:
    told = overrides(job, folder, longest_prompt, largest_step)
    if job.verl.ray_address:  # there the cluster's own Python would be taken
        told.append(f"ray_kwargs.ray_init.runtime_env.py_executable={written(str(python))}")
    return [str(python), "-m", "verl.trainer.main_ppo", *told]


def merging(python: Path, actor: Path, out: Path) -> list[str]:
    """verl's own merger: from the pieces that every GPU has saved to one model."""
    told = ("-m", "verl.model_merger", "merge", "--backend", "fsdp")
    return [str(python), *told, "--local_dir", str(actor), "--target_dir", str(out)]


def collected(job: RoundJob, folder: Path, curriculum: Curriculum, tokenizer: Any) -> RoundOutcome:
    """Rollouts and log of the steps that are there, told to the curriculum one after the other."""
    rollouts, log, measured = [], [], metrics(folder)
    there = steps_there(folder / "rollouts")[: job.max_steps]
    if len(there) < job.max_steps:
        raise FloreyError(
            f"{job.phase}: verl has ended, and the rollouts of {len(there)} steps are in {folder / 'rollouts'}; "
            f"expected {job.max_steps}; {folder / SAID} says why"
        )
    for step in there:
        made = sampled(folder / "rollouts" / f"{step}.jsonl", step, job, tokenizer)
        curriculum.observe(groups_of(made))
        rollouts += [each.rollout for each in made]
        log.append(step_metrics(job.phase, step, made) | measured.get(step, {}))
        if told := curriculum.metrics():
            log[-1]["curriculum"] = told
    return RoundOutcome(steps=len(log), rollouts=rollouts, log=log, curriculum=curriculum.state_dict())


def _checked(job: RoundJob) -> tuple[list[dict[str, Any]], Any, int]:
    """(rows, tokenizer, tokens of the longest prompt)."""
    from transformers import AutoConfig

    rows, tokenizer = read_round(job.round_file), load_tokenizer(str(job.parent))
    check_round(rows, SimpleNamespace(config=AutoConfig.from_pretrained(job.parent)), tokenizer, job)
    prompts = tokenizer(sorted({row["prompt"] for row in rows}), add_special_tokens=False)["input_ids"]
    return rows, tokenizer, max(map(len, prompts))


def _run(told: list[str], folder: Path, job: RoundJob, tokenizer: Any, watch: Watch | None) -> None:
    start = len(list(folder.glob("metrics-*.jsonl"))) + 1
    log = str(folder / f"metrics-{start:03}.jsonl")
    # On a cluster that is there, what trains has the cluster's environment and not ours.
    told = [*told, f"+ray_kwargs.ray_init.runtime_env.env_vars.VERL_FILE_LOGGER_PATH={written(log)}"]
    environment = {**os.environ, "VERL_FILE_LOGGER_PATH": log}
    environment |= {"RAY_USAGE_STATS_ENABLED": "0", "TOKENIZERS_PARALLELISM": "false"}
    shown = len(steps_there(folder / "rollouts"))
    with (folder / SAID).open("ab") as said, _alone(folder, job) as held:
        go_back(folder)
        process = subprocess.Popen(told, stdout=said, stderr=said, env=environment, cwd=folder, pass_fds=(held,))
        try:
            while process.poll() is None:
                time.sleep(EVERY)
                shown = _shown(folder, shown, job, tokenizer, watch)
        finally:
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(30)
    if process.returncode:
        last = (folder / SAID).read_text(errors="replace").strip().splitlines()[-5:]
        raise FloreyError(
            f"{job.phase}: verl ended with {process.returncode}; the whole of what it said is in {folder / SAID}: "
            f"{' | '.join(last)}"
        )


@contextlib.contextmanager
def _alone(folder: Path, job: RoundJob) -> Iterator[int]:
    """A lock that verl's process holds as well: it lives on where this one was killed, and two must not train here."""
    import fcntl

    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FloreyError(
                f"{job.phase}: verl is still at work in {folder}, from a run that was ended; wait for it, or end its "
                "process (python -m verl.trainer.main_ppo), then start this again"
            ) from None
        yield lock.fileno()


def _shown(folder: Path, shown: int, job: RoundJob, tokenizer: Any, watch: Watch | None) -> int:
    """All but the newest step, whose file may not be whole yet. Read without a watcher too: a wrong reward is told of
    while it can still be stopped."""
    there = steps_there(folder / "rollouts")[:-1]
    for step in there[shown:]:
        made = sampled(folder / "rollouts" / f"{step}.jsonl", step, job, tokenizer)
        if watch:
            watch(step_metrics(job.phase, step, made), job.max_steps)
    return max(shown, len(there))


def _saved(folder: Path, job: RoundJob) -> bool:
    """Whether all is there: the last checkpoint, and every step's rollouts to their end."""
    steps = steps_there(folder / "rollouts")
    if len(steps) < job.max_steps or not all(is_whole(folder / "rollouts" / f"{step}.jsonl") for step in steps):
        return False
    try:
        return newest_checkpoint(folder / "checkpoints", job.max_steps).is_dir()
    except FloreyError:
        return False


def whole_model(actor: str, job: RoundJob) -> str:
    return f"{actor}/huggingface, which verl writes as it is trained, becomes {job.out}"


def _brought_home(python: Path, actor: Path, folder: Path, job: RoundJob) -> None:
    """The model that verl wrote whole, in the precision it was trained in; LoRA's by the merger, onto the parent."""
    if not job.config.lora:
        if not checkpoint_is_model(actor / "huggingface"):
            raise FloreyError(f"{actor / 'huggingface'}: verl has written no model there; its log says why")
        shutil.copytree(actor / "huggingface", job.out, dirs_exist_ok=True)
        say_precision(job.out)
        return
    merged = folder / "merged"
    shutil.rmtree(merged, ignore_errors=True)
    with (folder / SAID).open("ab") as said:
        done = subprocess.run(merging(python, actor, merged), stdout=said, stderr=said, check=False)
    if done.returncode or not (merged / "lora_adapter").is_dir():
        raise FloreyError(f"{actor}: verl's merger made no adapter of it; what it said is in {folder / SAID}")
    merge_adapter(job.parent, merged / "lora_adapter", job.out)
    shutil.rmtree(merged)
