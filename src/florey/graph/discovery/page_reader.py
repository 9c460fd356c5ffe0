"""One page, from its title to what it says: relevance, mentions, relations, each with its quote.

In two steps, so that the questions to a language model can be asked for many pages at once: `prepare` reads the page
and says what to ask, `finish` takes the answers and makes the entry of the journal.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from florey.graph.discovery.mentions import PageMentions, Target
from florey.graph.discovery.reading import End, Outcome, Reading, Spent, Why
from florey.graph.discovery.settings import DiscoverySettings
from florey.graph.discovery.vocabulary import Vocabulary
from florey.graph.extraction import infobox, patterns
from florey.graph.extraction.candidate import Candidate, Entity, Relation
from florey.graph.extraction.checks import check, screened
from florey.graph.extraction.page_type import is_medical, page_type
from florey.graph.extraction.prompting import Passage, read_answer, request_for
from florey.graph.wiki.article import Article, Page, PageTooComplex, Sentence, page_curie
from florey.graph.wiki.dump_library import Wiki
from florey.graph.wiki.wikitext import take_apart
from florey.llm.requests import Answer, Failure, Request


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a language model about a few sentences of a page."""

    request: Request
    passages: tuple[Passage, ...]
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page as read without a language model, and what is to be asked about it."""

    asked: str
    why: Why
    title: str
    outcome: Outcome
    reason: str
    page: Page | None = None
    type: str | None = None
    aliases: tuple[str, ...] = ()
    xrefs: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()
    links: dict[str, int] = field(default_factory=dict)
    found: tuple[Said, ...] = ()
    dropped: Counter[str] = field(default_factory=Counter)
    questions: tuple[Question, ...] = ()

    @property
    def requests(self) -> list[Request]:
        return [question.request for question in self.questions]


@dataclass(frozen=True, slots=True)
class Said:
    """A relation with the text it was read from and the place of its quote in the page."""

    relation: Relation
    text: str
    start: int
    end: int


class PageReader:
    """Reads pages of one wiki with one vocabulary. What it returns depends on nothing that it read before."""

    def __init__(self, wiki: Wiki, vocabulary: Vocabulary, settings: DiscoverySettings | None = None) -> None:
        self.wiki = wiki
        self.vocabulary = vocabulary
        self.settings = settings or DiscoverySettings()
        self._targets: dict[str, Target] = {}

    def prepare(self, asked: str, why: Why, known: Collection[str] = (), *, with_llm: bool) -> Prepared:
        """`known`: titles of pages that were read before; a redirect to one of them is not read again."""
        page = self.wiki.page(asked)
        if page is None and self.wiki.local and (listed := self.wiki.homonyms(asked)):
            return self._homonyms(asked, why, asked, listed)
        if page is None:
            return Prepared(asked, why, asked, "missing", f"{self.wiki.name} has no such medical page")
        if page.title in known:
            return Prepared(asked, why, page.title, "repeated", f"read as {page.title}")
        return self.prepare_page(page, asked, why, with_llm=with_llm)

    def prepare_page(self, page: Page, asked: str, why: Why, *, with_llm: bool) -> Prepared:
        try:
            article = take_apart(page)
        except PageTooComplex as error:
            return Prepared(asked, why, page.title, "too_complex", str(error))
        if article.disambiguates:
            return self._homonyms(asked, why, page.title, article.disambiguates)
        medical, reason = is_medical(article)
        if not medical:
            return Prepared(asked, why, page.title, "not_medical", reason, page)
        return self._read(article, asked, why, reason, with_llm)

    def _homonyms(self, asked: str, why: Why, title: str, listed: Iterable[str]) -> Prepared:
        """A name of several things is none of them; what it lists can be read."""
        found = (self.look_up(target) for target in listed)
        links = dict.fromkeys(sorted(target.title for target in found if target.readable), 1)
        return Prepared(asked, why, title, "disambiguation", "its links are homonyms", links=links)

    def finish(self, prepared: Prepared, answers: Sequence[Answer | Failure], step: int, model: str = "") -> Reading:
        """The journal's entry; `answers` in the order of `prepared.questions`."""
        said, dropped = list(prepared.found), Counter(prepared.dropped)
        spent = Spent()
        for question, answer in zip(prepared.questions, answers, strict=True):
            if isinstance(answer, Failure):
                dropped[f"llm: no answer ({answer.kind})"] += 1
                spent += Spent(calls=1)
                continue
            usage = answer.usage
            spent += Spent(calls=1, prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens)
            found, refused = read_answer(answer.parsed, question.passages, model)
            dropped.update({f"llm: {why}": count for why, count in refused.items()})
            for each in found:
                sentence = question.sentences[each.passage]
                said.append(Said(each.relation, sentence.text, sentence.start, sentence.end))
        candidates, ends = self._checked(prepared, said, dropped)
        return Reading(
            step=step,
            asked=prepared.asked,
            title=prepared.title,
            outcome=prepared.outcome,
            reason=prepared.reason,
            why=prepared.why,
            page_id=prepared.page.page_id if prepared.page else None,
            revision=prepared.page.revision if prepared.page else None,
            type=prepared.type,
            aliases=prepared.aliases,
            xrefs=prepared.xrefs,
            specialties=prepared.specialties,
            links=prepared.links,
            candidates=tuple(candidates),
            entities=ends,
            dropped=dict(sorted(dropped.items())),
            spent=spent,
        )

    def _read(self, article: Article, asked: str, why: Why, reason: str, with_llm: bool) -> Prepared:
        page = article.page
        type = page_type(article) or self.vocabulary.expected_type(page.title)
        names = _aliases(page.title, (*article.bold, *self.wiki.redirects_to(page.title)))
        aliases = tuple(name for name in names if not self._means_another(name, page.title))
        mentions = PageMentions(article, type, aliases, self.vocabulary, self.look_up, self.wiki.name)
        said: list[Said] = []
        if type:
            subject = Entity(page_curie(page.title, self.wiki.name), type, 0, 0)
            for stated in infobox.relations_of_infobox(article, subject, lambda f: mentions.of(f.text, f.links)):
                said.append(Said(stated.relation, stated.field.text, stated.field.start, stated.field.end))
        sentences, dropped = screened(article.sentences)
        if len(aliases) < len(names):
            dropped["alias: a homonym"] += len(names) - len(aliases)
        read = [(sentence, tuple(mentions.of(sentence.text, sentence.links))) for sentence in sentences]
        for sentence, entities in read:
            for relation in patterns.relations(sentence.text, entities):
                said.append(Said(relation, sentence.text, sentence.start, sentence.end))
        return Prepared(
            asked=asked,
            why=why,
            title=page.title,
            outcome="read",
            reason=reason,
            page=page,
            type=type,
            aliases=aliases,
            xrefs=infobox.identifiers(article),
            specialties=_specialties(article),
            links=dict(sorted(Counter(mentions.targets()).items())),
            found=tuple(said),
            dropped=dropped,
            questions=tuple(self._questions(read)) if with_llm else (),
        )

    def _questions(self, read: Iterable[tuple[Sentence, tuple[Entity, ...]]]) -> Iterable[Question]:
        """Sentences that name two things, a few to a request."""
        telling = [(sentence, found) for sentence, found in read if len({entity.id for entity in found}) > 1]
        size = self.settings.sentences_per_request
        for start in range(0, len(telling), size):
            part = telling[start : start + size]
            passages = tuple(Passage(sentence.text, found) for sentence, found in part)
            if request := request_for(passages, self.settings.max_tokens):
                yield Question(request, passages, tuple(sentence for sentence, _ in part))

    def look_up(self, title: str) -> Target:
        """What is known of a page without reading it: looked up in the page itself where pages are at hand, else in
        the vocabulary."""
        if title not in self._targets:
            page = self.wiki.page(title) if self.wiki.local else None
            if page is None and self.wiki.local and self.wiki.homonyms(title):
                self._targets[title] = Target(title, None, readable=False)
                return self._targets[title]
            found = None
            if page is not None:
                try:
                    found = page_type(take_apart(page))
                except PageTooComplex:
                    found = None
            name = page.title if page else title
            readable = page is not None or not self.wiki.local
            self._targets[title] = Target(name, found or self.vocabulary.expected_type(name), readable)
        return self._targets[title]

    def _means_another(self, name: str, title: str) -> bool:
        """Whether a disambiguation page says that a name is also that of another page of the graph's kind."""
        if not self.wiki.local:
            return False
        others = (self.look_up(target) for target in self.wiki.homonyms(name))
        return any(other.title != title and other.type is not None and other.readable for other in others)

    def expected_type(self, title: str) -> str | None:
        """Node type that reading the page should give."""
        return self.look_up(title).type

    def _checked(
        self, prepared: Prepared, said: Sequence[Said], dropped: Counter[str]
    ) -> tuple[list[Candidate], dict[str, End]]:
        """What may become an edge, each statement once a quote; the rest is counted."""
        kept: dict[tuple[str, str, str, bool, int], Candidate] = {}
        ends: dict[str, End] = {}
        page = prepared.page
        if page is None or not said:
            return [], ends
        subject = page_curie(page.title, self.wiki.name)
        for each in said:
            relation = each.relation
            types, surfaces = {}, defaultdict(set)
            for end in (relation.subject, relation.object):
                types[end.id] = end.type
                surfaces[end.id].add(each.text[end.start : end.end])
            candidate = Candidate(
                relation.subject.id,
                relation.name,
                relation.object.id,
                relation.positive,
                page.title,
                page.revision,
                page.text[each.start : each.end],
                each.start,
                each.end,
                relation.rule,
                relation.confidence,
            )
            key = (candidate.subject, candidate.relation, candidate.object, candidate.positive, candidate.start)
            if key in kept:  # rules come before the model, so that what both found is the rule's
                continue
            if fault := check(candidate, page, types, surfaces, subject):
                dropped[f"{relation.rule.partition(':')[0]}: {fault}"] += 1
                continue
            kept[key] = candidate
            ends |= {id: End(type=kind, name=self._name(id, surfaces[id])) for id, kind in types.items()}
        return list(kept.values()), dict(sorted(ends.items()))

    def _name(self, id: str, surfaces: Collection[str]) -> str:
        return self.vocabulary.name_of(id) or min(surfaces)


def _aliases(title: str, names: Iterable[str]) -> tuple[str, ...]:
    """Other names, without those that differ from the title by case only."""
    found = {" ".join(name.split()) for name in names}
    return tuple(sorted(name for name in found if name and name.casefold() != title.casefold()))


def _specialties(article: Article) -> tuple[str, ...]:
    names = {"field", "specialty", "speciality"}
    fields = (found for box in article.infoboxes for found in box.fields if found.name in names)
    return tuple(dict.fromkeys(item for found in fields for item in _items(found.text)))


def _items(text: str) -> list[str]:
    return [" ".join(item.split()).casefold() for item in text.replace(";", ",").split(",") if item.strip()]
