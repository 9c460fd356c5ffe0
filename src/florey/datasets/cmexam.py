"""CMExam (Liu et al. 2023): the Chinese licensing examination, options in one cell as lines "A …", some keys of several
letters, which are kept out."""

from __future__ import annotations

import re

from florey.datasets.config import SourceConfig
from florey.datasets.items import Skip, by_letter, checked, optional, text
from florey.datasets.rows import Row
from florey.records import LETTERS, Question

LICENCE = "CMExam, Apache-2.0: Liu et al., Benchmarking LLMs on CMExam (2023), https://github.com/williamliujl/CMExam"
_LINES = re.compile(r"\\n|\r?\n")
_OPTION = re.compile(r"([A-Z])[\s.、．:：)）]*(.*)", re.DOTALL)


def split_options(cell: str) -> list[str]:
    """The options of a cell. Skip("options_unreadable") where its letters are not A, B, C, … in order.

    >>> split_options("A 原发病\\nB 出血部位")
    ['原发病', '出血部位']
    """
    options: list[str] = []
    for line in filter(None, map(str.strip, _LINES.split(cell))):
        found = _OPTION.fullmatch(line)
        if found and found[1] == LETTERS[len(options)]:
            options.append(found[2].strip())
        elif options and not (found and found[1] in LETTERS[: len(options)]):
            options[-1] += f" {line}"  # an option of two lines
        else:
            raise Skip("options_unreadable")
    return options


def question(row: Row, config: SourceConfig) -> Question:
    options = checked(split_options(text(row, "Options")))
    return Question(
        stem=text(row, "Question"),
        options=options,
        gold=by_letter(text(row, "Answer"), options),
        language="zh",
        source="cmexam",
        specialty=optional(row, "Clinical Department") or optional(row, "Medical Discipline"),
        licences=(LICENCE,),
    )
