"""Kinship of options: what must be kept apart, and what must be let through."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from florey.synthesis.kernels.kin import numbered, one_family
from florey.synthesis.names import family


def same_family(left: frozenset[str], right: frozenset[str]) -> bool:
    return bool(one_family(*numbered([left, right]), 0, 1))


RELATED = [
    ("Developmental and epileptic encephalopathy 96", "Developmental and epileptic encephalopathy 12"),
    ("Spastic paraplegia 11, autosomal recessive", "Autosomal dominant spastic paraplegia type 4"),
    ("Mucopolysaccharidosis type IIIA", "Mucopolysaccharidosis, type VI"),
    ("Glycogen storage disease IXb", "Glycogen storage disease II"),
    ("Usher syndrome, type IIA", "Usher syndrome type 1"),
    ("Congenital disorder of glycosylation, type Ia", "Congenital disorder of glycosylation, type IIk"),
    ("Bardet-Biedl syndrome 10", "Bardet Biedl syndrome"),
    ("Hermansky-Pudlak syndrome A", "Hermansky-Pudlak syndrome B"),
    ("Marfan syndrome", "Neonatal Marfan syndrome"),
    ("Charcot-Marie-Tooth disease, axonal, type 2Q", "Charcot-Marie-Tooth disease, demyelinating, type 1A"),
    ("Epileptic encephalopathy, early infantile, 12", "Developmental and epileptic encephalopathy 4"),
    ("Sjögren-Larsson syndrome", "Sjogren-Larsson syndrome"),
    ("Mu-heavy chain disease", "Alpha-heavy chain disease"),
    ("Seizures, benign familial infantile, 3", "Benign familial infantile seizure type 5"),
]
UNRELATED = [
    ("Marfan syndrome", "Loeys-Dietz syndrome 1"),
    ("Autosomal recessive syndrome of the type 2", "Fabry disease"),
    ("Retinitis pigmentosa 45", "Cone-rod dystrophy 3"),
    ("Noonan syndrome 1", "Costello syndrome"),
    ("Spastic paraplegia 11, autosomal recessive", "Deafness, autosomal recessive 11"),
    ("Early infantile epileptic encephalopathy", "Early infantile Krabbe disease"),
]


@pytest.mark.parametrize(("left", "right"), RELATED)
def test_family_members_are_kept_apart(left: str, right: str) -> None:
    assert same_family(family(left), family(right))
    assert same_family(family(right), family(left))


@pytest.mark.parametrize(("left", "right"), UNRELATED)
def test_strangers_are_let_through(left: str, right: str) -> None:
    assert not same_family(family(left), family(right))


def test_a_name_of_nothing_but_a_subtype_still_has_a_family() -> None:
    assert family("Disease type 2") == family("Disease, type 3")
    assert family("46,XX syndrome")


@given(st.text(max_size=40), st.integers(1, 99))
def test_numbered_subtypes_of_any_name_are_one_family(name: str, number: int) -> None:
    words = f"Zqfold {name}"
    assert same_family(family(f"{words} {number}"), family(f"{words} type {number + 1}"))


@given(st.text(max_size=40), st.text(max_size=40))
def test_kinship_is_symmetric_and_reflexive(left: str, right: str) -> None:
    assume(family(left))  # a node without a name is nobody's kin
    assert same_family(family(left), family(right)) == same_family(family(right), family(left))
    assert same_family(family(left), family(left))
