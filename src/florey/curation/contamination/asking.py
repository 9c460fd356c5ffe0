"""Whether two questions of like words ask the same.

The same words are not yet the same question: "drug of first choice in absence seizures" and "… in focal seizures"
differ in one, a case may be told once for its diagnosis and once for its treatment, and "no fever, but a cough" is not
"fever, but no cough". So the stem alone decides only where it tells a case (words before the sentence that asks), the
same is asked of it and the same is denied. Everything else is the same question only if the options agree as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from florey.curation.text import normalise, words
from florey.records import Question

_CLAUSE_END = re.compile(r"[.?!]+(?=\s|$)|[。？！；，：]|,(?=[\u3400-\u9fff])")
_FIRST_CJK = "\u3040"
_ASKING = """
a an the of in on at to for by with from as is are was were be been do does did has have had which what who whom how
following one ones most more likely best appropriate would will should could may might can you your he she his her him
it its this that these those there patient patients s and or if given
的 是 为 该 此 患 者 最 可 能 应 下 列 哪 项 种 个 一 何 关 于 有 在 与 和 及 或 属 以 上 述 其 中 病 人
"""
"""Words of a question's last sentence that do not tell one question from another."""
_NEGATIONS = """
no not without denies denied except never neither nor none least cannot isn aren wasn weren doesn don didn
无 不 未 否 非 没 除 错 误
"""
_TELL_NOTHING = "yes no maybe true false correct incorrect 是 否 不是 对 错 不对 正确 错误 不确定"
"""Options that agree in any two questions that have them."""
_SAME_ASKED = 0.7
_ASKS = 3
"""Words that a sentence has which asks by itself; "Why?" does not."""

_asking, _negations = frozenset(_ASKING.split()), frozenset(_NEGATIONS.split())


@dataclass(frozen=True)
class Reading:
    """A question as its words are compared."""

    question: Question

    @cached_property
    def stem(self) -> tuple[str, ...]:
        return tuple(words(self.question.stem))

    @cached_property
    def context(self) -> tuple[str, ...]:
        return tuple(words(self.question.context)) if self.question.context else ()

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The words of the stem's last sentence, in Chinese of its last clause; with those before a very short one."""
        asked: list[str] = []
        for part in reversed(_CLAUSE_END.split(self.question.stem)):
            if length(asked) < _ASKS:
                asked = [*words(part), *asked]
        return tuple(asked)

    @cached_property
    def options(self) -> frozenset[str]:
        return frozenset(map(_option, self.question.options))

    @cached_property
    def gold(self) -> str:
        return _option(self.question.options[self.question.gold])

    @cached_property
    def denied(self) -> frozenset[tuple[str, str]]:
        """Each word that denies, with the one after it."""
        return frozenset(
            (word, after) for word, after in zip(self.stem, (*self.stem[1:], ""), strict=True) if word in _negations
        )

    @cached_property
    def case(self) -> float:
        """Length of what is told before anything is asked."""
        return length(self.stem) - length(self.asked)


def _option(text: str) -> str:
    return " ".join(words(text)) or normalise(text)


_tell_nothing = frozenset(map(_option, _TELL_NOTHING.split()))


def length(said: Sequence[str]) -> float:
    """Number of words; two Chinese characters count as one."""
    return sum(0.5 if word >= _FIRST_CJK else 1 for word in said)


def asks_the_same(one: Reading, other: Reading) -> bool:
    """Whether the last sentences name the same things (Dice's coefficient), and the stems deny the same."""
    mine, theirs = ({word for word in each.asked if word not in _asking} for each in (one, other))
    if one.denied != other.denied:
        return False
    return not (mine or theirs) or 2 * len(mine & theirs) >= _SAME_ASKED * (len(mine) + len(theirs))


def answers_differ(one: Reading, other: Reading) -> bool:
    """Whether each could have given the other's answer, and did not."""
    return one.gold != other.gold and one.gold in other.options and other.gold in one.options


def options_agree(one: Reading, other: Reading, share: float) -> bool:
    """Whether answer and `share` of the options of the one that has fewer are the same, or all words and options."""
    same_stem, fewer = one.stem == other.stem, min(len(one.options), len(other.options))
    if (one.options | other.options) <= _tell_nothing:
        return same_stem
    shared = len(one.options & other.options)
    return (shared >= share * fewer and one.gold == other.gold) or (same_stem and shared == fewer)
