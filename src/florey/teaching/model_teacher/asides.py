"""Words by which a thought betrays that it is a later version of another, or that it was told more than its question.

A thought may doubt and correct itself ("my first guess was wrong"): that is what repairs are for. It may not know of an
earlier version, of a reader, or of the task of writing it down, as the thoughts that servers hand out apart from the
answer often do. Physiology keeps its feedback, surgery its revisions, and treatment its initial response.
"""

from __future__ import annotations

import re

_VERSION = r"(?:answer|draft|chain of thought|solution|trace)"
_LATER = (
    rf"\b(?:my|your|the|this|that) (?:previous|earlier|original|prior|old|last) {_VERSION}\b",
    rf"\b(?:my|your) (?:previous|earlier|original|prior|initial|first|last) (?:{_VERSION}|version|response|attempt)\b",
    r"\b(?:revised|corrected|improved|refined|rewritten) (?:answer|draft|version|solution|trace|reasoning)\b",
    r"\b(?:your|the) (?:previous|original) reasoning\b|\bchain of thought\b",
    r"\b(?:the|my|this|that|a|first) draft\b",
    r"^\W*(?:turn|attempt|revision|version|draft|rewrite)\W*\d*\W*$",
    r"^\W*(?:turn|attempt|revision|version|draft) \d+\b",
    r"(?:我?(?:之前|上一次|上次|先前)|原来|原先)的?(?:回答|答案|草稿|版本)|原来的推理|原推理|草稿",
    r"(?:修改|修订|更正|重写)(?:后|过)的?(?:推理|回答|版本|答案)|重写如下",
)
_FEEDBACK = r"(?:given|based on|per|following|according to|incorporating|addressing|in response to)"
_READER = (
    r"\bas (?:you|the reviewer|the feedback) (?:have )?(?:correctly )?(?:pointed|noted|said|mentioned|suggested|asked)",
    r"\byou(?:['’]re| are| were) (?:absolutely )?(?:right|correct)\b|\bthank(?:s| you) for\b|\breviewers?\b",
    r"\byour (?:feedback|comments?|corrections?|suggestions?)\b",
    rf"\b{_FEEDBACK} (?:the|this|that) feedback\b"
    r"(?! (?:loop|mechanism|inhibition|regulation|system|effect|control|circuit|signal|arm|axis|from|of|on|to|by))",
    r"(?:根据|按照|结合|针对|感谢)(?:上述|以上|[你您]的|这些|该|此)?(?:反馈|意见)(?!抑制|调节|机制|回路|环)",
    r"(?:审阅|评审)(?:者|人|意见)|正如[你您]|[你您](?:指出|提到|说得对)",
)
_TASK = (
    r"\bthe (?:user|(?:system )?prompt) (?:is |has |also )?(?:ask|want|say|said|gave|give|need|provide|instruct)",
    r"\bthe instructions? (?:say|ask|want|require|state|tell)s?\b|\bword (?:limit|count)\b|\boutput format\b",
    r"\b(?:think|answer) tags?\b|\b(?:in|inside|within) (?:the )?</?(?:think|answer)",
    r"\b(?:not|never|without|avoid) (?:to )?(?:mention|hint|reveal)(?:ing)? (?:at )?(?:that|it|the answer)\b",
    r"\b(?:we|i) (?:must|should|need to|have to|will|can) (?:now )?(?:produce|craft|output|compose)\b",
    r"\bmodel solution|\b(?:at most|under|up to) \d+ words",
    r"用户(?:要求|希望|想要|给出|提供|问)|提示词|(?:字数|格式)(?:限制|要求)|(?:think|answer)\s*标签",
    r"(?:不能|不要|不得|避免)(?:提及|透露|暗示)",
)
_LISTED = (
    r"\b(?:given|provided|supplied|listed|stated|above|following) facts\b",
    r"\bfacts (?:given|provided|supplied|listed|above|that (?:i|we) (?:may|can) rely on)\b",
    r"\b(?:according to|based on|per|from|by|rely(?:ing)? on) the (?:facts|certificate|(?:knowledge )?graph)\b",
    r"\bthe (?:facts|certificate|knowledge graph) (?:say|state|show|list|tell|confirm|indicate)s?\b",
    r"(?:给定|给出|所给|提供|已知|上述|列出)的?事实|(?:根据|依据|按照)(?:事实|(?:知识)?图谱|证书)",
)
_META = re.compile("|".join((*_LATER, *_READER, *_TASK)), re.IGNORECASE | re.MULTILINE)
_FACTS = re.compile("|".join(_LISTED), re.IGNORECASE)


def speaks_of_itself(text: str) -> str | None:
    """Words that know of other versions, readers or a task; None where the text reads as one continuous thought.

    >>> speaks_of_itself("Wait, that was wrong: negative feedback lowers TSH.") is None
    True
    >>> speaks_of_itself("In my previous answer I chose A.")
    'my previous answer'
    """
    found = _META.search(text)
    return found[0].strip() if found else None


def cites_facts(text: str) -> str | None:
    """Words that lean on the facts which only the teacher was told; None where there are none."""
    found = _FACTS.search(text)
    return found[0] if found else None
