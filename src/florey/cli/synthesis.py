"""`florey synthesize` and `florey verify`."""

from __future__ import annotations

from pathlib import Path

import click

TOLD = 3.0
"""Seconds of compiling from which they are told."""


@click.command()
@click.argument("graph", type=click.Path(path_type=Path))
@click.option("--count", type=click.IntRange(min=1), required=True, help="Questions in all, shared by the metapaths.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="JSON Lines to write.")
@click.option("--metapath", "metapaths", multiple=True, help="One or more kinds of question; default: all there are.")
@click.option(
    "--metapaths", "files", multiple=True, type=click.Path(path_type=Path), help="A file of your own metapaths."
)
@click.option("--config", type=click.Path(path_type=Path), help="Further settings of the synthesis, as YAML.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="One setting, e.g. alpha=1.")
@click.option("--seed", type=click.IntRange(min=0), help="Default: that of the settings, or 0.")
@click.option("--threads", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--ray", metavar="ADDRESS", help="Of a Ray cluster: kinds of question are made on its machines.")
def synthesize(
    graph: Path,
    count: int,
    out: Path,
    metapaths: tuple[str, ...],
    files: tuple[Path, ...],
    config: Path | None,
    overrides: tuple[str, ...],
    seed: int | None,
    threads: int,
    ray: str | None,
) -> None:
    """Make COUNT questions with certificates from the graph folder GRAPH."""
    from florey.distributed import check_ray
    from florey.errors import BadInput, nearest
    from florey.files import write_jsonl
    from florey.graph.store import Graph
    from florey.pipeline.progress import Reporter
    from florey.settings import load_settings
    from florey.synthesis.config import SynthesisConfig
    from florey.synthesis.kernels.warm_up import warm_up
    from florey.synthesis.metapaths import kinds
    from florey.synthesis.synthesizer import Synthesizer, barren

    given = load_settings(config, SynthesisConfig, "synthesis", overrides)
    given = given.model_copy(
        update={
            "seed": given.seed if seed is None else seed,
            "metapath_files": (*given.metapath_files, *files),
        }
    )
    if ray:
        check_ray(ray)
    known = kinds(given.metapath_files)
    for name in metapaths:
        if name not in known:
            raise BadInput(f"--metapath: unknown '{name}'{nearest(name, known)}; known: {', '.join(known)}")
    if not metapaths and "metapaths" in given.model_fields_set:
        metapaths = tuple(given.metapaths)  # which kinds; how many is what --count says
    opened = Graph.open(graph)
    reporter = Reporter()
    if (seconds := warm_up()) > TOLD:
        reporter.say(f"compiled the sampler in {seconds:.0f} s; it is kept for the next time")
    maker = Synthesizer(opened, given, threads)
    possible = maker.available()
    if not possible:
        raise BadInput(f"{graph}: no metapath has an instance in this graph; it has too few kinds of edges")
    if missing := sorted(set(metapaths) - possible.keys()):
        raise BadInput(f"--metapath {missing[0]}: the graph has no instance of it; it has: {', '.join(possible)}")
    bars = {name: reporter.bar(name) for name in possible}
    try:
        maker.make_in_all(metapaths or possible, count, lambda name, done, total: bars[name](done, total, ""), ray)
    finally:
        reporter.close()
    made = maker.result()
    if reason := barren(made):
        raise BadInput(f"{graph}: {reason}")
    write_jsonl(out, made.questions)
    click.echo(f"{out}: {len(made.questions)} questions about {made.composition['answers']} answers")
    for reason, times in made.dropped.items():
        click.echo(f"  not made: {reason}: {times}")


@click.command()
@click.argument("questions", type=click.Path(path_type=Path))
@click.option("--graph", type=click.Path(path_type=Path), required=True, help="The graph they were made from.")
@click.option("--min-completeness", type=click.FloatRange(0, 1), default=0.2, show_default=True)
@click.option("--ray", metavar="ADDRESS", help="Of a Ray cluster whose nodes see the graph's folder.")
def verify(questions: Path, graph: Path, min_completeness: float, ray: str | None) -> None:
    """Replay every certificate of the file QUESTIONS; exit 1 and name the questions where one fails."""
    from rich.console import Console

    from florey.files import read_jsonl
    from florey.pipeline.progress import Reporter
    from florey.records import Question
    from florey.synthesis.replay.spread import verify_on_cluster
    from florey.synthesis.replay.verification import verify as replay

    asked = list(read_jsonl(questions, Question))
    reporter = Reporter(Console(stderr=True, highlight=False))
    try:
        told = reporter.bar("certificates")
        failures = (
            verify_on_cluster(asked, graph, min_completeness, told, ray)
            if ray
            else replay(asked, graph, min_completeness, told)
        )
    finally:
        reporter.close()
    for failure in failures:
        click.echo(f"{failure.question_id}: {failure.reason}")
    if failures:
        click.echo(f"{len(failures)} of {len(asked)} certificates do not hold", err=True)
        raise click.exceptions.Exit(1)
    shares = [q.certificate.closed_world_share for q in asked if q.certificate]
    share = sum(shares) / len(shares) if shares else 0.0
    click.echo(f"{len(asked)} certificates hold; {share:.1%} of the distractors rest on the closed world alone")
