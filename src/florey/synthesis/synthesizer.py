"""Questions with certificates, from a graph and a configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.records import Difficulty, Edge, OptionProof, Question
from florey.synthesis.certificates import combine, prove, satisfies
from florey.synthesis.composition import compose
from florey.synthesis.config import Shape, SynthesisConfig
from florey.synthesis.focus import choose_focus
from florey.synthesis.material import Focus, Material, Nodes
from florey.synthesis.metapaths import METAPATHS, Metapath
from florey.synthesis.rendering import render
from florey.synthesis.sampling import Draft, WeightedPool, by_degree, draft
from florey.synthesis.split import answer_and_evidence

PATIENCE = 30
"""Failures in a row after which an answer is retired; a quarter of it for one that has made no question yet."""
GIVE_UP = 2000
"""Failures in a row, of any answers, after which a metapath is given up."""
MAX_CANDIDATES = 60
"""Distractors tried for one question."""
EDGES_PER_CONDITION = 2

Progress = Callable[[str, int, int], None]
"""Called with (metapath, made, wanted) after each question."""


@dataclass(frozen=True)
class Synthesis:
    """`dropped` counts draws by reason; `composition` describes the questions (counts and shares)."""

    questions: list[Question]
    dropped: dict[str, int]
    focus: Focus | None
    composition: dict[str, Any]


def synthesize(graph: Graph, config: SynthesisConfig, progress: Progress | None = None) -> Synthesis:
    """`config.metapaths` questions of each kind, or as many as are found, with the shortfall among `dropped`.

    Answers are drawn exactly with weight degree^-alpha among those not yet retired. The result depends on the graph
    and the configuration only. Raises BadInput where the focus cannot be had.
    """
    presence = Presence(graph, config.min_completeness)
    focus = choose_focus(graph, presence, config, config.seed) if config.focus else None
    maker = _Maker(Material(presence, config, focus), config)
    for name, wanted in sorted(config.metapaths.items()):
        maker.make(METAPATHS[name], wanted, progress)
    return Synthesis(maker.questions, dict(sorted(maker.dropped.items())), focus, compose(maker.questions))


class _Maker:
    def __init__(self, material: Material, config: SynthesisConfig) -> None:
        self.material, self.config = material, config
        self.questions: list[Question] = []
        self.dropped: Counter[str] = Counter()
        self._seen: set[tuple[str | None, tuple[str, ...]]] = set()
        weights = np.array([shape.weight for shape in config.shapes])
        self._shape_odds = weights / weights.sum()

    def make(self, metapath: Metapath, wanted: int, progress: Progress | None) -> None:
        """Append `wanted` questions of one metapath, or as many as are found."""
        # own stream per metapath: asking for more of one does not change another
        rng = np.random.default_rng([self.config.seed, *metapath.name.encode()])
        members, degrees = self.material.answers(metapath)
        pool = WeightedPool(members, degrees.astype(np.float64) ** -self.config.alpha)
        rarity = _rarities(members, degrees)
        failures: Counter[int] = Counter()
        used: Counter[int] = Counter()
        made, in_vain = 0, 0
        while made < wanted and pool.alive and in_vain < GIVE_UP:
            answer = pool.draw(rng)
            shape = self.config.shapes[int(rng.choice(len(self._shape_odds), p=self._shape_odds))]
            question = self._question(metapath, answer, shape, rarity[answer], rng)
            if isinstance(question, str):
                self.dropped[f"{metapath.name}: {question}"] += 1
                failures[answer] += 1
                in_vain += 1
            else:
                self.questions.append(question)
                made, used[answer], failures[answer], in_vain = made + 1, used[answer] + 1, 0, 0
                if progress:
                    progress(metapath.name, made, wanted)
            if (
                failures[answer] >= (PATIENCE if used[answer] else PATIENCE // 4)
                or used[answer] >= self.config.max_per_answer
            ):
                pool.retire(answer)
        if made < wanted:
            self.dropped[f"{metapath.name}: no more such questions found"] += wanted - made

    def _question(
        self, metapath: Metapath, answer: int, shape: Shape, rarity: float, rng: np.random.Generator
    ) -> Question | str:
        rank = int(rng.integers(shape.options)) if self.config.balanced else None
        parts = draft(self.material, metapath, answer, shape, rng, rank=rank)
        if isinstance(parts, str):
            return parts
        proofs = self._proofs(parts, shape.options, rank, rng)
        if isinstance(proofs, str):
            return proofs
        order = rng.permutation(len(proofs)).tolist()
        gold = order.index(0)
        proofs = [proofs[i] for i in order]
        graph = self.material.graph
        certificate = combine(graph.digest, proofs, gold)
        if isinstance(certificate, str):
            return certificate
        group = answer_and_evidence(graph.ids[answer], parts.conditions)
        option_ids = tuple(proof.option for proof in proofs)
        key = (group, tuple(sorted(option_ids)))
        if key in self._seen:
            return "duplicate"
        self._seen.add(key)
        return Question(
            stem=render(metapath.name, parts.slots, [self.config.seed, group, option_ids], self.config.forms),
            options=tuple(graph.names[graph.index(option)] for option in option_ids),
            gold=gold,
            source="hpo",
            licences=graph.licences,
            group=group,
            difficulty=_difficulty(metapath, parts, proofs, gold, rarity),
            metapath=metapath.name,
            option_ids=option_ids,
            conditions=parts.conditions,
            path=self._path(proofs[gold]),
            certificate=certificate,
        ).identified()

    def _proofs(
        self, parts: Draft, options: int, rank: int | None, rng: np.random.Generator
    ) -> list[OptionProof] | str:
        """The answer's proof, then one for each distractor: sound, allowed, and no kin of another option."""
        answer = self._prove(parts, parts.answer)
        if isinstance(answer, str) or not answer.satisfies:
            return "the answer is not proven"
        proofs = {parts.answer: answer}

        def take(candidates: list[int], count: int) -> int:
            """Add distractors, up to `count`; how many were added."""
            before = len(proofs)
            for candidate in candidates:
                if len(proofs) - before >= min(count, options - before):
                    break
                if candidate in proofs or self._kin(candidate, [*proofs, *parts.kin]):
                    continue
                proof = self._prove(parts, candidate)
                if not isinstance(proof, str) and not proof.satisfies:
                    proofs[candidate] = proof
            return len(proofs) - before

        if parts.required and not take(list(parts.required), 1):
            return "the rival is not excluded"
        if rank is not None:
            fewer, more = by_degree(parts.candidates, parts.degrees, parts.answer, rng)
            below = sum(bool(parts.degrees[r] < parts.degrees[parts.answer]) for r in parts.required)
            take(fewer[:MAX_CANDIDATES], rank - below)
            take(more[:MAX_CANDIDATES], options - len(proofs))
        take(parts.candidates[:MAX_CANDIDATES], options - len(proofs))
        return list(proofs.values()) if len(proofs) == options else "too few distractors"

    def _kin(self, candidate: int, others: list[int]) -> bool:
        kinship = self.material.kinship
        if self.material.graph.types[candidate] != "gene":
            return kinship.related_to_any(candidate, others)
        diseases = [other for other in others if self.material.graph.types[other] == "disease"]
        return kinship.related_to_any(candidate, others) or any(
            kinship.related_to_any(mine, diseases) for mine in sorted(kinship.diseases(candidate))
        )

    def _prove(self, parts: Draft, option: int) -> OptionProof | str:
        graph = self.material.graph
        proof = prove(self.material.presence, graph.ids[option], parts.conditions)
        if isinstance(proof, str):
            return proof
        if proof.strength.rank > self.config.min_strength.rank:
            return "too weak"
        if not self.config.allow_unknown and any(s.state == "unknown" for b in proof.bindings for s in b.supports):
            return "something unknown"
        return proof

    def _path(self, proof: OptionProof) -> tuple[Edge, ...]:
        """The edges behind the answer's conditions, a few for each, none twice."""
        supports = proof.bindings[0].supports
        ids = [edge for support in supports for edge in support.edges[:EDGES_PER_CONDITION]]
        return tuple(self.material.graph.edge(edge) for edge in dict.fromkeys(ids))


def _rarities(members: Nodes, degrees: Nodes) -> dict[int, float]:
    """Share of the other members that have a higher degree; ties count half. 0 common .. 1 rare."""
    ordered = np.sort(degrees)
    above = len(ordered) - np.searchsorted(ordered, degrees, side="right")
    ties = np.searchsorted(ordered, degrees, side="right") - np.searchsorted(ordered, degrees, side="left") - 1
    share = (above + ties / 2) / max(len(ordered) - 1, 1)
    return dict(zip(members.tolist(), share.tolist(), strict=True))


def _difficulty(metapath: Metapath, parts: Draft, proofs: list[OptionProof], gold: int, rarity: float) -> Difficulty:
    """Score: one point for each hop, up to one for rarity, up to two for overlap, less for length and options."""
    shares = [_satisfied_share(parts, proof) for i, proof in enumerate(proofs) if i != gold]
    overlap = float(np.mean(shares))
    score = metapath.hops + rarity + 2 * overlap + 0.1 * len(parts.conditions) + 0.1 * len(proofs)
    return Difficulty(
        hops=metapath.hops,
        conditions=len(parts.conditions),
        options=len(proofs),
        rarity=round(rarity, 4),
        overlap=round(overlap, 4),
        score=round(score, 4),
    )


def _satisfied_share(parts: Draft, proof: OptionProof) -> float:
    """The share of the conditions that the option satisfies, by its best binding."""
    return max(
        sum(satisfies(c, s) for c, s in zip(parts.conditions, binding.supports, strict=True)) / len(parts.conditions)
        for binding in proof.bindings
    )
