"""The small policy and its tokenizer; and what is refused in the place of a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.answer import completion, show
from florey.errors import BadInput
from florey.inference.local import generate, predict
from florey.inference.prompts import is_prefilled, render_prompt
from florey.records import Question
from florey.training.policy import UNKNOWN, SmallModel, build_policy, build_tokenizer, load_policy, save_policy

NAMES = [
    "Ataxia",
    "Gait ataxia",
    "Seizure",
    "Febrile seizure (within the age range of 3 months to 6 years)",
    "Ménière disease",
    "Charcot-Marie-Tooth disease, type 1A",
    "3-methylglutaconic aciduria",
    "A",
    "of",
]
TEXTS = ["Findings: Ataxia, Seizure and Gait ataxia. Which disease shows all of them?", "B C D present, absent, 1/2."]
SHAPE = SmallModel(hidden=16, layers=1, heads=2, feed_forward=32, positions=64)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return build_tokenizer(NAMES, TEXTS)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("policy") / "model"
    save_policy(*build_policy(SHAPE, NAMES, TEXTS, seed=0), folder)
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    for file in saved.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_one_token_wherever_it_stands(tokenizer: Any, name: str) -> None:
    assert tokenizer.tokenize(name) == [name]
    for text in (f"present {name} absent", f"{name}, {name}.", f"A. {name}\nB. {name}", f"<think>{name}</think>"):
        assert tokenizer.tokenize(text).count(name) >= 1 + (f"{name}, " in text or f"B. {name}" in text), text


def test_tags_are_one_token_and_names_inside_words_are_none(tokenizer: Any) -> None:
    assert tokenizer.tokenize(completion("Ataxia present,", 1)) == [
        *("<think>", "Ataxia", "present,", "</think>", "<answer>", "B", "</answer>")
    ]
    assert "Ataxia" not in tokenizer.tokenize("Ataxias")
    assert tokenizer.tokenize("Gait ataxia") == ["Gait ataxia"]


@given(st.lists(st.sampled_from([*NAMES, "present,", "absent,", "1/2.", "Which", "<think>", "</answer>"]), min_size=1))
def test_texts_round_trip(tokenizer: Any, words: list[str]) -> None:
    text = " ".join(words)
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.unk_token_id not in ids
    # only spaces may differ: "Ataxia, Seizure" is "Ataxia , Seizure" once names are tokens of their own
    assert tokenizer.decode(ids).split() == text.split()
    for sentence in TEXTS:
        assert "".join(tokenizer.decode(tokenizer(sentence)["input_ids"]).split()) == "".join(sentence.split())


def test_an_unknown_word_is_unknown(tokenizer: Any) -> None:
    assert tokenizer.tokenize("Which zebra") == ["Which", UNKNOWN]


def test_prompts_end_where_the_policy_begins(tokenizer: Any) -> None:
    question = Question(stem="Which disease shows Ataxia?", options=("Seizure", "A"), gold=1, source="test")
    prompt = render_prompt(question, tokenizer)
    assert prompt == f"<user> {show(question)}<assistant> "
    assert not is_prefilled(prompt) and is_prefilled(prompt + "<think>\n")
    assert tokenizer.tokenize(prompt)[-1] == "<assistant>"
    tokenizer_without = type("Plain", (), {"chat_template": None})()
    assert show(question) in render_prompt(question, tokenizer_without)


def test_the_same_seed_gives_the_same_weights(tmp_path: Path, saved: Path) -> None:
    for name, seed, names in (("same", 0, NAMES[::-1]), ("other", 1, NAMES)):
        save_policy(*build_policy(SHAPE, names, TEXTS[::-1], seed=seed), tmp_path / name)
    weights = {name: (tmp_path / name / "model.safetensors").read_bytes() for name in ("same", "other")}
    assert weights["same"] == (saved / "model.safetensors").read_bytes() != weights["other"]
    assert (tmp_path / "same" / "tokenizer.json").read_bytes() == (saved / "tokenizer.json").read_bytes()


def test_a_saved_policy_answers_as_before(saved: Path) -> None:
    model, tokenizer = build_policy(SHAPE, NAMES, TEXTS, seed=0)
    again, same_tokenizer = load_policy(str(saved))
    prompts = ["Ataxia", "Seizure Ataxia present, absent, 1/2.", "of"]
    settings: dict[str, Any] = {"max_new_tokens": 8, "batch_size": 2}
    before, after = (
        generate(model, tokenizer, prompts, **settings),
        generate(again, same_tokenizer, prompts, **settings),
    )
    assert before == after
    # neither the batch nor the order of the prompts shows in the answers
    assert generate(again, same_tokenizer, prompts[::-1], max_new_tokens=8, batch_size=1) == before[::-1]
    warm = {**settings, "temperature": 1.0}
    assert generate(again, same_tokenizer, prompts, seed=1, **warm) == generate(
        again, same_tokenizer, prompts, seed=1, **warm
    )
    assert generate(again, same_tokenizer, prompts, seed=1, **warm) != generate(
        again, same_tokenizer, prompts, seed=2, **warm
    )


def test_predictions_are_in_order_and_say_whether_they_ended(saved: Path) -> None:
    model, tokenizer = load_policy(str(saved))
    questions = [
        Question(stem=stem, options=("A", "of"), gold=0, source="test").identified()
        for stem in ("Ataxia", "of", "Seizure")
    ]
    made = predict(model, tokenizer, questions, name="small", max_new_tokens=5, batch_size=2)
    assert [p.question_id for p in made] == [q.id for q in questions]
    assert all(p.model == "small" and p.tokens <= 5 and (p.finished or p.tokens == 5) for p in made)
    assert not model.training or model.eval()


def no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def cut_weights(folder: Path) -> None:
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])


def no_header(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 200)


def pickled(folder: Path) -> None:
    """The very weights, but as a pickle: opening one runs what stands in it. The other file is a decoy."""
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").rename(folder / "adapter.safetensors")


def only_pickled(folder: Path) -> None:
    pickled(folder)
    (folder / "adapter.safetensors").unlink()


def no_json(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def other_architecture(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "crystal_ball"}')


def other_shape(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 32, "intermediate_size": 64}))


def more_layers(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))


def no_tokenizer(folder: Path) -> None:
    for file in folder.glob("tokenizer*"):
        file.unlink()


def cut_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"version": "1.0", ')


DAMAGES = (
    *(
        no_config,
        no_weights,
        cut_weights,
        no_header,
        pickled,
        only_pickled,
        no_json,
        other_architecture,
        other_shape,
        more_layers,
    ),
    *(no_tokenizer, cut_tokenizer),
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_what_is_no_model_is_refused_in_one_line(copy: Path, damage: Callable[[Path], None]) -> None:
    load_policy(str(copy))
    damage(copy)
    with pytest.raises(BadInput) as caught:
        load_policy(str(copy))
    message = str(caught.value)
    assert message.startswith(f"{copy}: ")
    assert "\n" not in message
    assert "expected" in message or "cannot be loaded as" in message


def test_a_file_or_a_path_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    file = tmp_path / "weights.safetensors"
    file.write_bytes(b"")
    for path in (str(file), str(tmp_path / "nowhere"), "./nowhere/at/all"):
        with pytest.raises(BadInput) as caught:
            load_policy(path)
        assert str(caught.value).startswith(path)
