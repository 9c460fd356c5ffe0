"""The same questions asked by inspect_ai itself, in Florey's words, scored by Florey's grammar.

    inspect eval florey/benchmark --model openai/gpt-4o -T benchmark=medqa -T path=test.jsonl

or, with the path of this file instead of `florey/benchmark`, without an installed extra's entry point. Needs the extra
`inspect`.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser
from inspect_ai.scorer import (
    CORRECT,
    INCORRECT,
    Score,
    Scorer,
    Target,
    accuracy,
    scorer,
    stderr,
)
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver

from florey.answer import parse, verdict
from florey.datasets.config import SourceConfig
from florey.datasets.contract import load_benchmark
from florey.errors import BadInput
from florey.inference.prompts import prompt_named
from florey.records import LETTERS, Question, Reading, Verdict


@task  # type: ignore[untyped-decorator]
def benchmark(
    benchmark: str, path: str, prompt: str = "florey", limit: int | None = None, max_tokens: int = 2048, seed: int = 0
) -> Task:
    """One of the nine benchmarks, from a file in its native format."""
    loaded = load_benchmark(benchmark, SourceConfig(path=Path(path), limit=limit, seed=seed))
    words = prompt_named(prompt, loaded.questions[0].source)
    if words.reading == "free":
        raise BadInput(f"prompt '{words.name}' asks without options; what is said to it needs a judge: florey evaluate")
    # an item that stands in the set twice is asked twice, under ids of its own
    copies = Counter[str]()
    samples = []
    for question in loaded.questions:
        copy = copies[question.id]
        copies[question.id] += 1
        samples.append(sample(question, prompt, question.id if copy == 0 else f"{question.id}-copy{copy}"))
    return Task(
        dataset=MemoryDataset(samples, name=benchmark),
        solver=[generate(max_tokens=max_tokens), second_turn(max_tokens)],
        scorer=florey(words.reading),
        version=words.version,
    )


@solver  # type: ignore[untyped-decorator]
def second_turn(max_tokens: int) -> Solver:
    """Asks for the answer apart from the thought, where the prompt does; both are read as one."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if (asked := state.metadata["second"]) is None:
            return state
        first = state.output.completion
        state.messages.append(ChatMessageUser(content=asked))
        state = await generate(state, max_tokens=max_tokens)
        state.output.completion = f"{first}\n\n{asked} {state.output.completion}"
        return state

    return solve


def sample(question: Question, prompt: str, id: str | None = None) -> Sample:
    """`id`: the question's own unless another is given."""
    kinds: dict[str, Any] = {"system": ChatMessageSystem, "user": ChatMessageUser}
    words = prompt_named(prompt, question.source)
    messages = words.messages(question)
    return Sample(
        input=[kinds[message["role"]](content=message["content"]) for message in messages],
        choices=list(question.options),
        target=question.letter,
        id=id or question.id,
        metadata={**question.facets, "stem": question.stem, "second": words.second(question)},
    )


@scorer(metrics=[accuracy(), stderr()])  # type: ignore[untyped-decorator]
def florey(reading: Reading = "tags") -> Scorer:
    """Right or wrong; the five verdicts stand in the explanation."""

    async def score(state: TaskState, target: Target) -> Score:
        finished = state.output.stop_reason == "stop"
        options = [choice.value for choice in state.choices]
        parsed = parse(state.output.completion, options, reading=reading, stem=state.metadata["stem"])
        found = verdict(parsed, LETTERS.index(target.text), finished=finished)
        return Score(
            value=CORRECT if found is Verdict.CORRECT else INCORRECT,
            answer=None if parsed.choice is None else LETTERS[parsed.choice],
            explanation=found.value,
        )

    return score
