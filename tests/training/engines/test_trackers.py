"""Trackers get what the log gets, where they are installed; where not, that is said before training."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from florey.errors import BadInput
from florey.files import file_digest
from florey.training.engines import RoundJob, TRLSettings
from florey.training.engines.trl import TRLEngine

TRACKERS = ("tensorboard", "trackio", "wandb")


@pytest.mark.parametrize("name", TRACKERS)
def test_one_that_is_not_installed_is_named(
    a_job: Callable[..., RoundJob], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda asked, *a: None if asked == name else found(asked, *a))
    with pytest.raises(BadInput, match=rf"trl\.trackers: {name} is not installed: pip install 'florey\[{name}\]'"):
        TRLEngine().train(a_job("a", trl=TRLSettings(trackers=(name,))))


def test_every_tracker_is_an_extra() -> None:
    import tomllib

    extras = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    for name in TRACKERS:
        assert [requirement.split(">")[0] for requirement in extras[name]] == [name]


def test_tensorboard_shows_every_step(
    a_job: Callable[..., RoundJob], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    job = a_job("run", max_steps=3, trl=TRLSettings(trackers=("tensorboard",)), snapshots=tmp_path / "snapshots")
    outcome = TRLEngine().train(job)
    written = EventAccumulator(str(tmp_path / "run" / "trackers" / "stage1"))
    written.Reload()
    for name in ("reward", "accuracy", "zero_variance"):
        told = written.Scalars(f"train/florey/{name}")
        assert [each.step for each in told] == [1, 2, 3]
        assert [each.value for each in told] == pytest.approx([row[name] for row in outcome.log])
    easy = written.Scalars("train/florey/tiers/easy/accuracy")
    assert [each.value for each in easy] == pytest.approx([row["tiers"]["easy"]["accuracy"] for row in outcome.log])
    assert [each.value for each in written.Scalars("train/loss")] == pytest.approx([row["loss"] for row in outcome.log])


def test_a_tracker_changes_nothing(a_job: Callable[..., RoundJob]) -> None:
    pytest.importorskip("tensorboard")
    followed = a_job("a", max_steps=3, trl=TRLSettings(trackers=("tensorboard",)))
    alone = a_job("b", max_steps=3)
    assert TRLEngine().train(followed).log == TRLEngine().train(alone).log
    assert file_digest(followed.out / "model.safetensors") == file_digest(alone.out / "model.safetensors")
    assert not [path for path in followed.out.parent.rglob("*") if "tfevents" in path.name]
