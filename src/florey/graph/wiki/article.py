"""What a page of Wikipedia is, raw and taken apart. Every offset counts characters of the revision's wikitext."""

from __future__ import annotations

from dataclasses import dataclass

from florey.errors import FloreyError


class PageTooComplex(FloreyError):
    """A page that is not read: larger or deeper nested than MediaWiki itself would take. The message says how."""


@dataclass(frozen=True, slots=True)
class Page:
    """One revision of one page, as a dump or the API gives it."""

    title: str  # normalised: see `normal_title`
    page_id: int
    revision: int
    text: str  # wikitext
    redirect: str | None = None  # title that it leads to
    namespace: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A link of Wikipedia inside a plain text: `target` is the page, start and end are those of the visible words."""

    target: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as read. `page.text[start:end]` is the same sentence verbatim, markup included: its quote."""

    text: str
    start: int
    end: int
    section: str  # heading that it stands under; "" for the lead
    links: tuple[Link, ...] = ()  # offsets in `text`


@dataclass(frozen=True, slots=True)
class Field:
    """A named value of an infobox; start and end span `name = value` in the page."""

    name: str  # lower case, spaces for underscores
    text: str  # plain; items of a list are separated by "; "
    start: int
    end: int
    links: tuple[Link, ...] = ()  # offsets in `text`


@dataclass(frozen=True, slots=True)
class Infobox:
    template: str  # lower case, spaces for underscores: "infobox medical condition"
    start: int
    end: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """A page taken apart."""

    page: Page
    infoboxes: tuple[Infobox, ...]
    sentences: tuple[Sentence, ...]
    categories: tuple[str, ...]  # without "Category:"
    bold: tuple[str, ...]  # bold names in the lead's first sentence: other names of the subject
    disambiguates: tuple[str, ...] = ()  # titles that a disambiguation page lists; empty for any other page


def normal_title(text: str) -> str:
    """The title that a link's target means: no fragment, spaces for underscores, first letter upper case.

    >>> normal_title(" multiple_sclerosis#Causes ")
    'Multiple sclerosis'
    """
    title = " ".join(text.partition("#")[0].replace("_", " ").split())
    return title[:1].upper() + title[1:]


def page_curie(title: str, wiki: str = "enwiki") -> str:
    """The id of a page as a node of the graph.

    >>> page_curie("Multiple sclerosis")
    'ENWIKI:Multiple_sclerosis'
    """
    return f"{wiki.upper()}:{title.replace(' ', '_')}"


def curie_title(curie: str) -> str:
    """The title in an id that `page_curie` made."""
    return curie.partition(":")[2].replace("_", " ")
