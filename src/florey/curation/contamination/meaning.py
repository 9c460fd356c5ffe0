"""The same medicine in other words: an item with the same answer and the same evidence, or the path that was asked.

Texts are linked to the graph; questions made from the graph need no linking. Evidence is what a stem affirms; what it
denies, or says of relatives, is none. An entity weighs the more the fewer items mention it (inverse document
frequency): "pain" in common says nothing, two rare findings do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

from florey.curation.contamination.config import ContaminationConfig, Detector
from florey.graph.linking.linker import Linker
from florey.records import Question

Pattern = frozenset[tuple[str, str, str, bool]]


@dataclass(frozen=True)
class Meaning:
    """What a question is about, in ids of the graph. `answer` is None where the gold option is no entity."""

    answer: str | None
    evidence: frozenset[str]  # entities that the stem affirms
    mentioned: frozenset[str]  # … and all others that stem or options name
    pattern: Pattern | None = None  # the conditions, of a question made from the graph


def meaning(question: Question, linker: Linker) -> Meaning:
    """By its conditions where it has them, else by linking its text."""
    if question.conditions:
        named = {node for condition in question.conditions for node in condition.nodes}
        affirmed = frozenset(node for c in question.conditions if c.holds for node in c.nodes)
        pattern = frozenset((c.subject, c.relation, c.object, c.holds) for c in question.conditions)
        return Meaning(question.answer_id, affirmed, frozenset(named) | set(question.option_ids), pattern)
    mentions = [mention for mention in linker.link(question.stem) if mention.id]
    affirmed = frozenset(m.id for m in mentions if m.id and not (m.negated or m.family or m.uncertain))
    options = [_entity(option, linker) for option in question.options]
    answer = options[question.gold]
    everything = {mention.id for mention in mentions if mention.id} | {each for each in options if each}
    return Meaning(answer, affirmed - {answer} if answer else affirmed, frozenset(everything))


def _entity(option: str, linker: Linker) -> str | None:
    """The entity that an option names, if it names one and says nothing else."""
    mentions = linker.link(option)
    if len(mentions) != 1 or mentions[0].end - mentions[0].start < len(option.strip(" .")):
        return None
    return mentions[0].id


class Meanings:
    """All items by what they are about."""

    def __init__(self, items: Sequence[Question], linker: Linker, config: ContaminationConfig) -> None:
        self.items, self.config, self._linker = items, config, linker
        self._meanings = [meaning(question, linker) for question in items]
        self._by_answer: dict[str, list[int]] = defaultdict(list)
        frequency: dict[str, int] = defaultdict(int)
        for place, found in enumerate(self._meanings):
            if found.answer:
                self._by_answer[found.answer].append(place)
            for node in found.evidence:
                frequency[node] += 1
        self._weights = {node: log(1 + len(items) / count) for node, count in frequency.items()}
        self._unseen = log(1 + len(items))  # as rare as what one item mentions

    def compared(self, question: Question) -> Iterator[tuple[int, Detector, float]]:
        """(place of the item, "evidence" or "path", score) of every item that means the same."""
        asked = meaning(question, self._linker)
        for place in self._by_answer.get(asked.answer or "", ()):
            found = self._meanings[place]
            score = self._overlap(asked.evidence, found.evidence)
            if score >= self.config.evidence:
                yield place, "evidence", score
            if asked.pattern and self._same_path(question, asked, found):
                yield place, "path", 1.0

    def _overlap(self, one: frozenset[str], other: frozenset[str]) -> float:
        """Weight of what both have over the weight of the one that has less; 0 where too few are shared."""
        shared = one & other
        if len(shared) < self.config.evidence_nodes:
            return 0.0
        less = min(self._weight(one), self._weight(other))
        return self._weight(shared) / less if less > 0 else 0.0

    def _weight(self, nodes: frozenset[str]) -> float:
        return sum(self._weights.get(node, self._unseen) for node in sorted(nodes))

    @staticmethod
    def _same_path(question: Question, asked: Meaning, found: Meaning) -> bool:
        """An item made from the graph with the same pattern, or a text that names every node of the path."""
        if found.pattern is not None:
            return found.pattern == asked.pattern
        nodes = {node for edge in question.path for node in (edge.subject, edge.object)}
        named = {node for condition in question.conditions for node in condition.nodes}
        return bool(nodes) and (nodes | named) - {asked.answer} <= found.mentioned
