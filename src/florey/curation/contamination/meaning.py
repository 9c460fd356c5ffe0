"""The same medicine in other words: an item with the same answer and the same evidence, or the path that was asked.

Texts are linked to the graph; questions made from the graph need no linking. Evidence is what a stem affirms; what it
denies, or says of relatives, is none. An entity weighs the more the fewer items mention it (inverse document
frequency), and those that many items mention are not enough: pain and fever in common say nothing, two rare findings
do. With a graph a more general or more special entity (is_a) counts as well, at the lower weight of the two.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import log

from florey.curation.contamination.config import ContaminationConfig, Detector
from florey.curation.text import words
from florey.graph.linking.linker import Linker
from florey.graph.store import Graph
from florey.records import Question, is_masked

Statement = tuple[str, str, str, bool]
"""Subject, relation, object, and whether it holds."""

_UBIQUITOUS = 0.02
"""Share of the items that mention an entity, above which it tells nothing by itself."""
_ASIDE = re.compile(r"\s*[(\[（][^()\[\]（）]*[)\]）]\s*$")


@dataclass(frozen=True)
class Meaning:
    """What a question is about, in ids of the graph."""

    evidence: frozenset[str]  # entities that the stem affirms, without the answer
    named: frozenset[str]  # all that it may mean and does not deny; several may bear one name
    denied: frozenset[str]
    options: frozenset[str]
    pattern: frozenset[Statement]  # the conditions, of a question made from the graph; else nothing
    path: frozenset[Statement]  # and the edges that it was made from


def answers_of(question: Question, linker: Linker | None) -> tuple[str, ...]:
    """The entity that is the answer, all of them where several go by its name, or none."""
    if question.option_ids:
        return (question.answer_id,)
    return _entities(question.options[question.gold], linker) if linker else ()


def meaning(question: Question, answers: Collection[str], linker: Linker | None) -> Meaning:
    """By its conditions where it has them, else by linking its text."""
    path = frozenset((edge.subject, edge.relation, edge.object, edge.positive) for edge in question.path)
    if question.conditions:
        pattern = frozenset((c.subject, c.relation, c.object, c.holds) for c in question.conditions)
        held = frozenset(node for c in question.conditions if c.holds for node in c.nodes)
        others = [c for c in question.conditions if not c.holds]  # "which finding occurs in A, but not in B" names B
        named = held.union(node for c in others for node in c.nodes if not is_masked(c.subject))
        denied = frozenset(node for c in others for node in c.nodes) - named
        return Meaning(held.difference(answers), named, denied, frozenset(question.option_ids), pattern, path)
    mentions = linker.link(question.stem) if linker else []
    affirmed = frozenset(m.id for m in mentions if m.id and not (m.negated or m.family or m.uncertain))
    named = frozenset(node for m in mentions if not m.negated for node in m.ids)
    denied = frozenset(node for m in mentions for node in m.ids) - named
    options = (
        frozenset(entity for option in question.options for entity in _entities(option, linker))
        if linker
        else frozenset()
    )
    return Meaning(affirmed.difference(answers), named, denied, options, frozenset(), path)


def _entities(option: str, linker: Linker) -> tuple[str, ...]:
    """The entities of that name, if the option says nothing else but what stands in brackets behind it."""
    for text in (option, _ASIDE.sub("", option)):
        mentions = linker.link(text)
        if len(mentions) == 1 and words(mentions[0].text) == words(text):
            return mentions[0].ids
    return ()


class Meanings:
    """All items by what they are about; those whose answer is no entity are left out, without a linker all texts."""

    def __init__(
        self, items: Sequence[Question], linker: Linker | None, config: ContaminationConfig, graph: Graph | None = None
    ) -> None:
        self.config, self._linker, self._graph = config, linker, graph
        self._above: dict[str, frozenset[str]] = {}
        self._meanings: dict[int, Meaning] = {}  # by place of the item
        self._by_answer: dict[str, list[int]] = defaultdict(list)
        counts: Counter[str] = Counter()
        for place, item in enumerate(items):
            if answers := answers_of(item, linker):
                self._meanings[place] = found = meaning(item, answers, linker)
                counts.update(found.evidence)
                for answer in answers:
                    self._by_answer[answer].append(place)
        read = len(self._meanings)
        self._weights = {node: log(1 + read / count) for node, count in counts.items()}
        self._rarest = log(1 + read)
        most = max(config.common, _UBIQUITOUS * read)
        self._ubiquitous = {node for node, count in counts.items() if count > most}

    def compared(self, question: Question) -> Iterator[tuple[int, Detector, float]]:
        """(place of the item, "evidence" or "path", score) of every item that means the same."""
        answers = answers_of(question, self._linker)
        places = sorted({place for answer in answers for place in self._by_answer.get(answer, ())})
        if not places:
            return
        asked = meaning(question, answers, self._linker)
        for place in places:
            item = self._meanings[place]
            if score := self._same_evidence(asked.evidence, item.evidence):
                yield place, "evidence", score
            if self._same_path(answers, asked, item):
                yield place, "path", 1.0

    def _same_evidence(self, asked: frozenset[str], item: frozenset[str]) -> float:
        """Weight of what both have over the weight of the one that has less; 0 where that is not enough."""
        pairs = [(node, kin) for node in sorted(item) if (kin := self._counterpart(node, asked))]
        telling = sum(not self._ubiquitous & set(pair) for pair in pairs)
        shared = sum(min(self._weight(node), self._weight(kin)) for node, kin in pairs)
        mine, theirs = (sum(map(self._weight, sorted(nodes))) for nodes in (asked, item))
        if telling < self.config.evidence_nodes or shared < self.config.evidence_of_item * theirs:
            return 0.0
        score = min(1.0, shared / min(mine, theirs))
        return score if score >= self.config.evidence else 0.0

    def _same_path(self, answers: Collection[str], asked: Meaning, item: Meaning) -> bool:
        """Of an item made from the graph the same conditions or edges; of a text that it says all that was asked."""
        if not asked.pattern:
            return False
        if item.pattern:
            return asked.pattern == item.pattern or bool(asked.path and asked.path == item.path)
        named = asked.named.difference(answers)
        telling = len(named - self._ubiquitous)
        if not named or telling < min(self.config.evidence_nodes, len(named)):
            return False
        said = item.named | item.options
        compared = named - asked.evidence  # what is said of B in "described in A, yet not in B" need not be affirmed
        return asked.evidence <= said and compared <= said | item.denied and asked.denied <= item.denied

    def _counterpart(self, node: str, asked: frozenset[str]) -> str | None:
        """The entity itself, else the rarest more general or more special one."""
        if node in asked:
            return node
        above = self._ancestors(node)
        kin = [each for each in asked if each in above or node in self._ancestors(each)]
        return max(kin, key=lambda each: (self._weight(each), each)) if kin else None

    def _ancestors(self, node: str) -> frozenset[str]:
        if node not in self._above:
            graph = self._graph
            above = graph.ancestors(graph.index(node)).tolist() if graph and node in graph else []
            self._above[node] = frozenset(graph.ids[each] for each in above) if graph else frozenset()
        return self._above[node]

    def _weight(self, node: str) -> float:
        return self._weights.get(node, self._rarest)
