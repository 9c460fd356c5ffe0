"""What goes beyond the scores, as tables: from the JSON that scoring leaves, so that reports need not read verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from florey.evaluation.tables import Table, percent


def details_tables(details: Mapping[str, Mapping[str, Any]]) -> list[Table]:
    """Of `details.json`, what there is: orders, calibration, harm, scripts of others, free answers."""
    made: list[Table] = []

    def add(title: str, heading: tuple[str, ...], rows: list[tuple[str, ...]], note: str = "") -> None:
        if rows:
            made.append(Table(title, heading, tuple(rows), note))

    def of(mean: Mapping[str, Any] | None) -> str:
        return percent(mean["value"], mean["lo"], mean["hi"]) if mean else ""

    found = {key: {name: each[key] for name, each in details.items() if each[key]} for key in _DETAILS}
    add(
        "Orders of the options",
        ("benchmark", "orders", "same option", "same in all", "spread of recall", "attraction", "places: chosen/right"),
        [
            (
                name,
                str(each["orders"]),
                of(each["same"]),
                of(each["all_same"]),
                percent(each["spread"]),
                percent(each["attraction"], each["attraction_lo"], each["attraction_hi"]),
                " ".join(f"{p['letter']} {100 * p['chosen']:.0f}/{100 * p['expected']:.0f}" for p in each["places"]),
            )
            for name, each in found["orders"].items()
            if any(place["chosen"] for place in each["places"])
        ],
        "Same option: of two orders of one item. Attraction: share of answers that stand where a fair model would not "
        "put them. Spread: standard deviation of accuracy over the places of the right answer.",
    )
    add(
        "Calibration",
        ("benchmark", "by", "answers", "confidence", "accuracy", "ECE", "Brier", "at 80% coverage", "AURC"),
        [
            (
                name,
                each["by"],
                f"{each['n']:,}",
                percent(each["confidence"]),
                of(each["accuracy"]),
                percent(each["ece"], each["ece_lo"], each["ece_hi"]),
                f"{each['brier']['value']:.3f}",
                _at_coverage(each["selective"]),
                percent(each["aurc"], each["aurc_lo"], each["aurc_hi"]),
            )
            for name, each in found["calibration"].items()
        ],
        "Only answers that name an option and whose confidence is known. AURC: mean error over all coverages, surest "
        "first, in percent; lower is better.",
    )
    add(
        "Harmful choices",
        ("benchmark", "items with one", "chosen", "a guess"),
        [
            (name, f"{each['items']:,}", of(each["chosen"]), percent(each["chance"]))
            for name, each in found["harm"].items()
        ],
        "Options that the graph marks as contraindicated or denied; only items where it knows one.",
    )
    add(
        "As the scripts of others score",
        ("benchmark", "script", "theirs", "of", "strict", "difference", "right for them, ours is", "left out"),
        [
            (
                name,
                each["script"],
                percent(each["theirs"]),
                f"{each['denominator']:,}",
                percent(each["ours"]),
                f"{100 * each['difference']:+.1f}",
                ", ".join(f"{verdict} {count}" for verdict, count in each["gained"].items()),
                str(each["left_out"]),
            )
            for name, scripts in found["compat"].items()
            for each in scripts
        ],
    )
    add(
        "Answers in the model's own words",
        ("benchmark", *_OUTCOMES),
        [(name, *(str(each.get(outcome, 0)) for outcome in _OUTCOMES)) for name, each in found["outcomes"].items()],
        "Judged by the certificate: gold and also_right are right.",
    )
    return made


_DETAILS = ("orders", "calibration", "harm", "compat", "outcomes")
_OUTCOMES = ("gold", "also_right", "broader", "narrower", "wrong", "several", "not_linked", "none", "truncated")


def _at_coverage(selective: Sequence[Mapping[str, Any]]) -> str:
    """Accuracy where four fifths of the items are answered, or as many as are; see `calibration.COVERAGES`."""
    found = next((each for each in selective if each["coverage"] >= 0.795), selective[-1] if selective else None)
    return percent(found["accuracy"], found["lo"], found["hi"]) if found else ""


def contamination_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    cells = tuple(
        (
            str(row["benchmark"]),
            f"{row['items']:,}",
            f"{row['items_hit']:,}",
            percent(row["items_hit"] / max(row["items"], 1)),
        )
        for row in rows
    )
    heading = ("benchmark", "items", "met in training", "%")
    return Table("Contamination: items that the training questions meet", heading, cells)


def agreement_table(found: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = tuple(
        (
            name,
            f"{each['n']:,}",
            percent(each["same"], each["lo"], each["hi"]),
            "" if each["kappa"] is None else f"{each['kappa']:.2f}",
            ", ".join(f"{pair} {count}" for pair, count in each["confusion"].items()),
        )
        for name, each in found.items()
    )
    heading = ("benchmark", "graded by both", "same grade", "kappa", "people -> judge")
    return Table("The judge beside people", heading, rows)
