"""A stored evaluation as logs of inspect_ai, one a benchmark, for its viewer (`inspect view`) and its data frames.

Written through inspect_ai's own records, so that whatever version is installed reads what it wrote (extra `inspect`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from florey.answer import shown
from florey.errors import BadInput
from florey.evaluation.benchmarks import BenchmarkScore, EvaluationScore, Judged, read_verdicts
from florey.evaluation.stored import Answered, Evaluation
from florey.evaluation.verdicts import Scored
from florey.files import digest
from florey.inference.prompts import Prompt
from florey.pipeline.exports.folder import MARKER, export_folder, prompts_of, written_at
from florey.records import LETTERS, Prediction, Question, Verdict

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample

SCORER = "florey"
_VALUES = {True: "C", False: "I"}
"""How inspect_ai writes right and wrong."""


def export_inspect(evaluation: Evaluation, score: EvaluationScore, to: Path) -> list[Path]:
    """Writes a log for every benchmark into the folder `to`, named as inspect_ai names its own; the files.

    BadInput where inspect_ai is missing, or something else than an earlier export is there.
    """
    try:
        from inspect_ai.log import write_eval_log
    except ImportError:
        raise BadInput("logs of inspect_ai need it: pip install 'florey[inspect]'") from None
    verdicts, prompts, when = read_verdicts(evaluation, score.policy), prompts_of(evaluation), written_at(evaluation)
    with export_folder(evaluation, to, "inspect") as aside:
        for each in score.benchmarks:
            log = _log(evaluation, evaluation[each.name], each, verdicts[each.name], prompts[each.name], when)
            stamp = when.isoformat().replace(":", "-")
            path = aside / f"{stamp}_{each.name.replace('_', '-')}_{log.eval.task_id}.json"  # what its viewer lists
            write_eval_log(log, str(path), format="json")
    return sorted(path for path in to.iterdir() if path.name != MARKER)


def _log(
    evaluation: Evaluation,
    answered: Answered,
    score: BenchmarkScore,
    judged: Judged,
    prompt: Prompt,
    written: datetime,
) -> EvalLog:
    from inspect_ai.log import (
        EvalConfig,
        EvalDataset,
        EvalLog,
        EvalMetric,
        EvalPlan,
        EvalResults,
        EvalScore,
        EvalSpec,
        EvalStats,
    )
    from inspect_ai.model import GenerateConfig

    asking, source, when = evaluation.asking, answered.items, written.isoformat()
    name = digest([asking.model, source.name, source.digest], 22)
    metrics = {
        "accuracy": EvalMetric(name="accuracy", value=score.accuracy, metadata={"interval": [score.lo, score.hi]}),
        "stderr": EvalMetric(name="stderr", value=(score.hi - score.lo) / (2 * 1.96)),
        **{verdict.value: EvalMetric(name=verdict.value, value=count) for verdict, count in score.verdicts.items()},
    }
    samples = list(_samples(answered, judged, prompt))
    return EvalLog(
        status="success",
        eval=EvalSpec(
            eval_id=name,
            run_id=digest([asking.model], 22),
            task_id=digest([source.name], 22),
            created=when,
            task=f"florey/{source.name}",
            task_version=source.prompt_version,
            dataset=EvalDataset(name=source.benchmark, location=source.file, samples=source.items, shuffled=False),
            model=f"florey/{asking.model}",
            model_generate_config=GenerateConfig(
                max_tokens=asking.max_tokens, temperature=asking.temperature, top_p=asking.top_p, seed=asking.seed
            ),
            config=EvalConfig(epochs=score.samples[1]),
            packages={"florey": asking.version},
            metadata={"prompt": source.prompt, "policy": score.policy, "licences": list(source.licences)},
        ),
        plan=EvalPlan(),
        stats=EvalStats(started_at=when, completed_at=when),
        results=EvalResults(
            total_samples=len(samples),
            completed_samples=len(samples),
            scores=[EvalScore(name=SCORER, scorer=SCORER, metrics=metrics)],
        ),
        samples=samples,
    )


def _samples(answered: Answered, judged: Judged, prompt: Prompt) -> list[EvalSample]:
    """One for each item and sample; a copy of an item that stands in the set again is told apart by its number."""
    by_key = {(each.question_id, each.sample): each for each in answered.predictions()}
    made, seen = [], dict[str, int]()
    for question, items in zip(judged.questions, judged.samples, strict=True):
        copy = seen[question.id] = seen.get(question.id, -1) + 1
        id = question.id if copy == 0 else f"{question.id}-copy{copy}"
        made += [_sample(id, question, by_key[question.id, scored.sample], scored, prompt) for scored in items]
    return made


def conversation(asked: Question, prediction: Prediction, prompt: Prompt) -> list[tuple[str, str]]:
    """(role, words), turn by turn: what was asked, what was said, the second turn where the prompt has one, and the
    answer that it was made to give where its thought was cut."""
    turns = [(str(message["role"]), str(message["content"])) for message in prompt.messages(asked)]
    second, said = prompt.second(asked), prediction.text
    if second is not None and f"\n\n{second} " in said:
        first, _, said = said.partition(f"\n\n{second} ")
        turns += [("assistant", first), ("user", second)]
    turns.append(("assistant", said))
    if prediction.forced is not None:
        turns.append(("assistant", prediction.forced))
    return turns


def _sample(id: str, question: Question, prediction: Prediction, scored: Scored, prompt: Prompt) -> EvalSample:
    from inspect_ai.log import EvalSample
    from inspect_ai.model import (
        ChatCompletionChoice,
        ChatMessageAssistant,
        ChatMessageSystem,
        ChatMessageUser,
        ModelOutput,
        ModelUsage,
    )
    from inspect_ai.scorer import Score

    asked = shown(question, prediction.order)
    kinds: dict[str, Any] = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}
    asking = len(prompt.messages(asked))
    turns: Sequence[Any] = [
        kinds[role](
            id=digest([id, number if number < asking else [number, scored.sample], "turn"], 22), content=content
        )
        for number, (role, content) in enumerate(conversation(asked, prediction, prompt))
    ]
    said = turns[-1 if prediction.forced is None else -2]
    stop = "stop" if prediction.finished else "max_tokens"
    output = ModelOutput(
        model=prediction.model,
        choices=[ChatCompletionChoice(message=said, stop_reason=stop)],
        usage=ModelUsage(output_tokens=prediction.tokens),
        error=prediction.failure,
    )
    return EvalSample(
        id=id,
        epoch=scored.sample + 1,
        input=list(turns[:asking]),
        choices=list(asked.options),
        target=asked.letter,
        messages=list(turns),
        output=output,
        scores={
            SCORER: Score(
                value=_VALUES[scored.verdict is Verdict.CORRECT],
                answer=None if scored.place is None else LETTERS[scored.place],
                explanation=scored.verdict.value,
                metadata={"verdict": scored.verdict.value, "forced": scored.forced},
            )
        },
        metadata={"source_id": question.source_id, **question.facets},
        uuid=digest([id, scored.sample], 22),
    )
