"""The fields of an infobox as plain text with links, by mwparserfromhell. Lists are joined by "; "."""

from __future__ import annotations

import re
from collections.abc import Iterator

import mwparserfromhell
from mwparserfromhell.nodes import ExternalLink, HTMLEntity, Node, Tag, Template, Text, Wikilink
from mwparserfromhell.wikicode import Wikicode

from florey.graph.wiki.article import Field, Infobox, Link, PageTooComplex
from florey.graph.wiki.inline import link_target
from florey.graph.wiki.masking import HIDDEN, VISIBLE, out_of_sight, template_name

MAX_CHARACTERS = 100_000  # of one infobox; long ones have about 10,000
SEPARATOR = "; "
_INFOBOX = re.compile(
    r"infobox\b.*|.* infobox|(?:drug|drugclass|chem|taxo|species|virus)box|pbb|medical resources|.*\bbox info"
    r"|medical condition classification and resources|diseasedisorder resources"
)
_CODED = frozenset(("icd9", "icd10cm", "icd11", "omim", "omim2", "doid", "orphanet", "meshid", "atc", "unii"))
"""Templates whose first value is the code that they show; ICD10 may have its code in pieces."""
_LISTS = frozenset(
    ("hlist", "ubl", "ulist", "ubli", "unbulleted list", "bulleted list", "flowlist", "collapsible list", "cslist")
)
_ONE = frozenset(("plainlist", "plain list", "flatlist", "startflatlist", "indented plainlist", "unordered list"))
_SKIPPED_TAGS = frozenset(("ref", "table", "gallery", "math", "style", "script", "td", "th", "tr"))
_BREAKS = frozenset(("br", "li", "dt", "dd", "hr", "p", "div", "ul", "ol"))
_STYLE = re.compile(rf"'{{2,5}}|{HIDDEN}+|__[A-Z]+__")
_Piece = tuple[str, str]  # (words, title that they link to or ''); SEPARATOR alone parts two items


def is_infobox(template: str) -> bool:
    return _INFOBOX.fullmatch(template_name(template)) is not None


def read_infobox(code: str, start: int, end: int) -> Infobox | None:
    """The infobox code[start:end], `code` being that of `masking.lay_out`; None where the parser sees no template.

    Raises PageTooComplex over MAX_CHARACTERS.
    """
    if end - start > MAX_CHARACTERS:
        raise PageTooComplex(f"an infobox of {end - start:,} characters, more than {MAX_CHARACTERS:,}")
    chunk = code[start:end]
    nodes = mwparserfromhell.parse(chunk, skip_style_tags=True).nodes
    if len(nodes) != 1 or not isinstance(nodes[0], Template):
        return None
    return Infobox(template_name(chunk), start, end, tuple(_fields(nodes[0], start)))


def _fields(template: Template, start: int) -> Iterator[Field]:
    """The parser keeps every character, so that lengths give the places."""
    position = start + 2 + len(str(template.name))
    for parameter in template.params:
        written = str(parameter)
        position += 1
        if parameter.showkey:
            inner = parameter.value.filter_templates(recursive=False)
            if inner and template_name(str(inner[0])).startswith("chembox"):  # a part of the same infobox
                offset = position + written.index(str(inner[0]), len(str(parameter.name)))
                yield from _fields(inner[0], offset)
            else:
                text, links = _assemble(_pieces(parameter.value))
                name = " ".join(str(parameter.name).replace("_", " ").replace(HIDDEN, "").lower().split())
                if text and name:
                    lead = len(written) - len(written.lstrip())
                    yield Field(name, text, position + lead, position + len(written.rstrip()), links)
        position += len(written)


def _pieces(code: Wikicode | None, target: str = "") -> Iterator[_Piece]:
    for node in code.nodes if code is not None else ():
        yield from _piece(node, target)


def _piece(node: Node, target: str) -> Iterator[_Piece]:
    if isinstance(node, Text):
        yield _STYLE.sub("", node.value), target
    elif isinstance(node, HTMLEntity):
        yield node.normalize(), target
    elif isinstance(node, Wikilink):
        if not out_of_sight(str(node)[2:-2]):
            yield from _pieces(node.text if node.text is not None else node.title, link_target(str(node.title)))
    elif isinstance(node, ExternalLink):
        yield from _pieces(node.title, target)
    elif isinstance(node, Tag):
        name = str(node.tag).strip().lower()
        if name not in _SKIPPED_TAGS:
            if name in _BREAKS:
                yield SEPARATOR, ""
            yield from _pieces(node.contents, target)
    elif isinstance(node, Template):
        yield from _template_pieces(node, target)


def _template_pieces(node: Template, target: str) -> Iterator[_Piece]:
    name = template_name(f"{{{{{node.name}}}}}")
    positional = [parameter.value for parameter in node.params if not parameter.showkey]
    if name in _LISTS or name in _ONE:
        for value in positional:
            yield SEPARATOR, ""
            yield from _pieces(value, target)
        yield SEPARATOR, ""
    elif name in _CODED or name == "icd10":
        values = [" ".join(str(value).split()) for value in positional]
        yield _icd10(values) if name == "icd10" else "".join(values[:1]), ""
    else:
        for place in VISIBLE.get(name, ()):
            if place <= len(positional):
                yield from _pieces(positional[place - 1], target)
                yield " ", ""


def _icd10(values: list[str]) -> str:
    """{{ICD10|F84.0}} and, as older pages write it, {{ICD10|F|84|0|f|80}} with the block that it stands in."""
    letter, number, decimal = ([*values, "", "", ""])[:3]
    if len(letter) > 1 or not number.isdigit():
        return letter
    return f"{letter}{number}" + (f".{decimal}" if decimal.isalnum() else "")


def _assemble(pieces: Iterator[_Piece]) -> tuple[str, tuple[Link, ...]]:
    """One line of text and its links; white space collapses, a separator stands only between two items."""
    text = ""
    gap = ""  # what goes before the next words
    links: list[Link] = []
    for words, target in pieces:
        if words is SEPARATOR:
            gap = SEPARATOR
            continue
        bare = " ".join(words.split())
        if not bare:
            gap = gap or (" " if words else "")
            continue
        if words[0].isspace():
            gap = gap or " "
        text += (gap if text else "") + bare
        if target:
            links.append(Link(target, len(text) - len(bare), len(text)))
        gap = " " if words[-1].isspace() else ""
    return text, tuple(links)
