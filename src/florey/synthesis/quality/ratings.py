"""What experts said on the forms of `rating_form`: read back, checked, and laid beside the key."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from florey.clustered import Mean, mean, share
from florey.errors import BadInput, nearest
from florey.files import read_json
from florey.records import Record
from florey.synthesis.quality.agreement import alpha
from florey.synthesis.quality.rating_form import COMMENT, CORRECT, UNSURE, Key, Scale, Source, scales


class Rating(Record):
    """What one rater said of one item; a scale left blank is not in `values`. `correct` is there in either form."""

    rater: str
    item: str
    values: dict[str, str]


class Doubted(Record):
    """An item whose answer somebody held to be wrong, or no single best one."""

    item: str
    question: str
    source: Source
    kind: str | None
    stem: str
    wrong: tuple[str, ...]  # raters
    several: tuple[str, ...]
    comments: tuple[str, ...]


class RatingReport(Record):
    """`sources` and `kinds`: by name of the source (or kind of synthetic question) and of the measure.

    Measures: mean of `plausible` and `difficulty` (1..5), shares of `one_best` yes, `correct` yes, no and unsure, and
    `taken_for_human`; 95% intervals by item. `agreement`: Krippendorff's alpha of a scale, which unlike Cohen's kappa
    takes any number of raters, ratings that are missing and, for 1..5, the order of the values; None where nothing was
    rated twice or all said the same.
    """

    form: str
    raters: tuple[str, ...]
    items: int  # with at least one rating
    sources: dict[str, dict[str, Mean]]
    kinds: dict[str, dict[str, Mean]]
    agreement: dict[str, float | None]
    doubted: tuple[Doubted, ...]


def read_key(path: Path) -> Key:
    """BadInput if it is not what `florey rate export` wrote."""
    try:
        return Key.model_validate(read_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise BadInput(f"{path}: not the key of a rating form: {where}: {first['msg']}") from None


def read_ratings(paths: Sequence[Path], key: Key) -> list[Rating]:
    """The ratings of all files, one file a rater. BadInput with file and line for whatever does not fit the form."""
    found: list[Rating] = []
    owners: dict[str, Path] = {}
    for path in paths:
        ratings = list(_read(path, key))
        for rater in sorted({rating.rater for rating in ratings}):
            if rater in owners:
                raise BadInput(f"{path}: ratings of '{rater}' were already read from {owners[rater]}")
            owners[rater] = path
        found += ratings
    return found


def report(ratings: Sequence[Rating], key: Key) -> RatingReport:
    """Means by source and kind, agreement, and the items that somebody doubted. BadInput where there is no rating."""
    if not ratings:
        raise BadInput("the files have no ratings: every scale was left blank")
    sources, kinds = defaultdict(list), defaultdict(list)
    for rating in ratings:
        item = key.items[rating.item]
        sources[item.source].append(rating)
        if item.source == "synthetic" and item.kind:
            kinds[item.kind].append(rating)
    judged = [scale for scale in scales(True) if scale.values]
    return RatingReport(
        form=key.form,
        raters=tuple(sorted({rating.rater for rating in ratings})),
        items=len({rating.item for rating in ratings}),
        sources={name: _means(sources[name]) for name in sorted(sources)},
        kinds={name: _means(kinds[name]) for name in sorted(kinds)},
        agreement={scale.name: _alpha(ratings, scale) for scale in judged},
        doubted=tuple(_doubted(ratings, key)),
    )


_MEASURES: dict[str, tuple[str, Callable[[str], float], bool]] = {  # measure: scale, value of an answer, is it a share
    "plausible": ("plausible", float, False),
    "difficulty": ("difficulty", float, False),
    "one_best": ("one_best", lambda said: said == "yes", True),
    "correct": ("correct", lambda said: said == "yes", True),
    "correct_no": ("correct", lambda said: said == "no", True),
    "correct_unsure": ("correct", lambda said: said == UNSURE, True),
    "taken_for_human": ("origin", lambda said: said == "human", True),
}


def _means(ratings: Sequence[Rating]) -> dict[str, Mean]:
    found = {}
    for measure, (scale, value, is_share) in _MEASURES.items():
        given = [rating for rating in ratings if scale in rating.values]
        if given:
            values, items = [float(value(rating.values[scale])) for rating in given], [r.item for r in given]
            found[measure] = share(values, items) if is_share else mean(values, items, 1, 5)
    return found


def _alpha(ratings: Sequence[Rating], scale: Scale) -> float | None:
    rank = {value: i for i, value in enumerate(scale.values)}
    units: defaultdict[str, list[int]] = defaultdict(list)
    for rating in ratings:
        if scale.name in rating.values:
            units[rating.item].append(rank[rating.values[scale.name]])
    return alpha([units[item] for item in sorted(units)], "ordinal" if scale.ordered else "nominal")


def _doubted(ratings: Sequence[Rating], key: Key) -> Iterator[Doubted]:
    by_item: defaultdict[str, list[Rating]] = defaultdict(list)
    for rating in sorted(ratings, key=lambda rating: rating.rater):
        by_item[rating.item].append(rating)
    for number in sorted(by_item):
        item, said = key.items[number], by_item[number]
        wrong = tuple(rating.rater for rating in said if rating.values.get("correct") == "no")
        several = tuple(rating.rater for rating in said if rating.values.get("one_best") == "no")
        comments = tuple(f"{r.rater}: {r.values['comment']}" for r in said if "comment" in r.values)
        if wrong or several:
            yield Doubted(
                item=number,
                question=item.question,
                source=item.source,
                kind=item.kind,
                stem=item.stem,
                wrong=wrong,
                several=several,
                comments=comments,
            )


def _read(path: Path, key: Key) -> Iterator[Rating]:
    seen: dict[tuple[str, str], str] = {}
    for where, form, rater, row in _csv_rows(path) if path.suffix.lower() == ".csv" else _json_rows(path):
        if form != key.form:
            raise BadInput(f"{path}, {where}: ratings of the form '{form}', but the key is that of '{key.form}'")
        rating = _rating(f"{path}, {where}", rater, row, key)
        if rating is None:
            continue
        if (rater, rating.item) in seen:
            first = seen[rater, rating.item]
            raise BadInput(f"{path}, {where}: item '{rating.item}' was already rated by '{rater}' in {first}")
        seen[rater, rating.item] = where
        yield rating


def _rating(where: str, rater: str, row: Mapping[str, Any], key: Key) -> Rating | None:
    """The rating in a row, None where all scales are blank."""
    asked = scales(key.answers_shown)
    for name in ("item", *(scale.name for scale in asked)):
        if name not in row:
            raise BadInput(f"{where}: no '{name}'{nearest(name, [str(n) for n in row])}; expected it for every item")
    number = str(row["item"]).strip()
    if number not in key.items:  # a spreadsheet takes 007 for 7
        number = number.zfill(len(next(iter(key.items))))
    if number not in key.items:
        raise BadInput(f"{where}: unknown item '{row['item']}'; expected {min(key.items)} to {max(key.items)}")
    said = {scale.name: text for scale in asked if (text := str(row[scale.name] or "").strip())}
    values = {}
    for scale in asked:
        if scale.name not in said:
            continue
        text = said[scale.name]
        if scale is not COMMENT:
            text = text.upper() if scale.name == "choice" and len(text) == 1 else text.lower()
            if text not in scale.values:
                raise BadInput(f"{where}: {scale.name} '{text}': expected {_expected(scale)} or nothing")
        values[scale.name] = text
    if choice := values.pop("choice", None):
        gold = key.items[number].gold
        values[CORRECT.name] = UNSURE if choice == UNSURE else "yes" if choice == gold else "no"
    return Rating(rater=rater, item=number, values=values) if values else None


def _expected(scale: Scale) -> str:
    return "a letter or unsure" if scale.name == "choice" else ", ".join(scale.values)


Row = tuple[str, str, str, Mapping[str, Any]]  # where, form, rater, row


def _csv_rows(path: Path) -> Iterator[Row]:
    """A table, the rater in its column `rater` or else in the file's name."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            # a spreadsheet in a country with decimal commas writes semicolons
            first = handle.readline()
            handle.seek(0)
            table = csv.DictReader(handle, delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
            names = [str(name).partition(":")[0].strip() for name in table.fieldnames or ()]
            table.fieldnames = names
            for needed in ("form", "item"):
                if needed not in names:
                    raise BadInput(f"{path}, line 1: no column '{needed}'{nearest(needed, names)}")
            for row in table:
                if any(str(cell or "").strip() for name, cell in row.items() if name is not None):
                    rater = str(row.get("rater") or "").strip() or path.stem
                    yield f"line {table.line_num}", str(row["form"]).strip(), rater, row
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: expected a table in UTF-8 ({error})") from None


def _json_rows(path: Path) -> Iterator[Row]:
    """What the page saves: {form, rater, ratings: [{item, …}]}."""
    found = read_json(path)
    if not isinstance(found, dict) or not isinstance(found.get("ratings"), list) or "form" not in found:
        raise BadInput(f"{path}: expected ratings as the form saves them: an object with form, rater and ratings")
    rater = str(found.get("rater") or "").strip() or path.stem
    for number, row in enumerate(found["ratings"], 1):
        if not isinstance(row, dict):
            raise BadInput(f"{path}, rating {number}: expected an object, got {json.dumps(row)[:60]}")
        yield f"rating {number}", str(found["form"]), rater, row
