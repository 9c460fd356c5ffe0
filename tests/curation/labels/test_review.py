"""Decisions that are kept whatever dies, by several reviewers, and what they do to the questions."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from florey.curation.labels.application import apply
from florey.curation.labels.review import Decision, Review, agreements, standing, summarise_decisions
from florey.errors import BadInput
from florey.files import write_jsonl
from florey.records import Certificate, Condition, OptionProof, Strength

from .conftest import question

START = datetime(2026, 3, 1, tzinfo=UTC)


def decided(question_id: str, action: str, by: str = "ana", minute: int = 0, **fields: Any) -> Decision:
    fields = {"reason": "as the book says", **fields}
    at = START + timedelta(minutes=minute)
    return Decision.model_validate({"question_id": question_id, "action": action, "reviewer": by, "at": at, **fields})


def test_a_later_decision_of_the_same_reviewer_counts_and_undo_takes_it_back(queue: Path) -> None:
    review = Review(queue)
    first, second, third = review.items
    review.add([decided(first, "keep"), decided(second, "drop")])
    review.add([decided(first, "fix", gold=1), decided(second, "undo"), decided(third, "keep", "bo")])
    again = Review(queue.parent)  # the folder names the queue as well
    assert {each: made.word for each, made in again.of("ana").items()} == {first: "fix to B"}
    assert list(again.of("bo")) == [third]
    assert len(again.decisions()) == 5  # nothing is ever lost
    assert again.path == queue.parent / "decisions.jsonl"


def test_decisions_on_a_stage_of_a_run_outlive_the_stage(queue: Path) -> None:
    stage = queue.parent / "run" / "curated"
    stage.mkdir(parents=True)
    (stage / "manifest.json").write_text("{}")
    review = Review(queue.rename(stage / "queue.jsonl"))
    assert review.path == queue.parent / "run" / "review" / "decisions.jsonl"
    review.add([decided(next(iter(review.items)), "keep")])
    assert len(Review(stage).of("ana")) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"action": "fix"}, "index of the right option"),
        ({"action": "keep", "gold": 1}, "index of the right option"),
        ({"action": "drop", "reason": " "}, "a reason to drop"),
        ({"action": "fix", "gold": 1, "reason": ""}, "a reason to fix"),
        ({"action": "keep", "reviewer": "  "}, "reviewer"),
        ({"action": "keep", "reviewer": "x" * 61}, "reviewer"),
        ({"action": "kepe"}, "action"),
        ({"action": "keep", "at": datetime(2026, 1, 1)}, "timezone"),
    ],
)
def test_an_incomplete_decision_is_none(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Decision.model_validate({"question_id": "q", "reviewer": "a", "reason": "r", "at": START, **fields})


def test_a_decision_must_fit_its_question_and_then_nothing_is_written(queue: Path) -> None:
    review = Review(queue)
    first = next(iter(review.items))
    for wrong, said in (
        (decided(first[:-1] + "z", "keep"), f"did you mean '{first}'"),
        (decided(first, "fix", gold=4), "from 0 to 3, got 4"),
        (decided(first, "fix", gold=-1), "from 0 to 3, got -1"),
        (decided(first, "fix", gold=0), "A is its key already"),
    ):
        with pytest.raises(BadInput, match=said):
            review.add([decided(first, "keep"), wrong])
    assert not review.path.exists()


def test_a_queue_that_is_none_is_refused(queue: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        Review(queue.with_name("other.jsonl"))
    queue.write_bytes(queue.read_bytes() * 2)
    with pytest.raises(BadInput, match=r"item 4: question q-.* is there twice"):
        Review(queue)
    queue.write_text('{"question": 1}\n')
    with pytest.raises(BadInput, match=r"queue\.jsonl, line 1"):
        Review(queue)


def test_a_line_cut_short_is_dropped_and_a_damaged_one_is_named(queue: Path) -> None:
    review = Review(queue)
    first, second, third = review.items
    review.add([decided(first, "keep"), decided(second, "keep")])
    review.path.write_bytes(review.path.read_bytes()[:-9])
    assert list(review.of("ana")) == [first]
    review.add([decided(third, "keep")])
    assert list(review.of("ana")) == [first, third]
    review.path.write_bytes(b"{}\n" + review.path.read_bytes())
    with pytest.raises(BadInput, match=r"decisions\.jsonl, line 1: not a Decision"):
        review.of("ana")


WRITER = """
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from florey.curation.labels.review import Decision, Review
review = Review(Path(sys.argv[1]))
ids = list(review.items)
for number in range(100_000):
    reason = str(number) + "x" * 3000
    said = {"question_id": ids[number % 3], "action": "drop", "reviewer": sys.argv[2], "reason": reason}
    review.add([Decision(**said, at=datetime.now(UTC))])
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_kill_9_of_two_writers(queue: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(queue)]
    writers = {by: subprocess.Popen([*command, by], stdout=subprocess.PIPE, text=True) for by in ("ana", "bo")}
    acknowledged = {}
    for by, writer in writers.items():
        assert writer.stdout
        for _ in range(15):
            acknowledged[by] = int(writer.stdout.readline())
    for by, writer in writers.items():
        writer.send_signal(signal.SIGKILL)
        assert writer.stdout
        rest = [int(line) for line in writer.stdout.read().split("\n")[:-1]]
        acknowledged[by] = max([acknowledged[by], *rest])
        writer.wait()
        writer.stdout.close()
    review = Review(queue)
    numbers: dict[str, list[int]] = {"ana": [], "bo": []}
    for each in review.decisions():
        numbers[each.reviewer].append(int(each.reason.rstrip("x")))
    for by, found in numbers.items():
        assert found == list(range(len(found))) and len(found) > acknowledged[by]
    review.add([decided(next(iter(review.items)), "keep", "cy")])
    assert len(review.of("cy")) == 1


def test_a_writer_waits_for_another_to_finish(queue: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    review = Review(queue)
    first = next(iter(review.items))
    review.add([decided(first, "keep")])
    with review.path.open("ab", buffering=0) as mine:
        fcntl.flock(mine, fcntl.LOCK_EX)
        mine.write(b'{"question_id"')  # half a line: whoever does not wait cuts it off
        writer = threading.Thread(target=review.add, args=([decided(first, "drop", "bo")],))
        writer.start()
        writer.join(0.3)  # time to go wrong in
        mine.write(review.path.read_bytes()[len('{"question_id"') :].split(b"\n")[0] + b"\n")
    writer.join()
    assert [each.reviewer for each in review.decisions()] == ["ana", "ana", "bo"]


@given(cut=st.integers(0, 400))
def test_cut_anywhere_the_whole_lines_are_read(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    from florey.curation.labels import journal

    path = tmp_path_factory.mktemp("cut") / "decisions.jsonl"
    made = [decided(f"q{i}", "keep", reason="ä\u2028é") for i in range(3)]
    journal.append(path, made)
    data = path.read_bytes()[:cut]
    path.write_bytes(data)
    whole = data.count(b"\n")
    assert list(journal.read(path, Decision)) == made[:whole]
    journal.append(path, made[2:])
    assert list(journal.read(path, Decision)) == [*made[:whole], made[2]]


def test_decisions_made_elsewhere_are_read_once_and_do_not_undo_later_ones(queue: Path, tmp_path: Path) -> None:
    review = Review(queue)
    first, second, third = review.items
    review.add([decided(first, "keep", minute=5)])
    file = tmp_path / "saved.jsonl"
    write_jsonl(
        file, [decided(first, "drop", minute=1), decided(second, "fix", gold=2, minute=2), decided(third, "keep", "bo")]
    )
    assert review.take_in(file) == (2, 1)
    assert review.take_in(file) == (0, 3)
    assert {each: made.word for each, made in review.of("ana").items()} == {first: "keep", second: "fix to C"}
    write_jsonl(file, [decided(first, "undo", minute=9), decided("q-none", "keep")])
    with pytest.raises(BadInput, match=r"saved\.jsonl, line 2: no question 'q-none'"):
        review.take_in(file)
    assert len(review.of("ana")) == 2


def test_agreement_of_two_over_what_both_decided() -> None:
    given_ = [decided("q1", "keep"), decided("q2", "drop"), decided("q3", "fix", gold=1), decided("q4", "keep")]
    theirs = [decided("q1", "keep", "bo"), decided("q2", "drop", "bo"), decided("q3", "fix", "bo", gold=2)]
    (found,) = agreements(standing([*given_, *theirs]))
    assert (found.reviewers, found.items, found.agreed) == (("ana", "bo"), 3, 2 / 3)
    assert found.kappa == pytest.approx((2 / 3 - 2 / 9) / (1 - 2 / 9))
    assert agreements(standing([*given_, decided("q9", "keep", "cy")])) == []
    summary = summarise_decisions(["q1", "q2", "q3", "q5"], [*given_, *theirs])
    assert (summary["items"], summary["open"], summary["disputed"]) == (4, 1, 1)
    assert summary["decided"] == {"keep": 1, "fix": 0, "drop": 1}
    assert summary["reviewers"] == {"ana": 3, "bo": 3}


def test_keep_fix_drop_dispute_and_leave() -> None:
    asked = [question(f"Number {i}?", flags=("label_doubted", "refers_to_picture")) for i in range(5)]
    keep, fix, drop, dispute, leave = (each.id for each in asked)
    made = [decided(keep, "keep"), decided(fix, "fix", gold=2), decided(drop, "drop"), decided(dispute, "keep")]
    step = apply(asked, [*made, decided(fix, "fix", "bo", gold=2), decided(dispute, "drop", "bo")])
    assert [each.flags[0] for each in step.kept] == [
        "label_confirmed",
        "label_fixed",
        "label_disputed",
        "label_doubted",
    ]
    assert all("refers_to_picture" in each.flags for each in step.kept)
    assert step.dropped == [(drop, "label_wrong")]
    mended = step.kept[1]
    assert (mended.gold, mended.options, mended.stem) == (2, asked[1].options, asked[1].stem)
    assert mended.id == mended.identified().id != fix
    assert [each.id for each in step.kept] == [keep, mended.id, dispute, leave]
    assert step.noticed == {"label_confirmed": 1, "label_disputed": 1, "label_doubted": 1, "label_fixed": 1}
    again = apply(step.kept, made)
    assert again.kept[1] == mended and again.dropped == []  # once is enough


def test_an_undone_decision_is_not_carried_out() -> None:
    asked = question(flags=("label_doubted",))
    assert apply([asked], [decided(asked.id, "drop"), decided(asked.id, "undo")]).kept == [asked]


def test_a_fixed_key_takes_the_graphs_proof_of_the_old_one_along() -> None:
    proofs = tuple(
        OptionProof(option=f"D:{i}", satisfies=i == 0, bindings=(), strength=Strength.ASSERTED) for i in range(4)
    )
    certificate = Certificate(graph="g", proofs=proofs, strength=Strength.ASSERTED, closed_world_share=0)
    condition = Condition(subject="?", relation="has_finding", object="F:1")
    asked = question(
        option_ids=("D:0", "D:1", "D:2", "D:3"),
        conditions=(condition,),
        certificate=certificate,
        metapath="m",
        group="g1",
    )
    (made,) = apply([asked], [decided(asked.id, "fix", gold=3)]).kept
    assert (made.certificate, made.conditions, made.option_ids, made.metapath) == (None, (), (), None)
    assert (made.answer_id, made.group) == ("the eastern one", "g1")
    assert apply([asked], [decided(asked.id, "keep")]).kept[0].certificate == certificate


def test_a_question_fixed_to_what_another_asks_is_dropped() -> None:
    asked = [question(gold=0), question(gold=1)]
    step = apply(asked, [decided(asked[0].id, "fix", gold=1)])
    assert (step.kept, step.dropped) == ([asked[1]], [(asked[0].id, "label_fixed_to_a_duplicate")])


def test_a_decision_that_cannot_be_carried_out_is_named() -> None:
    asked = question()
    with pytest.raises(BadInput, match=f"question {asked.id}: a decision fixes its key to option 7"):
        apply([asked], [decided(asked.id, "fix", gold=7)])
