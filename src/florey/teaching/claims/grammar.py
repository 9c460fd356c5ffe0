"""How English and Chinese state that something is present or absent: one table of patterns for each language.

The patterns see sentences in which every name is blanked out, so that no cue is found inside a name ("Absent speech").
What they leave out is not read: a claim that is not certain costs nothing but recall.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BLANK = "\u25a0"  # what stands in place of each character of a name


@dataclass(frozen=True)
class Grammar:
    """Patterns over a sentence or clause. Those for what stands before something end in $, after it are matched."""

    sentence_end: re.Pattern[str]
    clause_end: re.Pattern[str]
    letter: re.Pattern[str]  # group "letter": an option by its letter
    patient: re.Pattern[str]
    joint: re.Pattern[str]  # full match: nothing but conjunctions between two names of one enumeration
    pronoun: re.Pattern[str]  # at the beginning of a clause: the subject is the one spoken of before
    not_stated: re.Pattern[str]  # a sentence that asks, supposes or reports
    not_certain: re.Pattern[str]  # a clause that hedges, compares or weighs
    likened: re.Pattern[str]  # before a subject: it shares what is said of the other one
    passed_over: re.Pattern[str]  # before a subject: nothing is said of it, "unlike A"
    passed_over_after: re.Pattern[str]
    neither: re.Pattern[str]  # before a subject: what follows is denied of it
    only: re.Pattern[str]
    only_after: re.Pattern[str]
    place: re.Pattern[str]  # before a subject that stands behind what is said of it: "scoliosis is seen in"
    place_after: re.Pattern[str]
    determiner: re.Pattern[str]  # directly before a node: absent
    cue: re.Pattern[str]  # groups "absent" and "present": the last one before a node decides
    after: re.Pattern[str]  # groups "absent", "unknown" and "present"
    twice: re.Pattern[str]  # a denial denied
    does: re.Pattern[str]  # groups: after a subject without a node, "B does not"
    so_does: re.Pattern[str]  # before it: "as does B"


_I = re.IGNORECASE

_VERB = (
    r"have|feature|show|display|exhibit|include|involve|present\s+with|present|cause|produce|explain|fit|match|share"
    r"|account\s+for|come|occur|carry|develop|associated|accompanied|characteri[sz]ed|linked|part|seen|found|usually|a"
)
_DENIAL = (
    r"(?:(?:do|does|did|is|are|was|were|has|have|ca|wo)n['’]t|cannot|can\s+not|never|fails?\s+to|not"
    rf")(?:\s+(?:\w+ly|usually|be|been))*(?:\s+(?:{_VERB})s?\b)?(?:\s+(?:with|by|to|feature|sign|of)\b)*"
)
_VERDICTS = (
    r"present|seen|found|observed|common|typical|characteristic|(?:a|one|part)\b[\w\s-]{0,24}(?:feature|sign|finding|hallmark)"
    r"|yes"
)
_BE = r"(?:\s|,|also|both|all|typically|usually|generally|clearly|is|are|was|were|has\s+been|have\s+been)*"

ENGLISH = Grammar(
    sentence_end=re.compile(
        r"(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\bcf)(?<!\bDr)(?<!^[A-Z])(?<!\n[A-Z])(?<!\s[A-Z](?=\.\s[■A-Z]))"
        r"[.!?]+(?=[\s\"')\]]|$)|\n",
    ),
    clause_end=re.compile(
        r";|\s[\u2013\u2014-]\s|\u2014|,?\s+(?:but(?!\s+also)|whereas|while|however|although|though|yet|because|since|so"
        r"|hence|therefore|thus)\b|,\s+(?:which|who)\b|,?\s+(?:that|which)(?=\s+(?:has|have|lacks?|is|are|does|features)\b)"
        r"|,?\s+and(?=\s+(?:■+|[A-Z])\s+(?:does|do|has|have|lacks?|is|features|shows)\b)|,\s+as(?=\s+do(?:es)?\b)",
        _I,
    ),
    letter=re.compile(
        # after a word for it; at the head of a line, "B." or "(B)"; in a place where no article stands; before a verb
        r"(?:\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer|[Cc]andidate)s?\s+\(?"
        r"|(?:^|(?<=[\n*-])|(?<=\.\s)|(?<=[\n*-]\s))\(?(?=[A-Z][.):])"
        r"|\b(?:[Uu]nlike|[Bb]oth|[Oo]nly|[Nn]either|nor|and|or|[Ll]ike|but|while|whereas|not|[Ii]n|of|with|as\s+do|as\s+does)\s+"
        r"(?=[A-Z](?:[,.;:]|$|\s(?:and|or|nor|but|has|have|lacks?|is|are|does|do|cannot|features|shows|it|both)\b))"
        r"|(?<![\w-])(?<!epatitis )(?<!itamin )(?<!ype )(?<!roup )(?<!rade )(?<!lass )(?<!actor )(?<!tage )"
        r"(?=[A-Z]\s(?:has|have|lacks?|does|do|is|features|shows|cannot|fits|also)\b"
        r"|[A-Z](?:,| and| or| nor)\s[A-Z]\b))"
        r"(?P<letter>[A-Z])(?![\w'’])",
    ),
    patient=re.compile(
        r"\b(?:(?:the|this|our|a)\s+(?:[\w-]+\s+)?)?(?:patient|man|woman|boy|girl|infant|child|case|stem|vignette)(?:['’]s)?\b"
        r"|\b(?:he|she|his|her)\b",
        _I,
    ),
    joint=re.compile(
        r"(?:\s|[,(){}:./&'’\"-]|\b(?:and|or|nor|both|as\s+well\s+as|also|in|the|a|an|no|with|options?|choices?)\b)*",
        _I,
    ),
    pronoun=re.compile(
        r"[^\w■]*(?:(?:but|and|so|yet|also|though|although|however|because|since|while|that|here)\W+)*"
        r"(?:it|its|they|both(?:\s+of\s+them)?|which|this(?:\s+(?:option|choice|condition|disease|disorder|syndrome|one|diagnosis"
        r"|candidate))?|that\s+(?:option|condition|disease|disorder|syndrome|one))\b(?!\s+(?:patient|case|finding|sign))",
        _I,
    ),
    not_stated=re.compile(
        r"\?|^[^\w■]*(?:if|suppose|supposing|assume|assuming|imagine|let['’]?s|let\s+(?:me|us)|check|does|do|is|are|could|can"
        r"|should|would|whether|when|unless)\b|\b(?:the\s+question|we\s+(?:need|want|are\s+looking)|i\s+(?:need|want)|looking\s+for"
        r"|i\s+(?:said|wrote|assumed|thought|claimed)|as\s+if|were\s+true)\b",
        _I,
    ),
    not_certain=re.compile(
        r"\b(?:may|might|could|would|should|must|possib\w+|perhaps|maybe|probabl\w+|presumabl\w+|if|whether|suppos\w+|assum\w+"
        r"|expect\w*|than|rare(?:ly)?|seldom|uncommon(?:ly)?|occasional(?:ly)?|sometimes|variabl[ey]|unsure|uncertain|against"
        r"|rul(?:e|es|ed|ing)\s+out|exclud\w+|suggest\w*|consistent|compatible|said|claimed|stated|initially|earlier"
        r"|differ\w*|distinguish\w*|apart|versus|vs|more|less|resembl\w+|similar|mimic\w*|confus\w+|support\w*|favou?r\w*"
        r"|point(?:s|ing)?|argu\w+|diagnos\w+|likely|unlikely|hard\s+to|difficult\s+to|some(?:\s+(?:patients|cases|forms))"
        r"|few|half|mother|father|brother|sister|family|relatives?|unless|except|depend\w*|seems?|appears?)\b",
        _I,
    ),
    likened=re.compile(r"(?:^|[,;]\s*)\W*(?:just\s+)?like\s+[^\w■]*$", _I),
    passed_over=re.compile(
        r"\b(?:unlike|in\s+contrast\s+(?:to|with)|contrary\s+to|as\s+opposed\s+to|rather\s+than|instead\s+of"
        r"|compared\s+(?:with|to)|apart\s+from|besides|from|over|beyond)(?:\s+in|\s+with)?\s+[^\w■]*$",
        _I,
    ),
    passed_over_after=re.compile(r"(?!)"),
    neither=re.compile(r"\b(?:neither|none\s+of|neither\s+of)\s+[^\w■]*$", _I),
    only=re.compile(r"\bonly(?:\s+in|\s+with)?\s+[^\w■]*$", _I),
    only_after=re.compile(r"\s*(?:alone|only)\b", _I),
    place=re.compile(
        r"\b(?:in|of|with|for|by|among)\s+(?:[^\w■]|the|a|an|both|only|all|most|classic|patients?\s+with|people\s+with|cases\s+of"
        r"|option|choice|condition|disease)*\s*$",
        _I,
    ),
    place_after=re.compile(r"(?!)"),
    determiner=re.compile(
        r"\b(?:no|without(?:\s+any)?|lack(?:s|ing)?(?:\s+of)?|lacks?\s+(?:the|any)|absence\s+of|absent|devoid\s+of"
        r"|free\s+(?:of|from)|missing)(?:\s+(?:the|any))?\s+[^\w■]*$",
        _I,
    ),
    cue=re.compile(
        r"\bnot\s+(?:only|just|merely|surprisingly|uncommonly)\b|\bno\s+doubt\b"
        rf"|(?P<absent>\b(?:{_DENIAL}|without|lack(?:s|ing)?(?:\s+of)?|absence\s+of|devoid\s+of|free\s+(?:of|from)|spares?"
        r"|neither|nor|no)\b)"
        r"|(?P<present>\b(?:has|have|having|features?|shows?|with|includes?|presents?\s+with|displays?|exhibits?|causes?"
        r"|produces?|explains?|carries|involves?)\b)",
        _I,
    ),
    after=re.compile(
        rf"\W{{0,3}}{_BE}\s*(?:(?P<absent>absent|missing|lacking|(?:{_DENIAL})\s*(?:{_VERDICTS})?|no\b(?!\s+{BLANK}))"
        rf"|(?P<unknown>unclear|unknown|uncertain|not\s+(?:known|reported|recorded|documented))|(?P<present>{_VERDICTS}))(?:\b|$)",
        _I,
    ),
    twice=re.compile(
        r"\b(?:not|never|no|cannot|\w+n['’]t)\b(?:\W+\w+){0,2}?\W+(?:lack\w*|absent|without|absence|devoid|missing|free)\b",
        _I,
    ),
    does=re.compile(
        r"[\s,]*(?:(?P<lacks>(?:lacks?|do(?:es)?(?:n['’]t|\s+not)\s+have)\s+(?:it|them|this|that|either|any)"
        r"|has\s+n(?:one|either))"
        r"|(?P<has>(?:has|have)\s+(?:it|them|this|that|both)|do(?:es)?)"
        r"|(?P<not>(?:do|does|is|are|has|have|can)(?:\s+not|n['’]t)|not)"
        r"|(?P<too>(?:(?:does|do|has|have)\s+)?(?:too|as\s+well|also)))(?=[^\w■]*$)",
        _I,
    ),
    so_does=re.compile(r"\b(?:as|so)\s+(?:do|does|is|are|has|have)\s+[^\w■]*$", _I),
)

_ZH_DENIAL = (
    r"没有|无|不伴有?|不具有?|不包括|不存在|不出现|不表现|不会|不累及|不见|未见|缺乏|缺少|并无|并不|没|从不|不是|不"
)
CHINESE = Grammar(
    sentence_end=re.compile(r"[。！？!?\n]|\.(?=\s|$)"),
    clause_end=re.compile(r"[；;]|[，,](?!\s*[■A-Z](?:和|与|及|、))|但是|但|而(?!且)|然而|却|因为|所以|因此"),
    letter=re.compile(
        r"(?:选项|答案|(?<![A-Za-z0-9素型]))\s*(?P<letter>[A-Z])(?![A-Za-z0-9]|超|型|族|细胞|淋巴|反应|组|级|群)(?=项|选项|[\u4e00-\u9fff、，：:.。]|\s|$)"
    ),
    patient=re.compile(r"患者|病人|患儿|该例|本例|病例|男孩|女孩|题干"),
    joint=re.compile(r"(?:\s|[、，,（()）：:]|和|与|及|或|以及|还有|也|均|都|选项|项|两者|二者)*"),
    pronoun=re.compile(
        r"\s*(?:但|而|且|并且|同时|因为|，)*(?:它们?|其|该(?:病|综合征|疾病|选项|项)|此(?:病|项)|这(?:种病|一综合征|个选项)|两者|二者)"
    ),
    not_stated=re.compile(
        r"[？?]|吗|^[^\w■]*(?:如果|若|假如|假设|倘若)|是否|我(?:曾|刚才|之前)|题目(?:问|要求)|需要找"
    ),
    not_certain=re.compile(
        r"可能|疑似|或许|也许|大概|应该|应当|会不会|相比|比.{0,6}(?:多|少|常见)|罕见|少见|偶见|有时|部分|支持|提示|倾向|反对|排除|不支持|鉴别|区别"
        r"|不确定|似乎|父亲|母亲|家族|除非|符合|不典型"
    ),
    likened=re.compile(r"(?:如同|正如)[^\w■]*$"),
    passed_over=re.compile(r"(?:不同于|区别于|不像|而不是|而非|相较于|比)[^\w■]*$"),
    passed_over_after=re.compile(r"\s*(?:不同|相比)"),
    neither=re.compile(r"(?!)"),
    only=re.compile(r"(?:只有|仅有|唯有|仅|只)(?:见于|在)?(?:选项)?[^\w■]*$"),
    only_after=re.compile(r"(?!)"),
    place=re.compile(r"(?:见于|现于|现在|在于|生于|于|的)(?:选项)?[^\w■]*$"),
    place_after=re.compile(r"(?:项|选项)?\s*(?:中|里|的(?:特征|表现|症状|体征|典型))"),
    determiner=re.compile(r"(?:没有|无|不伴有?|缺乏|缺少|未见|不具有)[^\w■]*$"),
    cue=re.compile(
        rf"不仅|不但|不只|(?P<absent>{_ZH_DENIAL})|(?P<present>具有|伴有|可有|并有|有|表现为|出现|可见|存在|包括)"
    ),
    after=re.compile(
        r"\s*[：:(（]?\s*(?:(?P<absent>缺如|阙如|阴性|不存在|不见|未见|不出现|没有|无|不是|不会|并不)|(?P<unknown>不明|不详|未知)"
        r"|(?P<present>存在|阳性|常见|可见|有$|是(?!否)))"
    ),
    twice=re.compile(r"(?:不是|并非|不会)(?:没有|无|不)|不无|无不"),
    does=re.compile(
        r"(?:项|选项)?(?:则|却|就)?(?:(?P<lacks>(?:没有|无|不具有)(?=[^\w■]*$))|(?P<not>不(?:是|然|会)?(?=[^\w■]*$))|(?P<too>也(?:有|是|如此|一样)?(?=[^\w■]*$)))"
    ),
    so_does=re.compile(r"(?!)"),
)
