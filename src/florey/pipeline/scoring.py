"""Everything that can be said of a stored evaluation, written beside its predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from florey.curation.contamination.config import ContaminationConfig
from florey.curation.contamination.find import find
from florey.curation.contamination.hits import BenchmarkRow
from florey.evaluation.benchmarks import EvaluationScore, score_evaluation
from florey.evaluation.stored import Evaluation, open_evaluation
from florey.evaluation.tables import Table, percent
from florey.evaluation.verdicts import Policy
from florey.files import read_jsonl, write_json
from florey.graph.linking.linker import Linker
from florey.graph.store import Graph
from florey.records import Question

SCORE, CONTAMINATION = "score.json", "contamination.json"
Bar = Callable[[str], Callable[[int, int, str], None]]


@dataclass
class Findings:
    """What was found, and which files say it."""

    score: EvaluationScore
    contamination: tuple[BenchmarkRow, ...] = ()
    written: list[Path] = field(default_factory=list)

    def tables(self) -> list[Table]:
        """Of all that is beside the scores themselves."""
        made = []
        if self.contamination:
            rows = tuple(
                (row.benchmark, f"{row.items:,}", f"{row.items_hit:,}", percent(row.items_hit / max(row.items, 1)))
                for row in self.contamination
            )
            heading = ("benchmark", "items", "met in training", "%")
            made.append(Table("Contamination of the training questions", heading, rows))
        return made


def score_folder(
    folder: Path,
    policy: Policy = "wrong",
    *,
    graph: Path | None = None,
    trained: Sequence[Path] = (),
    compat: Sequence[str] = (),
    seed: int = 0,
    bar: Bar,
) -> Findings:
    """Scores what `florey evaluate` stored, and writes score.json. Asks nothing.

    `graph`: for what only a graph can tell; `trained`: files of questions that the model was trained on.
    """
    evaluation = open_evaluation(folder)
    progress, done = bar("scoring"), 0

    def count(name: str) -> None:
        nonlocal done
        progress(done, len(evaluation.sets), name)
        done += 1

    opened = Graph.open(graph) if graph else None
    found = Findings(score_evaluation(evaluation, policy, seed=seed, progress=count))
    progress(len(evaluation.sets), len(evaluation.sets), "")
    write_json(folder / SCORE, found.score.model_dump(mode="json"))
    found.written.append(folder / SCORE)
    if trained:
        found.contamination = contamination(evaluation, trained, opened, bar)
        write_json(folder / CONTAMINATION, [row.model_dump(mode="json") for row in found.contamination])
        found.written.append(folder / CONTAMINATION)
    return found


def contamination(
    evaluation: Evaluation, trained: Sequence[Path], graph: Graph | None, bar: Bar
) -> tuple[BenchmarkRow, ...]:
    """How many items of each benchmark the training questions meet, by the detectors of curation."""
    questions = [question for path in trained for question in read_jsonl(path, Question)]
    update = bar("contamination")
    met = find(
        questions,
        {name: answered.questions() for name, answered in evaluation.sets.items()},
        ContaminationConfig(action="flag"),
        Linker.of_graph(graph) if graph else None,
        lambda done, total: update(done, total, ""),
        graph=graph,
    )
    return tuple(met.rows)
