"""Each set in its native shape: what is loaded, what is left out and counted, what is refused."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.datasets.catalog import BENCHMARKS, LOADERS, load
from florey.datasets.config import Mapping, SourceConfig
from florey.datasets.items import Skip, by_letter, by_number, placed
from florey.datasets.rows import Row
from florey.datasets.table import question as table_question
from florey.errors import BadInput

FOUR = {"A": "Amberlosis", "B": "Birgonia", "C": "Cottrelia", "D": "Dunmorosis"}


def loaded(name, path, **more):
    return load(name, SourceConfig(path=path, **more))


def medqa(**changes):
    return {
        "question": "Which one?",
        "answer": "Birgonia",
        "options": FOUR,
        "answer_idx": "B",
        "meta_info": "step1",
    } | changes


def test_medqa_raw_and_as_on_the_hub(written):
    raw = loaded("medqa", written("raw.jsonl", [medqa()]))
    hub = loaded("medqa", written("hub.jsonl", [{"id": "t1", "sent1": "Which one?", "label": 1} | endings()]))
    for made in (raw.questions[0], hub.questions[0]):
        assert (made.stem, made.options, made.gold, made.source) == ("Which one?", tuple(FOUR.values()), 1, "medqa")
    assert raw.questions[0].specialty == "step1" and hub.questions[0].source_id == "t1"
    assert raw.questions[0].id == hub.questions[0].id  # the id is over what is asked
    assert raw.licences[0].startswith("MedQA, MIT")


def endings():
    return {f"ending{i}": option for i, option in enumerate(FOUR.values())}


def test_medqa_that_contradicts_itself_is_left_out(written):
    made = loaded("medqa", written("raw.jsonl", [medqa(), medqa(answer="Amberlosis"), medqa(answer=" Birgonia\n")]))
    assert len(made.questions) == 2 and made.skipped == {"answers_disagree": 1}


def test_medqa_of_five_options_has_another_name(written):
    made = loaded("medqa_test", written("raw.jsonl", [medqa(options=FOUR | {"E": "Elmsworthia"})]))
    assert made.questions[0].source == "medqa_five_options" and made.expected is None and made.complete is False


def test_medqa_from_a_table_and_in_another_language(written):
    struct = loaded("medqa", written("a.parquet", [medqa(options=FOUR | {"E": None})]))
    text = loaded("medqa", written("a.csv", [medqa(options=str(FOUR))]), language="zh")
    assert struct.questions[0].options == text.questions[0].options == tuple(FOUR.values())
    assert (struct.questions[0].language, text.questions[0].language) == ("en", "zh")


@pytest.mark.parametrize(("answer", "gold"), [("A", 0), ("C", "answer_out_of_range"), ("D", 2)])
def test_an_option_that_is_missing_shifts_no_answer(written, answer, gold):
    path = written("a.jsonl", [medqa(), medqa(options=FOUR | {"C": " "}, answer_idx=answer, answer=None)])
    made = loaded("medqa", path)
    if isinstance(gold, str):
        assert len(made.questions) == 1 and made.skipped == {gold: 1}
    else:
        assert made.questions[1].options == ("Amberlosis", "Birgonia", "Dunmorosis")
        assert made.questions[1].gold == gold and made.questions[1].flags == ("option_missing",)
        assert made.flagged == {"option_missing": 1} and made.skipped == {}


def medmcqa(cop, **changes):
    return {"question": "Which?", "opa": "a1", "opb": "b1", "opc": "c1", "opd": "d1", "cop": cop, "exp": None} | changes


@pytest.mark.parametrize(("cops", "gold"), [((1, 4, 2), [0, 3, 1]), ((0, 3, 1), [0, 3, 1])])
def test_medmcqa_tells_what_cop_counts_from(written, cops, gold):
    assert [q.gold for q in loaded("medmcqa", written("a.jsonl", [medmcqa(cop) for cop in cops])).questions] == gold


def test_medmcqa_that_cannot_tell_asks(written):
    unclear = written("a.jsonl", [medmcqa(1), medmcqa(3)])
    with pytest.raises(BadInput, match=r"neither 0 nor 4 .* set cop_base: 0 for a file from the hub"):
        loaded("medmcqa", unclear)
    assert [q.gold for q in loaded("medmcqa", unclear, cop_base=1).questions] == [0, 2]
    with pytest.raises(BadInput, match="both 0 and 4"):
        loaded("medmcqa", written("b.jsonl", [medmcqa(0), medmcqa(4)]))


def test_medmcqa_without_answers(written):
    with pytest.raises(BadInput, match="those of the test split are not public"):
        loaded("medmcqa", written("a.jsonl", [medmcqa(-1), medmcqa(-1)]))
    made = loaded("medmcqa", written("b.jsonl", [medmcqa(-1), medmcqa(None), medmcqa("x"), medmcqa(2.5), medmcqa(0)]))
    assert made.skipped == {"answer_unreadable": 2, "no_answer": 2} and made.questions[0].gold == 0


def test_an_index_out_of_range_is_counted_and_never_wrapped_round(written):
    made = loaded("medmcqa", written("a.jsonl", [medmcqa(0), medmcqa(4), medmcqa(1)]), cop_base=1)
    assert made.skipped == {"answer_out_of_range": 1} and [q.gold for q in made.questions] == [3, 0]


def test_cmexam_keeps_several_answers_out(written):
    rows = [
        {"Question": "哪一项正确", "Options": "A 甲\\nB 乙\\nC 丙", "Answer": "B", "Explanation": "x"},
        {"Question": "哪些正确", "Options": "A 甲\nB 乙\nC 丙", "Answer": "AC", "Explanation": "x"},
        {"Question": "哪一项", "Options": "甲\n乙", "Answer": "A", "Explanation": "x"},
        {"Question": "哪一项错", "Options": "A. 甲\nB、乙\n续", "Answer": "B", "Explanation": "x"},
        {"Question": "无答案", "Options": "A 甲\nB 乙", "Answer": "", "Explanation": "x"},
        {"Question": "无答案二", "Options": "A 甲\nB 乙", "Answer": "nan", "Explanation": "x"},
        {"Question": "缺三", "Options": "A 甲\r\nB 乙\r\nD 丁", "Answer": "D", "Explanation": "x"},
        {"Question": "缺一", "Options": "B 乙\nC 丙\nD DNA螺旋酶", "Answer": "D", "Explanation": "x"},
        {"Question": "重复", "Options": "A 甲\nB 乙\nB 丙", "Answer": "A", "Explanation": "x"},
        {"Question": "", "Options": "A 甲\nB 乙", "Answer": "A", "Explanation": "x"},
        {"Question": "无选项", "Options": "", "Answer": "A", "Explanation": "x"},
    ]
    made = loaded("cmexam", written("a.csv", rows))
    assert [(q.options, q.gold, q.language) for q in made.questions] == [
        (("甲", "乙", "丙"), 1, "zh"),
        (("甲", "乙 续"), 1, "zh"),
        (("甲", "乙", "丁"), 2, "zh"),
        (("乙", "丙", "DNA螺旋酶"), 2, "zh"),
    ]
    assert made.skipped == {
        "fewer_than_two_options": 1,
        "no_answer": 2,
        "no_stem": 1,
        "options_unreadable": 2,
        "several_answers": 1,
    }
    assert made.rows == 11 and made.flagged == {"option_missing": 2}


def pubmedqa(answer, pmid=None):
    return {
        "QUESTION": "Does it?",
        "CONTEXTS": ["We looked.", "We saw."],
        "LABELS": ["AIMS", "RESULTS"],
        "YEAR": "1999",
    } | ({"final_decision": answer} if answer else {})


def test_pubmedqa_with_its_abstract_and_its_test_ids(written):
    path = written("a.json", {"11": pubmedqa("yes"), "12": pubmedqa("maybe"), "13": pubmedqa(None)})
    made = loaded("pubmedqa", path)
    assert [(q.source_id, q.gold) for q in made.questions] == [("11", 0), ("12", 2)]
    assert made.questions[0].context == "AIMS: We looked.\nRESULTS: We saw." and made.skipped == {"no_answer": 1}
    all_of_them = loaded("pubmedqa_labelled", path)
    assert all_of_them.questions[0].source == "pubmedqa" and all_of_them.expected == 1000
    only = loaded("pubmedqa_labelled", path, test_ids=written("ids.json", {"12": "maybe", "99": "no"}))
    assert [(q.source_id, q.source) for q in only.questions] == [("12", "pubmedqa_test")]
    assert only.expected == 500 and only.complete is False and only.skipped == {"not_asked_for": 2} and only.rows == 3
    for ids, said in (
        ({"99": "no"}, "none of its 1 ids is in the file"),
        ({"12": "no"}, "row 12: final_decision is maybe, but .*ids.json says no"),
        ([12], "expected JSON with PubMed ids"),
        (7, "expected JSON with PubMed ids"),
    ):
        with pytest.raises(BadInput, match=said):
            loaded("pubmedqa_labelled", path, test_ids=written("ids.json", ids))
    row = {"pubid": 7, "question": "Does it?", "context": {"contexts": ["We looked."], "labels": ["AIMS"]}}
    hub = loaded("pubmedqa", written("hub.jsonl", [row | {"final_decision": "no"}]))
    assert (hub.questions[0].source_id, hub.questions[0].context, hub.questions[0].gold) == ("7", "AIMS: We looked.", 1)


def test_pubmedqa_of_other_shapes(written):
    no_labels = pubmedqa("no") | {"LABELS": ["AIMS"]}
    made = loaded("pubmedqa", written("a.json", {"11": no_labels, "12": pubmedqa("perhaps")}))
    assert made.questions[0].context == "We looked.\nWe saw." and made.skipped == {"answer_unreadable": 1}
    unlabelled = written("u.json", {"11": pubmedqa(None)})
    with pytest.raises(BadInput, match=r"no question in .* .1 no_answer."):
        loaded("pubmedqa", unlabelled)
    with pytest.raises(BadInput, match="row 11: expected the abstract as a list"):
        loaded("pubmedqa", written("b.json", {"11": pubmedqa("no") | {"CONTEXTS": None}}))


def test_careqa_counts_its_empty_rows(written):
    row = {"question": "Which?", "op1": "a", "op2": "b", "op3": "c", "op4": "d", "cop": 4.0, "category": "Nursing"}
    empty = dict.fromkeys(row, float("nan"))
    made = loaded("careqa", written("a.jsonl", [row | {"unique_id": "u"}, empty | {"unique_id": float("nan")}]))
    assert made.questions[0].gold == 3 and made.questions[0].specialty == "Nursing"
    assert made.skipped == {"empty_row": 1} and made.complete is False


NUMBERS = count()


def jmed(options, answer):
    return {
        "id": next(NUMBERS),
        "question": "诊断?",
        "options": {chr(65 + i): f"病{i}" for i in range(options)},
        "answer": answer,
    }


def test_the_two_releases_of_jmed_are_told_apart(written):
    original = written("a.jsonl", [jmed(21, ["U"]), jmed(21, "['B']"), jmed(20, ["C"]), jmed(21, ["A", "B"])])
    made = loaded("jmed", original)
    assert [q.gold for q in made.questions] == [20, 1, 2] and made.skipped == {"several_answers": 1}
    assert made.flagged == {"fewer_than_21_options": 1} and made.expected == 1000
    other = written("b.jsonl", [jmed(5, "['A']"), jmed(4, "['A']"), jmed(21, ["B"])])
    with pytest.raises(BadInput, match=r"2 of 3 items have not 21 options.*the other release"):
        loaded("jmed", other)
    made = loaded("jmed", other, release="other")
    assert {q.source for q in made.questions} == {"jmed_other_release"} and made.questions[0].gold == 0
    assert made.expected == 1094 and made.flagged == {}
    with pytest.raises(BadInput, match="this is the original release"):
        loaded("jmed", original, release="other")


def test_medbullets_names_its_variant(written):
    columns = {"link": {"0": "l"}, "question": {"0": "Which?"}, "answer_idx": {"0": "D"}, "answer": {"0": "d1"}}
    columns |= {f"op{letter}": {"0": f"{letter}1"} for letter in "abcd"}
    four = loaded("medbullets", written("four.json", columns)).questions[0]
    five = loaded("medbullets", written("five.json", columns | {"ope": {"0": "e1"}})).questions[0]
    assert (four.source, len(four.options), four.gold) == ("medbullets_op4", 4, 3)
    assert (five.source, len(five.options), five.gold) == ("medbullets_op5", 5, 3)
    wrong = loaded(
        "medbullets", written("wrong.json", {name: {**cell, "1": cell["0"]} for name, cell in columns.items()})
    )
    assert wrong.repeated == 1 and len(wrong.questions) == 2  # counted, not dropped
    columns["answer"]["0"] = "b1"
    with pytest.raises(BadInput, match="1 answers_disagree"):
        loaded("medbullets", written("four.json", columns))


def test_medxpertqa_loses_the_options_in_its_stem(written):
    options = {chr(65 + i): f"choice {i}" for i in range(10)}
    stem = "Which of the Answer Choices: one?\nAnswer Choices: (A) choice 0 (B) choice 1"
    row = {"id": "Text-1", "question": stem, "options": options, "label": "J"}
    made = loaded("medxpertqa_text", written("a.jsonl", [row, row | {"images": ["a.jpg"]}]))
    assert made.questions[0].stem == "Which of the Answer Choices: one?" and made.questions[0].gold == 9
    assert made.skipped == {"needs_an_image": 1}


def test_mmlu_pro_takes_one_category_and_drops_na(written):
    row = {"question_id": 1, "question": "Which?", "options": ["x", "y", "z", "N/A"], "answer": "B", "answer_index": 1}
    path = written("a.jsonl", [row | {"category": "biology"}, row | {"category": "law"}])
    made = loaded("mmlu_pro_biology", path)
    assert len(made.questions) == 1 and made.questions[0].options == ("x", "y", "z")
    assert made.questions[0].source == "mmlu_pro_biology"
    with pytest.raises(BadInput, match="no row of category health; there are biology, law"):
        loaded("mmlu_pro_health", path)
    assert made.skipped == {"not_asked_for": 1} and made.rows == 2
    middle = row | {"category": "biology", "options": ["x", "N/A", "z"], "answer": "C", "answer_index": 2}
    wrong = row | {"category": "biology", "answer": "A"}
    filler = row | {"category": "biology", "answer": "D", "answer_index": 3}
    made = loaded("mmlu_pro_biology", written("b.jsonl", [middle, wrong, filler]))
    assert [(q.options, q.gold, q.flags) for q in made.questions] == [(("x", "z"), 1, ("option_missing",))]
    assert made.skipped == {"answer_out_of_range": 1, "answers_disagree": 1}


def test_there_are_nine_benchmarks_with_their_counts():
    assert len(BENCHMARKS) == 9
    counts = [max(LOADERS[name].complete.values()) for name in BENCHMARKS]
    assert sorted(counts) == sorted([5621, 1094, 308, 4183, 1273, 2450, 1000, 717, 818])


def test_a_benchmark_is_complete_with_just_its_questions(written, monkeypatch):
    monkeypatch.setitem(LOADERS["medqa_test"].complete, "medqa", 2)
    for number, complete in ((1, False), (2, True), (3, False)):
        made = loaded(
            "medqa_test", written("a.jsonl", [medqa(question=f"Which, {i}?") for i in range(number)]), limit=1
        )
        assert (made.complete, made.expected, len(made.questions)) == (complete, 2, 1)
    assert loaded("medqa", written("a.jsonl", [medqa()])).complete is None


def test_a_table_with_a_mapping(written):
    rows = [
        {"q": "Which?", "opts": "['x', 'y']", "key": "B", "n": 1},
        {"q": "Who?", "opts": '{"A": "v", "B": "w"}', "key": "A", "n": 2},
    ]
    mapping = {"stem": "q", "options": "opts", "answer": "key", "id": "n"}
    made = load("mine", SourceConfig(kind="table", path=written("a.jsonl", rows), licence="CC0", mapping=mapping))
    assert [(q.options, q.gold, q.source, q.source_id) for q in made.questions] == [
        (("x", "y"), 1, "mine", "1"),
        (("v", "w"), 0, "mine", "2"),
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"mapping": {"stem": "q", "options": "opts", "answer": "key"}}, "must state the licence"),
        ({"licence": "CC0"}, "a table needs one"),
        (
            {"licence": "CC0", "mapping": {"stem": "qq", "options": "opts", "answer": "key"}},
            "mapping.stem: no column 'qq' .did you mean 'q'",
        ),
        (
            {"licence": "CC0", "mapping": {"stem": "q", "options": ["q", "oo"], "answer": "key"}},
            "mapping.options: no column 'oo'",
        ),
        (
            {"licence": "CC0", "mapping": {"stem": "q", "options": "opts", "answer": "key", "context": "keys"}},
            "mapping.context: no column 'keys' .did you mean 'key'",
        ),
        (
            {"licence": "CC0", "mapping": {"stem": "q", "options": "q", "answer": "key"}},
            "line 1: expected options as a list or by letter .A, B, ….*found 'Which",
        ),
    ],
)
def test_a_table_that_is_not_described(written, more, said):
    path = written("a.jsonl", [{"q": "Which?", "opts": ["x", "y"], "key": "B"}])
    with pytest.raises(BadInput, match=said):
        load("mine", SourceConfig(kind="table", path=path, **more))


def test_names_and_places(written):
    with pytest.raises(BadInput, match=r"no data set 'medqaa' .did you mean 'medqa'"):
        load("medqaa", SourceConfig())
    with pytest.raises(BadInput, match=r"--set sources\.medqa\.path=FILE"):
        load("medqa", SourceConfig())
    with pytest.raises(BadInput, match=r"no question in .* .1 no_stem."):
        loaded("medqa", written("a.jsonl", [medqa(question=" ")]))


def test_a_setting_of_another_loader_is_refused(written):
    path = written("a.jsonl", [medqa()])
    with pytest.raises(BadInput, match="medqa: cop_base is no setting of medqa; it is one of medmcqa"):
        loaded("medqa", path, cop_base=1)
    with pytest.raises(BadInput, match="category is no setting of mmlu_pro_biology"):
        loaded("mmlu_pro_biology", path, category="law")
    with pytest.raises(ValueError, match="hub_config, hub_split and hub_revision need hub"):
        SourceConfig(path=path, hub_split="test")


def test_a_set_from_the_hub_library(written, hub_folder):
    for split, answer in (("train", "B"), ("test", "D")):
        written(f"hub/{split}.jsonl", [medqa(answer_idx=answer, answer=FOUR[answer])])
    for split, gold in (("train", 1), ("test", 3)):
        assert [q.gold for q in load("medqa", SourceConfig(hub=str(hub_folder), hub_split=split)).questions] == [gold]
    with pytest.raises(BadInput, match=r"medqa: hub data set .*Unknown split"):
        load("medqa", SourceConfig(hub=str(hub_folder), hub_split="tes"))


def test_a_limit_draws_the_same_and_more(written):
    path = written("a.jsonl", [medqa(question=f"Which, {i}?") for i in range(40)])
    ten, twenty = ([q.id for q in loaded("medqa", path, limit=n).questions] for n in (10, 20))
    assert len(ten) == 10 and len(twenty) == 20 and set(ten) < set(twenty)
    assert ten == [each for each in twenty if each in set(ten)]  # the order of the file
    assert {q.id for q in loaded("medqa", path, limit=10, seed=1).questions} != set(ten)


def test_repeated_questions_are_counted_and_kept(written):
    made = loaded("medqa", written("a.jsonl", [medqa(), medqa()]))
    assert len(made.questions) == 2 and made.repeated == 1


def test_a_table_with_a_column_for_each_option_keeps_the_letters(written):
    rows = [{"q": "Which?", "a": "v", "b": "", "c": "x", "d": "y", "key": "C"}]
    mapping = {"stem": "q", "options": ["a", "b", "c", "d"], "answer": "key"}
    for name in ("a.csv", "a.tsv", "a.jsonl", "a.parquet"):
        made = load("mine", SourceConfig(kind="table", path=written(name, rows), licence="CC0", mapping=mapping))
        question = made.questions[0]
        assert (question.options, question.options[question.gold]) == (("v", "x", "y"), "x")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("B", 1),
        (" (b). ", 1),
        ("Ｂ", 1),
        ("AC", "several_answers"),
        ("A, C", "several_answers"),
        ("Option A", "answer_unreadable"),
        ("AA", "answer_unreadable"),
        ("D", "answer_out_of_range"),
        ("1", "answer_unreadable"),
        ("对", "answer_unreadable"),
        ("", "no_answer"),
        ("?", "no_answer"),
        (None, "no_answer"),
        (float("nan"), "no_answer"),
    ],
)
def test_letters(answer, expected):
    options = placed(["x", "y", "z"])
    if isinstance(expected, int):
        assert by_letter(answer, options) == expected
    else:
        with pytest.raises(Skip, match=f"^{expected}$"):
            by_letter(answer, options)


@given(st.lists(st.sampled_from(["", "x", None]), min_size=2, max_size=26), st.data())
def test_letter_and_number_name_the_same_option(values, data):
    values = [value and f"{value}{place}" for place, value in enumerate(values)]
    if sum(map(bool, values)) < 2:
        with pytest.raises(Skip, match="fewer_than_two_options"):
            placed(values)
        return
    options, index = placed(values), data.draw(st.integers(0, len(values) - 1))
    if values[index]:
        assert options.texts[by_number(index, 0, options)] == values[index]
        assert by_letter(chr(65 + index), options) == by_number(index, 0, options) == by_number(index + 1, 1, options)
    else:
        with pytest.raises(Skip, match="answer_out_of_range"):
            by_number(index, 0, options)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=20
).filter(lambda text: text not in ("nan", "NaN"))


@given(TEXTS, st.lists(TEXTS, min_size=2, max_size=26, unique=True), st.data())
def test_a_mapping_gives_back_what_was_written(stem, options, data):
    gold = data.draw(st.integers(0, len(options) - 1))
    base = data.draw(st.sampled_from([0, 1]))
    ways = {"letter": chr(65 + gold), "number": gold + base, "text": options[gold]}
    way = data.draw(st.sampled_from(sorted(ways)))
    mapping = Mapping(stem="s", options="o", answer="a", answer_is=way, base=base)
    row = Row("here", {"s": stem, "o": options, "a": ways[way]})
    made = table_question(row, SourceConfig(licence="CC0", mapping=mapping))
    assert (made.stem, list(made.options), made.gold) == (stem, options, gold)
    wrong = data.draw(st.integers(len(options) + base, 99))
    with pytest.raises(Skip, match="answer_out_of_range"):
        table_question(
            Row("here", row.values | {"a": wrong}),
            SourceConfig(licence="CC0", mapping=mapping.model_copy(update={"answer_is": "number"})),
        )
