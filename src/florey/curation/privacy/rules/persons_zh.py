"""Chinese names: a surname and one or two characters, where a label, a title, kinship or an age stands beside them."""

from __future__ import annotations

from florey.curation.privacy.rules.persons import SEVERAL
from florey.curation.privacy.rules.phrases import any_of
from florey.curation.privacy.rules.rule import CERTAIN, LIKELY, Rule
from florey.curation.privacy.words import lines_of

_ORDINARY = (
    "于和向应时成管查包官全明连保那常解计强司习任方能实每便但皆乃且及经国越利容满平宁祝关左项盛封游阴安单车房路都曲康毛"
)
"""Surnames that are ordinary words too: believed with a sex or an age behind the name only."""
_NOT_GIVEN = (
    "的了是在有和与及或不无未为因于从到被把给让使对向以等均各每该此其这那之者性症病炎癌瘤痛热烧血压疸肿胀尿糖脂酸碱毒菌疫苗药剂量片针汤丸散膏胶囊"
    "治疗诊断查检验术后前中内外上下左右侧部位心肝脾肺肾胃肠胆脑骨关节皮肤色眼耳鼻喉口舌苔脉牙齿颈胸腹背腰腿脚手足头面身体液汗便泻吐呕咳嗽痰喘"
    "寒暑湿燥风火虚实气阴阳表里经络穴妊娠孕产月年岁日天周时分秒次多少男女老幼儿童婴医护患者人员家庭级别科室院区诉述说认某应采取用选帮助"
)


def _surnames() -> tuple[str, str]:
    """Alternatives of all surnames, and of those that are no ordinary words."""
    first, *compound = " ".join(lines_of("surnames_zh.txt")).split()
    single = "".join(dict.fromkeys(first))
    rare = "".join(sign for sign in single if sign not in _ORDINARY)
    return any_of(" ".join([*compound, f"[{single}]"])), any_of(" ".join([*compound, f"[{rare}]"]))


_ANY, _TELLING = _surnames()
_GIVEN = rf"(?:(?![{_NOT_GIVEN}])[\u4e00-\u9fff])"
_ILL = "[\u4e00-\u9fff]?[热烧血压疸痛病症肿咳喘汗者员士]"
_EDGE = r"(?:(?<![\u4e00-\u9fff])|(?<=[由经请找对给与及问随让叫被遵据告见到是托]))"
_TITLE = any_of(
    """
    先生 女士 小姐 太太 夫人 医生 医师 大夫 护士 护师 主任 教授 同学 老师 同志 阿姨 大爷 大妈 大娘 奶奶 爷爷 师傅 院长
    老人 药师 技师 律师 警官
    """
)
_WHO = any_of("患者 病人 患儿 病患 产妇 孕妇 伤者 死者 男子 女子 学生 工人 农民 员工 司机 老人 居民 村民")
_KIN = any_of(
    """
    妻子 丈夫 爱人 老伴 儿子 女儿 母亲 父亲 妈妈 爸爸 哥哥 弟弟 姐姐 妹妹 儿媳 女婿 家属 配偶 其妻 其夫 其子 其女 其母
    其父 孙子 孙女 岳父 岳母 公公 婆婆 受益人 投保人 被保险人 申请人 委托人 代理人 护工 保姆 随访人 送检人 报告人
    陈述人 证明人 介绍人 陪同人 担保人 家长 负责人 朋友 邻居 同事 室友 监护人 陪护 联系人 医生 医师 护士长 护士 大夫
    之女 之子 之妻 之夫 之母 之父 教授 主任 媳婦 兒子 女兒 護士 醫師 丈夫 名叫 名为 叫做 姓名为
    """
)
_LABEL = any_of(
    """
    姓名 联系人 聯絡人 聯繫人 醫師 護理師 審核 审核 审阅 复核 核对 核對 術者 术者
    簽名 签发 签名 签字 主治医师 主治医生 经治医师 主刀
    助手 麻醉医师 责任护士 报告医师 审核医师 记录者 病史陈述者
    供史者 监护人
    """
)
_NO_NAME = any_of(
    """
    雷公 白细 白血 白带 白蛋 巩膜 宫缩 宫颈 宫口 原始 严格 易 曾 高 黄疸 黄体 金黄 石膏 水肿 水痘 万古 胡言 胡萝 麻疹
    单核 甘油 温度 洪亮 来电 来院 来诊 来诉 来访
    """
)
"""Words that begin like a name."""
_DOING = "服拒接行出入来去到要求进反复起突发现死亡住转停戒吸饮抽走跌摔骑乘做想觉感主自持伴开始后即仍又常遵代"
"""Third characters that rather begin what the person does."""
_POINTED = r"[\u4e00-\u9fff]{1,6}[·•][\u4e00-\u9fff]{1,8}"
_NEXT = any_of(
    """
    因 男 女 今年 现年 主诉 来院 入院 就诊 自述 已 曾 近 突 被 告知 陪 说 称 诉 电话 手机 的 为其 接诊 签 记录 查房
    会诊 主刀 手术 诊治 给 表示 建议 同意 要求 反映 补充 于 在 执行 负责 完成 操作 代诉 代为 联系 到场 来电 签署
    """
)
_AFTER = rf"(?=\s*(?:[，,。；;、（(:：]|$|{_NEXT}))"
_SEX_OR_AGE = r"(?=\s*[，,、（(]\s*(?:男|女|\d{1,3}岁|今年|现年)|\s*[男女][，,性]|今年|现年)"


def _rule(name: str, pattern: str, score: float = LIKELY) -> Rule:
    return Rule(f"{name}, Chinese", "PERSON", pattern, ("zh",), score)


RULES = (
    _rule(
        "label",
        rf"(?:{_LABEL}|[\u4e00-\u9fff]{{0,4}}(?:医师|医生|护士|技师|药师|记录人|签字人))\s*[:：]\s*\K{_ANY}[\u4e00-\u9fff]{{1,2}}(?![\u4e00-\u9fff])",
        CERTAIN,
    ),
    _rule("role", rf"[\u4e00-\u9fff]{{1,4}}[者人员]\s*[:：]\s*\K{_TELLING}{_GIVEN}{{1,2}}(?![\u4e00-\u9fff])"),
    _rule("title", rf"(?:{_EDGE}|(?<={_WHO}|{_KIN})){_TELLING}{_GIVEN}{{0,2}}?(?={_TITLE})"),
    _rule(
        "patient, three characters", rf"(?:{_WHO}|{_KIN})\s*\K(?!{_NO_NAME}){_TELLING}{_GIVEN}(?![{_DOING}]){_GIVEN}"
    ),
    _rule("patient", rf"{_WHO}\s*[，,]?\s*\K{_TELLING}{_GIVEN}{{1,2}}{_AFTER}"),
    _rule(
        "name with a point",
        rf"(?:{_WHO}|{_KIN}|{_LABEL}[:：])\s*\K{_POINTED}?{_AFTER}|(?:^|[。；;，,：:\s])\K{_POINTED}?(?:{_SEX_OR_AGE}|(?={_TITLE}))",
    ),
    _rule("foreigner", rf"(?:{_WHO}|{_KIN}|{_LABEL}[:：])\s*\K(?:{SEVERAL})(?![\p{{Latin}}])"),
    _rule("kinship", rf"{_KIN}\s*[（(]?\K(?!{_NO_NAME}){_TELLING}{_GIVEN}{{1,2}}(?:{_AFTER}|(?=[）)]))"),
    _rule(
        "pet name",
        rf"(?:^|[。；;，,：:\s]|{_WHO})\K[老小阿](?:{_TELLING}|{_GIVEN})(?=[，,、（(]\s*(?:男|女|\d{{1,3}}岁))",
    ),
    _rule(
        "surname alone",
        rf"(?:{_EDGE}|(?<={_WHO}|{_KIN})|(?<=[于因对由致和与请给，])){_TELLING}(?:某{{1,2}}|[×xX*＊]{{1,2}})(?![一种些个病物地医市校工社单类时指现县乡])",
    ),
    _rule(
        "sex or age",
        rf"(?:^|{_WHO}|[。；;：:\s])\s*\K{_ANY}(?:{_GIVEN}{{1,2}}|(?!{_ILL}|{_TITLE})[\u4e00-\u9fff]{{2}}(?![\u4e00-\u9fff])){_SEX_OR_AGE}",
    ),
)
