"""Certified questions without their options: the answer in the model's own words, judged by the graph.

The answer is linked to the graph's names. It is right if it names the answer of the question, or anything else that
satisfies every condition of it: without options, a question has all right answers that the graph has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from florey.answer import free_answers
from florey.errors import BadInput
from florey.evaluation.verdicts import Scored, cluster_of
from florey.graph.linking.linker import Linker
from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.records import ANSWER, Condition, Prediction, Question, Record, Verdict, hidden_of, is_masked

MOST_FILLINGS = 2000
"""Fillings of the hidden nodes that are tried; a condition with more is taken as not shown."""


class Outcome(StrEnum):
    """What became of one free answer."""

    GOLD = "gold"  # the question's answer, by any of its names
    ALSO_RIGHT = "also_right"  # another entity that satisfies all conditions
    BROADER = "broader"  # an ancestor of the answer that does not satisfy them: too general
    NARROWER = "narrower"  # a descendant that is not known to
    WRONG = "wrong"
    SEVERAL = "several"  # names more than one thing, even where one or all of them are right
    NOT_LINKED = "not_linked"  # an answer, but no name of the graph: nobody can say
    NONE = "none"  # no answer
    TRUNCATED = "truncated"


VERDICTS = {
    Outcome.GOLD: Verdict.CORRECT,
    Outcome.ALSO_RIGHT: Verdict.CORRECT,
    Outcome.BROADER: Verdict.WRONG,
    Outcome.NARROWER: Verdict.WRONG,
    Outcome.WRONG: Verdict.WRONG,
    Outcome.SEVERAL: Verdict.SEVERAL,
    Outcome.NOT_LINKED: Verdict.UNPARSED,
    Outcome.NONE: Verdict.UNPARSED,
    Outcome.TRUNCATED: Verdict.TRUNCATED,
}
"""Kin of the answer is not the answer, whichever way: the certificate says so of a distractor, too."""


_ASIDE = re.compile(
    r"[\s,(]*(?:(?:associated|presenting|complicated) (?:with|by)|with|due to|secondary to|caused by|following)\b",
    re.IGNORECASE,
)
"""Between two names: the second says more about the first and is no answer of its own."""


class FreeAnswer(Record):
    """One answer and what it was taken for."""

    question_id: str
    sample: int
    said: str
    linked: tuple[str, ...]
    outcome: Outcome


class FreeJudge:
    """Judges answers to certified questions of one graph."""

    def __init__(self, graph: Graph, min_completeness: float = 0.2) -> None:
        self.graph, self._presence = graph, Presence(graph, min_completeness)
        self._linkers: dict[str, Linker] = {}

    def judge(self, question: Question, prediction: Prediction) -> FreeAnswer:
        """BadInput for a question without a certificate, or of another graph."""
        self._must_know(question)
        said = free_answers(prediction.text, finished=prediction.finished, prefilled=prediction.prefilled)
        things = self._things(question, said[0]) if len(said) == 1 else []
        linked = tuple(dict.fromkeys(id for thing in things for id in thing))
        return FreeAnswer(
            question_id=question.id,
            sample=prediction.sample,
            said=" | ".join(said),
            linked=linked,
            outcome=self._outcome(question, prediction, said, things),
        )

    def _must_know(self, question: Question) -> None:
        if not question.conditions or not question.option_ids:
            raise BadInput(f"question {question.id}: has no certificate; open-ended answers are judged by one")
        if question.answer_id not in self.graph:
            raise BadInput(
                f"question {question.id}: its answer {question.answer_id} is not in the graph; give the graph that the "
                "questions were made from"
            )

    def _things(self, question: Question, said: str) -> list[tuple[str, ...]]:
        """The things that an answer names, of the type of the question's answer, each by its id or by homonyms.

        Two names of one thing are one thing, and a thing beside a narrower one is that one told again ("juvenile
        arthritis, an arthritis"). What stands behind "due to" or "with" is no answer of its own.
        """
        kind = self.graph.types[self.graph.index(question.answer_id)]
        if kind not in self._linkers:
            self._linkers[kind] = Linker.of_graph(self.graph, types={kind})
        mentions = [each for each in self._linkers[kind].link(said) if not each.negated]
        things: list[tuple[str, ...]] = []
        end = 0
        for each in mentions:
            aside = bool(things) and _ASIDE.match(said[end : each.start]) is not None
            end = each.end
            if aside:
                continue
            for place, thing in enumerate(things):
                if both := tuple(id for id in thing if id in each.ids):
                    things[place] = both
                    break
            else:
                things.append(each.ids)
        return [thing for thing in things if not any(self._is_broader(thing, other) for other in things)]

    def _is_broader(self, thing: Sequence[str], other: Sequence[str]) -> bool:
        above = {node for id in other for node in self.graph.ancestors(self.graph.index(id)).tolist()}
        return not above.isdisjoint(map(self.graph.index, thing))

    def _outcome(
        self, question: Question, prediction: Prediction, said: Sequence[str], things: Sequence[Sequence[str]]
    ) -> Outcome:
        if not said:
            return Outcome.NONE if prediction.finished else Outcome.TRUNCATED
        if len(said) > 1 or len(things) > 1:
            return Outcome.SEVERAL
        return self._named(question, things[0]) if things else Outcome.NOT_LINKED

    def _named(self, question: Question, linked: Sequence[str]) -> Outcome:
        if question.answer_id in linked:  # of homonyms the right one is meant
            return Outcome.GOLD
        if any(self.satisfies(question, id) for id in linked):
            return Outcome.ALSO_RIGHT
        gold, nodes = self.graph.index(question.answer_id), {self.graph.index(id) for id in linked}
        if not nodes.isdisjoint(self.graph.ancestors(gold).tolist()):
            return Outcome.BROADER
        if not nodes.isdisjoint(self.graph.descendants(gold).tolist()):
            return Outcome.NARROWER
        return Outcome.WRONG

    def satisfies(self, question: Question, answer: str) -> bool:
        """Whether some filling of the hidden nodes makes all conditions hold, each definitely."""
        hidden = hidden_of(question.conditions)
        return any(
            all(self._holds(condition, filling) for condition in question.conditions)
            for filling in self._fillings(question.conditions, hidden, {ANSWER: self.graph.index(answer)})
        )

    def _holds(self, condition: Condition, filling: Mapping[str, int]) -> bool:
        subject, object = (self._node(end, filling) for end in (condition.subject, condition.object))
        support = self._presence.support(subject, condition.relation, object)
        return support.state == ("present" if condition.holds else "absent")

    def _node(self, end: str, filling: Mapping[str, int]) -> int:
        return filling[end] if is_masked(end) else self.graph.index(end)

    def _fillings(
        self, conditions: Sequence[Condition], hidden: Sequence[str], known: Mapping[str, int]
    ) -> Iterator[Mapping[str, int]]:
        """Nodes for the hidden places, each from a positive condition that joins it to a place already known."""
        tried = 0
        stack: list[Mapping[str, int]] = [known]
        while stack:
            filling = stack.pop()
            if all(name in filling for name in hidden):
                tried += 1
                if tried > MOST_FILLINGS:
                    return
                yield filling
                continue
            name, candidates = self._candidates(conditions, hidden, filling)
            stack += [{**filling, name: node} for node in reversed(candidates)]

    def _candidates(
        self, conditions: Sequence[Condition], hidden: Sequence[str], filling: Mapping[str, int]
    ) -> tuple[str, list[int]]:
        for condition in conditions:
            for name, other, forward in (
                (condition.object, condition.subject, True),
                (condition.subject, condition.object, False),
            ):
                if condition.holds and name in hidden and name not in filling and self._is_known(other, filling):
                    node = self._node(other, filling)
                    found = (
                        self._presence.closure(node, condition.relation)
                        if forward
                        else self._presence.satisfied_by(condition.relation, node)
                    )
                    return name, found.tolist()
        return next(name for name in hidden if name not in filling), []  # joined to nothing: no filling

    @staticmethod
    def _is_known(end: str, filling: Mapping[str, int]) -> bool:
        return not is_masked(end) or end in filling


def scored_free(question: Question, prediction: Prediction, judged: FreeAnswer) -> Scored:
    """As any other verdict, so that everything that counts verdicts counts these."""
    return Scored(
        question_id=question.id,
        answer_id=cluster_of(question),
        verdict=VERDICTS[judged.outcome],
        options=len(question.options),
        sample=prediction.sample,
        failed=prediction.failure is not None,
        conditions=len(question.conditions) or None,
        tier=question.tier,
        metapath=question.metapath,
        rarity=question.difficulty.rarity if question.difficulty else None,
        tokens=prediction.tokens,
    )
