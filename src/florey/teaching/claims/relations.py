"""Which relation a clause speaks of: "is treated with" says nothing of what a disease has."""

from __future__ import annotations

import re

_I = re.IGNORECASE
_SPEAKS = {
    "treated": re.compile(
        r"\b(?:treat\w*|therap\w*|prevent\w*|prophyla\w*|manage[sd]?|given\s+for|indicated)\b|治疗|预防|用于", _I
    ),
    "contraindicated": re.compile(r"\b(?:contraindicat\w*|avoid\w*)\b|禁忌|禁用|慎用", _I),
    "side_effect": re.compile(r"\b(?:side\s+effects?|adverse)\b|不良反应|副作用", _I),
}
_OF = {
    "treated_by": "treated",
    "palliated_by": "treated",
    "prevented_by": "treated",
    "contraindicated_in": "contraindicated",
    "has_side_effect": "side_effect",
}


def speaks_of_another(clause: str, relation: str) -> bool:
    """Whether a clause has words of another relation than this one.

    >>> speaks_of_another("it is treated with aspirin", "has_finding")
    True
    """
    return any(name != _OF.get(relation) and pattern.search(clause) for name, pattern in _SPEAKS.items())
