"""What each detector must catch and what it must let pass."""

import pytest

from florey.curation.contamination.config import ContaminationConfig
from florey.curation.contamination.find import find
from florey.graph.linking.linker import Linker
from florey.graph.linking.mention import Name
from florey.records import Condition, Edge, Evidence, Question

VIGNETTE = (
    "A 34-year-old cheesemaker is brought to the clinic because of blurred vision and golden eyelids for six weeks. "
    "Her brother has the same trouble. On examination the toes are violet and the knuckles are swollen. Which of the "
    "following is the most likely diagnosis?"
)
OPTIONS = ("Amberlosis", "Birgonia", "Cottrelia", "Dunmorosis")
NAMES = {
    "D:1": ("Amberlosis", "disease"),
    "D:2": ("Birgonia", "disease"),
    "D:3": ("Cottrelia", "disease"),
    "D:4": ("Dunmorosis", "disease"),
    "F:1": ("golden eyelids", "finding"),
    "F:2": ("violet toes", "finding"),
    "F:3": ("swollen knuckles", "finding"),
    "F:4": ("pain", "finding"),
    "F:5": ("azure nails", "finding"),
    "G:1": ("GENA", "gene"),
}
LINKER = Linker([Name(text, node, kind) for node, (text, kind) in NAMES.items()])


def asked(stem, options=OPTIONS, gold=0, **more):
    return Question(stem=stem, options=options, gold=gold, source="x", **more).identified()


def detected(question, *items, linker=None, **config):
    found = find([question], {"bench": list(items)}, ContaminationConfig(**config), linker)
    assert len(found.step.kept) + len(found.step.dropped) == 1
    return {each.detector for each in found.hits}


ITEM = asked(VIGNETTE, source_id="b1")
FILLER = [
    asked(
        f"A {20 + i}-year-old weaver number {i} has trouble {i}. Which of the following is the most likely diagnosis?"
    )
    for i in range(12)
]

CAUGHT = {
    "verbatim": (VIGNETTE, OPTIONS, {"ngrams", "wording"}),
    "other options in another order": (VIGNETTE, OPTIONS[::-1], {"ngrams", "wording"}),
    "case and punctuation": (VIGNETTE.upper().replace(".", " ;"), OPTIONS, {"ngrams", "wording"}),
    "numbers changed": (
        VIGNETTE.replace("34", "61").replace("six", "nine").replace("swollen", "sore"),
        OPTIONS,
        {"wording"},
    ),
    "a sentence put in": (
        VIGNETTE.replace("Her brother", "She has taken nothing for it and sleeps well. Her brother"),
        OPTIONS,
        {"ngrams", "wording"},
    ),
    "a sentence left out": (VIGNETTE.replace("Her brother has the same trouble. ", ""), OPTIONS, {"ngrams", "wording"}),
}


@pytest.mark.parametrize("name", CAUGHT)
def test_caught_by_its_words(name):
    stem, options, detectors = CAUGHT[name]
    assert detected(asked(stem, options), *FILLER, ITEM) >= detectors


KEPT = {
    "another case that is asked in the same way": (
        "A 34-year-old baker has crimson nails and silver toes since childhood, and her father had them too. Which of "
        "the following is the most likely diagnosis?",
        OPTIONS,
    ),
    "a generic short stem with other options": ("Which of the following is true?", ("North", "South", "East", "West")),
    "a short stem of other words": ("What is the capital sign of Birgonia?", OPTIONS),
}


@pytest.mark.parametrize("name", KEPT)
def test_let_pass(name):
    stem, options = KEPT[name]
    generic = asked("Which of the following is true?", source_id="b2")
    assert detected(asked(stem, options), *FILLER, ITEM, generic) == set()


def test_a_short_stem_counts_where_the_options_agree():
    generic = asked("Which of the following is true?", source_id="b2")
    assert detected(asked("Which of the following is TRUE"), *FILLER, generic) == {"ngrams", "wording"}


def test_chinese_is_compared_by_characters():
    stem = "患者女，三十四岁，眼睑呈金色六周，脚趾呈紫色，指节肿胀，其兄有同样表现，最可能的诊断是哪一种疾病？"
    item = asked(stem, language="zh")
    assert detected(asked(stem.replace("六周", "九周"), language="zh"), item) >= {"ngrams"}
    assert (
        detected(
            asked("患者男，发热三天，咳嗽，胸痛，吸烟二十年，下列哪项检查最有意义并且应当首先进行？", language="zh"),
            item,
        )
        == set()
    )


def test_an_abstract_that_is_read_again_in_another_question():
    abstract = (
        "We followed forty weavers with golden eyelids for ten years and counted how many of them came to have azure "
        "nails in the end."
    )
    item = asked("Do golden eyelids foretell it?", ("yes", "no", "maybe"), context=abstract)
    other = asked("What did they count?", ("toes", "nails"), gold=1, context=abstract)
    assert detected(other, item) == {"ngrams"}


def test_a_way_of_asking_is_no_contamination():
    tail = "Which of the following is the best next step in the care of this patient at this time?"
    items = [asked(f"Case {i}. {tail}") for i in range(6)]
    assert (
        detected(asked(f"Quite another thing, with lice. {tail}", ("a", "b")), *items, detectors=("ngrams",)) == set()
    )


def made(answer, *findings, denied=(), path=()):
    options = ("D:1", "D:2", "D:3", "D:4")
    conditions = [Condition(subject="?", relation="has_finding", object=node) for node in findings]
    conditions += [Condition(subject="?", relation="has_finding", object=node, holds=False) for node in denied]
    edges = tuple(
        Edge(id=f"e{i}", subject=s, relation=r, object=o, positive=True, evidence=Evidence(source="t", release="1"))
        for i, (s, r, o) in enumerate(path)
    )
    return Question(
        stem="Which disease fits?",
        options=tuple(NAMES[node][0] for node in options),
        option_ids=options,
        gold=options.index(answer),
        source="synthetic",
        conditions=tuple(conditions),
        path=edges,
    ).identified()


REWORDED = asked(
    "Golden eyelids were noted by the nurse, and violet toes as well; swollen knuckles came later. What ails this "
    "cheesemaker, in your opinion, if only one thing can be the matter with her?"
)
CLEAN = [
    asked(f"The weaver number {i} has pain and azure nails, and no golden eyelids at all. What is it?", gold=i % 3 + 1)
    for i in range(8)
]


def test_the_same_answer_by_the_same_evidence_in_other_words():
    assert detected(REWORDED, asked("golden eyelids, violet toes and swollen knuckles"), linker=LINKER) == {"evidence"}
    bench = asked(
        "Toes: violet toes. Eyelids: golden eyelids. There are swollen knuckles. Name it, if you please, today."
    )
    assert detected(REWORDED, *CLEAN, bench, linker=LINKER) == {"evidence"}
    assert detected(made("D:1", "F:1", "F:2"), *CLEAN, bench, linker=LINKER) == {"evidence"}


def test_other_evidence_other_answer_or_common_evidence_is_let_pass():
    bench = asked(
        "Toes: violet toes. Eyelids: golden eyelids. There are swollen knuckles. Name it, if you please, today."
    )
    assert detected(made("D:2", "F:1", "F:2"), *CLEAN, bench, linker=LINKER) == set()  # another answer
    assert detected(made("D:1", "F:1", "F:5"), *CLEAN, bench, linker=LINKER) == set()  # one finding in common
    denying = asked(
        "She has no golden eyelids and no violet toes; there is pain. What is it, would you say, all in all?"
    )
    assert detected(made("D:1", "F:1", "F:2"), *CLEAN, denying, linker=LINKER) == set()


def test_the_path_of_a_synthetic_question():
    path = [("D:1", "has_finding", "F:1"), ("D:1", "has_finding", "F:2"), ("D:1", "associated_gene", "G:1")]
    question = made("D:1", "F:1", "F:2", path=path)
    whole = asked(
        "GENA is at fault; golden eyelids and violet toes are seen. Which disease, of those below, is this one?"
    )
    part = asked("Golden eyelids and violet toes are seen. Which disease, of those below, is this one, do you think?")
    assert "path" in detected(question, *CLEAN, whole, linker=LINKER)
    assert "path" not in detected(question, *CLEAN, part, linker=LINKER)
    held_out = made("D:1", "F:2", "F:1")
    assert "path" in detected(question, held_out, linker=LINKER)
    assert "path" not in detected(question, made("D:1", "F:1", denied=("F:2",)), linker=LINKER)


def test_without_a_graph_it_says_what_it_could_not_do():
    found = find([REWORDED], {"bench": [ITEM]}, ContaminationConfig())
    assert set(found.off) == {"evidence", "path"}
    assert find([REWORDED], {"bench": [ITEM]}, ContaminationConfig(detectors=("ngrams",))).off == {}


def test_held_out_questions_are_left_alone_and_flags_keep_the_question():
    train, test = asked(VIGNETTE, split="train"), asked(VIGNETTE, split="test")
    dropped = find([train, test], {"bench": [ITEM]}, ContaminationConfig())
    assert dropped.step.kept == [test] and dropped.step.dropped == [(train.id, "contaminated")]
    flagged = find([train, test], {"bench": [ITEM]}, ContaminationConfig(action="flag"))
    assert [q.flags for q in flagged.step.kept] == [("contaminated:bench",), ()]
    assert flagged.step.noticed == {"contaminated:bench": 1}


def test_each_benchmark_has_its_row_with_examples():
    copies = [asked(VIGNETTE.replace("cheesemaker", f"cheesemaker {i}")) for i in range(5)]
    found = find(copies, {"b": [ITEM, *FILLER], "a": FILLER}, ContaminationConfig(examples=2))
    a, b = found.rows
    assert (a.benchmark, a.items_hit, a.examples) == ("a", 0, ())
    assert (b.items, b.items_hit, b.questions_hit, len(b.examples)) == (13, 1, 5, 2)
    assert b.by_detector == {"ngrams": 5, "wording": 5}
    assert b.examples[0].item_id == "b1" and b.examples[0].item.endswith("…")
    assert b.items_hit_lo < 1 / 13 < b.items_hit_hi


def test_progress():
    seen = []
    find([REWORDED], {"b": [ITEM]}, ContaminationConfig(), progress=lambda *at: seen.append(at))
    assert seen == [(1, 1)]
