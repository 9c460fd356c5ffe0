"""Redaction on the machines of a cluster: a question is redacted by itself, so parts of them may be anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from florey.curation.privacy.allow import AllowList
from florey.curation.privacy.config import PrivacyConfig
from florey.curation.privacy.questions import PrivacyStep, Progress, redact_questions
from florey.curation.privacy.redactor import Redactor
from florey.distributed import chunks, mapped
from florey.graph.store import Graph
from florey.records import Question

PART = 500
"""Questions that are sent to a worker at a time."""


@dataclass(frozen=True)
class _Part:
    questions: tuple[Question, ...]
    config: str  # JSON
    graph: Path | None

    def __str__(self) -> str:
        return f"redaction from question {self.questions[0].id} on"


def redact_on_cluster(
    questions: Sequence[Question], config: PrivacyConfig, graph: Graph | None, ray: str, progress: Progress
) -> PrivacyStep:
    """What `redact_questions` makes of them. Every node must see the graph's folder."""
    folder = graph.folder.resolve() if graph else None
    parts = [_Part(tuple(some), config.model_dump_json(), folder) for some in chunks(questions, PART)]
    kept: list[Question] = []
    dropped: list[tuple[str, str]] = []
    noticed: Counter[str] = Counter()
    renamed: dict[str, str] = {}
    for each in mapped(_redacted, parts, ray, lambda done, _: progress(done * PART)):
        kept += each.kept
        dropped += each.dropped
        noticed.update(each.noticed)
        renamed |= each.renamed
    return PrivacyStep(kept, dropped, dict(sorted(noticed.items())), renamed)


def _redacted(part: _Part) -> PrivacyStep:
    return redact_questions(part.questions, _redactor(part.config, part.graph))


@cache
def _redactor(config: str, graph: Path | None) -> Redactor:
    """Loading takes seconds: once for each worker."""
    allow = AllowList.of_graph(Graph.open(graph)) if graph else None
    return Redactor(PrivacyConfig.model_validate_json(config), allow)
