"""Entropy and KL by tier are those that TRL logs for all, taken apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.training.engines.conftest import QUESTIONS
from tests.training.engines.planted import reward

from florey.training.curriculum.curriculum import CurriculumConfig
from florey.training.engines import RoundJob
from florey.training.engines.trl import TRLEngine
from florey.training.rounds import write_round

TIERS = ("easy", "easy", "easy", "difficult")


@pytest.fixture
def job(a_job: Callable[..., RoundJob], monkeypatch: pytest.MonkeyPatch) -> RoundJob:
    monkeypatch.setattr("florey.training.engines.recorder.reward", reward)
    made = a_job("tiers", max_steps=4, curriculum=CurriculumConfig(), config={"kl": 0.05})
    return replace(made, config=made.config.model_copy(update={"micro_batch": 16}))


def test_one_tier_has_what_all_have(job: RoundJob) -> None:
    for row in TRLEngine().train(job).log:
        assert row["tiers"]["easy"]["entropy"] == pytest.approx(row["entropy"], rel=1e-4)
        assert row["tiers"]["easy"]["kl"] == pytest.approx(row["kl"], rel=1e-3, abs=1e-7)
    assert row["kl"] > 0


def test_two_tiers_make_up_the_whole(job: RoundJob) -> None:
    asked = [q.model_copy(update={"tier": TIERS[n % 4]}) for n, q in enumerate(QUESTIONS)]
    write_round(job.round_file, asked, [q.stem for q in asked])
    log = TRLEngine().train(job).log
    for row in log:
        easy, difficult = row["tiers"]["easy"], row["tiers"]["difficult"]
        low, high = sorted([easy["entropy"], difficult["entropy"]])
        assert low <= row["entropy"] <= high
        assert (easy["n"], difficult["n"]) == (12, 4)
    assert any(row["tiers"]["easy"]["entropy"] != row["tiers"]["difficult"]["entropy"] for row in log)


def test_without_a_weight_there_is_no_kl(job: RoundJob) -> None:
    plain = replace(job, config=job.config.model_copy(update={"kl": 0.0}), max_steps=1)
    (row,) = TRLEngine().train(plain).log
    assert "kl" not in row["tiers"]["easy"] and row["tiers"]["easy"]["entropy"] > 0
