"""Discovery through the API of a live wiki, played by a server on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from tests.graph.wiki.api_server import ApiServer

from florey.graph.discovery.agent import Discovered, discover
from florey.graph.discovery.page_reader import PageReader
from florey.graph.discovery.settings import Budget, DiscoverySettings
from florey.graph.discovery.vocabulary import Vocabulary
from florey.graph.linking.mention import Name
from florey.graph.wiki.api import LiveWiki

KNOWN = [Name("Steadimab", "X:1", "drug"), Name("Blue rash", "X:2", "finding")]


@pytest.fixture
def server(invented: ModuleType) -> Iterator[ApiServer]:
    with ApiServer(invented.PAGES, invented.REDIRECTS, {}).running() as made:
        yield made


def run(server: ApiServer, folder: Path, pages: int, names: list[Name]) -> Discovered:
    asked = DiscoverySettings(seeds=("Sway disease",), budget=Budget(pages=pages), pages_at_a_time=1)
    with LiveWiki(
        "a@example.org", folder / "pages", base_url=server.url, requests_per_s=1e9, sleep=lambda _: None
    ) as wiki:
        return asyncio.run(discover(PageReader(wiki, Vocabulary(names), asked), asked, folder))


def test_pages_come_from_the_api_and_links_are_typed_by_the_vocabulary(server: ApiServer, tmp_path: Path) -> None:
    found = run(server, tmp_path / "out", 3, KNOWN)
    first = found.readings[0]
    assert (first.asked, first.title, first.outcome, first.revision) == ("Sway disease", "Wobble fever", "read", 77)
    edges = {(each.relation, each.object) for each in first.candidates}
    assert ("treated_by", "ENWIKI:Steadimab") in edges and ("has_symptom", "ENWIKI:Blue_rash") in edges
    assert not [end for _, end in edges if "Calmapril" in end], "nothing is known of it before it is read"
    assert "Sway disease" in first.aliases
    read = [reading.title for reading in found.readings[1:]]
    assert set(read) == {"Steadimab", "Blue rash"}, "open ends first"


def test_what_was_read_is_asked_for_once_and_faults_pass(server: ApiServer, tmp_path: Path) -> None:
    server.faults = [503, "maxlag", "cut"]
    run(server, tmp_path / "out", 2, KNOWN)
    asked = [each["titles"] for each in server.asked if each.get("prop") == "revisions"]
    run(server, tmp_path / "out", 4, KNOWN)
    again = [each["titles"] for each in server.asked if each.get("prop") == "revisions"][len(asked) :]
    assert len(again) == 2 and not set(again) & set(asked)


def test_pages_about_other_things_are_not_medical(server: ApiServer, tmp_path: Path) -> None:
    outcomes = {reading.title: reading.outcome for reading in run(server, tmp_path / "out", 60, KNOWN).readings}
    assert outcomes["Ada Nobody"] == "not_medical" and outcomes["Neurology"] == "missing"
    assert sum(outcome == "read" for outcome in outcomes.values()) == 12
