"""`florey synthesize` and `florey verify`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("graph", type=click.Path(path_type=Path))
@click.option("--count", type=click.IntRange(min=1), required=True, help="Questions in all, shared by the metapaths.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="JSON Lines to write.")
@click.option("--metapath", "metapaths", multiple=True, help="One or more; default: all of them.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
def synthesize(graph: Path, count: int, out: Path, metapaths: tuple[str, ...], seed: int) -> None:
    """Make COUNT questions with certificates from the graph folder GRAPH."""
    from florey.errors import BadInput, nearest
    from florey.files import write_jsonl
    from florey.graph.store import Graph
    from florey.synthesis.config import SynthesisConfig
    from florey.synthesis.metapaths import METAPATHS
    from florey.synthesis.synthesizer import synthesize as make

    for name in metapaths:
        if name not in METAPATHS:
            raise BadInput(f"--metapath: unknown '{name}'{nearest(name, METAPATHS)}; known: {', '.join(METAPATHS)}")
    names = sorted(set(metapaths or METAPATHS))
    shares = {name: count // len(names) + (i < count % len(names)) for i, name in enumerate(names)}
    made = make(Graph.open(graph), SynthesisConfig(metapaths=shares, seed=seed))
    write_jsonl(out, made.questions)
    click.echo(f"{out}: {len(made.questions)} questions about {made.composition['answers']} answers")
    for reason, times in made.dropped.items():
        click.echo(f"  not made: {reason}: {times}")


@click.command()
@click.argument("questions", type=click.Path(path_type=Path))
@click.option("--graph", type=click.Path(path_type=Path), required=True, help="The graph they were made from.")
@click.option("--min-completeness", type=click.FloatRange(0, 1), default=0.2, show_default=True)
def verify(questions: Path, graph: Path, min_completeness: float) -> None:
    """Replay every certificate of the file QUESTIONS; exit 1 and name the questions where one fails."""
    from florey.files import read_jsonl
    from florey.records import Question
    from florey.synthesis.verification import verify as replay

    asked = list(read_jsonl(questions, Question))
    failures = replay(asked, graph, min_completeness)
    for failure in failures:
        click.echo(f"{failure.question_id}: {failure.reason}")
    if failures:
        click.echo(f"{len(failures)} of {len(asked)} certificates do not hold", err=True)
        raise click.exceptions.Exit(1)
    shares = [q.certificate.closed_world_share for q in asked if q.certificate]
    share = sum(shares) / len(shares) if shares else 0.0
    click.echo(f"{len(asked)} certificates hold; {share:.1%} of the distractors rest on the closed world alone")
