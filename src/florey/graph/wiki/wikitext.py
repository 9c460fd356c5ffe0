"""A page taken apart: infoboxes, sentences with their places, links, categories."""

from __future__ import annotations

import re
from collections.abc import Iterator

from florey.graph.wiki.article import Article, Infobox, Link, Page, Sentence, normal_title
from florey.graph.wiki.infobox import is_infobox, read_infobox
from florey.graph.wiki.inline import Rendered, render
from florey.graph.wiki.masking import HIDDEN, Layout, lay_out, template_name
from florey.graph.wiki.sentences import sentence_spans

_REDIRECT = re.compile(r"\s*#redirect\s*:?\s*\[\[([^\[\]|]+)", re.IGNORECASE)
_HEADING = re.compile(r"(={1,6})(.+?)\1\s*+$")
NOT_PROSE = frozenset(
    ("references", "external links", "further reading", "notes", "bibliography", "sources", "footnotes", "see also")
)
_DISAMBIGUATION = re.compile(
    r"(?:.* )?disambig(?:uation)?(?: cleanup| page)?|dab|disamb|hndis|geodis|geodab|hndab|numberdis"
    r"|letter-numbercombdisambig"
    r"|medical disambiguation|biology disambiguation|molformdisambig|human name disambiguation"
)
_Block = tuple[int, int, str, str]  # start, end, section, list marks before it


def take_apart(page: Page) -> Article:
    """The article of a page. A redirect has no sentences. Raises PageTooComplex for one that no editor can have meant.

    Every offset counts characters of `page.text`: `page.text[s.start:s.end]` is the sentence `s` with its markup.
    """
    if page.redirect is not None:
        return Article(page, (), (), (), ())
    layout = lay_out(page.text)
    sentences: list[Sentence] = []
    bold: tuple[str, ...] = ()
    listed: list[str] = []
    listing = is_disambiguation(layout)
    for start, end, section, marks in _blocks(layout.prose):
        rendered = render(layout.prose, start, end)
        made = list(_sentences(rendered, section, sentences[-1].end if sentences else 0))
        if made and not sentences and not marks:
            bold = _names(rendered, made[0])
        sentences += made
        if listing and marks and rendered.links:
            listed.append(rendered.links[0].target)
    return Article(
        page,
        tuple(_infoboxes(layout)),
        tuple(sentences),
        layout.categories,
        bold,
        tuple(dict.fromkeys(listed)),
    )


def redirect_target(text: str) -> str | None:
    """The title that a wikitext redirects to, or None.

    >>> redirect_target("#REDIRECT [[heart attack#Signs]]")
    'Heart attack'
    """
    found = _REDIRECT.match(text)
    return normal_title(found[1]) or None if found else None


def is_disambiguation(layout: Layout) -> bool:
    return any(_DISAMBIGUATION.fullmatch(template_name(layout.code[a : min(b, a + 200)])) for a, b in layout.templates)


def _infoboxes(layout: Layout) -> Iterator[Infobox]:
    for start, end in layout.templates:
        if is_infobox(layout.code[start : min(end, start + 200)]):
            infobox = read_infobox(layout.code, start, end)
            if infobox is not None:
                yield infobox


def _blocks(prose: str) -> Iterator[_Block]:
    """Paragraphs and list items, in order. Lines of a paragraph stay together, as MediaWiki shows them."""
    section, begin, stop, position = "", -1, -1, 0
    for line in prose.split("\n"):
        start, position = position, position + len(line) + 1
        seen = line.strip(f" \t{HIDDEN}")
        first = seen[:1]
        if first and first not in "=*#:;|!" and not seen.startswith(("----", "{|")):
            if section.lower() not in NOT_PROSE:
                begin, stop = (start if begin < 0 else begin), start + len(line)
            continue
        if begin >= 0:
            yield begin, stop, section, ""
            begin = -1
        if first == "=" and (heading := _HEADING.match(seen)):
            section = render(heading[2], 0, len(heading[2])).text.strip()
        elif first and first in "*#:;" and section.lower() not in NOT_PROSE:
            item = seen.lstrip(f"*#:; {HIDDEN}")
            marks = seen[: len(seen) - len(item)]
            offset = line.index(first) + len(marks)
            yield start + offset, start + len(line), section, marks
    if begin >= 0:
        yield begin, stop, section, ""


def _sentences(rendered: Rendered, section: str, after: int) -> Iterator[Sentence]:
    links = iter(rendered.links)
    link = next(links, None)
    for start, end in _uncut(rendered):
        inside: list[Link] = []
        while link is not None and link.end <= end:
            inside.append(Link(link.target, link.start - start, link.end - start))
            link = next(links, None)
        text = rendered.text[start:end]
        if any(map(str.isalpha, text)):
            first, last = rendered.quote(start, end, after)
            after = last
            yield Sentence(text, first, last, section, tuple(inside))


def _uncut(rendered: Rendered) -> Iterator[tuple[int, int]]:
    """Sentences of the text, with those joined that would cut a link or another unit in two."""
    open_since = -1
    for start, end in sentence_spans(rendered.text):
        if open_since < 0:
            open_since = start
        if not rendered.within_unit(end):
            yield open_since, end
            open_since = -1


def _names(rendered: Rendered, first: Sentence) -> tuple[str, ...]:
    """Bold words within the first sentence, which `first` is."""
    begin = rendered.text.index(first.text)
    inside = (rendered.text[a:b].strip() for a, b in rendered.bold if a >= begin and b <= begin + len(first.text))
    return tuple(dict.fromkeys(filter(None, inside)))
