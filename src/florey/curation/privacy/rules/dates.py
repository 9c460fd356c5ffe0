"""Dates of a calendar, written or in figures. A year or a month alone, an age and a duration are none."""

from __future__ import annotations

import re
from datetime import date

from florey.curation.privacy.rules.rule import CERTAIN, END, START, Rule

_MONTH = (
    r"(?i:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_WEEKDAY = r"(?i:(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?)"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_TOLD = "(?:去年|前年|今年|明年|同年|当年)"
_ORDINAL = rf"{_DAY}(?i:st|nd|rd|th)?"
_YEAR = r"(?:(?:18|19|20)\d\d|['’]\d\d)"
_CLOCK = (
    r"(?:(?:T|,?\s+(?:at\s+)?)(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
    r"(?:\s?(?i:[ap]\.?m\b\.?)|Z|[+-]\d\d:?\d\d)?)?"
)
_TAIL = rf"(?:\s*[,(（]\s*(?:{_WEEKDAY}|(?:周|星期|礼拜)[一二三四五六日天])[)）]?|,?\s+(?:last|this|next)\s+year)?"
"""A weekday or "last year" behind a date."""
_LEAD = rf"(?:{_WEEKDAY},?\s+(?:the\s+)?)?"
_PART = r"(?:(?i:early|mid|late)[-\s])?"
_CUE = (
    r"(?i:on|since|dated?|DOB|D\.O\.B\.?|born|admitted|discharged|LMP|menses|menstrual\s+period|due|EDD|onset|review|from"
    r"|until|booked\s+for|scheduled\s+for)"
)
_DIGIT_ZH = "〇○零一二三四五六七八九十"
_HOLIDAY = (
    r"(?i:Christmas(?:\s+(?:Day|Eve))?|New\s+Year['’]s\s+(?:Day|Eve)|Thanksgiving|Easter(?:\s+Sunday)?|Boxing\s+Day)"
)


def in_calendar(text: str) -> bool:
    """Whether the first three numbers are a day, a month and a year in one of the usual orders.

    >>> in_calendar("29/02/2020"), in_calendar("2/29/2020"), in_calendar("2021-02-29"), in_calendar("31.13.2020")
    (True, True, False, False)
    """
    first, second, third = (int(number) for number in re.findall(r"\d+", text)[:3])
    orders = [(first, second, third)] if first > 99 else [(third, second, first), (third, first, second)]
    return any(_is_date(*order) for order in orders)


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year if year > 99 else 2000 + year, month, day)
    except ValueError:
        return False
    return True


RULES = (
    Rule(
        "year-month-day",
        "DATE",
        rf"{START}(?:18|19|20)\d\d([-/.])\d{{1,2}}\1\d{{1,2}}{_CLOCK}(?!\1?\d){_TAIL}",
        valid=in_calendar,
    ),
    Rule(
        "day, month and year in figures",
        "DATE",
        rf"{START}(?<!\d[-/.])\d{{1,2}}([-/.])\d{{1,2}}\1(?:18|19|20)\d\d{_CLOCK}(?!\1?\d){_TAIL}",
        valid=in_calendar,
    ),
    Rule(
        "figures with a short year",
        "DATE",
        rf"{START}(?<!\d[-/.])\d{{1,2}}([-/])\d{{1,2}}\1\d\d{_CLOCK}(?![-/.]?\d){_TAIL}",
        valid=in_calendar,
    ),
    Rule(
        "short year with points",
        "DATE",
        rf"{START}(?<![\d.])(?<!(?i:version|v)\s?)\d{{1,2}}\.\d{{1,2}}\.\d\d(?![\d.]\d|\d){_TAIL}",
        valid=in_calendar,
    ),
    Rule("Roman month", "DATE", rf"{START}{_DAY}\.\s?(?:XI{{0,2}}|IX|IV|VI{{0,3}}|I{{1,3}})\.\s?(?:19|20)\d\d{END}"),
    Rule(
        "eight figures",
        "DATE",
        r"(?<=(?i:DOB|born|date|日期|生日)\D{0,8})(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?!\d)",
    ),
    Rule(
        "day and month",
        "DATE",
        rf"{START}{_LEAD}{_ORDINAL}[\s-]*(?:of\s+)?{_MONTH}{END}(?:\.?(?:,?\s+|-){_YEAR}{END})?{_CLOCK}{_TAIL}",
    ),
    Rule("day, month and year together", "DATE", rf"{START}\d{{1,2}}[-/.]?{_MONTH}[-/.]?(?:(?:19|20)\d\d|\d\d){END}"),
    Rule(
        "month and day",
        "DATE",
        rf"{START}{_LEAD}{_MONTH}\.?[\s-]+(?:the\s+)?{_ORDINAL}{END}(?!\s*[-–]?\s*(?:%|mg|m[lL]|years?|months?|weeks?|days?|of\s+\d))"
        rf"(?:(?:,\s*|\s+|-){_YEAR}{END})?{_CLOCK}{_TAIL}",
    ),
    Rule("month and year", "DATE", rf"{START}{_PART}{_MONTH}\.?(?:\s*,\s*|\s+(?:of\s+)?|-|/){_YEAR}{END}"),
    Rule(
        "month and year in figures",
        "DATE",
        rf"(?i:in|since|from|until|of|dated?)\s+\K(?:0?[1-9]|1[0-2])/(?:19|20)\d\d{END}",
    ),
    Rule(
        "day and month in figures",
        "DATE",
        rf"(?<![\w]){_CUE}:?\s+(?:(?:the|is|was)\s+)?(?:{_WEEKDAY},?\s+)?\K(?:(?:0?[1-9]|1[0-2])/{_DAY}|{_DAY}/(?:0?[1-9]|1[0-2]))(?!/|\d|\.\d|\s*(?:mm|on|of|points?|strength|pain|scale|in\s+(?:intensity|severity)))",
    ),
    Rule(
        "day alone",
        "DATE",
        r"(?i:on\s+the|and\s+the)\s+\K\d{1,2}(?:st|nd|rd|th)(?=\s*(?:[.;)]|$|and\s+(?:again|discharged)))",
    ),
    Rule(
        "year and month in figures",
        "DATE",
        rf"(?i:in|since|from|until|dated?|onset)\s+\K(?:19|20)\d\d[-/](?:0[1-9]|1[0-2]){END}(?!-)",
    ),
    Rule("a holiday with its year", "DATE", rf"{START}{_HOLIDAY},?\s+(?:of\s+|in\s+)?{_YEAR}{END}"),
    Rule(
        "Chinese date",
        "DATE",
        rf"(?:(?<!\d)\d{{2,4}}|[{_DIGIT_ZH}]{{2,4}})\s*年\s*(?:\d{{1,2}}|[{_DIGIT_ZH}]{{1,3}})\s*月(?!龄)"
        rf"(?:\s*(?:\d{{1,2}}|[{_DIGIT_ZH}廿]{{1,3}})\s*[日号])?(?:\s*(?:上午|下午|凌晨|晚上?)?\s*\d{{1,2}}(?:[:：]\d\d|[时点](?:\d{{1,2}}分|半)?))?",
        ("zh",),
    ),
    Rule(
        "Chinese month of a year told",
        "DATE",
        rf"{_TOLD}\s*(?:\d{{1,2}}|[一二三四五六七八九十]{{1,2}})\s*月份?",
        ("zh",),
    ),
    Rule("Chinese day of a month told", "DATE", r"(?:上个?|本|当|次|下个?)月\s*\d{1,2}\s*[日号]", ("zh",)),
    Rule(
        "Chinese day and month",
        "DATE",
        rf"(?:农历|阴历|{_TOLD})?(?:(?<!\d)\d{{1,2}}|[{_DIGIT_ZH}正腊]{{1,3}})\s*月\s*(?:初[一二三四五六七八九十]|[一二]?十[一二三四五六七八九]?(?!\d)|廿[一二三四五六七八九]|(?:\d{{1,2}}|[{_DIGIT_ZH}廿]{{1,3}})\s*[日号])",
        ("zh",),
    ),
    Rule(
        "label and date of birth",
        "DATE",
        rf"(?i:DOB|D\.O\.B\.|date\s+of\s+birth|出生日期|生日)\s*[:：]?\s*(?:is|was)?\s*"
        rf"\K\d{{1,4}}[-/. ]\d{{1,2}}[-/. ]\d{{1,4}}{END}",
        score=CERTAIN,
    ),
)
