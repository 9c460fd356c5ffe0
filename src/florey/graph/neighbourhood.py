"""One entity: found by what people call it, and what stands around it."""

from __future__ import annotations

import difflib
import unicodedata

from florey.errors import BadInput
from florey.graph.model import frequency_bounds, relation_number
from florey.graph.store import Graph
from florey.records import Edge

SUGGESTED = 5
_LISTED = 20


def edges_around(graph: Graph, node: int) -> list[Edge]:
    """Every edge from or to a node: by relation, assertions before denials, the most frequent or strongest first."""

    def rank(edge: Edge) -> tuple[int, bool, float, float, str, str]:
        other = edge.object if edge.subject == graph.ids[node] else edge.subject
        shares = (-_commonness(edge.evidence.frequency), -(edge.evidence.score or 0))
        return relation_number(edge.relation), not edge.positive, *shares, graph.names[graph.index(other)], edge.id

    return sorted(graph.edges_of(node), key=rank)


def _commonness(frequency: str | None) -> float:
    """A frequency to sort by. Of k in n it is (k + 1) / (n + 2), Laplace's rule: 1/1 says less than 112/140.

    >>> _commonness("1/1") < _commonness("112/140"), _commonness(None)
    (True, 0.5)
    """
    seen, _, of = (frequency or "").partition("/")
    if of:
        return (int(seen) + 1) / (int(of) + 2)
    _, high = frequency_bounds(frequency)
    return 0.5 if high is None else high


def find(graph: Graph, text: str) -> int:
    """The index of the one node with that id, name, alias or cross-reference, in this order; case and full-width
    letters do not matter.

    Raises BadInput that lists the nodes where there are several, and the nearest names where there is none.
    """
    if text in graph:
        return graph.index(text)
    wanted = _plain(text)
    columns = ([[node_id] for node_id in graph.ids], [[name] for name in graph.names], graph.aliases, graph.xrefs)
    for column in columns:
        found = [i for i, called in enumerate(column) if any(_plain(name) == wanted for name in called)]
        if len(found) == 1:
            return found[0]
        if found:
            lines = [f"  {graph.ids[i]}  {graph.types[i]}  {graph.names[i]}" for i in found[:_LISTED]]
            more = [f"  and {len(found) - _LISTED} more"] if len(found) > _LISTED else []
            raise BadInput("\n".join([f"'{text}' names {len(found)} nodes; give the id of one:", *lines, *more]))
    near = suggestions(graph, text)
    said = f"; did you mean {', '.join(near)}?" if near else ""
    raise BadInput(f"no node with the id, name or alias '{text}' in {graph.folder}{said}")


def _plain(text: str) -> str:
    """Full-width letters, ligatures and composed accents are one name, in any case."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def suggestions(graph: Graph, text: str) -> list[str]:
    """Up to SUGGESTED names or aliases like `text` with their ids: first those with all its words, then alike ones."""
    wanted = _plain(text)
    called: dict[str, int] = {}
    for names in ([[name] for name in graph.names], graph.aliases):
        for i, group in enumerate(names):
            for name in group:
                called.setdefault(_plain(name), i)
    words = wanted.split()
    whole = [name for name in called if words and all(word in name for word in words)]
    whole.sort(key=lambda name: (len(name), name))
    # difflib looks at every name in turn; those of another length cannot be close and are left out first
    near = [name for name in called if abs(len(name) - len(wanted)) <= max(2, len(wanted) // 4)]
    alike = difflib.get_close_matches(wanted, sorted(near), n=SUGGESTED, cutoff=0.75)
    chosen: dict[int, str] = {}
    for name in [*whole[:SUGGESTED], *alike]:
        chosen.setdefault(called[name], f"'{graph.names[called[name]]}' ({graph.ids[called[name]]})")
    return list(chosen.values())[:SUGGESTED]
