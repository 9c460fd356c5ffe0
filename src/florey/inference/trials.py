"""Independent trials: one model, one question, several attempts, each with its options in another order.

The one mechanism for label verification, pass rates and pass@k. Every trial is a request of its own in the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict, Field

from florey import answer
from florey.answer import INSTRUCTION, show
from florey.inference.shuffling import shuffled
from florey.llm.client import LlmClient, Outcome
from florey.llm.requests import Answer, Message, Request
from florey.records import Question, Trial

Progress = Callable[[int, int], None]


class TrialConfig(BaseModel):
    """How often and how a model is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trials: int = Field(5, ge=1, description="independent attempts at each question")
    temperature: float = Field(0.7, ge=0, description="of sampling; with 0 only the order of the options differs")
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(1024, ge=1, description="for one attempt")
    shuffle: bool = Field(True, description="another order of the options in every trial but the first")
    seed: int = 0


def trial_requests(questions: Iterable[Question], config: TrialConfig) -> Iterator[Request]:
    """`config.trials` requests for each question, in order."""
    for question in questions:
        for sample in range(config.trials):
            yield _request(_shown(question, sample, config)[0], sample, config)


async def run_trials(
    client: LlmClient, questions: Sequence[Question], config: TrialConfig, progress: Progress | None = None
) -> dict[str, list[Trial]]:
    """Question id -> its trials, in the order of the questions and samples. `progress(trials done, trials)`.

    BadInput where the server cannot be asked at all; a request that fails is a trial without a verdict.
    """
    total, done = len(questions) * config.trials, 0

    def count(_: int, __: Outcome) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, total)

    outcomes = await client.ask_many(trial_requests(questions, config), count)
    made: dict[str, list[Trial]] = {}
    for place, question in enumerate(questions):
        mine = outcomes[place * config.trials : (place + 1) * config.trials]
        made[question.id] = [
            read_trial(question, sample, outcome, config, client.settings.model) for sample, outcome in enumerate(mine)
        ]
    return made


def read_trial(question: Question, sample: int, outcome: Outcome, config: TrialConfig, model: str) -> Trial:
    """What became of one request, in terms of the question's own order of options."""
    asked, order = _shown(question, sample, config)
    trial = Trial(question_id=question.id, model=model, sample=sample, order=order)
    if not isinstance(outcome, Answer):
        return trial.model_copy(update={"failure": f"{outcome.kind}: {outcome.reason}"})
    parsed = answer.parse(outcome.text, asked.options)
    found = {
        "choice": None if parsed.choice is None else order[parsed.choice],
        "verdict": answer.verdict(parsed, asked.gold, finished=outcome.finish == "stop"),
        "text": outcome.text,
    }
    return trial.model_copy(update=found)


def _shown(question: Question, sample: int, config: TrialConfig) -> tuple[Question, tuple[int, ...]]:
    """The first trial sees the question as it is, and without shuffling every one."""
    return shuffled(question, config.seed, sample if config.shuffle else 0)


def _request(asked: Question, sample: int, config: TrialConfig) -> Request:
    messages = (Message(role="system", content=INSTRUCTION), Message(role="user", content=show(asked)))
    return Request(
        messages,
        sample=sample,
        max_tokens=config.max_tokens,
        temperature=config.temperature,
        top_p=config.top_p,
        seed=config.seed,
    )
