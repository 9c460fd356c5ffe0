"""Answers to be scored: every question asked in some orders of its options, some times each, in the words of a prompt.

All of it goes through the client and its cache, so that an evaluation that was killed goes on where it was, and the
same settings give the same predictions for as long as the model does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from florey import answer
from florey.errors import BadInput
from florey.inference import turns
from florey.inference.probabilities import answer_begins, in_own_order, of_options
from florey.inference.prompts import Prompt
from florey.inference.shuffling import cycle, shuffled
from florey.llm.client import LlmClient, Outcome
from florey.llm.requests import Answer, Request
from florey.records import Orders, Prediction, Question, Verdict

Progress = Callable[[int, int], None]


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
        if self.turns == 1 and self.orders == "shuffled":
            raise ValueError("the first order of shuffled options is the question's own; give turns of 2 or more")
        return self


class Asked(NamedTuple):
    """One prediction to be: the question as it is shown, in which order, which sample it is."""

    question: Question
    order: tuple[int, ...] | None
    sample: int


def predict_requests(questions: Sequence[Question], prompt: Prompt, config: PredictConfig) -> Iterator[Request]:
    """What is asked first; second turns and forced answers come on top."""
    return (_request(asked, prompt, config) for asked in _asked(questions, config))


async def predict_all(
    client: LlmClient,
    questions: Sequence[Question],
    prompt: Prompt,
    config: PredictConfig,
    progress: Progress | None = None,
) -> list[Prediction]:
    """In the order of questions, orders and samples. `progress(predictions done, predictions)`.

    BadInput where the model cannot be asked at all; a request that fails is a prediction with its failure.
    """
    check_askable(questions, prompt, config)
    every = list(_asked(questions, config))
    done = 0

    def count(_: int, __: Prediction) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, len(every))

    return await client.each(every, lambda asked: _predict(client, asked, prompt, config), count)


def check_askable(questions: Sequence[Question], prompt: Prompt, config: PredictConfig) -> None:
    """BadInput where a prompt that shows no options is asked what only makes sense with them."""
    if prompt.shows_letters:
        return
    if config.orders != "own" or (prompt.reading == "free" and (config.probabilities or config.forced_tokens)):
        raise BadInput(
            f"prompt '{prompt.name}' shows no options; leave out their orders, their probabilities and forced answers"
        )
    other = next((each for each in questions if prompt.benchmarks and each.source not in prompt.benchmarks), None)
    if other is not None:
        raise BadInput(
            f"prompt '{prompt.name}' shows no options, which is right for {', '.join(prompt.benchmarks)} alone; "
            f"question {other.id} is of {other.source}"
        )


async def _predict(client: LlmClient, asked: Asked, prompt: Prompt, config: PredictConfig) -> Prediction:
    """One question, in as many turns as it takes."""
    request = _request(asked, prompt, config)
    last = whole = await client.ask(request)
    said = prompt.second(asked.question)
    if said is not None and isinstance(last, Answer) and last.finish == "stop":
        request = turns.second(request, last, said, answer_begins(prompt) if config.probabilities else None)
        first, last = last, await client.ask(request)
        whole = turns.joined(first, said, last)
    made = _prediction(asked, whole, prompt, client.settings.model)
    if config.forced_tokens and isinstance(last, Answer) and _is_cut(asked, made, prompt):
        forced = await client.ask(turns.forcing(request, last, asked.question, config.forced_tokens))
        if isinstance(forced, Answer):
            return made.model_copy(update={"forced": turns.forced_answer(forced.text)})
    return made


def _asked(questions: Sequence[Question], config: PredictConfig) -> Iterator[Asked]:
    for question in questions:
        for turn in range(cycle(question) if config.orders == "cyclic" else config.turns):
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
        likely_after=answer_begins(prompt) if config.probabilities and prompt.then is None else None,
        measured=True,
    )


def _prediction(asked: Asked, outcome: Outcome, prompt: Prompt, model: str) -> Prediction:
    made = Prediction(
        question_id=asked.question.id,
        model=model,
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
        "probabilities": _probabilities(asked, outcome, prompt),
    }
    return made.model_copy(update=said)


def _probabilities(asked: Asked, outcome: Answer, prompt: Prompt) -> tuple[float, ...] | None:
    """Of the options in the question's own order; see `probabilities.of_options`."""
    if outcome.likely is None:
        return None
    chosen = _parsed(outcome.text, asked.question, prompt, outcome.prefilled).choice
    shown = of_options(asked.question, chosen, outcome.text, outcome.likely, prompt)
    return None if shown is None else in_own_order(shown, asked.order)


def _is_cut(asked: Asked, prediction: Prediction, prompt: Prompt) -> bool:
    """Whether the budget ended it before it gave an answer."""
    if prediction.failure is not None or prediction.finished:
        return False
    parsed = _parsed(prediction.text, asked.question, prompt, prediction.prefilled)
    return answer.verdict(parsed, asked.question.gold, finished=False) is Verdict.TRUNCATED


def _parsed(text: str, shown: Question, prompt: Prompt, prefilled: bool) -> answer.Parsed:
    return answer.parse(text, shown.options, prefilled=prefilled, reading=prompt.reading, stem=shown.stem)
