"""Exact and near duplicates: questions per second, and what is found of the planted copies, beside two other programs.

    python -m perf.duplicates [--json FILE] [--questions N] [--repeats N] [--own QUESTIONS]

The corpus is invented (`perf.repeated_questions`). `florey_docs_per_s` is of the mixed one, in the proportions of the
public training sets and a synthetic one: 68% short questions (MedMCQA has 183,000), 20% Chinese (CMExam, 54,000), 4%
long vignettes (MedQA, 10,000), 8% from a graph (20,000). Further keys are of each kind alone, a quarter as many.
Measured is the whole stage from records to records, `florey.curation.duplicates.duplicates`, exact and near, on all
cores.

The peers, on a smaller corpus of the same mixture: datasketch's MinHash and LSH over the same tokens (128 permutations,
no check of the true similarity, as it is used); and a plain script that drops a question when half of its windows of
eight words were seen before. Each figure is the median of some repeats, with the lowest and the highest; the time of
the processor is that of all threads.

`--own`: a file of real questions (JSON Lines of Question, as `florey curate` writes them), measured beside the invented
ones, which resemble each other far more than real ones do.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from datasketch import MinHash, MinHashLSH  # type: ignore[import-untyped]

from florey.curation.duplicates import NearConfig, duplicates, tokens
from florey.files import read_jsonl
from florey.records import Question
from perf.common import arguments, save, show
from perf.repeated_questions import Corpus, Make, chinese, corpus, from_graph, long, short

QUESTIONS = 200_000
SLOW = 10_000  # questions for the peers
REPEATS = 5
GOAL = ">= 200,000 (two cores)"
NEAR = NearConfig()
MIXED: dict[Make, float] = {short: 0.68, chinese: 0.20, long: 0.04, from_graph: 0.08}
ALONE: dict[str, Make] = {"short": short, "chinese": chinese, "long": long, "graph": from_graph}
Dropped = set[str]
"""Ids of the questions that a program drops."""


def florey(questions: Sequence[Question]) -> Dropped:
    return {id for id, _ in duplicates(questions, NEAR).dropped}


def datasketch(questions: Sequence[Question]) -> Dropped:
    index = MinHashLSH(threshold=NEAR.threshold, num_perm=NEAR.permutations)
    dropped = set()
    for question in questions:
        values = MinHash(num_perm=NEAR.permutations)
        values.update_batch([token.encode() for token in tokens(question)])
        if index.query(values):
            dropped.add(question.id)
        else:
            index.insert(question.id, values)
    return dropped


def ngram_script(questions: Sequence[Question], width: int = 8) -> Dropped:
    seen: set[tuple[str, ...]] = set()
    dropped = set()
    for question in questions:
        words = re.findall(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+", " ".join((question.stem, *question.options)).lower())
        windows = {tuple(words[i : i + width]) for i in range(max(1, len(words) - width + 1))}
        if 2 * len(windows & seen) >= len(windows):
            dropped.add(question.id)
        seen |= windows
    return dropped


class Timed(NamedTuple):
    per_s: float  # questions
    cpu_us: float  # processor time of all threads for one question: what a busy machine changes less
    dropped: Dropped


def timed(program: Callable[[Sequence[Question]], Dropped], questions: Sequence[Question]) -> Timed:
    start, used = time.perf_counter(), time.process_time()
    dropped = program(questions)
    seconds, used = time.perf_counter() - start, time.process_time() - used
    return Timed(len(questions) / seconds, 1e6 * used / len(questions), dropped)


def found(made: Corpus, dropped: Dropped) -> dict[str, float]:
    """Shares, 0..1: of planted pairs of each kind those with a drop, and of the drops those in exact or near pairs."""
    shares = {
        kind: sum(not dropped.isdisjoint(pair) for pair in pairs) / max(1, len(pairs))
        for kind, pairs in made.planted.items()
    }
    copies = {id for kind in ("exact", "near") for pair in made.planted[kind] for id in pair}
    return {**shares, "precision": len(dropped & copies) / max(1, len(dropped))}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--own", type=Path, help="real questions to measure as well")
    asked = parser.parse_args()
    made = corpus(asked.questions, MIXED)
    few = corpus(SLOW, MIXED, seed=1)
    figures: dict[str, float] = {
        "load_before": round(os.getloadavg()[0], 1),
        "questions": len(made.questions),
        "peer_questions": len(few.questions),
        "repeats": asked.repeats,
    }
    rows, quality = [], []

    def measure(key: str, program: Callable[[Sequence[Question]], Dropped], questions: Sequence[Question]) -> Dropped:
        program(questions[:1000])  # compiles, and reads what is read once
        results = [timed(program, questions) for _ in range(asked.repeats)]
        rates = [result.per_s for result in results]
        used = median(result.cpu_us for result in results)
        spread = {"": median(rates), "_lowest": min(rates), "_highest": max(rates)}
        figures.update({f"{key}_docs_per_s{suffix}": round(rate) for suffix, rate in spread.items()})
        figures[f"{key}_cpu_us"] = round(used, 2)
        length = sum(len("".join((question.stem, *question.options))) for question in questions) / len(questions)
        rows.append(
            (key, f"{len(questions):,}", f"{length:.0f}", *(f"{rate:,.0f}" for rate in spread.values()), f"{used:.1f}")
        )
        return results[0].dropped

    for key, program, subject in (
        ("florey", florey, made),
        ("florey_peer_sample", florey, few),
        ("datasketch", datasketch, few),
        ("ngram_script", ngram_script, few),
    ):
        shares = found(subject, measure(key, program, subject.questions))
        figures.update({f"{key}_{name}": round(share, 4) for name, share in shares.items()})
        quality.append((key, f"{len(subject.questions):,}", *(f"{share:.1%}" for share in shares.values())))
    for kind, make in ALONE.items():
        measure(f"florey_{kind}", florey, corpus(asked.questions // 4, {make: 1.0}).questions)
    if asked.own:
        own = list(read_jsonl(asked.own, Question))
        measure("florey_own", florey, own)
        figures["own_questions"] = len(own)
    show(
        "duplicates",
        ("corpus or program", "questions", "characters each", "docs/s", "lowest", "highest", "CPU us each"),
        rows,
    )
    print(f"goal for florey: {GOAL}")
    headings = (
        "program",
        "questions",
        "exact found",
        "near found",
        "edited further, dropped",
        "drops that are planted",
    )
    show("planted copies", headings, quality)
    print("load of the machine over 1, 5 and 15 minutes:", *(f"{load:.1f}" for load in os.getloadavg()))
    save(asked.json, figures)


if __name__ == "__main__":
    main()
