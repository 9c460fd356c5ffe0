"""What a discovery would take, before it takes it: a few pages are read without the model, the rest is arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from florey.graph.discovery.agent import seed_titles
from florey.graph.discovery.frontier import Frontier
from florey.graph.discovery.page_reader import PageReader
from florey.graph.discovery.settings import DiscoverySettings
from florey.llm.accounting import cost, plan
from florey.llm.requests import Usage
from florey.llm.settings import LlmSettings

SAMPLE = 12  # pages


@dataclass(frozen=True, slots=True)
class DiscoveryPlan:
    """For the whole budget of pages, from a sample of `sampled` pages. Tokens and money are upper estimates."""

    pages: int
    sampled: int
    medical: int  # of the sampled pages
    rule_relations: int  # that the sample gave without a model
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    money: float = 0.0

    def lines(self) -> list[str]:
        """For people."""
        share = f"{self.medical} of {self.sampled} sampled pages are medical"
        found = f"{self.rule_relations / max(1, self.sampled):.1f} relations a page by rule"
        said = [f"{self.pages:,} pages at most; {share}, {found}"]
        if self.requests:
            tokens = f"{self.prompt_tokens:,} tokens read and at most {self.completion_tokens:,} written"
            said.append(
                f"language model: about {self.requests:,} requests, {tokens}, at most {self.money:,.2f} in money"
            )
        else:
            said.append("no language model: nothing to pay")
        return said


def plan_discovery(reader: PageReader, settings: DiscoverySettings, llm: LlmSettings | None) -> DiscoveryPlan:
    """Reads the pages that would come first. Asks no model and writes nothing."""
    frontier = Frontier(settings.weights, reader.expected_type)
    frontier.seed(seed_titles(reader, settings))
    sampled = medical = relations = requests = 0
    usage = Usage()
    while sampled < min(SAMPLE, settings.budget.pages) and (chosen := frontier.choose(1)):
        page = reader.prepare(*chosen[0], with_llm=llm is not None)
        reading = reader.finish(replace(page, questions=()), [], sampled)
        frontier.learn(reading)
        sampled += 1
        medical += reading.outcome == "read"
        relations += len(reading.candidates)
        if llm:
            wanted = plan(page.requests, llm)
            requests += wanted.requests
            usage += Usage(wanted.prompt_tokens, wanted.completion_tokens)
    scale = settings.budget.pages / max(1, sampled)
    usage = Usage(round(usage.prompt_tokens * scale), round(usage.completion_tokens * scale))
    return DiscoveryPlan(
        pages=settings.budget.pages,
        sampled=sampled,
        medical=medical,
        rule_relations=relations,
        requests=round(requests * scale),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        money=cost(usage, llm) if llm else 0.0,
    )
