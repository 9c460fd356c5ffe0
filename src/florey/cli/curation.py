"""florey curate: filter questions, look at what was doubted."""

from __future__ import annotations

import click

from florey.cli.lazy import LazyGroup

COMMANDS = {
    "filter": ("florey.cli.curation_filter", "Send questions through the stages of curation (the default)."),
    "review": ("florey.cli.curation_review", "Keep, fix or drop questions whose key a model doubts."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, default="filter")
def curate() -> None:
    """Filter questions, give them their tiers, review what a model doubts: florey curate QUESTIONS --out FILE."""
