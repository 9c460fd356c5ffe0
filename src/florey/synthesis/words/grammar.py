"""The grammar of forms: a sentence with slots, filled from a scene.

    {f}              the names in running text: "ataxia, seizure and short stature"
    {f:or}           the same with "or"
    {f:exact}        as in the graph: "Ataxia, Seizure and Short stature"
    {f:list}         as in the graph, with semicolons: "Ataxia; Seizure; Short stature"
    {f:lines}        as in the graph, one a line after a dash; {f:numbered} after a number
    {f:a}            with the indefinite article: "an FGFR3", "an X-linked recessive inheritance"
    {f.lab} {f.signs}  only those that a laboratory tells, only the others; with any of the styles above
    {f|is|are}       by number: for one, for several; or for one, for two, for more: {f|it|both|all of them}
    {asked}          the noun of the answer: "gene"
    {patient}        "a 4-month-old girl", "a patient"; then {they} ("she") and {their} ("her")
    {patient:any}    the same, where an unborn patient is no nonsense either: "a fetus at 24 weeks of gestation"

The letters are the variables of the metapath. A slot that starts a sentence is written with a capital.
A form may need something of the scene: `patient` (age or sex is known, and the patient is born), `lab` (both laboratory
findings and others). A form that uses {f.lab} or {f.signs} must need `lab`; one with a bare {patient} is left out where
the patient is not born.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from florey.errors import BadInput, nearest
from florey.synthesis.words.patient import Patient
from florey.synthesis.words.prose import an, capitalised, is_laboratory, listed, running
from florey.synthesis.words.scene import Named, Scene

NEEDS = ("patient", "lab")
NOUNS = {
    "drug_class": "class of drugs",
    "procedure": "test or procedure",
    "agent": "cause",
    "inheritance": "mode of inheritance",
    "onset": "age of onset",
    "specialty": "medical specialty",
    "anatomy": "structure",
    "term": "feature",
    "concept": "concept",
}
"""Where the noun of a type of node is not its name."""
_SLOT = re.compile(r"\{([^{}]*)\}")
_INSIDE = re.compile(r"(?P<name>\w+)(?:\.(?P<part>\w+))?(?::(?P<style>\w+))?")
_SENTENCE_START = re.compile(r"(?:^|[.?!]\s+|\n(?:[-*] |\d+\. )?)$")


def noun(node_type: str) -> str:
    return NOUNS.get(node_type, node_type.replace("_", " "))


def _exact(nodes: Sequence[Named]) -> list[str]:
    return [node.name for node in nodes]


def _running(nodes: Sequence[Named]) -> list[str]:
    return [running(node) for node in nodes]


_STYLES: dict[str, Callable[[Sequence[Named]], str]] = {
    "": lambda nodes: listed(_running(nodes)),
    "or": lambda nodes: listed(_running(nodes), "or"),
    "a": lambda nodes: listed([an(name) for name in _running(nodes)]),
    "exact": lambda nodes: listed(_exact(nodes)),
    "list": lambda nodes: "; ".join(_exact(nodes)),
    "lines": lambda nodes: "\n".join(f"- {name}" for name in _exact(nodes)),
    "numbered": lambda nodes: "\n".join(f"{i}. {name}" for i, name in enumerate(_exact(nodes), 1)),
}
_PARTS: dict[str, Callable[[Named], bool]] = {
    "": lambda node: True,
    "lab": lambda node: is_laboratory(node.name),
    "signs": lambda node: not is_laboratory(node.name),
}
_SPOKEN_STYLES = {"asked": ("",), "patient": ("", "any"), "they": ("",), "their": ("",)}
_SPOKEN: dict[str, Callable[[Scene, Patient], str]] = {
    "asked": lambda scene, patient: noun(scene.asked),
    "patient": lambda scene, patient: patient.phrase,
    "they": lambda scene, patient: patient.they,
    "their": lambda scene, patient: patient.their,
}


@dataclass(frozen=True)
class Slot:
    """A place of a form. `choices`: one text for one node and others for more; empty: the names are told."""

    name: str
    part: str = ""
    style: str = ""
    choices: tuple[str, ...] = ()
    starts: bool = False  # a sentence

    @property
    def names_nodes(self) -> bool:
        return self.name not in _SPOKEN and not self.choices

    def fill(self, scene: Scene, patient: Patient) -> str:
        text = self._text(scene, patient)
        return capitalised(text) if self.starts and self.style not in ("exact", "list", "lines", "numbered") else text

    def _text(self, scene: Scene, patient: Patient) -> str:
        if self.name in _SPOKEN:
            return _SPOKEN[self.name](scene, patient)
        nodes = [node for node in scene.nodes[self.name] if _PARTS[self.part](node)]
        if self.choices:
            return self.choices[min(len(nodes), len(self.choices)) - 1]
        return _STYLES[self.style](nodes)


@dataclass(frozen=True)
class Form:
    """One way to put a kind of question into words."""

    text: str
    needs: frozenset[str] = frozenset()
    parts: tuple[str | Slot, ...] = field(default=(), compare=False, repr=False)

    @cached_property
    def variables(self) -> frozenset[str]:
        """The variables of the metapath that are named in full."""
        whole = {slot.name for slot in self._slots if slot.names_nodes and not slot.part}
        parts = {(slot.name, slot.part) for slot in self._slots if slot.names_nodes and slot.part}
        return frozenset(whole | {name for name, part in parts if {(name, "lab"), (name, "signs")} <= parts})

    @property
    def mentioned(self) -> frozenset[str]:
        """Every variable that a slot speaks of."""
        return frozenset(slot.name for slot in self._slots if slot.name not in _SPOKEN)

    @property
    def universal(self) -> bool:
        """Whether the form fits every scene."""
        return not self.needs and not self._of_the_born

    @cached_property
    def _of_the_born(self) -> bool:
        return any(slot.name == "patient" and not slot.style for slot in self._slots)

    @cached_property
    def _divided(self) -> frozenset[str]:
        return frozenset(slot.name for slot in self._slots if slot.part)

    @cached_property
    def _slots(self) -> list[Slot]:
        return [part for part in self.parts if isinstance(part, Slot)]

    def fits(self, scene: Scene, patient: Patient) -> bool:
        """Whether the scene has what the form needs."""
        if not patient.born and self._of_the_born:
            return False
        if "patient" in self.needs and not (patient.known and patient.born):
            return False
        return all(len({is_laboratory(node.name) for node in scene.nodes[name]}) == 2 for name in self._divided)

    def fill(self, scene: Scene, patient: Patient) -> str:
        """The stem. The scene must have exactly the form's variables, and what it needs."""
        return "".join(part if isinstance(part, str) else part.fill(scene, patient) for part in self.parts)


def parse_form(text: str, needs: Sequence[str] = (), *, where: str) -> Form:
    """A form from its text. BadInput, beginning with `where`, for what the grammar does not know."""
    needed = set(needs)
    if wrong := sorted(needed - set(NEEDS)):
        raise BadInput(f"{where}: unknown need '{wrong[0]}'{nearest(wrong[0], NEEDS)}; known: {', '.join(NEEDS)}")
    whole = text.strip(" ")
    if not whole.strip():
        raise BadInput(f"{where}: expected the text of a form, found nothing")
    parts: list[str | Slot] = []
    end = 0
    for match in _SLOT.finditer(whole):
        parts += [whole[end : match.start()], _slot(match[1], whole[: match.start()], where)]
        end = match.end()
    parts.append(whole[end:])
    if any(isinstance(part, str) and re.search(r"[{}]", part) for part in parts):
        raise BadInput(f"{where}: a brace without its other half")
    form = Form(whole, frozenset(needed), tuple(part for part in parts if part != ""))
    if "lab" not in form.needs and any(slot.part for slot in form._slots):
        raise BadInput(f"{where}: a form with .lab or .signs must have 'needs: [lab]'")
    return form


def _slot(inside: str, before: str, where: str) -> Slot:
    starts = bool(_SENTENCE_START.search(before))
    name, *choices = inside.split("|")
    match = _INSIDE.fullmatch(name)
    if not match or (choices and (match["part"] or match["style"])) or len(choices) == 1:
        raise BadInput(f"{where}: cannot read the slot '{{{inside}}}'")
    slot = Slot(match["name"], match["part"] or "", match["style"] or "", tuple(choices), starts)
    styles: Collection[str] = _SPOKEN_STYLES.get(slot.name, _STYLES)
    for word, table, what in ((slot.part, _PARTS, "part"), (slot.style, styles, "style")):
        if word not in table:
            raise BadInput(f"{where}: unknown {what} '{word}' of a slot{nearest(word, table)}")
    if slot.name in _SPOKEN and (slot.part or slot.choices):
        raise BadInput(f"{where}: '{slot.name}' takes no part and no number, got '{{{inside}}}'")
    return slot
