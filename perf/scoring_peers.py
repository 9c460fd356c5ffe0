"""Stored predictions scored by another harness; run by perf.scoring in an environment that has it.

    python perf/scoring_peers.py inspect|lm_eval FOLDER

Prints one line of JSON: predictions, seconds, accuracy, version. inspect: `inspect_ai.score` with Florey's scorer, on a
log that Florey's exporter wrote; the reading of the log is timed. lm_eval: `simple_evaluate` over the exported task,
with a model that hands out the stored texts; everything but the import is timed. Both use Florey's grammar, so that
the harness is what differs.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from florey.evaluation.benchmarks import score_evaluation
from florey.evaluation.stored import Evaluation, open_evaluation
from florey.pipeline.exports import export_inspect, export_lm_eval


def by_inspect(evaluation: Evaluation, place: Path) -> tuple[int, float, float]:
    from inspect_ai import score
    from inspect_ai.log import read_eval_log

    from florey.pipeline.exports.inspect_task import florey

    (file,) = export_inspect(evaluation, score_evaluation(evaluation), place / "logs")
    stems = {question.id: question.stem for each in evaluation.sets.values() for question in each.questions()}
    start = time.perf_counter()
    log = read_eval_log(str(file))
    log.eval.model = "none/none"  # it wants a provider that it knows, although nothing is asked
    for sample in log.samples or []:
        sample.metadata["stem"] = stems[str(sample.id)]
    made = score(log, florey(), action="overwrite", display="none")
    seconds = time.perf_counter() - start
    assert made.results
    return len(log.samples or []), seconds, float(made.results.scores[0].metrics["accuracy"].value)


def by_lm_eval(evaluation: Evaluation, place: Path) -> tuple[int, float, float]:
    os.environ |= {"HF_DATASETS_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(place / "cache")}
    import lm_eval  # type: ignore[import-not-found]
    from lm_eval.api.model import LM  # type: ignore[import-not-found]
    from lm_eval.tasks import TaskManager  # type: ignore[import-not-found]

    export_lm_eval(evaluation, place / "tasks")
    start = time.perf_counter()
    said = {each.question_id: each.text for answered in evaluation.sets.values() for each in answered.predictions()}

    class Stored(LM):  # type: ignore[misc]
        def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
            return [said[request.doc["id"]] for request in requests]

        def loglikelihood(self, requests: list[Any]) -> list[Any]:
            raise NotImplementedError

        loglikelihood_rolling = loglikelihood

    found = lm_eval.simple_evaluate(
        model=Stored(),
        tasks=["florey_macro"],
        task_manager=TaskManager(include_path=str(place / "tasks")),
        verbosity="ERROR",
    )
    seconds = time.perf_counter() - start
    return len(said), seconds, float(found["results"]["florey_macro"]["acc,none"])


def main() -> None:
    peer, folder = sys.argv[1], Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as place:
        run = {"inspect": by_inspect, "lm_eval": by_lm_eval}[peer]
        predictions, seconds, accuracy = run(open_evaluation(folder), Path(place))
    package = {"inspect": "inspect_ai", "lm_eval": "lm_eval"}[peer]
    print(
        json.dumps({"predictions": predictions, "seconds": seconds, "accuracy": accuracy, "version": version(package)})
    )


if __name__ == "__main__":
    main()
