"""report.html and summary.json from one `ReportData`."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment

from florey.evaluation import published
from florey.files import write_json, write_text
from florey.records import TIERS, Verdict
from florey.reporting import numbers, views
from florey.reporting.data import ReportData
from florey.reporting.labels import STAGE_LABELS
from florey.reporting.page import environment
from florey.reporting.summary import summary


def _environment() -> Environment:
    made = environment()
    made.filters |= {
        name: getattr(numbers, name)
        for name in (
            "percent",
            "interval",
            "points",
            "points_interval",
            "p_value",
            "count",
            "phase_label",
            "plain",
            "words",
        )
    }
    made.filters |= {
        "certificate_rows": views.certificate_rows,
        "comparison_sentence": views.comparison_sentence,
        "rarity_sentence": views.rarity_sentence,
        "reference": views.reference,
    }
    made.globals |= {
        "TIERS": TIERS,
        "VERDICTS": [verdict.value for verdict in Verdict],
        "STAGE_LABELS": STAGE_LABELS,
        "STRENGTHS": views.STRENGTHS,
        "WEIGHTS": views.WEIGHTS,
        "PAPER": published,
        "condition_heading": views.condition_heading,
        "mixture": views.mixture,
        "share_interval": numbers.share_interval,
    }
    return made


def render(data: ReportData) -> str:
    """The whole page. The same data give the same text."""
    from florey.reporting import figures  # matplotlib is slow to import

    drawn = {
        "staircase": figures.staircase(data),
        "learning": figures.learning(data.curve) if any(point.n for point in data.curve) else None,
        "plateau": figures.plateau(data.plateau) if data.plateau and data.plateau.trail else None,
        "rounds": figures.rounds(data.rounds) if data.rounds else None,
        "benchmarks": figures.benchmarks(data.benchmarks) if data.benchmarks else None,
        "funnel": figures.funnel(data.curation.funnel) if data.curation.funnel else None,
    }
    template = _environment().get_template("report.html.j2")
    return template.render(
        data=data,
        benchmarks=data.benchmarks,
        figures=drawn,
        pooled=figures.pooled(data.curve),
        phases=[phase for phase, _, _ in figures.phases(data.curve)],
        breakdown=views.breakdown(data),
    )


def write_report(data: ReportData, html_path: Path, json_path: Path) -> None:
    """Write the page and the summary; each appears whole or not at all. Links to manifests are relative to the page."""
    page = render(data)
    write_json(json_path, summary(data))
    write_text(html_path, page)
