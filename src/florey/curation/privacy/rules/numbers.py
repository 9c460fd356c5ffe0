"""Numbers that stand for one person: records, identity documents, insurances, devices.

A number counts after its label ("MRN 4471203", "住院号：0092817") whatever it looks like, and without one where its
form or its check digit speaks for itself.
"""

from __future__ import annotations

from florey.curation.privacy.rules.phrases import NUMBER, any_of
from florey.curation.privacy.rules.rule import CERTAIN, END, START, Rule

_TELLS = (
    r"[\s:：#№=(（\[–—]*(?:(?:(?i:is|was|are|of|as|reads?|given\s+as|now|last\s+(?:four|4)(?:\s+digits)?|ending(?:\s+in)?)(?![A-Za-z])|为|是|為)\s*)?"
    r"[\s:：#№=(（\[–—]*"
)
"""What may stand between a label and its number."""
_CODE = (
    r"(?=(?:[A-Z]{1,5}#?\s)?[A-Za-z0-9/.:#-]*\d)(?:[A-Z]{1,5}\s(?=\d[\d/-]{2}|\d\s\d)|[A-Z]{1,3}#\s?)?[A-Za-z0-9]+(?:[-/.:][A-Za-z0-9]+)*"
    r"(?:\s?[(（][\dA-Z][)）])?(?:\s\d(?=(?:\s\d{2,})+[\s,.;)]|(?:\s\d{2,})+$))?"
    r"(?:\s\d{2,}(?![\d.]*\s?(?:m?[gLl]|[mk]g|mm|cm|%|°|(?:year|month|week|day|hour|min|beat)s?)(?![A-Za-z]))|\s[A-Z](?=[.,;)]|$|\s)|\s\d(?:/\d)?(?=[.,;)]|$|\s\d{2})|\s\d/\d(?![\d/])|(?<=\s\d{2,}\s\d{2,})\s\d(?![\d.,/-]))*"
)
"""Letters and digits with at least one digit; groups of digits may be apart."""
_LONG_CODE = rf"(?=[A-Za-z0-9/.:# -]{{4}})(?=(?:[A-Za-z/.:# -]*\d){{2}}){_CODE}"
_FIVE = (
    r"(?!(?:(?:19|20)\d\d[-/.](?:0?\d|1[0-2])|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01]))[-/.]\d{2,4}(?!\d))"
    r"(?=(?:[A-Za-z/.:#-]*\d){5}|[A-Z]{1,5}\s?(?:[ /.-]?\d){5}|(?:\d{1,4}[ -]){2}\d"
    rf"|[A-Z][A-Z/.:#-]*(?:[A-Z/.:#-]*\d){{4}}|0\d{{3}}){_CODE}"
)
"""Five digits, groups of them, or four behind capitals: neither a year nor a quantity."""

_NUMBER_ZH = "(?:号码|编号|单号|卡号|号|码|號碼|編號|單號|卡號|字號|號|碼|卡|证|證)"


def _labelled(name: str, finds: str, labels: str, value: str = _CODE) -> Rule:
    """The label alone is enough."""
    return Rule(
        name, finds, rf"{START}(?i:{any_of(labels)})(?:{NUMBER}|(?![A-Za-z])){_TELLS}\K(?:{value}){END}", score=CERTAIN
    )


def _numbered(name: str, finds: str, labels: str, value: str = _LONG_CODE) -> Rule:
    """An ordinary word, which is a label where it says "number", or where a colon and a long number follow."""
    colon = r"\s*:\s*(?=[A-Za-z0-9 -]*\d{4})"
    pattern = rf"{START}(?i:{any_of(labels)})(?:{NUMBER}{_TELLS}|{colon})\K(?:{value}){END}"
    return Rule(name, finds, pattern, score=CERTAIN)


def _chinese(name: str, finds: str, labels: str, value: str = _CODE) -> Rule:
    colon = r"\s*[:：]?\s*(?=[A-Za-z-]*\d{5})"
    pattern = rf"{any_of(labels)}(?:{_NUMBER_ZH}{_TELLS}|{colon})\K(?:{value}){END}"
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
        MRN M\\.R\\.N\\. URN UHID NHI PID EMPI HRN UMRN CRN IPD OPD UBRN PHN aktenzeichen dossier
        fall(?:nummer|nr\\.?) patienten(?:nummer|nr\\.?) medical_record(?:_number)? hospital_number
        (?:patient|hospital|subject|study|sample)_ID record_(?:number|no\\.?) barcode
        reg(?:istration|\\.)_(?:number|no\\.?) (?:pre)?authori[sz]ation_(?:number|no\\.?)
        (?:chart|case|file|folder|accession|specimen|admission|encounter|clinic|unit)_(?:number|no\\.?|\\#)
        """,
        rf"(?!NM_|NP_|NC_){_CODE}",
    ),
    _labelled(
        "reference",
        "RECORD_NUMBER",
        "(?:our_|your_|file_)?ref(?:erence)?\\.?(?=\\s?:|\\s)",
        rf"(?!range|values?)(?=[A-Z]{{2,5}}\s\d{{4}}|(?=[A-Za-z0-9/.-]{{6}})(?:[A-Za-z/.-]*\d){{3}}){_LONG_CODE}",
    ),
    _labelled(
        "record",
        "RECORD_NUMBER",
        """
        (?-i:UR|CR|UID|FIN|CSN|HRN) (?:prior_|pre-?)?auth(?:ori[sz]ation)? approval specimen sample accession
        case requisition prescription Rx episode request referral report order ticket encounter visit chart
        hospital file record patient clinic histology cytology pathology biopsy autopsy block slide study scan
        x-?ray admission acc(?:ount|t)?\\.? unit donation tube blood_unit booking appointment registration
        docket incident complaint police_report PACS
        """,
        rf"(?!(?:19|20)\d\d(?![\d/-])){_FIVE}",
    ),
    _numbered(
        "numbered record",
        "RECORD_NUMBER",
        """
        chart record hospital patient case file accession specimen sample admission encounter visit clinic
        episode requisition order prescription Rx slide block biopsy acc(?:oun)?t lab(?:oratory)? path(?:ology)?
        study ticket wristband
        """,
    ),
    Rule("identifier", "RECORD_NUMBER", rf"{START}ID\s?[:#]?\s?\K(?=[A-Za-z-]*\d{{3}}){_LONG_CODE}{END}"),
    Rule(
        "number of something",
        "RECORD_NUMBER",
        rf"(?<!(?i:{_NO_PERSON})\s)(?i:(?<![A-Za-z])(?:numbers?|no\.|nr\.?|n[º°]|ID)|(?<=\p{{L}}{{3}})-?(?:nummer|nr\.?)|#)"
        rf"{_TELLS}\K{_FIVE}{END}",
    ),
    Rule(
        "number of four figures",
        "RECORD_NUMBER",
        rf"(?<!(?i:{_NO_PERSON}|atomic|mass|wave|prime)\s)(?i:(?<![A-Za-z])(?:number|no\.|badge|PIN)\s(?:is\s)?|尾号[:：为是]?)"
        r"\K(?!(?:19|20)\d\d(?!\d))\d{3}[1-9](?![\w/%-]|[.,]\d|\s?(?:[a-zµ]|°))",
    ),
    _chinese(
        "record number",
        "RECORD_NUMBER",
        """
        病历 病案 住院 门诊 就诊 就诊卡 登记 检查 标本 档案 病理 影像 患者 挂号 超声 放射 报告 条码 CT MRI 心电图 胃镜
        腕带 条形 处方 申请 医嘱 检验 预约 病歷 住院 門診 挂号单 掛號 檢查 檢體 报告单 流水 收费 发票 手术 卡 案 理赔案
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
        identity_card ID_card health_card HKID ABHA PPSN? NPI driv(?:er|ing)(?:['’]?s)?_licen[cs]e
        (?:licen[cs]e_|number_|registration_)?plate VIN
        """,
    ),
    _labelled(
        "number of an authority",
        "ID_NUMBER",
        """
        DEA GMC PPS DNI CPF NPI (?-i:SIN|TIN|TFN|PAN|BSN|NIE|NIF|BSN|RUT|CPR|AHV|NIR|PESEL|HKID|NRIC|EHIC|CURP)
        personnummer personal_number tax_(?:number|ID) fiscal_code citizen_(?:number|ID) national_number
        travel_document resident_card alien_(?:number|registration) licen[cs]e licencia permis
        versicherten(?:nummer|nr\\.?) henkilötunnus fødselsnummer rodné_číslo codice_fiscale
        (?:GP|provider|prescriber)_(?:code|no\\.?|number) residence_permit green_card visa_number
        (?:student|employee|staff|prisoner|service)_(?:number|ID)
        """,
        rf"(?=(?:[\w.#-]|[ #](?=\d))*\d{{3}}){_LONG_CODE}",
    ),
    _numbered(
        "numbered document", "ID_NUMBER", "DEA licen[cs]e certificate medical_licen[cs]e identity identification"
    ),
    _chinese(
        "identity number",
        "ID_NUMBER",
        """
        身份证 身份 身分證 身分證字 護照 居留證 居留证 台胞证 台湾通行证 回乡证 工 工作证 学 警官证 居民身份证
        护照 军官证 社保 社保卡 社会保障 驾驶证 驾照 车牌 通行证 港澳通行证 执业证书 证件 证书 QQ 微信
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
        medicare(?:_beneficiary)? medicaid health_plan group claim account medical_aid scheme
        """,
    ),
    _labelled(
        "member",
        "INSURANCE_NUMBER",
        """
        member(?:ship)? subscriber policy(?:_?holder)? insured beneficiary account plan claim group medical_aid
        insurance scheme mutuelle polis póliza police_d['’]assurance versicherung tarjeta_sanitaria krankenkasse
        GMS DVA BIN PCN Rx_group Rx_?BIN Rx_?GRP
        """,
        _FIVE,
    ),
    _labelled(
        "insurance",
        "INSURANCE_NUMBER",
        "medicare(?:_MBI)? medicaid MBI (?:insurance_)?policy member_ID",
        rf"(?=[^\s]*\d){_LONG_CODE}",
    ),
    _chinese(
        "insurance number",
        "INSURANCE_NUMBER",
        "理赔 理赔案 健保 健保卡 保险 保险单 保单 医疗保险 医保 医保卡 参保 账户 账 银行卡 社会保险",
    ),
)
DEVICES = (
    _labelled(
        "device number", "DEVICE_NUMBER", "serial_(?:number|no\\.?) S/N UDI IMEI device_(?:ID|identifier|number)"
    ),
    Rule(
        "device identifier (GS1)", "DEVICE_NUMBER", r"\(01\)\s?\d{14}(?:\s?\(\d{2}\)\s?[A-Za-z0-9-]+)*", score=CERTAIN
    ),
    Rule(
        "part of a device identifier (GS1)",
        "DEVICE_NUMBER",
        r"\((?:10|17|21)\)\s?[A-Za-z0-9-]{5,}(?:\s?\(\d{2}\)\s?[A-Za-z0-9-]+)*",
    ),
    _labelled(
        "device",
        "DEVICE_NUMBER",
        "serial (?-i:SN):? lot(?:[:#])?",
        rf"(?=[A-Z0-9 -]*\d{{2}})(?=[A-Z0-9 -]{{5}}){_LONG_CODE}",
    ),
    _labelled(
        "kind of device",
        "DEVICE_NUMBER",
        """
        device pacemaker implant model prosthesis pump transmitter sensor meter monitor hearing_aid valve stent
        lead generator recorder stimulator ventilator defibrillator IOL lens
        """,
        r"(?=[A-Z0-9-]*\d)(?=(?:[A-Z0-9-]*[A-Z]){2})(?=(?:[A-Z-]*\d){3})[A-Z0-9][A-Z0-9-]{5,}",
    ),
    _numbered("numbered device", "DEVICE_NUMBER", "serial device pacemaker implant model lot prosthesis pump"),
    _chinese(
        "device number",
        "DEVICE_NUMBER",
        """
        (?:支架|器械|植入物?|假体|起搏器|导管|疫苗)批 生产序列 器械条 序列 机身 设备 机器 产品 出厂 器械 起搏器 除颤器
        支架 假体 呼吸机 监护仪 输液泵 胰岛素泵 人工关节
        """,
    ),
)
RULES = (*RECORDS, *NATIONAL, *INSURANCE, *DEVICES)
