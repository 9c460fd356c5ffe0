"""Ages of 90 and over, which few people reach: the placeholder says as much and no more."""

from __future__ import annotations

from florey.curation.privacy.rules.rule import CERTAIN, END, LANGUAGES, START, Language, Rule

_OLD = r"(?:9\d|1[0-2]\d)"
_WORDS = r"(?i:ninety(?:[-\s](?:one|two|three|four|five|six|seven|eight|nine))?|(?:a|one)\s+hundred(?:\s+and\s+\w+)?)"
_ZH = r"(?:九十[一二三四五六七八九]?|一百[零〇一二][一二三四五六七八九十]*)"


def _rule(name: str, pattern: str, languages: tuple[Language, ...] = LANGUAGES) -> Rule:
    return Rule(name, "AGE", pattern, languages, CERTAIN)


RULES = (
    _rule("age", rf"{START}{_OLD}[-\s]?(?i:years?|yrs?)[-\s](?i:old|of\s+age){END}"),
    _rule(
        "age in words",
        rf"{START}(?:{_WORDS}[-\s](?i:years?)[-\s](?i:old|of\s+age){END}|(?i:aged?|at\s+the\s+age\s+of|turned)\s+\K{_WORDS}{END}(?:\s*\({_OLD}\))?)",
    ),
    _rule("age and sex", rf"{START}(?:9[0-6][MF]|{_OLD}\s?/\s?[MF]|[MF]\s?/\s?\K{_OLD}){END}"),
    _rule("age, short", rf"{START}{_OLD}\s?(?i:y\.?/?o\.?|yo){END}"),
    _rule(
        "age in figures",
        rf"{START}(?i:aged?:?|at\s+the\s+age\s+of|turned|turning)\s+(?:of\s+)?\K{_OLD}{END}(?!\s*(?:[-–%]|or|and|days|months|(?:th\s*)?(?:per)?centile))",
    ),
    _rule("age, Chinese", rf"(?:(?<![\d.~～-]){_OLD}|{_ZH})\s*(?:周岁|岁)(?!以)", ("zh",)),
)
