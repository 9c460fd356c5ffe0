"""A blinded form on which experts rate questions: which come from a graph and which from people stands in its key only.

The form is one HTML page that works without a network, or a table for spreadsheets. Items are numbered in a drawn
order; their ids, kinds and sources are in the key, which belongs to whoever evaluates the ratings and not to a rater.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

from florey.errors import BadInput
from florey.files import digest
from florey.records import LETTERS, Record
from florey.synthesis.quality.reading import Item

Source = Literal["synthetic", "real"]


@dataclass(frozen=True, slots=True)
class Scale:
    """One thing asked of every item; `values` with their labels, none for free text. `ordered`: they are ranks."""

    name: str
    text: str
    values: dict[str, str]
    ordered: bool = False


YES_NO = {"yes": "yes", "no": "no"}
PLAUSIBLE = Scale(
    "plausible",
    "Clinically plausible",
    {"1": "1 impossible", "2": "2", "3": "3", "4": "4", "5": "5 entirely"},
    ordered=True,
)
ONE_BEST = Scale("one_best", "Exactly one option is the best answer", YES_NO)
CORRECT = Scale("correct", "The marked answer is correct", YES_NO | {"unsure": "unsure"})
DIFFICULTY = Scale(
    "difficulty",
    "Difficulty for a specialist",
    {"1": "1 trivial", "2": "2", "3": "3", "4": "4", "5": "5 very hard"},
    ordered=True,
)
ORIGIN = Scale("origin", "Written by", {"human": "a human", "machine": "a machine"})
COMMENT = Scale("comment", "Comment", {})
UNSURE = "unsure"
CHOICE = Scale("choice", "The best answer is", {letter: letter for letter in LETTERS} | {UNSURE: UNSURE})
"""Takes the place of `correct` where the answers are hidden."""


class KeyItem(Record):
    """What the form does not say about an item."""

    question: str
    source: Source
    kind: str | None
    gold: str  # a letter
    stem: str


class Key(Record):
    """`form`: the hash that the form and every file of ratings carry."""

    form: str
    seed: int
    answers_shown: bool
    items: dict[str, KeyItem]


class FormItem(Record):
    """What a rater sees. `marked` is None where the answers are hidden."""

    number: str
    stem: str
    options: tuple[str, ...]
    marked: str | None


class Form(Record):
    form: str
    items: tuple[FormItem, ...]
    answers_shown: bool

    @property
    def scales(self) -> tuple[Scale, ...]:
        return scales(self.answers_shown)


def scales(answers_shown: bool) -> tuple[Scale, ...]:
    return PLAUSIBLE, ONE_BEST, CORRECT if answers_shown else CHOICE, DIFFICULTY, ORIGIN, COMMENT


def make_form(
    synthetic: Sequence[Item], real: Sequence[Item], count: int, seed: int = 0, answers_shown: bool = True
) -> tuple[Form, Key]:
    """At most `count` items, half of them real where there are any, kinds in turn; in an order drawn by the seed.

    BadInput where an item has no options or its answer is not known, or there is nothing to rate.
    """
    for item in (*synthetic, *real):
        if len(item.options) < 2 or item.gold is None:
            raise BadInput(f"cannot ask for ratings of '{item.stem[:60]}': it has no options or no known answer")
    wanted = min(count // 2, len(real))
    wanted = max(wanted, min(count - len(synthetic), len(real)))
    chosen: list[tuple[Source, Item]] = [("real", item) for item in _drawn(real, wanted, seed)]
    chosen += [("synthetic", item) for item in _drawn(synthetic, count - wanted, seed)]
    if not chosen:
        raise BadInput("no questions to rate")
    chosen.sort(key=lambda pair: digest([seed, "order", pair[1].stem, pair[1].options]))
    width = len(str(len(chosen)))
    shown, key = [], {}
    for place, (source, item) in enumerate(chosen, 1):
        assert item.gold is not None
        number, gold = f"{place:0{width}}", LETTERS[item.gold]
        shown.append(
            FormItem(number=number, stem=item.stem, options=item.options, marked=gold if answers_shown else None)
        )
        key[number] = KeyItem(question=item.id, source=source, kind=item.kind, gold=gold, stem=item.stem)
    form = digest([[item.model_dump(mode="json") for item in shown], answers_shown, seed])
    return (
        Form(form=form, items=tuple(shown), answers_shown=answers_shown),
        Key(form=form, seed=seed, answers_shown=answers_shown, items=key),
    )


def _drawn(items: Sequence[Item], count: int, seed: int) -> list[Item]:
    """`count` different items, the kinds taking turns."""
    kinds: defaultdict[str, list[Item]] = defaultdict(list)
    distinct = {(item.stem, item.options): item for item in items}
    for item in sorted(distinct.values(), key=lambda item: digest([seed, item.stem, item.options])):
        kinds[item.kind or ""].append(item)
    turns = zip_longest(*(kinds[kind] for kind in sorted(kinds)))
    return [item for turn in turns for item in turn if item is not None][:count]


def form_html(form: Form) -> str:
    """The form as one page without any outside resource; everything that comes from a question is escaped."""
    environment = Environment(
        loader=PackageLoader("florey.synthesis.quality"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("form.html.j2").render(form=form, letters=LETTERS)


def form_csv(form: Form) -> str:
    """The form as a table: one row an item, the columns of the scales empty, their values in the headings.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    widest = max(len(item.options) for item in form.items)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["form", "item", "stem", *LETTERS[:widest], "marked", *map(_heading, form.scales)])
    for item in form.items:
        options = [*item.options, *[""] * (widest - len(item.options))]
        texts = map(_no_formula, (item.stem, *options))
        table.writerow([form.form, item.number, *texts, item.marked or "", *[""] * len(form.scales)])
    return out.getvalue()


def _heading(scale: Scale) -> str:
    """ "one_best: yes/no"; what is read back is what stands before the colon."""
    values = "A/B/…/unsure" if scale is CHOICE else "/".join(scale.values)
    return f"{scale.name}: {values}" if values else scale.name


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
