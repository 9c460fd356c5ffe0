"""Names of persons by what stands around them: a title, a label, kinship, an age; or a known given name with a surname.

There is no model that has learned names: "Kowalska improved" is not seen unless the same text names her in full.
"""

from __future__ import annotations

from functools import lru_cache

from florey.curation.privacy.rules.rule import CERTAIN, LIKELY, Rule
from florey.curation.privacy.words import lines_of


def words_of(name: str) -> tuple[str, ...]:
    return tuple(word for line in lines_of(name) for word in line.split())


@lru_cache(maxsize=1)
def _surnames_zh() -> str:
    first, *others = words_of("surnames_zh.txt")
    return f"(?:{'|'.join(others)}|[{''.join(dict.fromkeys(first))}])"


_NO_NAME = (
    r"(?!(?:The|A|An|Is|Was|Are|Were|Has|Had|He|She|It|They|His|Her|Who|Which|What|When|Where|While|On|In|At|After|Before|And|Or|But"
    r"|For|From|With|Without|If|This|That|These|Those|There|No|Not|Of|To|By|As|All|Both|Patient|Patients|Doctor|Nurse|Hospital|Clinic"
    r"|Practitioner|Midwife|Specialist|Department|Unit|Ward|Center|Centre|University|Medical|Emergency|Date|Name|MRN|DOB|Phone|Tel"
    r"|January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday"
    r"|Saturday|Sunday|Type|Stage|Grade|Class|Vitamin|Health|Questionnaire|Global|Education|Safety|Care|Blood)(?![\p{L}]))"
)
_WORD = rf"{_NO_NAME}\p{{Lu}}[\p{{L}}]*\p{{Ll}}(?:[-'’]\p{{Lu}}\p{{L}}+)*|{_NO_NAME}\p{{Lu}}['’]\p{{Lu}}\p{{Ll}}+(?:-\p{{Lu}}\p{{L}}+)*"
_INITIAL = r"\p{Lu}\.(?:-?\p{Lu}\.)*"
_PART = rf"(?:{_WORD}|{_INITIAL})"
_OF = r"(?:(?:van|von|de|der|den|da|di|del|della|la|le|du|dos|bin|ibn|al|el|ter|st)[\s-])"
_CAPITALS = rf"{_NO_NAME}\p{{Lu}}{{2,}}(?:[-'’]\p{{Lu}}+)*"
_FULL = rf"(?:{_PART}|{_CAPITALS})(?:\s+(?:{_OF}){{0,2}}(?:{_PART}))" + r"{0,3}"
_SEVERAL = rf"(?:{_PART})(?:\s+(?:{_OF}){{0,2}}(?:{_PART}))" + r"{1,3}"
_START = r"(?<![\p{L}\p{N}-])"
_END = r"(?![\p{L}\p{N}])"

_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Messrs|Dr|Drs|Doctor|Prof|Professor|Sir|Dame|Lady|Lord|Rev|Reverend|Father|Sister|Brother|Pastor|Rabbi|Imam"
    r"|Nurse|Matron|Midwife|Captain|Capt|Sergeant|Sgt|Officer|Detective|Judge|Uncle|Aunt|Auntie|Señora?|Sra?|Herr|Frau|Mme|Madame)"
)
_LABEL = (
    r"(?i:(?:patient|full|first|last|given|family|maiden|legal)(?:['’]s)?\s+name|name\s+of\s+(?:the\s+)?(?:patient|child|mother|father)"
    r"|(?<!\w)name|surname|next\s+of\s+kin|emergency\s+contact|attending(?:\s+physician)?|consultant|surgeon|physician|GP|PCP|provider"
    r"|referring\s+(?:doctor|physician)|referred\s+by|dictated\s+by|signed(?:\s+by)?|reported\s+by|contact|guardian|carer|patient|pt)"
)
_KIN = (
    r"(?:wife|husband|spouse|partner|son|daughter|mother|father|mom|mum|dad|sister|brother|twin|aunt|uncle|niece|nephew|cousin|grandson"
    r"|granddaughter|grandmother|grandfather|fiancée?|girlfriend|boyfriend|friend|neighbou?r|colleague|roommate|caregiver|carer|guardian"
    r"|nurse|midwife|physician|doctor|surgeon|cardiologist|neurologist|oncologist|psychiatrist|pediatrician|paediatrician|therapist"
    r"|dermatologist|consultant|obstetrician|gynecologist|GP|PCP|teacher|coach|boss|employer|supervisor|patient|baby|infant|child|boy|girl)"
)
_YEARS = r"\d{1,3}(?:[-\s]?(?:years?|yrs?|months?|weeks?|days?|y/?o)(?!\p{L})|\s?[ymFM](?!\p{L}))"
_OFFICE = r"(?:M\.?D\.?|R\.?N\.?|Ph\.?D\.?|D\.?O\.?|N\.?P\.?|PA-C|FRCP|FRCS|FACS|MBBS|MBChB|LPN|BSN|DDS|PharmD|OTR|DPT)"
_VERB = (
    r"(?:presents?|presented|complains?|complained|reports?|reported|denie[sd]|denies|states?|stated|says|said|tells|told|explains|admits|admitted"
    r"|visits?|visited|comes|came|arrives|arrived|lives|works|worked|underwent|developed|started|stopped|attended|called|phoned|returned"
    r"|(?:is|was)\s+(?:an?|brought|admitted|referred|seen|discharged|born|accompanied|diagnosed|found|taken|transferred|started|treated|worried|concerned|prescribed)"
    r"|has\s+(?:been|had|a)|had\s+(?:been|a))"
)


def _english() -> tuple[Rule, ...]:
    given = rf"(?:{'|'.join(sorted(words_of('given_names.txt')))})"
    return (
        _en("title", rf"{_START}{_TITLE}\.?\s+\K{_FULL}{_END}", CERTAIN),
        _en("title and initial", rf"{_START}(?:Mr|Mrs|Ms|Miss|Dr)\.?\s+\K\p{{Lu}}(?:\.\p{{Lu}})*\.?{_END}", CERTAIN),
        _en(
            "label",
            rf"{_START}{_LABEL}\s*[:=]\s*(?:{_TITLE}\.?\s+)?\K(?:{_CAPITALS},\s+{_PART}|{_WORD},\s+{_PART}(?=\s*(?:[,;.(]|$))|{_FULL}){_END}",
            CERTAIN,
        ),
        _en(
            "named",
            rf"{_START}(?i:named|called|name\s+is|nam(?:e|es)\s+(?:was|are|were)|known\s+as|nicknamed|renamed|née|nee|aka|signed(?:\s+by)?|signature\s+of)\s+[\"“'‘]?\K{_FULL}{_END}",
        ),
        _en("kinship", rf"{_START}{_KIN},?\s+(?:\(|named\s+|called\s+)?\K(?:{_SEVERAL}|{given}){_END}"),
        _en(
            "own kinship",
            rf"{_START}(?:[Hh]is|[Hh]er|[Tt]heir|[Mm]y|[Tt]he\s+patient['’]s)\s+(?:\p{{Ll}}+\s+){{0,2}}{_KIN},?\s+(?:is\s+)?\K{_FULL}{_END}",
        ),
        _en("office", rf"{_START}\K(?:{_SEVERAL})(?=,?\s+{_OFFICE}{_END})", CERTAIN),
        _en("age", rf"{_START}(?:{_FULL})(?=,?\s*(?:\(|(?:is\s+|was\s+)?(?:an?\s+|aged\s+|age\s+))?{_YEARS})", LIKELY),
        _en(
            "age in figures",
            rf"{_START}(?:{_SEVERAL}|{given})(?=,\s+(?:aged\s+)?\d{{1,2}},|\s+\((?:aged?\s+)?\d{{1,2}}(?:\s?[MF])?\))",
        ),
        _en(
            "given name and surname",
            rf"{_START}{given}\s+(?:{_INITIAL}\s*)?(?:{_OF}){{0,2}}(?:{_WORD})(?:\s+(?:{_WORD}))?{_END}",
        ),
        _en(
            "given name who acts",
            rf"{_START}{given}(?=(?:,\s+(?:an?|who|aged)\s|\s+{_VERB}{_END}|['’]s\s+(?:{_KIN}|parents|symptoms|family|condition|case|medications?|doctor){_END}))",
        ),
        _en(
            "initials and surname",
            rf"{_START}(?:(?:by|with|to|from|and|for|of|seen|per)\s+)\K{_INITIAL}\s?(?:{_WORD}){_END}",
        ),
        _en(
            "initials",
            rf"{_START}(?:(?i:patient|pt\.?|initials|by|signed)[:,]?\s+)\K\p{{Lu}}\.\s?\p{{Lu}}\.(?:\s?\p{{Lu}}\.)?{_END}",
        ),
        _en(
            "initials with an age",
            rf"{_START}\p{{Lu}}\.\s?\p{{Lu}}\.(?:\s?\p{{Lu}}\.)?(?=,?\s+(?:is\s+)?(?:an?\s+)?{_YEARS})",
        ),
    )


def _en(name: str, pattern: str, score: float = LIKELY) -> Rule:
    return Rule(name, "PERSON", pattern, score=score)


_NOT_GIVEN = (
    "的了是在有和与及或不无未为因于从到被把给让使对向以等均各每该此其这那之者性症病炎癌瘤痛热烧血压疸肿胀尿糖脂酸碱毒菌疫苗药剂量片针汤丸散膏胶囊"
    "治疗诊断查检验术后前中内外上下左右侧部位心肝脾肺肾胃肠胆脑骨关节皮肤肤色眼耳鼻喉口舌苔脉牙齿颈胸腹背腰腿脚手足头面身体液汗便泻吐呕咳嗽痰喘"
    "寒暑湿燥风火虚实气阴阳表里经络穴妊娠孕产月年岁日天周时分秒次多少大小男女老幼儿童婴医护患者人员家庭级别科室院区诉述说认"
)
_GIVEN_ZH = rf"(?:(?![{_NOT_GIVEN}])[\u4e00-\u9fff])"
_TITLE_ZH = "先生|女士|小姐|太太|夫人|医生|医师|大夫|护士|主任|教授|同学|老师|同志|阿姨|大爷|大妈|大娘|奶奶|爷爷|师傅|院长|老人|药师|技师|经理|律师|警官"
_WHO_ZH = "患者|病人|患儿|病患|产妇|孕妇|伤者|死者|男子|女子|学生|工人|农民|员工|司机"
_KIN_ZH = (
    "妻子|丈夫|爱人|老伴|儿子|女儿|母亲|父亲|妈妈|爸爸|哥哥|弟弟|姐姐|妹妹|儿媳|女婿|家属|配偶|其妻|其夫|其子|其女|其母|其父|朋友|邻居|同事|同学|室友"
    "|监护人|陪护|联系人|主治医师|主治医生|主刀医师|主刀医生|经治医师|责任护士|值班医生|值班医师|医生|医师|护士|大夫|教授|主任"
)
_LABEL_ZH = "姓名|患者姓名|联系人|签名|签字|医师签名|家属签字|主治医师|经治医师|主刀|助手|麻醉医师|责任护士|报告医师|审核医师|记录者|病史陈述者|供史者|监护人"
_AFTER_ZH = r"(?=\s*(?:[，,。；;、（(\s:：]|因|于|男|女|今年|现年|\d|$|主诉|来院|入院|就诊|自述|的|已|在|为|是|曾|近|突|被|告知|认为|建议|陪|说|称))"


def _chinese() -> tuple[Rule, ...]:
    surname = _surnames_zh()
    name = rf"{surname}{_GIVEN_ZH}{{1,2}}"
    return (
        _zh("label", rf"(?:{_LABEL_ZH})\s*[:：]\s*\K{surname}[\u4e00-\u9fff]{{1,2}}{_AFTER_ZH}", CERTAIN),
        _zh(
            "title",
            rf"(?<![\u4e00-\u9fff]|[由经请向与和及找叫给对问被随见让为到是，])?{surname}{_GIVEN_ZH}{{0,2}}?(?=(?:{_TITLE_ZH}))",
        ),
        _zh("patient", rf"(?:{_WHO_ZH})\s*[，,]?\s*\K{name}{_AFTER_ZH}"),
        _zh("kinship", rf"(?:{_KIN_ZH}|名叫|叫做?|名为|姓名)\s*\K{name}{_AFTER_ZH}"),
        _zh("age", rf"(?:^|(?<=[。；;，,：:\s]))\K{name}(?=\s*[，,、（(]?\s*(?:男|女|\d{{1,3}}岁))"),
        _zh("surname alone", rf"{surname}某{{1,2}}"),
    )


def _zh(name: str, pattern: str, score: float = LIKELY) -> Rule:
    return Rule(f"{name}, Chinese", "PERSON", pattern, ("zh",), score)


RULES = (*_english(), *_chinese())
