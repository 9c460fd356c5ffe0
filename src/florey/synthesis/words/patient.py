"""The patient of a vignette: sex as the evidence has it, an age drawn inside the range of the onset term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from florey.files import digest
from florey.synthesis.words.prose import an
from florey.synthesis.words.scene import Scene

Unit = Literal["week of gestation", "day", "month", "year"]
ADOLESCENT = 13  # years; from here on nobody is a child
ADULT = 18  # nor a boy or a girl


@dataclass(frozen=True)
class Range:
    """Ages that an onset term covers, both ends included."""

    unit: Unit
    low: int
    high: int
    women_only: bool = False


# The definitions of HPO (hp.obo, under HP:0003674 Onset). Ends that two terms share are left out, and open ends are
# closed at what is plausible, so that an age drawn here belongs to one term and its parents.
ONSETS = {
    "HP:0030674": Range("week of gestation", 12, 38),  # antenatal
    "HP:0011460": Range("week of gestation", 7, 9),  # embryonal: to 10 weeks of gestation
    "HP:0011461": Range("week of gestation", 11, 38),  # fetal: from there
    "HP:0034199": Range("week of gestation", 11, 13),  # late first trimester
    "HP:0034198": Range("week of gestation", 14, 27),  # second trimester
    "HP:0034197": Range("week of gestation", 28, 39),  # third trimester
    "HP:0003577": Range("day", 0, 0),  # congenital: present at birth
    "HP:0003623": Range("day", 2, 27),  # neonatal: the first 28 days
    "HP:0003593": Range("month", 2, 11),  # infantile: 28 days to one year
    "HP:0410280": Range("year", 1, 15),  # pediatric: before 16 years
    "HP:0011463": Range("year", 1, 4),  # childhood: 1 to 5 years
    "HP:0003621": Range("year", 6, 14),  # juvenile: 5 to 15 years
    "HP:0003581": Range("year", 18, 79),  # adult: 16 years or later
    "HP:0011462": Range("year", 17, 39),  # young adult: 16 to 40 years
    "HP:0025708": Range("year", 16, 18),  # early young adult: 16 to under 19
    "HP:0025709": Range("year", 19, 24),  # intermediate young adult: 19 to under 25
    "HP:0025710": Range("year", 25, 39),  # late young adult: 25 to under 40
    "HP:0003596": Range("year", 41, 59),  # middle age: 40 to 60 years
    "HP:0003584": Range("year", 61, 88),  # late: after 60 years
    "HP:4000040": Range("year", 20, 39, women_only=True),  # puerperal
    "HP:6000314": Range("year", 46, 51, women_only=True),  # perimenopausal
    "HP:6000315": Range("year", 55, 75, women_only=True),  # postmenopausal
}
_DECADES = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties")


@dataclass(frozen=True)
class Patient:
    """How a text speaks of the patient: `phrase` at the first mention, `they` and `their` afterwards."""

    phrase: str
    they: str
    their: str
    known: bool  # age or sex
    born: bool = True


def patient(scene: Scene, key: object) -> Patient:
    """The patient of a scene; the same for the same `key` (any JSON-able value).

    An onset that is itself a condition goes before `scene.onset`: the age must not contradict the stem.
    """
    named = [node.id for nodes in scene.nodes.values() for node in nodes if node.type == "onset"]
    span = ONSETS.get(next(iter(named), scene.onset) or "")
    sex = scene.sex
    if span and span.women_only:
        sex, span = ("female", span) if sex != "male" else (sex, None)
    if span is None:
        return _spoken(f"a {sex} patient" if sex else "a patient", sex, "the patient", known=bool(sex))
    draw = int(digest(["patient", key]), 16)
    return aged(span, span.low + draw % (span.high - span.low + 1), sex, decade=bool(draw >> 40 & 1))


def aged(span: Range, age: int, sex: str | None, *, decade: bool = False) -> Patient:
    """The patient of one age of a range; `decade`: told as "in her thirties" where the range holds the decade."""
    if span.unit == "week of gestation":
        being = "embryo" if age < 10 else f"{sex} fetus" if sex and age >= 14 else "fetus"  # sex shows from week 14
        noun = being.rsplit(maxsplit=1)[-1]
        return _spoken(an(f"{being} at {age} weeks of gestation"), None, f"the {noun}", born=False)
    if span.unit == "day" and age == 0:
        return _spoken(f"a newborn {_child(sex)}" if sex else "a newborn", sex, "the newborn")
    if span.unit != "year" or age < ADULT:
        young = "infant" if span.unit != "year" else "child" if age < ADOLESCENT else "patient"
        return _spoken(an(f"{age}-{span.unit}-old {_child(sex) or young}"), sex, f"the {young}")
    grown = {"male": "man", "female": "woman"}.get(sex or "", "patient")
    first = age // 10 * 10
    if sex and decade and max(span.low, ADULT) <= first and first + 9 <= span.high:
        own = "his" if sex == "male" else "her"
        return _spoken(f"a {grown} in {own} {_DECADES[first // 10 - 2]}", sex, "the patient")
    return _spoken(an(f"{age}-year-old {grown}"), sex, "the patient")


def _child(sex: str | None) -> str:
    return {"male": "boy", "female": "girl"}.get(sex or "", "")


def _spoken(phrase: str, sex: str | None, noun: str, *, known: bool = True, born: bool = True) -> Patient:
    they, their = {"male": ("he", "his"), "female": ("she", "her")}.get(sex or "", (noun, f"{noun}'s"))
    return Patient(phrase, they, their, known, born)
