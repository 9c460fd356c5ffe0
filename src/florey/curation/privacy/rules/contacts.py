"""How somebody is reached: telephones, and addresses of the net."""

from __future__ import annotations

from florey.curation.privacy.rules.phrases import NUMBER, any_of
from florey.curation.privacy.rules.rule import CERTAIN, END, START, Rule

_DIGITS = r"\+?\(?\d[\d\s().-]{3,}\d"
_PHONE = any_of(
    """
    tel\\.? telephone tél\\.? téléphone telefono teléfono telefon(?:nummer)? telefoon tlf\\.? phone (?-i:Ph\\.?)
    mobile mob\\.? móvil portable handy cell(?:phone)? fax telefax fx\\.? pager beeper bleep
    ext(?:ension|\\.|n)? contact_number landline land_line hotline helpline switchboard WhatsApp SMS home_phone
    work_phone direct_line direct_dial voicemail toll[-_]free freephone durchwahl
    """
)
_PHONE_ZH = any_of("电话 手机 传真 联系方式 座机 分机 致电 拨打 電話 手機 傳真 市話 聯絡方式 联系 热线 熱線")
_CALL = any_of(
    """
    call(?:ed|s)? dial(?:led)? phoned? reach(?:ed|able)? rings? rang telephoned? contact(?:ed)? text(?:ed|s)?
    messaged? bleep(?:ed)? page[ds]? answers fax(?:ed)?
    """
)
PHONES = (
    Rule(
        "telephone number",
        "PHONE",
        rf"{START}(?i:{_PHONE}){NUMBER}?[\s:#]*(?:(?:is|was|at|on|to|no\.?)\s+)?\K(?:{_DIGITS}(?:,?\s*(?i:x|ext\.?|extension)\s*\d{{1,6}})?|-?\d{{4,6}}(?:\s(?i:x|ext\.?)\s?\d{{1,5}})?){END}(?!\s?(?:mg|m[lL]|years?|months?|days?|hours?)(?![a-z]))",
        score=CERTAIN,
    ),
    Rule(
        "telephone number, Chinese",
        "PHONE",
        rf"{_PHONE_ZH}(?:号码|号)?"
        rf"[\s:：]*(?:为|是)?[\s:：]*\K(?:{_DIGITS}(?:(?:-|转|轉)\d{{1,5}})?|\d{{4,5}}){END}",
        ("zh",),
        CERTAIN,
    ),
    Rule(
        "number that is called",
        "PHONE",
        rf"{START}(?i:{_CALL})(?:\s+(?!\d)[\w'()-]+){{0,6}}\s+(?:on|at|to|is)\s+(?:ext(?:ension|\.)?\s+)?\K(?=(?:\D{{0,2}}\d){{7}}|(?<=(?i:bleep|page|dial|call|ring)\D{{1,60}})\d{{4,6}}(?!\d))\+?\(?\d(?:[\d\s().-]*\d)?{END}(?!\s?[:%/]|\s(?:a\.?m|p\.?m|h(?:ours?|rs?)?)(?![a-z]))",
    ),
    Rule("Chinese mobile", "PHONE", r"(?<![\dA-Za-z])(?:\+?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}(?!\d)"),
    Rule(
        "Chinese landline",
        "PHONE",
        r"(?<![\dA-Za-z])(?:\(0\d{2,3}\)|（0\d{2,3}）|0\d{2,3}-)\s?\d{7,8}(?:(?:-|转)\d{1,5})?(?!\d)",
    ),
    Rule("Chinese service number", "PHONE", r"(?<![\dA-Za-z-])[48]00-\d{3,4}-?\d{3,4}(?![\d-])", ("zh",)),
    Rule(
        "local number",
        "PHONE",
        r"(?i:call(?:ed)?|dial|phone|reach|ring|telephone|contact|text(?:ed)?|messaged?)"
        r"(?i:\s+(?:(?!\d)[\w']+\s+){0,5})\K\d{3}-\d{4}(?![\d-])",
    ),
    Rule(
        "international number",
        "PHONE",
        r"(?<![\dA-Za-z+])(?:\+|00)[1-9]\d{0,2}[\s.-]?\(?\d{1,4}\)?(?:[\s.-]?\d{2,4}){2,4}(?!\d)",
    ),
    Rule(
        "American number",
        "PHONE",
        r"(?<![\d.-])(?:1[-. ])?(?:\(\d{3}\)\s?|\d{3}[-.])\d{3}[-.]\d{4}"
        r"(?:,?\s*(?i:x|ext\.?|extension)\s*\d{1,6})?(?![\d-])",
    ),
)
NET = (
    Rule(
        "e-mail",
        "EMAIL",
        r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+'’-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![A-Za-z0-9])",
        score=CERTAIN,
    ),
    Rule(
        "e-mail in words",
        "EMAIL",
        rf"{START}[A-Za-z0-9][A-Za-z0-9._-]*\s?(?:\[at\]|\(at\)|\sat\s)\s?[A-Za-z0-9-]+(?:\s?(?:\[dot\]|\(dot\)|\sdot\s|\.)\s?(?:com|org|net|edu|gov|example|co|uk|cn|de|fr))+{END}",
    ),
    Rule("handle", "URL", r"(?<![\w@./])@(?=[\w.]*[A-Za-z]{3})[A-Za-z_][\w.]{2,}\w"),
    Rule(
        "user name",
        "URL",
        rf"{START}(?i:user_?\s?name|login|log-in|user\s?id|screen\s?name|handle|skype|instagram|facebook|telegram|snapchat|twitter)(?:\s+(?:is|was|as|name|id))?[:\s]+\K(?=[\w.@-]*[\d._@])[\w@][\w.@-]{{3,}}\w{END}",
    ),
    Rule(
        "account of a chat, Chinese",
        "URL",
        r"(?:微信|QQ|抖音|微博|LINE|Line)\s?(?:号码?|帳號|账号|ID)?\s*[:：为]?\s*\K[A-Za-z0-9_-]{5,}(?![A-Za-z0-9_])",
        ("zh",),
        CERTAIN,
    ),
    Rule(
        "domain",
        "URL",
        r"(?<![A-Za-z0-9.@/-])(?:[a-z0-9-]{2,}\.)+(?:com|org|net|edu|gov|info|health|example|(?:co|org|nhs|ac|gov|com|net)\.[a-z]{2})(?![A-Za-z0-9-]|\.[a-z])",
    ),
    Rule(
        "address of the web",
        "URL",
        r"(?i:(?:https?|ftp)://|(?<![A-Za-z0-9.@-])(?:www\.|(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|info|health|example|co\.uk|[a-z]{2})/))[^\s<>()（）\"'，。；、\u4e00-\u9fff\ufffc]+[A-Za-z0-9/]",
        score=CERTAIN,
    ),
)
RULES = (*PHONES, *NET)
