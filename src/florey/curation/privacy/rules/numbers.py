"""Numbers that stand for one person: records, identity documents, insurances, telephones, devices; and net addresses.

A number counts after its label ("MRN 4471203", "住院号：0092817") whatever it looks like, and without one where its
form or its check digit speaks for itself.
"""

from __future__ import annotations

from florey.curation.privacy.rules.phrases import any_of
from florey.curation.privacy.rules.rule import CERTAIN, END, START, Rule

_NUMBER = r"(?i:\s*(?:numbers?|nos?\.?|num\.?|codes?|ids?|identifiers?|#))"
_TELLS = r"[\s:：#№=(（\[]*(?:(?:(?i:is|was|are|of|as|reads?)(?![A-Za-z])|为|是)\s*)?[\s:：#№=(（\[]*"
"""What may stand between a label and its number."""
_CODE = (
    r"(?=(?:[A-Z]{1,4}\s)?[A-Za-z0-9/.-]*\d)(?:[A-Z]{1,4}\s(?=\d[\d-]{2}))?[A-Za-z0-9]+(?:[-/.][A-Za-z0-9]+)*"
    r"(?:\s\d{2,}(?![\d.]*\s?(?:m?[gLl]|[mk]g|mm|cm|%|°|(?:year|month|week|day|hour|min|beat)s?)(?![A-Za-z]))|\s[A-Z](?=[.,;)]|$|\s))*"
)
"""Letters and digits with at least one digit; groups of digits may be apart."""
_LONG_CODE = rf"(?=[A-Za-z0-9/. -]{{4}})(?=(?:[A-Za-z/. -]*\d){{2}}){_CODE}"
_DIGITS = r"\+?\(?\d[\d\s().-]{3,}\d"


def _labelled(name: str, finds: str, labels: str, value: str = _CODE) -> Rule:
    """The label alone is enough."""
    return Rule(name, finds, rf"{START}(?i:{any_of(labels)}){_NUMBER}?{_TELLS}\K(?:{value}){END}", score=CERTAIN)


def _numbered(name: str, finds: str, labels: str, value: str = _LONG_CODE) -> Rule:
    """An ordinary word, which is a label where it says "number", or where a colon and a long number follow."""
    colon = r"\s*:\s*(?=[A-Za-z0-9 -]*\d{4})"
    pattern = rf"{START}(?i:{any_of(labels)})(?:{_NUMBER}{_TELLS}|{colon})\K(?:{value}){END}"
    return Rule(name, finds, pattern, score=CERTAIN)


def _chinese(name: str, finds: str, labels: str, value: str = _CODE) -> Rule:
    colon = r"\s*[:：]?\s*(?=[A-Za-z-]*\d{5})"
    pattern = rf"{any_of(labels)}(?:(?:号码|编号|单号|卡号|号|码){_TELLS}|{colon})\K(?:{value}){END}"
    return Rule(f"{name}, Chinese", finds, pattern, ("zh",), CERTAIN)


def is_identity_number(text: str) -> bool:
    """Check digit of an identity number of the People's Republic of China (GB 11643-1999, ISO 7064 MOD 11-2).

    >>> is_identity_number("11010519491231002X"), is_identity_number("110105194912310021")
    (True, False)
    """
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * int(digit) for weight, digit in zip(weights, text, strict=False))
    return "10X98765432"[total % 11] == text[-1].upper()


_NO_PERSON = any_of(
    """
    OMIM MIM CAS EC CPT ICD SNOMED LOINC ISRCTN trial gene GenBank RefSeq ATC HGNC catalogu?e HPO Orphanet batch
    """
)
"""What has numbers that stand for nobody."""

RECORDS = (
    _labelled(
        "record number",
        "RECORD_NUMBER",
        """
        MRN M\\.R\\.N\\. URN UHID NHI PID EMPI medical_record(?:_number)? hospital_number
        (?:patient|hospital|subject|study|sample)_ID record_(?:number|no\\.?) barcode
        reg(?:istration|\\.)_(?:number|no\\.?) (?:pre)?authori[sz]ation_(?:number|no\\.?)
        (?:chart|case|file|folder|accession|specimen|admission|encounter|clinic|unit)_(?:number|no\\.?|\\#)
        """,
        rf"(?!NM_|NP_|NC_){_CODE}",
    ),
    _labelled("reference", "RECORD_NUMBER", "(?:our_|your_|file_)?ref\\.", rf"(?=[A-Za-z0-9/.-]{{6}}){_LONG_CODE}"),
    _labelled(
        "record",
        "RECORD_NUMBER",
        """
        (?:pre-?)?authori[sz]ation approval specimen sample accession case requisition prescription Rx episode request
        referral report order ticket
        """,
        rf"(?=[A-Za-z/-]*\d[A-Za-z\d/-]{{4}})(?=[^\s]*\d{{4}}){_LONG_CODE}",
    ),
    _numbered(
        "numbered record",
        "RECORD_NUMBER",
        """
        chart record hospital patient case file accession specimen sample admission encounter visit clinic episode
        requisition order prescription Rx slide biopsy lab(?:oratory)? path(?:ology)? study ticket wristband
        """,
    ),
    Rule("identifier", "RECORD_NUMBER", rf"{START}ID\s?[:#]?\s?\K(?=[A-Za-z-]*\d{{3}}){_LONG_CODE}{END}"),
    Rule(
        "number of something",
        "RECORD_NUMBER",
        rf"(?<!(?i:{_NO_PERSON})\s)(?i:(?<![A-Za-z])(?:numbers?|no\.|ID)){_TELLS}\K(?=[A-Za-z/-]*\d[\d/-]{{4}}){_LONG_CODE}{END}",
    ),
    _chinese(
        "record number",
        "RECORD_NUMBER",
        """
        病历 病案 住院 门诊 就诊 就诊卡 登记 检查 标本 档案 病理 影像 患者 挂号 超声 放射 报告 条码 CT MRI 心电图 胃镜
        腕带 条形 处方 申请 医嘱 检验
        """,
    ),
    Rule(
        "number of something, Chinese",
        "RECORD_NUMBER",
        rf"[\u4e00-\u9fff](?:编号|号码|单号)\s*[:：]?\s*\K(?=[A-Za-z0-9/-]*\d{{4}}){_LONG_CODE}{END}",
        ("zh",),
    ),
)
NATIONAL = (
    _labelled(
        "identity number",
        "ID_NUMBER",
        """
        SSN social_security NHS CHI_number national_insurance national_id(?:entity)? NINO passport aadhaar
        identity_card ID_card health_card NPI driv(?:er|ing)(?:['’]?s)?_licen[cs]e licen[cs]e_plate
        """,
    ),
    _labelled(
        "number of an authority",
        "ID_NUMBER",
        """
        DEA GMC PPS DNI CPF NPI (?-i:SIN|TIN|TFN|PAN|NIE|NIF|BSN|RUT|CPR|AHV|NIR|PESEL|HKID|NRIC|EHIC|CURP)
        personnummer personal_number tax_(?:number|ID) fiscal_code citizen_(?:number|ID) national_number
        residence_permit green_card visa_number (?:student|employee|staff|prisoner|service)_(?:number|ID)
        """,
        rf"(?=[\w.-]*\d{{3}}){_LONG_CODE}",
    ),
    _numbered(
        "numbered document", "ID_NUMBER", "DEA licen[cs]e certificate medical_licen[cs]e identity identification"
    ),
    _chinese(
        "identity number",
        "ID_NUMBER",
        """
        身份证 身份 居民身份证 护照 军官证 社保 社保卡 社会保障 驾驶证 驾照 车牌 通行证 港澳通行证 执业证书 证件 证书
        QQ 微信
        """,
    ),
    Rule("Chinese document", "ID_NUMBER", r"[\u4e00-\u9fff]{0,2}字第\s?\d{5,}\s?号", ("zh",)),
    Rule(
        "Chinese licence plate",
        "ID_NUMBER",
        rf"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·\s]?(?=[A-Z0-9]*\d)[A-HJ-NP-Z0-9]{{5,6}}{END}",
    ),
    Rule(
        "form of a Chinese identity number",
        "ID_NUMBER",
        rf"{START}[1-9]\d{{5}}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}[\dXx]{END}",
    ),
    Rule(
        "Chinese identity number",
        "ID_NUMBER",
        rf"{START}[1-9]\d{{5}}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{{3}}[\dXx]{END}",
        score=CERTAIN,
        valid=is_identity_number,
    ),
)
INSURANCE = (
    _numbered(
        "insurance number",
        "INSURANCE_NUMBER",
        """
        (?:health_)?insurance(?:_(?:policy|member|card))? policy member(?:ship)? subscriber beneficiary
        medicare(?:_beneficiary)? medicaid health_plan group claim account
        """,
    ),
    _labelled(
        "member",
        "INSURANCE_NUMBER",
        "member subscriber policy(?:_?holder)? insured beneficiary account plan claim",
        r"(?=[A-Z \d-]*\d{3})[A-Z]{0,4}[-\s]?\d[\d-]{5,}(?:-?[A-Z])?",
    ),
    _labelled("insurance", "INSURANCE_NUMBER", "medicare medicaid (?:insurance_)?policy member_ID", _LONG_CODE),
    _chinese(
        "insurance number", "INSURANCE_NUMBER", "保险 保险单 保单 医疗保险 医保 医保卡 参保 账户 账 银行卡 社会保险"
    ),
)
DEVICES = (
    _labelled(
        "device number", "DEVICE_NUMBER", "serial_(?:number|no\\.?) S/N UDI IMEI device_(?:ID|identifier|number)"
    ),
    Rule(
        "device identifier (GS1)", "DEVICE_NUMBER", r"\(01\)\s?\d{14}(?:\s?\(\d{2}\)\s?[A-Za-z0-9-]+)*", score=CERTAIN
    ),
    _labelled("device", "DEVICE_NUMBER", "serial (?-i:SN):", _LONG_CODE),
    _numbered("numbered device", "DEVICE_NUMBER", "serial device pacemaker implant model lot prosthesis pump"),
    _chinese(
        "device number",
        "DEVICE_NUMBER",
        "序列 机身 设备 机器 产品 出厂 器械 起搏器 除颤器 支架 假体 呼吸机 监护仪 输液泵 胰岛素泵 人工关节",
    ),
)
_PHONE = any_of("tel\\.? telephone phone mobile cell(?:phone)? fax pager bleep ext(?:ension|\\.)? contact_number")
PHONES = (
    Rule(
        "telephone number",
        "PHONE",
        rf"{START}(?i:{_PHONE}){_NUMBER}?[\s:#]*(?:(?:is|was|at|on)\s+)?\K(?:{_DIGITS}|\d{{4,5}}){END}",
        score=CERTAIN,
    ),
    Rule(
        "telephone number, Chinese",
        "PHONE",
        rf"{any_of('电话 手机 传真 联系方式 座机 分机 致电 拨打')}(?:号码|号)?"
        rf"[\s:：]*(?:为|是)?[\s:：]*\K(?:{_DIGITS}|\d{{4,5}}){END}",
        ("zh",),
        CERTAIN,
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
        r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![A-Za-z0-9])",
    ),
    Rule(
        "address of the web",
        "URL",
        r"(?i:(?:https?|ftp)://|(?<![A-Za-z0-9.@-])(?:www\.|(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|info|health|example|co\.uk|cn)/))[^\s<>()（）\"'，。；、\u4e00-\u9fff\ufffc]+[A-Za-z0-9/]",
    ),
)
RULES = (*RECORDS, *NATIONAL, *INSURANCE, *DEVICES, *PHONES, *NET)
