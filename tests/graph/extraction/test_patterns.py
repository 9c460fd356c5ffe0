"""Each family of patterns: what it must read, and a near miss that it must not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perf.extraction import SECOND, counts, facts, read, unmark

from florey.graph.extraction.candidate import Entity
from florey.graph.extraction.masking import mask
from florey.graph.extraction.pattern_table import PATTERNS
from florey.graph.extraction.patterns import relations
from florey.graph.model import NODE_TYPES, RELATIONS, joins
from florey.intervals import wilson


def said(marked: str) -> set[str]:
    plain, entities = unmark(marked)
    return {
        f"{'' if found.positive else 'NOT '}{found.subject.id} {found.name} {found.object.id}"
        for found in relations(plain, entities)
    }


FAMILIES = [  # relation, a sentence that states it, what it states, a near miss
    (
        "has_symptom",
        "Symptoms of [[croup|disease]] include [[stridor|finding]] and [[hoarseness|finding]].",
        {"croup has_symptom stridor", "croup has_symptom hoarseness"},
        "Symptoms of [[croup|disease]] were compared in [[stridor|finding]] clinics.",
    ),
    (
        "caused_by",
        "[[Anthrax|disease]] is caused by [[Bacillus anthracis|agent]].",
        {"Anthrax caused_by Bacillus anthracis"},
        "[[Anthrax|disease]] is caused by lack of [[iron|drug]].",
    ),
    (
        "has_risk_factor",
        "[[Smoking|health_factor]] increases the risk of [[emphysema|disease]].",
        {"emphysema has_risk_factor Smoking"},
        "[[Smoking|health_factor]] was studied by those at risk of [[emphysema|disease]].",
    ),
    (
        "has_complication",
        "[[Mumps|disease]] may be complicated by [[orchitis|disease]].",
        {"Mumps has_complication orchitis"},
        "[[Mumps|disease]] may be confused with [[orchitis|disease]].",
    ),
    (
        "diagnosed_by",
        "[[Cystitis|disease]] is diagnosed by [[urine culture|procedure]].",
        {"Cystitis diagnosed_by urine culture"},
        "[[Cystitis|disease]] is diagnosed before [[urine culture|procedure]].",
    ),
    (
        "treated_by",
        "[[Scabies|disease]] is usually treated with [[permethrin|drug]].",
        {"Scabies treated_by permethrin"},
        "[[Scabies|disease]] was treated with [[sulfur|drug]].",
    ),
    (
        "palliated_by",
        "[[Menthol|drug]] is used to relieve the symptoms of [[catarrh|finding]].",
        {"catarrh palliated_by Menthol"},
        "[[Menthol|drug]] is used without relief by people with [[catarrh|finding]].",
    ),
    (
        "prevented_by",
        "[[Rabies|disease]] can be prevented by [[vaccination|procedure]].",
        {"Rabies prevented_by vaccination"},
        "[[Rabies|disease]] was known before [[vaccination|procedure]].",
    ),
    (
        "contraindicated_in",
        "[[Ergotamine|drug]] is contraindicated in people with [[angina|disease]].",
        {"Ergotamine contraindicated_in angina"},
        "[[Ergotamine|drug]] is available to people with [[angina|disease]].",
    ),
    (
        "has_side_effect",
        "Side effects of [[cisplatin|drug]] include [[nausea|finding]].",
        {"cisplatin has_side_effect nausea"},
        "Side effects of [[cisplatin|drug]] worry doctors more than [[nausea|finding]].",
    ),
    (
        "has_mechanism",
        "[[Captopril|drug]] works by inhibiting [[ACE|gene]].",
        {"Captopril has_mechanism ACE"},
        "[[Captopril|drug]] works in patients without [[ACE|gene]].",
    ),
    (
        "in_drug_class",
        "[[Captopril|drug]] belongs to the class of drugs called [[ACE inhibitors|drug_class]].",
        {"Captopril in_drug_class ACE inhibitors"},
        "[[Captopril|drug]] costs more than [[ACE inhibitors|drug_class]].",
    ),
    (
        "located_in",
        "The [[pancreas|anatomy]] is located in the [[abdomen|anatomy]].",
        {"pancreas located_in abdomen"},
        "The [[pancreas|anatomy]] is located behind the [[stomach|anatomy]].",
    ),
    (
        "associated_gene",
        "[[Tay–Sachs disease|disease]] is caused by mutations in the [[HEXA|gene]] gene.",
        {"Tay–Sachs disease associated_gene HEXA"},
        "[[Tay–Sachs disease|disease]] was named before [[HEXA|gene]] was sequenced.",
    ),
    (
        "has_inheritance",
        "[[Tay–Sachs disease|disease]] is inherited in an [[autosomal recessive|inheritance]] manner.",
        {"Tay–Sachs disease has_inheritance autosomal recessive"},
        "[[Tay–Sachs disease|disease]] differs from [[autosomal recessive|inheritance]] ones.",
    ),
    (
        "in_specialty",
        "[[Acne|disease]] is managed by specialists in [[dermatology|specialty]].",
        {"Acne in_specialty dermatology"},
        "[[Acne|disease]] made headlines in [[dermatology|specialty]].",
    ),
    (
        "is_a",
        "[[Chordoma|disease]] is a rare type of [[bone cancer|disease]].",
        {"Chordoma is_a bone cancer"},
        "[[Chordoma|disease]] is unlike any type of [[bone cancer|disease]].",
    ),
]


@pytest.mark.parametrize(("relation", "sentence", "stated", "miss"), FAMILIES, ids=[family[0] for family in FAMILIES])
def test_family_reads_its_statement_and_not_the_near_miss(
    relation: str, sentence: str, stated: set[str], miss: str
) -> None:
    assert said(sentence) == stated
    assert not said(miss)


@pytest.mark.parametrize(
    ("sentence", "stated"),
    [
        ("[[Gout|disease]] is not caused by [[Candida|agent]].", {"NOT Gout caused_by Candida"}),
        ("[[Zinc|drug]] does not prevent [[mumps|disease]].", {"NOT mumps prevented_by Zinc"}),
        ("[[Gout|disease]] is not usually caused by [[Candida|agent]].", set()),
        ("[[Gout|disease]] is not only caused by [[alcohol|agent]].", {"Gout caused_by alcohol"}),
        ("There is no evidence that [[gout|disease]] is caused by [[Candida|agent]].", set()),
        ("Is [[gout|disease]] caused by [[Candida|agent]]?", set()),
        ("Historically, [[gout|disease]] is caused by [[port wine|agent]].", set()),
        ("In mice, [[gout|disease]] is caused by [[Candida|agent]].", set()),
        ("Researchers investigate whether [[zinc|drug]] prevents [[mumps|disease]].", set()),
        ("Unlike [[gout|disease]], [[mumps|disease]] is treated with [[rest|procedure]].", {"mumps treated_by rest"}),
        ("A 50-year-old man with [[gout|disease]] presents with [[fever|finding]].", set()),
        ("Its [[pain|finding]]-relieving effect is known, but it also causes [[nausea|finding]].", set()),
        ("[[Gout|disease]] can affect how the [[kidney|anatomy]] works.", set()),
        ("[[Gout|disease]] can mimic [[sepsis|disease]].", set()),
        ("[[Scurvy|disease]] is caused by [[vitamin C|drug]] deficiency.", set()),
        (
            "[[Asthma|disease]] is not a contraindication to [[atenolol|drug]].",
            {"NOT atenolol contraindicated_in Asthma"},
        ),
        (
            "[[Metformin|drug]] is not contraindicated in [[heart failure|disease]].",
            {"NOT Metformin contraindicated_in heart failure"},
        ),
        (
            "[[Metformin|drug]] must not be used in [[kidney failure|disease]].",
            {"Metformin contraindicated_in kidney failure"},
        ),
    ],
)
def test_denials_and_what_states_nothing(sentence: str, stated: set[str]) -> None:
    assert said(sentence) == stated


def test_a_hedge_lowers_the_confidence() -> None:
    plain, hedged = (
        relations(*unmark(f"[[Gout|disease]] {verb} caused by [[alcohol|agent]]."))[0].confidence
        for verb in ("is", "may be")
    )
    assert 0 < hedged < plain


def test_the_subject_carries_over_clauses() -> None:
    sentence = "[[Plague|disease]] is caused by [[Yersinia pestis|agent]], and is treated with [[streptomycin|drug]]."
    assert said(sentence) == {"Plague caused_by Yersinia pestis", "Plague treated_by streptomycin"}


def test_a_phrase_is_about_its_head() -> None:
    sentence = "[[Radiotherapy|procedure]] for [[glioma|disease]] often causes [[fatigue|finding]]."
    assert said(sentence) == {"Radiotherapy has_side_effect fatigue"}


def test_lists_are_drawn_together_and_introductions_are_not() -> None:
    text, entities = unmark("In [[gout|disease]], [[pain|finding]], mild [[fever|finding]] or [[rash|finding]] occur.")
    masked = mask(text, entities)
    assert [[entity.id for entity in group] for group in masked.groups] == [["gout"], ["pain", "fever", "rash"]]
    assert masked.text == "in ⟦0⟧, ⟦1⟧ occur."


def test_of_overlapping_entities_the_longest_is_read() -> None:
    text = "Lung cancer is treated with surgery."
    entities = [Entity("LUNG", "anatomy", 0, 4), Entity("LC", "disease", 0, 11), Entity("OP", "procedure", 28, 35)]
    assert [(found.subject.id, found.object.id) for found in relations(text, entities)] == [("LC", "OP")]


def test_every_pattern_names_known_relations_once() -> None:
    for pattern in PATTERNS:
        assert {name.removeprefix("~") for name in pattern.relations} <= set(RELATIONS)
        assert "right" in pattern.regex.groupindex
    assert len({pattern.name for pattern in PATTERNS}) == len(PATTERNS)


def test_what_is_too_long_for_a_sentence_states_nothing() -> None:
    text = "[[Gout|disease]] " + "is a very rare form of the " * 2_000 + "caused by [[alcohol|agent]] and " * 200
    assert relations(*unmark(text)) == []


_PIECES = st.sampled_from(
    [
        "ENTITY",
        "ENTITY",
        "ENTITY",
        "is caused by",
        "causes",
        "symptoms of",
        "include",
        ", ",
        "and",
        "not",
        "is a",
        "of",
        "treated with",
        "⟦0⟧",
        "⟦",
        "risk factor for",
        "(",
        ")",
        "used to treat",
        "?",
        ";",
        "in",
        "the",
        "such as",
        "\n",
    ]
)


@given(
    st.lists(st.tuples(_PIECES, st.sampled_from(NODE_TYPES)), max_size=25), st.lists(st.integers(-5, 200), max_size=4)
)
def test_whatever_the_text_only_given_entities_and_fitting_types(
    pieces: list[tuple[str, str]], ends: list[int]
) -> None:
    text, entities = "", []
    for number, (piece, type) in enumerate(pieces):
        if piece == "ENTITY":
            entities.append(Entity(f"E:{number % 5}", type, len(text), len(text) + len(piece)))
        text += piece + " "
    entities += [Entity("X", "disease", start, end) for start, end in pairwise(ends)]
    found = relations(text, entities)
    for relation in found:
        assert relation.subject in entities
        assert relation.object in entities
        assert relation.subject.id != relation.object.id
        assert joins(relation.name, relation.subject.type, relation.object.type)
        assert 0 < relation.confidence <= 1
    assert found == relations(text, list(reversed(entities)))


def test_frozen_sentences_are_whole_and_balanced() -> None:
    items = read()
    assert len(items) == 248
    assert abs(sum(item["half"] == "dev" for item in items) - 124) <= 1
    for item in items:
        types = {entity.id: entity.type for entity in item["entities"]}
        for subject, name, object, _ in item["relations"] + item["accepted"]:
            assert joins(name, types[subject], types[object])


def test_precision_on_the_frozen_test_half() -> None:
    outcome = counts(item for item in read() if item["half"] == "test")["all"]
    found = outcome["right"] + outcome["wrong"]
    low, high = wilson(outcome["right"], found)
    print(f"precision {outcome['right'] / found:.3f} ({low:.3f}-{high:.3f})")
    assert outcome["right"] / found >= 0.9
    assert outcome["right"] / (outcome["right"] + outcome["missed"]) >= 0.6


def test_independent_sentences_join_what_their_relations_allow() -> None:
    items = read(SECOND)
    assert len({item["id"] for item in items}) == len({item["plain"] for item in items}) == len(items) == 190
    assert {item["half"] for item in items} == {"test"}
    for item in items:
        types = {entity.id: entity.type for entity in item["entities"]}
        for subject, name, object, _ in item["relations"] + item["accepted"]:
            assert joins(name, types[subject], types[object])


def test_precision_and_recall_on_the_independent_sentences() -> None:
    """Floors below what was measured (0.985 and 0.325): totals only, as for the test half."""
    outcome = counts(read(SECOND))["all"]
    assert outcome["right"] / (outcome["right"] + outcome["wrong"]) >= 0.95
    assert outcome["right"] / (outcome["right"] + outcome["missed"]) >= 0.30


def test_sentences_that_state_nothing_give_nothing_in_development() -> None:
    silent = {"noevidence", "historical", "hypothetical", "animal", "question", "mention"}
    for item in read():
        if item["half"] == "dev" and item["kind"] in silent:
            assert not facts(item), item["id"]
