"""What speaks for two ids being one thing: cross-references, then names, then an alias that is another's name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from florey.graph.joining.clusters import Clusters, Proposal, Refusal, proposal
from florey.graph.joining.pool import Entity
from florey.graph.names import inverted, is_acronym, normal, symbol

CROSS_REFERENCE, NAME, ALIAS, INVERTED = "cross-reference", "name", "alias", "inverted name"

CODES = frozenset({"ICD9CM", "ICD10", "ICD10CM", "ICD11", "ICDO", "MEDDRA", "ATC", "KEGG"})
"""Classifications: a reference into them names the class that something is filed under, not the thing."""
LOOSE = CODES | frozenset({"UMLS", "SNOMEDCT", "NCIT", "GARD", "EFO", "PMID"})
"""Vocabularies that often have several ids for one thing: different ids are no sign of different things."""
CROWD = 20
"""More entities than this with one cross-reference or name: it says nothing about any two of them."""

MANY = "several cross-references into one vocabulary"
LOCI = frozenset({"OMIM"})
"""Registers of loci: an encyclopaedia's article about a disease names one of them, or the first of many."""
ENCYCLOPAEDIAS = frozenset({"ENWIKI", "WIKIDATA"})
LOCUS = "a locus, not the clinical entity that an article is about"
FILED = "a class to be filed under, not the thing"
CROWDED = f"more than {CROWD} have it"
DISAGREE = "their cross-references disagree"
SHARED = "names more than two things"
ACRONYM = "an acronym is no evidence"


def cross_references(clusters: Clusters) -> Iterator[Proposal]:
    """Pairs of which one refers to the other, or both to the same third. What is no identity is refused and logged."""
    numbers = {entity.id: number for number, entity in enumerate(clusters.entities)}
    bearers: defaultdict[str, list[int]] = defaultdict(list)
    refused: list[tuple[int, str, str]] = []
    for number, entity in enumerate(clusters.entities):
        by_vocabulary: defaultdict[str, list[str]] = defaultdict(list)
        for xref in sorted(entity.xrefs - {entity.id}):
            by_vocabulary[xref.partition(":")[0]].append(xref)
        for vocabulary, xrefs in by_vocabulary.items():
            if why := _no_identity(entity, vocabulary, len(xrefs)):
                refused += [(number, xref, why) for xref in xrefs]
            else:
                bearers[xrefs[0]].append(number)
    for number, xref, why in refused:
        if xref in numbers:  # a reference to what is not in the graph would join nothing
            clusters.refusals.append(Refusal(proposal(number, numbers[xref], CROSS_REFERENCE, xref), why))
    for xref, group in sorted(bearers.items()):
        together = sorted({*group, numbers[xref]} if xref in numbers else group)
        yield from _pairs(clusters, together, CROSS_REFERENCE, xref)


def _no_identity(entity: Entity, vocabulary: str, count: int) -> str | None:
    """Why an entity's references into a vocabulary do not say what it is; None if they do."""
    if vocabulary in CODES:
        return FILED
    if vocabulary in LOCI and entity.vocabulary in ENCYCLOPAEDIAS:
        return LOCUS
    return MANY if count > 1 else None


def names(clusters: Clusters) -> Iterator[Proposal]:
    """Pairs of one type whose preferred names are equal: symbols for genes, words for anything else."""
    for (_, text), group in sorted(_by_name(clusters.entities).items()):
        yield from _pairs(clusters, group, NAME, text)


def aliases(clusters: Clusters) -> Iterator[Proposal]:
    """Pairs of one type, an alias of one being the name of the other and of no third thing. Not for genes.

    Gene aliases are left out because authors reuse them: "p40" is nine genes.
    """
    named = _by_name(clusters.entities)
    also: defaultdict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for number, entity in enumerate(clusters.entities):
        if entity.type != "gene":
            for alias in sorted(entity.aliases):
                if text := normal(alias):
                    also[entity.type, text].setdefault(number, alias)
    for key, bearers in sorted(also.items()):
        owners = named.get(key, [])
        if not owners:
            continue
        roots = {clusters.find(number) for number in (*owners, *bearers)}
        if len(roots) == 1:
            continue
        pairs = [proposal(a, b, ALIAS, key[1]) for a in owners for b in sorted(bearers) if a != b]
        if any(is_acronym(alias) for alias in bearers.values()):
            clusters.refusals += [Refusal(pair, ACRONYM) for pair in pairs[:1]]
        elif len(roots) > 2:
            clusters.refusals += [Refusal(pair, SHARED) for pair in pairs[:1]]
        else:
            yield from _agreeing(clusters, pairs)


def inverted_names(clusters: Clusters) -> Iterator[Proposal]:
    """Pairs of one type, the index entry of one ("Aging, Premature") being the name of the other."""
    named = _by_name(clusters.entities)
    for number, entity in enumerate(clusters.entities):
        turned = inverted(entity.name) if entity.type != "gene" else None
        if turned and (owners := named.get((entity.type, normal(turned)))):
            for owner in owners:
                yield from _agreeing(clusters, [proposal(owner, number, INVERTED, normal(turned))])


RULES = (cross_references, names, inverted_names, aliases)
"""In order of what they are worth: what one joins, the next finds joined."""


def _by_name(entities: Sequence[Entity]) -> dict[tuple[str, str], list[int]]:
    """Numbers of the entities by type and name."""
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, entity in enumerate(entities):
        if text := symbol(entity.name) if entity.type == "gene" else normal(entity.name):
            found[entity.type, text].append(number)
    return found


def _pairs(clusters: Clusters, group: Sequence[int], rule: str, reason: str) -> Iterator[Proposal]:
    if len(group) > CROWD:
        clusters.refusals.append(Refusal(Proposal(group[0], group[1], rule, reason), CROWDED))
    elif len(group) > 1:
        pairs = (Proposal(one, other, rule, reason) for one, other in combinations(group, 2))
        yield from _agreeing(clusters, pairs)


def _agreeing(clusters: Clusters, pairs: Iterable[Proposal]) -> Iterator[Proposal]:
    """Those whose ids in the vocabularies of both have at least one in common, in each of them."""
    for pair in pairs:
        if clusters.find(pair.one) == clusters.find(pair.other):
            continue
        one, other = clusters.entities[pair.one], clusters.entities[pair.other]
        if one.vocabulary != other.vocabulary and _disagree(one, other):
            clusters.refusals.append(Refusal(pair, DISAGREE))
        else:
            yield pair


def _disagree(one: Entity, other: Entity) -> bool:
    """Whether both are placed in some exact vocabulary, at different ids."""
    mine, theirs = _places(one), _places(other)
    return any(mine[name].isdisjoint(theirs[name]) for name in mine.keys() & theirs.keys())


def _places(entity: Entity) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for id in (entity.id, *entity.xrefs):
        if (vocabulary := id.partition(":")[0]) not in LOOSE:
            found[vocabulary].add(id)
    return found
