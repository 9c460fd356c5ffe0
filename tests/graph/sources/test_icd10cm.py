"""ICD-10-CM on an invented tabular list: levels, seventh characters, synonyms, and what is missing."""

from pathlib import Path

import pytest

from florey.errors import BadInput
from florey.graph.sources import icd10cm
from florey.graph.sources.icd10cm import Icd10cm

TABULAR = """<?xml version="1.0"?>
<ICD10CM.tabular>
  <version>2020</version>
  <introduction/>
  <chapter>
    <name>1</name>
    <desc>Infections (A00-B99)</desc>
    <section id="A00-A09">
      <desc>Of the gut (A00-A09)</desc>
      <diag>
        <name>A00</name><desc>Wobble</desc>
        <diag>
          <name>A00.1</name><desc>Wobble, unspecified</desc>
          <inclusionTerm><note>Wobble NOS</note><note>Swaying of the head</note></inclusionTerm>
          <excludes1><note>wobbling (B99)</note></excludes1>
        </diag>
      </diag>
    </section>
    <section id="B99">
      <desc>Others (B99)</desc>
      <diag>
        <name>B99</name><desc>Others with fever</desc>
        <inclusionTerm><note>Others without fever</note></inclusionTerm>
      </diag>
    </section>
  </chapter>
  <chapter>
    <name>19</name>
    <desc>Injury (S00-T88)</desc>
    <section id="S00-S09">
      <desc>Of the head (S00-S09)</desc>
      <diag>
        <name>S00</name><desc>Bump</desc>
        <sevenChrDef>
          <extension char="A">first visit</extension>
          <extension char="D">later visit</extension>
          <extension char="S">sequela</extension>
        </sevenChrDef>
        <diag placeholder="true">
          <name>S00.0X</name><desc>Bump</desc>
          <diag><name>S00.0X1</name><desc>Bump on the left</desc></diag>
        </diag>
        <diag><name>S00.1</name><desc>Bump on the nose</desc></diag>
      </diag>
    </section>
  </chapter>
</ICD10CM.tabular>
"""
CODES = "A00-A09\nA00\nA001\nB99\nS00\nS000X1A first\nS000X1D\nS001XXA\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "icd10c-tabular-2020.xml").write_text(TABULAR)
    (tmp_path / "code-list-2020.txt").write_text(CODES)
    return tmp_path


def test_one_tree(folder: Path) -> None:
    source = Icd10cm(folder)
    nodes = {node.id.removeprefix("ICD10CM:"): node for node in source.nodes()}
    parents = {s.subject.removeprefix("ICD10CM:"): s.object.removeprefix("ICD10CM:") for s in source.statements()}
    assert parents == {
        **{"A00-A09": "A00-B99", "A00": "A00-A09", "A00.1": "A00", "B99": "A00-B99"},
        **{"S00-S09": "S00-T88", "S00": "S00-S09", "S00.0X1": "S00", "S00.1": "S00"},
        **{"S00.0X1A": "S00.0X1", "S00.0X1D": "S00.0X1", "S00.1XXA": "S00.1"},
    }
    assert set(nodes) == {*parents, "A00-B99", "S00-T88"}
    assert (nodes["A00-A09"].type, nodes["A00-A09"].name) == ("disease", "Of the gut")
    assert (nodes["S00.1XXA"].type, nodes["S00.1XXA"].name) == ("injury", "Bump on the nose, first visit")
    assert nodes["A00.1"].aliases == ("Wobble NOS",)
    assert nodes["B99"].aliases == ()  # "without" changes what is meant
    assert (source.release, set(source.licences)) == ("2020", {"icd10cm"})
    assert source.dropped == {"inclusion term: may be narrower than its code": 2}
    assert sum(source.rewritten.values()) == 2


def test_without_the_seventh_character(folder: Path) -> None:
    (folder / "code-list-2020.txt").unlink()
    assert len(list(Icd10cm(folder, seventh=False).nodes())) == 10
    with pytest.raises(BadInput, match=r"0 files code-list\*.txt"):
        Icd10cm(folder)


@pytest.mark.parametrize(
    ("old", "new", "message", "reason"),
    [
        ("<name>S00.1<", "<name>S00.0X1<", "code 'S00.0X1' is given twice", "code: given twice"),
        (
            "<desc>Bump on the nose</desc>",
            "",
            "below ICD10CM:S00: code 'S00.1' without name or title",
            "code: no name or title",
        ),
        (" (A00-B99)", "", "chapter '1' has no range", "chapter: no range"),
    ],
)
def test_damage_is_named_or_counted(folder: Path, old: str, new: str, message: str, reason: str) -> None:
    (folder / "icd10c-tabular-2020.xml").write_text(TABULAR.replace(old, new, 1))
    with pytest.raises(BadInput, match=f"icd10c-tabular-2020.xml: {message}"):
        list(Icd10cm(folder).nodes())
    source = Icd10cm(folder, strict=False)
    nodes = {node.id for node in source.nodes()}
    assert source.dropped[reason] == 1
    assert "ICD10CM:S00" in nodes
    assert all({s.subject, s.object} <= nodes for s in source.statements())


def test_no_tabular_list(folder: Path) -> None:
    path = folder / "icd10c-tabular-2020.xml"
    path.write_text(TABULAR[:-30])
    with pytest.raises(BadInput, match=r"icd10c-tabular-2020.xml: expected XML \(.*line \d+"):
        Icd10cm(folder)
    path.write_text("<other/>")
    with pytest.raises(BadInput, match="expected the tabular list"):
        Icd10cm(folder)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(icd10cm, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"pip install 'florey\[icd10cm\]'"):
        Icd10cm()


@pytest.mark.slow
def test_the_release_that_the_package_ships() -> None:
    pytest.importorskip("simple_icd_10_cm")
    source = Icd10cm()
    nodes = {node.id: node for node in source.nodes()}
    assert len(nodes) >= 97_000
    assert nodes["ICD10CM:E10.10"].name == "Type 1 diabetes mellitus with ketoacidosis without coma"
    parents = {s.subject: s.object for s in source.statements()}
    assert parents["ICD10CM:T36.0X1A"] == "ICD10CM:T36.0X1"
    assert parents["ICD10CM:T36.0X1"] == "ICD10CM:T36.0"
    assert set(parents) | set(parents.values()) == set(nodes)
