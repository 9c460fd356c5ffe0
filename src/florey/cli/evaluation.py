"""`florey evaluate`: ask a model the items of benchmarks, store what it says, score it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from florey.inference.models import ModelConfig
    from florey.pipeline.benchmarking import BenchmarkingConfig

FILE = click.Path(path_type=Path)
_BACKENDS = ("transformers", "vllm", "server")
_PREDICT = {
    "max_tokens": "max_tokens",
    "samples": "samples",
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "force_after": "forced_tokens",
}
"""Option -> key of `PredictConfig`."""


@click.command()
@click.argument("model", required=False)
@click.option("--benchmark", "benchmarks", metavar="NAME=FILE", multiple=True, help="May be repeated; see --list.")
@click.option("--out", type=FILE, help="Folder for predictions and scores; the same command goes on from there.")
@click.option("--url", metavar="URL", help="MODEL is one of this OpenAI-compatible server.")
@click.option(
    "--backend", type=click.Choice(_BACKENDS), help="For a MODEL of this machine [transformers; server for a .gguf]."
)
@click.option("--prompt", default="florey", show_default=True, help="Words it is asked in; see --list. Or: official.")
@click.option("--max-tokens", default=2048, show_default=True, type=click.IntRange(1), help="Of one completion, all.")
@click.option("--samples", default=1, show_default=True, type=click.IntRange(1), help="Completions in each order.")
@click.option("--temperature", default=0.0, show_default=True, type=click.FloatRange(0))
@click.option("--top-p", default=1.0, show_default=True, type=click.FloatRange(0, 1, min_open=True))
@click.option("--shuffle", metavar="N", type=click.IntRange(2), help="Ask in N orders of the options.")
@click.option("--cyclic", is_flag=True, help="Ask with every option at every place once.")
@click.option("--force-after", metavar="TOKENS", type=click.IntRange(1), help="Then ask those cut off for an answer.")
@click.option("--probabilities", is_flag=True, help="Ask for the probabilities of the options as well.")
@click.option("--limit", type=click.IntRange(1), help="So many items of each benchmark, drawn by the seed.")
@click.option("--seed", default=0, show_default=True)
@click.option("--settings", type=FILE, help="YAML with `model` and `evaluation`, for what has no option.")
@click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help="One setting of that file.")
@click.option("--graph", type=FILE, help="A graph's folder: rare diseases as a subgroup, harmful choices.")
@click.option("--trained-on", "trained", type=FILE, multiple=True, help="Questions it was trained on: contamination.")
@click.option("--key-env", default="OPENAI_API_KEY", show_default=True, help="Variable that holds the server's key.")
@click.option("--concurrency", default=16, show_default=True, type=click.IntRange(1))
@click.option("--ray", metavar="ADDRESS", help="Of a Ray cluster: a benchmark is asked and scored on one machine.")
@click.option("--plan", "plan_only", is_flag=True, help="Items, requests and tokens; asks nothing.")
@click.option("--list", "listing", is_flag=True, help="The benchmarks, their files and traps; the prompts.")
@click.option("--check", "checked", metavar="NAME=FILE", multiple=True, help="Look whether a file is that benchmark.")
@click.option("--json", "as_json", is_flag=True, help="With --check or --list: as JSON.")
def evaluate(
    model: str | None,
    out: Path | None,
    listing: bool,
    checked: tuple[str, ...],
    as_json: bool,
    plan_only: bool,
    graph: Path | None,
    trained: tuple[Path, ...],
    ray: str | None,
    **options: Any,
) -> None:
    """Ask MODEL every item of the benchmarks, store what it says, and score it.

    MODEL is a folder or hub id, a .gguf file, "packaged" (the small model of a package), or with --url a server's. What
    it said lies in OUT; `florey score OUT` scores it again without asking.
    """
    from florey.distributed import check_ray
    from florey.errors import BadInput

    if listing:
        show_listing(as_json)
        return
    if checked:
        raise SystemExit(check_files(checked, as_json))
    given, config = _settings(model, options)
    if plan_only:
        show_plan(given, config, out)
        return
    if ray:
        check_ray(ray)
    if out is None:
        raise BadInput("--out: expected a folder for what the model says")
    from florey.cli.scoring import score_and_show
    from florey.pipeline.benchmarking import evaluate_model
    from florey.pipeline.progress import Reporter

    reporter = Reporter()

    def bar(what: str) -> Any:
        update = reporter.bar(what)
        return lambda done, total: update(done, total, "")

    try:
        evaluate_model(given, config, out, bar, reporter.say, ray=ray)
    finally:
        reporter.close()
    score_and_show(out, graph=graph, trained=trained, seed=config.predict.seed, ray=ray)


def _settings(model: str | None, options: dict[str, Any]) -> tuple[ModelConfig, BenchmarkingConfig]:
    """From the options, and a file where there is one; options win."""
    from pydantic import BaseModel, ConfigDict, ValidationError

    from florey.errors import BadInput
    from florey.inference.models import ModelConfig
    from florey.pipeline.benchmarking import BenchmarkingConfig
    from florey.settings import load_settings

    class EvaluateFile(BaseModel):
        model_config = ConfigDict(frozen=True, extra="forbid")

        model: ModelConfig | None = None
        evaluation: BenchmarkingConfig = BenchmarkingConfig()

    file = load_settings(options["settings"], EvaluateFile, "settings file", _as_settings(options))
    if model is None and file.model is None:
        raise BadInput("MODEL: expected a folder, a hub id, a .gguf file, or a server's model with --url")
    if model is None:
        assert file.model is not None
        return file.model, file.evaluation
    try:
        return ModelConfig.model_validate(where(model, options)), file.evaluation
    except ValidationError as error:
        raise BadInput(f"MODEL: {error.errors()[0]['msg']}") from None


def _as_settings(options: dict[str, Any]) -> list[str]:
    """What the options say, as key=value."""
    from florey.errors import BadInput

    said = click.get_current_context().get_parameter_source
    given = [*options["overrides"]]
    for each in options["benchmarks"]:
        name, path = named_file("--benchmark", each)
        given.append(f"evaluation.benchmarks.{name}.path={path}")
        if options["limit"]:
            given.append(f"evaluation.benchmarks.{name}.limit={options['limit']}")
            given.append(f"evaluation.benchmarks.{name}.seed={options['seed']}")
    for option, key in _PREDICT.items():
        # without a file, the budget is said even where it is the usual one
        if said(option) is click.core.ParameterSource.COMMANDLINE or (
            option == "max_tokens" and not options["settings"]
        ):
            given.append(f"evaluation.predict.{key}={options[option]}")
    if said("prompt") is click.core.ParameterSource.COMMANDLINE:
        given.append(f"evaluation.prompt={options['prompt']}")
    if options["probabilities"]:
        given.append("evaluation.predict.probabilities=true")
    if options["cyclic"] and options["shuffle"]:
        raise BadInput("--cyclic: asks in all orders that --shuffle draws some of; give one of them")
    if options["cyclic"]:
        given.append("evaluation.predict.orders=cyclic")
    elif options["shuffle"]:
        given += ["evaluation.predict.orders=shuffled", f"evaluation.predict.turns={options['shuffle']}"]
    return given


def where(model: str, options: dict[str, Any]) -> dict[str, Any]:
    """The fields of a `ModelConfig` for a model named on the command line."""
    from florey.errors import BadInput

    common = {"api_key_env": options["key_env"], "max_concurrency": options["concurrency"]}
    url, backend = options["url"], options["backend"]
    if url:
        if backend in ("transformers", "vllm"):
            raise BadInput(f"--backend {backend}: is for a model of this machine; with --url it is the server's")
        return {**common, "model": model, "base_url": url}
    name = Path(model).name or model
    if model == "packaged":
        return {**common, "model": "packaged", "serve": "packaged"}
    if model.endswith(".gguf"):
        return {**common, "model": name, "serve": model}
    if backend == "server":
        raise BadInput("--backend server: expected a .gguf file to serve, or --url of a server")
    return {**common, "model": name, "vllm" if backend == "vllm" else "in_process": model}


def named_file(option: str, given: str) -> tuple[str, str]:
    """NAME=FILE taken apart."""
    from florey.errors import BadInput

    name, equals, path = given.partition("=")
    if not equals or not path:
        raise BadInput(f"{option} {given}: expected NAME=FILE, for example {option} medqa=test.jsonl")
    return name, path


def show_plan(model: ModelConfig, config: BenchmarkingConfig, out: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from florey.pipeline.benchmarking import plan_benchmarks

    table = Table(title=f"{model.model}, at most {config.predict.max_tokens} tokens a completion", title_justify="left")
    for heading in ("benchmark", "requests", "cached", "tokens read", "written, at most", "cost"):
        table.add_column(heading, justify="left" if heading == "benchmark" else "right")
    plans = plan_benchmarks(model, config, out)
    for name, each in plans.items():
        numbers = (each.requests, each.cached, each.prompt_tokens, each.completion_tokens)
        table.add_row(name, *(f"{number:,}" for number in numbers), f"{each.cost:,.2f}")
    Console(highlight=False).print(table)
    if config.predict.forced_tokens:
        click.echo("Forced answers after cut thoughts come on top, one request each.")


def show_listing(as_json: bool) -> None:
    """Benchmarks and prompts."""
    from florey.datasets.benchmarks import LISTING
    from florey.inference.prompts import prompt_named, prompt_names

    prompts = [prompt_named(name) for name in prompt_names()]
    if as_json:
        shown = {
            "benchmarks": [each.model_dump(mode="json") for each in LISTING],
            "prompts": [{**each.model_dump(mode="json"), "version": each.version} for each in prompts],
        }
        click.echo(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    for each in LISTING:
        counts = " or ".join(f"{count:,}" for count in dict.fromkeys(each.sources.values()))
        click.echo(f"{each.name:<18}{each.title}: {counts} items, {each.options} options")
        click.echo(f"{'':<18}subgroups: {', '.join(each.facets) or 'none'}. Mind: {each.trap}")
    click.echo("\nBesides: NAME=FILE with kind 'questions' or 'table' in a settings file.\n\nPrompts (--prompt):")
    for prompt in prompts:
        click.echo(f"{prompt.name:<18}{prompt.version}  answers in {prompt.reading}. {prompt.source}")


def check_files(given: tuple[str, ...], as_json: bool) -> int:
    """Prints what each file is; 1 if one is not the whole benchmark that it is said to be."""
    from florey.datasets.catalog import TOLD
    from florey.datasets.config import SourceConfig
    from florey.datasets.contract import Checked, check

    found: list[Checked] = []
    for each in given:
        name, path = named_file("--check", each)
        found.append(check(name, SourceConfig(path=Path(path))))
    if as_json:
        click.echo(json.dumps([each.model_dump(mode="json") for each in found], ensure_ascii=False, indent=1))
    for checked in [] if as_json else found:
        whole = "whole" if checked.complete else "not whole" if checked.complete is False else "of no known size"
        click.echo(f"{checked.name}: {checked.benchmark}, {checked.items:,} items of {checked.rows:,} rows, {whole}")
        for reason, count in checked.skipped.items():
            at = "; ".join(checked.skipped_at.get(reason, ()))
            click.echo(f"  left out {count:>6}  {reason}" + (f" ({at}{', …' if count > TOLD else ''})" if at else ""))
        for what, counts in (("options", checked.options), ("keys", checked.keys)):
            click.echo(f"  {what:<8} " + ", ".join(f"{value} {count:,}" for value, count in counts.items()))
        click.echo(f"  always the same letter scores {checked.always:.3f}, a guess {checked.chance:.3f}")
        for facet, values in checked.facets.items():
            most = list(values.items())[:6]
            more = f", {len(values) - len(most)} more" if len(values) > len(most) else ""
            click.echo(f"  {facet}: " + ", ".join(f"{value} {count:,}" for value, count in most) + more)
        for problem in checked.problems:
            click.echo(f"  ! {problem}")
    return int(any(each.problems for each in found))
