"""Age, sex and numbers in a text: a rewritten stem may state only what the original states.

Names of nodes are blanked out before ("Adult onset", "type 2 diabetes"). Vague words count for what they may be: a
seven-year-old may be called a child or a girl, not a baby.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_COUNT = rf"\d+|(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES[1:10])}))?|{'|'.join(_ONES)}"
_AGES = re.compile(
    rf"\b({_COUNT})[ -]*(year|yr|month|week|day)s?(?=[ -]?old\b| of age\b)"
    rf"|\b(?:aged|age of|age) ({_COUNT})\b(?: (month|week|day))?"
    rf"|\b({_COUNT})[ -]?(?:y/?o)\b",
    re.IGNORECASE,
)
_DECADE = re.compile(rf"\bin (?:his|her|their) (?:early |mid-?|late )?(?:\d0s|{'|'.join(_TENS)[:-1]}ies)\b", re.I)
_DURATION = re.compile(
    rf"\b(?:{_COUNT}|a|an|several|few|many|some|half)[ -](?:few )?(?:hour|day|week|month|year|decade)s?\b", re.I
)
_WORDS = {  # word -> (sex, age group)
    "boy": ("male", "child"),
    "girl": ("female", "child"),
    "man": ("male", "adult"),
    "gentleman": ("male", "adult"),
    "woman": ("female", "adult"),
    "lady": ("female", "adult"),
    "son": ("male", ""),
    "daughter": ("female", ""),
    **dict.fromkeys(("male", "he", "him", "his", "himself", "mr"), ("male", "")),
    **dict.fromkeys(("female", "she", "her", "hers", "herself", "mrs", "ms", "pregnant"), ("female", "")),
    **dict.fromkeys(("newborn", "neonate", "neonatal", "birth"), ("", "newborn")),
    **dict.fromkeys(("infant", "baby", "infancy", "toddler"), ("", "infant")),
    **dict.fromkeys(("child", "children", "kid", "schoolchild", "childhood", "pediatric", "paediatric"), ("", "child")),
    **dict.fromkeys(("adolescent", "teenager", "teen", "adolescence", "teenage"), ("", "adolescent")),
    **dict.fromkeys(("adult", "adulthood", "middle-aged"), ("", "adult")),
    **dict.fromkeys(("elderly", "senior", "octogenarian"), ("", "elderly")),
}
_ENGLISH = re.compile(rf"\b({'|'.join(sorted(_WORDS, key=len, reverse=True))})s?\b", re.IGNORECASE)
_PRONOUNS = frozenset(("he", "him", "his", "himself", "she", "her", "hers", "herself"))

_ZH_WORDS = {
    **dict.fromkeys(("男孩", "男童"), ("male", "child")),
    **dict.fromkeys(("女孩", "女童"), ("female", "child")),
    **dict.fromkeys(("男婴",), ("male", "infant")),
    **dict.fromkeys(("女婴",), ("female", "infant")),
    **dict.fromkeys(("男人", "男士", "先生"), ("male", "adult")),
    **dict.fromkeys(("女人", "女士", "妇女", "孕妇", "妇人"), ("female", "adult")),
    **dict.fromkeys(("男", "儿子", "他"), ("male", "")),
    **dict.fromkeys(("女", "女儿", "她"), ("female", "")),
    **dict.fromkeys(("新生儿", "出生"), ("", "newborn")),
    **dict.fromkeys(("婴儿", "婴幼儿", "幼儿", "宝宝"), ("", "infant")),
    **dict.fromkeys(("儿童", "患儿", "小儿", "孩子", "童年", "幼年"), ("", "child")),
    **dict.fromkeys(("青少年", "少年", "青春期"), ("", "adolescent")),
    **dict.fromkeys(("成人", "成年", "中年", "青年"), ("", "adult")),
    **dict.fromkeys(("老年", "老人", "高龄"), ("", "elderly")),
}
_CHINESE = re.compile(rf"子女|其他|他人|({'|'.join(sorted(_ZH_WORDS, key=len, reverse=True))})")
_DIGITS = "零一二三四五六七八九"
_ZH_COUNT = rf"\d+|[{_DIGITS}十百两]+"
_ZH_AGES = re.compile(rf"({_ZH_COUNT})\s*(?:(周?岁)|(个?月)[大龄]|(周)大|([天日])[大龄])")
_ZH_DURATION = re.compile(rf"(?:\d+|[{_DIGITS}十百两数几半]+)\s*(?:余|多)?个?(?:小时|天|日|周|星期|月|年)(?![岁大龄])")
_BROADER = {
    "newborn": {"infant", "child"},
    "infant": {"child"},
    "adolescent": {"child"},
    "elderly": {"adult"},
}


@dataclass(frozen=True, slots=True)
class Patient:
    """What a text states of the patient; empty where it says nothing. Ages as (count, "year" | "month" | …)."""

    sexes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    ages: frozenset[tuple[int, str]] = frozenset()
    phrase: str = ""  # the words, without pronouns: "7-year-old girl"

    def allows(self, other: Patient) -> bool:
        """Whether `other` states nothing that this does not."""
        mine = self.groups | {group for age in self.ages for group in _groups_of(*age)}
        mine |= {broad for group in mine for broad in _BROADER.get(group, ())}
        return other.sexes <= self.sexes and other.ages <= self.ages and other.groups <= mine


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with these spans (start, end) made unreadable, at the same length."""
    signs = list(text)
    for start, end in spans:
        signs[start:end] = "\u25a0" * (end - start)
    return "".join(signs)


def read_patient(text: str) -> Patient:
    """Of an English text whose names are blanked.

    >>> read_patient("A seven-year-old girl comes with her mother.").phrase
    'seven-year-old girl'
    """
    ages, places = [], []
    for found in _AGES.finditer(text):
        count = _counted(next(part for part in (found[1], found[3], found[5]) if part))
        unit = (found[2] or found[4] or "year").lower()
        ages.append((count, "year" if unit == "yr" else unit))
        old = re.match(r"[ -]?old\b", text[found.end() :])
        places.append((found.start(), found[0] + (old[0] if old else "")))
    words = list(_ENGLISH.finditer(text))
    meant = [_WORDS[found[1].lower()] for found in words]
    places += [(found.start(), found[0]) for found in words if found[1].lower() not in _PRONOUNS]
    groups = {group for _, group in meant if group} | ({"decade of life"} if _DECADE.search(text) else set())
    phrase = " ".join(words for _, words in sorted(places))
    return Patient(frozenset(sex for sex, _ in meant if sex), frozenset(groups), frozenset(ages), phrase)


def read_chinese_patient(text: str) -> Patient:
    """Of a Chinese text whose names are blanked."""
    ages = []
    for found in _ZH_AGES.finditer(text):
        unit = "year" if found[2] else "month" if found[3] else "week" if found[4] else "day"
        ages.append((_counted_in_chinese(found[1]), unit))
    meant = [_ZH_WORDS[found[1]] for found in _CHINESE.finditer(text) if found[1]]
    sexes = frozenset(sex for sex, _ in meant if sex)
    return Patient(sexes, frozenset(group for _, group in meant if group), frozenset(ages))


def new_numbers(text: str, original: str) -> list[str]:
    """Digits and durations of a text (names and ages blanked) that the original does not have, in order."""
    known = set(re.findall(r"\d+", original)) | {found[0].lower() for found in _DURATION.finditer(original)}
    rest = _ZH_AGES.sub("", _AGES.sub("", text))
    said = [*_DURATION.findall(rest), *_ZH_DURATION.findall(rest), *re.findall(r"\d+", rest)]
    return [number for number in said if number.lower() not in known]


def _groups_of(count: int, unit: str) -> set[str]:
    years = count / {"year": 1, "month": 12, "week": 52, "day": 365}[unit]
    found = {"newborn"} if years <= 1 / 12 else set()
    for group, low, high in (("infant", 0, 3), ("child", 0, 18), ("adolescent", 10, 20), ("adult", 18, 200)):
        if low <= years < high:
            found.add(group)
    return found | ({"elderly"} if years >= 65 else set())


def _counted(words: str) -> int:
    if words.isdigit():
        return int(words)
    first, _, rest = words.lower().replace("-", " ").partition(" ")
    if first in _ONES:
        return _ONES.index(first)
    return 10 * (_TENS.index(first) + 2) + (_ONES.index(rest) if rest else 0)


def _counted_in_chinese(words: str) -> int:
    """
    >>> [_counted_in_chinese(words) for words in ("七", "十二", "三十五", "两", "40")]
    [7, 12, 35, 2, 40]
    """
    if words.isdigit():
        return int(words)
    total = digit = 0
    for sign in words.replace("两", "二"):
        if sign in "十百":
            total += max(digit, 1) * (10 if sign == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS.index(sign)
    return total + digit
