"""What a stem may tell: the named nodes of a question and what the evidence says of the patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Named:
    """A node of the graph with its name as it stands there, and its type."""

    id: str
    name: str
    type: str


@dataclass(frozen=True)
class Scene:
    """A question without its words.

    `nodes`: by the variable of the metapath, only what the stem names: never the asked, a hidden or a dropped node.
    `asked`: the node type of the answer. `sex` and `onset` (id of an HPO onset term) are those of the patient's
    disease where its evidence has them.
    """

    kind: str
    nodes: Mapping[str, tuple[Named, ...]]
    asked: str
    sex: Literal["male", "female"] | None = None
    onset: str | None = None
