"""Where things stand in the picture of a neighbourhood: the entity in the middle, its neighbours listed on both sides.

Rows of text under headings stay readable for fifty neighbours where a ring of labels does not. Pure geometry: the
template draws what this returns. All lengths are in units of the drawing.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import NamedTuple

WIDTH = 1120
ROW, HEADING, GAP = 21, 26, 12
MIDDLE, BOX = WIDTH / 2, 230  # centre of the box in the middle, and its width
LINE = 20  # height of a line of text in the box
MARK = 218  # from the middle to the marks of the neighbours, on either side
ARROW = 11  # from a mark to the end of its line
LETTERS = 21, 44  # of a line in the box, and of a row's label with its note

FAMILIES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    # class of the mark: what the legend says, outline of the mark around (0, 0), node types
    "disease": ("disease", "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z", ("disease", "injury")),
    "finding": ("finding", "M-4.5,-4.5h9v9h-9z", ("finding",)),
    "gene": ("gene", "M0,-6l6,6l-6,6l-6,-6z", ("gene",)),
    "treatment": ("treatment", "M0,-5.5l6,10.5h-12z", ("drug", "drug_class", "procedure")),
    "term": (
        "qualifier",
        "M-5,-1.5h10v3h-10z",
        ("inheritance", "onset", "course", "modifier", "frequency", "term"),
    ),
    "body": (
        "anatomy or function",
        "M-6,0l3,-5.2h6l3,5.2l-3,5.2h-6z",
        ("anatomy", "biological_process", "molecular_function", "cellular_component", "pathway"),
    ),
    "other": ("cause or concept", "M-2,-5.5h4v3.5h3.5v4h-3.5v3.5h-4v-3.5h-3.5v-4h3.5z", ()),
}
_FAMILY = {kind: family for family, (_, _, kinds) in FAMILIES.items() for kind in kinds}


class Row(NamedTuple):
    """A neighbour."""

    id: str
    type: str
    label: str
    note: str  # stands behind the label
    hover: str


class Rows(NamedTuple):
    heading: str
    outgoing: bool
    positive: bool
    rows: tuple[Row, ...]


class Heading(NamedTuple):
    text: str
    right: bool
    y: float
    positive: bool


class Mark(NamedTuple):
    row: Row
    label: str  # shortened to fit
    family: str
    right: bool
    x: float
    y: float
    path: str  # of the line to the middle, from subject to object
    positive: bool


class More(NamedTuple):
    """Neighbours of a group that are not drawn."""

    text: str
    right: bool
    y: float


class Picture(NamedTuple):
    name: tuple[str, ...]  # lines of the entity's name
    height: float
    middle: float
    box: float  # height of the box in the middle
    headings: tuple[Heading, ...]
    marks: tuple[Mark, ...]
    more: tuple[More, ...]
    families: tuple[tuple[str, str, str], ...]  # (class, text, outline) of those that occur
    denied: bool  # whether any line is one of denial
    drawn: int
    all: int


class _Item(NamedTuple):
    """One line of a column: a row, the heading of its group, or how many rows are left out."""

    group: Rows
    row: Row | None = None
    left_out: int = 0

    @property
    def is_heading(self) -> bool:
        return self.row is None and not self.left_out

    @property
    def height(self) -> int:
        return HEADING + GAP if self.is_heading else ROW


def draw(name: str, groups: Sequence[Rows], limit: int) -> Picture:
    """The picture of at most `limit` neighbours; groups take turns, so that each shows its first ones."""
    lines = tuple(textwrap.wrap(name, LETTERS[0])[:5]) or ("",)
    box = LINE * len(lines) + 28
    columns = _columns(_items(groups, limit))
    height = max(box, *(sum(item.height for item in column) for column in columns)) + 2 * GAP
    middle = height / 2
    headings: list[Heading] = []
    marks: list[Mark] = []
    more: list[More] = []
    for right, column in zip((False, True), columns, strict=True):
        y = (height - sum(item.height for item in column) - GAP) / 2
        for at, item in enumerate(column):
            y += item.height
            if item.is_heading:
                continued = item.group in [before.group for before in columns[0]] and right and at == 0
                headings.append(Heading(_heading(item.group, right, continued), right, y - 9, item.group.positive))
            elif item.row:
                marks.append(_mark(item.row, item.group, right, y - ROW / 2, middle))
            else:
                more.append(More(f"and {item.left_out:,} more in the table below", right, y - ROW / 2))
    present = {mark.family for mark in marks}
    return Picture(
        name=lines,
        height=height,
        middle=middle,
        box=box,
        headings=tuple(headings),
        marks=tuple(marks),
        more=tuple(more),
        families=tuple((f, text, outline) for f, (text, outline, _) in FAMILIES.items() if f in present),
        denied=any(not mark.positive for mark in marks),
        drawn=len(marks),
        all=sum(len(group.rows) for group in groups),
    )


def _items(groups: Sequence[Rows], limit: int) -> list[_Item]:
    items = []
    for group, share in zip(groups, _shares([len(group.rows) for group in groups], limit), strict=True):
        items += [_Item(group), *(_Item(group, row) for row in group.rows[:share])]
        if share < len(group.rows):
            items.append(_Item(group, left_out=len(group.rows) - share))
    return items


def _shares(sizes: Sequence[int], limit: int) -> list[int]:
    """How many of each group are drawn when they take turns until `limit` are."""
    turns: Iterator[int | None] = chain.from_iterable(zip_longest(*([i] * size for i, size in enumerate(sizes))))
    drawn = Counter([i for i in turns if i is not None][:limit])
    return [drawn[i] for i in range(len(sizes))]


def _columns(items: Sequence[_Item]) -> tuple[list[_Item], list[_Item]]:
    """The items cut into a left and a right column, as even as can be; a group that is cut has its heading twice."""

    def cut(at: int) -> tuple[list[_Item], list[_Item]]:
        rest = list(items[at:])
        return list(items[:at]), rest if not rest or rest[0].is_heading else [_Item(rest[0].group), *rest]

    # a heading stays with what follows it, and the count of what is left out with what goes before it
    kept = [at for at, item in enumerate(items) if item.left_out or (at and items[at - 1].is_heading)]
    places = sorted(set(range(len(items) + 1)) - set(kept))
    return min(map(cut, places), key=lambda columns: max(sum(item.height for item in column) for column in columns))


def _heading(group: Rows, right: bool, continued: bool) -> str:
    arrow = "→" if group.outgoing is right else "←"
    text = f"{group.heading}, continued" if continued else f"{group.heading} ({len(group.rows):,})"
    return f"{arrow} {text}" if right else f"{text} {arrow}"


def _mark(row: Row, group: Rows, right: bool, y: float, middle: float) -> Mark:
    side = 1 if right else -1
    near, far = MIDDLE + side * BOX / 2, MIDDLE + side * (MARK - ARROW)
    room = LETTERS[1] - (len(row.note) + 2 if row.note else 0)
    label = row.label if len(row.label) <= room else row.label[: room - 1].rstrip() + "…"
    ends, bend = [f"{near:g},{middle:g}", f"{far:g},{y:g}"], (near + far) / 2
    controls = [f"{bend:g},{middle:g}", f"{bend:g},{y:g}"]
    if not group.outgoing:
        ends, controls = ends[::-1], controls[::-1]
    path = f"M{ends[0]}C{controls[0]} {controls[1]} {ends[1]}"
    x = MIDDLE + side * MARK
    return Mark(row, label, _FAMILY.get(row.type, "other"), right, x, y, path, group.positive)
