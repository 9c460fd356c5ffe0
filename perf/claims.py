"""How well claims are read: precision and recall on hand-made sentences, and on the graph teacher's own traces.

`python -m perf.claims [--graph FOLDER] [--count 400] [--misses development] [--json FILE]`. With a graph, traces of
every strategy are written for that many questions: each claim must be entailed; with every "present" and "absent"
exchanged, contradicted.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from florey.graph.store import Graph
from florey.intervals import wilson
from florey.records import ANSWER, Binding, Certificate, Condition, OptionProof, Question, Strength, Support
from florey.synthesis.config import SynthesisConfig
from florey.synthesis.synthesizer import Synthesizer
from florey.teaching.claims.claim import PATIENT, Claim
from florey.teaching.claims.entities import Entities
from florey.teaching.claims.prose import read_prose
from florey.teaching.claims.score import process_score
from florey.teaching.distill import STRATEGIES
from florey.teaching.graph_teacher import NothingTempting, write_trace
from perf.common import arguments, save, show

DATA = Path(__file__).parent / "data" / "claims"
SYNONYMS = {
    "D:1": ("Amberlosis", "琥珀病"),
    "D:2": ("Birgonia", "双戈病"),
    "D:3": ("Cottrelia", "科特病"),
    "F:1": ("golden eyelids", "金色眼睑"),
    "F:2": ("violet toes", "紫色脚趾"),
    "F:3": ("swollen knuckles", "指节肿胀"),
}
SETS = ("development", "test", "fresh")
_SIGNS = {"present": "+", "absent": "-", "unknown": "?"}


def question() -> Question:
    """The invented question that the sentences are about."""
    nodes, findings = ("D:1", "D:2", "D:3"), ("F:1", "F:2", "F:3")
    proofs = tuple(
        OptionProof(
            option=node,
            satisfies=place == 0,
            bindings=(Binding(supports=tuple(Support(state="present") for _ in findings)),),
            strength=Strength.ASSERTED,
        )
        for place, node in enumerate(nodes)
    )
    return Question(
        stem="Which one?",
        options=tuple(SYNONYMS[node][0] for node in nodes),
        option_ids=nodes,
        gold=0,
        source="invented",
        conditions=tuple(Condition(subject=ANSWER, relation="has_finding", object=node) for node in findings),
        certificate=Certificate(graph="g", proofs=proofs, strength=Strength.ASSERTED, closed_world_share=0),
    ).identified()


def written(claim: Claim) -> str:
    assert claim.condition is not None, "there is no linker of anything else"
    who = "P" if claim.subject == PATIENT else "ABC"[claim.subject.option or 0]
    return f"{who}{claim.condition + 1}{_SIGNS[claim.state]}"


def sentences(half: str) -> tuple[dict[str, Any], list[list[str]]]:
    entities = Entities(question(), SYNONYMS)
    hits = read = meant = exact = 0
    misses = []
    rows = [json.loads(line) for line in (DATA / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        found, gold = Counter(map(written, read_prose(row["text"], entities))), Counter(row["claims"])
        hits, read, meant = hits + (found & gold).total(), read + found.total(), meant + gold.total()
        exact += found == gold
        if found != gold:
            misses.append([row["text"][:80], " ".join(row["claims"]), " ".join(found.elements())])
    figures: dict[str, Any] = {f"{half}_sentences": len(rows), f"{half}_sentences_exact": exact}
    for name, whole in (("precision", read), ("recall", meant)):
        lo, hi = wilson(hits, whole)
        key = f"{half}_{name}"
        figures |= {key: hits / whole, f"{key}_low": lo, f"{key}_high": hi, f"{key}_n": whole}
    return figures, misses


def traces(folder: Path, count: int) -> dict[str, Any]:
    graph = Graph.open(folder)
    maker = Synthesizer(graph, SynthesisConfig(seed=1), 2)
    maker.make_in_all(maker.available(), count)
    names = dict(zip(graph.ids, graph.names, strict=True))
    totals = Counter[str]()
    for each in maker.result().questions:
        for strategy in STRATEGIES:
            try:
                text = write_trace(each, names, strategy, 0).text
            except NothingTempting:
                continue
            score = process_score(each, text, names)
            totals.update(claims=score.claims, entailed=score.entailed, revised=score.revised)
            if strategy == "direct":
                flipped = text.replace(" present,", " \0,").replace(" absent,", " present,").replace(" \0,", " absent,")
                damaged = process_score(each, flipped, names)
                totals.update(damaged_claims=damaged.claims, damaged_contradicted=damaged.contradicted)
    return dict(totals)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--graph", type=Path, help="a built graph")
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--misses", choices=SETS, help="show which sentences of a set are not read as meant")
    given = parser.parse_args()
    figures: dict[str, Any] = {}
    missed: dict[str, list[list[str]]] = {}
    for name in SETS:
        found, missed[name] = sentences(name)
        figures |= found
    if given.graph:
        figures |= traces(given.graph, given.count)
    show("Claims", ["figure", "value"], [[name, str(value)] for name, value in figures.items()])
    if given.misses:
        show("Not as meant", ["sentence", "meant", "read"], missed[given.misses])
    save(given.json, figures)


if __name__ == "__main__":
    main()
