"""With a model of a dozen words: synonyms have one vector, other words stand at right angles."""

import sys

import numpy as np
import pytest

from florey.curation.duplicates import DISPUTED, NearConfig, SemanticConfig, duplicates, semantic_duplicates
from florey.errors import BadInput
from florey.records import ANSWER, Condition, Question

MEANINGS = (("drug", "medicine"), ("treats", "cures"), ("gout",), ("asthma",), ("which",), ("never",), ("why",))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    from model2vec import StaticModel
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    words = ["[UNK]", *(word for meaning in MEANINGS for word in meaning)]
    vectors = [
        np.zeros(len(MEANINGS)),
        *(row for row, m in zip(np.eye(len(MEANINGS)), MEANINGS, strict=True) for _ in m),
    ]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    folder = tmp_path_factory.mktemp("models") / "tiny"
    StaticModel(np.array(vectors, np.float32), tokenizer).save_pretrained(folder)
    return str(folder)


def item(id, stem, options=("colchicine", "salbutamol"), gold=0, split="train", **more):
    return Question(id=id, stem=stem, options=options, gold=gold, source="test", split=split, **more)


def test_other_words_with_the_same_meaning_go_and_another_meaning_stays(model):
    items = [
        item("a", "Which drug treats gout?"),
        item("b", "Which medicine cures gout?"),
        item("c", "Which drug treats asthma?"),
    ]
    assert semantic_duplicates(items, SemanticConfig(model=model)) == {1: "semantic_duplicate"}
    assert semantic_duplicates(items, SemanticConfig(model=model, threshold=0.7)) == {
        1: "semantic_duplicate",
        2: "semantic_duplicate",
    }


def test_questions_with_other_answers_are_both_kept_and_flagged(model):
    items = [
        item("a", "Which drug treats gout?"),
        item("b", "Which medicine cures gout?", gold=1),
        item("c", "Which medicine treats gout?", ("Colchicine.", "salbutamol")),
        item("d", "Why?"),
    ]
    assert semantic_duplicates(items, SemanticConfig(model=model)) == {2: "semantic_duplicate"}
    step = duplicates(items, NearConfig(), SemanticConfig(model=model))
    assert {each.id: each.flags for each in step.kept} == {"a": (DISPUTED,), "b": (DISPUTED,), "d": ()}
    assert step.dropped == [("c", "semantic_duplicate")]
    assert step.noticed == {DISPUTED: 2}


def test_the_held_out_one_stays_whatever_the_order(model):
    items = [item("a", "Which drug treats gout?"), item("b", "Which medicine cures gout?", split="test")]
    assert semantic_duplicates(items, SemanticConfig(model=model)) == {0: "semantic_duplicate_of_test"}
    assert semantic_duplicates(items[::-1], SemanticConfig(model=model)) == {1: "semantic_duplicate_of_test"}


def test_a_dropped_question_is_no_reason_to_drop_another(model):
    items = [item("a", "drug"), item("b", "drug gout"), item("c", "gout")]
    assert semantic_duplicates(items, SemanticConfig(model=model, threshold=0.7)) == {1: "semantic_duplicate"}


def test_many_questions_are_compared_across_blocks(model):
    fillers = [item(f"f{i:03}", "why", options=(f"{i}", f"{i} more")) for i in range(300)]  # alike, other answers
    twins = [item("a", "drug gout"), item("z", "medicine gout")]
    found = semantic_duplicates([twins[0], *fillers, twins[1]], SemanticConfig(model=model))
    assert found == {301: "semantic_duplicate"}


def test_what_the_stages_before_dropped_is_compared_with_none(model):
    items = [
        item("a", "Which drug treats gout?"),
        item("b", "which DRUG treats gout"),
        item("c", "Which medicine cures gout?"),
    ]
    step = duplicates(items, NearConfig(), SemanticConfig(model=model))
    assert step.dropped == [("b", "exact_duplicate"), ("c", "semantic_duplicate")]


def test_questions_from_a_graph_are_left_out(model):
    asked = (Condition(subject=ANSWER, relation="treats", object="D:1"),)
    items = [item("a", "Which drug treats gout?", conditions=asked), item("b", "Which medicine cures gout?")]
    assert semantic_duplicates(items, SemanticConfig(model=model)) == {}


def test_a_model_that_is_not_there_is_not_looked_for_elsewhere(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("asked the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    with pytest.raises(BadInput, match=r"no folder 'potion/base'; .*'hub:potion/base'"):
        semantic_duplicates([item("a", "Why?")], SemanticConfig(model="potion/base"))
    (tmp_path / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(BadInput, match="is no model2vec model"):
        semantic_duplicates([item("a", "Why?")], SemanticConfig(model=str(tmp_path)))


def test_a_missing_extra_says_what_to_install(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "semhash", None)
    with pytest.raises(BadInput, match=r"pip install 'florey\[semantic\]'"):
        semantic_duplicates([item("a", "Why?")], SemanticConfig(model=model))
