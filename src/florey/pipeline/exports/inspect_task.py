"""The same questions asked by inspect_ai itself, in Florey's words, scored by Florey's grammar.

    inspect eval florey/benchmark --model openai/gpt-4o -T benchmark=medqa -T path=test.jsonl

or, with the path of this file instead of `florey/benchmark`, without an installed extra's entry point. Needs the extra
`inspect`.
"""

from __future__ import annotations

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
from inspect_ai.solver import TaskState, generate

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
    if words.then is not None or words.reading == "free":
        raise BadInput(f"prompt '{words.name}' asks in two turns or without options; a task here asks once, with them")
    return Task(
        dataset=MemoryDataset([sample(question, prompt) for question in loaded.questions], name=benchmark),
        solver=generate(max_tokens=max_tokens),
        scorer=florey(words.reading),
        version=words.version,
    )


def sample(question: Question, prompt: str) -> Sample:
    kinds: dict[str, Any] = {"system": ChatMessageSystem, "user": ChatMessageUser}
    messages = prompt_named(prompt, question.source).messages(question)
    return Sample(
        input=[kinds[message["role"]](content=message["content"]) for message in messages],
        choices=list(question.options),
        target=question.letter,
        id=question.id,
        metadata={"stem": question.stem, **question.facets},
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
