"""Options in another order, with the gold re-keyed: so that a letter cannot be what a model knows."""

from __future__ import annotations

import random
import re

from florey.files import digest
from florey.records import Question

_BY_PLACE = re.compile(
    r"\b(?:all|none|both|any|neither|either|some|two|three) (?:of )?(?:the )?"
    r"(?:above|below|preceding|foregoing|these|those|other options|others|options)\b"
    r"|以上(?:都|均|皆|全|各|选项|说法|情况)|(?:都|均|皆|全)(?:是|对|不是|不对|正确|错误)$",
    re.IGNORECASE,
)


def speaks_of_others(option: str) -> bool:
    """Whether an option is about the others ("all of the above"), so that it must stay where it is.

    >>> speaks_of_others("All of the above"), speaks_of_others("以上都是"), speaks_of_others("All four limbs")
    (True, True, False)
    """
    return _BY_PLACE.search(option) is not None


def shuffled(question: Question, seed: int) -> tuple[Question, tuple[int, ...]]:
    """(the question with its options in an order drawn from its id and the seed, order).

    `order[place]` is the index that the option shown at `place` had. Options that speak of the others keep their
    place. The returned question has the same id, so that what is said of it can be filed.
    """
    free = [index for index, option in enumerate(question.options) if not speaks_of_others(option)]
    drawn = list(free)
    random.Random(int(digest([seed, question.id]), 16)).shuffle(drawn)
    order = list(range(len(question.options)))
    for place, index in zip(free, drawn, strict=True):
        order[place] = index
    moved = {
        "options": tuple(question.options[index] for index in order),
        "option_ids": tuple(question.option_ids[index] for index in order) if question.option_ids else (),
        "gold": order.index(question.gold),
    }
    return question.model_copy(update=moved), tuple(order)
