"""Where a loaded model answers. No GPU is needed to see what is asked of the model."""

from __future__ import annotations

import pytest
import torch

from florey.inference import local


class Model(torch.nn.Linear):
    def __init__(self) -> None:
        super().__init__(2, 2)
        self.moves: list[str] = []

    @property
    def device(self) -> torch.device:
        return torch.device(self.moves[-1] if self.moves else "cpu")

    def to(self, where: str) -> Model:  # type: ignore[override]
        self.moves.append(where)
        return self


@pytest.mark.parametrize(("gpu", "moves"), [(True, ["cuda"]), (False, [])])
def test_to_the_gpu_once_where_there_is_one(monkeypatch: pytest.MonkeyPatch, gpu: bool, moves: list[str]) -> None:
    monkeypatch.setattr(local, "has_gpu", lambda: gpu)
    model = Model()
    for _ in range(2):
        local.to_gpu(model)
    assert model.moves == moves
