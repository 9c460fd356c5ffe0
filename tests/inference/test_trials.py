"""Independent trials: what is asked, what is read, and that nothing is asked twice."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from florey.errors import BadInput
from florey.inference.models import ModelConfig, ask
from florey.inference.trials import TrialConfig, read_trial, run_trials, trial_requests
from florey.llm.requests import Answer, Failure, Usage
from florey.records import Question, Trial, Verdict

FIVE = TrialConfig(max_tokens=50)


def question(number: int = 0, gold: int = 2, **fields: Any) -> Question:
    options = ("Ataxia", "Seizure", "Rash", "Cough")
    return Question(stem=f"Which is number {number}?", options=options, gold=gold, source="test", **fields).identified()


def choosing(option: str) -> Callable[[dict[str, Any]], str]:
    """A model that knows the option's text, wherever it stands."""

    def answer(body: dict[str, Any]) -> str:
        shown = body["messages"][-1]["content"]
        letter = re.search(rf"^([A-Z])\. {option}$", shown, re.MULTILINE)
        assert letter
        return f"<think>It is {option}.</think><answer>{letter[1]}</answer>"

    return answer


def run(config: TrialConfig, model: ModelConfig, asked: Sequence[Question], **more: Any) -> dict[str, list[Trial]]:
    return ask(model, more.pop("cache", None), lambda client: run_trials(client, asked, config, **more))


def text(of: str, finish: str = "stop") -> Answer:
    return Answer(of, None, finish, Usage(), cached=False, attempts=1)  # type: ignore[arg-type]


def test_every_trial_is_a_request_of_its_own_with_its_own_order() -> None:
    requests = list(trial_requests([question(), question(1)], FIVE))
    assert [request.sample for request in requests] == [0, 1, 2, 3, 4] * 2
    prompts = [request.messages[1]["content"] for request in requests]
    assert prompts[0].endswith("A. Ataxia\nB. Seizure\nC. Rash\nD. Cough")
    assert len(set(prompts[:4])) == 4
    assert {(r.temperature, r.top_p, r.max_tokens, r.schema) for r in requests} == {(0.7, 1.0, 50, None)}
    assert "<answer></answer>" in requests[0].messages[0]["content"]


def test_without_shuffling_only_the_sample_differs() -> None:
    requests = list(trial_requests([question()], TrialConfig(shuffle=False, seed=3)))
    assert len({request.messages[1]["content"] for request in requests}) == 1
    assert {(request.sample, request.seed) for request in requests} == {(i, 3) for i in range(5)}


def test_the_context_is_read_before_the_stem() -> None:
    (request, *_) = trial_requests([question(context="Forty patients were seen.")], FIVE)
    assert request.messages[1]["content"].startswith("Forty patients were seen.\n\nWhich is")


def test_a_model_that_knows_the_answer_is_right_in_every_order(scripted_llm: Callable[..., Any]) -> None:
    asked, seen = [question(number) for number in range(4)], list[tuple[int, ...]]()
    for option, index, verdict in (("Rash", 2, Verdict.CORRECT), ("Ataxia", 0, Verdict.WRONG)):
        server = scripted_llm(answer=choosing(option))
        model = ModelConfig(model="m", base_url=server.url)
        found = run(FIVE, model, asked, progress=lambda *counts: seen.append(counts))
        assert list(found) == [each.id for each in asked]
        made = [trial for trials in found.values() for trial in trials]
        assert {(trial.choice, trial.verdict, trial.model) for trial in made} == {(index, verdict, "m")}
        assert [trial.sample for trial in made] == [0, 1, 2, 3, 4] * 4
        assert len({trial.order.index(index) for trial in found[asked[0].id]}) == 4  # it stood at every place
        assert all(option in trial.text for trial in made)
    assert seen == [(done, 20) for done in range(1, 21)] * 2


@pytest.mark.parametrize(
    ("said", "finish", "verdict"),
    [
        ("I cannot tell.", "stop", Verdict.UNPARSED),
        ("<think>Let us see", "length", Verdict.TRUNCATED),
        ("<answer>A</answer> or <answer>B</answer>", "stop", Verdict.SEVERAL),
        ("<answer>A and B</answer>", "stop", Verdict.SEVERAL),
        ("<answer>E</answer>", "stop", Verdict.UNPARSED),
    ],
)
def test_what_is_no_answer_has_a_verdict_and_no_choice(said: str, finish: str, verdict: Verdict) -> None:
    trial = read_trial(question(), 3, text(said, finish), FIVE, "m")
    assert (trial.choice, trial.verdict, trial.text, trial.failure) == (None, verdict, said, None)


def test_an_answer_is_told_in_the_questions_own_order() -> None:
    asked = question()
    for sample in range(8):
        trial = read_trial(asked, sample, text("<answer>B</answer>"), FIVE, "m")
        assert trial.choice == trial.order[1]
        assert trial.verdict == (Verdict.CORRECT if trial.order[1] == asked.gold else Verdict.WRONG)
        by_text = read_trial(asked, sample, text("<answer>Rash</answer>"), FIVE, "m")
        assert (by_text.choice, by_text.verdict) == (2, Verdict.CORRECT)


def test_a_request_that_fails_is_a_trial_without_a_verdict() -> None:
    trial = read_trial(question(), 1, Failure("nothing came", 7, "timeout"), FIVE, "m")
    assert (trial.verdict, trial.choice, trial.failure, trial.text) == (None, None, "timeout: nothing came", "")


def test_faults_cost_only_their_own_trials(scripted_llm: Callable[..., Any]) -> None:
    server = scripted_llm(answer=choosing("Rash"), fault_rate=0.5, faults=("400", "refused"), seed=4)
    asked = [question(number) for number in range(6)]
    found = run(FIVE, ModelConfig(model="m", base_url=server.url, max_retries=0), asked)
    made = [trial for trials in found.values() for trial in trials]
    failed = [trial for trial in made if trial.failure]
    assert len(made) == 30 and 0 < len(failed) < 30
    assert {trial.verdict for trial in made} == {None, Verdict.CORRECT}
    assert {str(trial.failure).split(":")[0] for trial in failed} == {"rejected", "refused"}


def test_a_server_that_is_not_there_is_bad_input() -> None:
    with pytest.raises(BadInput, match="is it running"):
        run(FIVE, ModelConfig(model="m", base_url="http://127.0.0.1:9/v1", max_retries=0), [question()])


def test_what_was_broken_off_goes_on_from_the_cache(scripted_llm: Callable[..., Any], tmp_path: Path) -> None:
    """Stopped after seven answers, the second run asks the other thirteen, and both together what one run gives."""
    asked = [question(number) for number in range(4)]
    whole = run(FIVE, ModelConfig(model="m", base_url=scripted_llm(answer=choosing("Rash")).url), asked)
    server = scripted_llm(answer=choosing("Rash"))
    model = ModelConfig(model="m", base_url=server.url, max_concurrency=1)

    def stop(done: int, _: int) -> None:
        if done == 7:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run(FIVE, model, asked, cache=tmp_path / "c.sqlite", progress=stop)

    def calls() -> int:
        return sum(server.stats()["asked"].values())

    before = calls()
    assert run(FIVE, model, asked, cache=tmp_path / "c.sqlite") == whole
    after = calls()
    assert 0 < after - before <= 13
    assert run(FIVE, model, asked, cache=tmp_path / "c.sqlite") == whole
    assert calls() == after
    more = TrialConfig(trials=6, max_tokens=50)  # one more trial of each leaves the first five as they were
    assert {each: made[:5] for each, made in run(more, model, asked, cache=tmp_path / "c.sqlite").items()} == whole
    assert calls() == after + 4


def test_a_real_model_is_tried_and_replayed(local_llm: str, tmp_path: Path) -> None:
    asked = [question(number) for number in range(2)]
    config = TrialConfig(trials=2, max_tokens=12)
    model = ModelConfig(model="smollm2", base_url=local_llm, max_concurrency=2, cache=tmp_path / "c.sqlite")
    found = run(config, model, asked)
    assert all(trial.verdict is not None and trial.text for trials in found.values() for trial in trials)
    replayed = run(config, model.model_copy(update={"replay": True}), asked)
    assert replayed == found
