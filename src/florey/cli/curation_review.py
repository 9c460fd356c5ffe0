"""florey curate review: keep, fix or drop the questions whose key a strong model doubts."""

from __future__ import annotations

import json
import os
import select
import sys
import threading
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from florey.curation.labels.page import ItemView
    from florey.curation.labels.review import Action, Decision, Review
    from florey.records import Question

FILE = click.Path(path_type=Path)
_KEYS: dict[str, Action] = {"k": "keep", "f": "fix", "d": "drop"}
_HELP = "[k]eep  [f]ix  [d]rop  [t]rials in full  [b]ack  [q]uit"
_EXCERPT = 300  # characters of each trial's reasoning, unless all is asked for


@click.command()
@click.argument("queue", type=FILE)
@click.option("--by", default="reviewer", show_default=True, help="Whose decisions these are.")
@click.option("--decisions", type=FILE, help="Default: beside QUEUE, or in the run's folder review.")
@click.option("--serve", is_flag=True, help="Review in a browser of this machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="With --serve; default: any free one.")
@click.option("--page", type=FILE, help="Write a page for a reviewer elsewhere, who saves decisions to a file.")
@click.option("--import", "saved", type=FILE, help="Read the decisions that such a page saved.")
@click.option("--list", "as_list", is_flag=True, help="Only list the questions, and what was decided by whom.")
@click.option("--json", "as_json", is_flag=True, help="The summary machine-readable.")
def review(
    queue: Path,
    by: str,
    decisions: Path | None,
    serve: bool,
    port: int,
    page: Path | None,
    saved: Path | None,
    as_list: bool,
    as_json: bool,
) -> None:
    """Decide on the questions of QUEUE whose key a strong model doubts: in this terminal, or in a browser.

    QUEUE is the queue.jsonl of a label verification, or its folder. Every decision is kept at once: quit at any time,
    and the same command goes on. With --by, a second reviewer decides on the same questions without seeing the first
    one's decisions, and the summary adds their agreement. Research software: not for diagnosis or treatment.
    """
    from florey.curation.labels.page import render
    from florey.curation.labels.review import Review, checked_name
    from florey.files import write_text

    if sum((serve, page is not None, saved is not None, as_list)) > 1:
        raise click.UsageError("--serve, --page, --import and --list exclude each other")
    opened, name = Review(queue, decisions), checked_name(by)
    if page is not None:
        write_text(page, render(opened))
        click.echo(f"{page}: {len(opened.items)} questions; read what it saves with --import")
        return
    if saved is not None:
        added, left = opened.take_in(saved)
        click.echo(f"{added} decisions added, {left} older than what is here left out", err=True)
    elif as_list:
        _list(opened)
    elif serve:
        _serve(opened, name, port)
    elif not as_json:
        _judge(opened, name)
    _summary(opened, as_json)


def _serve(opened: Review, by: str, port: int) -> None:
    from florey.curation.labels.server import serving

    with serving(opened, by, port) as url:
        click.echo(f"review by {by}: {url}")
        click.echo("(this machine only, and only at this whole address; Ctrl-C stops)")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("\nstopped; every decision that the page showed as saved is kept")


def _judge(opened: Review, by: str) -> None:
    """Ask about each question that the reviewer has not decided; back takes the last decision of this sitting back."""
    from florey.curation.labels.page import item_view
    from florey.curation.labels.review import Decision, now

    done = opened.of(by)
    left = [item for each, item in opened.items.items() if each not in done]
    click.echo(f"{len(opened.items)} questions in the queue, {len(done)} of them already decided by {by}")
    at, full = 0, False
    while at < len(left):
        view = item_view(left[at])
        _show(view, f"{len(done) + at + 1} of {len(opened.items)}", full)
        full = False
        key = _choice(first=at == 0)
        if key == "q":
            click.echo("stopped; the same command goes on from here")
            return
        if key == "t":
            full = True
        elif key == "b":
            at -= 1
            taken = Decision(question_id=left[at].question.id, action="undo", reviewer=by, at=now())
            opened.add([taken])
        elif decision := _decision(view, _KEYS[key], by):
            opened.add([decision])
            at += 1


def _choice(*, first: bool) -> str:
    """One of k f d t b q. The terminal waits for lines again when a reason is to be typed."""
    from florey.cli.keyboard import keyboard

    while True:
        click.echo(f"{_HELP} > ", nl=False)
        with keyboard() as pressed:
            key = pressed()
        click.echo(_KEYS.get(key, ""))
        if key == "b" and first:
            click.echo("nothing to take back in this sitting")
        elif key in (*_KEYS, "t", "b", "q"):
            return key
        else:
            click.echo(f"expected one of: {_HELP}")


def _decision(view: ItemView, action: Action, by: str) -> Decision | None:
    """The decision with its reason; None where none was given that is needed, or the option is not one."""
    from florey.curation.labels.review import Decision, now

    question = view.item.question
    gold = _right_option(question, view.item.suggestion) if action == "fix" else None
    if action == "fix" and gold is None:
        return None
    reason = _line("reason" + (" (may stay empty)" if action == "keep" else ""))
    if action != "keep" and not reason:
        click.echo(f"nothing is decided: give a reason to {action} it")
        return None
    return Decision(question_id=question.id, action=action, gold=gold, reviewer=by, reason=reason, at=now())


def _right_option(question: Question, suggestion: int | None) -> int | None:
    from florey.records import LETTERS

    letters = LETTERS[: len(question.options)]
    offered = "" if suggestion is None else f", empty for {letters[suggestion]}"
    said = _line(f"the right option, {letters[0]} to {letters[-1]}{offered}").upper()
    if not said and suggestion is not None:
        return suggestion
    if len(said) != 1 or said not in letters:
        click.echo(f"nothing is decided: expected a letter from {letters[0]} to {letters[-1]}")
        return None
    if letters.index(said) == question.gold:
        click.echo(f"nothing is decided: {said} is the key already; keep it instead")
        return None
    return letters.index(said)


def _line(asked: str) -> str:
    """What is typed, or the next line where there is no terminal. click.Abort at the end of the input."""
    click.echo(f"{asked}: ", nl=False)
    if sys.stdin.isatty() and os.name == "posix":
        select.select([sys.stdin], [], [])  # which Ctrl-C ends; a read that has just begun may go on
    line = sys.stdin.readline()
    if not line:
        raise click.Abort
    return line.strip()


def _show(view: ItemView, place: str, full: bool) -> None:
    from rich.panel import Panel
    from rich.text import Text

    from florey.cli.tables import console

    question, body = view.item.question, Text()
    if question.context:
        body.append(_plain(question.context) + "\n\n", style="dim")
    body.append(_plain(question.stem) + "\n", style="bold")
    for option in view.options:
        body.append(f"\n  {option.letter}. {_plain(option.text)}", style="bold" if option.is_key else "")
        body.append("  key" if option.is_key else "", style="green")
        body.append(f"  {option.chosen} of {len(view.trials)} trials" if option.chosen else "", style="red")
    body.append("\n\n" + "\n".join((view.why, *view.notes)))
    for trial in view.trials:
        shown = (
            "" if not trial.reordered else f"; A to {view.options[-1].letter} were shown as {' '.join(trial.places)}"
        )
        chose = f", chose {trial.choice}" if trial.choice else ""
        body.append(f"\n\nTrial {trial.number}: {trial.verdict}{chose}{shown}", style="underline")
        text = _plain(trial.text)
        body.append("\n" + (text if full or len(text) <= _EXCERPT else f"{text[:_EXCERPT]} …"))
    if view.certificate:
        body.append(f"\n\nCertificate of the graph; weakest basis: {view.certificate.weakest}", style="underline")
        for row in view.certificate.rows:
            body.append(
                f"\n  {row.letter} {'fits' if row.satisfies else 'does not fit'}: {_plain('; '.join(row.cells))}"
            )
    for each in view.statements:
        body.append(
            f"\n  {_plain(each.text)} ({_plain(each.source)})" + (f" “{_plain(each.quote)}”" if each.quote else "")
        )
    title = Text(_plain(f"{place}: {question.source}, {question.id}"))
    console().print(Panel(body, title=title, title_align="left"))


def _plain(text: str) -> str:
    """Without the control characters that could move the cursor or hide text in a terminal."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf") else "\ufffd" for c in text)


def _list(opened: Review) -> None:
    from florey.cli.tables import print_table
    from florey.curation.labels.review import standing
    from florey.records import LETTERS

    found = standing(opened.decisions())
    rows: dict[str, dict[str, Any]] = {}
    for each, item in opened.items.items():
        suggestion = "" if item.suggestion is None else LETTERS[item.suggestion]
        words = ", ".join(f"{by}: {decision.word}" for by, decision in found.get(each, {}).items())
        stem = _plain(" ".join(item.question.stem.split()))[:80]
        rows[each] = {"stem": stem, "key": item.question.letter, "model": suggestion, "decided": words}
    print_table("Questions whose key is doubted", "question", rows)


def _summary(opened: Review, as_json: bool) -> None:
    from florey.curation.labels.review import summarise_decisions

    found = summarise_decisions(opened.items, opened.decisions())
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    decided = ", ".join(f"{action} {count}" for action, count in found["decided"].items())
    click.echo(f"{found['items']} questions: {decided}, disputed {found['disputed']}, open {found['open']}")
    for each in found["agreement"]:
        one, other = each["reviewers"]
        kappa = "undefined (one decision only)" if each["kappa"] is None else f"{each['kappa']:.2f}"
        said = f"same decision on {each['agreed']:.1%} of {each['items']} questions, Cohen's kappa {kappa}"
        click.echo(f"{one} and {other}: {said}")
