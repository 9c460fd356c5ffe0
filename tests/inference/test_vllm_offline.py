"""vLLM's offline engine, as far as it can be tested without a GPU: the calls, on a stand-in with its interface.

What vLLM itself makes of them is not tested here.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from florey.errors import BadInput
from florey.inference.models import ModelConfig, ask
from florey.inference.predicting import PredictConfig, predict_all
from florey.inference.prompts import FLOREY, Prompt
from florey.records import Prediction, Question
from florey.training.policy import SmallModel, build_policy

SHAPE = SmallModel(hidden=16, layers=1, heads=2, feed_forward=32, positions=128, init=0.5)
CONTEXT = 64
SHORT = Prompt(name="short", source="test", reading="tags", user="{stem} {options}")


@dataclass(frozen=True)
class SamplingParams:
    """The documented parameters that are used; another name is a TypeError, as there."""

    max_tokens: int
    temperature: float
    top_p: float
    seed: int
    logprobs: int | None


@dataclass
class LLM:
    """https://docs.vllm.ai, class LLM: generate, get_tokenizer, llm_engine.model_config.max_model_len."""

    model: str
    tensor_parallel_size: int = 1
    said: str = "<think>x</think><answer>B</answer>"
    finish: str = "stop"
    batches: list[list[SamplingParams]] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    made = []  # type: ignore[var-annotated]  # noqa: RUF012

    def __post_init__(self) -> None:
        self.made.append(self)
        _, self.tokenizer = build_policy(SHAPE, ["Ataxia", "Seizure"], ["fever rash cough"], seed=1)
        self.llm_engine = SimpleNamespace(model_config=SimpleNamespace(max_model_len=CONTEXT))

    def get_tokenizer(self) -> Any:
        return self.tokenizer

    def generate(self, prompts: list[dict[str, Any]], params: list[SamplingParams], *, use_tqdm: bool) -> list[Any]:
        assert not use_tqdm and len(prompts) == len(params)
        assert all(list(each) == ["prompt_token_ids"] for each in prompts)
        self.batches.append(params)
        self.prompts += [self.tokenizer.decode(each["prompt_token_ids"]) for each in prompts]
        return [SimpleNamespace(outputs=[self._output(each)]) for each in params]

    def _output(self, params: SamplingParams) -> Any:
        before, letter, after = self.said.rpartition("B")  # a token of its own
        pieces = [before, letter, after]
        tokens = [0, 7, 2] if self.finish == "stop" else [1] * params.max_tokens
        likely = {1: {7: ("B", math.log(0.6)), 8: ("A", math.log(0.3)), 9: (" B", math.log(0.1))}}
        logprobs = None
        if params.logprobs:
            logprobs = [
                {
                    token: SimpleNamespace(decoded_token=text, logprob=value)
                    for token, (text, value) in likely.get(place, {place: (piece, 0.0)}).items()
                }
                for place, piece in enumerate(pieces)
            ]
        return SimpleNamespace(text=self.said, token_ids=tokens, logprobs=logprobs, finish_reason=self.finish)


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> type[LLM]:
    module = ModuleType("vllm")
    module.LLM, module.SamplingParams = LLM, SamplingParams  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm", module)
    LLM.made.clear()
    return LLM


def question(number: int, *options: str) -> Question:
    return Question(stem=f"fever {number}", options=options or ("Ataxia", "Seizure"), gold=1, source="t").identified()


def predict(
    items: list[Question], cache: Path | None = None, prompt: Prompt = SHORT, **config: Any
) -> list[Prediction]:
    given = PredictConfig(**{"max_tokens": 8, **config})
    model = ModelConfig(model="m", vllm="owner/model", max_concurrency=2)
    return ask(model, cache, lambda client: predict_all(client, items, prompt, given))


def test_it_is_loaded_as_it_is_said(vllm: type[LLM]) -> None:
    def load(**loading: Any) -> None:
        model = ModelConfig(model="m", vllm="owner/model", loading=loading)
        ask(model, None, lambda client: predict_all(client, [], SHORT, PredictConfig(max_tokens=8)))

    load(tensor_parallel_size=2)
    assert vllm.made[-1].tensor_parallel_size == 2
    with pytest.raises(BadInput, match=r"cannot be loaded by vLLM: .*'tensor_size'"):
        load(tensor_size=2)


def test_all_that_wait_are_one_batch_each_with_its_own_seed(vllm: type[LLM], tmp_path: Path) -> None:
    items = [question(n) for n in range(40)]
    made = predict(items, tmp_path / "c.sqlite", samples=2, temperature=0.5, seed=7)
    (engine,) = vllm.made
    assert len(made) == 80 and max(map(len, engine.batches)) == 80  # whatever is said of servers' concurrency
    assert {(p.seed, p.temperature, p.max_tokens, p.logprobs) for each in engine.batches for p in each} == {
        (7, 0.5, 8, None),
        (8, 0.5, 8, None),
    }
    assert all(each.finished and each.tokens == 3 and each.model.startswith("m@") for each in made)
    assert predict(items, tmp_path / "c.sqlite", samples=2, temperature=0.5, seed=7) == made
    assert not vllm.made[-1].batches  # all from the cache


def test_probabilities_come_from_the_tokens_at_the_letter(vllm: type[LLM]) -> None:
    (made,) = predict([question(0)], probabilities=True)
    assert vllm.made[-1].batches[0][0].logprobs
    assert made.probabilities == pytest.approx((0.3, 0.7))


def test_one_prompt_too_long_fails_alone(vllm: type[LLM]) -> None:
    long = question(1, "Ataxia", "fever rash " * 40)
    made = predict([question(0), long, question(2)])
    assert [each.failure is None for each in made] == [True, False, True]
    assert made[1].failure and f"the model reads {CONTEXT}" in made[1].failure


def test_a_cut_thought_goes_on_in_the_models_own_turn(vllm: type[LLM], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm, "__post_init__", _cutting(vllm.__post_init__))
    (made,) = predict([question(0)], max_tokens=3, forced_tokens=5)
    assert made.forced == "<answer>rash</answer>" and not made.finished
    assert vllm.made[-1].prompts[1].startswith(vllm.made[-1].prompts[0])  # no new turn


def _cutting(before: Any) -> Any:
    def after(self: LLM) -> None:
        before(self)
        self.said, self.finish = "rash", "length"

    return after


def test_where_it_is_not_installed_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(BadInput, match="pip install vllm"):
        predict([question(0)], prompt=FLOREY)
