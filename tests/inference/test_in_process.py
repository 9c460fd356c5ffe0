"""The backend in this process, on a tiny random model: what else is asked changes no answer."""

from __future__ import annotations

import asyncio
import copy
import math
import threading
from typing import Any

import pytest

from florey.errors import BadInput
from florey.inference.in_process import TransformersBackend
from florey.inference.probabilities import answer_begins
from florey.inference.prompts import prompt_named
from florey.llm.client import LlmClient
from florey.llm.faults import Fault
from florey.llm.requests import Answer, Message, Reply, Request
from florey.llm.settings import LlmSettings
from florey.training.policy import SmallModel, build_policy

SHAPE = SmallModel(hidden=16, layers=1, heads=2, feed_forward=32, positions=128, init=0.5)
WORDS = "fever rash cough pain red blue old new"


@pytest.fixture(scope="module")
def policy() -> tuple[Any, Any]:
    return build_policy(SHAPE, ["Ataxia", "Seizure"], [WORDS], seed=2)


def request(text: str, **fields: Any) -> Request:
    return Request((Message(role="user", content=text),), **{"max_tokens": 12, **fields})


def answers(policy: tuple[Any, Any], *requests: Request, batch_size: int = 4) -> list[Reply]:
    async def work() -> list[Reply]:
        backend = TransformersBackend(*policy, "tiny", batch_size)
        replies = await asyncio.gather(*(backend.complete(each) for each in requests))
        await backend.close()
        return replies

    return asyncio.run(work())


def test_greedy_answers_do_not_depend_on_the_batch(policy: tuple[Any, Any]) -> None:
    asked = [request(text) for text in ("fever", "rash cough pain red blue", "old new", "Ataxia Seizure fever", "red")]
    alone = [answers(policy, each)[0] for each in asked]
    assert len({reply.text for reply in alone}) > 1
    for batch_size in (1, 2, 5):
        assert answers(policy, *asked, batch_size=batch_size) == alone
    assert answers(policy, *asked[::-1]) == alone[::-1]


def test_sampled_answers_follow_their_own_seed_and_sample(policy: tuple[Any, Any]) -> None:
    trials = [request("fever", temperature=1.0, sample=i) for i in range(4)]
    together = answers(policy, *trials, request("rash"))
    assert together[:4] == [answers(policy, each)[0] for each in trials]
    assert len({reply.text for reply in together[:4]}) > 1
    assert answers(policy, request("fever", temperature=1.0, seed=7)) != together[:1]


def test_tokens_and_ends_are_counted(policy: tuple[Any, Any]) -> None:
    (short,) = answers(policy, request("fever rash", max_tokens=3))
    assert short.usage.prompt_tokens == 4  # <user> fever rash <assistant>
    assert short.finish == ("length" if short.usage.completion_tokens == 3 else "stop")


def test_it_serves_the_client_and_failures_reach_their_askers(policy: tuple[Any, Any]) -> None:
    async def work() -> tuple[list[Any], Any]:
        client = LlmClient(TransformersBackend(*policy, "tiny"), LlmSettings(model="tiny", max_reasks=1))
        outcomes = await client.ask_many([request("fever"), request("rash", schema={"type": "object"})])
        broken = await asyncio.gather(
            client.ask(Request((Message(role="user", content="x"),), max_tokens=-1)), return_exceptions=True
        )
        await client.close()
        return outcomes, broken[0]

    (answer, failure), broken = asyncio.run(work())
    assert isinstance(answer, Answer)
    assert (failure.kind, failure.attempts) == ("schema", 2)
    assert isinstance(broken, Exception)


def test_without_a_chat_template_the_messages_stand_one_below_the_other(policy: tuple[Any, Any]) -> None:
    model, tokenizer = policy
    plain = copy.deepcopy(tokenizer)
    plain.chat_template = None
    (reply,) = answers((model, plain), request("fever rash"))
    assert reply.usage.prompt_tokens == len(plain("fever rash\n\n", add_special_tokens=False)["input_ids"])
    assert not reply.prefilled


def test_a_template_that_opens_the_thought_is_noticed(policy: tuple[Any, Any]) -> None:
    model, tokenizer = policy
    opening = copy.deepcopy(tokenizer)
    opening.chat_template = tokenizer.chat_template + "{{ '<think>\n' }}"
    (reply,) = answers((model, opening), request("fever rash"))
    assert reply.prefilled and not answers(policy, request("fever rash"))[0].prefilled


def test_a_turn_that_goes_on_is_exact(policy: tuple[Any, Any]) -> None:
    """What is generated behind the own beginning is what would have been generated there."""
    (whole,) = answers(policy, request("fever rash"))
    first, *rest = whole.text.split()
    own = Message(role="assistant", content=f" {first}")
    (going_on,) = answers(policy, Request((*request("fever rash").messages, own), max_tokens=11))
    assert going_on.text.split() == rest and rest
    assert going_on.usage.prompt_tokens == whole.usage.prompt_tokens + 1


def test_a_template_without_a_place_for_a_system_takes_it_in_the_first_turn(policy: tuple[Any, Any]) -> None:
    model, tokenizer = policy
    strict = copy.deepcopy(tokenizer)
    refusal = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    strict.chat_template = refusal + tokenizer.chat_template
    system = Message(role="system", content="old new")
    asked = Request((system, *request("fever").messages), max_tokens=5)
    assert answers((model, strict), asked) == answers(policy, request("old new fever", max_tokens=5))
    with pytest.raises(BadInput, match="refuses what it is asked: System role not supported"):
        answers((model, strict), Request((system,), max_tokens=5))


def test_it_ends_with_the_tokenizers_token_as_with_its_own(policy: tuple[Any, Any]) -> None:
    model, tokenizer = policy
    (whole,) = answers(policy, request("fever rash"))
    other, last = copy.deepcopy(tokenizer), whole.text.split()[1]
    other.eos_token = last
    (short,) = answers((model, other), request("fever rash"))
    assert (short.finish, short.text.split()) == ("stop", whole.text.split()[: whole.text.split().index(last)])


def test_the_models_own_settings_change_nothing(policy: tuple[Any, Any]) -> None:
    model, tokenizer = policy
    other = copy.deepcopy(model)
    other.generation_config.repetition_penalty, other.generation_config.top_k = 5.0, 1
    asked = [request("fever"), request("fever", temperature=1.0)]
    assert answers((other, tokenizer), *asked) == answers(policy, *asked)


def test_what_is_longer_than_the_model_reads_is_refused_and_not_cut(policy: tuple[Any, Any]) -> None:
    with pytest.raises(Fault, match="a prompt of 4 tokens and an answer of 125; the model reads 128"):
        answers(policy, request("fever rash", max_tokens=125))


def test_likely_tokens_are_those_behind_the_words(policy: tuple[Any, Any]) -> None:
    (reply,) = answers(policy, request("fever rash"))
    last = reply.text.split()[0]
    (asked,) = answers(policy, request("fever rash", likely_after=last))
    assert asked.text == reply.text and asked.likely is not None
    assert sum(math.exp(value) for _, value in asked.likely) <= 1.001
    assert [value for _, value in asked.likely] == sorted((value for _, value in asked.likely), reverse=True)
    assert answers(policy, request("fever rash", likely_after="not written"))[0].likely is None


def test_a_letter_is_looked_for_before_the_space_that_is_part_of_it(
    policy: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For most tokenizers " B" is one token: behind "Answer: " it is never likely."""
    seen: list[str] = []
    monkeypatch.setattr("florey.inference.in_process.likely_next", lambda _, __, text: seen.append(text))
    backend = TransformersBackend(*policy, "tiny")
    for said in ("Answer: B", "<answer>\n(B)</answer>"):
        backend._likely("Which? ", said, answer_begins(prompt_named("mmlu_pro")) + "|<answer>\\s*\\(")
    assert seen == ["Which? Answer:", "Which? <answer>\n("]


def test_a_model_that_is_none_is_named(tmp_path: Any) -> None:
    with pytest.raises(BadInput, match="cannot be loaded"):
        TransformersBackend.load(tmp_path)


class Watched:
    """A tokenizer that notes which threads call it."""

    def __init__(self, tokenizer: Any, seen: dict[int, set[bool]]) -> None:
        self.__dict__.update(inner=tokenizer, seen=seen)

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        in_loop = threading.current_thread() is threading.main_thread()
        self.seen.setdefault(id(self.inner), set()).add(in_loop)
        return self.inner(*arguments, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.inner, name, value)

    def __deepcopy__(self, memo: Any) -> Watched:
        return Watched(copy.deepcopy(self.inner, memo), self.seen)


def test_no_tokenizer_is_shared_between_threads(policy: tuple[Any, Any]) -> None:
    """A tokenizer remembers how it last padded: lengths are counted while batches of other lengths are padded."""
    model, tokenizer = policy
    seen: dict[int, set[bool]] = {}
    reply = answers((model, Watched(tokenizer, seen)), request("fever"), request("rash cough pain"))
    assert len(reply) == 2 and len(seen) == 2
    assert all(len(threads) == 1 for threads in seen.values())
