"""The graph of all sources: how large, how long to build and to open, how much memory.

    python -m perf.graph --data DIR [--json FILE] [--keep GRAPH]

DIR holds graph/ (hetionet, Disease Ontology, Wikidata extracts, PharmacotherapyDB, HSDN) and wikipedia/ (a piece of a
dump). HPO and ICD-10-CM come from their packages. Build, opening and use are each measured in a process of their own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from florey.graph.build import GraphConfig
from perf.alias_matching import alias_mb_per_s
from perf.common import arguments, save, show
from perf.wikipedia_dump import measure_dump

GOALS = {
    "nodes": "> 100,000",
    "build_s": "<= 120",
    "build_peak_mb": "<= 2,000",
    "open_s": "<= 0.5",
    "use_mb": "<= 1,000",
    "wiki_mb_per_s": ">= 20 (5% of the pages pass)",
    "alias_mb_per_s": ">= 5",
}
BUILD = """
import json, resource, sys, time
from pathlib import Path
from florey.graph.build import GraphConfig, build
config = GraphConfig.model_validate_json(sys.argv[1])
start = time.perf_counter()
found = build(config, Path(sys.argv[2]))
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"build_s": seconds, "build_peak_mb": peak, "statistics": found}))
"""
USE = """
import json, resource, sys, time
from pathlib import Path
import florey.graph.presence, florey.graph.store  # imports are no part of opening
from florey.graph.presence import Presence
from florey.graph.store import Graph
start = time.perf_counter()
graph = Graph.open(Path(sys.argv[1]))
opened = time.perf_counter() - start
diseases = graph.of_type("disease").tolist()[::7]
presence = Presence(graph)
asked = edges = 0
for disease in diseases:
    for finding in graph.objects(disease, "has_finding").tolist()[:3]:
        asked += presence.support(disease, "has_finding", finding).state == "present"
for disease in diseases[:300]:
    edges += len(graph.edges_of(disease))
assert asked and edges and graph.aliases and graph.xrefs
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"open_s": opened, "use_s": seconds, "use_mb": peak}))
"""


def all_sources(data: Path) -> GraphConfig:
    """Every source that there is data for, in order of trust."""
    graph = data / "graph"
    return GraphConfig.model_validate(
        {
            "sources": [
                {"kind": "hpo"},
                {"kind": "doid", "path": graph / "DO_HumanDO.tsv", "facets": graph / "DO_facets.tsv.gz"},
                {"kind": "hetionet", "path": graph},
                {"kind": "table", "path": graph / "pharmacotherapydb_indications.tsv", "mapping": "pharmacotherapydb"},
                {"kind": "table", "path": graph / "hsdn_symptoms-DO.tsv", "mapping": "hsdn"},
                {"kind": "wikidata", "path": graph},
                {"kind": "icd10cm"},
                {"kind": "wikipedia", "path": next(iter(sorted((data / "wikipedia").glob("*.xml*"))))},
            ]
        }
    )


def _child(code: str, *arguments: str) -> dict[str, Any]:
    made = subprocess.run([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--keep", type=Path, metavar="GRAPH", help="keep the graph in this folder")
    parser.add_argument("--opens", type=int, default=5, help="how often to open it, each in a new process")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch) / "graph"
        built = _child(BUILD, all_sources(asked.data).model_dump_json(), str(folder))
        uses = [_child(USE, str(folder)) for _ in range(asked.opens)]
    statistics = built.pop("statistics")
    figures = {
        "nodes": statistics["nodes"]["all"],
        "nodes_with_evidence": statistics["nodes"]["with_evidence"],
        "nodes_from_wiki": statistics["nodes"]["from_wiki"],
        "edges": statistics["edges"]["all"],
        **{key: round(value, 2) for key, value in built.items()},
        "open_s": round(sorted(use["open_s"] for use in uses)[len(uses) // 2], 3),
        "open_s_max": round(max(use["open_s"] for use in uses), 3),
        "use_mb": round(max(use["use_mb"] for use in uses), 1),
        **measure_dump(next(iter(sorted((asked.data / "wikipedia").glob("*.xml*"))))),
        "alias_mb_per_s": round(alias_mb_per_s(), 2),
    }
    rows = [[key, f"{value:,}", GOALS.get(key, "")] for key, value in figures.items()]
    show("The graph of all sources", ["figure", "value", "goal"], rows)
    save(asked.json, figures)


if __name__ == "__main__":
    main()
