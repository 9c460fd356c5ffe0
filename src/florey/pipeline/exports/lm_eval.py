"""Tasks for lm-evaluation-harness: the same items in the same words, read by the same grammar.

    florey score DIR --export lm-eval --to tasks
    lm_eval --model hf --model_args pretrained=MODEL --tasks florey_macro --include_path tasks --apply_chat_template

One YAML and one JSON Lines file for each benchmark, a group with the unweighted mean, and `utils.py`, which finds them
and calls `florey.answer`: Florey must be installed beside the harness. The folder may be moved.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from florey.errors import BadInput
from florey.evaluation.stored import Answered, Evaluation
from florey.files import write_text
from florey.inference.prompts import Prompt
from florey.pipeline.exports.folder import export_folder, prompts_of
from florey.records import Question

GROUP = "florey_macro"
_UTILS = '''"""Written by Florey: where the items of its tasks lie, and how the answers are read."""

from pathlib import Path

from florey.answer import parse, verdict


def load(file, **others):
    from datasets import load_dataset

    return load_dataset("json", data_files={"test": str(Path(__file__).with_name(file))})


def process_results(doc, results):
    # the harness does not tell whether the token budget ended an answer; a thought that never ends is no answer
    parsed = parse(
        results[0], doc["options"], reading=doc["reading"], stem=doc["stem"], prefilled=doc["prefilled"]
    )
    found = verdict(parsed, doc["gold"], finished=not parsed.in_thought).value
    names = ("correct", "wrong", "unparsed", "truncated", "several")
    return {"acc": float(found == "correct"), **{name: float(found == name) for name in names}}
'''
_METRICS = ("acc", "correct", "wrong", "unparsed", "truncated", "several")


def export_lm_eval(evaluation: Evaluation, to: Path) -> list[Path]:
    """Writes the tasks into the folder `to`, which is made anew as a whole; the files.

    BadInput where something else than an earlier export is there, or where the harness cannot ask what was asked.
    """
    prompts = prompts_of(evaluation)
    for name, prompt in prompts.items():
        if prompt.then is not None or prompt.reading == "free":
            asks = "asks in two turns" if prompt.then is not None else "shows no options"
            raise BadInput(f"{name}: prompt '{prompt.name}' {asks}, which tasks of the harness cannot")
    with export_folder(evaluation, to, "lm-eval") as aside:
        for name, answered in evaluation.sets.items():
            opened = {each.question_id: each.prefilled for each in answered.predictions()}
            rows = [_row(question, prompts[name], opened.get(question.id, False)) for question in answered.questions()]
            lines = (json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)
            write_text(aside / f"{name}.jsonl", "".join(lines))
            write_text(aside / f"{name}.yaml", _task(name, answered, evaluation))
        write_text(aside / f"{GROUP}.yaml", _dump(_group(evaluation)))
        write_text(aside / "utils.py", _UTILS)
    return sorted(to.iterdir())


def _row(question: Question, prompt: Prompt, prefilled: bool) -> dict[str, Any]:
    """`prefilled`: the chat template of the model that answered opens the thought."""
    messages = prompt.messages(question)
    return {
        "id": question.id,
        "system": "".join(message["content"] for message in messages if message["role"] == "system"),
        "prompt": messages[-1]["content"],
        "options": list(question.options),
        "gold": question.gold,
        "stem": question.stem,
        "reading": prompt.reading,
        "prefilled": prefilled,
    }


def _task(name: str, answered: Answered, evaluation: Evaluation) -> str:
    asking = evaluation.asking
    sampled = {"temperature": asking.temperature, "top_p": asking.top_p} if asking.temperature > 0 else {}
    settings = {
        "task": f"florey_{name}",
        "dataset_path": "json",
        "dataset_kwargs": {"file": f"{name}.jsonl"},  # beside utils.py, wherever that is
        "test_split": "test",
        "output_type": "generate_until",
        "description": "{{ system }}",  # the system message, where a chat template is applied
        "doc_to_text": "{{ prompt }}",
        "doc_to_target": "{{ 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[gold] }}",
        "num_fewshot": 0,
        "generation_kwargs": {
            "until": [],
            "max_gen_toks": asking.max_tokens,
            "do_sample": asking.temperature > 0,
            **sampled,
        },
        "metric_list": [
            {"metric": name, "aggregation": "mean", "higher_is_better": name in ("acc", "correct")} for name in _METRICS
        ],
        "metadata": {
            "version": answered.items.prompt_version,
            "benchmark": answered.items.benchmark,
            "licences": list(answered.items.licences),
            "samples": asking.samples,  # Florey asked so often; the harness asks once
            "seed": asking.seed,
        },
    }
    functions = "custom_dataset: !function utils.load\nprocess_results: !function utils.process_results\n"
    return _dump(settings) + functions


def _group(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "group": GROUP,
        "task": [f"florey_{name}" for name in evaluation.sets],
        "aggregate_metric_list": [{"metric": "acc", "aggregation": "mean", "weight_by_size": False}],
        "metadata": {"version": 1},
    }


def _dump(settings: dict[str, Any]) -> str:
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=120)
