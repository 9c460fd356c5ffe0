"""Reader of OBO 1.2 files: terms, is_a, exact synonyms, xrefs and relationships.

Our own because hp.obo is plain tag-value stanzas: pronto brings a second RDF/OWL stack and obonet brings networkx,
and neither says in which line a damaged file is damaged. https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_2.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from florey.errors import BadInput, nearest
from florey.graph.sources.curies import curie
from florey.graph.sources.reading import REFUSE, Misfits, read_lines

_SYNONYM = re.compile(r'"((?:[^"\\]|\\.)*)"\s+(EXACT|BROAD|NARROW|RELATED)\b')
_ESCAPE = re.compile(r"\\(.)")
_TRAILING = re.compile(r"\s*(?:\{[^}]*\})?\s*(?:!.*)?$")  # {qualifiers} ! comment


@dataclass(frozen=True, slots=True)
class Term:
    """A [Term] stanza. `synonyms` holds the EXACT ones, `relationships` pairs (relation as the file names it, term)."""

    id: str
    name: str
    line: int
    parents: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    alt_ids: tuple[str, ...] = ()
    xrefs: tuple[str, ...] = ()
    relationships: tuple[tuple[str, str], ...] = ()
    obsolete: bool = False
    replaced_by: str | None = None


@dataclass(frozen=True)
class Ontology:
    """Live terms by id; `moved` leads from alternative and replaced ids towards the live one."""

    release: str
    terms: dict[str, Term]
    moved: dict[str, str]
    obsolete: frozenset[str]

    def resolve(self, term_id: str) -> str | None:
        """The live id that stands for `term_id` today, or None if there is none."""
        for _ in range(len(self.moved) + 1):  # a circle of replacements must end too
            if term_id in self.terms:
                return term_id
            if term_id not in self.moved:
                return None
            term_id = self.moved[term_id]
        return None

    def below(self, root: str) -> frozenset[str]:
        """`root` and all its descendants; empty if the ontology lacks it."""
        children: dict[str, list[str]] = {}
        for term in self.terms.values():
            for parent in term.parents:
                children.setdefault(parent, []).append(term.id)
        found, todo = set(), [root] if root in self.terms else []
        while todo:
            term_id = todo.pop()
            if term_id not in found:
                found.add(term_id)
                todo.extend(children.get(term_id, ()))
        return frozenset(found)


def read_obo(path: Path, misfit: Misfits = REFUSE) -> Ontology:
    """Read an OBO file. Misfits name the line of what is missing, repeated, points nowhere or runs in a circle."""
    release = ""
    live: dict[str, Term] = {}
    old: dict[str, Term] = {}
    for kind, line, tags in _stanzas(path, misfit):
        if kind == "header":
            release = tags.get("data-version", [""])[0].rpartition("/")[2]
        elif kind == "Term" and (term := _term(path, line, tags, misfit)):
            if term.id in live or term.id in old:
                misfit("term: id given twice", f"{path}, line {line}: term '{term.id}' is given twice")
                continue
            (old if term.obsolete else live)[term.id] = term
    if not release:
        raise BadInput(f"{path}: no data-version in the header; expected an OBO release")
    if not live:
        raise BadInput(f"{path}: no [Term] stanza; expected an ontology")
    for term in list(live.values()):
        for parent in term.parents:
            if parent not in live:
                where = f"{path}, line {term.line}: {term.id} is_a '{parent}'"
                known = nearest(parent, live) if misfit.strict else ""
                misfit("is_a: no live term", f"{where}, which is no live term{known}")
                live[term.id] = _without(live[term.id], parent)
    _open_circles(path, live, misfit)
    moved = {alt: term.id for term in live.values() for alt in term.alt_ids if alt not in live}
    moved |= {term.id: term.replaced_by for term in old.values() if term.replaced_by}
    return Ontology(release, live, moved, frozenset(old))


def _without(term: Term, parent: str) -> Term:
    return replace(term, parents=tuple(other for other in term.parents if other != parent))


def _open_circles(path: Path, live: dict[str, Term], misfit: Misfits) -> None:
    """Depth first towards the roots: a parent that is still on the way here closes a circle, and that edge goes."""
    done: set[str] = set()
    for start in list(live):
        way = {} if start in done else {start: iter(live[start].parents)}
        while way:
            here = next(reversed(way))
            parent = next(way[here], None)
            if parent is None:
                done.add(here)
                del way[here]
            elif parent in way:
                names = [*way][[*way].index(parent) :]
                circle = " is_a ".join(f"{name} (line {live[name].line})" for name in [*names, parent])
                misfit("is_a: closes a circle", f"{path}, line {live[here].line}: is_a has a cycle: {circle}")
                live[here] = _without(live[here], parent)
            elif parent not in done:
                way[parent] = iter(live[parent].parents)


def _stanzas(path: Path, misfit: Misfits) -> Iterator[tuple[str, int, dict[str, list[str]]]]:
    """(kind, line it starts at, values by tag); the header first, as kind "header"."""
    kind, start, tags = "header", 1, dict[str, list[str]]()
    for number, line in read_lines(path, misfit):
        if line.startswith("[") and line.endswith("]"):
            yield kind, start, tags
            kind, start, tags = line[1:-1], number, {}
        elif line and not line.startswith("!"):
            tag, colon, value = line.partition(":")
            if not colon:
                misfit("line: not 'tag: value'", f"{path}, line {number}: expected 'tag: value', found '{line[:60]}'")
                continue
            tags.setdefault(tag, []).append(value.strip())
    yield kind, start, tags


def _term(path: Path, line: int, tags: dict[str, list[str]], misfit: Misfits) -> Term | None:
    for needed in ("id", "name"):
        if len(tags.get(needed, ())) != 1:
            misfit(f"term: not one '{needed}:'", f"{path}, line {line}: a [Term] needs exactly one '{needed}:'")
            return None
    name = _ESCAPE.sub(r"\1", tags["name"][0])
    synonyms = [match for value in tags.get("synonym", ()) if (match := _SYNONYM.match(value))]
    exact = {_ESCAPE.sub(r"\1", match[1]) for match in synonyms if match[2] == "EXACT"}
    return Term(
        id=tags["id"][0],
        name=name,
        line=line,
        parents=tuple(sorted({_TRAILING.sub("", value) for value in tags.get("is_a", ())})),
        synonyms=tuple(sorted(synonym for synonym in exact if synonym.casefold() != name.casefold())),
        alt_ids=tuple(tags.get("alt_id", ())),
        xrefs=tuple(sorted({found for value in tags.get("xref", ()) if (found := curie(value.split(" ")[0]))})),
        relationships=tuple(
            (name, _TRAILING.sub("", other))
            for value in tags.get("relationship", ())
            for name, _, other in [value.partition(" ")]
        ),
        obsolete=tags.get("is_obsolete") == ["true"],
        replaced_by=tags.get("replaced_by", [None])[0],
    )
