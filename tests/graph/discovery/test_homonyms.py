"""A name of several things is linked to none of them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from florey.graph.discovery.page_reader import PageReader
from florey.graph.discovery.reading import Reading, Why
from florey.graph.discovery.vocabulary import Vocabulary
from florey.graph.linking.mention import Name
from florey.graph.wiki.dump_library import DumpLibrary

WHY = Why(expected_type="unknown", specialty="", pull=1, expected_yield=1, rarity=1, scarcity=1, gain=1)
SHAKES = """{{Infobox medical condition
| name = Marsh shakes
| symptoms = [[Sway]]
}}
'''Marsh shakes''', also called '''shakes''', are a [[disease]].
Marsh shakes are treated with [[calmapril]].
"""
SWAY = "'''Sway''' may refer to:\n* [[Sway test]]\n* [[Unsteady gait]]\n{{disambig}}\n"
SHAKES_LIST = "'''Shakes''' may refer to:\n* [[Marsh shakes]]\n* [[Wobble fever]]\n{{Disambiguation}}\n"
ONE_LIST = "'''Shakes''' may refer to:\n* [[Marsh shakes]]\n* [[A film]]\n{{Disambiguation}}\n"


def read(invented: ModuleType, folder: Path, title: str, names: list[Name], **more: str) -> Reading:
    pages = {**invented.PAGES, "Marsh shakes": SHAKES, "Sway (disambiguation)": SWAY, **more}
    with DumpLibrary.open(invented.write_dump(folder, pages), folder / "stash.sqlite") as library:
        assert "Sway (disambiguation)" not in library.titles() and library.counts.homonyms == 2 + len(more)
        reader = PageReader(library, Vocabulary(names))
        return reader.finish(reader.prepare(title, WHY, with_llm=False), [], 0)


def test_a_link_to_a_name_of_several_things_is_no_entity(invented: ModuleType, tmp_path: Path) -> None:
    found = read(invented, tmp_path, "Marsh shakes", [Name("sway", "X:1", "finding")])
    assert {(each.relation, each.object) for each in found.candidates} == {("treated_by", "ENWIKI:Calmapril")}


def test_an_alias_that_is_another_page_s_too_is_dropped_and_counted(invented: ModuleType, tmp_path: Path) -> None:
    both = read(invented, tmp_path, "Marsh shakes", [], **{"Shakes (disambiguation)": SHAKES_LIST})
    assert both.aliases == () and both.dropped["alias: a homonym"] == 1


def test_an_alias_whose_other_meanings_are_elsewhere_stays(invented: ModuleType, tmp_path: Path) -> None:
    alone = read(invented, tmp_path, "Marsh shakes", [], **{"Shakes (disambiguation)": ONE_LIST})
    assert alone.aliases == ("shakes",) and "alias: a homonym" not in alone.dropped


def test_a_seed_of_several_meanings_leads_to_each_of_them(invented: ModuleType, tmp_path: Path) -> None:
    found = read(invented, tmp_path, "Sway", [])
    assert (found.outcome, found.links) == ("disambiguation", {"Sway test": 1, "Unsteady gait": 1})
