"""The next page is the one of the largest expected gain, and replaying the readings restores the frontier."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from florey.graph.discovery.frontier import Frontier, GainWeights
from florey.graph.discovery.reading import Reading, Why
from florey.graph.extraction.candidate import Candidate
from florey.graph.wiki.article import page_curie

TYPES = {"Asthma": "disease", "Fever": "finding", "Gout": "disease", "Salbutamol": "drug", "Colchicine": "drug"}


def frontier(seeds: Sequence[str] = ("Asthma",), **weights: float) -> Frontier:
    made = Frontier(GainWeights(**weights), TYPES.get)
    made.seed(seeds)
    return made


def reading(
    title: str,
    links: dict[str, int],
    *,
    why: Why | None = None,
    type: str | None = "disease",
    specialties: tuple[str, ...] = (),
    ends: Sequence[str] = (),
    outcome: str = "read",
) -> Reading:
    why = why or Why(
        expected_type=TYPES.get(title, "unknown"), specialty="", pull=1, expected_yield=1, rarity=1, scarcity=1, gain=1
    )
    candidates = tuple(
        Candidate(page_curie(title), "has_symptom", page_curie(end), True, title, 1, "q", 0, 1, "pattern:x", 0.9)
        for end in ends
    )
    return Reading.model_validate(
        {
            "step": 0,
            "asked": title,
            "title": title,
            "outcome": outcome,
            "reason": "",
            "why": why,
            "type": type,
            "specialties": specialties,
            "links": links,
            "candidates": candidates,
        }
    )


def titles(made: Frontier, count: int) -> list[str]:
    return [title for title, _ in made.choose(count)]


def test_seeds_come_first_and_in_order() -> None:
    made = frontier(("Gout", "Asthma"))
    made.learn(reading("Fever", {"Salbutamol": 50}))
    assert titles(made, 3) == ["Gout", "Asthma", "Salbutamol"]


def test_an_open_end_pulls_more_than_a_link() -> None:
    made = frontier(())
    made.learn(reading("Asthma", {"Zebra": 1, "Apple": 1}, ends=["Zebra"]))
    assert titles(made, 2) == ["Zebra", "Apple"]
    made = frontier((), open_ends=0)
    made.learn(reading("Asthma", {"Zebra": 1, "Apple": 1}, ends=["Zebra"]))
    assert titles(made, 2) == ["Apple", "Zebra"], "without the weight, ties go by title"


def test_a_rare_type_comes_before_one_that_was_read_often() -> None:
    made = frontier(())
    for title in ("Asthma", "Gout"):
        made.learn(reading(title, {"Salbutamol": 1, "Fever": 1}, type="finding"))
    chosen = dict(made.choose(2))
    assert list(chosen) == ["Salbutamol", "Fever"]
    assert chosen["Salbutamol"].rarity > chosen["Fever"].rarity == 1.0


def test_an_under_covered_specialty_comes_first() -> None:
    made = frontier(())
    for title in ("Asthma", "A1", "A2", "A3"):
        made.learn(reading(title, {"Common": 1}, specialties=("pulmonology",)))
    made.learn(reading("Gout", {"Seldom": 1}, specialties=("rheumatology",)))
    for title in ("B1", "B2", "B3"):
        made.learn(reading(title, {"Seldom": 1}, specialties=("pulmonology",)))
    assert titles(made, 2) == ["Seldom", "Common"], "both have four links"


def test_types_that_gave_much_come_before_types_that_gave_nothing() -> None:
    made = frontier((), rarity=0, scarcity=0)
    made.learn(reading("Asthma", {"Gout": 1, "Salbutamol": 1}, ends=["E1", "E2", "E3", "E4"]))
    made.learn(reading("Colchicine", {}, type="drug"))
    assert titles(made, 6)[0] == "Gout"


def test_a_page_is_chosen_once_however_often_it_is_linked() -> None:
    made = frontier(("Asthma",))
    assert titles(made, 1) == ["Asthma"]
    made.learn(reading("Asthma", {"Asthma": 3, "Gout": 1}))
    made.learn(reading("Fever", {"Asthma": 3, "Gout": 1}))
    assert titles(made, 10) == ["Gout"]
    assert len(made) == 0


def test_a_redirect_closes_both_titles() -> None:
    made = frontier(())
    made.learn(reading("Fever", {"Gouty arthritis": 1, "Gout": 1}))
    redirected = reading("Gout", {}).model_copy(update={"asked": "Gouty arthritis"})
    made.learn(redirected)
    assert titles(made, 10) == []


links = st.dictionaries(st.sampled_from([f"P{i}" for i in range(12)]), st.integers(1, 3), max_size=6)


@given(st.lists(links, max_size=8), st.integers(1, 4))
def test_replaying_the_readings_restores_the_frontier(pages: list[dict[str, int]], batch: int) -> None:
    first = frontier([f"S{i}" for i in range(len(pages))])
    read: list[Reading] = []
    for _ in range(0, len(pages), batch):
        for title, why in first.choose(batch):
            page = pages[len(read) % len(pages)]
            read.append(reading(title, page, why=why, ends=list(page)))
            first.learn(read[-1])
    again = frontier([f"S{i}" for i in range(len(pages))])
    for each in read:
        again.learn(each)
    assert again.choose(50) == first.choose(50)
