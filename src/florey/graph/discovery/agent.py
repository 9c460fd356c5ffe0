"""The discovery agent: choose pages, read them, write down what they gave, choose again, within a budget.

All that it knows beyond its inputs is the journal, so a run that was stopped goes on as if it had not been.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from florey.errors import BadInput, FloreyError
from florey.files import read_json, write_json
from florey.graph.discovery.frontier import Frontier
from florey.graph.discovery.journal import Journal, read_journal, written_by_one
from florey.graph.discovery.page_reader import PageReader, Prepared
from florey.graph.discovery.reading import Reading, Spent
from florey.graph.discovery.settings import Budget, DiscoverySettings
from florey.graph.wiki.article import normal_title
from florey.llm.accounting import cost, plan
from florey.llm.client import LlmClient
from florey.llm.requests import Failure, Usage

IDENTITY = "discovery.json"
ANSWERED = ("schema", "refused")  # failures of a server that works
Progress = Callable[[int, int, str], None]  # pages read, pages in the budget, what was read last


@dataclass(frozen=True, slots=True)
class Discovered:
    """What a run leaves behind. `stopped`: which end was reached."""

    folder: Path
    stopped: str
    waiting: int  # pages of the frontier that were not read
    torn: bool  # an earlier run was killed while it wrote

    @property
    def readings(self) -> list[Reading]:
        return list(read_journal(self.folder))

    def counts(self) -> dict[str, Any]:
        """JSON-able: pages by outcome, candidates by rule's kind, drops by reason, what was spent."""
        pages, relations, dropped, types = (Counter[str]() for _ in range(4))
        spent = Spent()
        for reading in read_journal(self.folder):
            pages[reading.outcome] += 1
            types.update([reading.type] if reading.type else [])
            relations.update(each.rule.partition(":")[0] for each in reading.candidates)
            dropped.update(reading.dropped)
            spent += reading.spent
        named = {"pages": pages, "relations": relations, "dropped": dropped, "types": types}
        return {
            **{name: dict(sorted(counter.items())) for name, counter in named.items()},
            "llm": spent.model_dump(),
            "stopped": self.stopped,
            "waiting": self.waiting,
        }


@dataclass(slots=True)
class _State:
    """What the journal says, as far as choosing and paying depend on it."""

    frontier: Frontier
    known: set[str] = field(default_factory=set)  # titles of pages that were read
    spent: Spent = field(default_factory=Spent)

    def learn(self, reading: Reading) -> None:
        self.frontier.learn(reading)
        self.spent += reading.spent
        if reading.outcome == "read":
            self.known.add(reading.title)


async def discover(
    reader: PageReader,
    settings: DiscoverySettings,
    folder: Path,
    *,
    llm: LlmClient | None = None,
    progress: Progress | None = None,
) -> Discovered:
    """Read pages into `folder` until the budget or the frontier is used up, or go on with what is there.

    Raises BadInput if there is no seed, if the folder was begun with other settings, or if another run writes to it,
    and FloreyError if the language model stops answering; what was read is kept.
    """
    seeds = seed_titles(reader, settings)
    with written_by_one(folder):
        journal = Journal(folder)
        state = _State(Frontier(settings.weights, reader.expected_type))
        state.frontier.seed(seeds)
        for reading in journal.replay():
            state.learn(reading)
        _keep_to(folder / IDENTITY, _identity(reader, settings, llm), begun=journal.count > 0)
        stopped = await _read_on(reader, settings, llm, journal, state, progress)
        found = Discovered(folder, stopped, len(state.frontier), journal.torn)
        write_json(folder / "summary.json", found.counts())
    return found


async def _read_on(
    reader: PageReader,
    settings: DiscoverySettings,
    llm: LlmClient | None,
    journal: Journal,
    state: _State,
    progress: Progress | None,
) -> str:
    """Why it stopped."""
    budget = settings.budget
    while True:
        left = budget.pages - journal.count
        if left <= 0:
            return "budget of pages"
        chosen = state.frontier.choose(min(left, settings.pages_at_a_time))
        if not chosen:
            return "nothing left to read"
        prepared: list[Prepared] = []
        for title, why in chosen:
            page = reader.prepare(title, why, state.known, with_llm=llm is not None)
            if page.outcome == "read":
                state.known.add(page.title)
            prepared.append(page)
        affordable = _affordable(prepared, budget, llm, state.spent)
        if not affordable:
            return "budget of the language model"
        batch = await _answered(reader, affordable, llm, journal.count)
        journal.append(batch)
        for reading in batch:
            state.learn(reading)
        if progress:
            progress(journal.count, budget.pages, batch[-1].title)
        if len(affordable) < len(prepared):
            return "budget of the language model"


async def _answered(
    reader: PageReader, prepared: Sequence[Prepared], llm: LlmClient | None, step: int
) -> list[Reading]:
    requests = [request for page in prepared for request in page.requests]
    answers = await llm.ask_many(requests) if llm and requests else []
    failures = [answer for answer in answers if isinstance(answer, Failure)]
    if failures and len(failures) == len(answers) and not any(each.kind in ANSWERED for each in failures):
        raise FloreyError(
            f"the language model answered none of {len(answers)} requests ({failures[0].reason}); nothing is lost: "
            "mend the server or the settings and give the same command again"
        )
    readings, at = [], 0
    for place, page in enumerate(prepared):
        mine = answers[at : at + len(page.requests)]
        at += len(page.requests)
        readings.append(reader.finish(page, mine, step + place, llm.settings.model if llm else ""))
    return readings


def _affordable(
    prepared: Sequence[Prepared], budget: Budget, llm: LlmClient | None, spent: Spent
) -> Sequence[Prepared]:
    """The first pages of a batch whose requests, by estimate, the budget still covers."""
    if llm is None or (budget.tokens is None and budget.money is None):
        return prepared
    for count in range(len(prepared), 0, -1):
        # without the cache: what a killed run had asked already is part of the same budget
        wanted = plan([request for page in prepared[:count] for request in page.requests], llm.settings)
        usage = spent.usage + Usage(wanted.prompt_tokens, wanted.completion_tokens)
        within_tokens = budget.tokens is None or usage.prompt_tokens + usage.completion_tokens <= budget.tokens
        if within_tokens and (budget.money is None or cost(usage, llm.settings) <= budget.money):
            return prepared[:count]
    return []


def seed_titles(reader: PageReader, settings: DiscoverySettings) -> list[str]:
    """Titles in the order given, then the pages of the categories, then all; BadInput if there are none."""
    titles = [normal_title(title) for title in settings.seeds]
    for category in settings.categories:
        found = reader.wiki.in_category(category)
        if not found:
            raise BadInput(f"category '{category}': no page of {reader.wiki.name} is in it")
        titles += sorted(found)
    if settings.everything:
        titles += reader.wiki.titles()
    if not titles:
        raise BadInput("nothing to start from: give a page with --seed, a category with --category, or --all")
    return list(dict.fromkeys(titles))


def _identity(reader: PageReader, settings: DiscoverySettings, llm: LlmClient | None) -> dict[str, Any]:
    return {
        "settings": settings.model_dump(mode="json", exclude={"budget"}),
        "wiki": reader.wiki.identity,
        "vocabulary": reader.vocabulary.digest,
        "model": llm.settings.model if llm else None,
    }


def _keep_to(path: Path, identity: dict[str, Any], begun: bool) -> None:
    """Once a page was read, the folder belongs to what it was read with."""
    if not begun or not path.is_file():
        write_json(path, identity)
        return
    before = read_json(path)
    changed = sorted(key for key in identity if before.get(key) != identity[key])
    if "settings" in changed:
        old, new = before.get("settings") or {}, identity["settings"]
        changed.remove("settings")
        changed += [f"settings.{key}" for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    if changed:
        raise BadInput(
            f"{path.parent}: begun with another {', '.join(changed)}; go on with what it was begun with "
            "(only the budget may change), or choose another --out"
        )
