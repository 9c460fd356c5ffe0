"""What the report says of the benchmarks: scores of every checkpoint, and the tables beside them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from florey.evaluation.benchmarks import EvaluationScore
from florey.evaluation.comparison import Compared
from florey.evaluation.details_tables import contamination_table, details_tables
from florey.evaluation.published import ABLATION, BENCHMARKS
from florey.evaluation.tables import (
    Table,
    difference_table,
    flip_table,
    percent,
    reference_table,
    samples_table,
    score_table,
    subgroup_table,
)
from florey.records import Record
from florey.reporting.labels import STAGE_LABELS

FLIPS = 20


class StageBenchmarks(Record):
    """One checkpoint on all benchmarks. `details`: orders and calibration by benchmark, as JSON has them."""

    stage: str
    score: EvaluationScore
    details: dict[str, dict[str, Any]] = Field(default_factory=dict)


class Benchmarks(Record):
    """All checkpoints, in the order of training, and each against the one before it."""

    stages: tuple[StageBenchmarks, ...]
    compared: Compared | None = None
    contamination: tuple[dict[str, Any], ...] = ()  # of the training questions, by benchmark, as JSON has it

    @property
    def names(self) -> tuple[str, ...]:
        return self.stages[-1].score.macro.over

    def overview(self) -> Table:
        """Accuracy of every checkpoint on every benchmark."""
        rows = tuple(
            (
                STAGE_LABELS.get(each.stage, each.stage),
                *(percent(b.accuracy, b.lo, b.hi) for b in each.score.benchmarks),
                percent(each.score.macro.accuracy, each.score.macro.lo, each.score.macro.hi),
            )
            for each in self.stages
        )
        note = (
            "Accuracy in percent over all items, 95% interval by bootstrap over items; the macro average is unweighted."
        )
        return Table("Accuracy by checkpoint", ("checkpoint", *self.names, "macro"), rows, note)

    def tables(self) -> list[Table]:
        """Everything else, most wanted first."""
        last = self.stages[-1]
        label = STAGE_LABELS.get(last.stage, last.stage)
        verdicts = score_table(last.score)
        made = [Table(f"Verdicts of the last checkpoint ({label})", verdicts.heading, verdicts.rows, verdicts.note)]
        if samples := samples_table(last.score):
            made.append(samples)
        if self.compared:
            made += [difference_table(self.compared), flip_table(self.compared, FLIPS)]
        accuracies = {
            STAGE_LABELS.get(each.stage, each.stage): {b.name: b.accuracy for b in each.score.benchmarks}
            for each in self.stages
        }
        sources = {b.name: b.source.benchmark for b in last.score.benchmarks}
        if not BENCHMARKS.keys().isdisjoint(sources.values()):
            made.append(reference_table(accuracies, sources, ABLATION))
        made += details_tables(last.details)
        if self.contamination:
            made.append(contamination_table(self.contamination))
        made.append(subgroup_table(last.score))
        return [table for table in made if table.rows]
