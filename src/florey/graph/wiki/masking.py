"""What of a wikitext is not prose, hidden behind characters that XML forbids, so that every offset stays true.

One pass over the brackets with a stack: linear in the text whatever it holds, where a general parser takes seconds.
Markup that a reader sees (links, and the templates of `VISIBLE`) is left for `florey.graph.wiki.inline`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from florey.graph.wiki.article import PageTooComplex


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HIDDEN = "\x01"
MAX_CHARACTERS = 4_000_000  # MediaWiki refuses a page of more than 2 MiB
MAX_NESTING = 100  # of templates: MediaWiki's own limit of expansion depth

_TAGS = (
    "ref|math|chem|gallery|source|syntaxhighlight|timeline|score|pre|code|imagemap|table|nowiki|templatestyles|"
    "references|includeonly|hiero|mapframe|graph|inputbox|ce|style|script"
)
_OPENING = re.compile(rf"<!--|<({_TAGS})\b[^<>]*+>", re.IGNORECASE)
_CLOSING = {tag: re.compile(rf"</{tag}\s*+>", re.IGNORECASE) for tag in _TAGS.split("|")}
_BRACKET = re.compile(r"\{[{|]|\}\}|\|\}(?!\})|\[\[|\]\]")
_OPENER = {"}}": "{{", "]]": "[[", "|}": "{|"}
_LEFTOVERS = re.compile(  # "( )" and "(; " and "word ." where a template stood
    rf"\((?=[ ,;]*+{HIDDEN})[ ,;{HIDDEN}]*+\)"
    rf"|(?<=\()(?=[ ,;]*+{HIDDEN})[ ,;{HIDDEN}]++"
    rf"|(?<=[^\n]) ++{HIDDEN}++(?=[.,;:)])"
)

# Templates whose words stand in the sentence, and which of their arguments a reader sees
VISIBLE = {
    **dict.fromkeys(("nowrap", "nobr", "small", "sup", "sub", "abbr", "em", "strong", "not a typo", "nobold"), (1,)),
    **dict.fromkeys(("lang", "tooltip", "color", "font color", "visible anchor"), (2,)),
    **dict.fromkeys(("convert", "cvt"), (1, 2)),
    "as of": (1,),
}
FILES = ("file:", "image:", "media:")
NAMESPACES = words(
    "file image media category wikipedia wp project help portal template user special draft module mediawiki book talk "
    "wikt wiktionary s wikisource commons d wikidata species wikispecies m meta mw q wikiquote v wikiversity b "
    "wikibooks n wikinews voy wikivoyage w doi pmid"
)
_LANGUAGE = re.compile(r"[a-z]{2,3}|simple|zh-[a-z-]+|be-[a-z-]+")


@dataclass(frozen=True, slots=True)
class Layout:
    """A wikitext whose every string has the text's own length: `prose` shows words and links, `code` hides only
    references, comments and the like."""

    prose: str
    code: str
    templates: tuple[tuple[int, int], ...]  # outermost, in order
    categories: tuple[str, ...]


def lay_out(text: str) -> Layout:
    """Raises PageTooComplex for a text that MediaWiki itself would refuse."""
    if len(text) > MAX_CHARACTERS:
        raise PageTooComplex(f"{len(text):,} characters, more than {MAX_CHARACTERS:,}")
    code = hide(text, _unread(text))
    templates: list[tuple[int, int]] = []
    hidden: list[tuple[int, int]] = []
    categories: list[str] = []
    for kind, start, end in _regions(code):
        if kind == "{{":
            templates.append((start, end))
            if not is_visible(code[start:end]):
                hidden.append((start, end))
        elif kind == "{|":
            hidden.append((start, end))
        elif out_of_sight(code[start + 2 : end - 2]):
            hidden.append((start, end))
            prefix, _, name = code[start + 2 : end - 2].partition("|")[0].partition(":")
            if prefix.strip().lower() == "category":
                categories.append(" ".join(name.replace("_", " ").replace(HIDDEN, "").split()))
    prose = hide(code, hidden)
    prose = _LEFTOVERS.sub(lambda found: HIDDEN * len(found[0]), prose)  # brackets and spaces around what is hidden
    return Layout(prose, code, tuple(templates), tuple(dict.fromkeys(filter(None, categories))))


def hide(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with each span (in order, apart) hidden; its length does not change."""
    pieces: list[str] = []
    last = 0
    for start, end in spans:
        pieces += (text[last:start], HIDDEN * (end - start))
        last = end
    return "".join((*pieces, text[last:]))


def template_name(text: str) -> str:
    """'infobox medical condition' for '{{Infobox_medical condition|name=…}}'."""
    name = re.split(r"[|}\n]", text[2:202].lstrip(), maxsplit=1)[0]
    return " ".join(name.replace("_", " ").replace(HIDDEN, "").lower().split())


def is_visible(template: str) -> bool:
    return template_name(template) in VISIBLE and "{{" not in template[2:] and "\n" not in template


def namespace(target: str) -> str:
    """'category' of ':Category:Pain'; '' for an article. A language ('de:Schmerz') or sister project counts too."""
    prefix, colon, _ = target.strip().lstrip(":").partition(":")
    if not colon:
        return ""
    name = prefix.strip().lower()
    return name if name in NAMESPACES or name.endswith(" talk") or _LANGUAGE.fullmatch(prefix.strip()) else ""


def out_of_sight(link: str) -> bool:
    """Whether what stands between [[ and ]] shows no words: files, categories, other languages."""
    target = link.partition("|")[0].strip()
    if "[[" in link or target.lower().startswith(FILES):
        return True
    if target.startswith(":"):
        return False
    space = namespace(target)
    return space == "category" or bool(space not in NAMESPACES and _LANGUAGE.fullmatch(space))


def _unread(text: str) -> list[tuple[int, int]]:
    """Comments, references, formulas and other tags whose content is no prose."""
    spans: list[tuple[int, int]] = []
    unclosed: set[str] = set()  # searched to the end once and not found: never searched again
    position = 0
    while found := _OPENING.search(text, position):
        position = found.end()
        name = (found[1] or "").lower()
        if name and found[0].endswith("/>"):
            spans.append(found.span())
        elif not name:
            closing = text.find("-->", position)
            position = closing + 3 if closing >= 0 else len(text)  # as MediaWiki: to the end of the page
            spans.append((found.start(), position))
        elif name not in unclosed:
            if closed := _CLOSING[name].search(text, position):
                position = closed.end()
                spans.append((found.start(), position))
            else:
                unclosed.add(name)
    return spans


def _regions(code: str) -> list[tuple[str, int, int]]:
    """Outermost bracketed regions in order. An opener without its end is text, what it seems to hold is not in it."""
    found: list[tuple[str, int, int]] = []
    stack: list[tuple[str, int]] = []
    waiting = {"{{": 0, "[[": 0, "{|": 0}
    for token in _BRACKET.finditer(code):
        kind, start = token[0], token.start()
        if kind in ("{|", "|}") and code[code.rfind("\n", max(0, start - 80), start) + 1 : start].strip(
            f" \t:{HIDDEN}"
        ):
            continue  # a table's marks stand at the beginning of a line
        if kind in waiting:
            stack.append((kind, start))
            waiting[kind] += 1
            if kind == "{{" and waiting[kind] > MAX_NESTING:
                raise PageTooComplex(f"more than {MAX_NESTING} templates open at character {start:,}")
            continue
        opener = _OPENER[kind]
        if not waiting[opener]:
            continue
        while True:
            opened, begin = stack.pop()
            waiting[opened] -= 1
            if opened == opener:
                break
        while found and found[-1][1] > begin:
            found.pop()
        found.append((opener, begin, token.end()))
    return found
