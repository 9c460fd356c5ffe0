"""What may become of a text on its way through a language model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a rewritten stem is not taken."""

    NO_ANSWER = "no answer of the model"
    LANGUAGE = "written in another language"
    OWN_QUESTION = "asks a question of its own"
    ECHO = "says wrongly where it names a fact"
    LOST = "a fact lost"
    ADDED = "a fact added"
    NEGATED = "a fact negated"
    AFFIRMED = "an absence turned into a presence"
    UNCERTAIN = "a fact made uncertain"
    FAMILY = "a fact told of a relative"
    FAVOURED = "one of the compared favoured"
    SWAPPED = "the compared swapped"
    ANSWER = "the answer named"
    DISTRACTOR = "a distractor named"
    PATIENT = "age or sex added"
    NUMBER = "a number or duration added"
    CERTIFICATE = "the certificate does not hold"
    UNFIT = "not a question that can be rewritten"  # found before any model is asked


@dataclass(frozen=True, slots=True)
class Drift:
    """One fault. `detail` goes to the model that is asked again, so it never says that a name is the answer's."""

    reason: Reason
    detail: str
