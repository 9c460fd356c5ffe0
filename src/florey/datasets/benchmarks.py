"""The nine benchmarks by the names that people use, and what is known of each before its file is read."""

from __future__ import annotations

from florey.datasets.catalog import BENCHMARKS, LOADERS
from florey.datasets.config import SourceConfig
from florey.errors import BadInput, nearest
from florey.records import Record

SHORT = {
    "medqa": "medqa_test",
    "medmcqa": "medmcqa_validation",
    "pubmedqa": "pubmedqa_labelled",
    "medxpertqa": "medxpertqa_text",
}
"""Where the name alone is that of a training set, or of a larger benchmark."""
OWN_SETS = ("questions", "table", "careqa_open")
"""Kinds of set that may be evaluated beside the nine: Florey's own questions, any table with a mapping, and CareQA's
open-ended variant."""


class Listed(Record):
    """One benchmark, as `florey evaluate --list` shows it."""

    name: str
    title: str
    sources: dict[str, int]  # what its items are filed under -> how many there are in a whole file
    options: str
    language: str
    facets: tuple[str, ...]
    trap: str


LISTING = (
    Listed(
        name="careqa",
        title="CareQA (en or es)",
        sources={"careqa": 5621},
        options="4",
        language="en",
        facets=("category", "year"),
        trap="two rows without anything in them are left out; 50 questions stand twice; keys lean to C",
    ),
    Listed(
        name="jmed",
        title="JMED",
        sources={"jmed": 1000},
        options="21",
        language="zh",
        facets=("sex",),
        trap="another release of 1,094 rows has few options and 85% of its keys are A; it must be asked for by name",
    ),
    Listed(
        name="medbullets",
        title="Medbullets, op4 or op5",
        sources={"medbullets_op4": 308, "medbullets_op5": 308},
        options="4 or 5",
        language="en",
        facets=(),
        trap="the two variants have other scores; the variant is named in every result; ten questions stand twice",
    ),
    Listed(
        name="medmcqa",
        title="MedMCQA validation",
        sources={"medmcqa": 4183},
        options="4",
        language="en",
        facets=("subject", "topic", "choice_type"),
        trap="keys count from 0 on the hub and from 1 in the original JSON; which it is must be plain from the file",
    ),
    Listed(
        name="medqa",
        title="MedQA (USMLE, four options) test",
        sources={"medqa": 1273},
        options="4",
        language="en",
        facets=("exam_step",),
        trap="the file with five options is another benchmark",
    ),
    Listed(
        name="medxpertqa",
        title="MedXpertQA Text test",
        sources={"medxpertqa_text": 2450},
        options="10",
        language="en",
        facets=("medical_task", "body_system", "question_type"),
        trap="the options also stand at the end of each stem, where they are taken out",
    ),
    Listed(
        name="pubmedqa",
        title="PubMedQA labelled (1,000, or the official test half of 500)",
        sources={"pubmedqa": 1000, "pubmedqa_test": 500},
        options="3",
        language="en",
        facets=("year",),
        trap="always 'yes' has 0.552; the 500 need the file of official test ids",
    ),
    Listed(
        name="mmlu_pro_biology",
        title="MMLU-Pro Biology test",
        sources={"mmlu_pro_biology": 717},
        options="3 to 10",
        language="en",
        facets=("src",),
        trap="617 of the items have ten options",
    ),
    Listed(
        name="mmlu_pro_health",
        title="MMLU-Pro Health test",
        sources={"mmlu_pro_health": 818},
        options="3 to 10",
        language="en",
        facets=("src",),
        trap="all items come from the original MMLU, and so does its contamination",
    ),
)
"""In the paper's order of columns (arXiv 2509.15279, section 4)."""


def benchmark_kind(name: str, config: SourceConfig) -> SourceConfig:
    """The config with the loader that a benchmark's short name means. BadInput with the nearest name.

    A name of one's own needs a `kind`: one of the nine, or "questions" or "table" for a set of one's own.
    """
    known = [each.name for each in LISTING]
    kind = config.kind or name
    loader = SHORT.get(kind, kind)
    if loader in BENCHMARKS or loader in OWN_SETS:
        return config.model_copy(update={"kind": loader})
    training = f"; '{kind}' is a set to train on" if kind in LOADERS else ""
    raise BadInput(f"no benchmark '{kind}'{nearest(kind, known)}{training}; there are {', '.join(known)}")
