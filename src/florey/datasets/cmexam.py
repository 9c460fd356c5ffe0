"""CMExam (Liu et al. 2023): the Chinese licensing examination, options in one cell as lines "A …", some keys of several
letters, which are kept out."""

from __future__ import annotations

import re

from florey.datasets.config import SourceConfig
from florey.datasets.items import Options, Skip, by_letter, column, optional, placed, stem
from florey.datasets.rows import Row
from florey.records import LETTERS, Question

LICENCE = "CMExam, Apache-2.0: Liu et al., Benchmarking LLMs on CMExam (2023), https://github.com/williamliujl/CMExam"
_LINES = re.compile(r"\\n|\r?\n")  # a few releases have the two characters \n for the end of a line
_OPTION = re.compile(r"([A-Z])[\s.、．:：)）]*(.*)", re.DOTALL)


def split_options(cell: str) -> Options:
    """The options of a cell, by their letters, of which one may be missing. Skip("options_unreadable") where no line
    has a letter or one comes again.

    >>> split_options("A 原发病\\nB 出血部位")
    Options(letters='AB', texts=('原发病', '出血部位'))
    """
    found: dict[str, str] = {}
    last = ""
    for line in filter(None, map(str.strip, _LINES.split(cell))):
        option = _OPTION.fullmatch(line)
        if option and option[1] > last:
            last = option[1]
            found[last] = option[2].strip()
        elif option or not found:
            raise Skip("options_unreadable")
        else:
            found[last] += f" {line}"  # an option of two lines
    return placed(found.get(letter) for letter in LETTERS)


def question(row: Row, config: SourceConfig) -> Question:
    text = stem(row, "Question")
    options = split_options(str(column(row, "Options") or ""))
    return Question(
        stem=text,
        options=options.texts,
        gold=by_letter(column(row, "Answer"), options),
        language="zh",
        source="cmexam",
        specialty=optional(row, "Clinical Department") or optional(row, "Medical Discipline"),
        licences=(LICENCE,),
        flags=options.flags,
    )
