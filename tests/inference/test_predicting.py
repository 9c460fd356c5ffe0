"""Predictions: what is asked in which order, what is kept of the answers, and that nothing is asked twice."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from florey.inference.models import ModelConfig, ask
from florey.inference.predicting import PredictConfig, predict_all, predict_requests
from florey.inference.prompts import FLOREY, Prompt, prompt_named
from florey.records import Prediction, Question

OPTIONS = ("Ataxia", "Seizure", "Rash", "Cough")


def question(number: int = 0, options: tuple[str, ...] = OPTIONS, **fields: Any) -> Question:
    return Question(stem=f"Number {number}?", options=options, gold=2, source="test", **fields).identified()


def predict(
    model: ModelConfig, asked: Sequence[Question], config: PredictConfig, prompt: Prompt = FLOREY, **more: Any
) -> list[Prediction]:
    return ask(model, more.pop("cache", None), lambda client: predict_all(client, asked, prompt, config, **more))


def shown_options(body: dict[str, Any]) -> list[str]:
    return re.findall(r"^[A-Z]\. (.+)$", body["messages"][1]["content"], re.MULTILINE)


def echo_options(body: dict[str, Any]) -> str:
    return json.dumps(shown_options(body))


def test_own_order_unless_told_otherwise(scripted_llm: Any) -> None:
    server = scripted_llm(answer=echo_options)
    items = [question(n) for n in range(3)]
    made = predict(ModelConfig(model="m", base_url=server.url), items, PredictConfig(max_tokens=9))
    assert [each.question_id for each in made] == [item.id for item in items]
    assert all(json.loads(each.text) == list(OPTIONS) and each.order is None and each.sample == 0 for each in made)


@pytest.mark.parametrize("count", [3, 5, 10, 21])
def test_cyclic_orders_show_every_option_at_every_place_once(scripted_llm: Any, count: int) -> None:
    server = scripted_llm(answer=echo_options)
    item = question(options=tuple(f"option {n}" for n in range(count)))
    config = PredictConfig(max_tokens=9, orders="cyclic")
    made = predict(ModelConfig(model="m", base_url=server.url), [item], config)
    assert [each.sample for each in made] == list(range(count))
    seen = Counter((option, place) for each in made for place, option in enumerate(json.loads(each.text)))
    assert set(seen.values()) == {1} and len(seen) == count * count
    for each in made:
        assert each.order and [item.options[index] for index in each.order] == json.loads(each.text)


def test_samples_are_numbered_through_turns(scripted_llm: Any) -> None:
    server = scripted_llm(answer=echo_options)
    config = PredictConfig(max_tokens=9, orders="shuffled", turns=3, samples=2, temperature=1)
    made = predict(ModelConfig(model="m", base_url=server.url), [question()], config)
    assert [each.sample for each in made] == list(range(6))
    orders = [each.order for each in made]
    assert orders[0] == orders[1] and orders[2] == orders[3] and len(set(orders)) == 3
    assert len(list(predict_requests([question()], FLOREY, config))) == 6


@pytest.mark.parametrize("wrong", [{"samples": 2}, {"turns": 2}, {"max_tokens": 0}])
def test_settings_that_say_nothing_new_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PredictConfig(**{"max_tokens": 9, **wrong})


def test_the_budget_must_be_said() -> None:
    with pytest.raises(ValidationError, match="max_tokens"):
        PredictConfig()  # type: ignore[call-arg]


def cut(body: dict[str, Any]) -> dict[str, Any]:
    """A thought that never ends, unless the model is told to stop."""
    told = len(body["messages"]) > 2
    text = "<answer>C</answer>" if told else "<think>It may be"
    return {"message": {"content": text}, "finish_reason": "stop" if told else "length"}


def test_after_a_thought_that_was_cut_an_answer_is_asked_for_apart(scripted_llm: Any) -> None:
    server = scripted_llm(answer=cut)
    model = ModelConfig(model="m", base_url=server.url)
    (plain,) = predict(model, [question()], PredictConfig(max_tokens=5))
    assert (plain.text, plain.finished, plain.forced) == ("<think>It may be", False, None)
    (forced,) = predict(model, [question()], PredictConfig(max_tokens=5, forced_tokens=7))
    assert (forced.text, forced.finished, forced.forced) == ("<think>It may be", False, "<answer>C</answer>")


def test_who_answered_before_the_budget_ended_is_not_asked_again(scripted_llm: Any) -> None:
    def answered(body: dict[str, Any]) -> dict[str, Any]:
        assert len(body["messages"]) == 2
        return {"message": {"content": "<think>x</think><answer>C</answer> and"}, "finish_reason": "length"}

    server = scripted_llm(answer=answered)
    config = PredictConfig(max_tokens=5, forced_tokens=7)
    (made,) = predict(ModelConfig(model="m", base_url=server.url), [question()], config)
    assert made.forced is None and not made.finished


def test_a_request_that_fails_is_a_prediction_with_its_failure(scripted_llm: Any) -> None:
    server = scripted_llm(first=("400",))
    made = predict(ModelConfig(model="m", base_url=server.url), [question()], PredictConfig(max_tokens=5))
    assert made[0].failure and made[0].failure.startswith("rejected") and made[0].text == "" and not made[0].finished


def tops(*likely: tuple[str, float]) -> dict[str, Any]:
    tokens = [("<think>x</think>", ()), ("<answer>", ()), (likely[0][0], likely), ("</answer>", ())]
    content = [
        {"token": token, "top_logprobs": [{"token": t, "logprob": p} for t, p in each]} for token, each in tokens
    ]
    return {
        "message": {"content": "".join(token for token, _ in tokens)},
        "finish_reason": "stop",
        "logprobs": {"content": content},
    }


def test_probabilities_are_of_the_options_in_the_questions_own_order(scripted_llm: Any) -> None:
    def always_first(body: dict[str, Any]) -> dict[str, Any]:
        assert body["logprobs"] and body["top_logprobs"]
        return tops(("A", -0.2231), (" B", -1.6094), ("x", -9.0))  # 0.8 and 0.2

    server = scripted_llm(answer=always_first)
    config = PredictConfig(max_tokens=9, orders="cyclic", probabilities=True)
    made = predict(ModelConfig(model="m", base_url=server.url), [question()], config)
    for each in made:
        assert each.order and each.probabilities
        assert each.probabilities[each.order[0]] == pytest.approx(0.8, abs=1e-4)
        assert each.probabilities[each.order[1]] == pytest.approx(0.2, abs=1e-4)
        assert sum(each.probabilities) == pytest.approx(1)


def test_without_log_probabilities_there_are_none(scripted_llm: Any) -> None:
    server = scripted_llm(answer=lambda body: "<answer>A</answer>")
    config = PredictConfig(max_tokens=9, probabilities=True)
    (made,) = predict(ModelConfig(model="m", base_url=server.url), [question()], config)
    assert made.probabilities is None


def test_what_was_answered_is_not_asked_again(scripted_llm: Any, tmp_path: Path) -> None:
    server = scripted_llm(answer=cut)
    model, cache = ModelConfig(model="m", base_url=server.url), tmp_path / "answers.sqlite"
    items, config = [question(n) for n in range(20)], PredictConfig(max_tokens=5, forced_tokens=7)
    first = predict(model, items[:12], config, cache=cache)
    asked = sum(server.stats()["asked"].values())
    assert predict(model, items, config, cache=cache)[:12] == first
    assert sum(server.stats()["asked"].values()) == asked + 2 * 8


def test_progress_ends_whole(scripted_llm: Any) -> None:
    server = scripted_llm(answer=cut)
    seen: list[tuple[int, int]] = []
    config = PredictConfig(max_tokens=5, forced_tokens=7)
    predict(ModelConfig(model="m", base_url=server.url), [question()], config, progress=lambda *each: seen.append(each))
    assert seen == [(1, 1)]


def test_a_real_model_is_asked_in_any_words(local_llm: str) -> None:
    model = ModelConfig(model="smollm2", base_url=local_llm)
    config = PredictConfig(max_tokens=24, orders="shuffled", turns=2, probabilities=True)
    for name in ("florey", "mmlu_pro"):
        made = predict(model, [question(n) for n in range(2)], config, prompt_named(name))
        assert len(made) == 4 and all(each.text and each.tokens <= 24 and each.failure is None for each in made)
