"""From a completion to what it says, and to one of the five verdicts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from florey.answer.blocks import TAG, blocks, plain
from florey.answer.choices import NONE, choice
from florey.answer.stated import stated
from florey.records import LETTERS, Question, Reading, Verdict

INSTRUCTION = (
    "Reason step by step inside <think></think>, then give the letter of the one correct option "
    "inside <answer></answer>."
)

_STRICT = re.compile(r"\s*[A-Z]\s*")


@dataclass(frozen=True)
class Parsed:
    """What a completion says. `choice` is an option index, or None; `several` marks contradicting answers."""

    choice: int | None
    several: bool
    well_formed: bool  # exactly one think block, then one answer block with one valid letter, nothing else
    thought: str
    in_thought: bool = False  # the answer may stand in a thought that was never closed


def parse(
    text: str, options: Sequence[str], *, prefilled: bool = False, reading: Reading = "tags", stem: str = ""
) -> Parsed:
    """Read a completion.

    `options` are the option texts in the order shown. `prefilled`: the prompt already ended in ``<think>``, so that the
    completion starts inside the thought. `reading`: "stated" reads answers in words where no answer block is. `stem`:
    what was asked; where it has tags itself, a completion that repeats it does not answer by that.

    >>> parse("<think>x</think><answer>B</answer>", ["yes", "no"]).choice
    1
    >>> parse("the answer is B", ["yes", "no"]).choice is None
    True
    >>> parse("so the answer is B.", ["yes", "no"], reading="stated").choice
    1
    """
    if prefilled:
        text = "<think>" + text
    if stem and "<" in stem and TAG.search(stem):
        text = text.replace(stem, "")
    as_written, text = text, plain(text)
    found = blocks(text)
    named = [choice(block, options) for block in found.answers]
    choices = {each.index for each in named if each.index is not None}
    several = len(choices) > 1 or any(each.several for each in named)
    if reading == "stated" and not found.answers:
        said = NONE if found.open_thought else stated("\n".join(text[a:b] for a, b in found.outside), options)
        choices, several = set() if said.index is None else {said.index}, said.several
    only = choices.pop() if len(choices) == 1 and not several else None
    thought = _only_thought(as_written)
    well_formed = thought is not None and only is not None and thought.strip() != ""
    if thought is None:
        first = len(text) if found.begins is None else found.begins
        thought = TAG.sub("", as_written[:first])
    return Parsed(only, several, well_formed, thought.strip(), found.open_thought)


def _only_thought(text: str) -> str | None:
    """The thought of a completion that is one think block and one answer block with a capital letter, nothing else."""
    text = text.strip()
    if not (text.startswith("<think>") and text.endswith("</answer>")):
        return None
    thought, _, rest = text[len("<think>") :].partition("</think>")
    rest = rest.lstrip()
    if not rest.startswith("<answer>") or not _STRICT.fullmatch(rest[len("<answer>") : -len("</answer>")]):
        return None
    return None if "<" in (said := plain(thought)) and TAG.search(said) else thought


def free_answers(text: str, *, finished: bool = True, prefilled: bool = False) -> tuple[str, ...]:
    """What stands in the answer blocks outside of any thought, where no options were shown; distinct, in order.

    Nothing of a thought that the budget ended (`finished` is False).

    >>> free_answers("<think>x</think><answer>Marfan syndrome</answer>")
    ('Marfan syndrome',)
    """
    found = blocks(plain("<think>" + text if prefilled else text))
    if found.open_thought and not finished:
        return ()
    return tuple(dict.fromkeys(said for block in found.answers if (said := " ".join(block.split()))))


def verdict(parsed: Parsed, gold: int, *, finished: bool = True) -> Verdict:
    """One of the five outcomes. `finished=False` says that the token budget ended the completion.

    A thought that the budget ended has given no answer yet, whatever stands in it.
    """
    if not finished and parsed.in_thought:
        return Verdict.TRUNCATED
    if parsed.several:
        return Verdict.SEVERAL
    if parsed.choice is None:
        return Verdict.UNPARSED if finished else Verdict.TRUNCATED
    return Verdict.CORRECT if parsed.choice == gold else Verdict.WRONG


def judge(
    text: str, question: Question, *, finished: bool = True, prefilled: bool = False, reading: Reading = "tags"
) -> Verdict:
    """The verdict on one completion of one question, as it was shown."""
    parsed = parse(text, question.options, prefilled=prefilled, reading=reading, stem=question.stem)
    return verdict(parsed, question.gold, finished=finished)


def completion(thought: str, gold: int) -> str:
    """The well-formed completion for a thought and an option index."""
    return f"<think>{thought}</think><answer>{LETTERS[gold]}</answer>"


def shown(question: Question, order: Sequence[int] | None) -> Question:
    """The question with its options in the order they were shown: `order[place]` is the index of the option there."""
    if order is None:
        return question
    moved = {
        "options": tuple(question.options[index] for index in order),
        "option_ids": tuple(question.option_ids[index] for index in order) if question.option_ids else (),
        "gold": list(order).index(question.gold),
    }
    return question.model_copy(update=moved)


def show(question: Question) -> str:
    """The question as a model sees it: its context where it has one, the stem, then one lettered option a line."""
    options = "\n".join(f"{LETTERS[i]}. {option}" for i, option in enumerate(question.options))
    context = f"{question.context}\n\n" if question.context else ""
    return f"{context}{question.stem}\n{options}"
