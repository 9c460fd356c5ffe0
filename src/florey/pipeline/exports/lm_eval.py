"""Tasks for lm-evaluation-harness: the same items in the same words, read by the same grammar.

    florey score DIR --export lm-eval --to tasks
    lm_eval --model hf --model_args pretrained=MODEL --tasks florey_macro --include_path tasks --apply_chat_template

One YAML and one JSON Lines file for each benchmark, a group with the unweighted mean, and `utils.py`, which calls
`florey.answer`: Florey must be installed beside the harness.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from florey.errors import BadInput
from florey.evaluation.stored import Answered, Evaluation
from florey.files import write_text
from florey.inference.prompts import Prompt, prompt_named
from florey.records import Question

GROUP = "florey_macro"
_UTILS = '''"""Written by Florey: how the answers of its tasks are read."""

from florey.answer import parse, verdict


def process_results(doc, results):
    # the harness does not tell whether the token budget ended an answer; a thought that never ends is no answer
    parsed = parse(results[0], doc["options"], reading=doc["reading"], stem=doc["stem"])
    found = verdict(parsed, doc["gold"], finished=not parsed.in_thought).value
    names = ("correct", "wrong", "unparsed", "truncated", "several")
    return {"acc": float(found == "correct"), **{name: float(found == name) for name in names}}
'''
_METRICS = ("acc", "correct", "wrong", "unparsed", "truncated", "several")


def export_lm_eval(evaluation: Evaluation, to: Path) -> list[Path]:
    """Writes the tasks into the folder `to`, which is made anew as a whole; the files."""
    prompts = {name: prompt_named(each.items.prompt, each.items.benchmark) for name, each in evaluation.sets.items()}
    for name, prompt in prompts.items():
        if prompt.then is not None or prompt.reading == "free":
            asks = "asks in two turns" if prompt.then is not None else "shows no options"
            raise BadInput(f"{name}: prompt '{prompt.name}' {asks}, which tasks of the harness cannot")
    aside = to.with_name(f".{to.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, answered in evaluation.sets.items():
        questions = answered.questions()
        rows = [json.dumps(_row(question, prompts[name]), ensure_ascii=False, sort_keys=True) for question in questions]
        write_text(aside / f"{name}.jsonl", "\n".join(rows) + "\n")
        write_text(aside / f"{name}.yaml", _task(name, answered, evaluation, to))
    write_text(aside / f"{GROUP}.yaml", _dump(_group(evaluation)))
    write_text(aside / "utils.py", _UTILS)
    shutil.rmtree(to, ignore_errors=True)
    aside.rename(to)
    return sorted(to.iterdir())


def _row(question: Question, prompt: Prompt) -> dict[str, Any]:
    messages = prompt.messages(question)
    return {
        "id": question.id,
        "system": "".join(message["content"] for message in messages if message["role"] == "system"),
        "prompt": messages[-1]["content"],
        "options": list(question.options),
        "gold": question.gold,
        "stem": question.stem,
        "reading": prompt.reading,
    }


def _task(name: str, answered: Answered, evaluation: Evaluation, to: Path) -> str:
    asking = evaluation.asking
    settings = {
        "task": f"florey_{name}",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str((to / f"{name}.jsonl").resolve())}},
        "test_split": "test",
        "output_type": "generate_until",
        # one turn: the harness has no system message of its own for each item
        "doc_to_text": "{{ system }}{{ '\\n\\n' if system else '' }}{{ prompt }}",
        "doc_to_target": "{{ 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[gold] }}",
        "num_fewshot": 0,
        "generation_kwargs": {
            "until": [],
            "max_gen_toks": asking.max_tokens,
            "do_sample": asking.temperature > 0,
            "temperature": asking.temperature,
        },
        "metric_list": [
            {"metric": name, "aggregation": "mean", "higher_is_better": name in ("acc", "correct")} for name in _METRICS
        ],
        "metadata": {
            "version": answered.items.prompt_version,
            "benchmark": answered.items.benchmark,
            "licences": list(answered.items.licences),
        },
    }
    return _dump(settings) + "process_results: !function utils.process_results\n"


def _group(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "group": GROUP,
        "task": [f"florey_{name}" for name in evaluation.sets],
        "aggregate_metric_list": [{"metric": "acc", "aggregation": "mean", "weight_by_size": False}],
        "metadata": {"version": 1},
    }


def _dump(settings: dict[str, Any]) -> str:
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=120)
