"""From a question to the same question in a model's words, or to the reason why not.

A model writes the case; the text is linked back to the graph; the certificate is issued again for what was linked.
Everything that drifts is asked again with the reason, and dropped at last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from florey.graph.linking.linker import Linker
from florey.graph.linking.mention import Mention
from florey.graph.presence import Presence
from florey.llm.client import WINDOW, LlmClient
from florey.llm.requests import Failure, Request
from florey.records import Question, Record, Rewriting
from florey.synthesis.certificates import certify
from florey.synthesis.rewriting.brief import Brief, Briefer
from florey.synthesis.rewriting.closing import Language
from florey.synthesis.rewriting.drift import Drift, Reason
from florey.synthesis.rewriting.glossary import Glossary
from florey.synthesis.rewriting.prompting import asked_again, back_request, case_request
from florey.synthesis.rewriting.reading import (
    Case,
    covered,
    read_case,
    read_chinese,
    read_english,
    read_translation,
    stated_conditions,
    translated,
)

SYNONYMS = 3
Progress = Callable[[int, int, str], None]


class Dropped(Record):
    """A question that was not rewritten, with the last fault and the last text."""

    question_id: str
    reason: Reason
    detail: str
    attempts: int
    text: str | None = None


@dataclass(frozen=True)
class Settings:
    language: Language = "en"
    attempts: int = 3  # times that a case is written, the first included


class Rewriter:
    """For the questions of one graph. `glossary`: Chinese names, which take the place of the translation back."""

    def __init__(self, presence: Presence, settings: Settings, glossary: Glossary | None = None) -> None:
        self.presence, self.settings, self.glossary = presence, settings, glossary
        self.briefer = Briefer(presence.graph, Linker.of_graph(presence.graph))

    def requests(self, questions: Iterable[Question]) -> Iterator[Request]:
        """What is asked at first: one case a question, and the original in the place of the text to translate back,
        whose length is not known yet."""
        for question in questions:
            brief = self.briefer.brief(question)
            if isinstance(brief, Brief):
                yield self._first(brief)
                if self._needs_translation(brief):
                    yield back_request(question.stem, brief.closing["en"])

    async def rewrite(self, client: LlmClient, question: Question) -> Question | Dropped:
        """BadInput for a question of another graph, and for what no waiting mends."""
        brief = self.briefer.brief(question)
        if isinstance(brief, Drift):
            return _dropped(question, brief, 0)
        first = request = self._first(brief)
        text, drift = None, Drift(Reason.NO_ANSWER, "never asked")
        for attempt in range(1, self.settings.attempts + 1):
            answer = await client.ask(request)
            if isinstance(answer, Failure):
                return _dropped(question, _unanswered(answer), attempt, text)
            case = read_case(answer.parsed, brief)
            text, found = case.text, await self._taken(client, brief, case, attempt - 1)
            if isinstance(found, Question):
                return found
            drift = found
            request = asked_again(first, answer.text, drift.detail, attempt)
        return _dropped(question, drift, self.settings.attempts, text)

    async def _taken(self, client: LlmClient, brief: Brief, case: Case, sample: int) -> Question | Drift:
        """The finished question, or the first fault of the case."""
        language, back = self.settings.language, None
        if language == "en":
            read = read_english(case, brief, self.briefer)
            stem = f"{case.text} {brief.closing['en']}"
        else:
            read = read_chinese(case, brief, self.glossary)
            asked = _filled(brief, case)
            stem = f"{case.text}{asked}"
            if not isinstance(read, Drift) and self._needs_translation(brief):
                answer = await client.ask(back_request(case.text, asked, sample))
                if isinstance(answer, Failure):
                    return _unanswered(answer)
                read = read_translation(answer.parsed, brief, self.briefer)
                back = translated(answer.parsed)
        if drift := read if isinstance(read, Drift) else self._replayed(brief.question, read):
            return drift
        mentions = tuple(sorted(set(case.echo)))
        rewriting = Rewriting(
            of=brief.question.id, model=client.backend.model, mentions=mentions, back_translation=back
        )
        update = {"stem": stem, "language": language, "rewriting": rewriting}
        return brief.question.model_copy(update=update).identified()

    def _replayed(self, question: Question, mentions: Sequence[Mention]) -> Drift | None:
        """The certificate issued anew, for the conditions that the text states."""
        assert question.certificate
        conditions = stated_conditions(question.conditions, mentions)
        certificate = certify(self.presence, question.option_ids, conditions, question.gold)
        if isinstance(certificate, str):
            return Drift(Reason.CERTIFICATE, certificate)
        if certificate.strength is not question.certificate.strength:
            return Drift(Reason.CERTIFICATE, f"{certificate.strength}, not {question.certificate.strength}")
        return None

    def _first(self, brief: Brief) -> Request:
        language = self.settings.language
        if language == "zh" and self.glossary and covered(brief, self.glossary):
            names = {node: [self.glossary.first[node]] for node in brief.facts}
        elif language == "zh":
            names = {node: [brief.names[node]] for node in brief.facts}
        else:
            names = {n: [brief.names[n], *self.briefer.synonyms(brief, n, SYNONYMS)] for n in brief.facts}
        return case_request(brief, language, names)

    def _needs_translation(self, brief: Brief) -> bool:
        return self.settings.language == "zh" and not (self.glossary and covered(brief, self.glossary))


async def rewrite_all(
    rewriter: Rewriter, client: LlmClient, questions: Sequence[Question], progress: Progress | None = None
) -> list[Question | Dropped]:
    """In the order of the questions, as many at a time as the client asks. What was answered by an interruption is
    in the client's cache."""
    outcomes: dict[int, Question | Dropped] = {}
    numbered = iter(enumerate(questions))

    async def work() -> None:
        for index, question in numbered:  # shared: each worker takes the next
            outcomes[index] = await rewriter.rewrite(client, question)
            if progress:
                progress(len(outcomes), len(questions), "")

    at_a_time = min(len(questions), WINDOW * client.settings.max_concurrency)
    workers = [asyncio.create_task(work()) for _ in range(at_a_time)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return [outcomes[index] for index in range(len(questions))]


def _filled(brief: Brief, case: Case) -> str:
    """The Chinese question with its names as the case writes them."""
    question = brief.closing["zh"]
    for node, words in case.echo:
        question = question.replace(f"{{{node}}}", words)
    return question


def _unanswered(failure: Failure) -> Drift:
    return Drift(Reason.NO_ANSWER, f"{failure.kind}: {failure.reason}")


def _dropped(question: Question, drift: Drift, attempts: int, text: str | None = None) -> Dropped:
    return Dropped(question_id=question.id, reason=drift.reason, detail=drift.detail, attempts=attempts, text=text)
