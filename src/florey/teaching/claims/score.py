"""The process score: which of a trace's checkable claims its certificate entails, contradicts or does not cover.

A metric for traces and for a policy's own thoughts. It is no reward: what is rewarded is learnt to be gamed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, get_args

from florey import answer
from florey.clustered import Mean, share
from florey.errors import BadInput
from florey.graph.linking.linker import Linker
from florey.records import ANSWER, LETTERS, Question, Record
from florey.teaching.claims.claim import PATIENT, Claim, State, Subject
from florey.teaching.claims.entities import Entities, Synonyms, nodes
from florey.teaching.claims.prose import read_prose
from florey.teaching.facts import STATE_WORDS, Facts, facts
from florey.teaching.language import Move, read

Judged = Literal["entailed", "contradicted", "uncovered"]
_STATES: dict[str, State] = {"present": "present", "absent": "absent", "unclear": "unknown"}
assert set(_STATES) == set(STATE_WORDS.values())


class ProcessScore(Record):
    """Claims of one trace, each (subject, condition) counted once, by what was said of it last."""

    claims: int
    entailed: int
    contradicted: int
    uncovered: int
    revised: int  # pairs of which the trace said one thing first and another later
    problems: tuple[str, ...] = ()  # the contradicted ones in words

    @property
    def share(self) -> float | None:
        """Entailed among what the certificate decides; None where it decides nothing."""
        decided = self.entailed + self.contradicted
        return self.entailed / decided if decided else None

    @property
    def shares(self) -> dict[Judged, float] | None:
        """Of all claims; None where there is none."""
        if not self.claims:
            return None
        counts = (self.entailed, self.contradicted, self.uncovered)
        return {kind: count / self.claims for kind, count in zip(get_args(Judged), counts, strict=True)}


def process_score(
    question: Question,
    text: str,
    names: Mapping[str, str],
    synonyms: Synonyms | None = None,
    others: Linker | None = None,
) -> ProcessScore:
    """Reads the thought of a completion (or any text). `names`: node id -> name. No certificate, no claims.

    others: a linker of the whole graph; then what a text claims of nodes that the question does not name counts as
        not covered, and is left out otherwise.
    """
    if question.certificate is None or not question.conditions:
        return ProcessScore(claims=0, entailed=0, contradicted=0, uncovered=0, revised=0)
    thought = answer.parse(text, question.options).thought if "<think>" in text else text
    said: dict[tuple[Subject, int | None, str | None], State] = {}
    revised = set()
    for claim in read_claims(question, thought, names, synonyms, others):
        key = (claim.subject, claim.condition, claim.other)
        if said.get(key, claim.state) != claim.state:
            revised.add(key)
        said[key] = claim.state
    judged = {key: _judge(question, key[0], key[1], state) for key, state in said.items()}
    wrong = [
        f"{_called(question, key[0], names)}: {_condition(question, key[1], names)} is not {said[key]}"
        for key, verdict in judged.items()
        if verdict == "contradicted" and key[1] is not None
    ]
    counts = {kind: sum(verdict == kind for verdict in judged.values()) for kind in get_args(Judged)}
    return ProcessScore(claims=len(judged), revised=len(revised), problems=tuple(wrong), **counts)


def read_claims(
    question: Question,
    thought: str,
    names: Mapping[str, str],
    synonyms: Synonyms | None = None,
    others: Linker | None = None,
) -> Iterator[Claim]:
    """The graph teacher's language as far as it can be read so, the rest as prose."""
    try:
        known = facts(question, names)
    except BadInput:  # no single reading of the certificate: prose only
        known = None
    rest = thought
    if known is not None:
        moves = list(read(thought, known))
        rest = str(moves.pop()) if moves and isinstance(moves[-1], str) else ""
        yield from _said(moves, known)
    if rest:
        every = (
            synonyms if synonyms is not None else {node: (names[node],) for node in nodes(question) if node in names}
        )
        yield from read_prose(rest, Entities(question, every, others))


def _said(moves: Sequence[Move | str], known: Facts) -> Iterator[Claim]:
    """The claims of moves of the graph teacher's language."""
    heads: dict[str, str] = {}  # letter -> how the trace names the option: "A FBN1 via Marfan syndrome"
    stated: list[tuple[str, str, str]] = []  # letter, label, state word
    for move in moves:
        assert isinstance(move, Move)
        slots = move.slots
        heads |= {head[0]: head for head in (slots.get("head"), slots.get("other_head")) if head}
        letter = slots["letter"] if "letter" in slots else slots.get("head", "")[:1]
        if "claims" in slots:
            stated += ((letter, label, word) for label, word in move.claims(known.labels))
        if "label" in slots:
            stated.append((letter, slots["label"], slots["state"]))
        if "other_state" in slots:
            stated.append((slots["other"], slots["label"], slots["other_state"]))
    subjects = {letter: _reading(known, letter, heads.get(letter), stated) for letter, _, _ in stated}
    for letter, label, word in stated:
        yield Claim(subjects[letter], known.labels.index(label), _STATES[word], 0)


def _reading(known: Facts, letter: str, head: str | None, stated: Sequence[tuple[str, str, str]]) -> Subject:
    """The option and which of its bindings is meant: of those that share a head, the one the claims fit best."""
    option = LETTERS.index(letter)
    said = {label: word for who, label, word in stated if who == letter}  # at the end of the trace
    alike = [place for place, reading in enumerate(known.readings[option]) if reading.head == head and reading.words]

    def false_claims(place: int) -> int:
        words = dict(zip(known.labels, known.readings[option][place].words, strict=True))
        return sum(words[label] != word for label, word in said.items())

    return Subject(option=option, binding=min(alike, key=false_claims, default=None))


def _judge(question: Question, subject: Subject, condition: int | None, said: State) -> Judged:
    if condition is None:
        return "uncovered"
    if subject == PATIENT:
        if said == "unknown":
            return "uncovered"
        return "entailed" if question.conditions[condition].holds == (said == "present") else "contradicted"
    states = _states(question, subject, condition)
    if len(states) != 1:  # nothing binds, or its candidates differ
        return "uncovered"
    if said in states:
        return "entailed"
    return "uncovered" if "unknown" in states else "contradicted"


def _states(question: Question, subject: Subject, condition: int) -> set[State]:
    """What the certificate says of one condition, for each filling of the hidden nodes that the claim leaves open."""
    assert question.certificate is not None
    asked = question.conditions[condition]
    about_answer = ANSWER in (asked.subject, asked.object)
    if subject.bridge is not None and about_answer:  # a hidden node is none of the ends
        return set()
    # what a hidden disease has, the gene has that is asked for, as far as the two are linked
    through = subject.binding is None and subject.option is not None and not about_answer
    places = [condition, *(_links(question) if through else ())]
    return {
        _together([binding.supports[place].state for place in places])
        for option, proof in enumerate(question.certificate.proofs)
        for place, binding in enumerate(proof.bindings)
        if subject.option in (None, option)
        and subject.binding in (None, place)
        and (subject.bridge is None or subject.bridge in binding.bridges)
    }


def _links(question: Question) -> list[int]:
    """The conditions that join the answer to hidden nodes."""
    return [
        place
        for place, each in enumerate(question.conditions)
        if ANSWER in (each.subject, each.object) and not each.nodes
    ]


def _together(states: Sequence[State]) -> State:
    if "absent" in states:
        return "absent"
    return "unknown" if "unknown" in states else "present"


def _called(question: Question, subject: Subject, names: Mapping[str, str]) -> str:
    if subject == PATIENT:
        return "the patient"
    if subject.option is not None:
        return question.options[subject.option]
    return names.get(subject.bridge or "", subject.bridge or "")


def _condition(question: Question, place: int, names: Mapping[str, str]) -> str:
    return " and ".join(names.get(node, node) for node in question.conditions[place].nodes) or f"condition {place + 1}"


class ProcessScores(Record):
    """The scores of many traces: shares over claims, their intervals clustered by the question's answer."""

    traces: int
    with_claims: int
    claims: int
    entailed: Mean | None
    contradicted: Mean | None
    uncovered: Mean | None


def summarise(scored: Sequence[tuple[Question, ProcessScore]]) -> ProcessScores:
    """Shares of all claims; None where no trace made any."""
    values: dict[str, list[int]] = {"entailed": [], "contradicted": [], "uncovered": []}
    clusters: list[str] = []
    for question, score in scored:
        clusters += [question.answer_id] * score.claims
        for kind in values:
            mine = getattr(score, kind)
            values[kind] += [1] * mine + [0] * (score.claims - mine)
    return ProcessScores(
        traces=len(scored),
        with_claims=sum(score.claims > 0 for _, score in scored),
        claims=len(clusters),
        **{kind: share(column, clusters) if clusters else None for kind, column in values.items()},
    )
