"""Stems say what they must, in good English, the same for the same key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.synthesis.metapaths import Kind, MaskSpec, MetapathSpec, kinds
from florey.synthesis.words.form_files import LEAST, built_in, forms_of, read_forms
from florey.synthesis.words.grammar import Form, parse_form
from florey.synthesis.words.patient import ONSETS, patient
from florey.synthesis.words.plain_forms import forms_for, plain_forms
from florey.synthesis.words.prose import an, is_laboratory, listed, running
from florey.synthesis.words.rendering import render_scene
from florey.synthesis.words.scene import Named, Scene

KINDS = kinds()
FIRST = {
    "findings_to_disease": "Findings: Alder fever and Birch's sign. Which disease shows all of them?",
    "discriminating_finding": "Which finding occurs in Alder fever but not in Alder fever?",
    "findings_to_gene": "Findings: Alder fever and Birch's sign. Which gene is linked to a disease with all of them?",
    "findings_inheritance_to_disease": "Findings: Alder fever and Birch's sign. Inheritance: Alder fever. "
    "Which disease fits?",
    "findings_onset_to_disease": "Findings: Alder fever and Birch's sign. Onset: Alder fever. Which disease fits?",
}
TENS = ["twent", "thirt", "fort", "fift", "sixt", "sevent", "eight"]
AWKWARD = ["Ataxia, spinocerebellar, type 3", "{0} (a{b})", "ALL CAPS DISEASE", "p53/Xq28", "Hand and foot cyst"]
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    lambda name: name == " ".join(name.split())
)


def told(kind: Kind) -> tuple[str, ...]:
    return kind.links[0].ends if kind.among else tuple(v.name for v in kind.tree if v.told)


def scene(kind: str, texts: list[str], **more: str) -> Scene:
    """The names in the place of what may be several nodes, the first of them in every other place."""
    declared = KINDS[kind]
    several = None if declared.among else declared.repeated
    nodes = {
        name: tuple(
            Named(f"X:{i}", text, declared.nodes[name][0])
            for i, text in enumerate(texts if name == several else texts[:1])
        )
        for name in told(declared)
    }
    return Scene(kind, nodes, declared.nodes[declared.asked][0], **more)  # type: ignore[arg-type]


def every_stem(asked: Scene, forms: tuple[Form, ...]) -> list[str]:
    who = patient(asked, 1)
    return [form.fill(asked, who) for form in forms if form.fits(asked, who)]


def test_every_kind_has_its_forms_and_they_name_exactly_what_the_mask_leaves_open() -> None:
    assert set(built_in()) == set(KINDS)
    for name, forms in built_in().items():
        assert {form.variables for form in forms} == {frozenset(told(KINDS[name]))} == {f.mentioned for f in forms}
        assert len({form.text for form in forms if form.universal}) >= LEAST >= 12


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_form_names_everything_with_one_two_and_five_nodes(kind: str) -> None:
    texts = [*AWKWARD[:2], "Hyperkalemia", *AWKWARD[2:]]
    for count in (1, 2, 5):
        for more in ({}, {"sex": "female", "onset": "HP:0003581"}, {"onset": "HP:0011461"}):
            asked = scene(kind, texts[:count], **more)
            stems = every_stem(asked, built_in()[kind])
            assert len(set(stems)) >= LEAST
            for stem in stems:
                for node in (node for nodes in asked.nodes.values() for node in nodes):
                    assert node.name.casefold() in stem.casefold()
                assert stem == stem.strip() and "  " not in stem and not re.search(r"[.?!]\.|\b(\w+) \1\b", stem)
                assert stem[-1] in "?.…" or stem.endswith("choice.")


@given(st.lists(names, min_size=1, max_size=5, unique_by=str.casefold), st.sampled_from(sorted(KINDS)), st.integers())
@settings(max_examples=60, deadline=None)
def test_any_name_stands_verbatim(texts: list[str], kind: str, key: int) -> None:
    asked = scene(kind, texts, onset="HP:0003593")
    stem = render_scene(asked, key)
    assert stem == render_scene(asked, key)
    assert all(node.name.lower() in stem.lower() for nodes in asked.nodes.values() for node in nodes)


@pytest.mark.parametrize("kind", sorted(FIRST))
def test_the_first_forms_are_short_and_stay_as_they_are(kind: str) -> None:
    asked = scene(kind, ["Alder fever", "Birch's sign"])
    assert {render_scene(asked, key, forms=1) for key in range(20)} == {FIRST[kind]}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_key_decides_and_forms_limits(kind: str) -> None:
    asked = scene(kind, ["Alder fever", "Birch's sign"])
    stems = [render_scene(asked, [key, "x"]) for key in range(120)]
    assert stems == [render_scene(asked, [key, "x"]) for key in range(120)]
    assert len(set(stems)) >= LEAST
    assert len({render_scene(asked, key, forms=3) for key in range(60)}) <= 3


def test_a_hidden_node_cannot_be_named() -> None:
    with pytest.raises(BadInput, match="unknown slot 'd'"):
        forms_of(["{f}: which gene of {d}?"], "mine.yaml", variables=["f"])
    asked = scene("findings_to_gene", ["Alder fever"])
    hidden = replace(asked, nodes={**asked.nodes, "d": (Named("X:9", "Secret", "disease"),)})
    with pytest.raises(BadInput, match="got d, f"):
        render_scene(hidden, 1)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({"a.yaml": "k:\n  forms:\n  - '{f}?'\n  - '{g}?'"}, "a.yaml, line 1: k: unknown slot 'g'"),
        ({"a.yaml": "k: {forms: []}"}, "a.yaml, line 1: k: no forms"),
        ({"a.yaml": "k: {forms: ['{f}?', 'Which?']}"}, "slot 'f' is missing in 'Which"),
        ({"a.yaml": "k:\n  forms:\n  - '{f:lst}?'"}, "line 3: unknown style 'lst' of a slot .did you mean 'list'"),
        ({"a.yaml": "k:\n  forms:\n  - '{f'"}, "line 3: a brace without its other half"),
        ({"a.yaml": "k: {forms: ['{f.lab}{f.signs}']}"}, "needs: .lab"),
        ({"a.yaml": "k: {forms: [{text: '{f}', needs: [labs]}]}"}, "unknown need 'labs' .did you mean 'lab'"),
        ({"a.yaml": "k: {form: ['{f}']}"}, "unknown key 'form' .did you mean 'forms'"),
        ({"a.yaml": "k: {forms: ['{patient} has {f}']}"}, "the first form must do without"),
        ({"a.yaml": "k: {forms: ['{f}?'], openings: findings, closings: ['Which?']}"}, "no openings 'findings'"),
        ({"a.yaml": "k: {forms: ['{f}?']}", "b.yaml": "k: {forms: ['{f}?']}"}, "b.yaml, line 1: k: has its forms"),
        ({"a.yaml": "k: [\n"}, "a.yaml, line 2: not YAML"),
    ],
)
def test_bad_forms_are_told_with_their_place(texts: Mapping[str, str], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        read_forms(texts, least=1)


def test_too_few_forms_and_unknown_kinds() -> None:
    with pytest.raises(BadInput, match="2 different forms that fit every scene, expected at least 12"):
        read_forms({"a.yaml": "k: {forms: ['{f}?', 'Which {f}?', '{f}?']}"})
    with pytest.raises(BadInput, match="did you mean 'findings_to_gene'"):
        render_scene(replace(scene("findings_to_gene", ["A"]), kind="findings_to_genes"), 1)


def filled(text: str, texts: list[str], needs: tuple[str, ...] = (), **more: str) -> str:
    asked = scene("findings_to_gene", texts, **more)
    return parse_form(text, needs, where="here").fill(asked, patient(asked, 1))


@pytest.mark.parametrize(
    ("text", "texts", "stem"),
    [
        ("{f|It is|They are} {f}.", ["Ataxia"], "It is ataxia."),
        ("{f|It is|They are} {f}.", ["Ataxia", "Seizure"], "They are ataxia and seizure."),
        ("{f|one|two|many}", ["A", "B", "C"], "Many"),
        ("{f|one|two|many}", ["A", "B"], "Two"),
        ("{f}. {f}\n{f}, {f}", ["Ataxia"], "Ataxia. Ataxia\nAtaxia, ataxia"),
        ("x {f:a}", ["X-linked trait"], "x an X-linked trait"),
        ("x {f:list}", ["Ataxia", "Seizure"], "x Ataxia; Seizure"),
        ("{f:numbered}", ["Ataxia", "Seizure"], "1. Ataxia\n2. Seizure"),
        ("no {f:or}", ["Ataxia", "Seizure", "Cyst"], "no ataxia, seizure or cyst"),
        ("Which {asked}: {f}", ["Ataxia"], "Which gene: ataxia"),
    ],
)
def test_slots(text: str, texts: list[str], stem: str) -> None:
    assert filled(text, texts) == stem


def test_laboratory_findings_stand_apart_only_where_both_kinds_are_there() -> None:
    mixed = scene("findings_to_gene", ["Ataxia", "Hyperkalemia"])
    lab = next(form for form in built_in()["findings_to_gene"] if form.needs == {"lab"})
    assert "signs: Ataxia.\nLaboratory: Hyperkalemia." in lab.fill(mixed, patient(mixed, 1))
    for same in (["Ataxia"], ["Hyperkalemia", "Proteinuria"]):
        alone = scene("findings_to_gene", same)
        assert not lab.fits(alone, patient(alone, 1))


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("Short stature", "finding", "short stature"),
        ("EEG abnormality", "finding", "EEG abnormality"),
        ("X-linked inheritance", "inheritance", "X-linked inheritance"),
        ("Autosomal dominant inheritance", "inheritance", "autosomal dominant inheritance"),
        ("Babinski sign", "finding", "Babinski sign"),
        ("Bell-shaped thorax", "finding", "bell-shaped thorax"),
        ("Parkinsonism", "finding", "parkinsonism"),
        ("Parkinson disease", "disease", "Parkinson disease"),
        ("Marfan syndrome", "disease", "Marfan syndrome"),
        ("Charcot-Marie-Tooth disease, axonal", "disease", "Charcot-Marie-Tooth disease, axonal"),
        ("ATAXIA, SPINOCEREBELLAR", "disease", "ATAXIA, SPINOCEREBELLAR"),
        ("Goldenhar syndrome", "disease", "Goldenhar syndrome"),
        ("Renal agenesis", "disease", "renal agenesis"),
        ("Aplasia/Hypoplasia of the ear", "finding", "aplasia/hypoplasia of the ear"),
        ("Abnormality of the liver", "finding", "an abnormality of the liver"),
        ("SCN1A", "gene", "SCN1A"),
    ],
)
def test_capitals_in_running_text(name: str, kind: str, text: str) -> None:
    assert running(Named("X:1", name, kind)) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a"], "a"),
        (["a", "b", "c"], "a, b and c"),
        (["a, mild", "b"], "a, mild; and b"),
        (["a and b", "c"], "a and b, and c"),
    ],
)
def test_listed(names: list[str], text: str) -> None:
    assert listed(names) == text


@given(st.from_regex(r"[bcdfgjklmpqrstvwz][a-z]{2,8}", fullmatch=True), st.integers(1, 99))
def test_articles(word: str, number: int) -> None:
    assert an(word) == f"a {word}"
    assert an(f"a{word}") == f"an a{word}"
    assert an(f"{number}-day-old").startswith("an ") == (number in (8, 11, 18) or 80 <= number < 90)


@pytest.mark.parametrize("name", ["Elevated circulating creatine kinase concentration", "Neutropenia", "Glycosuria"])
def test_laboratory_results(name: str) -> None:
    assert is_laboratory(name)


@pytest.mark.parametrize("name", ["Ataxia", "Ischemia", "Polyuria", "Decreased body weight", "Low blood pressure"])
def test_no_laboratory_results(name: str) -> None:
    assert not is_laboratory(name)


@pytest.mark.parametrize("onset", sorted(ONSETS))
@pytest.mark.parametrize("sex", [None, "male", "female"])
def test_the_patient_agrees_with_onset_and_sex(onset: str, sex: str | None) -> None:
    asked = scene("findings_to_gene", ["Ataxia"], onset=onset, **({"sex": sex} if sex else {}))
    span = ONSETS[onset]
    spoken = {patient(asked, key).phrase for key in range(200)}
    for phrase in spoken:
        assert phrase in {patient(asked, key).phrase for key in range(200)}
        other = {"male": r"\b(?:woman|girl|female|her)\b", "female": r"\b(?:man|boy|male|his)\b"}.get(sex or "")
        assert not other or not re.search(other, phrase)
        if sex == "male" and span.women_only:
            assert phrase == "a male patient"
        elif age := re.search(r"(\d+)(?:-(\w+)-old| (weeks))", phrase):
            assert span.low <= int(age[1]) <= span.high
            assert (age[2] or "week of gestation") == span.unit
            assert not re.search(r"\b(?:boy|girl|child)\b", phrase) or span.unit != "year" or int(age[1]) < 18
        else:
            decade = re.search(r"in (?:his|her) (\w+)ies$", phrase)
            assert decade or "newborn" in phrase
            first = 10 * (TENS.index(decade[1]) + 2) if decade else span.low
            assert span.low <= first <= first + 9 <= span.high or not decade
    assert len(spoken) > 2 or span.low == span.high or span.women_only or span.high - span.low < 3


def test_an_onset_that_is_a_condition_goes_first_and_the_unborn_get_fitting_forms() -> None:
    asked = scene("findings_onset_to_disease", ["Ataxia"], onset="HP:0003581")
    late = replace(asked, nodes={**asked.nodes, "a": (Named("HP:0003593", "Infantile onset", "onset"),)})
    assert "month-old" in patient(late, 1).phrase
    unborn = scene("findings_to_disease", ["Ataxia"], onset="HP:0011461")
    stems = {render_scene(unborn, key) for key in range(300)}
    assert any("fetus" in stem for stem in stems)
    assert not any("outpatient" in stem or "resident" in stem for stem in stems)
    assert patient(replace(unborn, onset=None), 1).phrase == "a patient"


def test_a_kind_without_forms_gets_plain_ones_with_its_quantifiers() -> None:
    spec = MetapathSpec(
        nodes={"d": "disease", "f": "finding", "t": "drug", "c": "disease"},
        edges=("d has_symptom f...", "d treated_by t", "t not contraindicated_in c"),
        masks={"mine": MaskSpec(ask="t", hide=("d",))},
    )
    kind = Kind.of("mine", spec, spec.masks["mine"])
    forms = forms_for(kind)
    assert [form.text for form in forms_for(replace(kind, forms=("{f}, {c}?",)))] == ["{f}, {c}?"]
    assert forms_for(KINDS["findings_to_gene"]) == built_in()["findings_to_gene"]
    with pytest.raises(BadInput, match="mine: unknown slot 'd'"):
        forms_for(replace(kind, forms=("{f}, {c}, {d}?",)))
    nodes = {
        "f": (Named("X:1", "Ataxia", "finding"), Named("X:2", "Seizure", "finding")),
        "c": (Named("X:3", "Gout", "disease"),),
    }
    asked = Scene("mine", nodes, "drug")
    assert render_scene(asked, 1, forms=1, own=forms) == (
        "Some disease has ataxia and seizure as a symptom; that disease is treated by the drug sought; "
        "the drug sought is not contraindicated in gout. Which drug is it?"
    )
    assert len({render_scene(asked, key, own=forms) for key in range(60)}) == len(forms) >= 4


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_plain_forms_name_everything(kind: str) -> None:
    asked = scene(kind, ["Alder fever", "Birch's sign"])
    for stem in every_stem(asked, plain_forms(KINDS[kind])):
        assert all(node.name.lower() in stem.lower() for nodes in asked.nodes.values() for node in nodes)
        assert "\0" not in stem
