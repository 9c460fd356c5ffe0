"""Scores and comparisons as tables: Markdown to read, LaTeX (booktabs) for a paper, CSV for everything else."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from florey.evaluation.benchmarks import BenchmarkScore, EvaluationScore, Subgroup
from florey.evaluation.comparison import Compared, Difference, Flip
from florey.evaluation.published import BENCHMARKS, COLUMNS, Published, average
from florey.records import Verdict

PUBLISHED = "as published, no interval"


@dataclass(frozen=True)
class Table:
    """A heading and rows of cells, all text."""

    title: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def percent(value: float | None, lo: float | None = None, hi: float | None = None) -> str:
    """In percent with one decimal, and its interval.

    >>> percent(0.5, 0.401, 0.599)
    '50.0 [40.1, 59.9]'
    """
    if value is None:
        return ""
    shown = f"{100 * value:.1f}"
    return shown if lo is None or hi is None else f"{shown} [{100 * lo:.1f}, {100 * hi:.1f}]"


def score_table(score: EvaluationScore) -> Table:
    """One row a benchmark, the verdicts beside the accuracy."""
    rows = [
        (
            _named(each),
            f"{each.items:,}",
            _samples(each.samples),
            percent(each.accuracy, each.lo, each.hi),
            *(f"{each.verdicts[verdict]:,}" for verdict in Verdict),
            f"{each.failures:,}",
            percent(each.chance),
            percent(each.always),
        )
        for each in score.benchmarks
    ]
    macro = score.macro
    rows.append(
        (
            f"macro over {len(macro.over)}",
            f"{sum(each.items for each in score.benchmarks):,}",
            "",
            percent(macro.accuracy, macro.lo, macro.hi),
            *(f"{sum(each.verdicts[verdict] for each in score.benchmarks):,}" for verdict in Verdict),
            f"{sum(each.failures for each in score.benchmarks):,}",
            percent(macro.chance),
            "",
        )
    )
    heading = (
        "benchmark",
        "items",
        "samples",
        "accuracy",
        *(v.value for v in Verdict),
        "no answer",
        "chance",
        "always",
    )
    cut = "counted as not right" if score.policy == "wrong" else "the answer counts that it was made to give"
    note = (
        "Accuracy in percent over all items and samples, 95% interval by clustered bootstrap. Truncated thoughts: "
        f"{cut}. 'no answer': requests that failed, among the truncated. 'always': the letter that is most often right."
    )
    return Table(score.model, heading, tuple(rows), note)


def _named(each: BenchmarkScore) -> str:
    """The user's name, the variant where that says more, and whether these are all of its items."""
    variant = "" if each.name == each.source.benchmark else f" ({each.source.benchmark})"
    return f"{each.name}{variant}" + (", part" if each.source.complete is False else "")


def samples_table(score: EvaluationScore) -> Table | None:
    """avg@k, maj@k and pass@k, where there are several samples."""
    many = [each for each in score.benchmarks if each.passes]
    if not many:
        return None
    ks = sorted({k for each in many for k in each.passes})
    rows = tuple(
        (
            each.name,
            _samples(each.samples),
            percent(each.accuracy, each.lo, each.hi),
            percent(each.majority.accuracy, each.majority.lo, each.majority.hi) if each.majority else "",
            *(percent(each.passes[k].accuracy) if k in each.passes else "" for k in ks),
        )
        for each in many
    )
    return Table("Several samples", ("benchmark", "samples", "avg@k", "maj@k", *(f"pass@{k}" for k in ks)), rows)


def subgroup_table(score: EvaluationScore) -> Table:
    rows = tuple(
        (
            each.name,
            group.axis,
            group.value,
            f"{group.items:,}",
            percent(group.accuracy, group.lo, group.hi) or "too few",
        )
        for each in score.benchmarks
        for group in each.subgroups
    )
    return Table("Subgroups", ("benchmark", "axis", "group", "items", "accuracy"), rows)


def _subgroup(group: Subgroup) -> tuple[str, ...]:
    accuracy = percent(group.accuracy, group.lo, group.hi) or "too few"
    return group.axis, group.value, f"{group.items:,}", accuracy


def _samples(samples: tuple[int, int]) -> str:
    fewest, most = samples
    return str(most) if fewest == most else f"{fewest}-{most}"


def difference_table(compared: Compared) -> Table:
    rows = tuple(
        (
            f"{each.before} -> {each.after}",
            each.benchmark,
            f"{each.items:,}",
            percent(each.accuracy_before),
            percent(each.accuracy_after),
            _signed(each),
            f"+{each.gained} -{each.lost}",
            _p(each.p),
            _p(each.p_holm),
        )
        for each in compared.differences
    )
    heading = ("models", "benchmark", "items", "before", "after", "difference", "flips", "p", "p (Holm)")
    note = (
        "Points of accuracy, 95% interval by paired bootstrap over clusters of items. p: exact McNemar for a "
        "benchmark, by majority where there are several samples; drawn signs for the macro average. Holm over all "
        "benchmarks of all pairs, and over the macro averages."
    )
    return Table("Comparison", heading, rows, note)


def _signed(each: Difference) -> str:
    return f"{100 * each.difference:+.1f} [{100 * each.lo:+.1f}, {100 * each.hi:+.1f}]"


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def reference_table(
    accuracies: Mapping[str, Mapping[str, float]], sources: Mapping[str, str], reference: Sequence[Published]
) -> Table:
    """Models beside the paper's rows, in the paper's columns.

    `accuracies`: model -> benchmark -> accuracy; `sources`: benchmark -> source of its questions. The average stands
    only where all nine are there. Of two variants of one column it is the first in `BENCHMARKS`; the note says which.
    """
    columns = COLUMNS[:-1]
    by_source = {source: name for name, source in sources.items()}
    shown = {BENCHMARKS[source]: source for source in reversed(BENCHMARKS) if source in by_source}
    rows: list[tuple[str, ...]] = []
    for model, found in accuracies.items():
        by_column = {column: found[by_source[source]] for column, source in shown.items() if by_source[source] in found}
        whole = len(by_column) == len(columns)
        mean = percent(average(list(by_column.values()))) if whole else ""
        rows.append((model, *(percent(by_column.get(column)) for column in columns), mean, "this run"))
    for row in reference:
        rows.append((row.model, *row.printed, PUBLISHED))
    note = f"Of this run: {', '.join(shown[column] for column in columns if column in shown)}." if shown else ""
    return Table("Beside the paper", ("model", *COLUMNS, ""), tuple(rows), note)


def flip_table(compared: Compared, most: int = 50) -> Table:
    rows = tuple(
        (
            each.benchmark,
            each.question_id,
            "gained" if each.gained else "lost",
            each.before,
            each.after,
            each.gold,
            each.stem,
        )
        for each in compared.flips[:most]
    )
    note = f"The first {most} of {len(compared.flips)}." if len(compared.flips) > most else ""
    return Table("Items that flipped", ("benchmark", "item", "", "before", "after", "right", "question"), rows, note)


def _turn(flip: Flip) -> str:
    return "gained" if flip.gained else "lost"


def markdown(table: Table) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    lines = [f"**{table.title}**", "", line(table.heading), line(["---"] * len(table.heading)), *map(line, table.rows)]
    return "\n".join([*lines, "", table.note] if table.note else lines) + "\n"


_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    **{mark: "\\" + mark for mark in "&%$#_{}"},
}


def latex(table: Table) -> str:
    """A tabular for the package booktabs; every special character is escaped."""

    def line(cells: Sequence[str]) -> str:
        made = " & ".join("".join(_SPECIAL.get(mark, mark) for mark in cell) for cell in cells) + r" \\"
        return f"{{}}{made}" if made[0] in "[*" else made  # what follows \\ would be taken for its argument

    columns = "l" + "r" * (len(table.heading) - 1)
    head = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", line(table.heading), r"\midrule"]
    foot = [r"\bottomrule", r"\end{tabular}"]
    note = [f"% {table.note}"] if table.note else []
    return "\n".join([*note, *head, *map(line, table.rows), *foot]) + "\n"


def comma_separated(table: Table) -> str:
    out = io.StringIO()
    writer = csv.writer(out)  # lines end as RFC 4180 has it: then a cell with a line end is quoted
    writer.writerow(table.heading)
    writer.writerows(table.rows)
    return out.getvalue()


FORMATS: dict[str, Callable[[Table], str]] = {"markdown": markdown, "latex": latex, "csv": comma_separated}
