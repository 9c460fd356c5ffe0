"""The reward function that TRL calls: it keeps every rollout, and tells the curriculum what came of each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from florey.inference.prompts import is_prefilled
from florey.records import Rollout
from florey.training.curriculum.curriculum import Curriculum
from florey.training.curriculum.groups import Group
from florey.training.engines import GRPOConfigModel
from florey.training.rewards import reward
from florey.training.step_metrics import Sampled, grouped, step_metrics


class Recorder:
    """`ends`: tokens that end a completion. With several processes each sees its own rollouts; all tell all."""

    __name__ = "reward"  # TRL names the metric after the function

    def __init__(self, phase: str, config: GRPOConfigModel, ends: frozenset[int], curriculum: Curriculum) -> None:
        self.phase, self.config, self.ends, self.curriculum = phase, config, ends, curriculum
        self.rollouts: list[Rollout] = []
        self.log: list[dict[str, Any]] = []

    def __call__(
        self,
        prompts: list[str],
        completions: list[str],
        completion_ids: list[list[int]],
        trainer_state: Any,
        **columns: list[Any],
    ) -> list[float]:
        step = trainer_state.global_step // self.config.iterations + 1
        made: list[Sampled] = []
        for i, text in enumerate(completions):
            ids = completion_ids[i]
            earned = reward(
                text,
                columns["options"][i],
                columns["gold"][i],
                self.config.reward,
                finished=bool(ids) and ids[-1] in self.ends,
                prefilled=is_prefilled(prompts[i]),
            )
            rollout = Rollout(
                question_id=columns["question_id"][i],
                phase=self.phase,
                step=step,
                text=text,
                verdict=earned.verdict,
                correct=earned.correct,
                format=earned.format,
                tier=columns["tier"][i],
                order=None if columns["order"][i] is None else tuple(columns["order"][i]),
            )
            made.append(Sampled(rollout, columns["position"][i], len(ids), earned.total, len(columns["options"][i])))
        whole = _of_all_processes(made)
        self.rollouts += [each.rollout for each in whole]
        self.log.append(step_metrics(self.phase, step, whole))
        self.curriculum.observe(groups_of(whole))
        if curriculum := self.curriculum.metrics():
            self.log[-1]["curriculum"] = curriculum
        return [each.total for each in made]


def groups_of(sampled: Sequence[Sampled]) -> list[Group]:
    return [
        Group(
            question_id=group[0].rollout.question_id,
            position=group[0].position,
            options=group[0].options,
            rewards=tuple(each.total for each in group),
            correct=tuple(bool(each.rollout.correct) for each in group),
        )
        for group in grouped(sampled).values()
    ]


def _of_all_processes(made: list[Sampled]) -> list[Sampled]:
    from accelerate import PartialState
    from accelerate.utils import gather_object

    if PartialState().num_processes == 1:
        return made
    found: list[Sampled] = gather_object(made)
    return found
