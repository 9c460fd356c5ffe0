"""A user's list of Chinese names: found as substrings, the longest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

from ahocorasick_rs import AhoCorasick, MatchKind

from florey.errors import BadInput
from florey.graph.linking.mention import Mention
from florey.synthesis.rewriting.chinese import has_chinese


class Glossary:
    """Names by node id; a node may have several, and several nodes one."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        """`names`: (node id, name)."""
        ids: defaultdict[str, set[str]] = defaultdict(set)
        self.first: dict[str, str] = {}  # the name to use for a node: its first
        for node, name in names:
            ids[name].add(node)
            self.first.setdefault(node, name)
        self._names = sorted(ids)
        self._ids = [tuple(sorted(ids[name])) for name in self._names]
        self._automaton = AhoCorasick(self._names, matchkind=MatchKind.LeftmostLongest)

    @classmethod
    def read(cls, path: Path, known: Collection[str]) -> Glossary:
        """From lines of id, tab, name; '#' begins a comment. BadInput naming the line, e.g. for an id not `known`."""
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except FileNotFoundError:
            raise BadInput(f"{path}: no such file; expected lines of id, tab, name") from None
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "not UTF-8"
            raise BadInput(f"{path}: cannot read the glossary ({why})") from None
        nodes, names = frozenset(known), []
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields = [field.strip() for field in line.split("\t")]
            if len(fields) != 2 or not all(fields):
                raise BadInput(f"{path}, line {number}: expected id, tab, name; found {len(fields)} fields")
            if fields[0] not in nodes:
                raise BadInput(f"{path}, line {number}: no node '{fields[0]}' in the graph")
            if not has_chinese(fields[1]):
                raise BadInput(f"{path}, line {number}: '{fields[1]}' has no Chinese character")
            names.append((fields[0], fields[1]))
        if not names:
            raise BadInput(f"{path}: no names; expected lines of id, tab, name")
        return cls(names)

    def covers(self, nodes: Iterable[str]) -> bool:
        return all(node in self.first for node in nodes)

    def find(self, text: str) -> list[Mention]:
        """The names in a text, in order, none overlapping, without flags."""
        return [
            Mention(start, end, text[start:end], self._ids[number])
            for number, start, end in self._automaton.find_matches_as_indexes(text)
        ]
