"""The engine: no net, no model, no presidio; what the configuration and the graph change."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from florey.curation.privacy.allow import AllowList
from florey.curation.privacy.config import PrivacyConfig
from florey.curation.privacy.redactor import Redactor
from florey.errors import BadInput
from florey.graph.model import Node
from florey.graph.sources import Licence
from florey.graph.store import Graph
from florey.graph.writer import write_graph

WITHOUT_NET = """
import socket

def refuse(*args, **kwargs):
    raise AssertionError("a connection was tried")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
"""
REDACTION = """
from florey.curation.privacy.redactor import Redactor

redactor = Redactor()
text = "Mr. Okonkwo: a.nowak@example.org, 617-555-0142, https://example.org, GB82 WEST 1234 5698 7654 32"
print(redactor.redact(text).text)
print(redactor.redact("患者张伟，男，电话13812345678，邮箱zhang@example.cn。", "zh").text)
"""


def test_nothing_touches_the_net(tmp_path: Path) -> None:
    """In a fresh process, since a list that is fetched once would be remembered."""
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PATH": "", "PYTHONIOENCODING": "utf-8"}
    made = subprocess.run(
        [sys.executable, "-c", WITHOUT_NET + REDACTION],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=home,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.splitlines() == [
        "Mr. [PERSON]: [EMAIL], [PHONE], [URL], [ID_NUMBER]",
        "患者[PERSON]，男，电话[PHONE]，邮箱[EMAIL]。",
    ]


def test_the_guard_would_see_a_connection() -> None:
    made = subprocess.run(
        [sys.executable, "-c", WITHOUT_NET + "socket.create_connection(('127.0.0.1', 9))"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert "a connection was tried" in made.stderr


def test_without_presidio_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "florey.curation.privacy.recognisers", raising=False)
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(BadInput, match=r"pip install 'florey\[privacy\]'"):
        Redactor()


def test_only_the_types_asked_for_are_replaced() -> None:
    text = "Mr. Okonkwo, MRN: 4471203, seen on 3 March 2019."
    assert Redactor(PrivacyConfig(types=("DATE",))).redact(text).text == "Mr. Okonkwo, MRN: 4471203, seen on [DATE]."
    assert Redactor(PrivacyConfig(persons=False)).redact(text).text.startswith("Mr. Okonkwo, MRN: [RECORD_NUMBER]")


def test_words_of_ones_own_are_kept_or_replaced() -> None:
    text = "Anna Kowalska was seen at St. Aidan's. The Petrov score is 3."
    redactor = Redactor(PrivacyConfig(allow=("Anna Kowalska",), deny=("St. Aidan's", "petrov")))
    assert redactor.redact(text).text == "Anna Kowalska was seen at [DENIED 1]. The [DENIED 2] score is 3."


def test_names_and_synonyms_of_a_graph_are_kept(tmp_path: Path) -> None:
    write_graph(
        [Node("D:1", "disease", "Norman Roberts lissencephaly", ("Diana Paul amyloidosis",))],
        [],
        tmp_path / "graph",
        release="1",
        licences=["none"],
        sources={"test": Licence("none", "nobody")},
    )
    text = "Norman Roberts lissencephaly and Diana Paul amyloidosis were seen by Diana Paul."
    assert Redactor().redact(text).text.startswith("[PERSON")
    kept = Redactor(allow=AllowList.of_graph(Graph.open(tmp_path / "graph"))).redact(text).text
    assert kept == "Norman Roberts lissencephaly and Diana Paul amyloidosis were seen by [PERSON]."
