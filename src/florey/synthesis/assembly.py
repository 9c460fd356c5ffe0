"""From node indices to a question: conditions, certificate, path, difficulty and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import polars as pl

from florey.files import digest
from florey.graph.model import relation_number
from florey.graph.writer import edge_key
from florey.records import Condition, Difficulty, Edge, OptionProof, Question
from florey.synthesis.asking_relations import RELATION
from florey.synthesis.certificates import combine, prove, satisfies
from florey.synthesis.drawing import Drawn
from florey.synthesis.material import Material
from florey.synthesis.metapaths import FINDING, Kind, relation_phrase
from florey.synthesis.names import family, words
from florey.synthesis.split import answer_and_evidence
from florey.synthesis.words.plain_forms import forms_for
from florey.synthesis.words.rendering import render_scene
from florey.synthesis.words.scene import Named, Scene

EDGES_PER_CONDITION = 2
ONSET = "has_onset"
LONG = 6
"""Letters from which a word within a word gives something away."""
Sex = Literal["male", "female"]


class Assembler:
    """Makes questions of drawn instances; what a certificate refuses is named, not made."""

    def __init__(self, material: Material) -> None:
        self.material, self.graph, self.config = material, material.graph, material.config
        self._sexes = _sexes(material)

    def question(self, kind: Kind, drawn: Drawn, rarity: float) -> Question | str:
        ids = self.graph.ids
        told = [v.name for v in kind.tree if v.told or kind.among]
        named = {name: [ids[node] for node in drawn.nodes[name]] for name in told}
        conditions = kind.conditions(named)
        answer = drawn.nodes[RELATION if kind.among else kind.asked][0]
        options = [(kind.among or ids)[choice] for choice in (answer, *drawn.distractors)]
        patient = self._patient(kind, drawn)
        return self.certified(kind, conditions, options, self._scene(kind, named, *patient), rarity)

    def certified(
        self, kind: Kind, conditions: tuple[Condition, ...], options: Sequence[str], scene: Scene, rarity: float
    ) -> Question | str:
        """The question whose first option is the answer, or why it is refused."""
        proofs: list[OptionProof] = []
        for option in options:
            proof = prove(self.material.presence, option, conditions)
            if isinstance(proof, str):
                return f"not certified: {proof}"
            if proof.strength.rank > self.config.min_strength.rank:
                return "too weak"
            proofs.append(proof)
        group = answer_and_evidence(options[0], conditions)
        order = np.random.default_rng(int(digest([self.config.seed, group, list(options)]), 16)).permutation(
            len(proofs)
        )
        proofs = [proofs[i] for i in order]
        gold = int(np.flatnonzero(order == 0)[0])
        certificate = combine(self.graph.digest, proofs, gold)
        if isinstance(certificate, str):
            return f"not certified: {certificate}"
        option_ids = tuple(proof.option for proof in proofs)
        stem = render_scene(scene, [self.config.seed, group, option_ids], self.config.forms, forms_for(kind))
        if not kind.among and any(named_in(stem, self._names(option)) for option in option_ids):
            return "the stem names an option"
        if not kind.among and self._alike(conditions, option_ids):
            return "the stem hints at an option"
        path = self._path(proofs[gold])
        return Question(
            stem=stem,
            options=tuple(self._text(kind, option) for option in option_ids),
            gold=gold,
            source="+".join(sorted({edge.evidence.source.partition(":")[0] for edge in path})),
            licences=self.graph.licences,
            group=group,
            difficulty=_difficulty(kind, conditions, proofs, gold, rarity),
            metapath=kind.name,
            option_ids=option_ids,
            conditions=conditions,
            path=path,
            certificate=certificate,
        ).identified()

    def _names(self, option: str) -> list[str]:
        at = self.graph.index(option)
        return [self.graph.names[at], *self.graph.aliases[at]]

    def _alike(self, conditions: Sequence[Condition], options: Sequence[str]) -> bool:
        """Whether a word of an option is part of one that is told, or the other way round: pertussis, parapertussis."""
        told = {word for condition in conditions for node in condition.nodes for word in self._long(node)}
        mine = {word for option in options for word in self._long(option)}
        return any(one in other or other in one for one in told for other in mine)

    def _long(self, node: str) -> list[str]:
        return [word for word in family(self.graph.names[self.graph.index(node)]) if len(word) >= LONG]

    def _text(self, kind: Kind, option: str) -> str:
        return relation_phrase(option) if kind.among else self.graph.names[self.graph.index(option)]

    def _scene(self, kind: Kind, named: Mapping[str, Sequence[str]], sex: Sex | None, onset: str | None) -> Scene:
        nodes = {name: tuple(self._named(node) for node in found) for name, found in named.items()}
        answer = "relation" if kind.among else kind.nodes[kind.asked][0]
        return Scene(kind.name, nodes, answer, sex, onset)

    def _named(self, node: str) -> Named:
        at = self.graph.index(node)
        return Named(node, self.graph.names[at], self.graph.types[at])

    def _patient(self, kind: Kind, drawn: Drawn) -> tuple[Sex | None, str | None]:
        """Sex and onset of the patient's disease, where the evidence of what the stem tells has them."""
        for link in kind.required:
            if link.relation != FINDING or not link.several:
                continue
            disease = drawn.nodes[link.subject][0]
            told = [self._sexes[pair] for f in drawn.nodes[link.object] if (pair := (disease, f)) in self._sexes]
            onsets = self.graph.objects(disease, ONSET)
            stated = any(each.relation == ONSET for each in kind.required)
            onset = None if stated or len(onsets) != 1 else self.graph.ids[int(onsets[0])]
            return (told[0] if len(set(told)) == 1 else None), onset
        return None, None

    def _path(self, proof: OptionProof) -> tuple[Edge, ...]:
        """The edges behind the answer's conditions, a few for each, none twice."""
        supports = proof.bindings[0].supports
        ids = [edge for support in supports for edge in support.edges[:EDGES_PER_CONDITION]]
        return tuple(self.graph.edge(edge) for edge in dict.fromkeys(ids))


def named_in(text: str, names: Sequence[str]) -> bool:
    """Whether one of the names stands in the text, word by word; a plural counts.

    >>> named_in("A child has seizures and ataxia.", ["Seizure"]), named_in("A child has gait ataxia.", ["Gait"])
    (True, True)
    >>> named_in("Ataxias of the limbs", ["Limb ataxia"])
    False
    """
    told = f" {' '.join(words(text))} "
    return any(f" {' '.join(found)} " in told for name in names if (found := words(name)) and len(found[0]) > 1)


def _sexes(material: Material) -> dict[tuple[int, int], Sex]:
    """(disease, finding) -> the one sex in which the finding is annotated."""
    graph = material.graph
    n, number = len(graph), relation_number(FINDING)
    if "sex" not in pl.read_parquet_schema(graph.folder / "edges.parquet"):
        return {}
    start, stop = graph.edge_keys.searchsorted([edge_key(number, 0, 0, n), edge_key(number + 1, 0, 0, n)])
    column = pl.read_parquet(graph.folder / "edges.parquet", columns=["sex"])["sex"].cast(pl.String)
    column = column[int(start) : int(stop)]
    found: dict[tuple[int, int], Sex] = {}
    for row in column.is_not_null().arg_true().to_list():
        key = int(graph.edge_keys[int(start) + row])
        sex = str(column[row]).lower()
        if sex in ("male", "female"):
            found[key // n % n, key % n] = "male" if sex == "male" else "female"
    return found


def _difficulty(
    kind: Kind, conditions: Sequence[Condition], proofs: Sequence[OptionProof], gold: int, rarity: float
) -> Difficulty:
    """Score: one point for each hop, up to one for rarity, up to two for overlap, less for length and options."""
    shares = [_satisfied_share(conditions, proof) for i, proof in enumerate(proofs) if i != gold]
    overlap = float(np.mean(shares))
    score = kind.hops + rarity + 2 * overlap + 0.1 * len(conditions) + 0.1 * len(proofs)
    return Difficulty(
        hops=kind.hops,
        conditions=len(conditions),
        options=len(proofs),
        rarity=round(rarity, 4),
        overlap=round(overlap, 4),
        score=round(score, 4),
    )


def _satisfied_share(conditions: Sequence[Condition], proof: OptionProof) -> float:
    """The share of the conditions that the option satisfies, by its best binding."""
    return max(
        sum(satisfies(c, s) for c, s in zip(conditions, binding.supports, strict=True)) / len(conditions)
        for binding in proof.bindings
    )
