"""Where in a completion the thought stands and where the answers: tags, however they are written.

One pass over the tags, so that a megabyte of them takes as long for each as a line does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""Full-width forms as plain ones, character by character: "＜ａｎｓｗｅｒ＞" is a tag."""
_WIDE_TAG = re.compile("[＜＞／ａ-ｚＡ-Ｚ]")  # wide commas and stops stand in all Chinese text
_SOMETHING = re.compile(r"\S")
TAG = re.compile(r"<\s{0,4}(/?)\s{0,4}(think|answer)\s{0,4}>", re.IGNORECASE)


@dataclass
class Blocks:
    """`answers`: the insides of the answer blocks outside of any thought, in order."""

    answers: list[str] = field(default_factory=list)
    open_thought: bool = False  # the last thought was never closed, and the answers may stand in it
    outside: list[tuple[int, int]] = field(default_factory=list)  # spans of text that are no closed thought, no tag
    begins: int | None = None  # where the first answer block does


def plain(text: str) -> str:
    """The text with full-width forms as plain ones; as long as before."""
    return text.translate(WIDE) if not text.isascii() and _WIDE_TAG.search(text) else text


def blocks(text: str) -> Blocks:
    """Of a text that went through `plain`.

    - What stands in a closed thought is no answer. A closing tag without an opening one closes a thought that the
      prompt had opened, so that all before it is thought; where nothing at all follows it, it is a slip of the pen.
    - A thought that is never closed holds no answer back: a model may forget to close it. `open_thought` says so, and
      where the token budget ended the completion such an answer is not taken (see `grammar.verdict`).
    - An opening tag within an answer begins it anew; an answer that is never closed is none.
    """
    found = Blocks()
    here: list[str] = []  # answers since the last tag of a thought
    spans: list[tuple[int, int]] = []
    thinking, start, since = False, -1, 0
    for tag in TAG.finditer(text):
        closes, name = bool(tag[1]), tag[2].lower()
        if name == "answer":
            if not closes:
                start = tag.end()
                if found.begins is None:
                    found.begins = tag.start()
            elif start >= 0:
                here.append(text[start : tag.start()])
                start = -1
            continue
        start = -1
        spans.append((since, tag.start()))
        since = tag.end()
        if not closes:
            if not thinking:
                _keep(found, here, spans)
            thinking = True
        elif thinking or _SOMETHING.search(text, tag.end()):
            here, spans, thinking = [], [], False
    spans.append((since, len(text)))
    _keep(found, here, spans)
    found.open_thought = thinking
    return found


def _keep(found: Blocks, answers: list[str], spans: list[tuple[int, int]]) -> None:
    found.answers += answers
    found.outside += spans
    answers.clear()
    spans.clear()
