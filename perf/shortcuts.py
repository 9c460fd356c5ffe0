"""What gives the answers of synthetic questions away: small guessers on questions made from a graph.

`python -m perf.shortcuts --graph FOLDER [--count 10000] [--seed 0] [--json FILE]` makes questions with the default
settings, of all kinds that the graph has, and prints for each guesser by how many points it beats chance, with the
interval by answer. The aim: at most 2 points for the first five (`options_new` and `together` are for information).
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from florey.graph.store import Graph
from florey.records import Question
from florey.synthesis.config import SynthesisConfig
from florey.synthesis.quality.shortcuts import Guess, degrees, shortcuts
from florey.synthesis.synthesizer import Synthesizer
from perf.common import arguments, save, show


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--graph", type=Path, required=True, help="a built graph")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    graph = Graph.open(given.graph)
    begun = time.perf_counter()
    questions = made(graph, given.count, given.seed)
    synthesis_s, begun = time.perf_counter() - begun, time.perf_counter()
    found = shortcuts(questions, degrees(graph))
    figures: dict[str, Any] = {
        "n": len(questions),
        "chance": found[0].overall.chance,
        "synthesis_s": synthesis_s,
        "guessers_s": time.perf_counter() - begun,
    }
    rows = []
    for each in found:
        points = each.overall.points
        figures |= {
            f"{each.guesser}_points": points.value,
            f"{each.guesser}_points_low": points.lo,
            f"{each.guesser}_points_high": points.hi,
            f"{each.guesser}_points_by_kind": {kind: guess.points.value for kind, guess in each.kinds.items()},
        }
        rows.append([each.guesser, "all", *_cells(each.overall)])
        rows += [["", kind, *_cells(guess)] for kind, guess in each.kinds.items()]
    headings = ["guesser sees", "kind", "n", "points", "95% interval"]
    show(f"{len(questions)} questions: points above chance", headings, rows)
    for each in found:
        told = "; ".join(f"{x.feature} ({x.answers:.2f} / {x.others:.2f})" for x in each.telling[:4])
        print(f"{each.guesser} looks at (answers / others): {told}")
    save(given.json, figures)


def made(graph: Graph, count: int, seed: int) -> tuple[Question, ...]:
    """`count` questions of all the kinds that the graph has, as `florey synthesize` makes them."""
    maker = Synthesizer(graph, SynthesisConfig(seed=seed), 2)
    maker.make_in_all(maker.available(), count)
    return tuple(maker.result().questions)


def _cells(guess: Guess) -> list[str]:
    points = guess.points
    return [str(points.n), f"{points.value:+.1f}", f"{points.lo:+.1f} to {points.hi:+.1f}"]


if __name__ == "__main__":
    main()
