"""Dates of a calendar, written or in figures. A year or a month alone, an age and a duration are none."""

from __future__ import annotations

import re
from datetime import date

from florey.curation.privacy.rules.rule import CERTAIN, END, START, Rule

_MONTH = (
    r"(?i:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_FOREIGN_MONTH = (
    r"(?i:j[aä]nn?er|januar[iy]?|janvier|enero|gennaio|janeiro|tammikuuta|februar[iy]?|février|febrero|febbraio|fevereiro"
    r"|märz|maart|marts|mars|marzo|março|avril|abril|aprile|mai|maj|mei|mayo|maggio|maio|juni|juin|junio|giugno|junho"
    r"|juli|juillet|julio|luglio|julho|augusti?|augustus|août|agosto|septembre|septiembre|settembre|setembro"
    r"|o[kc]tober|octobre|octubre|ottobre|outubro|novembre|noviembre|novembro|de[zsc]ember|décembre|diciembre|dicembre|dezembro)"
)
"""German, French, Spanish, Italian, Portuguese, Dutch and Scandinavian, where they differ from English."""
_WEEKDAY = r"(?i:(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thur?s?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?)"
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
_PART = r"(?:(?i:early|mid|late|(?:the\s+)?(?:beginning|start|middle|end)\s+of)[-\s])?"
_SPELT = (
    r"(?i:(?:twenty|thirty)[-\s](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|first|second|third|fourth|fifth"
    r"|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth"
    r"|nineteenth|twentieth|thirtieth)"
)
_CUE = (
    r"(?i:on|since|dated?|DOB|D\.O\.B\.?|born|admitted|discharged|LMP|menses|menstrual\s+period|due|EDD|onset|review|from"
    r"|until|booked\s+for|scheduled\s+for)"
)
_WEAK_CUE = (
    r"(?i:admission|discharge|d/c|dx|rx|recheck|visit|appointment|appt|follow[-\s]?up|f/u|seen|reviewed|operated|surgery"
    r"|contact|collected|received|sent|reported|died|signed|date|as\s+of|w\.?e\.?f\.?|exp(?:iry|ires|\.)?)"
)
"""Behind it "3/12" is three months, "2/6" a murmur and "1/2" a share."""
_DIGIT_ZH = "〇○零一二三四五六七八九十"
_WEEKDAY_ZH = r"(?:\s*[（(]?\s*(?:周|星期|礼拜|週|禮拜)[一二三四五六日天]\s*[)）]?)"
_HOLIDAY = (
    r"(?i:Christmas(?:\s+(?:Day|Eve))?|New\s+Year['’]s\s+(?:Day|Eve)|Thanksgiving|Easter(?:\s+(?:Sun|Mon)day)?|Boxing\s+Day|Good\s+Friday"
    r"|(?:Chinese|Lunar)\s+New\s+Year|Labou?r\s+Day|Independence\s+Day|Memorial\s+Day|Canada\s+Day|Australia\s+Day|Anzac\s+Day"
    r"|Valentine['’]s\s+Day|Mother['’]s\s+Day|Father['’]s\s+Day|St\.?\s+Patrick['’]s\s+Day|Halloween|Diwali|Eid(?:\s+al-\w+)?)"
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
        rf"{START}(?<![\d.])(?<!(?i:version|v)\s?)(?:{_WEEKDAY},?\s+)?\d{{1,2}}\.\d{{1,2}}\.\d\d(?![\d.]\d|\d){_TAIL}",
        valid=in_calendar,
    ),
    Rule(
        "Roman month",
        "DATE",
        rf"{START}{_DAY}[-./\s]\s?(?i:XI{{0,2}}|IX|IV|VI{{0,3}}|I{{1,3}})[-./\s]\s?(?:19|20)\d\d{END}",
    ),
    Rule(
        "eight figures",
        "DATE",
        r"(?:(?<=(?i:DOB|born|date|日期|生日)\D{0,8})19|(?<![\p{L}\d.,/-])(?:19[3-9]|20[0-3]))(?<=19|\d{3})\d{1,2}(?<=(?<!\d)\d{4})"
        r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?![\dA-Za-z]|[-/.,]\d)",
    ),
    Rule(
        "figures with spaces",
        "DATE",
        rf"{START}(?<!\d[-/.]\s?)(?:\d{{1,2}}(\s?[-/.]\s)\d{{1,2}}\1(?:(?:19|20)\d\d)|\d{{1,2}}(\s[-/.]\s?)\d{{1,2}}\2(?:(?:19|20)\d\d)){END}",
        valid=in_calendar,
    ),
    Rule("year, named month, day", "DATE", rf"{START}(?:19|20)\d\d[-/.\s]\s?{_MONTH}[-/.\s]\s?{_ORDINAL}{END}"),
    Rule("named month, day, year together", "DATE", rf"{START}{_MONTH}[-/.]{_DAY}[-/.](?:(?:19|20)\d\d|\d\d){END}"),
    Rule(
        "days before their month",
        "DATE",
        rf"{START}(?:(?:between\s+)?(?:the\s+)?{_ORDINAL}\s*(?:,|[-–—/]|to|and|until|till|&)\s*(?:and\s+)?){{1,5}}(?:the\s+)?{_ORDINAL}\s+(?:of\s+)?{_MONTH}{END}(?:\.?,?\s+{_YEAR}{END})?",
    ),
    Rule(
        "month before its days",
        "DATE",
        rf"{START}{_MONTH}\.?\s+{_ORDINAL}(?:\s*(?:,|[-–—/]|to|and|until|till|through|&)\s*(?:and\s+)?(?:the\s+)?{_ORDINAL}{END}(?!\s*[/:%])){{1,5}}(?!\s*(?:mg|m[lL]|years?|months?|weeks?|days?|hours?|h))(?:,?\s+{_YEAR}{END})?",
    ),
    Rule(
        "months before their year",
        "DATE",
        rf"{START}{_PART}{_MONTH}\.?\s*(?:[-–—/]|to|and|until|till|through|&)\s*{_MONTH}\.?,?\s+{_YEAR}{END}",
    ),
    Rule(
        "part of a month",
        "DATE",
        rf"{START}(?i:early|mid|late|(?:beginning|start|middle|end)\s+of)[-\s]{_MONTH}{END}(?!\s+(?:be|have|not|occur|present|cause))",
    ),
    Rule(
        "day in words",
        "DATE",
        rf"{START}{_LEAD}(?:the\s+)?(?:{_SPELT}|{_ORDINAL}\s+day)\s+(?:day\s+)?(?:of\s+)?{_MONTH}{END}(?:,?\s+(?:in\s+)?{_YEAR}{END})?"
        rf"|{START}{_LEAD}{_MONTH}\s+(?:the\s+)?{_SPELT}{END}(?:,?\s+{_YEAR}{END})?",
    ),
    Rule(
        "day and month of another language",
        "DATE",
        rf"{START}{_ORDINAL}\.?(?:er|º|°)?\s+(?:de\s+)?{_FOREIGN_MONTH}{END}(?:\s+(?:de[l]?\s+)?{_YEAR}{END})?|{START}{_FOREIGN_MONTH}\s+(?:19|20)\d\d{END}",
    ),
    Rule("weekday and day", "DATE", rf"{START}{_WEEKDAY},?\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th){END}"),
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
        rf"(?<![\w/.,-])(?:0?[1-9]|1[0-2])(?:/|(?<=0[1-9])[-.])(?:19|20)\d\d{END}(?![/-]\d)",
    ),
    Rule(
        "day and month in figures",
        "DATE",
        rf"(?<![\w])(?:{_CUE}|{_WEAK_CUE}(?!:?\s+\d{{1,2}}/(?:[2-7]|10|12)(?!\d))):?\s+(?:(?:the|is|was)\s+)?(?:{_WEEKDAY},?\s+)?\K(?:(?:0?[1-9]|1[0-2])/{_DAY}|{_DAY}/(?:0?[1-9]|1[0-2])|{_DAY}\.\s?(?:0?[1-9]|1[0-2])\.(?!\d))(?!/|\d|\.\d|\s*(?:mm|on|of|out|cases|patients|points?|strength|pain|scale|intensity|murmur|power|in\s+(?:intensity|severity)))",
    ),
    Rule(
        "day alone",
        "DATE",
        r"(?i:on\s+the|and\s+the)\s+\K\d{1,2}(?:st|nd|rd|th)(?=\s*(?:[.;)]|$|and\s+(?:again|discharged)))",
    ),
    Rule(
        "year and month in figures",
        "DATE",
        rf"(?:(?i:in|since|from|until|dated?|onset)\s+\K(?:19|20)\d\d[-/](?:0[1-9]|1[0-2])|(?<![\w/.,-])(?:19|20)\d\d[-/]0[1-9]){END}(?![-/]\d)",
    ),
    Rule("a holiday with its year", "DATE", rf"{START}{_HOLIDAY},?\s+(?:of\s+|in\s+)?{_YEAR}{END}"),
    Rule(
        "Chinese date",
        "DATE",
        rf"(?:民[国國])?(?:(?<!\d)\d{{2,4}}|[{_DIGIT_ZH}]{{2,4}})\s*年\s*(?:\d{{1,2}}|[{_DIGIT_ZH}]{{1,3}})\s*月(?!龄)"
        rf"(?:\s*(?:\d{{1,2}}|[{_DIGIT_ZH}廿]{{1,3}})\s*[日号號])?(?:[上中下]旬|[初底末])?(?:\s*[至到~～—–-]\s*(?:(?:\d{{1,2}}|[{_DIGIT_ZH}]{{1,3}})\s*月)?\s*(?:(?:\d{{1,2}}|[{_DIGIT_ZH}]{{1,3}})\s*[日号號])?(?<=[月日号號]))?{_WEEKDAY_ZH}?(?:\s*(?:上午|下午|凌晨|晚上?)?\s*\d{{1,2}}(?:[:：]\d\d|[时点](?:\d{{1,2}}分|半)?))?",
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
        rf"(?:农历|阴历|{_TOLD})?(?:(?<!\d)\d{{1,2}}|[{_DIGIT_ZH}正腊]{{1,3}})\s*月\s*(?:初[一二三四五六七八九十]|[一二]?十[一二三四五六七八九]?(?!\d)|廿[一二三四五六七八九]|(?:\d{{1,2}}|[{_DIGIT_ZH}廿]{{1,3}})\s*[日号號])(?:\s*[至到~～—–-]\s*\d{{1,2}}\s*[日号號])?{_WEEKDAY_ZH}?",
        ("zh",),
    ),
    Rule(
        "Chinese part of a month",
        "DATE",
        r"(?<!\d|个)(?:1[0-2]|[1-9]|[一二三四五六七八九十正腊]{1,2})\s*月(?:[上中下]旬|[初底末])(?![一二三四五六七八九十])(?![^。]{0,14}[采收播种花])",
        ("zh",),
    ),
    Rule(
        "day of what was done, Chinese",
        "DATE",
        r"(?<![\d/.-])(?:0?[1-9]|1[0-2])[/.](?:0?[1-9]|[12]\d|3[01])(?=来院|入院|就诊|复诊|出院|转入|转院|手术|术后复查)",
        ("zh",),
    ),
    Rule(
        "Chinese feast of a year",
        "DATE",
        rf"(?:(?:19|20)\d\d年?|{_TOLD})(?:春节|除夕|元宵节?|清明节?|端午节?|中秋节?|国庆节?|元旦|五一|十一)",
        ("zh",),
    ),
    Rule(
        "month and day after a cue, Chinese",
        "DATE",
        r"(?:送检|采样|採樣|日期|时间|時間|入院|出院|复查|就诊|于|自)[:：]?\s*\K(?:0[1-9]|1[0-2])[-/.](?:0[1-9]|[12]\d|3[01])(?![\d./%-]|\s*(?:[A-Za-z]|小时|天|年|周|次|个|分|岁))",
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
