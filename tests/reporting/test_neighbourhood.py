"""The page of a neighbourhood: whole, escaped, without network or script, and readable in light and in dark."""

import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import florey.reporting
from florey.graph.model import NODE_TYPES, RELATIONS
from florey.records import Edge, Evidence
from florey.reporting.butterfly import FAMILIES, ROW, WIDTH, Row, Rows, draw
from florey.reporting.neighbourhood import INVERSE, Neighbourhood, Thing, render, revision

STYLES = Path(florey.reporting.__file__).parent / "templates"
BAD = '<script>alert("x")</script>&\'"'
CLASS = "HP:0040281"


def edge(number: int, subject: str, relation: str, object: str, positive: bool = True, **said: object) -> Edge:
    evidence = Evidence(source="wikipedia", release="1", **said)  # type: ignore[arg-type]
    return Edge(
        id=f"e{number}", subject=subject, relation=relation, object=object, positive=positive, evidence=evidence
    )


def page(edges: list[Edge], names: dict[str, str] | None = None) -> Neighbourhood:
    ids = {"D:1", CLASS, *(end for each in edges for end in (each.subject, each.object))}
    kinds = {"D": "disease", "F": "finding", "HP": "frequency", "G": "gene"}
    called = {CLASS: "Very frequent", **(names or {})}
    things = {i: Thing(i, kinds[i.split(":")[0]], called.get(i, f"Name of {i}")) for i in sorted(ids)}
    return Neighbourhood("D:1", things, edges, "1", "abc", [f"CC0 {BAD}"])


EDGES = [
    edge(1, "D:1", "has_finding", "F:1", reference="PMID:11;PMID:12", frequency=CLASS),
    edge(2, "D:1", "has_finding", "F:1", page="Wobble", revision="77", quote="It wobbles."),
    edge(3, "D:1", "has_finding", "F:2", False, reference="javascript:alert(1)"),
    edge(4, "D:2", "is_a", "D:1"),
    edge(5, "D:1", "associated_gene", "G:1", score=2.5, confidence=0.75),
]


class Tags(HTMLParser):
    """Checks that every element is closed in order, and collects what they carry."""

    VOID = {"meta", "br", "path", "rect", "link", "img"}  # noqa: RUF012

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_every_edge_stands_in_the_table_with_its_evidence() -> None:
    text = render(page(EDGES))
    tags = Tags(text)
    links = [attrs["href"] for tag, attrs in tags.found if tag == "a"]
    for address in ("https://pubmed.ncbi.nlm.nih.gov/11/", "https://pubmed.ncbi.nlm.nih.gov/12/"):
        assert address in links
    assert "https://en.wikipedia.org/w/index.php?oldid=77" in links
    assert "javascript:alert(1)" in text and not any("javascript" in (link or "") for link in links)
    assert "<q>It wobbles.</q>" in text and "Very frequent" in text and "score 2.5, confidence 0.75" in text
    assert "kinds of it" in text and "NOT: has finding" in text and "2 statements" in text
    ids = [attrs["id"] for _, attrs in tags.found if "id" in attrs]
    assert len(ids) == len(set(ids))  # F:1 and F:2 are linked to from the picture
    assert {link.removeprefix("#") for link in links if link and link.startswith("#")} <= set(ids)
    assert text == render(page(EDGES))


def test_nothing_from_the_graph_is_markup_and_nothing_is_fetched() -> None:
    edges = [edge(1, "D:1", "has_finding", "F:1", quote=BAD, reference=BAD, page=BAD, revision=BAD, frequency=BAD)]
    text = render(page(edges, {"D:1": BAD, "F:1": BAD}))
    tags = Tags(text)
    assert not {tag for tag, _ in tags.found} & {"script", "img", "link", "iframe", "object", "foreignobject"}
    assert not [name for _, attrs in tags.found for name in attrs if name.startswith("on") or name == "src"]
    assert "default-src 'none'" in text and "<script" not in text and "url(http" not in text


def test_only_denials_are_dashed_and_the_legend_says_so() -> None:
    text = render(page(EDGES))
    assert len(re.findall(r'<path class="line denied" d="M\d+', text)) == 1 + 1  # the edge and the legend's sample
    assert "denied by a source (NOT)" in text
    assert "denied by a source" not in render(page(EDGES[:2]))
    assert re.search(r"\.line\.denied \{[^}]*stroke-dasharray", text)


def test_a_limit_draws_some_of_each_group_and_says_how_many_not() -> None:
    many = [edge(i, "D:1", "has_finding", f"F:{i}") for i in range(300)] + EDGES[3:]
    text = render(page(many), limit=10)
    assert text.count('<path class="line" d="M') == 10
    assert "10 of 302 neighbours are drawn" in text and "292 are only in the table" in text
    assert "and 292 more in the table below" in text
    assert text.count('<th scope="row"') == 302 and "Name of D:2" in text.split("<h2>")[0]


def test_an_entity_without_edges_has_a_page() -> None:
    assert "No edge leads to or from it" in render(page([]))


def group(size: int, outgoing: bool = True, positive: bool = True) -> Rows:
    rows = tuple(
        Row(f"F:{i}", "finding", f"A rather long name of a finding, number {i}", "1/2", "") for i in range(size)
    )
    return Rows("has finding", outgoing, positive, rows)


@pytest.mark.parametrize("sizes", [[1], [2, 1], [50], [7, 90, 40], [1] * 30, [1, 1, 2, 6, 11, 22, 3, 38, 160, 275]])
@pytest.mark.parametrize("limit", [30, 50])
def test_rows_do_not_overlap_and_stay_inside(sizes: list[int], limit: int) -> None:
    picture = draw("A name that is far too long for one line of the box", [group(n) for n in sizes], limit)
    marks = {(mark.right, mark.y) for mark in picture.marks}
    assert all((each.right, each.y - ROW) in marks for each in picture.more)
    assert all((each.right, each.y + 9 + ROW / 2) in marks for each in picture.headings)
    for right in (False, True):
        heights = sorted(
            each.y for part in (picture.marks, picture.headings, picture.more) for each in part if each.right is right
        )
        assert all(b - a >= 14 for a, b in itertools.pairwise(heights))
        assert all(0 < y < picture.height for y in heights)
    assert picture.drawn == min(limit, sum(sizes)) and picture.box <= picture.height
    assert all(0 < mark.x < WIDTH for mark in picture.marks)
    sides = [sum(mark.right is right for mark in picture.marks) for right in (False, True)]
    assert sum(sizes) < 10 or abs(sides[0] - sides[1]) <= 4


def test_lines_lead_from_subject_to_object() -> None:
    for outgoing in (True, False):
        (mark,) = draw("x", [group(1, outgoing)], 1).marks
        start, end = (float(n) for n in re.findall(r"([\d.]+),[\d.]+", mark.path)[::3])
        assert (abs(start - WIDTH / 2) < abs(end - WIDTH / 2)) is outgoing


def test_every_type_has_its_mark_and_every_relation_reads_from_its_object() -> None:
    other = {"agent", "external_cause", "health_factor", "specialty", "concept"}
    assert {kind for _, _, kinds in FAMILIES.values() for kind in kinds} == set(NODE_TYPES) - other
    symmetric = {"resembles", "interacts_with_gene", "covaries_with_gene"}
    assert INVERSE.keys() == RELATIONS.keys() - symmetric


def test_only_a_number_is_a_revision() -> None:
    assert revision(Evidence(source="wikipedia", release="1", revision="7&x=<")) is None
    assert revision(Evidence(source="elsewhere", release="1", revision="7")) is None


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
def test_colours_stand_out_in_light_and_in_dark(dark: bool) -> None:
    """WCAG 2.2: 4.5 for text, 3 for marks."""
    colours: dict[str, str] = {}
    for name in ("style.css", "neighbourhood.css"):
        light, _, rest = (STYLES / name).read_text().partition("@media (prefers-color-scheme: dark)")
        colours |= dict(re.findall(r"--([\w-]+): (#\w{6})", light))
        if dark:
            colours |= dict(re.findall(r"--([\w-]+): (#\w{6})", rest))
    paper = luminance(colours["paper"])

    def contrast(name: str) -> float:
        low, high = sorted((luminance(colours[name]), paper))
        return (high + 0.05) / (low + 0.05)

    for name in ("ink", "muted", "bad", "link"):
        assert contrast(name) >= 4.5, name
    for number in range(1, 7):
        assert contrast(f"series-{number}") >= 3, number
