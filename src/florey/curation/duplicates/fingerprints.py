"""Questions as integers: 64-bit hashes of text, options and answer, and of the tokens of the near comparison.

Python only collects the strings; they are normalised, cut into words and hashed by a kernel, chunk by chunk. Whatever
the chunks and threads, a question has the same hashes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from florey.curation.duplicates.characters import IN_WORD, WORD_ALONE, characters
from florey.curation.duplicates.definition import nodes, reading
from florey.curation.text import normalise
from florey.graph.sampling.compiled import in_chunks, kernel
from florey.records import Question

Hashes = npt.NDArray[np.uint64]
Offsets = npt.NDArray[np.int64]
CHUNK = 4096
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


def fingerprints(questions: Sequence[Question], shingle: int = 3, threads: int | None = None) -> Fingerprints:
    """`shingle`: words in a row that make a token; `threads`: one for each core where none are given."""
    characters()  # before threads ask for it at once
    parts: dict[int, Fingerprints] = {}

    def work(start: int, stop: int) -> None:
        parts[start] = _chunk(questions[start:stop], shingle)

    in_chunks(work, len(questions), threads or os.cpu_count() or 1, CHUNK)
    done = [parts[start] for start in sorted(parts)] or [_chunk([], shingle)]
    lengths = np.concatenate([np.diff(part.starts) for part in done])
    return Fingerprints(
        *(np.concatenate([getattr(part, name) for part in done]) for name in ("texts", "options", "answers", "tokens")),
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    )


def _chunk(questions: Sequence[Question], shingle: int) -> Fingerprints:
    strings: list[str] = []
    shape: list[int] = []  # per question: options, option ids, nodes, gold
    for question in questions:
        named = nodes(question) if question.conditions else []
        strings.append(reading(question) if question.context else question.stem)
        strings += question.options
        strings += question.option_ids
        strings += named
        shape += (
            len(question.options),
            len(question.option_ids),
            len(named) if question.conditions else -1,
            question.gold,
        )
    shapes = np.array(shape, np.int64).reshape(len(questions), 4)
    verbatim = _verbatim(shapes, len(strings))
    codes, bounds = _encoded(strings)
    for place in np.flatnonzero(_intricate(codes, bounds, verbatim, characters().fold)).tolist():
        strings[place] = normalise(strings[place])
        verbatim[place] = True
    if verbatim.any():
        codes, bounds = _encoded(strings)
    hashes = np.empty((3, len(questions)), np.uint64)
    tokens = np.empty(len(codes) + len(strings) + len(questions), np.uint64)
    starts = np.zeros(len(questions) + 1, np.int64)
    _fill(codes, bounds, verbatim, shapes, shingle, *characters(), hashes, tokens, starts)
    return Fingerprints(*hashes, tokens[: starts[-1]].copy(), starts)


def _verbatim(shapes: Offsets, strings: int) -> npt.NDArray[np.bool_]:
    """Which strings are ids: they are taken as they stand."""
    texts, ids = 1 + shapes[:, 0], shapes[:, 1] + np.maximum(shapes[:, 2], 0)
    runs = np.stack([texts, ids], 1).ravel()
    return np.repeat(np.tile([False, True], len(shapes)), runs) if strings else np.zeros(0, np.bool_)


def _encoded(strings: Sequence[str]) -> tuple[npt.NDArray[np.uint32], Offsets]:
    """Code points of all strings in a row, and where each begins; one longer than the strings."""
    bounds = np.zeros(len(strings) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, strings), np.int64, len(strings)), out=bounds[1:])
    return np.frombuffer("".join(strings).encode("utf-32-le", "surrogatepass"), np.uint32), bounds


@kernel
def _intricate(
    codes: npt.NDArray[np.uint32], bounds: Offsets, verbatim: npt.NDArray[np.bool_], fold: npt.NDArray[np.uint32]
) -> npt.NDArray[np.bool_]:
    """Which strings have a character that is not normalised by itself."""
    found = np.zeros(len(verbatim), np.bool_)
    for string in range(len(verbatim)):
        if not verbatim[string]:
            for at in range(bounds[string], bounds[string + 1]):
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
def _hash(
    codes: npt.NDArray[np.uint32],
    start: int,
    stop: int,
    verbatim: bool,
    role: np.uint64,
    fold: npt.NDArray[np.uint32],
    trailing: npt.NDArray[np.bool_],
) -> np.uint64:
    """Of the normalised string."""
    space = np.uint64(ord(" "))
    state, waiting, begun = role, False, False
    if not verbatim:
        while stop > start and trailing[codes[stop - 1]]:
            stop -= 1
    for at in range(start, stop):
        code = np.uint64(codes[at] if verbatim else fold[codes[at]])
        if code == space and not verbatim:
            waiting = begun
            continue
        if waiting:
            state = _stirred(state, space)
        state, waiting, begun = _stirred(state, code), False, True
    return _stirred(state, role)


@kernel
def _shingles(
    codes: npt.NDArray[np.uint32],
    start: int,
    stop: int,
    verbatim: bool,
    fold: npt.NDArray[np.uint32],
    kind: npt.NDArray[np.uint8],
    width: int,
    tokens: Hashes,
    at: int,
) -> int:
    """Writes a hash for each `width` words in a row from `at` on, or one for all words where they are fewer."""
    count, state = 0, _ZERO
    for place in range(start, stop):
        code = codes[place] if verbatim else fold[codes[place]]
        what = kind[min(code, len(kind) - 1)]
        if state != _ZERO and what != IN_WORD:
            tokens[at + count] = state
            count, state = count + 1, _ZERO
        if what == IN_WORD:
            state = _stirred(state, np.uint64(code))
        elif what == WORD_ALONE:
            tokens[at + count] = _stirred(_ZERO, np.uint64(code))
            count += 1
    if state != _ZERO:
        tokens[at + count] = state
        count += 1
    made = max(1, count - width + 1)
    for first in range(made):  # in place: those behind `first` are read no more
        state = _SHINGLE
        for place in range(first, min(first + width, count)):
            state = _stirred(state, tokens[at + place])
        tokens[at + first] = _stirred(state, _SHINGLE)
    return at + made


@kernel
def _fill(
    codes: npt.NDArray[np.uint32],
    bounds: Offsets,
    verbatim: npt.NDArray[np.bool_],
    shapes: Offsets,
    width: int,
    fold: npt.NDArray[np.uint32],
    trailing: npt.NDArray[np.bool_],
    kind: npt.NDArray[np.uint8],
    hashes: Hashes,
    tokens: Hashes,
    starts: Offsets,
) -> None:
    string, at = 0, 0
    for row in range(len(shapes)):
        options, ids, named, gold = shapes[row]
        start, stop = bounds[string], bounds[string + 1]
        hashes[0, row] = _hash(codes, start, stop, verbatim[string], _TEXT, fold, trailing)
        if named < 0:
            at = _shingles(codes, start, stop, verbatim[string], fold, kind, width, tokens, at)
        string, together = string + 1, _ZERO
        for option in range(options):
            value = _hash(codes, bounds[string], bounds[string + 1], verbatim[string], _OPTION, fold, trailing)
            together += _stirred(value, _OPTION)
            if option == gold:
                hashes[2, row] = value
            if ids == 0:
                tokens[at] = value
                at += 1
            string += 1
        hashes[1, row] = together
        for place in range(ids + max(named, 0)):
            role = _OPTION if place < ids else _NODE
            tokens[at] = _hash(codes, bounds[string], bounds[string + 1], True, role, fold, trailing)
            string, at = string + 1, at + 1
        starts[row + 1] = at
