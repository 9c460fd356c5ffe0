"""Prompts: each of the nine benchmarks has its words, and they say what is needed to answer."""

from __future__ import annotations

import pytest

from florey.answer import INSTRUCTION, show
from florey.datasets.catalog import LOADERS
from florey.errors import BadInput
from florey.inference.prompts import FLOREY, OFFICIAL, prompt_named, prompt_names
from florey.records import Question

SOURCES = sorted({source for loader in LOADERS.values() for source in loader.complete} - {"jmed_other_release"})


def question(**fields: object) -> Question:
    shown = {"stem": "Which {one}?", "options": ("red", "green {x}", "blue"), "gold": 1, "source": "test", **fields}
    return Question.model_validate(shown)


@pytest.mark.parametrize("name", prompt_names())
def test_every_prompt_shows_the_whole_question(name: str) -> None:
    item = question(context="Read {this}.", options=("yes", "no", "maybe"))
    said = "\n".join(message["content"] for message in prompt_named(name).messages(item))
    assert "Which {one}?" in said
    named = "pubmedqa" in prompt_named(name).benchmarks  # there the options are three words that the task names
    if not named and prompt_named(name).reading != "free":
        assert all(option in said for option in item.options)
    assert "Read {this}." in said
    assert prompt_named(name).source


def test_floreys_own_is_what_training_asks() -> None:
    system, user = FLOREY.messages(question())
    assert (system["content"], user["content"]) == (INSTRUCTION, show(question()))


@pytest.mark.parametrize("source", SOURCES)
def test_every_benchmark_has_an_official_prompt(source: str) -> None:
    assert source in prompt_named(OFFICIAL, source).benchmarks


def test_what_has_no_official_prompt_is_asked_in_floreys() -> None:
    assert prompt_named(OFFICIAL, "my own set") is FLOREY


def test_a_version_changes_with_the_words_and_with_nothing_else() -> None:
    versions = {prompt_named(name).version for name in prompt_names()}
    assert len(versions) == len(prompt_names())
    assert FLOREY.version == FLOREY.model_copy(update={"source": "elsewhere", "name": "other"}).version
    assert FLOREY.version != FLOREY.model_copy(update={"system": None}).version


def test_an_unknown_prompt_is_named() -> None:
    with pytest.raises(BadInput, match=r"no 'medxpert'.*medxpertqa"):
        prompt_named("medxpert")
