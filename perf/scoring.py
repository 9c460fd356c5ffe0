"""Scoring stored predictions: predictions per second from disk to score.json, beside other harnesses.

    python -m perf.scoring [--json FILE] [--samples N] [--repeats N] [--peer NAME=ENVIRONMENT …]

The corpus: the nine benchmarks at their real sizes (17,370 invented items), each answered `--samples` times with a
thought of about 2 KB; 5% of the answers are unparsed, 5% truncated, 2% name several options. Measured is `florey score`
in a process of its own: start, reading, verdicts, intervals, subgroups, calibration and writing included. A second
corpus, of one benchmark answered once, is what the peers get.

The peers do what they do for stored outputs, see scoring_peers.py. They run in environments of their own that have
Florey too: `--peer inspect=FOLDER` one with inspect_ai, `--peer lm_eval=FOLDER` one with lm_eval; without, they are
left out.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from florey.answer import completion
from florey.evaluation.stored import Asking, ItemSet
from florey.files import digest, write_json, write_jsonl
from florey.records import LETTERS, Prediction, Question
from perf.common import arguments, save, show

SIZES = {
    "careqa": (5621, 4),
    "jmed": (1000, 21),
    "medbullets_op4": (308, 4),
    "medmcqa": (4183, 4),
    "medqa": (1273, 4),
    "medxpertqa_text": (2450, 10),
    "pubmedqa": (1000, 3),
    "mmlu_pro_biology": (717, 10),
    "mmlu_pro_health": (818, 10),
}
PEER_ITEMS = 2000
"""Of the peers: they are a hundred times slower."""
GOAL = ">= 20,000 (two cores)"
WORDS = ("fever", "rash", "dose", "because", "the", "patient", "of", "renal", "with", "and", "unlikely", "B", "mg/dL")


def item(name: str, number: int, options: int) -> Question:
    return Question(
        stem=f"Patient {number} of {name} presents with findings; which is the most likely diagnosis?",
        options=tuple(f"disease {number} {place}" for place in range(options)),
        gold=number * 7 % options,
        source=name,
        specialty=f"specialty {number % 12}",
        facets={"kind": f"kind {number % 5}"},
    ).identified()


def said(question: Question, sample: int) -> tuple[str, bool]:
    """(a completion of about 2 KB, whether it ended by itself)."""
    draw = random.Random(f"{question.id} {sample}")
    thought = " ".join(draw.choices(WORDS, k=380))
    kind, options = draw.random(), len(question.options)
    if kind < 0.05:
        return f"<think>{thought}", False
    if kind < 0.10:
        return f"<think>{thought}</think>I would treat the patient.", True
    if kind < 0.12:
        return f"<think>{thought}</think><answer>A and B</answer>", True
    gold = question.gold if draw.random() < 0.6 else draw.randrange(options)
    if kind < 0.3:
        return f"<think>{thought}</think><answer>{LETTERS[gold]}. {question.options[gold]}</answer>", True
    return completion(thought, gold), True


def stored(folder: Path, sizes: dict[str, tuple[int, int]], samples: int) -> int:
    """Writes an evaluation; the number of predictions."""
    folder.mkdir(parents=True)
    asking = Asking(model="m", samples=samples, temperature=1, top_p=1, max_tokens=512, seed=0, version="perf")
    write_json(folder / "evaluation.json", asking.model_dump(mode="json"))
    count = 0
    for name, (number, options) in sizes.items():
        questions = [item(name, each, options) for each in range(number)]
        made = []
        for question in questions:
            for sample in range(samples):
                text, finished = said(question, sample)
                made.append(
                    Prediction(
                        question_id=question.id, model="m", sample=sample, text=text, tokens=400, finished=finished
                    )
                )
        about = ItemSet(
            name=name,
            prompt="florey",
            prompt_version="perf",
            reading="tags",
            benchmark=name,
            file=None,
            digest=digest([question.id for question in questions]),
            rows=number,
            skipped={},
            items=number,
            expected=number,
            complete=True,
        )
        (folder / name).mkdir()
        write_jsonl(folder / name / "questions.jsonl", questions)
        write_jsonl(folder / name / "predictions.jsonl", made)
        write_json(folder / name / "set.json", about.model_dump(mode="json"))
        count += len(made)
    return count


def timed(command: list[str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[:4]}: {done.stderr[-2000:]}")
    return time.perf_counter() - start


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=ENVIRONMENT", help="inspect or lm_eval")
    asked = parser.parse_args()
    figures: dict[str, float | str] = {"repeats": asked.repeats, "samples": asked.samples}
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as place:
        corpora = {
            "florey": (Path(place) / "nine", SIZES, asked.samples),
            "florey_peer_corpus": (Path(place) / "peer", {"medqa": (PEER_ITEMS, 4)}, 1),
        }
        for key, (folder, sizes, samples) in corpora.items():
            count = stored(folder, sizes, samples)
            size = sum(file.stat().st_size for file in folder.glob("*/predictions.jsonl")) / 1e6
            command = [str(Path(sys.executable).parent / "florey"), "score", str(folder)]
            timed(command)  # compiles, and fills the cache of the disk
            rates = [count / timed(command) for _ in range(asked.repeats)]
            record(figures, rows, key, count, size, rates)
        for peer, _, environment in (each.partition("=") for each in asked.peer):
            script, folder = Path(__file__).parent / "scoring_peers.py", corpora["florey_peer_corpus"][0]
            command = [str(Path(environment) / "bin" / "python"), str(script), peer, str(folder)]
            said_by = [json.loads(run(command)) for _ in range(min(asked.repeats, 3))]
            rates = [each["predictions"] / each["seconds"] for each in said_by]
            record(figures, rows, peer, PEER_ITEMS, 0.0, rates)
            figures[f"{peer}_version"] = said_by[0]["version"]
            figures[f"{peer}_accuracy"] = round(said_by[0]["accuracy"], 4)
    show("scoring", ("program", "predictions", "MB", "per s", "lowest", "highest"), rows)
    print(f"goal for florey: {GOAL}")
    save(asked.json, figures)


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[:4]}: {done.stderr[-2000:]}")
    return done.stdout.strip().splitlines()[-1]


def record(
    figures: dict[str, float | str], rows: list[tuple[str, ...]], key: str, count: int, size: float, rates: list[float]
) -> None:
    spread = {"": median(rates), "_lowest": min(rates), "_highest": max(rates)}
    figures.update({f"{key}_predictions_per_s{suffix}": round(rate) for suffix, rate in spread.items()})
    figures[f"{key}_predictions"] = count
    rows.append((key, f"{count:,}", f"{size:.0f}", *(f"{rate:,.0f}" for rate in spread.values())))


if __name__ == "__main__":
    main()
