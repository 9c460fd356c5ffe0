"""`florey graph discover` as a user meets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from florey.cli.graph_discover import discover
from florey.errors import BadInput
from florey.files import read_json
from florey.pipeline.progress import Reporter

SEED = ("--seed", "Wobble fever")


def called(*arguments: object) -> str:
    result = CliRunner().invoke(discover, [str(each) for each in arguments], standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.output


def test_it_says_what_it_read_and_what_to_do_next(dump: Path, tmp_path: Path) -> None:
    said = called(dump, "--out", tmp_path / "out", *SEED)
    assert "no language model: relations come from infoboxes, links and lexical patterns alone" in said
    assert "stopped: nothing left to read" in said and "pages: read 12" in said
    assert f"{{kind: wikipedia, path: {tmp_path / 'out'}}}" in said
    assert read_json(tmp_path / "out/summary.json")["pages"] == {"read": 12}


def test_a_bar_stands_before_the_first_pages_are_read(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int, str]] = []
    monkeypatch.setattr(
        Reporter, "bar", lambda self, what: lambda *said: seen.append(said) if what == "pages" else None
    )
    called(dump, "--out", tmp_path / "out", *SEED, "--pages", 12)
    assert seen[0] == (0, 12, "the first pages") and seen[-1][0] == 12


def test_all_means_all_pages_of_the_dump(dump: Path, tmp_path: Path) -> None:
    assert "pages: read 12" in called(dump, "--out", tmp_path / "out", "--all")


def test_the_plan_reads_and_writes_no_journal(dump: Path, tmp_path: Path) -> None:
    said = called(dump, "--out", tmp_path / "out", *SEED, "--plan", "--llm-model", "m", "--llm-price-in", "5")
    assert "12 of 12 sampled pages are medical" in said and "language model: about" in said
    assert not (tmp_path / "out/journal.jsonl").exists() and not (tmp_path / "out/llm.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.xml", *SEED), "none.xml: no such file"),
        (("DUMP",), "nothing to start from"),
        (("live", *SEED), "--contact"),
        (("live", "--all", "--contact", "a@b.org"), "not read as a whole"),
        (("DUMP", *SEED, "--graph", "nowhere"), "nowhere: not a graph"),
        (("DUMP", *SEED, "--llm-url", "http://127.0.0.1:1/v1"), "--llm-model: expected the name of the model"),
    ],
)
def test_bad_input_is_named(dump: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        called(*(dump if each == "DUMP" else each for each in arguments), "--out", tmp_path / "out")


def test_a_damaged_dump_is_read_as_far_as_it_goes_and_says_so(dump: Path, tmp_path: Path) -> None:
    whole = dump.read_text(encoding="utf-8")
    dump.write_text(whole[: whole.index("<title>Cerebellum")], encoding="utf-8")
    said = called(dump, "--out", tmp_path / "out", *SEED)
    assert "warning" in said and "cut off" in said and "not read" in said and "pages: read 11" in said
    with pytest.raises(BadInput, match="cut off"):
        called(dump, "--out", tmp_path / "strict", *SEED, "--strict")


def test_titles_that_lead_nowhere_are_a_warning(dump: Path, tmp_path: Path) -> None:
    assert "no page was read" in called(dump, "--out", tmp_path / "out", "--seed", "Nobody")
