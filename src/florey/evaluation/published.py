"""The paper's tables as reference rows: arXiv 2509.15279v1, section 4. Accuracy in percent, no intervals."""

from __future__ import annotations

from collections.abc import Sequence

from florey.records import Record

COLUMNS = (
    "CareQA",
    "JMED",
    "Medbullets",
    "MedMCQA",
    "MedQA",
    "MedXpertQA",
    "PubMedQA",
    "MMLU-Pro Bio",
    "MMLU-Pro Health",
    "Average",
)
BENCHMARKS = {
    "careqa": "CareQA",
    "jmed": "JMED",
    "medbullets_op4": "Medbullets",
    "medbullets_op5": "Medbullets",
    "medmcqa": "MedMCQA",
    "medqa": "MedQA",
    "medxpertqa_text": "MedXpertQA",
    "pubmedqa": "PubMedQA",
    "pubmedqa_test": "PubMedQA",
    "mmlu_pro_biology": "MMLU-Pro Bio",
    "mmlu_pro_health": "MMLU-Pro Health",
}
"""Source of a question -> column. The paper does not say which variant of Medbullets and PubMedQA it used."""


class Published(Record):
    """One row of the paper. `values`: in the order of `COLUMNS`; None where the paper gives the average alone."""

    model: str
    values: tuple[float | None, ...]
    decimals: int = 1  # that the paper gives

    @property
    def printed(self) -> tuple[str, ...]:
        """The values as they stand in the paper: rounding 57.05 again would contradict its own 57.1."""
        return tuple("" if value is None else f"{value:.{self.decimals}f}" for value in self.values)

    @property
    def average(self) -> float:
        last = self.values[-1]
        assert last is not None
        return last


def _row(model: str, *values: float, decimals: int = 1) -> Published:
    return Published(model=model, values=values, decimals=decimals)


def _average(model: str, value: float) -> Published:
    return Published(model=model, values=(*(None,) * (len(COLUMNS) - 1), value), decimals=2)


ABLATION_7B: dict[str, tuple[float, ...]] = {
    "base": (70.6, 59.2, 43.0, 55.9, 59.9, 12.0, 74.0, 72.4, 52.1, 55.4),
    "cold_start": (72.2, 54.4, 52.7, 58.5, 67.2, 16.1, 78.6, 69.9, 57.0, 58.5),
    "stage1": (75.9, 59.6, 53.7, 61.5, 69.4, 17.2, 77.4, 74.8, 61.3, 61.2),
    "stage2": (77.3, 59.6, 57.1, 64.2, 75.1, 19.1, 78.6, 74.8, 64.7, 63.4),
}
ABLATION_32B: dict[str, tuple[float, ...]] = {
    "base": (88.3, 69.3, 71.8, 72.5, 87.0, 26.0, 77.0, 88.6, 75.6, 72.9),
    "stage1": (90.0, 70.1, 73.5, 74.0, 88.4, 27.7, 78.8, 91.2, 76.9, 74.5),
    "stage2": (90.4, 68.7, 76.5, 74.5, 89.3, 30.3, 80.4, 90.9, 77.6, 75.4),
}
MAIN = (
    _row("Fleming-R1-7B", 77.28, 59.60, 57.05, 64.16, 75.10, 19.14, 78.60, 74.76, 64.67, 63.37, decimals=2),
    _row("Fleming-R1-32B", 90.41, 68.70, 76.51, 74.52, 89.32, 30.33, 80.40, 90.93, 77.63, 75.42, decimals=2),
    _average("DeepSeek-R1-671B", 77.57),
    _average("GPT-OSS-120B", 75.82),
    _average("Qwen3-32B", 72.89),
    _average("HuatuoGPT-o1-72B", 72.45),
    _average("Baichuan-M2-32B", 70.78),
    _average("GPT-OSS-20B", 70.51),
    _average("Qwen2.5-32B", 63.40),
    _average("HuatuoGPT-o1-7B", 56.12),
    _average("Qwen2.5-7B", 55.43),
)
STAGES = {"base": "base", "cold_start": "+ cold start", "stage1": "+ RL stage 1", "stage2": "+ RL stage 2"}
ABLATION = tuple(
    _row(f"Fleming-R1-{size}, {STAGES[stage]}", *values)
    for size, rows in (("7B", ABLATION_7B), ("32B", ABLATION_32B))
    for stage, values in rows.items()
)
TABLES: dict[str, tuple[Published, ...]] = {"main": MAIN, "ablation": ABLATION}


def average(accuracies: Sequence[float]) -> float:
    """The macro average as the paper takes it: the plain mean of unrounded accuracies over the nine."""
    return sum(accuracies) / len(accuracies)
