"""The paper's own ablation, shown small beside ours. Source: arXiv 2509.15279v1, section 4 (Qwen2.5-7B rows)."""

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
ABLATION_7B: dict[str, tuple[float, ...]] = {
    "base": (70.6, 59.2, 43.0, 55.9, 59.9, 12.0, 74.0, 72.4, 52.1, 55.4),
    "cold_start": (72.2, 54.4, 52.7, 58.5, 67.2, 16.1, 78.6, 69.9, 57.0, 58.5),
    "stage1": (75.9, 59.6, 53.7, 61.5, 69.4, 17.2, 77.4, 74.8, 61.3, 61.2),
    "stage2": (77.3, 59.6, 57.1, 64.2, 75.1, 19.1, 78.6, 74.8, 64.7, 63.4),
}
"""Accuracy in percent; the paper gives no intervals."""
