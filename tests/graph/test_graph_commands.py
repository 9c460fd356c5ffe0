"""The commands of `florey graph` over the invented release."""

import json
from pathlib import Path

from click.testing import CliRunner

from florey.cli.graph import graph


def run(*arguments: str) -> str:
    result = CliRunner().invoke(graph, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_build_stats_show(hpo_folder: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    said = run("build", "--out", out, "--path", str(hpo_folder))
    assert "20 nodes" in said
    assert "Find out more at http://www.human-phenotype-ontology.org" in said
    found = json.loads(run("stats", out, "--json"))
    assert found["edges"]["by_relation"]["associated_gene"]["all"] == 4
    assert "has_finding" in run("stats", out)
    shown = run("show", out, "OMIM:2")
    assert "Rash disease" in shown
    assert "45.5%" in shown
    assert "NOT" in shown  # 0/5 of an unsteady gait
    assert "PMID:3" in shown
    assert "the first 1" in run("show", out, "HP:9000003", "--limit", "1")
