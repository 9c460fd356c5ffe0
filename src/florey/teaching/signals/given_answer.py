"""A trace that was told the answer must not say so: the policy that learns from it is told none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from florey.teaching.problem import Problem

_CHOICES = r"(?![\s-]*(?:choices?|options?|sets?|lists?|alternatives?)\b)"
_SOLUTION = r"(?:answer|solution|label)"
_TOLD = r"(?:given|provided|supplied|specified|stated|indicated|marked|listed|disclosed|revealed)"
_ENGLISH = (
    # "the provided answer", "the gold label", "the expected correct answer"; "the given answer choices" are the options
    rf"\b(?:given|provided|supplied|reference|gold|expected|official|stated|target|ground[- ]truth|marked|labell?ed"
    rf"|pre-?determined|known)\s+(?:correct\s+|right\s+|final\s+)?{_SOLUTION}\b{_CHOICES}",
    r"\banswer\s+key\b|\bground[- ]truth\b|\bgold\s+(?:answer|label)\b",
    # "the correct answer is provided", "the answer has been given as B"; not "is given by", "is known to cause"
    rf"\b(?:correct|right|final)\s+{_SOLUTION}\s+(?:is|was|has\s+been)\s+(?:already\s+)?(?:{_TOLD}|known|told)\b"
    r"(?!\s+(?:by|to|for|that|in\s+the\s+treatment)\b)",
    rf"\b{_SOLUTION}\s+(?:is|was|has\s+been)\s+(?:already\s+)?(?:provided|supplied|disclosed|revealed|given\s+as)\b",
    # "the answer provided is B"; not "the likeliest answer given these findings"
    rf"\b{_SOLUTION}\s+(?:that\s+(?:is|was)\s+)?(?:provided|supplied)\b",
    rf"\b{_SOLUTION}\s+(?:that\s+(?:is|was)\s+)?given(?=\s+(?:is|was|above|below|here|in\s+the\s+(?:prompt|question|task))\b|[.,;:]?\s*$)",
    rf"\b(?:i|we)(?:\s+have)?(?:['’]ve)?\s+(?:already\s+)?know\s+(?:that\s+)?(?:the\s+(?:correct|right)\s+|the\s+final\s+){_SOLUTION}\b",
    rf"\b(?:i|we)(?:['’]ve\s+been|['’]m|['’]re|\s+am|\s+are|\s+was|\s+were|\s+have\s+been)\s+(?:already\s+)?(?:told|given|informed|provided"
    rf"(?:\s+with)?)\s+(?:of\s+|that\s+)?(?:the\s+)?(?:correct\s+|right\s+)?{_SOLUTION}\b{_CHOICES}",
    rf"\b(?:according\s+to|based\s+on|consistent\s+with|matches|per)\s+the\s+(?:correct\s+|right\s+)?{_SOLUTION}\s+"
    rf"(?:{_TOLD}|key)\b",
    rf"\bas\s+(?:{_TOLD})\s+(?:in|by)\s+the\s+(?:{_SOLUTION}|key|prompt)\b",
    rf"\b(?:prompt|instructions?|task|hint)\s+(?:says?|states?|tells?\s+(?:us|me)|indicates?|specifies|gives?|reveals?)\s+"
    rf"(?:that\s+)?the\s+(?:correct\s+|right\s+)?{_SOLUTION}\b",
    rf"\bwork(?:ing|ed)?\s+backwards?\s+from\s+the\s+(?:\w+\s+)?{_SOLUTION}\b",
)
_CHINESE = (
    r"标准答案|参考答案|答案已经?(?:给出|提供|告知|知|标明|标出)",
    r"(?:给定|给出|所给|提供|已知|题目给|指定|预设)的?(?:正确|标准|最终)?答案(?!选项|中|范围)",
    r"(?:我们?|题目|提示)(?:已经?|早已|中)?(?:知道|被告知|告诉|说明|指出)(?:了)?(?:我们?)?(?:正确)?答案",
    r"(?:根据|按照|依据|参照)(?:正确)?答案(?!选项)",
    r"从答案(?:倒推|反推)",
)
_GIVEN = re.compile("|".join((*_ENGLISH, *_CHINESE)), re.IGNORECASE | re.MULTILINE)


def mentions_given_answer(thought: str) -> Iterator[Problem]:
    """Words by which a trace says that it knows the answer from elsewhere.

    >>> [problem.reason for problem in mentions_given_answer("This agrees with the provided answer.")]
    ['mentions_given_answer']
    >>> list(mentions_given_answer("Given these findings, the answer is B."))
    []
    """
    if found := _GIVEN.search(thought):
        yield Problem("mentions_given_answer", f"it says {found[0]!r}")
