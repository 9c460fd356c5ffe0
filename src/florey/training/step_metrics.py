"""What one step of GRPO is described by, whatever engine made it: one flat row of the log, and the same by tier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from florey.records import Rollout, Verdict
from florey.training.rewards import is_uninformative


@dataclass(frozen=True)
class Sampled:
    """One rollout as the engine made it."""

    rollout: Rollout
    position: int  # of its prompt in the round: a question may stand twice in one step
    tokens: int
    total: float  # reward
    options: int = 0  # of the question as it was asked


def step_metrics(phase: str, step: int, sampled: Sequence[Sampled]) -> dict[str, Any]:
    """`sampled`: all rollouts of the step, at least one."""
    tiers: dict[str, list[Sampled]] = defaultdict(list)
    for each in sampled:
        tiers[each.rollout.tier or "none"].append(each)
    groups = list(grouped(sampled).values())
    return {
        "phase": phase,
        "step": step,
        "reward": _mean(each.total for each in sampled),
        "accuracy": _mean(each.rollout.correct for each in sampled),
        "format": _mean(each.rollout.format for each in sampled),
        "zero_variance": _mean(is_uninformative([each.total for each in group]) for group in groups),
        "mean_tokens": _mean(each.tokens for each in sampled),
        **_shares(sampled),
        "tiers": {
            name: {
                "n": len(found),
                "accuracy": _mean(each.rollout.correct for each in found),
                "prompts": len({each.rollout.question_id for each in found}),
                **_shares(found),
            }
            for name, found in sorted(tiers.items())
        },
    }


def grouped(sampled: Sequence[Sampled]) -> dict[tuple[str, int], list[Sampled]]:
    """Rollouts of one place in the round."""
    groups: dict[tuple[str, int], list[Sampled]] = defaultdict(list)
    for each in sampled:
        groups[each.rollout.question_id, each.position].append(each)
    return groups


def _shares(sampled: Sequence[Sampled]) -> dict[str, Any]:
    """Groups by how many of their rollouts are right; lengths by correctness; how many gave no answer."""
    groups = [[each.rollout.correct for each in group] for group in grouped(sampled).values()]
    right = [each.tokens for each in sampled if each.rollout.correct]
    wrong = [each.tokens for each in sampled if not each.rollout.correct]
    return {
        "all_right": _mean(all(group) for group in groups),
        "mixed": _mean(any(group) and not all(group) for group in groups),
        "all_wrong": _mean(not any(group) for group in groups),
        "tokens_right": _mean(right) if right else None,
        "tokens_wrong": _mean(wrong) if wrong else None,
        "truncated": _mean(each.rollout.verdict is Verdict.TRUNCATED for each in sampled),
        "unparsed": _mean(each.rollout.verdict is Verdict.UNPARSED for each in sampled),
    }


def _mean(values: Any) -> float:
    found = [float(value) for value in values]
    return sum(found) / len(found)
