"""The Disease Ontology on invented tables: which of the reasoner's rows are specific enough to say something."""

import gzip
from pathlib import Path

import pytest

from florey.errors import BadInput
from florey.graph.sources.doid import Doid, _stated

TERMS = """id\tlabel\tsubClassOf
"DOID:1"\t"bone illness"\t"disease"
"DOID:2"\t"arm ""bone"" illness"\t"bone illness"
"DOID:2"\t"arm ""bone"" illness"\t"arm illness"
"DOID:3"\t"arm illness"\t"disease"
"""
HEADER = "?id\t?name\t?definition\t?facet\t?import_keyword\t?import_id"


def facet_rows(facet: str, terms: dict[str, tuple[str, str]], definition: str = "An illness.") -> str:
    """A row for each (disease, term); `terms`: letters of diseases -> (id, name)."""
    return "\n".join(
        f'"DOID:{disease}"\t"x"\t"{definition}"\t"{facet}"\t"{name}"\t"{term}"'
        for diseases, (term, name) in terms.items()
        for disease in diseases
    )


def source(tmp_path: Path, facets: str = "", *, terms: str = TERMS, strict: bool = True) -> Doid:
    (tmp_path / "terms.tsv").write_text(terms)
    with gzip.open(tmp_path / "facets.tsv.gz", "wt") as out:
        out.write(f"{HEADER}\n{facets}\n" if facets else HEADER + "\n")
    return Doid(tmp_path / "terms.tsv", tmp_path / "facets.tsv.gz", strict=strict)


def edges(doid: Doid) -> list[tuple[str, str, str]]:
    return [(s.subject, s.relation, s.object) for s in doid.statements()]


def test_parents_by_label(tmp_path: Path) -> None:
    doid = source(tmp_path)
    assert [(n.id, n.type, n.name) for n in doid.nodes()] == [
        ("DOID:1", "disease", "bone illness"),
        ("DOID:2", "disease", 'arm "bone" illness'),
        ("DOID:3", "disease", "arm illness"),
    ]
    assert edges(doid) == [("DOID:2", "is_a", "DOID:1"), ("DOID:2", "is_a", "DOID:3")]
    assert doid.dropped == {"is_a: the root, which the table leaves out": 2}
    assert doid.release.startswith("sha256:")


def test_only_specific_places_stay(tmp_path: Path) -> None:
    many = "".join(f'"DOID:{n}"\t"illness {n}"\t"disease"\n' for n in range(4, 10))
    facets = facet_rows(
        "anatomy",
        {
            "123456789": ("UBERON:1", "anything"),
            "1234": ("UBERON:2", "limb"),  # implied by the hand
            "123": ("UBERON:3", "hand"),
            "45": ("UBERON:4", "nose"),
            "5": ("UBERON:5", "nostril"),  # one disease alone implies nothing
            "6789": ("GO:1", "another vocabulary"),
        },
    )
    doid = source(tmp_path, facets, terms=TERMS + many)
    nodes = {node.id: node for node in doid.nodes()}
    located = [(s, o) for s, r, o in edges(doid) if r == "located_in"]
    assert located == [
        *[(f"DOID:{n}", "UBERON:3") for n in (1, 2, 3)],
        *[("DOID:4", "UBERON:2"), ("DOID:4", "UBERON:4"), ("DOID:5", "UBERON:4"), ("DOID:5", "UBERON:5")],
    ]
    assert (nodes["UBERON:4"].type, nodes["UBERON:4"].name) == ("anatomy", "nose")
    assert "UBERON:1" not in nodes
    assert doid.dropped["facet anatomy: on more than half of the diseases"] == 9
    assert doid.dropped["facet anatomy: implied by another term"] == 3
    assert doid.dropped["facet anatomy: GO not used"] == 4


def test_terms_that_always_go_together_both_stay(tmp_path: Path) -> None:
    many = "".join(f'"DOID:{n}"\t"illness {n}"\t"disease"\n' for n in range(4, 10))
    facets = facet_rows("anatomy", {"123": ("UBERON:1", "hand"), "456789": ("UBERON:9", "nose")})
    both = facets + "\n" + facet_rows("anatomy", {"123": ("UBERON:2", "palm")})
    doid = source(tmp_path, both, terms=TERMS + many)
    list(doid.nodes())
    assert {o for s, r, o in edges(doid) if s == "DOID:1" and r == "located_in"} == {"UBERON:1", "UBERON:2"}


def test_symptoms_are_those_the_definition_states(tmp_path: Path) -> None:
    says = "An illness of the pain kind, has_symptom chest pains, has_symptom fever; transmitted_by ticks."
    facets = "\n".join(
        [
            facet_rows("symptom", {"1": ("SYMP:1", "chest pain")}, says),
            facet_rows("symptom", {"1": ("SYMP:2", "pain")}, says),
            facet_rows("symptom", {"1": ("SYMP:3", "ascites")}, says),
            facet_rows("symptom", {"12": ("SYMP:4", "fever")}, says),
            facet_rows("symptom", {"3": ("SYMP:5", "cough")}),
            facet_rows(
                "ncbitaxon", {"1": ("NCBITaxon:1", "ticks"), "2": ("NCBITaxon:2", "x"), "3": ("NCBITaxon:3", "y")}, says
            ),
            facet_rows("evidence", {"1": ("ECO:1", "book")}),
        ]
    )
    doid = source(tmp_path, facets)
    list(doid.nodes())
    found = [s for s in doid.statements() if s.relation != "is_a"]
    assert [(s.subject, s.object, s.quote) for s in found] == [("DOID:1", "SYMP:1", "has_symptom chest pains")]
    assert (found[0].reference, found[0].code) == ("DOID:1", "symptom")
    assert doid.dropped["facet symptom: on more than half of the diseases"] == 2
    assert doid.dropped["facet symptom: not named as such in the definition"] == 3
    assert doid.dropped["facet ncbitaxon: not named as such in the definition"] == 3
    assert doid.dropped["facet evidence: not used"] == 1


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (
            "A disease that has_material_basis_in Borrelia, which is transmitted_by ticks (Ixodes).",
            {"b": "has_material_basis_in Borrelia, which is"},
        ),
        ("A disease transmitted_by Ixodes.", {}),
        ("A disease caused by Borrelia.", {}),
        ("A disease that has_material_basis_in Borreliaceae.", {}),
    ],
)
def test_a_verb_has_to_introduce_the_name(definition: str, expected: dict[str, str]) -> None:
    found = _stated(definition, ("has_material_basis_in",), {"b": "Borrelia", "i": "Ixodes"})
    assert found == expected
    assert all(quote in definition for quote in found.values())


@pytest.mark.parametrize(
    ("old", "new", "message", "reason"),
    [
        (
            '"arm illness"\n',
            '"arm ilness"\n',
            r"line 4: DOID:2 is_a 'arm ilness', which is no term \(did you mean 'arm illness'",
            "is_a: no term of that label",
        ),
        ('"DOID:3"', '"DOID:1"', "line 5: 'DOID:1' is given twice", "term: id given twice"),
        (
            '"DOID:3"\t"arm illness"',
            '"DOID:3"\t"bone illness"',
            "line 5: label 'bone illness' is that of DOID:1 too",
            "term: label of two terms",
        ),
        ('\t"disease"\n"DOID:2"', '\n"DOID:2"', "line 2: 2 fields, expected 3", "row: wrong number of fields"),
    ],
)
def test_damage_is_named_or_counted(tmp_path: Path, old: str, new: str, message: str, reason: str) -> None:
    text = TERMS.replace(old, new, 1)

    def read(strict: bool) -> Doid:
        doid = source(tmp_path, terms=text, strict=strict)
        list(doid.nodes())
        list(doid.statements())
        return doid

    with pytest.raises(BadInput, match=f"terms.tsv, {message}"):
        read(strict=True)
    assert read(strict=False).dropped[reason] >= 1


def test_missing_columns_and_files(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"terms.tsv, line 1: no column 'subClassOf' \(did you mean 'subclassof'"):
        list(source(tmp_path, terms=TERMS.replace("subClassOf", "subclassof")).nodes())
    with pytest.raises(BadInput, match="no such file"):
        Doid(tmp_path / "none.tsv")


def test_from_its_obo_file(tmp_path: Path) -> None:
    path = tmp_path / "doid.obo"
    path.write_text(
        "data-version: doid/releases/2020-01-01/doid.obo\n[Term]\nid: DOID:1\nname: bone illness\nxref: MESH:D1\n\n"
        '[Term]\nid: DOID:2\nname: arm illness\nsynonym: "brachiopathy" EXACT []\nis_a: DOID:1\nis_a: DOID:9\n'
    )
    with pytest.raises(BadInput, match="DOID:2 is_a 'DOID:9'"):
        Doid(path)
    doid = Doid(path, strict=False)
    nodes = {node.id: node for node in doid.nodes()}
    assert (nodes["DOID:1"].xrefs, nodes["DOID:2"].aliases) == (("MESH:D1",), ("brachiopathy",))
    assert edges(doid) == [("DOID:2", "is_a", "DOID:1")]
    assert doid.dropped == {"is_a: no live term": 1}
