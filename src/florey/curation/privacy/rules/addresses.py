"""Where somebody lives: street, postcode, Chinese address. A country or a city alone is none."""

from __future__ import annotations

from florey.curation.privacy.rules.rule import CERTAIN, END, START, Rule

_STREET = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Boulevard|Blvd|Way|Place|Pl|Terrace|Crescent|Cres|Close"
    r"|Square|Sq|Parkway|Pkwy|Highway|Hwy|Gardens|Grove|Row|Mews|Hill|Walk|Circle|Cir|Quay|Parade|Pde|Tce|Esplanade|Alley|Turnpike|Rise|View|Trail|Path)"
)
_WORD = r"(?:\p{Lu}[\p{L}'’-]*|\d{1,3}(?:st|nd|rd|th)|de|la|of|the)"
_UNIT = r"(?i:Flat|Apartment|Apt\.?|Suite|Unit|Room|Ste\.?|#)\s?#?[A-Za-z0-9-]{1,6}"
_STATE = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
    r"|NSW|VIC|QLD|TAS|ACT)"
)
_ZIP = r"\d{5}(?:-\d{4})?"
_POSTCODE = r"(?:GIR\s?0AA|[A-Z]{1,2}\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{2}|[ABCEGHJ-NPRSTVXY]\d[A-Z]\s\d[A-Z]\d)"
"""British or Canadian."""
_EIRCODE = r"[AC-FHKNPRTV-Y]\d[\dW]\s?[\dAC-FHKNPRTV-Y]{4}"
_PIECE = (
    r"(?:\p{Lu}[\p{L}.'’-]*|\d{1,4}[A-Za-z]?(?:[-/]\d{0,4}[A-Za-z]?)?|\d{1,3}(?:st|nd|rd|th)|#\S{1,8}|\d[.º°ª]+|bis|ter|de|del|la|las|los|le|les|du|des"
    r"|d['’]\p{L}+|l['’]\p{L}+|van|den|der|dem|het|of|the|dcha\.?|izda\.?|[ap]v\.?|boulevard|rue|avenue|chemin|place|via|calle)"
)
"""A word or a number of an address."""
_PIECES = rf"{_PIECE}(?:,?\s+{_PIECE}(?![\p{{Ll}}])){{1,12}}"
_RURAL = (
    r"(?:Rural\s+Route|R\.?R\.?|RD|RMB|HC|Plot|Erf|Stand|Farm|H\.?\s?No\.?|House(?:\s+No\.?)?|Door\s+No\.?|Flat|Block|block"
    r"|Blk|Villa|Lot|Box|Unit|Survey\s+No\.?)"
)
_LIVES = (
    r"(?i:liv(?:es?|ed|ing)\s+(?:\w+\s+)?(?:at|in|on)|resid(?:es?|ed|ing)\s+(?:at|in|on)|(?:home\s+|postal\s+|mailing\s+|new\s+|current\s+)?address(?:\s+is)?"
    r"|adresse|anschrift|wohnhaft(?:\s+in)?|dirección|domicilio|indirizzo|adres|domiciliée?(?:\s+[àa])?|vive\s+en|woonachtig(?:\s+te)?|bor\s+på|moved\s+to"
    r"|discharged?\s+(?:home\s+)?to|mail(?:\s+to)?|deliver(?:ed)?\s+to|collected\s+(?:him|her|them)\s+from|home|housing|visit(?:ed)?\s+at)\s*[:,]?\s+"
)
_TOWN = r"\p{Lu}[\p{L}'’.-]*\p{Ll}(?:\s\p{Lu}[\p{L}'’.-]*\p{Ll}){0,2}"
_END_OF_ADDRESS = (
    rf"(?:,?\s+{_UNIT})?(?:,\s*{_TOWN}){{0,3}}"
    rf"(?:,?\s+(?:{_STATE}(?:\s+(?:{_ZIP}|\d{{4}}))?|{_POSTCODE}|{_ZIP}){END})?"
)
_ZH = r"\u4e00-\u9fff"
_PROVINCE = (
    "臺北|台北|新北|桃園|臺中|台中|臺南|台南|高雄|基隆|新竹|九龍|九龙|新界|港島|港岛"
    "|北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西"
    "|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
_NUMBER = r"[0-9０-９一二三四五六七八九十百]+"
_HOUSE = (
    rf"(?:{_NUMBER}[-－—]?)+(?:号楼|[号號]院?|弄|巷|[栋棟]|幢|座|单元|單元|室|[层層]|[楼樓]|[组組]|[户戶]|鄰|邻)"
    r"(?:[A-Za-z](?:座|栋|幢|区|室))?(?:\d{2,4}(?!\d)室?)?"
)
_AREA = (
    rf"(?:[{_ZH}]{{1,8}}?(?:省|自治区|特别行政区|市|地区|自治州|盟|[区區]|[县縣]|旗|[镇鎮]|[乡鄉]|街道|新区|开发区))"
)
_ROAD = (
    rf"(?:[{_ZH}]{{1,12}}?(?:路|街|大道|道|巷|弄|胡同|村|邨|里|小区|花园|社区|家园|新村|苑)"
    r"(?:[一二三四五六七八九十\d]+段)?)"
)
_POST_ZH = r"(?:[，,]?\s*(?:邮编[:：]?\s*)?\d{6}(?!\d))?"
_CUE_ZH = (
    "(?:家住|通信地址|住在|住于|现住址?|住址|地址|居住[于在]|住家|[户戶]籍地|家庭住址|户籍|籍贯|通讯处?|寄往|寄到"
    "|送至|来自|位于|住)"
)

RULES = (
    Rule(
        "street address",
        "ADDRESS",
        rf"{START}(?<!(?:Ward|Bed|Room|Bay|Level)\s)(?:{_UNIT},?\s+)?\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?,?\s+(?:[NSEW]\.?\s+)?(?:{_WORD}\s+){{1,4}}{_STREET}\b\.?(?:\s+[NSEW]{{1,2}}(?![\w]))?{_END_OF_ADDRESS}",
    ),
    Rule(
        "street address with the postcode before the town",
        "ADDRESS",
        rf"{START}(?:\d{{1,4}}(?:\s?bis)?,?\s+(?i:rue|avenue|boulevard|calle)\s+[\p{{L}}'’\s-]{{2,40}}"
        rf"|\p{{Lu}}[\p{{L}}-]*(?:[Ss]tra(?:ße|sse)|weg|platz|allee|gasse|straat)\s+\d{{1,4}}[a-z]?)(?:,\s*\d{{4,5}}\s+{_TOWN})?",
    ),
    Rule(
        "street, number, postcode, town",
        "ADDRESS",
        rf"{START}(?:C/|Av\.|Pl\.)?\s?\p{{Lu}}[\p{{L}}.'’-]+(?:\s(?:\p{{Lu}}[\p{{L}}.'’-]*|de|del|la|las|los|der|dem|den|am|im|zum|zur)){{0,3}}\s\d{{1,4}}\s?[A-Za-z]?,(?:\s[^,;]{{1,12}},)?"
        rf"\s(?:[A-Z]{{1,2}}-)?\d{{3,5}}(?:\s\d{{2,3}}|\s?[A-Z]{{2}})?\s\p{{Lu}}\p{{L}}+",
    ),
    Rule(
        "street before its number",
        "ADDRESS",
        rf"{START}(?:Calle|Via|Rua|Plaza|Piazza|Avenida|Carrera|Corso)\s+(?:\p{{L}}+\s){{1,4}}\d{{1,4}}(?:,\s*\d{{4,5}}\s+{_TOWN})?",
    ),
    Rule(
        "street where somebody lives",
        "ADDRESS",
        rf"(?i:lives?|lived|living|resid\w+|home)\s+(?:on|in|at)\s+\K(?:\p{{Lu}}[\p{{L}}'’-]*\s+){{1,3}}{_STREET}\b{_END_OF_ADDRESS}",
    ),
    Rule("post-office box", "ADDRESS", rf"{START}(?i:P\.?\s?O\.?\s+Box)\s+\d+{_END_OF_ADDRESS}", score=CERTAIN),
    Rule("town with state and postcode", "ADDRESS", rf"{START}{_TOWN},\s*{_STATE}\s+{_ZIP}{END}"),
    Rule(
        "where somebody lives",
        "ADDRESS",
        rf"{START}{_LIVES}\K(?=[^;\n。]{{0,90}}\d)(?=(?:{_PIECE},?\s+){{0,12}}[#\p{{Lu}}]?[\p{{L}}/-]*\d)(?:(?i:block|flat|unit)\s)?{_PIECES}",
    ),
    Rule(
        "pieces before a postcode",
        "ADDRESS",
        rf"{START}(?:{_PIECE},?\s+){{2,10}}(?:{_POSTCODE}|{_EIRCODE}|(?<=,\s)\d{{4}}\s?[A-Z]{{2}}\s\p{{Lu}}\p{{L}}+|(?:{_STATE}|ON|QC|BC|AB|MB|SK|NS|NB|Vic|Qld)\.?\s+(?:{_ZIP}|\d{{4}}|{_POSTCODE})){END}",
    ),
    Rule(
        "foreign street, number and town",
        "ADDRESS",
        rf"{START}(?:\p{{Lu}}[\p{{L}}.'’-]*\s+){{0,4}}\p{{Lu}}[\p{{L}}.'’-]*\s\d{{1,4}}(?:\s?[a-zA-Z]|[-/][\dIVX]{{1,4}})?,\s(?:[A-Z]{{1,2}}-)?(?:\d{{4}}\s?[A-Z]{{2}}|\d{{2}}[-\s]?\d{{3}}|\d{{3}}\s\d{{2}}|\d{{4}})\s\p{{Lu}}[\p{{L}}-]+(?:\s\p{{Lu}}[\p{{L}}-]+)?",
    ),
    Rule(
        "plot or route and town",
        "ADDRESS",
        rf"{START}{_RURAL}\s?#?(?=[A-Za-z]?-?\d)[\w/-]{{1,7}},?\s+(?:{_PIECE},?\s+){{1,10}}(?:{_STATE}\s+)?(?:S(?=\d{{6}}))?(?:\d{{3}}\s\d{{3}}|\d{{4,6}}){END}",
    ),
    Rule("postcode of Ireland", "ADDRESS", rf"{START}(?=[A-Z\d]*\s){_EIRCODE}{END}"),
    Rule(
        "street after a person or a house",
        "ADDRESS",
        rf"(?<=[,;\ufffc]\s)(?:{_WORD}\s+){{1,3}}{_STREET}\b\.?(?:,\s*(?:Co\.?\s)?{_TOWN}){{1,3}}(?:,?\s+(?:{_POSTCODE}|{_EIRCODE}|{_ZIP}){END})?",
    ),
    Rule("postcode", "ADDRESS", rf"{START}(?=[A-Z0-9]+\s){_POSTCODE}{END}"),
    Rule(
        "postcode with its label",
        "ADDRESS",
        rf"(?i:zip(?:\s?code)?|post(?:al\s)?\s?code|邮政编码|邮编|郵遞區號|郵編|eircode|PLZ|PIN(?:\s?code)?|PLZ|code\s+postal)[\s:：]*(?:is\s+)?\K(?:{_ZIP}|\d{{3,6}}|\d{{3}}\s\d{{2,3}}|{_POSTCODE}|{_EIRCODE}){END}",
        score=CERTAIN,
    ),
    Rule(
        "Chinese address",
        "ADDRESS",
        rf"(?:(?:{_PROVINCE})(?:省|市|自治区|壮族自治区|回族自治区|维吾尔自治区)?{_AREA}{{0,4}}|{_CUE_ZH}[:：]?\K{_AREA}{{0,5}})"
        rf"{_ROAD}{{0,2}}(?:{_HOUSE})+(?:[{_ZH}]{{1,6}}?{_HOUSE})*{_POST_ZH}",
        ("zh",),
    ),
    Rule(
        "Chinese street with its number",
        "ADDRESS",
        rf"(?:[{_ZH}]{{2,4}}?市)?(?:[{_ZH}]{{2,3}}(?:[区區]|[县縣]|[镇鎮]))?[{_ZH}]{{2,4}}(?:路|大街|大道|道|胡同)(?:[一二三四五六七八九十]段)?\d+(?:[号號]|弄|巷)(?:[{_ZH}]{{0,6}}?{_HOUSE})*{_POST_ZH}",
        ("zh",),
    ),
    Rule(
        "Chinese home",
        "ADDRESS",
        rf"[{_ZH}]{{2,4}}(?:小区|花园|家园|新村|公寓)\d+(?:号楼?|栋|幢)(?:{_HOUSE})*",
        ("zh",),
    ),
    Rule(
        "Chinese address without a number",
        "ADDRESS",
        rf"(?:{_PROVINCE})(?:省|市|自治区)?{_AREA}{{1,4}}{_ROAD}(?:{_HOUSE})*",
        ("zh",),
    ),
)
