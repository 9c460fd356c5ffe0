"""Numbers that stand for one person: records, identity documents, insurances, telephones, devices; addresses of the net.

A number counts after its label ("MRN 4471203", "住院号：0092817") whatever it looks like, and without one where its form
or its check digit speaks for itself.
"""

from __future__ import annotations

from florey.curation.privacy.rules.rule import CERTAIN, END, START, Rule

_TELLS = r"[\s:：#№=(（\[]*(?:(?i:is|was|are|of|as|为|是)\s*)?[\s:：#№=(（\[]*"
"""What may stand between a label and its number."""
_NO = r"(?:\s*(?i:numbers?|nos?\.?|num\.?|codes?|ids?)(?![A-Za-z]))?"
_CODE = r"(?=[A-Za-z0-9/.-]*\d)[A-Za-z0-9]+(?:[-/.][A-Za-z0-9]+)*(?:\s\d{2,}(?![\d.]*\s?[a-zA-Z%°]))*"
"""Letters and digits with at least one digit; groups of digits may be apart."""
_DIGITS = r"\+?\(?\d[\d\s().-]{3,}\d"


def _labelled(name: str, finds: str, labels: str, value: str = _CODE, *, chinese: str = "") -> tuple[Rule, ...]:
    english = Rule(name, finds, rf"{START}(?i:{labels}){_NO}{_TELLS}\K(?:{value}){END}", score=CERTAIN)
    if not chinese:
        return (english,)
    tail = r"(?:号码|编号|号|码)?"
    return english, Rule(
        f"{name}, Chinese", finds, rf"(?:{chinese}){tail}{_TELLS}\K(?:{value}){END}", ("zh",), score=CERTAIN
    )


def is_identity_number(text: str) -> bool:
    """Check digit of an identity number of the People's Republic of China (GB 11643-1999, ISO 7064 MOD 11-2).

    >>> is_identity_number("11010519491231002X"), is_identity_number("110105194912310021")
    (True, False)
    """
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * int(digit) for weight, digit in zip(weights, text, strict=False))
    return "10X98765432"[total % 11] == text[-1].upper()


RECORDS = _labelled(
    "record number",
    "RECORD_NUMBER",
    r"MRN|M\.R\.N\.|URN|UHID|(?:medical|hospital|patient|clinic|health|case|chart|unit|study)\s+(?:record\s+)?(?:no\.?|num\.?|numbers?|ids?|identifier)"
    r"|medical\s+record|(?:patient|hospital|subject)\s+ID|record\s+(?:no\.?|number)|chart|accession|specimen|encounter|visit|admission\s+(?:no\.?|number)",
    chinese=r"病历|病案|住院|门诊|就诊卡?|登记|检查|标本|床|档案|病理|影像|患者编|挂号",
)
NATIONAL = (
    *_labelled(
        "identity number",
        "ID_NUMBER",
        r"SSN|social\s+security|NHS|national\s+(?:insurance|id(?:entity)?)|NINO|passport|driv(?:er|ing)(?:['’]?s)?\s+licen[cs]e|aadhaar"
        r"|identity\s+card|ID\s+card|NPI|DEA|medical\s+licen[cs]e|licen[cs]e\s+plate|certificate",
        chinese=r"身份证|护照|军官证|社保卡?|社会保障|医保卡?|驾驶证|驾照|车牌|执业证书?",
    ),
    Rule(
        "Chinese identity number",
        "ID_NUMBER",
        rf"{START}[1-9]\d{{5}}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{{3}}[\dXx]{END}",
        score=CERTAIN,
        valid=is_identity_number,
    ),
)
INSURANCE = _labelled(
    "insurance number",
    "INSURANCE_NUMBER",
    r"(?:insurance|policy|member(?:ship)?|subscriber|beneficiary|medicare|medicaid|health\s+plan|group|claim|account)(?:\s+(?:policy|card|member))?",
    rf"(?=[A-Za-z0-9-]{{5,}}){_CODE}",
    chinese=r"保险单?|保单|医疗保险|参保|账户?",
)
DEVICES = _labelled(
    "device number",
    "DEVICE_NUMBER",
    r"serial|S/N|device\s+(?:ID|identifier|number)|(?:pacemaker|implant|model)\s+(?:no\.?|number|serial)|UDI|IMEI|lot",
    chinese=r"序列|设备|机器|产品编|出厂编|器械",
)
PHONES = (
    *_labelled(
        "telephone number",
        "PHONE",
        r"tel(?:ephone)?|phone|mobile|cell(?:phone)?|fax|pager|bleep|ext(?:ension)?\.?|contact",
        rf"{_DIGITS}|\d{{4,5}}",
        chinese=r"电话|手机|传真|联系方式|联系人电话|座机|分机|致电|拨打",
    ),
    Rule("Chinese mobile", "PHONE", r"(?<![\dA-Za-z])(?:\+?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}(?!\d)"),
    Rule(
        "Chinese landline",
        "PHONE",
        r"(?<![\dA-Za-z])(?:\(0\d{2,3}\)|（0\d{2,3}）|0\d{2,3}-)\s?\d{7,8}(?:(?:-|转)\d{1,5})?(?!\d)",
    ),
    Rule("Chinese service number", "PHONE", r"(?<![\dA-Za-z-])[48]00-?\d{3,4}-?\d{3,4}(?![\d-])", ("zh",)),
    Rule(
        "international number",
        "PHONE",
        r"(?<![\dA-Za-z+])(?:\+|00)[1-9]\d{0,2}[\s.-]?\(?\d{1,4}\)?(?:[\s.-]?\d{2,4}){2,4}(?!\d)",
    ),
    Rule(
        "American number",
        "PHONE",
        r"(?<![\d.-])(?:1[-. ])?(?:\(\d{3}\)\s?|\d{3}[-.])\d{3}[-.]\d{4}(?:,?\s*(?i:x|ext\.?|extension)\s*\d{1,6})?(?![\d-])",
    ),
)
NET = (
    Rule(
        "e-mail",
        "EMAIL",
        r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![A-Za-z0-9])",
    ),
    Rule(
        "address of the web",
        "URL",
        r"(?i:(?:https?|ftp)://|(?<![A-Za-z0-9.])www\.)[^\s<>()（）\"'，。；、\u4e00-\u9fff]+[A-Za-z0-9/]",
    ),
)
RULES = (*RECORDS, *NATIONAL, *INSURANCE, *DEVICES, *PHONES, *NET)
