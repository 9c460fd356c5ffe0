"""summary.json: the report's figures for machines. Equal runs give equal bytes."""

from __future__ import annotations

from typing import Any

from florey.reporting.data import ReportData

DIGITS = 6


def _rounded(value: Any) -> Any:
    """Floats to `DIGITS` places, so that the last bit of a sum does not make two summaries differ."""
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def summary(data: ReportData) -> dict[str, Any]:
    """What summary.json holds: no time, no path, no version, nothing of the machine."""
    stages = {
        stage.name: {
            **stage.score.model_dump(mode="json"),
            "parsed_rate": stage.score.parsed_rate,
            "accuracy_given_parsed": stage.score.accuracy_given_parsed,
        }
        for stage in data.stages
    }
    found: dict[str, Any] = _rounded(
        {
            "recipe": data.run.recipe,
            "policy": data.run.policy,
            "seed": data.run.seed,
            "stages": stages,
            "comparisons": [each.model_dump(mode="json") for each in data.comparisons],
            "benchmarks": data.benchmarks.model_dump(mode="json") if data.benchmarks else None,
            "reasoning": [each.model_dump(mode="json") for each in data.reasoning],
            "counts": {"graph": data.graph.model_dump(mode="json"), "examples": len(data.examples)},
            "questions": data.questions.model_dump(mode="json"),
            "curation": data.curation.model_dump(mode="json"),
            "traces": {
                "strategies": [row.model_dump(mode="json") for row in data.traces],
                "dropped": data.traces_dropped,
                "teachers": data.teachers,
                "teaching": data.teaching.model_dump(mode="json") if data.teaching else None,
            },
            "groups": [row.model_dump(mode="json") for row in data.groups],
            "rounds": [each.model_dump(mode="json") for each in data.rounds],
            "plateau": data.plateau.model_dump(mode="json", exclude={"trail"}) if data.plateau else None,
        }
    )
    return found
