"""A stretch of prose as its reader sees it, with the way back: which characters of the wikitext each word is."""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from florey.graph.wiki.article import Link, normal_title
from florey.graph.wiki.masking import HIDDEN, VISIBLE, namespace, template_name

# Possessive quantifiers and excluded brackets: no text makes this slow
_MARKUP = re.compile(
    rf"{HIDDEN}++"
    r"|\[\[(?P<target>[^\[\]|]*+)(?:\|(?P<label>[^\[\]]*+))?\]\](?P<trail>[a-z]*+)"
    r"|\[(?:https?:)?//[^\s\[\]]*+(?:\s(?P<words>[^\[\]]*+))?\]"
    r"|(?P<template>\{\{[^{}]*+\}\})"
    r"|(?P<quotes>'{2,5})"
    r"|<(?P<tag>/?[A-Za-z]++)[^<>]*+>"
    r"|(?P<entity>&\#?\w++;)"
    r"|__[A-Z]++__"
    r"|(?P<space>[^\S ]\s*+| \s++)"
)
_NESTED = re.compile(rf"{HIDDEN}++|(?P<template>\{{\{{[^{{}}]*+\}}\}})|'{{2,5}}|</?[A-Za-z][^<>]*+>|[\[\]{{}}]++")
_TRICK = re.compile(r"\s*\([^()]*\)$|,.*$")  # what MediaWiki's pipe trick takes off a title
_BREAKS = frozenset(("br", "p", "/p", "div", "/div", "li", "/li"))


@dataclass(slots=True)
class Rendered:
    """`text` as seen. Piece i of it starts at `places[i]` and is `raw[i]` of the wikitext; `exact[i]` says whether it
    is the same there character by character, so that it may be cut."""

    text: str = ""
    links: list[Link] = field(default_factory=list)
    bold: list[tuple[int, int]] = field(default_factory=list)  # spans of `text`
    places: list[int] = field(default_factory=list)
    raw: list[tuple[int, int]] = field(default_factory=list)
    exact: list[bool] = field(default_factory=list)

    def quote(self, start: int, end: int, after: int = 0) -> tuple[int, int]:
        """The wikitext's span of text[start:end], with the quote marks ('') that touch it; not before `after`."""
        first = bisect_right(self.places, start) - 1
        last = bisect_left(self.places, end) - 1
        begin, stop = self.raw[first][0], self.raw[last][1]
        if self.exact[first]:
            begin += start - self.places[first]
        if self.exact[last]:
            stop = self.raw[last][0] + end - self.places[last]
        while first > 0 and begin == self.raw[first][0] == self.raw[first - 1][1] and self._empty(first - 1):
            first -= 1
            begin = self.raw[first][0]
        while last + 1 < len(self.raw) and stop == self.raw[last][1] == self.raw[last + 1][0] and self._empty(last + 1):
            last += 1
            stop = self.raw[last][1]
        return max(begin, after), stop

    def within_unit(self, place: int) -> bool:
        """Whether `place` of the text lies inside a piece that cannot be cut: a link, an entity, a template."""
        piece = bisect_left(self.places, place) - 1
        following = self.places[piece + 1] if piece + 1 < len(self.places) else len(self.text)
        return piece >= 0 and not self.exact[piece] and place < following

    def _empty(self, piece: int) -> bool:
        following = self.places[piece + 1] if piece + 1 < len(self.places) else len(self.text)
        return following == self.places[piece]


def render(prose: str, start: int, end: int) -> Rendered:  # noqa: PLR0912 - one branch for each kind of markup
    """Renders prose[start:end], where `prose` is that of `masking.lay_out`."""
    out = Rendered()
    parts: list[str] = []
    length, ends_in_space, bold_since = 0, True, -1

    def add(words: str, begin: int, stop: int, exact: bool) -> None:
        nonlocal length, ends_in_space
        if ends_in_space and words.startswith(" "):
            words = words[1:]
            begin += exact
            if not words:
                return
        out.places.append(length)
        out.raw.append((begin, stop))
        out.exact.append(exact)
        if words:
            parts.append(words)
            length += len(words)
            ends_in_space = words.endswith(" ")

    position = start
    for found in _MARKUP.finditer(prose, start, end):
        begin, stop = found.span()
        if begin > position:
            add(prose[position:begin], position, begin, True)
        position = stop
        kind = found.lastgroup
        if kind is None:
            continue
        if kind in ("target", "label", "trail"):
            words = _link_words(found["target"], found["label"]) + found["trail"]
            target = link_target(found["target"])
            add(words, begin, stop, False)
            if target and words.strip():
                out.links.append(Link(target, length - len(words.lstrip()), length))
        elif kind == "quotes":
            add("", begin, stop, False)
            if stop - begin in (3, 5):
                if bold_since >= 0 and length > bold_since:
                    out.bold.append((bold_since, length))
                bold_since = length if bold_since < 0 else -1
        elif kind == "words":
            add(_bare(found["words"]), begin, stop, False)
        elif kind == "template":
            add(template_words(found["template"]), begin, stop, False)
        elif kind == "entity":
            add(_spaced(html.unescape(found[0])), begin, stop, False)
        elif kind == "space" or found["tag"].lower() in _BREAKS:
            add(" ", begin, stop, False)
    if position < end:
        add(prose[position:end], position, end, True)
    out.text = "".join(parts)
    return out


def link_target(written: str) -> str:
    """Title of the article that a link means, or '' (other namespaces, other wikis, a section of the same page)."""
    target = html.unescape(written).replace(HIDDEN, "").strip().lstrip(":")
    return "" if namespace(target) else normal_title(target)


def template_words(template: str) -> str:
    """What a reader sees of a template of `VISIBLE`; '' of any other."""
    shown = VISIBLE.get(template_name(template), ())
    arguments = [part.strip() for part in template[2:-2].split("|")[1:] if "=" not in part]
    return _bare(" ".join(arguments[place - 1] for place in shown if place <= len(arguments)))


def _link_words(target: str, label: str | None) -> str:
    if label is None:
        return _bare(target.strip().removeprefix(":"))
    return _bare(label) or _bare(_TRICK.sub("", target.rpartition(":")[2]))


def _bare(text: str) -> str:
    """Words of a label: one line, without markup inside."""
    if "&" in text:
        text = html.unescape(text)
    text = _NESTED.sub(lambda found: template_words(found[0]) if found["template"] else "", text)
    return " ".join(text.split())


def _spaced(text: str) -> str:
    return " " if text.isspace() else text
