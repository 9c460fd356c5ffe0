"""The same predictions as the scripts of others score them, and where the difference to the strict score comes from.

- huatuo: HuatuoGPT-o1, evaluation/scorer.py and eval.py (as in xk-huang/HuatuoGPT-o1, commit dc6e08a). Empty outputs
  leave the denominator. The letter after "answer is", else any letter that stands alone, else the option whose text
  occurs, else the option most like the whole output: an answer is always found. The score is the larger of what the
  first and the last match give over the whole set.
- m1: the same script, on outputs to which an answer was forced where the budget ended the thought ("Final Answer:").
- citrus: Citrus (jdh-algo/Citrus, commit bddd7b1). The last <answer> block, or the whole output where there is none,
  must be the letter. Answers of more than three characters are put to a model there, which cannot be repeated here: the
  option's text counts instead. Its second figure leaves failed requests out of the denominator.

The rules are told in our own code; first written in 2026 from those files. None of them tells a truncated thought from
a wrong answer.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from florey.answer import shown
from florey.answer.choices import choice
from florey.errors import BadInput, nearest
from florey.evaluation.verdicts import scored
from florey.records import LETTERS, Prediction, Question, Reading, Record, Verdict

Script = Literal["huatuo", "m1", "citrus"]
SCRIPTS: tuple[Script, ...] = ("huatuo", "m1", "citrus")
_FINAL = "## Final Response\n\n"
_STATED = re.compile(r"answer is\s*([A-N])")
_LAST_BLOCK = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_KNOWN = 14  # letters that the script of HuatuoGPT-o1 looks for


class CompatScore(Record):
    """One benchmark as a script of others scores it."""

    script: Script
    theirs: float
    denominator: int  # predictions that it counts
    ours: float  # strict: correct verdicts over all predictions
    n: int
    difference: float  # theirs - ours
    gained: dict[str, int]  # right for them and not for us, by our verdict
    lost: int  # right for us and not for them
    left_out: int  # predictions that it does not count
    of_valid: float | None = None  # citrus: over predictions that are no failed requests


def compat(
    script: str, questions: Sequence[Question], predictions: Sequence[Prediction], reading: Reading = "tags"
) -> CompatScore:
    """BadInput for a script that is none of `SCRIPTS`."""
    if script not in SCRIPTS:
        raise BadInput(f"no script '{script}'{nearest(script, SCRIPTS)}; there are {', '.join(SCRIPTS)}")
    by_id = {question.id: question for question in questions}
    pairs = [(by_id[each.question_id], each) for each in predictions if each.question_id in by_id]
    strict = [scored(question, each, reading=reading).verdict for question, each in pairs]
    found = [_citrus(*pair) if script == "citrus" else _huatuo(*pair, forced=script == "m1") for pair in pairs]
    counted = [each for each in found if each is not None]
    # first and last match of the whole set, whichever scores more
    column = max((0, 1), key=lambda which: sum(each[which] for each in counted))
    right = [each is not None and each[column] for each in found]
    pairs_of_verdicts = list(zip(right, strict, strict=True))
    theirs = sum(right) / len(counted) if counted else 0.0
    ours = strict.count(Verdict.CORRECT) / len(strict) if strict else 0.0
    gained = Counter(verdict.value for their, verdict in pairs_of_verdicts if their and verdict is not Verdict.CORRECT)
    answered = sum(each.failure is None for _, each in pairs)
    return CompatScore(
        script=next(each for each in SCRIPTS if each == script),
        theirs=theirs,
        denominator=len(counted),
        ours=ours,
        n=len(strict),
        difference=theirs - ours,
        gained=dict(sorted(gained.items())),
        lost=sum(not their and verdict is Verdict.CORRECT for their, verdict in pairs_of_verdicts),
        left_out=len(found) - len(counted),
        of_valid=sum(right) / answered if script == "citrus" and answered else None,
    )


def _huatuo(question: Question, prediction: Prediction, *, forced: bool) -> tuple[bool, bool] | None:
    """Whether the first and the last match are right; None for an output that is left out."""
    text = prediction.text
    if forced and not prediction.finished and prediction.forced:
        text += f"\nFinal Answer:{prediction.forced}"
    if not text:
        return None
    asked = shown(question, prediction.order)
    first, last = _matches(text, asked.options)
    return first == asked.letter, last == asked.letter


def _matches(text: str, options: Sequence[str]) -> tuple[str, str]:
    text = text.rpartition(_FINAL)[2]
    said = _STATED.findall(text) or _alone(len(options)).findall(text)
    if said:
        return said[0], said[-1]
    lowered, letters = text.lower(), LETTERS[: len(options)]
    texts = [(letter, option.lower()) for letter, option in zip(letters, options, strict=True)]
    there = [each for each in texts if each[1] in lowered]
    if there:
        # both are the largest place: of the first occurrences, and of the last ones
        first = max(there, key=lambda each: lowered.index(each[1]))[0]
        return first, max(there, key=lambda each: lowered.rindex(each[1]))[0]
    likeness = [difflib.SequenceMatcher(None, option.lower(), lowered).ratio() for option in options]
    most = max(range(len(options)), key=lambda place: (likeness[place], place))  # of equals the last
    return letters[most], letters[most]


def _alone(options: int) -> re.Pattern[str]:
    """A letter between marks, spaces or Chinese characters, which is no article ("a ")."""
    letters = LETTERS[: min(options, _KNOWN)]
    return re.compile(rf"(?:[\u4e00-\u9fff]|is |\W|^)(?![aA] )([{letters}])(?:\W|[\u4e00-\u9fff]|$)")


def _citrus(question: Question, prediction: Prediction) -> tuple[bool, bool]:
    asked = shown(question, prediction.order)
    found = _LAST_BLOCK.findall(prediction.text)
    said = (found[-1] if found else prediction.text).strip()
    right = said == asked.letter if len(said) <= 3 else choice(said, asked.options).index == asked.gold
    return right, right
