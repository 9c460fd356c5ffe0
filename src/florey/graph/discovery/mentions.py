"""What a page mentions where: its own links first, then names it introduced itself, then names of the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from florey.graph.discovery.vocabulary import Vocabulary
from florey.graph.extraction.candidate import Entity
from florey.graph.linking.linker import Linker
from florey.graph.linking.mention import Name
from florey.graph.wiki.article import Article, Field, Link, Sentence, page_curie

_PARENTHESES = re.compile(r" \([^()]*\)$")


@dataclass(frozen=True, slots=True)
class Target:
    """What is known of a page that is linked to."""

    title: str  # where redirects lead
    type: str | None  # node type
    readable: bool  # False: it is known that there is no such page to read


class PageMentions:
    """Entities of the texts of one page. A name that the page links once means the same wherever it stands again."""

    def __init__(
        self,
        article: Article,
        type: str | None,
        aliases: Iterable[str],
        vocabulary: Vocabulary,
        look_up: Callable[[str], Target],
        wiki: str,
    ) -> None:
        texts = _texts(article)
        self._links = [link for text in texts for link in text.links]
        self._look_up, self._wiki, self._vocabulary = look_up, wiki, vocabulary
        title = article.page.title
        names: set[Name] = set()
        for text in texts:
            for link in text.links:
                if target := self._target(link):
                    names.add(Name(text.text[link.start : link.end], target[0], target[1], preferred=False))
        mine = page_curie(title, wiki)
        names = {name for name in names if name.id != mine}
        if type:
            own = {title, _PARENTHESES.sub("", title), *aliases}
            names = {name for name in names if name.text.casefold() not in {each.casefold() for each in own}}
            names |= {Name(name, mine, type) for name in own}
        self._own = Linker(sorted(names, key=lambda name: (name.text, name.id, name.type)))
        self._types = {name.id: name.type for name in sorted(names, key=lambda name: (name.id, name.type))}
        whole = " ".join(sentence.text for sentence in article.sentences)
        self._context = self._own.context(whole)
        self._vocabulary_context = vocabulary.linker.context(whole)

    def targets(self) -> Iterator[str]:
        """Titles of pages that the page leads to and that can be read, with repeats."""
        leads = (self._look_up(link.target) for link in self._links)
        return (found.title for found in leads if found.readable)

    def of(self, text: str, links: Sequence[Link]) -> list[Entity]:
        """The entities of a sentence or field, in order, none overlapping; what is said of relatives is left out."""
        found = [Entity(target[0], target[1], link.start, link.end) for link in links if (target := self._target(link))]
        taken = [(link.start, link.end) for link in links]
        for linker, context, types in (
            (self._own, self._context, self._types),
            (self._vocabulary.linker, self._vocabulary_context, self._vocabulary.type_of_id),
        ):
            for mention in linker.link(text, context):
                free = all(mention.end <= start or end <= mention.start for start, end in taken)
                if free and mention.id is not None:
                    taken.append((mention.start, mention.end))
                    if not mention.family:
                        found.append(Entity(mention.id, types[mention.id], mention.start, mention.end))
        return sorted(found, key=lambda entity: entity.start)

    def _target(self, link: Link) -> tuple[str, str] | None:
        """(id, type) of what a link leads to, if its type is known."""
        found = self._look_up(link.target)
        return (page_curie(found.title, self._wiki), found.type) if found.type else None


def _texts(article: Article) -> list[Sentence | Field]:
    return [*article.sentences, *(found for box in article.infoboxes for found in box.fields)]
