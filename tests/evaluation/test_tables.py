"""Tables in three forms: what is escaped, and that every form says the same."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from florey.evaluation.published import MAIN
from florey.evaluation.tables import Table, comma_separated, latex, markdown, percent, reference_table

NINE = {
    "careqa": "careqa",
    "jmed": "jmed",
    "mb": "medbullets_op4",
    "medmcqa": "medmcqa",
    "medqa": "medqa",
    "mx": "medxpertqa_text",
    "pubmedqa": "pubmedqa",
    "bio": "mmlu_pro_biology",
    "health": "mmlu_pro_health",
}


def test_beside_the_paper_the_average_needs_all_nine() -> None:
    seven = dict(zip(NINE, (0.7728, 0.5960, 0.5705, 0.6416, 0.7510, 0.1914, 0.7860, 0.7476, 0.6467), strict=True))
    table = reference_table({"ours": seven, "part": {"medqa": 0.5}}, NINE, MAIN)
    ours, part, fleming, *others = table.rows
    assert ours[1:-1] == ("77.3", "59.6", "57.0", "64.2", "75.1", "19.1", "78.6", "74.8", "64.7", "63.4")
    assert part[5] == "50.0" and part[-2] == "" and part.count("") == 9
    assert fleming[0] == "Fleming-R1-7B" and fleming[-2:] == ("63.37", "as published, no interval")
    assert fleming[3] == "57.05"  # as it stands there, and not rounded to 57.0 beside the ablation's 57.1
    assert all(row[1:-2] == ("",) * 9 for row in others[1:])


def test_of_two_variants_of_a_column_one_is_shown_and_named() -> None:
    sources = {"a": "medbullets_op5", "b": "medbullets_op4", "c": "medqa"}
    for order in (sources, dict(reversed(sources.items()))):
        table = reference_table({"ours": {"a": 0.1, "b": 0.2, "c": 0.3}}, order, ())
        assert table.rows[0][3] == "20.0" and table.note == "Of this run: medbullets_op4, medqa."


def test_percent() -> None:
    assert (percent(None), percent(0.123), percent(0, 0, 0.0456)) == ("", "12.3", "0.0 [0.0, 4.6]")


@given(st.lists(st.text(max_size=20), min_size=2, max_size=2))
def test_csv_gives_back_every_cell(cells: list[str]) -> None:
    table = Table("t", ("a", "b"), (tuple(cells),))
    heading, row = csv.reader(io.StringIO(comma_separated(table), newline=""))
    assert (heading, row) == (["a", "b"], cells)


def test_markdown_and_latex_escape() -> None:
    table = Table("t", ("model", "p"), (("a|b_c & 5%", "<0.001"),), "A note.")
    assert "| a\\|b_c & 5% | <0.001 |" in markdown(table) and markdown(table).endswith("A note.\n")
    assert r"a|b\_c \& 5\% & \textless{}0.001 \\" in latex(table)
    starred = Table(title="T", heading=("model", "p"), rows=(("*ours", "1"), ("[8B]", "2")), note="")
    assert "{}*ours & 1" in latex(starred) and "{}[8B] & 2" in latex(starred)
    assert latex(table).startswith("% A note.\n\\begin{tabular}{lr}\n\\toprule\nmodel & p \\\\\n\\midrule\n")
