"""Questions as integers: 64-bit hashes of text, options and answer, and of the tokens of the near comparison.

Python only collects the strings; they are normalised, cut into words and hashed by a kernel, chunk by chunk. Whatever
the chunks and threads, a question has the same hashes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from florey.curation.duplicates.characters import IN_WORD, WORD_ALONE, characters
from florey.curation.duplicates.definition import HELD_OUT_FIRST, by_precedence, nodes, reading
from florey.curation.text import normalise
from florey.graph.sampling.compiled import in_chunks, kernel
from florey.records import Question

Codes = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]
Offsets = npt.NDArray[np.int64]
CHUNK = 1024
"""Questions that a thread takes at a time: their text fits the processor's cache."""

_TEXT, _SHINGLE, _OPTION, _NODE = (np.uint64(each) for each in (0x51, 0x52, 0x53, 0x54))  # roles: equal words of
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # different roles are different tokens
_HALF = np.uint64(32)
_ZERO = np.uint64(0)


@dataclass(frozen=True)
class Fingerprints:
    """n questions; `tokens[starts[i]:starts[i + 1]]` are those of question i, unsorted, some more than once."""

    texts: Hashes  # n: of what is read before the options
    options: Hashes  # n: of all options, whatever their order
    answers: Hashes  # n: of the gold option
    tokens: Hashes
    starts: Offsets  # n + 1
    order: Offsets  # n: positions by precedence


def fingerprints(questions: Sequence[Question], shingle: int = 3, threads: int | None = None) -> Fingerprints:
    """`shingle`: words in a row that make a token; `threads`: one for each core where none are given."""
    characters()  # before threads ask for it at once
    chunks: dict[int, _Chunk] = {}

    def work(start: int, stop: int) -> None:
        chunks[start] = _chunk(questions[start:stop], shingle)

    in_chunks(work, len(questions), threads or os.cpu_count() or 1, CHUNK)
    done = [chunks[start] for start in sorted(chunks)] or [_chunk([], shingle)]
    texts, options, answers = np.concatenate([chunk.hashes for chunk in done], axis=1)
    return Fingerprints(
        texts=texts,
        options=options,
        answers=answers,
        tokens=np.concatenate([chunk.tokens for chunk in done]),
        starts=np.cumsum(np.concatenate([[0], *(chunk.lengths for chunk in done)])),
        order=by_precedence(
            [each for chunk in done for each in chunk.held_out], [id for chunk in done for id in chunk.ids]
        ),
    )


class _Chunk(NamedTuple):
    """Of some questions in a row."""

    hashes: Hashes  # 3 x n: texts, options, answers
    tokens: Hashes
    lengths: Offsets  # n: how many tokens are of each question
    held_out: list[int]
    ids: list[str]


def _chunk(questions: Sequence[Question], shingle: int) -> _Chunk:
    strings: list[str] = []
    shape: list[int] = []  # per question: options, option ids, nodes or -1 where it comes from no graph, gold
    held_out: list[int] = []
    ids: list[str] = []
    for question in questions:  # once: reading the records takes as long as most of what follows
        strings.append(reading(question) if question.context else question.stem)
        strings += question.options
        strings += question.option_ids
        named = -1
        if question.conditions:
            found = nodes(question)
            strings += found
            named = len(found)
        shape += (len(question.options), len(question.option_ids), named, question.gold)
        held_out.append(HELD_OUT_FIRST[question.split])
        ids.append(question.id)
    shapes = np.array(shape, np.int64).reshape(len(questions), 4)
    verbatim = _verbatim(shapes, len(strings))
    codes, starts, stops = _encoded(strings)
    intricate = np.flatnonzero(_intricate(codes, starts, stops, verbatim, characters().fold))
    if len(intricate):
        more, starts[intricate], stops[intricate] = _encoded([normalise(strings[place]) for place in intricate])
        for bounds in (starts, stops):
            bounds[intricate] += len(codes)
        codes, verbatim[intricate] = np.concatenate([codes, more]), True
    hashes = np.empty((3, len(questions)), np.uint64)
    tokens = np.empty(len(codes) + len(strings) + len(questions), np.uint64)
    ends = np.empty(len(questions), np.int64)
    _fill(codes, starts, stops, verbatim, shapes, shingle, *characters(), hashes, tokens, ends)
    return _Chunk(hashes, tokens[: ends[-1] if len(ends) else 0].copy(), np.diff(ends, prepend=0), held_out, ids)


def _verbatim(shapes: Offsets, strings: int) -> npt.NDArray[np.bool_]:
    """Which strings are ids: they are taken as they stand."""
    texts, ids = 1 + shapes[:, 0], shapes[:, 1] + np.maximum(shapes[:, 2], 0)
    runs = np.stack([texts, ids], 1).ravel()
    return np.repeat(np.tile([False, True], len(shapes)), runs) if strings else np.zeros(0, np.bool_)


def _encoded(strings: Sequence[str]) -> tuple[Codes, Offsets, Offsets]:
    """Code points of all strings in a row, and where each begins and ends."""
    lengths = np.fromiter(map(len, strings), np.int64, len(strings))
    stops = np.cumsum(lengths)
    return np.frombuffer("".join(strings).encode("utf-32-le"), np.uint32), stops - lengths, stops


@kernel
def _intricate(
    codes: Codes, starts: Offsets, stops: Offsets, verbatim: npt.NDArray[np.bool_], fold: Codes
) -> npt.NDArray[np.bool_]:
    """Which strings have a character that is not normalised by itself."""
    found = np.zeros(len(verbatim), np.bool_)
    for string in range(len(verbatim)):
        if not verbatim[string]:
            for at in range(starts[string], stops[string]):
                if codes[at] >= len(fold) or fold[codes[at]] == 0:
                    found[string] = True
                    break
    return found


@kernel
def _stirred(state: np.uint64, value: np.uint64) -> np.uint64:
    """One step of a hash; a permutation of the state for each value and of the value for each state."""
    state = (state ^ value) * _FACTOR
    return state ^ (state >> _HALF)


@kernel
def _read(
    codes: Codes,
    start: int,
    stop: int,
    verbatim: bool,
    role: np.uint64,
    fold: Codes,
    trailing: npt.NDArray[np.bool_],
    kind: npt.NDArray[np.uint8],
    words: Hashes,
    at: int,
) -> tuple[np.uint64, int]:
    """Hash of the normalised string, and the number of its words; their hashes are written from `at` on."""
    space = np.uint64(ord(" "))
    state, word, first, begun, waiting = role, _ZERO, at, False, False
    if not verbatim:
        while stop > start and trailing[codes[stop - 1]]:
            stop -= 1
    for place in range(start, stop):
        code = np.uint64(codes[place] if verbatim else fold[codes[place]])
        what = kind[min(code, np.uint64(len(kind) - 1))]
        if what != IN_WORD:
            if word != _ZERO:
                words[at] = word
                at, word = at + 1, _ZERO
            if code == space:
                waiting = begun
                continue
            if what == WORD_ALONE:
                words[at] = _stirred(_ZERO, code)
                at += 1
        else:
            word = _stirred(word, code)
        if waiting:
            state, waiting = _stirred(state, space), False
        state, begun = _stirred(state, code), True
    if word != _ZERO:
        words[at] = word
        at += 1
    return _stirred(state, _FACTOR), at - first


@kernel
def _shingles(words: Hashes, at: int, count: int, width: int) -> int:
    """Puts in the place of the words a hash for each `width` in a row, or one for all where they are fewer."""
    made = max(1, count - width + 1)
    for first in range(at, at + made):
        state = _SHINGLE
        for place in range(first, min(first + width, at + count)):
            state = _stirred(state, words[place])
        words[first] = _stirred(state, _FACTOR)  # it is read no more
    return made


@kernel
def _fill(
    codes: Codes,
    starts: Offsets,
    stops: Offsets,
    verbatim: npt.NDArray[np.bool_],
    shapes: Offsets,
    width: int,
    fold: Codes,
    trailing: npt.NDArray[np.bool_],
    kind: npt.NDArray[np.uint8],
    hashes: Hashes,
    tokens: Hashes,
    ends: Offsets,
) -> None:
    string, at = 0, 0
    for row in range(len(shapes)):
        options, ids, named, gold = shapes[row]
        hashes[0, row], words = _read(
            codes, starts[string], stops[string], verbatim[string], _TEXT, fold, trailing, kind, tokens, at
        )
        if named < 0:
            at += _shingles(tokens, at, words, width)
        string, together = string + 1, _ZERO
        for option in range(options):
            value, _ = _read(
                codes, starts[string], stops[string], verbatim[string], _OPTION, fold, trailing, kind, tokens, at
            )
            together += _stirred(value, _FACTOR)
            if option == gold:
                hashes[2, row] = value
            if ids == 0:
                tokens[at] = value
                at += 1
            string += 1
        hashes[1, row] = together
        for place in range(ids + max(named, 0)):
            role = _OPTION if place < ids else _NODE
            tokens[at], _ = _read(codes, starts[string], stops[string], True, role, fold, trailing, kind, tokens, at)
            string, at = string + 1, at + 1
        ends[row] = at
