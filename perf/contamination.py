"""Contamination that was planted: how much of it each detector finds, and how many clean questions it takes for it.

`python -m perf.contamination [--graph FOLDER] [--items 500] [--seed 0] [--scale 200000] [--json FILE]`. Invented
cases about diseases of a graph (by default the packaged HPO, built in a temporary folder) are a benchmark; copies of
them, from verbatim to told anew with the findings' other names, are hidden among clean questions, some of them made to
be mistaken: the same disease by other findings, the same findings of another disease, the same sentences about
another case, the same case asked for something else. --scale: so many clean questions against 17,000 items, timed.

The author of the rewordings knew the detectors: the shares say which kind is found, not how much of what is out there.
"""

from __future__ import annotations

import random
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from florey.curation.contamination.config import ContaminationConfig, Detector
from florey.curation.contamination.find import find
from florey.graph.build import GraphConfig, build
from florey.graph.linking.linker import Linker
from florey.graph.store import Graph
from florey.intervals import wilson
from florey.records import Question
from perf.common import arguments, save, show
from perf.shortcuts import made as synthesized
from perf.vignettes import DIAGNOSIS, OTHER_OPTIONS, OTHERS, Case, Teller, Telling

ITEMS_AT_SCALE = 17_000
LIGHTLY = {"is brought to": "comes to", "has had": "had", "notable": "remarkable", "shows": "reveals", "also": "too"}
PUT_IN = "The patient takes no medicines and sleeps well at night."

Change = Callable[[Teller, Case, Telling, int], Question]
Counted = tuple[dict[str, Any], list[list[str]]]
"""Figures, and rows of a table."""


def verbatim(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    """The options in another order."""
    return teller.question(case, telling, seed)


def other_distractors(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    others = teller.case(seed + 77_000_000).options[1:]
    return teller.question(replace(case, options=(case.options[0], *others)), telling, seed)


def light_edit(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    """Other numbers, a few other words, another way of asking."""
    draw = random.Random(f"edit {seed}")
    told = " ".join(teller.sentences(case, telling))
    for old, new in LIGHTLY.items():
        told = told.replace(old, new)
    told = re.sub(r"\d+", lambda found: str(max(1, int(found[0]) + draw.choice((-2, -1, 1, 2)))), told)
    return teller.asked(case, f"{told} {draw.choice(DIAGNOSIS)}", seed)


def sentence_dropped(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    told = teller.sentences(case, telling)
    del told[random.Random(f"drop {seed}").randrange(len(told))]
    return teller.asked(case, " ".join([*told, DIAGNOSIS[telling.seed % len(DIAGNOSIS)]]), seed)


def sentence_put_in(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    told = teller.sentences(case, telling)
    told.insert(random.Random(f"put {seed}").randrange(1, len(told)), PUT_IN)
    return teller.asked(case, " ".join([*told, DIAGNOSIS[telling.seed % len(DIAGNOSIS)]]), seed)


def sentences_moved(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    told = teller.sentences(case, telling)
    random.Random(f"move {seed}").shuffle(told)
    return teller.asked(case, " ".join([*told, DIAGNOSIS[telling.seed % len(DIAGNOSIS)]]), seed)


def other_names(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    """The same sentences, the findings by their aliases."""
    return teller.question(case, replace(telling, alias=True), seed)


def told_anew(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    """Other sentences, another person, other distractors, the findings by their aliases."""
    others = teller.case(seed + 78_000_000).options[1:]
    changed = replace(case, seed=seed + 79_000_000, options=(case.options[0], *others))
    return teller.question(changed, Telling(telling.seed + 80_000_000, alias=True), seed)


def told_in_part(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    """Told anew with five of the six findings and one other."""
    changed = teller.partly(case, 5, 1, seed + 89_000_000)
    return teller.question(changed, Telling(telling.seed + 90_000_000, alias=True), seed)


PLANTED: dict[str, Change] = {
    each.__name__: each
    for each in (
        *(verbatim, other_distractors, light_edit, sentence_dropped, sentence_put_in, sentences_moved),
        *(other_names, told_anew, told_in_part),
    )
}


def unrelated(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    return teller.question(teller.case(seed + 81_000_000), Telling(seed + 82_000_000), seed)


def same_sentences(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    """Another case that is told in just the same way."""
    return teller.question(teller.case(seed + 83_000_000), telling, seed)


def same_disease(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    """By other findings."""
    other = teller.case(seed + 84_000_000, case.options[0], without=case.findings)
    return teller.question(other, Telling(seed + 85_000_000), seed)


def shares_two(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    """The same disease, two findings the same and four others."""
    changed = teller.partly(case, 2, 4, seed + 91_000_000)
    return teller.question(changed, Telling(seed + 92_000_000), seed)


def same_findings(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    """Of another disease, told anew."""
    return teller.question(teller.other_answer(case, seed + 86_000_000), Telling(seed + 87_000_000), seed)


def other_thing_asked(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    """The same case word for word, but not for its diagnosis."""
    which = seed % len(OTHERS)
    question = teller.question(case, telling, seed, OTHERS[which])
    return question.model_copy(update={"options": OTHER_OPTIONS[which], "gold": 0})


def generic_stem(teller: Teller, case: Case, telling: Telling, seed: int) -> Question:
    return teller.asked(teller.case(seed + 88_000_000), "Which of the following statements is true?", seed)


CLEAN: dict[str, Change] = {
    each.__name__: each
    for each in (unrelated, same_sentences, same_disease, shares_two, same_findings, other_thing_asked, generic_stem)
}


def made(teller: Teller, seed: int, count: int) -> tuple[list[Question], dict[str, list[Question]]]:
    """The benchmark, which ends in generic stems, and questions by what was done to them."""
    cases = [(teller.case(seed * 1_000_000 + i), Telling(seed * 1_000_000 + i)) for i in range(count)]
    items = [teller.question(case, telling) for case, telling in cases]
    items += [generic_stem(teller, case, telling, case.seed + 500_000) for case, telling in cases[:20]]
    kinds = {
        kind: [change(teller, case, telling, case.seed).identified() for case, telling in cases]
        for kind, change in (PLANTED | CLEAN).items()
    }
    return [item.identified() for item in items], kinds


def measured(teller: Teller, linker: Linker, seed: int, count: int) -> Counted:
    items, kinds = made(teller, seed, count)
    return counted(items, kinds, ("ngrams", "wording", "evidence"), linker, teller.graph)


def synthetic(graph: Graph, linker: Linker, seed: int, count: int) -> Counted:
    """Questions made from the graph; a third is held out as records, a third is a benchmark of texts."""
    bare = {"conditions": (), "path": (), "option_ids": (), "certificate": None, "source": "text"}
    questions = [question.model_copy(update={"split": None}) for question in synthesized(graph, count, seed)]
    paths: dict[Any, Question] = {}  # one question for each answer and path, so that what is not planted is clean
    for each in questions:
        key = each.answer_id, frozenset((edge.subject, edge.relation, edge.object) for edge in each.path)
        paths.setdefault(key, each)
    several = list(paths.values())
    records = [question.model_copy(update={"conditions": question.conditions[::-1]}) for question in several[::3]]
    texts = [question.model_copy(update=bare) for question in several[1::3]]
    kinds = {"path_of_a_record": several[::3], "path_of_a_text": several[1::3], "another_path": several[2::3]}
    return counted([*records, *texts], kinds, ("evidence", "path"), linker, graph)


def counted(
    items: Sequence[Question],
    kinds: Mapping[str, Sequence[Question]],
    detectors: Sequence[Detector],
    linker: Linker,
    graph: Graph,
) -> Counted:
    """Shares of the questions of each kind that each detector finds, and that any of them finds."""
    questions = [question for found in kinds.values() for question in found]
    config = ContaminationConfig(detectors=tuple(detectors))
    met: dict[str, set[str]] = defaultdict(set)
    for hit in find(questions, {"invented": items}, config, linker, graph=graph).hits:
        met[hit.question_id].add(hit.detector)
    figures: dict[str, Any] = {}
    rows = []
    for kind, asked in kinds.items():
        clean = kind in CLEAN or kind == "another_path"
        for detector in (*detectors, "any"):
            hits = sum(bool(met[each.id] if detector == "any" else detector in met[each.id]) for each in asked)
            low, high = wilson(hits, len(asked))
            name = f"{'false_positive' if clean else 'recall'}_{kind}_{detector}"
            figures |= {name: hits / len(asked), f"{name}_low": low, f"{name}_high": high, f"{name}_n": len(asked)}
            cells = [f"{hits}/{len(asked)}", f"{hits / len(asked):.3f}", f"{low:.3f} to {high:.3f}"]
            rows.append(["clean" if clean else "planted", kind, detector, *cells])
    return figures, rows


def timed(teller: Teller, linker: Linker, scale: int) -> Counted:
    """Seconds of the detectors by words, and of the one by meaning, which links only what it has to."""
    questions = [teller.question(teller.case(10**9 + i), Telling(10**9 + i)).identified() for i in range(scale)]
    items = [teller.question(teller.case(2 * 10**9 + i), Telling(2 * 10**9 + i)) for i in range(ITEMS_AT_SCALE)]
    items = [item.identified() for item in items]
    figures: dict[str, Any] = {"scale_questions": scale, "scale_items": len(items)}
    rows = []
    wanted: Sequence[tuple[str, ...]] = (("ngrams",), ("wording",), ("ngrams", "wording"), ("evidence",))
    for detectors in wanted:
        config = ContaminationConfig.model_validate({"detectors": detectors})
        begun = time.perf_counter()
        hits = find(questions, {"invented": items}, config, linker).hits
        figures[f"{'_'.join(detectors)}_s"] = seconds = time.perf_counter() - begun
        rows.append([" + ".join(detectors), f"{seconds:.1f}", str(len(hits))])
    return figures, rows


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--graph", type=Path, help="a built graph with findings of diseases")
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scale", type=int, help="also times so many clean questions against 17,000 items")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.graph is None:
            build(GraphConfig(), Path(folder) / "graph")
        graph = Graph.open(given.graph or Path(folder) / "graph")
        teller, linker = Teller(graph), Linker.of_graph(graph)
        figures, rows = measured(teller, linker, given.seed, given.items)
        of_paths, more = synthetic(graph, linker, given.seed, 3 * given.items)
        figures |= of_paths
        show("Contamination", ["", "kind", "detector", "hit", "share", "95%"], rows + more)
        if given.scale:
            times, rows = timed(teller, linker, given.scale)
            show(f"{given.scale} against {ITEMS_AT_SCALE}", ["detectors", "seconds", "hits"], rows)
            figures |= times
    save(given.json, {"seed": given.seed, **figures})


if __name__ == "__main__":
    main()
