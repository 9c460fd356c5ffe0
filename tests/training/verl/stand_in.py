"""Plays verl's process where there is none: reads what it is told as verl does, writes what verl writes.

`python stand_in.py -m verl.trainer.main_ppo KEY=VALUE …`, `-m verl.model_merger merge …`; FAIL_AT=STEP ends it there.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import polars as pl

from florey.training.engines.verl.reward_function import compute_score

WEIGHTS = "+reward.custom_reward_function.reward_kwargs."


def train(told: list[str]) -> None:
    keys = dict(each.split("=", 1) for each in told)
    keys = {key: value.strip("'") for key, value in keys.items()}
    frame = pl.read_parquet(keys["data.train_files"]).to_dicts()
    count, size = int(keys["actor_rollout_ref.rollout.n"]), int(keys["data.train_batch_size"])
    steps, every = int(keys["trainer.total_training_steps"]), int(keys["trainer.save_freq"])
    weights = {key.removeprefix(WEIGHTS): float(keys[key]) for key in keys if key.startswith(WEIGHTS)}
    saved, rollouts = Path(keys["trainer.default_local_dir"]), Path(keys["trainer.rollout_data_dir"])
    latest = saved / "latest_checkpointed_iteration.txt"
    begun = int(latest.read_text()) if latest.is_file() else 0
    with Path(os.environ["VERL_FILE_LOGGER_PATH"]).open("w") as log:
        for step in range(begun + 1, steps + 1):
            if os.environ.get("FAIL_AT") == str(step):
                print("RuntimeError: the stand-in was told to fail", file=sys.stderr)
                sys.exit(1)
            rows = frame[(step - 1) * size : step * size]
            rollouts.mkdir(parents=True, exist_ok=True)
            with (rollouts / f"{step}.jsonl").open("w") as out:
                for row in rows:
                    truth = row["reward_model"]["ground_truth"]
                    letter = "ABC"[json.loads(truth)["gold"]]
                    for turn in range(row.get("__rollout_n__", count)):
                        text = f"<think>x</think><answer>{letter if turn % 2 else 'C'}</answer>"
                        score = compute_score("florey", text, truth, {}, **weights)["score"]
                        told = {"input": row["prompt"][0]["content"], "output": text, "gts": truth}
                        out.write(json.dumps({**told, "score": score, "step": step, "uid": "u"}) + "\n")
            log.write(json.dumps({"step": step, "data": {"actor/entropy": step / 10, "actor/grad_norm": 1.0}}) + "\n")
            log.flush()
            if step % every == 0 or step == steps:
                actor = saved / f"global_step_{step}" / "actor" / "huggingface"
                shutil.copytree(keys["actor_rollout_ref.model.path"], actor, dirs_exist_ok=True)
                config = json.loads((actor / "config.json").read_text())
                (actor / "config.json").write_text(json.dumps(config | {"dtype": "bfloat16"}))  # verl calls it so
                latest.write_text(str(step))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["-c", "import verl"]:
            pass
        case ["-m", "verl.trainer.main_ppo", *told]:
            train(told)
        case other:
            sys.exit(f"not what verl is asked: {other}")
