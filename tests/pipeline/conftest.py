"""An invented HPO release and a recipe that runs the whole chain over it in seconds; one finished run to look at."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from florey.pipeline.plan import PlanLine, plan
from florey.pipeline.progress import Reporter
from florey.pipeline.recipe import load_recipe
from florey.pipeline.run import run_recipe

MINIATURE = Path(__file__).with_name("miniature.yaml")

# One invented word each, so that no disease is of another's family and no finding gives a disease away.
DISEASES = (
    *("Amberlosis", "Birgonia", "Cottrelia", "Dunmorosis", "Eskelandia"),
    *("Farwella", "Gorvanism", "Hestropia", "Ilkumosis", "Jarvenia"),
)
COLOURS = ("Azure", "Crimson", "Golden", "Silver", "Violet", "Scarlet")
PARTS = ("nails", "toes", "eyelids", "knuckles")
FINDINGS = [f"{colour} {part}" for colour in COLOURS for part in PARTS]
ROOTS = {
    "HP:0000118": ("Phenotypic abnormality", "HP:0000001"),
    "HP:0000005": ("Mode of inheritance", "HP:0000001"),
    "HP:0012823": ("Clinical modifier", "HP:0000001"),
    "HP:0031797": ("Clinical course", "HP:0012823"),
    "HP:0003674": ("Onset", "HP:0031797"),
    "HP:9100001": ("Sideways inheritance", "HP:0000005"),
    "HP:9100002": ("Upward inheritance", "HP:0000005"),
    "HP:9200001": ("Tuesday onset", "HP:0003674"),
    "HP:9200002": ("Sunday onset", "HP:0003674"),
}
HEADER = "database_id disease_name qualifier hpo_id reference evidence onset frequency sex modifier aspect biocuration"
GENE_HEADER = "ncbi_gene_id gene_symbol hpo_id hpo_name frequency disease_id"


def write_release(folder: Path, *, findings: int = 12, denied: int = 2) -> Path:
    """Ten diseases with `findings` of the 24 findings each, `denied` of the others marked NOT; always the same."""
    folder.mkdir(parents=True, exist_ok=True)
    terms = {f"HP:90000{i:02d}": (name, "HP:0000118") for i, name in enumerate(FINDINGS)}
    blocks = ["format-version: 1.2\ndata-version: hp/releases/2020-02-02\n", "[Term]\nid: HP:0000001\nname: All\n"]
    blocks += [f"[Term]\nid: {i}\nname: {name}\nis_a: {up}\n" for i, (name, up) in (ROOTS | terms).items()]
    (folder / "hp.obo").write_text("\n".join(blocks))
    rng = np.random.default_rng(7)
    rows, genes = [HEADER.replace(" ", "\t")], [GENE_HEADER.replace(" ", "\t")]
    for number, name in enumerate(DISEASES):
        disease, order = f"ORPHA:{1000 + number}", rng.permutation(list(terms)).tolist()
        said = [("", term, "P") for term in order[:findings]]
        said += [("NOT", term, "P") for term in order[findings : findings + denied]]
        said += [("", f"HP:910000{1 + number % 2}", "I"), ("", f"HP:920000{1 + number // 2 % 2}", "C")]
        for qualifier, term, aspect in said:
            # the columns after the term: reference, evidence, onset, frequency, sex, modifier, aspect, biocuration
            rest = [disease, "TAS", "", "HP:0040281" if aspect == "P" else "", "", "", aspect, "ORPHA:x[2020-01-01]"]
            rows.append("\t".join([disease, name, qualifier, term, *rest]))
        genes.append("\t".join([str(10 + number), f"GEN{number}", order[0], "x", "-", disease]))
    (folder / "phenotype.hpoa").write_text("#version: 2020-02-02\n" + "\n".join(rows) + "\n")
    (folder / "genes_to_phenotype.txt").write_text("\n".join(genes) + "\n")
    return folder


def run_miniature(release: Path, out: Path, *overrides: str) -> tuple[Path, str]:
    """Runs the miniature in this process; (its folder, what it said)."""
    recipe = load_recipe(MINIATURE, [f"graph.sources=[{{kind: hpo, path: {release}}}]", *overrides])
    said = io.StringIO()
    run_recipe(recipe, out, Reporter(Console(file=said, width=200)))
    return out, said.getvalue()


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def miniature(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One uninterrupted run. Tests look at it; one that changes a file works on a copy."""
    return run_miniature(release, tmp_path_factory.mktemp("runs") / "whole")[0]


@pytest.fixture
def rerun(release: Path) -> Callable[..., str]:
    """Runs the miniature again in a folder; what it said."""
    return lambda out, *overrides: run_miniature(release, out, *overrides)[1]


@pytest.fixture
def plan_of() -> Callable[[Path, Path], list[PlanLine]]:
    """The state of every stage of the miniature in a folder, for a release."""
    return lambda release, out: plan(load_recipe(MINIATURE, [f"graph.sources=[{{kind: hpo, path: {release}}}]"]), out)[
        0
    ]


@pytest.fixture(scope="session")
def start(release: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts `florey run` on the miniature as a user would, in a process of its own."""

    def started(out: Path, *overrides: str) -> subprocess.Popen[str]:
        settings: Sequence[str] = [f"graph.sources=[{{kind: hpo, path: {release}}}]", *overrides]
        return subprocess.Popen(
            [sys.executable, "-c", "from florey.cli.main import run_cli; run_cli()", "run", str(MINIATURE)]
            + ["--out", str(out)]
            + [part for setting in settings for part in ("--set", setting)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return started
