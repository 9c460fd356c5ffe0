"""Free answers graded by a language model, where there is no certificate to judge by."""

from florey.evaluation.judging.judge import (
    Agreement,
    Judgement,
    agreement,
    judge_requests,
    judge_with_model,
    judgement_scores,
    prompt_version,
    read_labels,
)

__all__ = [
    "Agreement",
    "Judgement",
    "agreement",
    "judge_requests",
    "judge_with_model",
    "judgement_scores",
    "prompt_version",
    "read_labels",
]
