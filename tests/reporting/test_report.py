"""The page and the summary: complete, self-contained, escaped, deterministic."""

import json
import re
from html.parser import HTMLParser

import matplotlib
import pytest
from pydantic import ValidationError

from florey.reporting import data as d
from florey.reporting.curation_data import Curation
from florey.reporting.render import render, write_report
from florey.reporting.summary import summary

LOADING = {"src", "srcset", "poster", "data", "background", "action", "formaction"}


class Page(HTMLParser):
    """Tags, ids, attributes and visible text of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.path = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.path.append(tag)

    def handle_endtag(self, tag):
        while self.path and self.path.pop() != tag:
            pass

    def handle_data(self, text):
        if "style" not in self.path:
            self.texts.append(text)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def html(run):
    return render(run)


def loads(html):
    """Every address that a browser would fetch when it opens the page, plain links apart."""
    found = re.findall(r"@import[^;]*|url\((?!['\"]?#)[^)]*\)", html)
    for tag, attributes in Page(html).tags:
        for name, value in attributes.items():
            plain = tag == "a" and name == "href"
            inner = name in ("href", "xlink:href") and (value or "").startswith("#")
            if name in LOADING or (name in ("href", "xlink:href") and not plain and not inner):
                found.append(f"{tag} {name}={value}")
        if tag in ("script", "link", "iframe", "object", "embed", "img", "image", "base", "form"):
            found.append(tag)
    return found


def test_the_check_for_loads_can_fail():
    for bad in (
        '<img src="https://x/y.png">',
        '<link rel=stylesheet href="https://x">',
        "<style>@import 'https://x';</style>",
        "<style>a { background: url(https://x/y) }</style>",
        "<script>1</script>",
        '<svg><image xlink:href="https://x"/></svg>',
    ):
        assert loads(bad), bad
    assert loads('<a href="https://arxiv.org/abs/1">x</a><svg><use xlink:href="#m"/></svg>') == []


def test_nothing_is_loaded(html):
    assert loads(html) == []
    without_links = re.sub(r'<a href="https?://[^"]*">[^<]*</a>', "", html)
    assert "http" not in without_links.replace("http-equiv", "")


def test_links_are_citations_or_relative(html, run):
    hrefs = [a["href"] for tag, a in Page(html).tags if tag == "a"]
    assert {link.href for link in run.manifests} <= set(hrefs)
    for href in hrefs:
        assert href.startswith("https://") or href in {link.href for link in run.manifests}


def test_ids_are_unique_and_references_resolve(html):
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert ids
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="#|url\(#)([\w-]+)', html)) <= set(ids)


def test_sections_in_order(html):
    found = re.findall(r"<h[12]>([^<]*)</h[12]>", html)
    assert found == [
        "Florey: quickstart",
        "What was run",
        "The staircase",
        "Right answers, right reasons?",
        "Accuracy per tier while training",
        "When stage 1 ended",
        "What each round was made of",
        "What was mined, and whether it was solved",
        "Example questions",
        "Where the questions came from",
        "What curation kept",
        "Who wrote the traces",
        "Licences and attribution",
        "Manifests",
        "What these numbers do not show",
    ]
    assert html.index("Safety.") < html.index("What was run")


def test_figures_are_told_in_words_and_tables(html, run):
    page = Page(html)
    alts = [a["aria-label"] for tag, a in page.tags if a.get("role") == "img"]
    assert len(alts) == 5
    last = run.stages[-1].score
    assert f"+ RL stage 2 {100 * last.accuracy:.1f}% ({100 * last.lo:.1f} to {100 * last.hi:.1f})" in alts[0]
    assert sum(tag == "table" for tag, _ in page.tags) >= 10
    assert all("aria-hidden" in a for tag, a in page.tags if tag == "svg")
    assert sum(tag == "svg" for tag, _ in page.tags) == 10  # each for a desktop and for a phone


def test_every_number_of_the_staircase_is_shown(html, run):
    text = Page(html).text
    for stage in run.stages:
        cells = [stage.score, stage.score.given_parsed, stage.score.rarest, *stage.score.tiers.values()]
        for cell in [*cells, *stage.score.metapaths.values(), *stage.score.shapes.values()]:
            assert f"{100 * cell.accuracy:.1f} [{100 * cell.lo:.1f}, {100 * cell.hi:.1f}]" in text
        for verdict, count in stage.score.verdicts.items():
            assert verdict.value in text
            assert f'<td class="number">{count:,}</td>' in html
    assert "not comparable" in text
    for each in run.rounds:
        assert f"{each.solved_after} of {each.mined}" in text
    assert "The plateau rule fired at step 60 ." in text


def test_colours_and_metadata_of_matplotlib_are_gone(html):
    svgs = "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
    assert not re.findall(r"#0\d0\d0\d", svgs)
    assert "var(--series-1)" in svgs
    assert "metadata" not in html
    assert "Matplotlib" not in html


def test_certificate_rows(html, make):
    text = Page(html).text
    for wanted in (
        "they are not typical",
        "has finding: Sensorineural hearing impairment",
        "the hidden node – associated gene: this option",
        "through Ataxia-telangiectasia",
        "and 3 further candidates",
        "no annotation (closed world), completeness 0.83",
        "must be present",
    ):
        assert wanted in text
    assert '<a href="https://pubmed.ncbi.nlm.nih.gov/8533770/">PMID:8533770</a>' in html


HOSTILE = '<script>alert("x")</script><img src=https://evil/x onerror=alert(1)>\'"{{ 7 * 7 }}$\\frac{'


@pytest.mark.filterwarnings("ignore:constrained_layout")  # labels as long as these leave no room to draw
def test_hostile_text_is_escaped_everywhere(run, make):
    example = make["example"](stem=HOSTILE, thought=HOSTILE)
    question = example.question.model_copy(
        update={"options": (HOSTILE, *example.question.options[1:]), "metapath": HOSTILE}
    )
    example = example.model_copy(
        update={
            "question": question,
            "names": dict.fromkeys(example.names, HOSTILE),
            "references": dict.fromkeys(example.references, HOSTILE),
        }
    )
    first = run.stages[0].score
    hostile = run.model_copy(
        update={
            "title": HOSTILE,
            "safety": HOSTILE,
            "run": run.run.model_copy(update={"recipe": HOSTILE, "facts": (d.Fact(label=HOSTILE, value=HOSTILE),)}),
            "stages": (
                d.StageResult(
                    name="base", score=first.model_copy(update={"metapaths": dict.fromkeys([HOSTILE], first.rarest)})
                ),
                *run.stages[1:],
            ),
            "curve": tuple(p.model_copy(update={"phase": HOSTILE}) for p in run.curve[:30]),
            "rounds": tuple(r.model_copy(update={"name": f"{n}{HOSTILE}"}) for n, r in enumerate(run.rounds)),
            "examples": (example,),
            "graph": run.graph.model_copy(update={"dropped": {HOSTILE: 3}}),
            "limitations": (HOSTILE,),
            "manifests": (d.ManifestLink(title=HOSTILE, href='a"onclick="x', digest=HOSTILE),),
        }
    )
    html = render(hostile)
    assert html.count("&lt;script&gt;") > 15
    assert loads(html) == []
    for _, attributes in Page(html).tags:
        assert not [name for name in attributes if name.startswith("on")]
    assert "{{ 7 * 7 }}" in html


def test_same_data_same_bytes_whatever_matplotlib_is_set_to(run, html):
    with matplotlib.rc_context(
        {"font.size": 22, "axes.grid": False, "svg.fonttype": "path", "lines.markersize": 19, "xtick.major.pad": 40}
    ):
        assert render(run) == html
        assert matplotlib.rcParams["font.size"] == 22


def test_files(run, html, tmp_path):
    write_report(run, tmp_path / "report.html", tmp_path / "summary.json")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "summary.json"]
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html
    text = (tmp_path / "summary.json").read_text(encoding="utf-8")
    found = json.loads(text)
    assert text == json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert list(found["stages"]) == ["base", "cold_start", "stage1", "stage2"]
    for stage in run.stages:
        entry = found["stages"][stage.name]
        assert (entry["n"], sum(entry["verdicts"].values())) == (640, 640)
        assert entry["accuracy"] == pytest.approx(stage.score.accuracy, abs=1e-6)
        assert entry["lo"] < entry["accuracy"] < entry["hi"]
        assert entry["verdicts"].keys() == {"correct", "wrong", "unparsed", "truncated", "several"}
        assert entry["parsed_rate"] * entry["accuracy_given_parsed"] == pytest.approx(entry["accuracy"], abs=1e-5)
    assert {"comparisons", "counts", "questions", "traces", "rounds", "plateau", "seed"} <= found.keys()
    assert found["plateau"]["fired_at"] == 60
    assert found["rounds"][1]["solved_after"] == 69


def test_summary_holds_nothing_of_the_machine(run):
    """Facts and manifest hashes may name versions and threads; they stay out of what two runs are compared by."""
    changed = run.model_copy(
        update={
            "run": run.run.model_copy(update={"facts": (d.Fact(label="threads", value="64"),)}),
            "manifests": tuple(link.model_copy(update={"digest": "other"}) for link in run.manifests),
        }
    )
    assert summary(changed) == summary(run)
    tiny = [s.model_copy(update={"score": s.score.model_copy(update={"lo": s.score.lo + 1e-13})}) for s in run.stages]
    assert summary(run.model_copy(update={"stages": tuple(tiny)})) == summary(run)


def test_a_run_without_most_stages_still_has_a_report(run):
    bare = run.model_copy(
        update={
            "stages": run.stages[:1],
            "comparisons": (),
            "curve": tuple(p.model_copy(update={"n": 0}) for p in run.curve),
            "plateau": None,
            "rounds": (),
            "examples": (),
            "traces": (),
            "traces_dropped": {},
            "curation": Curation(),
            "teachers": {},
            "teaching": None,
            "licences": (),
            "manifests": (),
            "limitations": (),
        }
    )
    text = Page(render(bare)).text
    for wanted in ("nothing to compare", "No reinforcement learning", "Stage 1 was not run", "no cold start"):
        assert wanted in text
    assert summary(bare)["plateau"] is None


def test_nothing_parsed_shows_a_dash(run):
    score = run.stages[0].score.model_copy(update={"given_parsed": None, "rarest": None, "tiers": {}})
    odd = run.model_copy(update={"stages": (d.StageResult(name="base", score=score), *run.stages[1:])})
    assert '<span class="none">–</span>' in render(odd)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda r: {"stages": r.stages[::-1]}, "in this order"),
        (lambda r: {"stages": r.stages[:1]}, "expected two of"),
        (lambda r: {"manifests": [{"title": "x", "href": "https://x/m.json", "digest": "0"}]}, "relative"),
        (lambda r: {"manifests": [{"title": "x", "href": "/tmp/m.json", "digest": "0"}]}, "relative"),
        (lambda r: {"manifests": [{"title": "x", "href": "javascript:alert(1)", "digest": "0"}]}, "relative"),
        (
            lambda r: {"licences": [{"source": "x", "licence": "y", "attribution": "z", "url": "javascript:1"}]},
            "http",
        ),
        (lambda r: {"curve": [p.model_copy(update={"step": 1}) for p in r.curve]}, "share steps"),
        (lambda r: {"surprise": 1}, "Extra inputs"),
    ],
)
def test_inconsistent_data_are_refused(run, change, says):
    with pytest.raises(ValidationError, match=says):
        d.ReportData.model_validate({**dict(run), **change(run)})


def test_data_survive_json(run):
    assert d.ReportData.model_validate_json(run.model_dump_json()) == run


def test_rarity_of_the_answers_by_kind_and_weights(html, run):
    text = Page(html).text
    assert "How rare are the answers" in text
    table = html[html.index("How rare are the answers") :]
    row = re.search(r'<tr><th scope="row">findings to gene</th>(.*?)</tr>', table)[1]
    assert re.findall(r">([\d.,]+)<", row) == [
        *("38.0", "25.0", "3.8"),  # the share on the rarest quarter: chosen, even, by edges
        *("1,010", "1,212", "777"),
        *("2,418", "3,433", "1,612"),
    ]
    assert (
        "Of the draws, 38.0 to 44.2% are for the quarter of the possible answers that the graph knows least about; "
        "even draws would give 25.0%, draws in proportion to an answer’s edges 3.8 to 4.4%."
    ) in text
    assert summary(run)["questions"]["rarity"]["findings_to_gene"]["chosen"]["distinct"] == 1010.2


def test_phases_of_training_are_told(html, run):
    assert "What each phase was like" in html
    rows = html[html.index("What each phase was like") :]
    for shown in ("61.2", "0.312", "0.071", "0.084", "0.0123"):
        assert shown in rows, shown
    assert "What each phase was like" not in render(run.model_copy(update={"phases": ()}))


def test_no_rarity_no_heading(run):
    bare = run.model_copy(update={"questions": run.questions.model_copy(update={"rarity": {}})})
    assert "rare are the answers" not in render(bare)
    assert "rarest quarter" not in render(bare)


def test_rarity_is_read_from_what_a_manifest_holds(run):
    draws = {"rarest_quartile_share": 0.5, "distinct": 9.5, "effective_sample_size": 4.0}
    stored = {HOSTILE: {"chosen": draws, "uniform": draws, "degree_proportional": draws}}
    questions = d.Questions(**{**dict(run.questions), "rarity": stored})
    assert questions.rarity[HOSTILE].uniform.distinct == 9.5
    assert loads(render(run.model_copy(update={"questions": questions}))) == []
    with pytest.raises(ValidationError, match=r"chosen\.rarest_quartile_share"):
        d.Questions(
            **{
                **dict(run.questions),
                "rarity": {"x": stored[HOSTILE] | {"chosen": draws | {"rarest_quartile_share": 44}}},
            }
        )


def test_the_funnel_stands_in_page_and_summary(run, html):
    text = Page(html).text
    for row in run.curation.funnel:
        assert row.stage in text
    assert "near duplicate 226" in text and "label doubted 74" in text
    assert summary(run)["curation"]["funnel"][2] == {
        "stage": "duplicates",
        "given": 7377,
        "kept": 7120,
        "dropped": {"near_duplicate": 226, "exact_duplicate": 31},
        "noticed": {},
    }


def test_curation_and_teaching_are_told_in_full(html):
    text = Page(html).text
    for said in (
        *("ngrams 0.93", "A weaver of 42 is enrolled", "item <b>7</b>"),
        *("cmexam", "several answers 19", "medbullets", "ngrams 3", "no graph was given", "74 are doubted"),
        *("student and rubric", "0.31", "undefined: one of them gave one tier only", "gpt-oss-120b", "pass@4 93.0%"),
        *("told the answer for 40", "over gold cap", "mentions given answer", "the certificates entail 93.0%"),
    ):
        assert said in text, said
