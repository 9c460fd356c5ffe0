"""Repair never changes the value of valid JSON, and never invents one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.llm.json_repair import json_values

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
structures = values.filter(lambda value: isinstance(value, dict | list))


@given(values, st.booleans(), st.sampled_from([None, 2]))
def test_valid_json_keeps_its_value(value: Any, whole: bool, indent: int | None) -> None:
    assert list(json_values(json.dumps(value, indent=indent), whole=whole)) == [value]


@given(structures, st.sampled_from(["Here you are: ", "```json\n", '<think>maybe {"a": [1]</think>\n']))
def test_text_around_it_is_left_out(value: Any, before: str) -> None:
    assert next(json_values(f"{before}{json.dumps(value)}\n```\nI hope [this] helps.")) == value


@pytest.mark.parametrize("value", [["</think>"], {"a": "</think>", "b": [1]}, ["<think>", "</think>", [2]]])
def test_a_tag_inside_a_value_closes_no_thought(value: Any) -> None:
    assert next(json_values(f"Here you are: {json.dumps(value)} I hope [this] helps.")) == value
    assert next(json_values(f'<think>maybe {{"a": [1]</think> {json.dumps([3])}')) == [3]


@given(structures)
def test_trailing_commas_are_dropped(value: Any) -> None:
    text = json.dumps(value, indent=1)
    with_commas = "".join(
        f",{line}" if line.strip(" ,") in ("}", "]") and not before.endswith(("{", "[")) else line
        for before, line in zip(["{", *text.split("\n")], (f"{line}\n" for line in text.split("\n")), strict=False)
        for line in [line.removesuffix("\n")]
    )
    assert next(json_values(with_commas)) == value


@given(st.lists(st.integers(0, 9).map(lambda i: {"a": [i, "b]}"]}), min_size=1, max_size=3))
def test_brackets_left_open_are_closed_unless_it_was_cut(value: Any) -> None:
    text = json.dumps(value)
    for missing in (1, 2, 3):
        assert next(json_values(text[:-missing])) == value
        assert list(json_values(text[:-missing], whole=False)) == []


@given(structures, st.data())
def test_a_piece_of_json_never_yields_a_part_from_within(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value)
    cut = data.draw(st.integers(0, len(text) - 1))
    assert list(json_values(text[:cut], whole=False)) == []


@given(st.text(alphabet='{}[]",:\\ a1\n', max_size=60))
def test_anything_else_ends_without_an_error(text: str) -> None:
    for value in json_values(text):
        json.dumps(value)


@pytest.mark.parametrize("text", ["", "no JSON", '{"a": NaN}', "{'a': 1}", '{"a": "cut', "[1, 2}", "[" * 100_000])
def test_what_is_refused(text: str) -> None:
    assert list(json_values(text)) == []


def test_line_breaks_in_strings() -> None:
    assert list(json_values('{"a": "one\ntwo"}')) == [{"a": "one\ntwo"}]
