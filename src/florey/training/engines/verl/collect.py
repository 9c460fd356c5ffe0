"""What verl leaves of a round, as any engine hands it back: rollouts, a row of the log for every step, a checkpoint."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from florey.errors import FloreyError
from florey.files import read_json, write_json, write_text
from florey.records import Rollout
from florey.training.engines import RoundJob
from florey.training.engines.verl.reward_function import ended
from florey.training.rewards import reward
from florey.training.step_metrics import Sampled

MEASURED = {
    "actor/pg_loss": "loss",
    "actor/grad_norm": "grad_norm",
    "actor/entropy": "entropy",
    "actor/kl_loss": "kl",
    "actor/lr": "learning_rate",
}
"""Of verl's metrics, what the log keeps, by its name there."""
ROUNDING = 1e-3
"""verl adds rewards up in fp32."""
LATEST = "latest_checkpointed_iteration.txt"


def steps_there(folder: Path) -> list[int]:
    """Steps whose rollouts are written, from 1 on without a gap."""
    found = {int(path.stem) for path in folder.glob("*.jsonl") if path.stem.isdigit()}
    whole: list[int] = []
    while len(whole) + 1 in found:
        whole.append(len(whole) + 1)
    return whole


def sampled(path: Path, step: int, job: RoundJob, tokenizer: Any) -> list[Sampled]:
    """The rollouts of one step, by place in the round. FloreyError where the file is not what verl writes, or tells of
    another reward than ours."""
    made = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            entry = json.loads(line)
            row, text = json.loads(entry["gts"]), str(entry["output"])
            done = ended(text, row)
            earned = reward(
                text, row["options"], row["gold"], job.config.reward, finished=done, prefilled=row["prefilled"]
            )
            if abs(entry["score"] - earned.total) > ROUNDING:
                raise FloreyError(
                    f"{path}, line {number}: verl has rewarded {entry['score']:g} what Florey rewards "
                    f"{earned.total:g}: another reward is at work there; look at verl.overrides"
                )
            order = row["order"]
            rollout = Rollout(
                question_id=row["question_id"],
                phase=job.phase,
                step=step,
                text=text,
                verdict=earned.verdict,
                correct=earned.correct,
                format=earned.format,
                tier=row["tier"],
                order=None if order is None else tuple(order),
            )
            tokens = len(tokenizer(text, add_special_tokens=False)["input_ids"]) + done
            made.append(Sampled(rollout, row["position"], tokens, earned.total, len(row["options"])))
        except (ValueError, KeyError, TypeError) as error:
            raise FloreyError(f"{path}, line {number}: not a rollout of verl ({error})") from None
    return sorted(made, key=lambda each: each.position)


def metrics(folder: Path) -> dict[int, dict[str, float]]:
    """By step. Every start of verl writes a file of its own; what a later one says goes before."""
    found: dict[int, dict[str, float]] = {}
    for path in sorted(folder.glob("metrics-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                row: Mapping[str, Any] = json.loads(line)
                found[int(row["step"])] = {
                    ours: float(row["data"][theirs]) for theirs, ours in MEASURED.items() if theirs in row["data"]
                }
            except (ValueError, KeyError, TypeError):
                continue  # a line that a kill cut off
    return found


def is_whole(path: Path) -> bool:
    """Whether a file of rollouts was written to its end: every line is JSON, and the last one is ended."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        return text.endswith("\n") and all(isinstance(json.loads(line), dict) for line in text.splitlines())
    except ValueError:
        return False


def go_back(folder: Path) -> None:
    """Makes verl go on from a checkpoint whose rollouts are all there.

    It saves a step before it writes that step's rollouts, and never writes them again: ended in between, they would be
    missing. From the newest older checkpoint it makes them once more; without one the round starts again.
    """
    latest, rollouts = folder / "checkpoints" / LATEST, folder / "rollouts"
    whole = 0
    for step in steps_there(rollouts):
        if not is_whole(rollouts / f"{step}.jsonl"):
            break
        whole = step
    said = latest.read_text().strip() if latest.is_file() else "0"
    if said.isdigit() and int(said) <= whole:
        return
    kept = []
    for path in sorted((folder / "checkpoints").glob("global_step_*")):
        number = path.name.removeprefix("global_step_")
        if not number.isdigit() or int(number) > whole or not (path / "actor").is_dir():
            shutil.rmtree(path)
        else:
            kept.append(int(number))
    if kept:
        write_text(latest, str(max(kept)))
    else:
        latest.unlink(missing_ok=True)


def newest_checkpoint(folder: Path, steps: int) -> Path:
    """The actor's folder of the last step. FloreyError where verl has not saved it."""
    latest = folder / LATEST
    said = latest.read_text().strip() if latest.is_file() else ""
    saved = int(said) if said.isdigit() else 0  # a kill may have left it empty
    actor = folder / f"global_step_{saved}" / "actor"
    if saved != steps or not actor.is_dir():
        raise FloreyError(f"{folder}: verl has saved step {saved or 'none'}, expected {steps}; its log says why")
    return actor


def say_precision(model: Path) -> None:
    """Corrects what config.json says: verl writes weights as they are trained (fp32) and calls them bfloat16, and who
    reads the file then rounds them to that."""
    from safetensors import safe_open

    first = min(model.glob("*.safetensors"))
    with safe_open(str(first), framework="pt") as weights:
        found = weights.get_tensor(min(weights.keys())).dtype
    config = read_json(model / "config.json")
    config.pop("torch_dtype", None)  # its older name
    write_json(model / "config.json", config | {"dtype": str(found).removeprefix("torch.")})


def merge_adapter(parent: Path, adapter: Path, out: Path) -> None:
    """LoRA's part onto the weights that it was trained beside, not onto the merger's, which are rounded to bf16."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(parent, use_safetensors=True, dtype="auto")
    PeftModel.from_pretrained(base, str(adapter)).merge_and_unload().save_pretrained(out)
