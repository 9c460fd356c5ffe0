"""How the page calls the stages of training."""

from __future__ import annotations

STAGE_LABELS = {"base": "Base", "cold_start": "+ Cold start", "stage1": "+ RL stage 1", "stage2": "+ RL stage 2"}
