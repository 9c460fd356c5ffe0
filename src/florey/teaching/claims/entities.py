"""Where a text names the options and conditions of its question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from florey.graph.linking.linker import Linker
from florey.graph.linking.mention import Name
from florey.records import LETTERS, Question
from florey.teaching.claims.claim import Subject

Synonyms = Mapping[str, Sequence[str]]
"""Node id -> all its names."""
_CJK = re.compile("[\u3400-\u9fff]")
_LETTER = re.compile(
    r"\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer) \(?([A-Z])\)?(?![\w'])|\(([A-Z])\)|选项\s*([A-Z])|([A-Z])(?=选?项)"
)


@dataclass(frozen=True)
class Named:
    """One place of a text. Either `subject` or `condition` is set. `negated`, `uncertain`: by the words before it."""

    start: int
    end: int
    subject: Subject | None = None
    condition: int | None = None
    negated: bool = False
    uncertain: bool = False


class Entities:
    """The names of one question's options, hidden nodes and conditions, ready to be found in texts."""

    def __init__(self, question: Question, synonyms: Synonyms) -> None:
        self.options = len(question.options)
        self._meaning: dict[str, Subject | int] = {}
        names: list[Name] = []
        for key, meaning, texts in _entities(question, synonyms):
            self._meaning[key] = meaning
            names += [Name(text, key, "entity", preferred=True) for text in texts]
        self._linker = Linker(name for name in names if not _CJK.search(name.text))
        self._chinese = sorted(
            ((name.text, name.id) for name in names if _CJK.search(name.text)), key=lambda pair: (-len(pair[0]), pair)
        )

    def find(self, text: str) -> list[Named]:
        """All places in order, none overlapping."""
        found = [
            self._named(mention.start, mention.end, mention.id, mention.negated, mention.uncertain)
            for mention in self._linker.link(text)
            if mention.id
        ]
        taken = [(each.start, each.end) for each in found]
        for name, key in self._chinese:
            for match in re.finditer(re.escape(name), text):
                if all(match.end() <= start or end <= match.start() for start, end in taken):
                    found.append(self._named(match.start(), match.end(), key))
                    taken.append(match.span())
        for match in _LETTER.finditer(text):
            option = LETTERS.index(next(filter(None, match.groups())))
            if option < self.options and all(match.end() <= start or end <= match.start() for start, end in taken):
                found.append(Named(*match.span(), subject=Subject(option=option)))
                taken.append(match.span())
        return sorted(found, key=lambda each: each.start)

    def _named(self, start: int, end: int, key: str, negated: bool = False, uncertain: bool = False) -> Named:
        meaning = self._meaning[key]
        if isinstance(meaning, Subject):
            return Named(start, end, subject=meaning, negated=negated, uncertain=uncertain)
        return Named(start, end, condition=meaning, negated=negated, uncertain=uncertain)


def _entities(question: Question, synonyms: Synonyms) -> Iterator[tuple[str, Subject | int, list[str]]]:
    """(key, what it is, its names) of each option, condition and hidden node; a name of two things is given to none."""
    written = dict(question.rewriting.mentions) if question.rewriting else {}

    def names(node: str) -> list[str]:
        return [*synonyms.get(node, ()), *([written[node]] if node in written else [])]

    entities: list[tuple[str, Subject | int, list[str]]] = []
    for option, text in enumerate(question.options):
        node = question.option_ids[option] if question.option_ids else ""
        entities.append((f"option {option}", Subject(option=option), [text, *names(node)]))
    seen: set[str] = set(question.option_ids)
    for place, condition in enumerate(question.conditions):
        for node in condition.nodes:
            if node not in seen:  # a node of two conditions says nothing of either by itself
                seen.add(node)
                entities.append((f"condition {place}", place, names(node)))
    proofs = question.certificate.proofs if question.certificate else ()
    bridges = sorted({node for proof in proofs for binding in proof.bindings for node in binding.bridges} - seen)
    entities += [(f"bridge {node}", Subject(bridge=node), names(node)) for node in bridges]
    owners: dict[str, set[str]] = {}
    for key, _, texts in entities:
        for text in texts:
            owners.setdefault(text.casefold(), set()).add(key)
    for key, meaning, texts in entities:
        yield key, meaning, sorted({text for text in texts if len(owners[text.casefold()]) == 1})
