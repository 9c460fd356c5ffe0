"""`florey curate`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("questions", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Where the kept questions go (JSON Lines).")
@click.option("--near-threshold", type=click.FloatRange(0, 1, min_open=True), help="Jaccard similarity; default 0.8.")
def curate(questions: Path, out: Path, near_threshold: float | None) -> None:
    """Keep well-formed, single questions of QUESTIONS and give them their tier."""
    from florey.curation.curate import CurationConfig
    from florey.curation.curate import curate as run
    from florey.files import read_jsonl, write_jsonl
    from florey.records import Question

    config = CurationConfig() if near_threshold is None else CurationConfig(near_threshold=near_threshold)
    curated = run(read_jsonl(questions, Question), config)
    write_jsonl(out, curated.kept)
    click.echo(f"kept {len(curated.kept)}, dropped {len(curated.dropped_items)}: {out}")
    for reason, count in curated.dropped.items():
        click.echo(f"  dropped {count:>6}  {reason}")
    for split, tiers in curated.tiers.items():
        click.echo(f"  {split}: " + ", ".join(f"{count} {tier}" for tier, count in tiers.items()))
