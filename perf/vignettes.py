"""Invented cases about real diseases of a graph, told in many ways: what contamination is planted with.

A case is a disease, findings of it, a person and some chatter; `Telling` decides by which sentences it is told and by
which of their names the findings are called. The same case under another telling is a rewording; under the same
telling another case shares nothing but its manner.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from florey.graph.store import Graph
from florey.records import Question

PEOPLE = (("man", "He", "his"), ("woman", "She", "her"), ("boy", "He", "his"), ("girl", "She", "her"))
PLACES = (
    "coast",
    "mountains",
    "harbour",
    "suburbs",
    "islands",
    "river",
    "citadel",
    "border",
    "valley",
    "lake",
    "desert",
    "forest",
)
TRADES = (
    "baker",
    "weaver",
    "welder",
    "gardener",
    "pilot",
    "tailor",
    "miner",
    "fisher",
    "painter",
    "clerk",
    "potter",
    "driver",
    "teacher",
)
FOODS = ("rye bread", "dried fruit", "raw milk", "smoked fish", "black tea", "honey", "goat cheese", "barley soup")
PETS = ("a parrot", "two cats", "an old dog", "pigeons", "a tortoise", "bees", "rabbits", "a pony", "no animals")

INTROS = (
    "A {age}-year-old {person} is brought to the clinic by a relative after {weeks} weeks of trouble.",
    "For {weeks} weeks a {person} of {age} years has not felt well and now seeks advice.",
    "You are asked to see a {person}, aged {age}, whose complaints began {weeks} weeks ago.",
    "A {person} who turned {age} this year comes to the outpatient department; it all started {weeks} weeks before.",
    "A family physician refers a {age}-year-old {person} for evaluation.",
    "The parents or relatives of a {age}-year-old {person} report a slow change over {weeks} weeks.",
)
FIRST = (
    "The history is notable for {a} and {b}.",
    "{He} has had {a}, and {b} was noticed soon after.",
    "Chief complaints are {a} as well as {b}.",
    "There has been {a}; later {b} appeared.",
    "What troubles {his} family most is {a}, followed by {b}.",
)
MORE = (
    "Physical examination shows {a} and {b}.",
    "On inspection and further testing {a} is evident, together with {b}.",
    "The examining physician writes down {a} and {b}.",
    "Further work-up brings to light {a} and also {b}.",
    "In addition, {a} and {b} are documented in the chart.",
)
CHATTER = (
    "{He} works as a {trade} by the {place}, eats {food} and keeps {pet}.",
    "At home near the {place} there is {pet}; meals are mostly {food}, and an uncle was a {trade}.",
    "Nothing is remarkable about {his} youth by the {place}, apart from a liking for {food} and {pet}.",
    "A neighbour, a {trade}, had given {his} household {pet} and {food} from the {place}.",
)
VITALS = (
    "Temperature is {t} degrees, pulse {p} per minute and blood pressure {s}/{d} mm Hg.",
    "Blood pressure measures {s}/{d} mm Hg, the pulse {p} per minute, and the temperature {t} degrees.",
    "Vital signs: pulse {p}, blood pressure {s}/{d}, temperature {t}.",
)
DIAGNOSIS = (
    "Which of the following is the most likely diagnosis?",
    "What is the most likely diagnosis?",
    "Which of these diagnoses fits best?",
    "Which diagnosis is the most likely one in this patient?",
)
OTHERS = (
    "Which of the following is the best next step in management?",
    "Which of the following would most likely be inherited from the father?",
    "What should the relatives be told about the next pregnancy?",
)
OTHER_OPTIONS = (
    ("Careful observation", "Referral to surgery", "Oral iron", "Genetic counselling"),
    ("Nothing at all", "A small deletion", "A point mutation", "Half of the genes"),
    ("The risk is one in two", "The risk is one in four", "There is no risk", "Only sons are at risk"),
)


@dataclass(frozen=True)
class Case:
    """Who has what. `findings`: indices of nodes; `options`: of diseases, the first is the answer."""

    options: tuple[int, ...]
    findings: tuple[int, ...]
    seed: int  # of the person and the chatter


@dataclass(frozen=True)
class Telling:
    """By which sentences a case is told. `alias`: the findings' other names, where they have any."""

    seed: int
    alias: bool = False


class Teller:
    """Makes cases from a graph and tells them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.diseases = [
            disease for disease in graph.of_type("disease").tolist() if len(graph.objects(disease, "has_finding")) >= 12
        ]

    def case(self, seed: int, disease: int | None = None, without: Sequence[int] = ()) -> Case:
        """Six findings, none of those in `without`."""
        draw = random.Random(f"case {seed}")
        answer, *others = draw.sample(self.diseases, 4)
        answer = answer if disease is None else disease
        others = [other for other in others if other != answer]
        known = [node for node in self.graph.objects(answer, "has_finding").tolist() if node not in set(without)]
        return Case((answer, *others), tuple(draw.sample(known, min(6, len(known)))), seed)

    def sentences(self, case: Case, telling: Telling) -> list[str]:
        """All but the one that asks."""
        who, how = random.Random(f"person {case.seed}"), random.Random(f"telling {telling.seed}")
        person, he, his = who.choice(PEOPLE)
        words = {
            **{"person": person, "He": he, "his": his, "age": who.randint(3, 88), "weeks": who.randint(2, 40)},
            **{"place": who.choice(PLACES), "trade": who.choice(TRADES), "food": who.choice(FOODS)},
            **{"pet": who.choice(PETS), "t": f"{who.uniform(36, 39):.1f}", "p": who.randint(55, 120)},
            **{"s": who.randint(95, 170), "d": who.randint(55, 95)},
        }
        names = [self.name(node, telling.alias) for node in case.findings]
        pairs = list(zip(names[::2], names[1::2], strict=False))
        told = [how.choice(INTROS).format(**words)]
        for number, (a, b) in enumerate(pairs):
            told.append(how.choice(MORE if number else FIRST).format(a=a, b=b, **words))
        middle = [how.choice(CHATTER).format(**words), how.choice(VITALS).format(**words)]
        at = how.randint(1, len(told))
        return [*told[:at], *middle, *told[at:]]

    def name(self, node: int, alias: bool) -> str:
        names = [self.graph.names[node], *sorted(self.graph.aliases[node] or ())]
        name = names[1] if alias and len(names) > 1 else names[0]
        return name[:1].lower() + name[1:] if name[1:2].islower() else name

    def question(self, case: Case, telling: Telling, order: int = 0, asked: str | None = None) -> Question:
        """`order`: seed of the options' order."""
        last = asked or DIAGNOSIS[telling.seed % len(DIAGNOSIS)]
        return self.asked(case, " ".join([*self.sentences(case, telling), last]), order)

    def asked(self, case: Case, stem: str, order: int) -> Question:
        options = list(case.options)
        random.Random(f"order {order}").shuffle(options)
        return Question(
            stem=stem,
            options=tuple(self.graph.names[option] for option in options),
            gold=options.index(case.options[0]),
            source="invented",
        )

    def partly(self, case: Case, shared: int, others: int, seed: int) -> Case:
        """The same disease by `shared` of the findings and `others` that the case has not, in another person."""
        draw = random.Random(f"partly {seed}")
        more = self.case(seed, case.options[0], without=case.findings)
        findings = [*draw.sample(case.findings, shared), *more.findings[:others]]
        draw.shuffle(findings)
        return Case((case.options[0], *more.options[1:]), tuple(findings), seed)

    def other_answer(self, case: Case, seed: int) -> Case:
        """The same findings of another disease, in another person."""
        drawn = self.case(seed)
        return replace(case, options=(*drawn.options[:3], case.options[0]), seed=seed)
