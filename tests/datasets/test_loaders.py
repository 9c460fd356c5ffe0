"""Each set in its native shape: what is loaded, what is left out and counted, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.datasets.catalog import BENCHMARKS, LOADERS, load
from florey.datasets.config import Mapping, SourceConfig
from florey.datasets.items import Skip
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


def test_medqa_that_contradicts_itself_is_refused(written):
    with pytest.raises(BadInput, match=r"raw.jsonl, line 2: answer_idx is B, but answer is 'Amberlosis'"):
        loaded("medqa", written("raw.jsonl", [medqa(), medqa(answer="Amberlosis")]))


def medmcqa(cop, **changes):
    return {"question": "Which?", "opa": "a1", "opb": "b1", "opc": "c1", "opd": "d1", "cop": cop, "exp": None} | changes


@pytest.mark.parametrize(("cops", "gold"), [((1, 4, 2), [0, 3, 1]), ((0, 3, 1), [0, 3, 1])])
def test_medmcqa_tells_what_cop_counts_from(written, cops, gold):
    assert [q.gold for q in loaded("medmcqa", written("a.jsonl", [medmcqa(cop) for cop in cops])).questions] == gold


def test_medmcqa_that_cannot_tell_asks(written):
    unclear = written("a.jsonl", [medmcqa(1), medmcqa(3)])
    with pytest.raises(BadInput, match=r"neither 0 nor 4 .* set cop_base to 0 or 1"):
        loaded("medmcqa", unclear)
    assert [q.gold for q in loaded("medmcqa", unclear, cop_base=1).questions] == [0, 2]
    with pytest.raises(BadInput, match="both 0 and 4"):
        loaded("medmcqa", written("b.jsonl", [medmcqa(0), medmcqa(4)]))


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
    ]
    made = loaded("cmexam", written("a.csv", rows))
    assert [(q.options, q.gold, q.language) for q in made.questions] == [
        (("甲", "乙", "丙"), 1, "zh"),
        (("甲", "乙 续"), 1, "zh"),
    ]
    assert made.skipped == {"empty_row": 1, "options_unreadable": 1, "several_answers": 1}
    assert made.rows == 5


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
    only = loaded("pubmedqa_test", path, test_ids=written("ids.json", {"12": "maybe"}))
    assert [q.source_id for q in only.questions] == ["12"] and only.complete is False
    with pytest.raises(BadInput, match="1 ids are not in the file, the first is 99"):
        loaded("pubmedqa_test", path, test_ids=written("wrong.json", {"99": "no"}))
    row = {"pubid": 7, "question": "Does it?", "context": {"contexts": ["We looked."], "labels": ["AIMS"]}}
    hub = loaded("pubmedqa", written("hub.jsonl", [row | {"final_decision": "no"}]))
    assert (hub.questions[0].source_id, hub.questions[0].context, hub.questions[0].gold) == ("7", "AIMS: We looked.", 1)


def test_careqa_counts_its_empty_rows(written):
    row = {"question": "Which?", "op1": "a", "op2": "b", "op3": "c", "op4": "d", "cop": 4.0, "category": "Nursing"}
    empty = dict.fromkeys(row, float("nan"))
    made = loaded("careqa", written("a.jsonl", [row | {"unique_id": "u"}, empty | {"unique_id": float("nan")}]))
    assert made.questions[0].gold == 3 and made.questions[0].specialty == "Nursing"
    assert made.skipped == {"empty_row": 1} and made.complete is False


def jmed(options, answer):
    return {"id": 5, "question": "诊断?", "options": {chr(65 + i): f"病{i}" for i in range(options)}, "answer": answer}


def test_the_two_releases_of_jmed_are_told_apart(written):
    original = written("a.jsonl", [jmed(21, ["U"])])
    assert loaded("jmed", original).questions[0].gold == 20
    other = written("b.jsonl", [jmed(5, "['A']"), jmed(21, ["B"])])
    with pytest.raises(BadInput, match=r"1 of 2 items have not 21 options.*the other release"):
        loaded("jmed", other)
    made = loaded("jmed", other, release="other")
    assert {q.source for q in made.questions} == {"jmed_other_release"} and made.questions[0].gold == 0
    with pytest.raises(BadInput, match="this is the original release"):
        loaded("jmed", original, release="other")


def test_medbullets_names_its_variant(written):
    columns = {"link": {"0": "l"}, "question": {"0": "Which?"}, "answer_idx": {"0": "D"}, "answer": {"0": "d1"}}
    columns |= {f"op{letter}": {"0": f"{letter}1"} for letter in "abcd"}
    four = loaded("medbullets", written("four.json", columns)).questions[0]
    five = loaded("medbullets", written("five.json", columns | {"ope": {"0": "e1"}})).questions[0]
    assert (four.source, len(four.options), four.gold) == ("medbullets_op4", 4, 3)
    assert (five.source, len(five.options), five.gold) == ("medbullets_op5", 5, 3)


def test_medxpertqa_loses_the_options_in_its_stem(written):
    options = {chr(65 + i): f"choice {i}" for i in range(10)}
    stem = "What now?\nAnswer Choices: (A) choice 0 (B) choice 1"
    made = loaded(
        "medxpertqa_text", written("a.jsonl", [{"id": "Text-1", "question": stem, "options": options, "label": "J"}])
    )
    assert made.questions[0].stem == "What now?" and made.questions[0].gold == 9


def test_mmlu_pro_takes_one_category_and_drops_na(written):
    row = {"question_id": 1, "question": "Which?", "options": ["x", "y", "z", "N/A"], "answer": "B", "answer_index": 1}
    path = written("a.jsonl", [row | {"category": "biology"}, row | {"category": "law"}])
    made = loaded("mmlu_pro_biology", path)
    assert len(made.questions) == 1 and made.questions[0].options == ("x", "y", "z")
    assert made.questions[0].source == "mmlu_pro_biology"
    with pytest.raises(BadInput, match="no row of category health; there are biology, law"):
        loaded("mmlu_pro_health", path)
    with pytest.raises(BadInput, match="answer is A, but answer_index is 1"):
        loaded("mmlu_pro_biology", written("b.jsonl", [row | {"category": "biology", "answer": "A"}]))


def test_there_are_nine_benchmarks_with_their_counts():
    assert len(BENCHMARKS) == 9
    assert (
        sum(LOADERS[name].complete for name in BENCHMARKS) == 5621 + 1000 + 308 + 4183 + 1273 + 2450 + 500 + 717 + 818
    )


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
            "no 'qq' .did you mean 'q'",
        ),
        (
            {"licence": "CC0", "mapping": {"stem": "q", "options": "q", "answer": "key"}},
            "q: expected a list of options",
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
    with pytest.raises(BadInput, match="--set sources.medqa.path=FILE"):
        load("medqa", SourceConfig())
    with pytest.raises(BadInput, match=r"no question in .* .1 empty_row."):
        loaded("medqa", written("a.jsonl", [medqa(question=" ")]))


def test_a_limit_draws_the_same_and_more(written):
    path = written("a.jsonl", [medqa(question=f"Which, {i}?") for i in range(40)])
    ten, twenty = ([q.id for q in loaded("medqa", path, limit=n).questions] for n in (10, 20))
    assert len(ten) == 10 and len(twenty) == 20 and set(ten) < set(twenty)
    assert ten == [each for each in twenty if each in set(ten)]  # the order of the file
    assert {q.id for q in loaded("medqa", path, limit=10, seed=1).questions} != set(ten)


def test_repeated_questions_are_counted_and_kept(written):
    made = loaded("medqa", written("a.jsonl", [medqa(), medqa()]))
    assert len(made.questions) == 2 and made.repeated == 1


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=20
)


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
