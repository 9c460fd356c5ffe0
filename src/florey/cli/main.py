"""`florey`: every command, each imported only when it is called, so that `florey --help` is quick."""

from __future__ import annotations

import sys

import click

from florey import __version__
from florey.cli.lazy import LazyGroup
from florey.errors import FloreyError

COMMANDS = {
    "run": ("florey.cli.run", "Run a recipe from the graph to the report; skips what is done."),
    "graph": ("florey.cli.graph", "Build a knowledge graph and look into it."),
    "synthesize": ("florey.cli.synthesis", "Make questions with certificates from a graph."),
    "verify": ("florey.cli.synthesis", "Replay the certificate of every question; exit 1 if one fails."),
    "shortcuts": ("florey.cli.quality", "Look for what gives answers away without any medicine."),
    "realism": ("florey.cli.quality", "Tell synthetic stems from real ones, and say by what."),
    "rate": ("florey.cli.quality", "Blinded rating forms for experts: export, import."),
    "rewrite": ("florey.cli.rewrite", "Rewrite stems with a language model; link back, certify again."),
    "curate": ("florey.cli.curation", "Filter questions and give them their tiers."),
    "distill": ("florey.cli.teaching", "Write and check reasoning traces for questions."),
    "train": ("florey.cli.train", "Train one round with any engine, or show what would run."),
    "evaluate": ("florey.cli.evaluation", "Ask a model the items of benchmarks; store and score what it says."),
    "score": ("florey.cli.scoring", "Score stored predictions again, without asking."),
    "compare": ("florey.cli.scoring", "Compare models on the same items: intervals, tests, flips."),
    "serve-teacher": ("florey.cli.serve", "Serve a small model on this machine as OpenAI does."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="florey")
def florey() -> None:
    """From a medical knowledge graph to a trained and audited reasoning model.

    Research software: not for diagnosis or treatment.
    """


def run_cli() -> None:
    """Entry point: errors that the user can mend are one line and exit code 2."""
    try:
        code = florey.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except FloreyError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except OSError as error:  # a full disk, a folder that cannot be written
        click.echo(f"error: {error.filename or 'system'}: {error.strerror or error}", err=True)
        sys.exit(2)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        said = " ".join(error.format_message().split()).removesuffix(".")
        ctx = getattr(error, "ctx", None)  # that of wrong usage
        click.echo(f"error: {said}" + (f"; see '{ctx.command_path} --help'" if ctx else ""), err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\nstopped. Nothing half-written is left; the same command goes on from here.", err=True)
        sys.exit(130)
