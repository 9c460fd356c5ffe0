"""Is a trace true? Every claim in it is read back and held against the certificate."""

from __future__ import annotations

from collections.abc import Mapping

from florey import answer
from florey.records import LETTERS, Question, Strategy, Trace
from florey.teaching.facts import Facts, Reading, facts
from florey.teaching.language import Move, read

_ALLOWED: dict[Strategy, frozenset[str]] = {
    "direct": frozenset({"row", "unbound", "conclude"}),
    "backtracking": frozenset({"row", "unbound", "conclude", "start", "go_back"}),
    "path_exploration": frozenset({"row", "unbound", "conclude", "compare", "side", "weigh", "leave"}),
    "self_correction": frozenset({"row", "unbound", "conclude", "lean", "correct"}),
}
_MARK: dict[Strategy, str] = {
    "backtracking": "go_back",
    "path_exploration": "compare",
    "self_correction": "correct",
}


def check_trace(question: Question, trace: Trace, names: Mapping[str, str]) -> list[str]:
    """What is wrong with a trace of the graph teacher, one line each; empty where nothing is.

    Wrong are: another question's trace, a malformed completion, an answer that is not the gold one, text that is
    not of the teacher's language, a state or a count that is false, an option or condition left out, a conclusion
    that does not follow, and in a corrective trace an error or a wrong choice that is not taken back in words.
    Raises BadInput where the question's own certificate is unusable.
    """
    problems = [] if trace.question_id == question.id else [f"written for question {trace.question_id}"]
    parsed = answer.parse(trace.text, question.options)
    if not parsed.well_formed:
        problems.append("not a well-formed completion")
    if parsed.choice != question.gold:
        problems.append(f"the answer is not {question.letter}")
    audit = _Audit(facts(question, names), trace.strategy)
    for move in read(parsed.thought, audit.facts):
        audit.hear(move)
    return problems + audit.verdict()


class _Audit:
    """What has been said so far, and what of it is still wrong."""

    def __init__(self, known: Facts, strategy: Strategy) -> None:
        self.facts = known
        self.strategy = strategy
        self.problems: list[str] = []
        self.open: dict[tuple[str, str], str] = {}  # (letter, label or "choice") -> an error to be taken back
        self.heads: dict[str, list[Reading]] = {}
        for readings in known.readings:
            for reading in readings:
                self.heads.setdefault(reading.head, []).append(reading)
        self.taken: dict[str, Reading] = {}  # letter -> the reading that the trace speaks of
        self.said: dict[str, dict[str, str]] = {}  # letter -> label -> state word
        self.counts: dict[str, int] = {}
        self.kinds: list[str] = []

    def hear(self, move: Move | str) -> None:
        if isinstance(move, str):
            self.problems.append(f"cannot read {move[:60]!r}")
            return
        if move.kind not in _ALLOWED[self.strategy]:
            self.problems.append(f"{move.kind!r} has no place in a {self.strategy} trace")
        if int(move.slots.get("total", self.facts.total)) != self.facts.total:
            self.problems.append(f"{move.slots['total']} conditions, there are {self.facts.total}")
        self.kinds.append(move.kind)
        getattr(self, f"_{move.kind}")(move)

    def _take(self, head: str, claims: list[tuple[str, str]]) -> str:
        """Note which reading of an option is meant: of those that share a name, the one the claims fit best."""

        def false_claims(reading: Reading) -> int:
            states = dict(zip(self.facts.labels, reading.words, strict=False))
            return sum(states.get(label) != word for label, word in claims)

        reading = min(self.heads[head], key=false_claims)
        if reading.letter in self.taken:
            self.problems.append(f"{reading.letter} is considered twice")
        self.taken[reading.letter] = reading
        self.said[reading.letter] = {}
        return reading.letter

    def _claim(self, letter: str, label: str, word: str) -> None:
        reading = self.taken.get(letter)
        if reading is None or not reading.words:
            self.problems.append(f"{letter} has not been named, or has no candidate")
            return
        if label in self.said[letter]:
            self.problems.append(f"{letter}: {label!r} is stated twice")
        self.said[letter][label] = word
        true = reading.words[self.facts.labels.index(label)]
        if word != true:
            self.open[letter, label] = f"{letter}: {label!r} is {true}, the trace says {word}"

    def _count(self, letter: str, count: str) -> None:
        """The count must be that of the claims made; an error in a claim is the claim's, not the count's."""
        wanted = dict(zip(self.facts.labels, self.facts.wanted, strict=True))
        fitting = sum(wanted[label] == word for label, word in self.said.get(letter, {}).items())
        if int(count) != fitting:
            self.problems.append(f"{letter}: {count} counted, {fitting} said")
        self.counts[letter] = int(count)

    def _choose(self, letter: str) -> None:
        if letter != LETTERS[self.facts.gold]:
            self.open[letter, "choice"] = f"{letter} is followed and never given up"

    def _give_up(self, letter: str) -> None:
        if self.open.pop((letter, "choice"), None) is None:
            self.problems.append(f"{letter} is given up but was not followed")

    def _row(self, move: Move) -> None:
        claims = move.claims(self.facts.labels)
        letter = self._take(move.slots["head"], claims)
        for label, word in claims:
            self._claim(letter, label, word)
        self._count(letter, move.slots["count"])

    def _unbound(self, move: Move) -> None:
        letter = self._take(move.slots["head"], [])
        if self.taken[letter].words:
            self.problems.append(f"{letter} does have a candidate")
        self.counts[letter] = 0

    def _start(self, move: Move) -> None:
        self._row(move)
        self._choose(move.slots["head"][0])

    def _go_back(self, move: Move) -> None:
        letter = move.slots["letter"]
        for label, word in move.claims(self.facts.labels):
            self._claim(letter, label, word)
        self._give_up(letter)

    def _compare(self, move: Move) -> None:
        for head in (move.slots["head"], move.slots["other_head"]):
            self._choose(self._take(head, []))

    def _side(self, move: Move) -> None:
        self._claim(move.slots["letter"], move.slots["label"], move.slots["state"])
        self._claim(move.slots["other"], move.slots["label"], move.slots["other_state"])

    def _weigh(self, move: Move) -> None:
        self._count(move.slots["letter"], move.slots["count"])
        self._count(move.slots["other"], move.slots["other_count"])

    def _leave(self, move: Move) -> None:
        self._give_up(move.slots["letter"])

    def _lean(self, move: Move) -> None:
        self._choose(move.slots["letter"])

    def _correct(self, move: Move) -> None:
        letter, label, said = (move.slots[slot] for slot in ("letter", "label", "said"))
        if self.said.get(letter, {}).pop(label, None) != said:
            self.problems.append(f"{letter}: takes back {label!r} {said}, which it never said")
        self.open.pop((letter, label), None)
        self._claim(letter, label, move.slots["state"])
        self._count(letter, move.slots["count"])
        self._give_up(letter)

    def _conclude(self, move: Move) -> None:
        letter = move.slots["letter"]
        if letter != LETTERS[self.facts.gold]:
            self.problems.append(f"concludes {letter}")
        fitting = [other for other, count in sorted(self.counts.items()) if count == self.facts.total]
        if fitting != [letter]:
            self.problems.append(f"concludes {letter}, but by its counts {', '.join(fitting) or 'nothing'} fits")

    def verdict(self) -> list[str]:
        """All problems, once the trace has been heard to its end."""
        problems = [*self.problems, *(self.open[key] for key in sorted(self.open))]
        for reading in self.facts.best:
            letter = reading.letter
            if letter not in self.taken:
                problems.append(f"{letter} is not considered")
            elif self.taken[letter].words and len(self.said[letter]) < self.facts.total:
                left = [label for label in self.facts.labels if label not in self.said[letter]]
                problems.append(f"{letter}: nothing on {', '.join(left)}")
            elif letter not in self.counts:
                problems.append(f"{letter} is not counted")
        if self.kinds.count("conclude") != 1 or self.kinds[-1] != "conclude":
            problems.append("does not end in one conclusion")
        mark = _MARK.get(self.strategy)
        if mark is not None and mark not in self.kinds:
            problems.append(f"marked {self.strategy}, but there is none")
        return problems
