"""The form hides what it must hide and escapes what it shows; its import refuses whatever does not fit."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from florey.cli.quality import rate
from florey.clustered import mean, share
from florey.errors import BadInput
from florey.files import write_json
from florey.records import LETTERS
from florey.synthesis.quality.agreement import alpha
from florey.synthesis.quality.rating_form import Form, Key, form_csv, form_html, make_form
from florey.synthesis.quality.ratings import read_key, read_ratings, report
from florey.synthesis.quality.reading import Item

EVIL = "</script><script>alert('x')</script> & \"quoted\" <b>bold</b>"


def item(number: int, source: str, kind: str | None = None) -> Item:
    return Item(
        id=f"secret-{source}-{number}",
        stem=f"What ails patient {number} of ward {source[0]}?",
        options=("Alder fever", "Birch fever", "Cedar fever"),
        gold=number % 3,
        kind=kind,
        group=str(number),
    )


SYNTHETIC = [item(i, "synthetic", f"kind{i % 2}") for i in range(8)]
REAL = [item(i, "real") for i in range(8)]


@pytest.fixture
def made() -> tuple[Form, Key]:
    return make_form(SYNTHETIC, REAL, 10, seed=3)


def test_half_are_real_and_kinds_take_turns(made: tuple[Form, Key]) -> None:
    form, key = made
    sources = [each.source for each in key.items.values()]
    assert (sources.count("real"), sources.count("synthetic")) == (5, 5)
    assert sources != sorted(sources) and sources != sorted(sources, reverse=True)
    kinds = [each.kind for each in key.items.values() if each.source == "synthetic"]
    assert {kinds.count("kind0"), kinds.count("kind1")} == {2, 3}
    assert [each.number for each in form.items] == list(key.items) == [f"{i:02}" for i in range(1, 11)]
    assert make_form(SYNTHETIC[::-1], REAL[::-1], 10, seed=3) == made
    assert make_form(SYNTHETIC, REAL, 10, seed=4)[1].items != key.items


def test_too_few_real_ones_are_filled_up_and_the_other_way_round() -> None:
    def sources(synthetic: list[Item], real: list[Item]) -> list[str]:
        return sorted(each.source for each in make_form(synthetic, real, 10)[1].items.values())

    assert sources(SYNTHETIC, REAL[:2]) == ["real"] * 2 + ["synthetic"] * 8
    assert sources(SYNTHETIC[:3], REAL) == ["real"] * 7 + ["synthetic"] * 3
    assert sources(SYNTHETIC, []) == ["synthetic"] * 8


@pytest.mark.parametrize("write", [form_html, form_csv])
def test_the_form_is_blind(write: Callable[[Form], str]) -> None:
    form, key = make_form(SYNTHETIC, REAL, 10, answers_shown=False)
    text = write(form)
    for each in key.items.values():
        assert each.question not in text and each.stem in text
    assert not any(word in text for word in ("secret", "synthetic", "kind0", "kind1", "marked answer"))
    assert key.form in text
    shown = write(make_form(SYNTHETIC, REAL, 10)[0])
    assert "marked" in shown


class Page(HTMLParser):
    """Texts, tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_is_escaped_and_needs_nothing_from_outside() -> None:
    evil = Item(id="e", stem=EVIL, options=(EVIL, "=1+1"), gold=1, group="e")
    form, _ = make_form([evil], [], 1)
    page = Page(form_html(form))
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert "b" not in {tag for tag, _ in page.tags}
    assert any(EVIL in text for text in page.texts)
    assert not [value for _, attrs in page.tags for name, value in attrs.items() if name in ("src", "href")]
    assert "http" not in form_html(form).replace("http-equiv", "")


def test_every_scale_of_every_item_can_be_reached_and_only_its_own_letters(made: tuple[Form, Key]) -> None:
    form, _ = make_form(SYNTHETIC, REAL, 10, answers_shown=False)
    boxes = [
        attrs for tag, attrs in Page(form_html(form)).tags if tag in ("input", "textarea") and "data-scale" in attrs
    ]
    choices = [attrs["value"] for attrs in boxes if attrs["data-scale"] == "choice"]
    assert choices == ["A", "B", "C", "unsure"] * 10
    assert sum(attrs["data-scale"] == "comment" for attrs in boxes) == 10
    names = {attrs["name"] for attrs in boxes if "name" in attrs}
    assert len(names) == 5 * 10  # radio buttons of one scale and item belong together, and to no other


def test_a_spreadsheet_takes_no_text_for_a_formula() -> None:
    evil = Item(id="e", stem="=HYPERLINK(1)", options=("+1", "-1", "fine"), gold=0, group="e")
    row = list(csv.reader(io.StringIO(form_csv(make_form([evil], [], 1)[0]))))[1]
    assert row[2:6] == ["'=HYPERLINK(1)", "'+1", "'-1", "fine"]


def test_items_without_options_or_answer_cannot_be_rated() -> None:
    with pytest.raises(BadInput, match="no known answer"):
        make_form([SYNTHETIC[0].model_copy(update={"gold": None})], [], 1)
    with pytest.raises(BadInput, match="no questions to rate"):
        make_form([], [], 1)


# what comes back

ANSWERS = {"plausible": "4", "one_best": "yes", "correct": "yes", "difficulty": "3", "origin": "human", "comment": ""}


def saved(tmp_path: Path, key: Key, rater: str, **changed: dict[str, str]) -> Path:
    """What the page saves: every item as in ANSWERS but for `changed` (item as _NN)."""
    rows = [{"item": number, **ANSWERS, **changed.get(f"_{number}", {})} for number in key.items]
    path = tmp_path / f"{rater}.json"
    write_json(path, {"form": key.form, "rater": rater, "ratings": rows})
    return path


def test_two_raters_are_laid_beside_the_key(made: tuple[Form, Key], tmp_path: Path) -> None:
    _, key = made
    ours = [number for number, each in key.items.items() if each.source == "synthetic"]
    doubt = {f"_{ours[0]}": {"correct": "no", "comment": "It is birch fever."}}
    machine = {f"_{number}": {"origin": "machine", "plausible": "2"} for number in ours}
    one = saved(tmp_path, key, "ann", **(machine | {f"_{ours[0]}": machine[f"_{ours[0]}"] | doubt[f"_{ours[0]}"]}))
    two = saved(tmp_path, key, "bob", **{f"_{ours[1]}": {"one_best": "no"}})
    found = report(read_ratings([one, two], key), key)
    assert (found.raters, found.items) == (("ann", "bob"), 10)
    assert found.sources["synthetic"]["plausible"].value == 3
    assert found.sources["real"]["plausible"].value == 4
    assert found.sources["synthetic"]["taken_for_human"].value == 0.5
    assert found.sources["real"]["taken_for_human"].value == 1
    assert found.sources["synthetic"]["correct_no"].value == pytest.approx(0.1)
    assert found.sources["synthetic"]["correct"].clusters == 5
    assert set(found.kinds) == {"kind0", "kind1"}
    assert [each.item for each in found.doubted] == sorted(ours[:2])
    doubted = {each.item: each for each in found.doubted}
    assert doubted[ours[0]].wrong == ("ann",) and doubted[ours[0]].comments == ("ann: It is birch fever.",)
    assert doubted[ours[1]].several == ("bob",) and doubted[ours[1]].question == key.items[ours[1]].question
    assert found.agreement["difficulty"] is None  # all said 3
    origin = found.agreement["origin"]
    assert origin is not None and origin < 0.2


def test_where_answers_are_hidden_the_choice_says_what_is_correct(tmp_path: Path) -> None:
    _, key = make_form(SYNTHETIC, [], 3, answers_shown=False)
    golds = [each.gold for each in key.items.values()]
    wrong = next(letter for letter in LETTERS[:3] if letter != golds[1])
    rows = [
        {"item": number, **ANSWERS, "choice": choice}
        for number, choice in zip(key.items, (golds[0].lower(), wrong, "unsure"), strict=True)
    ]
    write_json(tmp_path / "a.json", {"form": key.form, "rater": "", "ratings": rows})
    ratings = read_ratings([tmp_path / "a.json"], key)
    assert [rating.values["correct"] for rating in ratings] == ["yes", "no", "unsure"]
    assert {rating.rater for rating in ratings} == {"a"}


def table(tmp_path: Path, made: Form, *, delimiter: str = ",", name: str = "cat.csv", **cells: str) -> Path:
    """The CSV form, its first item filled in with `cells` (columns as in ANSWERS unless given)."""
    rows = list(csv.DictReader(io.StringIO(form_csv(made))))
    heads = {head.partition(":")[0]: head for head in rows[0]}
    for column, text in (ANSWERS | cells).items():
        rows[0][heads[column]] = text
    with (tmp_path / name).open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path / name


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_table_filled_in_by_hand(made: tuple[Form, Key], tmp_path: Path, delimiter: str) -> None:
    form, key = made
    path = table(tmp_path, form, delimiter=delimiter, item="1", origin="Machine", comment="Ünlikely; odd, really")
    (rating,) = read_ratings([path], key)  # the rest was left blank
    assert (rating.rater, rating.item) == ("cat", "01")
    assert rating.values["origin"] == "machine" and rating.values["comment"] == "Ünlikely; odd, really"


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"plausible": "6"}, r"cat\.csv, line 2: plausible '6': expected 1, 2, 3, 4, 5 or nothing"),
        ({"one_best": "maybe"}, "line 2: one_best 'maybe': expected yes, no or nothing"),
        ({"origin": "alien"}, "line 2: origin 'alien': expected human, machine"),
        ({"item": "11"}, "line 2: unknown item '11'; expected 01 to 10"),
        ({"item": "02"}, None),
        ({"form": "0" * 16}, "ratings of the form '0000000000000000', but the key is that of"),
    ],
)
def test_what_does_not_fit_the_form_is_named(
    made: tuple[Form, Key], tmp_path: Path, cells: dict[str, str], says: str | None
) -> None:
    form, key = made
    path = table(tmp_path, form, **cells)
    if says is None:
        assert read_ratings([path], key)
        return
    with pytest.raises(BadInput, match=says):
        read_ratings([path], key)


def test_a_missing_column_and_files_that_are_no_ratings(made: tuple[Form, Key], tmp_path: Path) -> None:
    form, key = made
    path = table(tmp_path, form)
    path.write_text(path.read_text(encoding="utf-8-sig").replace("one_best", "one_bset"), encoding="utf-8")
    with pytest.raises(BadInput, match=r"line 2: no 'one_best' \(did you mean 'one_bset'"):
        read_ratings([path], key)
    path.write_text("item,plausible\n1,2\n")
    with pytest.raises(BadInput, match="line 1: no column 'form'"):
        read_ratings([path], key)
    for text in ('{"form": "x"}', "[]", '{"ratings": []'):
        (tmp_path / "odd.json").write_text(text)
        with pytest.raises(BadInput, match=r"odd\.json: expected"):
            read_ratings([tmp_path / "odd.json"], key)
    write_json(tmp_path / "odd.json", {"form": key.form, "ratings": [3]})
    with pytest.raises(BadInput, match="rating 1: expected an object, got 3"):
        read_ratings([tmp_path / "odd.json"], key)
    with pytest.raises(BadInput, match="no such file"):
        read_ratings([tmp_path / "none.csv"], key)


def test_an_item_or_a_rater_twice(made: tuple[Form, Key], tmp_path: Path) -> None:
    _, key = made
    path = saved(tmp_path, key, "ann")
    found = json.loads(path.read_text())
    found["ratings"].append(found["ratings"][0])
    write_json(path, found)
    with pytest.raises(BadInput, match="rating 11: item '01' was already rated by 'ann' in rating 1"):
        read_ratings([path], key)
    one, other = saved(tmp_path, key, "ann"), tmp_path / "copy.json"
    other.write_bytes(one.read_bytes())
    with pytest.raises(BadInput, match=r"copy\.json: ratings of 'ann' were already read from .*ann\.json"):
        read_ratings([one, other], key)


def test_nothing_rated_and_a_key_that_is_none(made: tuple[Form, Key], tmp_path: Path) -> None:
    _, key = made
    blank = {f"_{number}": dict.fromkeys(ANSWERS, "") for number in key.items}
    with pytest.raises(BadInput, match="every scale was left blank"):
        report(read_ratings([saved(tmp_path, key, "ann", **blank)], key), key)
    write_json(tmp_path / "key.json", {"form": "x", "seed": 0, "answers_shown": True})
    with pytest.raises(BadInput, match=r"key\.json: not the key of a rating form: items: Field required"):
        read_key(tmp_path / "key.json")


def test_export_and_import_on_the_command_line(tmp_path: Path) -> None:
    ours = tmp_path / "ours.jsonl"
    rows = [
        {"question": each.stem, "options": list(each.options), "answer": each.options[each.gold or 0]} for each in REAL
    ]
    ours.write_text("\n".join(map(json.dumps, rows)))
    form, key = tmp_path / "form.html", tmp_path / "key.json"

    def called(*arguments: Any) -> tuple[int, str]:
        done = CliRunner().invoke(rate, [str(each) for each in arguments])
        return done.exit_code, done.output + (f"{done.exception}" if done.exception else "")

    code, said = called("export", ours, "--count", 9, "--out", form, "--key", key)
    assert code == 0 and "8 items, 0 of them real" in said and "1 fewer than asked for" in said
    assert re.search(r'data-form="([0-9a-f]+)"', form.read_text())[1] == read_key(key).form  # type: ignore[index]
    code, said = called("export", ours, "--count", 9, "--out", tmp_path / "form.pdf", "--key", key)
    assert code != 0 and "ends in .html or .csv" in said
    ratings = saved(tmp_path, read_key(key), "ann", _1={"correct": "no", "comment": "Nonsense"})
    code, said = called("import", ratings, "--key", key, "--json", tmp_path / "report.json")
    assert code == 0
    assert "8 of 8 items rated by 1 rater" in said and "wrong by ann" in said and "ann: Nonsense" in said
    assert json.loads((tmp_path / "report.json").read_text())["doubted"][0]["item"] == "1"


# agreement and intervals


def test_alpha_of_the_published_example() -> None:
    """Krippendorff 2011, example C: 4 observers, 12 units, values missing."""
    rows = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    units = [[int(row[i]) for row in rows if row[i] != "."] for i in range(12)]
    assert alpha(units, "nominal") == pytest.approx(0.743, abs=5e-4)
    assert alpha(units, "ordinal") == pytest.approx(0.815, abs=5e-4)


@given(st.lists(st.lists(st.integers(1, 5), min_size=2, max_size=4), min_size=2, max_size=8))
def test_alpha_is_at_most_one_and_one_only_where_all_agree(units: list[list[int]]) -> None:
    for level in ("nominal", "ordinal"):
        found = alpha(units, level)  # type: ignore[arg-type]
        if found is None:
            assert len({value for unit in units for value in unit}) == 1
        else:
            assert found <= 1 + 1e-12
            assert (found > 1 - 1e-9) == all(len(set(unit)) == 1 for unit in units)


def test_ratings_of_one_item_are_no_more_than_one_item() -> None:
    alone, repeated = share([1, 0, 1, 0, 1, 1], "abcdef"), share([1, 0, 1, 0, 1, 1] * 10, "abcdef" * 10)
    assert (alone.lo, alone.hi) == pytest.approx((repeated.lo, repeated.hi))
    assert share([1] * 40, "ab" * 20).lo == share([1, 1], "ab").lo
    assert mean([3.0, 5.0], "aa").lo is None


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), min_size=1, max_size=20))
def test_a_share_lies_within_its_interval(values: list[tuple[float, int]]) -> None:
    found = share([value for value, _ in values], [cluster for _, cluster in values])
    assert found.lo is not None and found.hi is not None
    assert 0 <= found.lo <= found.value + 1e-9 <= found.hi + 2e-9 <= 1 + 3e-9


def test_means_of_independent_values_have_the_usual_t_interval() -> None:
    found = mean([1.0, 2.0, 4.0, 7.0], "abcd")
    # mean 3.5, standard deviation 2.6458, t of 3 degrees of freedom 3.1824: 3.5 ± 3.1824 * 2.6458 / 2
    assert (found.value, found.lo, found.hi) == pytest.approx((3.5, -0.70999, 7.70999), abs=1e-4)
