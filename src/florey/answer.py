"""THE grammar of an answer: ``<think>…</think><answer>X</answer>``.

Reward, evaluation, filters and audits all read completions with this module and with nothing else
(paper, section 3.3: the answer stands inside <answer></answer>).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from florey.records import LETTERS, Question, Verdict

INSTRUCTION = (
    "Reason step by step inside <think></think>, then give the letter of the one correct option "
    "inside <answer></answer>."
)

_BLOCK = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_WHOLE = re.compile(r"\s*<think>(?P<think>.*?)</think>\s*<answer>(?P<answer>.*?)</answer>\s*", re.DOTALL)
_TAG = re.compile(r"</?(?:think|answer)>")
_LETTER = re.compile(r"\(?([A-Za-z])\)?\s*[.:)]?\s*")
_LETTERS = re.compile(r"\(?([A-Za-z])\)?(?:\s*(?:,|;|/|&|\+|\band\b|\bor\b)\s*\(?([A-Za-z])\)?)+\.?", re.IGNORECASE)


@dataclass(frozen=True)
class Parsed:
    """What a completion says. `choice` is an option index, or None; `several` marks contradicting answers."""

    choice: int | None
    several: bool
    well_formed: bool  # exactly one think block, then one answer block with one valid letter, nothing else
    thought: str


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".")


def _choice(content: str, options: Sequence[str]) -> tuple[int | None, bool]:
    """(option index or None, whether several options are named) for the inside of one answer block."""
    content = content.strip()
    texts = [_plain(option) for option in options]
    # A letter, bare or as "(B).", is a letter even where an option's text is one too (blood group B, vitamin A).
    bare = _LETTER.fullmatch(content)
    is_letter = bare is not None and bare.group(1).upper() in LETTERS[: len(options)]
    if not is_letter and _plain(content) in texts:
        return texts.index(_plain(content)), False
    if match := _LETTERS.fullmatch(content):
        letters = set(re.findall(r"\b[A-Z]\b", content.upper()))
        if len(letters) > 1:
            return None, True
        content = match.group(1)
    if not (match := _LETTER.match(content)):
        return None, False
    index, rest = LETTERS.index(match.group(1).upper()), content[match.end() :]
    if index >= len(options):
        return None, False
    if rest and _plain(rest) != texts[index]:  # "B. text" counts only with option B's own text
        return None, _plain(rest) in texts
    return index, False


def parse(text: str, options: Sequence[str], *, prefilled: bool = False) -> Parsed:
    """Read a completion.

    `options` are the option texts in the order shown. `prefilled`: the prompt already ended in
    ``<think>``, so that the completion starts inside the thought.

    >>> parse("<think>x</think><answer>B</answer>", ["yes", "no"]).choice
    1
    >>> parse("the answer is B", ["yes", "no"]).choice is None
    True
    """
    if prefilled:
        text = "<think>" + text
    found = [_choice(block, options) for block in _BLOCK.findall(text)]
    choices = {choice for choice, _ in found if choice is not None}
    several = len(choices) > 1 or any(many for _, many in found)
    choice = choices.pop() if len(choices) == 1 and not several else None
    whole = _WHOLE.fullmatch(text)
    well_formed = (
        whole is not None
        and choice is not None
        and whole["think"].strip() != ""
        and not _TAG.search(whole["think"])
        and re.fullmatch(r"\s*[A-Z]\s*", whole["answer"]) is not None
    )
    thought = whole["think"] if whole else text.partition("<answer>")[0]
    return Parsed(choice, several, well_formed, _TAG.sub("", thought).strip())


def verdict(parsed: Parsed, gold: int, *, finished: bool = True) -> Verdict:
    """One of the five outcomes. `finished=False` says that the token budget ended the completion."""
    if parsed.several:
        return Verdict.SEVERAL
    if parsed.choice is None:
        return Verdict.UNPARSED if finished else Verdict.TRUNCATED
    return Verdict.CORRECT if parsed.choice == gold else Verdict.WRONG


def judge(text: str, question: Question, *, finished: bool = True, prefilled: bool = False) -> Verdict:
    """The verdict on one completion of one question."""
    return verdict(parse(text, question.options, prefilled=prefilled), question.gold, finished=finished)


def completion(thought: str, gold: int) -> str:
    """The well-formed completion for a thought and an option index."""
    return f"<think>{thought}</think><answer>{LETTERS[gold]}</answer>"


def show(question: Question) -> str:
    """The question as a model sees it: its context where it has one, the stem, then one lettered option a line."""
    options = "\n".join(f"{LETTERS[i]}. {option}" for i, option in enumerate(question.options))
    context = f"{question.context}\n\n" if question.context else ""
    return f"{context}{question.stem}\n{options}"
