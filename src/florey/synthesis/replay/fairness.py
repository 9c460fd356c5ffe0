"""What options and stem may not be, whatever the certificate says: akin to each other, or given away by their words.

Part of the verifier: worked out from the names in the graph, without the sampler's own rules of kinship and wording;
only the phrases for relations, which are data, are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations

from florey.records import Question
from florey.synthesis.metapaths import relation_phrase
from florey.synthesis.replay.facts import Facts, asks_relation, vocabulary

_WORD = re.compile(r"[^\W_\u3040-\u9fff]+|[\u3040-\u9fff]")  # each sign of a script without spaces is a word
_NUMBERING = re.compile(r"\d+[a-z]?|[ivx]+[a-c]?|[a-z]")


def kin(facts: Facts, options: Sequence[str]) -> Iterator[str]:
    """Nodes that may not be options of one question: of two kinds, or too close to each other."""
    if len({(vocabulary(o), facts.type(o)) for o in options}) != 1:
        yield "the options are not of one vocabulary and type"
    for left, right in combinations(options, 2):
        both = f"options {left} and {right}"
        if common := _spoken_names(facts, left) & _spoken_names(facts, right):
            yield f"{both} share the name '{sorted(common)[0].strip()}'"
        if facts.above(left, right) or facts.above(right, left):
            yield f"{both} are ancestor and descendant"
        if facts.type(left) == facts.type(right) == "disease":
            if facts.genes(left) & facts.genes(right):
                yield f"{both} share a gene"
            if series(facts.name[left]) == series(facts.name[right]):
                yield f"{both} are of one series ('{facts.name[left]}', '{facts.name[right]}')"


def wrong_texts(facts: Facts, question: Question) -> Iterator[str]:
    """Options and stems that call a node otherwise than the graph, or a stem that gives an option away."""
    if asks_relation(question.conditions):
        yield from _wrong_relations(question)
    else:
        for option, text in zip(question.option_ids, question.options, strict=True):
            if facts.name[option] != text:
                yield f"option '{text}' is not the name of {option} ('{facts.name[option]}')"
    yield from _unnamed(facts, question)
    if not asks_relation(question.conditions):
        for option in question.option_ids:
            names = facts.names(option) if option == question.answer_id else (facts.name[option],)
            for name in names:
                if _names(question.stem, name):
                    yield f"the stem names the option {option} ('{name}')"


def _wrong_relations(question: Question) -> Iterator[str]:
    for option, text in zip(question.option_ids, question.options, strict=True):
        if text != relation_phrase(option):
            yield f"option '{text}' does not say '{option}' ('{relation_phrase(option)}')"


def _unnamed(facts: Facts, question: Question) -> Iterator[str]:
    """Named nodes that the stem leaves out; "ataxia" is not named by the words of "gait ataxia"."""
    nodes = {node for condition in question.conditions for node in condition.nodes}
    stem, left = question.stem.casefold(), spoken(question.stem)
    if question.rewriting:  # in a model's words, which were linked back when the stem was accepted
        written = {node for node, text in question.rewriting.mentions if text.casefold() in stem}
        yield from (f"the stem does not name {node} ('{facts.name[node]}')" for node in sorted(nodes - written))
        return
    for node in sorted(nodes, key=lambda node: (-len(facts.name[node]), node)):
        name = spoken(facts.name[node])
        if facts.name[node].casefold() not in stem or name not in left:
            yield f"the stem does not name {node} ('{facts.name[node]}')"
        left = left.replace(name, " | ", 1)


def _names(stem: str, name: str) -> bool:
    """Whether a stem says a name, in whole words. A symbol (WAS, CP) is not the word of the same letters."""
    if len(name) < 2:
        return False
    is_symbol = name == name.upper() and " " not in name
    return spoken(name, keep_case=is_symbol) in spoken(stem, keep_case=is_symbol)


def _spoken_names(facts: Facts, node: str) -> frozenset[str]:
    return frozenset(map(spoken, facts.names(node)))


@lru_cache(maxsize=65_536)
def spoken(text: str, *, keep_case: bool = False) -> str:
    """The words between single spaces, one also before and after them: whole words of another text, if it has them.

    >>> spoken("Ataxia, X-linked")
    ' ataxia x linked '
    """
    return f" {' '.join(_WORD.findall(text if keep_case else text.casefold()))} "


@lru_cache(maxsize=65_536)
def series(name: str) -> tuple[str, ...]:
    """The words of a name without what numbers it among its like.

    >>> series("Elm fever type II") == series("Fir fever type II")
    False
    >>> series("Elm fever type II") == series("Elm fever, type 3a")
    True
    """
    words = spoken(name).split()
    return tuple(word for word in words if not _NUMBERING.fullmatch(word)) or tuple(words)
