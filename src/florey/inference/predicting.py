"""Answers to be scored: every question asked in some orders of its options, some times each, in the words of a prompt.

All of it goes through the client and its cache, so that an evaluation that was killed goes on where it was, and the
same settings give the same predictions for as long as the model does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from florey import answer
from florey.errors import BadInput
from florey.inference.prompts import Prompt
from florey.inference.shuffling import shuffled
from florey.llm.client import LlmClient, Outcome
from florey.llm.requests import Answer, Message, Request
from florey.records import LETTERS, Orders, Prediction, Question, Verdict

Progress = Callable[[int, int], None]
BEFORE_ANSWER = "<answer>"
FORCE = (
    "Stop reasoning here. Give the letter of the one correct option inside <answer></answer> and nothing else.",
    "请停止推理。只在<answer></answer>中给出唯一正确选项的字母，不要写其他内容。",
)
"""What a model is told after a thought that the budget ended, in English and Chinese. It is a turn of its own, which
every server takes; continuing the model's own turn is taken by some only."""


class PredictConfig(BaseModel):
    """How often and how a model is asked. Nothing is capped that is not said here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_tokens: int = Field(ge=1, description="that a completion may have, thought and answer together")
    samples: int = Field(1, ge=1, description="completions of each question in each order of its options")
    temperature: float = Field(0.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    seed: int = 0
    orders: Orders = "own"
    turns: int = Field(1, ge=1, description="orders of the options, where they are shuffled")
    forced_tokens: int = Field(
        0, ge=0, description="for an answer that is asked for after a thought that the budget ended; 0: it is not asked"
    )
    probabilities: bool = Field(False, description="ask for those of the options as well")

    @model_validator(mode="after")
    def _says_something_new(self) -> Self:
        if self.samples > 1 and self.temperature == 0:
            raise ValueError("with temperature 0 all samples are the same; give a temperature, or shuffle the options")
        if self.turns > 1 and self.orders != "shuffled":
            raise ValueError(f"turns are for shuffled options, and orders is '{self.orders}'")
        return self


class Asked(NamedTuple):
    """One prediction to be: the question as it is shown, in which order, which sample it is."""

    question: Question
    order: tuple[int, ...] | None
    sample: int


def predict_requests(questions: Sequence[Question], prompt: Prompt, config: PredictConfig) -> Iterator[Request]:
    """What is asked first; forced answers come on top."""
    return (_request(asked, prompt, config) for asked in _asked(questions, config))


async def predict_all(
    client: LlmClient,
    questions: Sequence[Question],
    prompt: Prompt,
    config: PredictConfig,
    progress: Progress | None = None,
) -> list[Prediction]:
    """In the order of questions, orders and samples. `progress(requests done, requests)`.

    BadInput where the model cannot be asked at all; a request that fails is a prediction with its failure.
    """
    if prompt.reading == "free" and (config.orders != "own" or config.probabilities or config.forced_tokens):
        raise BadInput(
            f"prompt '{prompt.name}' shows no options; leave out their orders, their probabilities and forced answers"
        )
    every = list(_asked(questions, config))
    done, total = 0, len(every)

    def count(_: int, __: Outcome) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, total)

    requests = [_request(asked, prompt, config) for asked in every]
    outcomes = await client.ask_many(requests, count)
    made = [_prediction(asked, outcome, client) for asked, outcome in zip(every, outcomes, strict=True)]
    if config.forced_tokens == 0:
        return made
    cut = [
        place
        for place, prediction in enumerate(made)
        if prediction.failure is None and not prediction.finished and not _answers(every[place], prediction, prompt)
    ]
    total += len(cut)
    forced = await client.ask_many(
        [_forcing(requests[place], made[place], every[place], config) for place in cut], count
    )
    for place, outcome in zip(cut, forced, strict=True):
        if isinstance(outcome, Answer):
            made[place] = made[place].model_copy(update={"forced": outcome.text})
    return made


def _asked(questions: Sequence[Question], config: PredictConfig) -> Iterator[Asked]:
    for question in questions:
        turns = len(question.options) if config.orders == "cyclic" else config.turns
        for turn in range(turns):
            shown, order = question, None
            if config.orders != "own":
                shown, order = shuffled(question, config.seed, turn)
            for sample in range(config.samples):
                yield Asked(shown, order, turn * config.samples + sample)


def _request(asked: Asked, prompt: Prompt, config: PredictConfig) -> Request:
    return Request(
        prompt.messages(asked.question),
        sample=asked.sample,
        max_tokens=config.max_tokens,
        temperature=config.temperature,
        top_p=config.top_p,
        seed=config.seed,
        likely_after=_before_answer(prompt) if config.probabilities else None,
    )


def _before_answer(prompt: Prompt) -> str:
    return BEFORE_ANSWER if prompt.reading == "tags" else "nswer"  # "The answer is (B)", "Answer: B"


def _prediction(asked: Asked, outcome: Outcome, client: LlmClient) -> Prediction:
    made = Prediction(
        question_id=asked.question.id,
        model=client.settings.model,
        sample=asked.sample,
        text="",
        tokens=0,
        finished=False,
        order=asked.order,
    )
    if not isinstance(outcome, Answer):
        return made.model_copy(update={"failure": f"{outcome.kind}: {outcome.reason}"})
    said = {
        "text": outcome.text,
        "tokens": outcome.usage.completion_tokens,
        "finished": outcome.finish == "stop",
        "prefilled": outcome.prefilled,
        "probabilities": _probabilities(asked, outcome),
    }
    return made.model_copy(update=said)


def _probabilities(asked: Asked, outcome: Answer) -> tuple[float, ...] | None:
    """Of the options in the question's own order, from the likely tokens at the answer's letter; None where no option's
    letter is among them. A letter that is not among the likely ones has next to nothing."""
    letters = LETTERS[: len(asked.question.options)]
    weights = dict.fromkeys(letters, 0.0)
    for token, logarithm in outcome.likely or ():
        letter = token.strip(" ():.\n*")
        if letter in weights:
            weights[letter] += math.exp(logarithm)
    whole = sum(weights.values())
    if whole <= 0:
        return None
    shown = [weights[letter] / whole for letter in letters]
    if asked.order is None:
        return tuple(shown)
    return tuple(shown[asked.order.index(place)] for place in range(len(letters)))


def _answers(asked: Asked, prediction: Prediction, prompt: Prompt) -> bool:
    found = answer.judge(
        prediction.text,
        asked.question,
        finished=prediction.finished,
        prefilled=prediction.prefilled,
        reading=prompt.reading,
    )
    return found is not Verdict.TRUNCATED


def _forcing(request: Request, cut: Prediction, asked: Asked, config: PredictConfig) -> Request:
    told = FORCE[asked.question.language == "zh"]
    turns = (Message(role="assistant", content=cut.text), Message(role="user", content=told))
    return replace(
        request,
        messages=(*request.messages, *turns),
        max_tokens=config.forced_tokens,
        temperature=0.0,
        likely_after=None,
    )
