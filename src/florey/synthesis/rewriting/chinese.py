"""Chinese text: negation and the like around a name, clause by clause, as NegEx does it for English.

The names come from elsewhere (what the model says where it named a fact, or a glossary): words are not parted by
spaces, so only known strings can be found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from florey.graph.linking.mention import Mention
from florey.synthesis.rewriting.patient import blanked

_NEGATION = "没有|未见|未出现|未发现|未诉|未曾|未伴|未有|从未|否认|不伴|并无|排除|缺乏|不存在|并非|无|没|而非|不是"
_UNCERTAINTY = "可能|疑似|怀疑|不排除|不能排除|不除外|待排|似有|疑有|或许|也许|考虑为|拟诊"
_FAMILY = (
    "家族史|家族中|家族成员|母亲|父亲|父母|兄弟|姐妹|哥哥|姐姐|弟弟|妹妹|祖父|祖母|外祖|爷爷|奶奶|叔叔|舅舅|姑姑|姨|表兄|表姐"
    "|堂兄|同胞|亲属"
)
_BOUNDARY = re.compile(r"[，。；！？,;!?\n]")
_FORWARD = re.compile(rf"(?P<uncertain>{_UNCERTAINTY})|(?P<negated>{_NEGATION})|(?P<family>{_FAMILY})")
_ENDS = re.compile(r"(?:出现|表现|但|而有|伴有|可见|提示|存在|发现|并有|却有)")
_AFTER = re.compile(
    r"(?P<uncertain>待排|不能排除|不除外|可疑|待查)|(?P<negated>阴性|未见|已?被?排除|缺如|不存在|不明显|未出现|未发现|消失)"
)
_CJK = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")


def is_chinese(text: str) -> bool:
    """Whether most of its letters are Chinese characters."""
    letters = _LETTER.findall(text)
    return 2 * len(_CJK.findall(text)) > len(letters)


def has_chinese(text: str) -> bool:
    return bool(_CJK.search(text))


def flagged(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions with what their clauses make of them: denied, uncertain, said of a relative.

    A cue inside a name is none ("无汗症"); a cue reaches to the next verb of having or the end of the clause, over
    enumerations ("无发热、咳嗽").
    """
    plain = blanked(text, ((m.start, m.end) for m in mentions))
    return [_flagged(plain, mention) for mention in mentions]


def _flagged(plain: str, mention: Mention) -> Mention:
    start = max((found.end() for found in _BOUNDARY.finditer(plain, 0, mention.start)), default=0)
    end = found.start() if (found := _BOUNDARY.search(plain, mention.end)) else len(plain)
    kinds = {"family"} if re.search(_FAMILY, plain[start : mention.start]) else set()
    active: set[str] = set()
    position = start
    while position < mention.start:
        if cue := _FORWARD.match(plain, position, mention.start):
            active.add(str(cue.lastgroup))
        elif cue := _ENDS.match(plain, position, mention.start):
            active.clear()
        position = cue.end() if cue else position + 1
    kinds |= active | {str(found.lastgroup) for found in _AFTER.finditer(plain, mention.end, end)}
    return replace(mention, negated="negated" in kinds, uncertain="uncertain" in kinds, family="family" in kinds)
