"""What the linker must find, must leave, and must never do."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from florey.graph.build import GraphConfig, build
from florey.graph.linking import linker as module
from florey.graph.linking.linker import Linker, names_of_graph
from florey.graph.linking.mention import Name
from florey.graph.store import Graph

WORDS = ["fever", "coughs", "Crohn's disease", "ALS", "no", "but", "was", "and", "migraine without aura", "MS", "all"]
GAPS = [" ", ", ", ". ", "\n", " (", ") ", "-", "\u2013", "; ", "\n\n", "\u00a0", "!?", "'"]
ODD = ["Weiß", "İstanbul", "Sjögren", "Sjo\u0308gren", "ﬁbrosis", "β", "x²", "𝔣ever", "fe\u00adver", "ǅ", "١٢"]
TEXTS = st.lists(st.tuples(st.sampled_from(WORDS + ODD) | st.text(max_size=4), st.sampled_from(GAPS)), max_size=30).map(
    lambda pieces: "".join(word + gap for word, gap in pieces)
)


def ids(linker, text, **how):
    return [mention.ids for mention in linker.link(text, **how)]


def one(linker, text, **how):
    return [(mention.text, mention.id) for mention in linker.link(text, **how)]


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_offsets_reproduce_the_text_in_order_and_end_at_word_boundaries(linker, text):
    end = 0
    for mention in linker.link(text):
        assert text[mention.start : mention.end] == mention.text
        assert end <= mention.start < mention.end
        end = mention.end
        assert not text[mention.start - 1 : mention.start].isalnum()
        assert not text[mention.end : mention.end + 1].isalnum()


@settings(max_examples=15, deadline=None)
@given(text=TEXTS, seed=st.integers(0, 5))
def test_the_order_of_the_names_does_not_matter(names, linker, text, seed):
    shuffled = [*names, *names[:5]]
    random.Random(seed).shuffle(shuffled)
    assert Linker(shuffled).link(text) == linker.link(text)


@settings(max_examples=100, deadline=None)
@given(spaces=st.lists(st.sampled_from([" ", "  ", "\n", "\t", "\u00a0", " \n "]), min_size=12, max_size=12))
def test_any_single_space_may_be_another_one(linker, spaces):
    words = ["She", "has", "type", "2", "diabetes", "mellitus", "and", "denies", "any", "night", "sweats", "today"]
    text = "".join(space + word for space, word in zip(spaces, words, strict=False))
    assert [(mention.id, mention.negated) for mention in linker.link(text)] == [
        ("D:dm2", False),
        ("T:night_sweats", True),
    ]


@pytest.mark.parametrize(
    "text", ["", " ", "...", "\n\n", "Nothing here is known by name.", "١٢٣ 漢字 ß İ", "feverish", "1 2 3"]
)
def test_text_without_names_yields_nothing(linker, text):
    assert linker.link(text) == []


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("Crohn's disease", "D:crohn"),
        ("CROHN\u2019S\nDISEASE", "D:crohn"),
        ("Crohn disease", "D:crohn"),
        ("crohns disease", "D:crohn"),
        ("Crohn's  diseases", "D:crohn"),
        ("Sjo\u0308gren's syndrome", "D:sjogren"),
        ("sjogren syndrome", "D:sjogren"),
        ("β-thalassaemia", "D:thalassemia"),
        ("beta thalassemia", "D:thalassemia"),
        ("night\u2011sweats", "T:night_sweats"),
        ("metastases", "T:metastasis"),
        ("shingles", "D:zoster"),
        ("type II diabetes mellitus", "D:dm2"),
        ("fe\u00adver", "T:fever"),
    ],
)
def test_spellings_of_one_name(linker, text, id):
    assert one(linker, f"İß: {text}.") == [(text, id)]


@pytest.mark.parametrize(
    "text", ["a shingle", "weight, loss", "night. Sweats", "chest (pain)", "stroke-like", "a cold day"]
)
def test_what_only_looks_like_a_name(linker, text):
    assert linker.link(text) == []


def test_the_longest_name_wins_and_neighbours_keep_theirs(linker):
    assert one(linker, "migraine without aura fever cough") == [
        ("migraine without aura", "D:migraine_plain"),
        ("fever", "T:fever"),
        ("cough", "T:cough"),
    ]


def test_acronyms_need_support(linker):
    full = "Amyotrophic lateral sclerosis is rare."
    assert ids(linker, "ALS is rare.") == []
    assert ids(linker, "als is rare.", context=full) == []
    assert ids(linker, "ALS is rare.", context=full) == [("D:als",)]
    assert ids(linker, "ALS is rare.", context=linker.context(full)) == [("D:als",)]
    assert ids(linker, "All are rare.", context="Acute lymphoblastic leukemia") == []


def test_a_definition_of_something_else_takes_the_acronym_away(linker):
    text = "Advanced life support (ALS) is given in amyotrophic lateral sclerosis. ALS saves lives."
    assert ids(linker, text) == [("D:als",)]
    assert ids(linker, text.replace("Advanced life support (ALS)", "Support")) == [("D:als",), ("D:als",)]


def test_an_acronym_of_two_entities_is_what_the_text_says(linker):
    assert ids(linker, "Multiple sclerosis: MS")[1:] == [("D:ms",)]
    assert ids(linker, "Mitral stenosis: MS")[1:] == [("D:mitral",)]
    assert ids(linker, "Mitral stenosis (MS) and multiple sclerosis. MS")[-1] == ("D:mitral",)
    assert ids(linker, "Mitral stenosis and multiple sclerosis. MS")[-1] == ("D:mitral", "D:ms")


def test_gene_symbols(linker):
    assert one(linker, "The CAT gene and a CAT scan") == [("CAT", "G:CAT")]
    assert one(linker, "BRCA1 at rest, and REST") == [("BRCA1", "G:BRCA1")]
    assert one(linker, "brca1") == []
    short = Linker([Name("CD4", "G:CD4", "gene"), Name("CD19", "G:CD19", "gene")])
    assert one(short, "CD4 and CD19") == [("CD19", "G:CD19")]  # three characters say too little
    assert one(short, "CD4 expression and CD19") == [("CD4", "G:CD4"), ("CD19", "G:CD19")]


def test_homonyms():
    linker = Linker(
        [
            Name("Iris", "A:1", "anatomy"),
            Name("iris", "G:1", "drug", False),
            Name("Dropsy", "D:2", "disease"),
            Name("dropsy", "T:2", "finding"),
        ]
    )
    assert ids(linker, "iris") == [("A:1",)]  # a preferred name beats an alias
    assert ids(linker, "iris", prefer_types=["drug"]) == [("G:1",)]
    assert ids(linker, "dropsy") == [("D:2", "T:2")]
    assert linker.link("dropsy")[0].id is None
    assert ids(linker, "dropsy", prefer_types=["gene", "finding", "disease"]) == [("T:2",)]


def test_names_that_cannot_serve_are_counted():
    unfit = [
        Name("all", "1", "gene"),
        Name("cold", "2", "disease", False),
        Name("-", "3", "drug"),
        Name("7", "4", "drug"),
    ]
    linker = Linker([*unfit, Name("Cold", "5", "finding")])
    assert sum(linker.dropped.values()) == 4
    assert ids(linker, "all cold 7 -") == [("5",)]


def test_no_names_at_all():
    assert Linker([]).link("No fever. ALS (ALS)") == []


def test_forgetting_spellings_changes_nothing(names, linker, monkeypatch):
    monkeypatch.setattr(module, "_REMEMBERED", 3)
    text = "No fever, cough or Crohn's disease but night sweats; no fever again."
    assert Linker(names).link(text) == linker.link(text)


def test_many_texts_are_linked_as_each_alone(linker):
    texts = ["ALS and fever", "", "no cough"]
    assert linker.link_many(texts) == [linker.link(text) for text in texts]
    context = "amyotrophic lateral sclerosis"
    assert linker.link_many(texts, context) == [linker.link(text, context) for text in texts]


def test_a_graph_is_read_with_its_aliases(hpo_folder, tmp_path):
    build(GraphConfig(sources=[{"kind": "hpo", "path": hpo_folder}]), tmp_path / "graph")
    graph = Graph.open(tmp_path / "graph")
    text = 'No unsteady gaits, but a wobbly "sea" gait and a blue rash.'
    assert ids(Linker.of_graph(graph), text) == [("HP:9000001",), ("HP:9000001",), ("HP:9000003",)]
    assert ids(Linker.of_graph(graph, ["disease"]), text) == []
    assert {name.type for name in names_of_graph(graph, ["finding"])} == {"finding"}
