"""What the detectors must catch and let pass by words, and what is told of it."""

import operator

import pytest

from florey.curation.contamination.config import ContaminationConfig
from florey.curation.contamination.find import find

from .conftest import OPTIONS, VIGNETTE, asked, detected

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
    "other options": (VIGNETTE, ("Amberlosis", "Yarrowism", "Zinnia fever"), {"ngrams", "wording"}),
    "sentences moved": (
        "On examination the toes are violet and the knuckles are swollen. Her brother has the same trouble. A "
        "34-year-old cheesemaker is brought to the clinic because of blurred vision and golden eyelids for six weeks. "
        "Which of the following is the most likely diagnosis?",
        OPTIONS,
        {"wording"},
    ),
    "asked for something else, but the options agree": (
        VIGNETTE.replace("the most likely diagnosis", "named after a stone"),
        OPTIONS,
        {"ngrams", "wording"},
    ),
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
    "the same case asked for its treatment": (
        VIGNETTE.replace("most likely diagnosis", "best initial treatment"),
        ("Rest", "Honey", "Surgery", "Sulphur"),
    ),
    "the same case asked for what it is not": (
        VIGNETTE.replace("is the most likely", "is NOT the"),
        ("Rest", "Honey", "Surgery", "Sulphur"),
    ),
    "one word of the case changed, and with it which of the options is right": (
        VIGNETTE.replace("violet", "green"),
        ("Birgonia", "Amberlosis", *OPTIONS[2:]),  # the first is right
    ),
    "what was affirmed is denied": (
        VIGNETTE.replace("violet and the knuckles are swollen", "not violet and no knuckles are swollen"),
        ("Rest", "Honey", "Surgery", "Sulphur"),
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_let_pass(name):
    stem, options = KEPT[name]
    generic = asked("Which of the following is true?", source_id="b2")
    assert detected(asked(stem, options), *FILLER, ITEM, generic) == set()


def test_a_short_stem_counts_where_the_options_agree():
    generic = asked("Which of the following is true?", source_id="b2")
    assert detected(asked("Which of the following is TRUE"), *FILLER, generic) == {"ngrams", "wording"}


def test_of_a_short_stem_with_another_answer_all_options_must_agree():
    """A copy with a wrong key, and a question that several items ask about different things."""
    item = asked("Which of the following is true?")
    assert detected(asked(item.stem, gold=2), item) == {"ngrams", "wording"}
    assert detected(asked(item.stem, (*OPTIONS[:3], "Yarrowism"), gold=2), item) == set()
    assert detected(asked(item.stem, (*OPTIONS[:3], "Yarrowism")), item) == {"ngrams", "wording"}


def test_options_that_differ_in_the_order_of_their_words_differ():
    one, other = ("first toes then eyelids", "first eyelids then toes"), ("toes eyelids then first", "nothing at all")
    item = asked("In which order do they turn golden?", one)
    assert detected(asked(item.stem, one[::-1], gold=1), item) == {"ngrams", "wording"}
    assert detected(asked("In which order do toes turn golden?", one, gold=1), item) == set()
    assert detected(asked(item.stem, other), item) == set()


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


@pytest.mark.parametrize(
    ("stem", "other", "options"),
    [
        ("Which drug is given first in golden eyelids?", "Which drug is given first in silver eyelids?", OPTIONS),
        ("属于第一类精神药品的是哪一个？", "属于第二类精神药品的是哪一个？", OPTIONS),
        ("金眼病患者不宜选择的食物是什么？", "金眼病患者适宜选择的食物是什么？", OPTIONS),
        ("Do golden eyelids foretell gout?", "Do golden eyelids foretell croup?", ("yes", "no", "maybe")),
    ],
)
def test_one_word_makes_a_short_question_another_one(stem, other, options):
    """The options agree, as they do where several questions share them; the answer is another one, or says nothing."""
    gold = 0 if len(options) == 3 else 1
    assert detected(asked(stem, options, gold), asked(other, options)) == set()
    assert detected(asked(stem, options), asked(stem, options)) == {"ngrams", "wording"}
    assert detected(asked(stem, ("East", "West")), asked(stem, options)) == set()


def test_a_long_question_is_told_by_its_words_alone():
    stem = "Which of the four stones is worn by cheesemakers of the upper valley against violet toes?"
    assert detected(asked(stem, ("East", "West")), asked(stem)) == {"ngrams", "wording"}
    assert detected(asked(stem.replace("four", "five"), ("East", "West")), asked(stem)) == set()
    assert detected(asked(stem.replace("four", "five")), asked(stem)) == {"ngrams", "wording"}


def test_what_is_asked_may_stand_before_the_last_words():
    case = "A cheesemaker of the upper valley has had golden eyelids, violet toes and swollen knuckles for six weeks."
    one, other = (asked(f"{case} {what}? Why?", ("East", "West")) for what in ("Which colour helps", "Who told her so"))
    assert detected(one, asked(other.stem)) == set()
    assert detected(one, asked(one.stem)) >= {"wording"}


def test_what_is_asked_in_chinese_is_not_told_by_the_words_that_every_question_has():
    case = "患者女，三十四岁，眼睑呈金色六周，脚趾呈紫色，指节肿胀，其兄有同样表现，家住山谷，以制酪为业"
    one, other = (f"{case}。下列各项中，该患者最可能的{what}是" for what in ("病因", "转归"))
    assert detected(asked(one, ("East", "West")), asked(other)) == set()
    assert detected(asked(one), asked(other)) == {"ngrams", "wording"}


def test_a_chinese_case_is_half_as_long_as_it_has_characters():
    stem = "男，三十岁，金眼六周，脚趾紫色。最可能的诊断是"
    assert detected(asked(stem, ("East", "West")), asked(stem)) == set()
    longer = f"患者因指节肿胀、其兄有同样表现来诊。{stem}"
    assert detected(asked(longer, ("East", "West")), asked(longer)) == {"ngrams", "wording"}


def test_copies_within_a_benchmark_are_no_way_of_asking():
    items = [
        asked(VIGNETTE, OPTIONS[:count], source_id=f"b{number}") for number, count in enumerate([2, 3, 4, 4, 4, 4])
    ]
    found = find([asked(VIGNETTE)], {"bench": items}, ContaminationConfig(common=1))
    assert {(hit.item_id, hit.detector) for hit in found.hits} == {
        (f"b{number}", detector) for number in range(6) for detector in ("ngrams", "wording")
    }


def test_where_little_is_an_items_own_the_options_must_agree():
    """One rare n-gram is all of what counts, but little of what is said."""
    manner = (
        "Please read the following case with care and take as much time as you need before you answer. Our patient was "
        "seen in the clinic on a Monday by the physician on duty, who took a history and wrote everything down."
    )
    items = [asked(f"{manner} Case {i}: Why?", ("a", "b")) for i in range(6)]
    item = asked(f"{manner} Green hands! Why?", ("Lead", "Copper"))
    other = asked(f"{manner} Green hands and a cough, and later sadness. Why?", ("Lost love", "Tar"))
    assert detected(other, *items, item, detectors=("ngrams",)) == set()
    assert detected(item, *items, item, detectors=("ngrams",)) == {"ngrams"}


def test_an_abstract_that_is_read_again_in_another_question():
    abstract = (
        "We followed forty weavers with golden eyelids for ten years and counted how many of them came to have azure "
        "nails in the end."
    )
    item = asked("Do golden eyelids foretell it?", ("yes", "no", "maybe"), context=abstract)
    other = asked("What did they count?", ("toes", "nails"), gold=1, context=abstract)
    assert detected(other, item) == {"ngrams"}
    assert detected(asked(abstract + " What was done?", ("Counting", "Dyeing")), item) == {"ngrams"}
    elsewhere = (
        "Ten bakers were given honey every day, and after a year their nails were looked at by two of the authors."
    )
    assert detected(asked("Do golden hands foretell it?", ("yes", "no", "maybe"), context=elsewhere), item) == set()


def test_a_way_of_asking_is_no_contamination():
    tail = "Which of the following is the best next step in the care of this patient at this time?"
    items = [asked(f"Case {i}. {tail}") for i in range(6)]
    assert (
        detected(asked(f"Quite another thing, with lice. {tail}", ("a", "b")), *items, detectors=("ngrams",)) == set()
    )


def test_without_a_graph_it_says_what_it_could_not_do():
    found = find([ITEM], {"bench": [ITEM]}, ContaminationConfig())
    assert set(found.off) == {"evidence", "path"}
    assert find([ITEM], {"bench": [ITEM]}, ContaminationConfig(detectors=("ngrams",))).off == {}


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
    assert b.by_detector == {"ngrams": 5, "wording": 5} and b.items_by_detector == {"ngrams": 1, "wording": 1}
    assert b.examples[0].item_id == "b1" and b.examples[0].item.endswith("…")
    assert b.items_hit_lo < 1 / 13 < b.items_hit_hi


def test_an_item_that_stands_twice_in_its_benchmark_is_hit_twice():
    (row,) = find([ITEM], {"b": [ITEM, ITEM, *FILLER]}, ContaminationConfig()).rows
    assert (row.items, row.items_hit, row.questions_hit) == (14, 2, 1)


def test_batches_and_order_change_nothing(monkeypatch):
    questions = [asked(stem, options) for stem, options, _ in CAUGHT.values()] + FILLER
    items = [ITEM, *FILLER[::2]]
    whole = find(questions, {"b": items}, ContaminationConfig()).hits
    monkeypatch.setattr("florey.curation.contamination.find.BATCH", 4)
    seen = []
    parts = find(questions[::-1], {"b": items[::-1]}, ContaminationConfig(), progress=lambda *at: seen.append(at))
    key = operator.attrgetter("question_id", "item_id", "detector")
    assert sorted(whole, key=key) == sorted(parts.hits, key=key) and len(whole) > 20
    assert seen == [(at, 21) for at in (4, 8, 12, 16, 20, 21)]


def test_nothing_to_compare():
    assert find([], {"b": [ITEM]}, ContaminationConfig()).step.kept == []
    found = find([ITEM], {"b": []}, ContaminationConfig())
    assert found.step.kept == [ITEM] and found.rows[0].items_hit_hi == 1.0
    silent = asked("?!", ("East", "West"))
    assert detected(silent, ITEM) == detected(ITEM, silent) == set()
