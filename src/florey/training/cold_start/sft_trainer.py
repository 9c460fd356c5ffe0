"""What the cold start adds to TRL's SFTTrainer: the loss on held-out traces, the best weights, snapshots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from florey.training.cold_start.early_stop import Watcher
from florey.training.engines import snapshots

LOG_EVERY = 10
"""Steps. Snapshots are taken at multiples, so that no mean of a logged loss is cut in two."""
BEST = "best.safetensors"
"""The best weights so far, in a snapshot."""


def trainer_class() -> Any:
    from trl import SFTTrainer

    class ColdStartTrainer(SFTTrainer):  # type: ignore[misc]
        def create_model_card(self, *arguments: Any, **more: Any) -> None:
            """Not for snapshots."""

    return ColdStartTrainer


def held_out_loss(trainer: Any, rows: Sequence[dict[str, list[int]]]) -> float:
    """Nats per token of the completions, over all rows alike."""
    import torch

    tokens = sum(label != -100 for row in rows for label in row["labels"])
    size = trainer.args.per_device_train_batch_size
    batches = [rows[at : at + size] for at in range(0, len(rows), size)]
    model = trainer.model
    model.eval()
    try:
        with torch.no_grad(), trainer.compute_loss_context_manager():
            losses = [
                trainer.compute_loss(
                    model,
                    trainer._prepare_inputs(trainer.data_collator([dict(row) for row in batch])),
                    num_items_in_batch=torch.tensor(tokens, device=model.device),
                ).item()
                for batch in batches
            ]
    finally:
        model.train()
    trainer._metrics["eval"].clear()
    return float(sum(losses))


def trained_weights(model: Any) -> dict[str, Any]:
    """A copy of what is trained: all weights, or the adapters."""
    return {name: each.detach().cpu().clone() for name, each in model.named_parameters() if each.requires_grad}


def restore_best(model: Any, best: dict[str, Any]) -> None:
    import torch

    with torch.no_grad():
        for name, each in model.named_parameters():
            if name in best:
                each.copy_(best[name])


def cold_start_callback(
    trainer: Any,
    watcher: Watcher,
    *,
    dev: Sequence[dict[str, list[int]]],
    best: dict[str, Any],
    folder: Path | None,
    resumed: Path | None,
    save_every: int,
    progress: Callable[[int, int, str], None] | None,
) -> Any:
    """`best` is filled with the weights that did best on `dev`."""
    from safetensors.torch import load_file, save_file
    from transformers import TrainerCallback

    if resumed and (resumed / BEST).is_file():
        best |= load_file(resumed / BEST)

    class ColdStart(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
            step, total, note = state.global_step, state.max_steps, ""
            if dev and (step % watcher.rule.every == 0 or step == total):
                if watcher.observe(step, held_out_loss(trainer, dev)):
                    best.update(trained_weights(trainer.model))
                control.should_training_stop |= watcher.stopped
            if watcher.measured:
                note = f"held out {watcher.measured[-1][1]:.4f}"
            if progress:
                progress(step, total, note)
            # Not where it stops: who goes on from there would make one step more.
            control.should_save |= folder is not None and step % save_every == 0 and not watcher.stopped
            return control

        def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
            if folder:
                snapshot = folder / f"checkpoint-{state.global_step}"
                if best:
                    save_file(best, snapshot / BEST)
                snapshots.seal(snapshot, {"watcher": watcher.state_dict()}, [])
            return control

    return ColdStart()
