"""Names in text: longest match over all names and aliases, with what the context makes of them.

A text is read word by word: each word (with the gap behind it) becomes one character that stands for all spellings of
that word, and an Aho-Corasick automaton runs over these characters. So no match can begin or end inside a word, and
plurals, hyphens, accents and possessives cost a look-up in a table of words already seen. The phrases for negation
and the like are patterns of the same automaton.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

from ahocorasick_rs import AhoCorasick, MatchKind

from florey.errors import BadInput
from florey.graph.linking.acronyms import Context, definitions, has_cue, is_symbol, speaks_for_itself
from florey.graph.linking.context import CLAUSE_END, EFFECTS, Effect, Flag, scopes
from florey.graph.linking.mention import Mention, Name
from florey.graph.linking.normalise import PART, PARTS, STOP, WORD, fold, gap_code, key, singular
from florey.graph.linking.words import COMMON_WORDS, STOP_WORDS
from florey.graph.store import Graph

_UNKNOWN = "?"  # code of a word that no pattern has
_FIRST_CODE = 0x100  # below it: gaps and the unknown word
_SURROGATES = range(0xD800, 0xE000)
_LAST_CODE = 0x10FFFF
_LIKENESS = ("-like", "\u2010like")  # a "stroke-like episode" is no stroke
_REMEMBERED = 1_000_000  # spellings; beyond it the table begins anew, so that a dump does not fill the memory


@dataclass(frozen=True, slots=True)
class _Meaning:
    """One entity that a pattern may stand for."""

    id: str
    type: str
    preferred: bool
    symbol: str | None  # counts in this case only, and with support
    spelling: str | None  # counts in this folded spelling only: the plural "shingles" is no name for a shingle


@dataclass(frozen=True, slots=True)
class _Pattern:
    ids: tuple[str, ...]  # without any condition: what nearly all names are; () where something has to be looked at
    meanings: tuple[_Meaning, ...]
    effect: Effect | None


class _Codes(dict[str, str]):
    """Code of a word with its gap, computed once for each spelling."""

    def __init__(self, vocabulary: dict[str, str]) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, part: str) -> str:
        found = PART.match(part)
        assert found, part  # PARTS yields nothing else
        code = self._vocabulary.get(key(found[1]), _UNKNOWN) + gap_code(found[2])
        if len(self) >= _REMEMBERED:
            self.clear()
        self[part] = code
        return code


@dataclass(slots=True)
class _Hit:
    """A name found, before the context has spoken."""

    start: int
    end: int
    meanings: tuple[_Meaning, ...]
    ids: tuple[str, ...]
    flag: Flag = Flag.NONE


class Linker:
    """Links text to the ids of its names, the same for any order of them. `dropped` counts those that cannot serve."""

    def __init__(self, names: Iterable[Name]) -> None:
        """BadInput if the names have more different words than there are codes (a million)."""
        self.dropped: Counter[str] = Counter()
        spellings: defaultdict[str, set[Name]] = defaultdict(set)
        for name in names:
            if why := _unfit(name):
                self.dropped[why] += 1
            else:
                spellings[name.text].add(name)
        self._vocabulary = _vocabulary([*spellings, *EFFECTS])
        self._codes = _Codes(self._vocabulary)
        meanings: defaultdict[str, set[_Meaning]] = defaultdict(set)
        for text, found in spellings.items():
            meanings[self._pattern(text)].update(map(_meaning, found))
        effects = {self._pattern(phrase, lead=True): effect for phrase, effect in EFFECTS.items()} | {STOP: CLAUSE_END}
        texts = sorted(meanings.keys() | effects.keys())
        self._patterns = [_compiled(meanings.get(text, ()), effects.get(text)) for text in texts]
        self._automaton = AhoCorasick(texts, matchkind=MatchKind.LeftmostLongest)

    @classmethod
    def of_graph(cls, graph: Graph, types: Collection[str] | None = None) -> Linker:
        """Names and aliases of a graph's nodes, of all types or of some."""
        return cls(names_of_graph(graph, types))

    def link(self, text: str, context: str | Context | None = None, prefer_types: Sequence[str] = ()) -> list[Mention]:
        """The names in a text, in order, none overlapping.

        context: the document the text stands in (None: the text itself); acronyms need its support and homonyms may
            find it there. Read it once with `Linker.context` for all sentences of a document.
        prefer_types: among homonyms, the types to prefer, best first.
        """
        hits = self._hits(text)
        if not hits:
            return []
        said: Context | None = None
        found = []
        for hit in hits:
            ids = hit.ids
            if not ids:
                if said is None:
                    said = self._context(text, hits) if context is None else self.context(context)
                ids = _resolve(text, hit, said, prefer_types)
            if ids:
                flag = hit.flag
                found.append(
                    Mention(
                        hit.start,
                        hit.end,
                        text[hit.start : hit.end],
                        ids,
                        Flag.NEGATED in flag,
                        Flag.UNCERTAIN in flag,
                        Flag.FAMILY in flag,
                    )
                    if flag
                    else Mention(hit.start, hit.end, text[hit.start : hit.end], ids)
                )
        return found

    def link_many(self, texts: Iterable[str], context: str | Context | None = None) -> list[list[Mention]]:
        """The names in each text, as `link` finds them; one context for all of them, or each its own."""
        said = None if context is None else self.context(context)
        return [self.link(text, said) for text in texts]

    def context(self, text: str | Context) -> Context:
        """What a document says about its names."""
        return text if isinstance(text, Context) else self._context(text, self._hits(text))

    def _context(self, text: str, hits: Sequence[_Hit]) -> Context:
        in_full = [hit for hit in hits if hit.ids or any(meaning.symbol is None for meaning in hit.meanings)]
        by_end = {hit.end: hit for hit in in_full}
        defined: dict[str, frozenset[str]] = {}
        for symbol, start, end in definitions(text):
            hit = by_end.get(end)
            meant = frozenset(self._symbol_ids(symbol) & _ids(hit)) if hit else frozenset()
            if meant or (start >= 0 and symbol not in defined):
                defined[symbol] = meant
        return Context(frozenset().union(*map(_ids, in_full)), defined)

    def _symbol_ids(self, symbol: str) -> set[str]:
        return {
            meaning.id
            for hit in self._hits(symbol)
            for meaning in hit.meanings
            if meaning.symbol == symbol and hit.end == len(symbol)
        }

    def _pattern(self, text: str, lead: bool = False) -> str:
        """The codes of a name, without the gap behind it; `lead`: with the one before it."""
        first = WORD.search(text)
        assert first, text  # `_unfit` names have been dropped
        *parts, last = PARTS.findall(text, first.start())
        code = "".join(map(self._codes.__getitem__, parts)) + self._codes[last][0]
        return gap_code(text[: first.start()]) + code if lead else code

    def _hits(self, text: str) -> list[_Hit]:
        first = WORD.search(text)
        if not first:
            return []
        parts = PARTS.findall(text, first.start())
        codes = list(map(self._codes.__getitem__, parts))
        matches = self._automaton.find_matches_as_indexes("".join(codes))
        patterns = self._patterns
        if not any(patterns[number].meanings for number, _, _ in matches):
            return []
        code_starts = list(accumulate(map(len, codes), initial=0))
        starts = list(accumulate(map(len, parts), initial=first.start()))
        hits: list[_Hit] = []
        events: list[Effect | None] = []
        for number, begin, end in matches:
            pattern = patterns[number]
            if pattern.meanings:
                place = bisect_right(code_starts, begin) - 1
                last = place if end == begin + 1 else bisect_right(code_starts, end - 1) - 1
                word = WORD.match(parts[last])
                assert word, parts[last]
                start, stop = starts[place], starts[last] + word.end()
                meanings = pattern.meanings
                if not pattern.ids:
                    meanings = tuple(meaning for meaning in meanings if _is_written(meaning, text[start:stop]))
                if meanings and not text.startswith(_LIKENESS, stop):
                    hits.append(_Hit(start, stop, meanings, pattern.ids))
                    events.append(None)
                    continue
            if pattern.effect:
                events.append(pattern.effect)
        if len(events) > len(hits):
            for hit, flag in zip(hits, scopes(events), strict=True):
                hit.flag = flag
        return hits


def names_of_graph(graph: Graph, types: Collection[str] | None = None) -> Iterator[Name]:
    """Every name and alias of the nodes of a graph."""
    for node, kind, name, aliases in zip(graph.ids, graph.types, graph.names, graph.aliases, strict=True):
        if types is None or kind in types:
            yield Name(name, node, kind)
            for alias in aliases or ():
                yield Name(alias, node, kind, preferred=False)


def _unfit(name: Name) -> str | None:
    """Why a name cannot serve, or None."""
    words = list(islice(PART.finditer(name.text), 2))
    if not words or not any(map(str.isalpha, name.text)) or (len(words) == 1 and len(fold(words[0][1])) < 2):
        return "no letters, or a single one"
    if len(words) == 1 and not is_symbol(name.text, name.type):
        if fold(words[0][1]) in STOP_WORDS:
            return "stop word"
        if not name.preferred and fold(words[0][1]) in COMMON_WORDS:
            return "common English word as an alias"
    return None


def _vocabulary(texts: Iterable[str]) -> dict[str, str]:
    """A character for every word; the most frequent get the shortest in UTF-8."""
    spellings = Counter(word for text in texts for word, _ in PART.findall(text))
    counts: Counter[str] = Counter()
    for word, count in spellings.items():
        counts[key(word)] += count
    codes = (code for code in range(_FIRST_CODE, _LAST_CODE + 1) if code not in _SURROGATES)
    ordered = sorted(counts, key=lambda word: (-counts[word], word))
    if len(ordered) > _LAST_CODE - _FIRST_CODE - len(_SURROGATES):
        raise BadInput(f"{len(ordered):,} different words in the names; expected at most a million")
    return {word: chr(code) for word, code in zip(ordered, codes, strict=False)}


def _meaning(name: Name) -> _Meaning:
    text = name.text.strip()
    symbol = text if is_symbol(text, name.type) else None
    folded = fold(text) if symbol is None and len(PART.findall(text)) == 1 else ""
    plural = folded if singular(folded) != folded and not folded.endswith("sis") else None
    return _Meaning(name.id, name.type, name.preferred, symbol, plural)


def _compiled(meanings: Iterable[_Meaning], effect: Effect | None) -> _Pattern:
    ordered = tuple(sorted(meanings, key=lambda found: (found.id, not found.preferred, found.symbol or "", found.type)))
    plain = len({found.id for found in ordered}) == 1 and any(
        not found.symbol and not found.spelling for found in ordered
    )
    return _Pattern((ordered[0].id,) if plain else (), ordered, effect)


def _is_written(meaning: _Meaning, written: str) -> bool:
    if meaning.symbol is not None:
        return written in (meaning.symbol, meaning.symbol + "s")
    return meaning.spelling is None or fold(written) == meaning.spelling


def _ids(hit: _Hit) -> set[str]:
    return {meaning.id for meaning in hit.meanings if meaning.symbol is None}


def _resolve(text: str, hit: _Hit, said: Context, prefer_types: Sequence[str]) -> tuple[str, ...]:
    """The ids that a name stands for here: supported, of a preferred type, by preferred name, named elsewhere."""
    meanings = [meaning for meaning in hit.meanings if _is_supported(text, hit, meaning, said)]
    for kind in prefer_types:
        if fitting := [meaning for meaning in meanings if meaning.type == kind]:
            meanings = fitting
            break
    meanings = [meaning for meaning in meanings if meaning.preferred] or meanings
    return tuple(sorted({meaning.id for meaning in meanings}))


def _is_supported(text: str, hit: _Hit, meaning: _Meaning, said: Context) -> bool:
    if meaning.symbol is None:
        return True
    if meaning.symbol in said.defined:
        return meaning.id in said.defined[meaning.symbol]
    return (
        meaning.id in said.named
        or has_cue(text, hit.start, hit.end, meaning.type)
        or (speaks_for_itself(meaning.symbol, meaning.preferred) and len({other.id for other in hit.meanings}) == 1)
    )
