"""Invented questions with copies planted among them, for measuring the search for duplicates.

Four kinds: short exam questions, long vignettes, short Chinese ones, and questions from a graph. Stem and options
together have about as many characters as those of MedMCQA (156), MedQA (833) and CMExam (64) on the average. Sentences
come from a few patterns, so that questions have more in common than real ones do; names of findings and diseases are
those of HPO, from its package.

Of every hundred questions three are exact copies (options shuffled, case and spacing changed), three near copies
(edited, Jaccard similarity of 0.8 to 1) and two were edited further (0.5 to 0.8) and are to be kept.
"""

# ruff: noqa: SIM905 - lists of words read better as words

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from florey.curation.duplicates import jaccard, tokens
from florey.graph.sources.hpo import Hpo
from florey.records import ANSWER, Condition, Question

THRESHOLD = 0.8
SHARES = {"exact": 0.03, "near": 0.03, "edited": 0.02}
SHORT = (
    "All of the following are seen in {d} except",
    "Which of the following is the most characteristic feature of {d}?",
    "{f} in a patient with {f} is most commonly associated with which of the following conditions",
    "A {n} year old {who} presents with {f} and {f}. What is the most likely diagnosis?",
    "A {n}-year-old {who} with {f} for {m} days is found to have {f} and {f}. Next step in management is",
    "{f}, {f} and {f} together are a feature of",
    "True about {d} is all, except",
    "Investigation of choice in a {who} of {n} years with suspected {d} who presents with {f} is",
    "Which one of the following statements about {d} and its relation to {f} is correct?",
    "In {d}, which of these findings is least likely to be present at the age of {n} years?",
    "A {who} known to have {d} develops {f} after {m} weeks of treatment. The most probable cause is",
    "Gene defect responsible for {d} with {f} is located on",
)
OPENING = (
    "A {n}-year-old {who} is brought to the emergency department because of {f} that began {m} hours ago.",
    "A {n}-year-old {who} comes to the physician because of a {m}-week history of {f} and {f}.",
    "A previously healthy {n}-year-old {who} presents to the clinic with {f} and progressive {f}.",
    "A {n}-year-old {who} is evaluated for {f} noticed by the family over the past {m} months.",
)
HISTORY = (
    "The patient reports {f} on most days but denies {f}.",
    "There is no history of trauma, travel or recent infection.",
    "Past medical history is significant for {d}, for which no medication is taken.",
    "A sibling was diagnosed with {d} at the age of {n} years.",
    "Symptoms are worse in the morning and are relieved within {m} minutes by rest.",
    "Immunizations are up to date and growth has been along the {n}th percentile.",
    "The patient has smoked {m} cigarettes daily for {n} years and drinks alcohol on weekends.",
    "Over the last {m} weeks {f} has become more frequent.",
)
SIGNS = (
    "Temperature is 37.{t} C, pulse is {p}/min, respirations are 1{t}/min, and blood pressure is 1{t}{u}/{p} mm Hg.",
    "Physical examination shows {f} and {f}; the remainder of the examination shows no abnormalities.",
    "Examination is notable for {f}, and there is mild {f} on the left side.",
    "Studies show a hemoglobin of 1{t}.{u} g/dL, leukocytes of {p},{u}00/mm3 and a creatinine of 0.{t} mg/dL.",
    "Imaging of the chest is unremarkable, while ultrasonography suggests {f}.",
    "Serum sodium is 13{t} mEq/L, potassium is 4.{u} mEq/L and calcium is 9.{t} mg/dL.",
)
ASKED = (
    "Which of the following is the most likely diagnosis?",
    "Which of the following is the most likely underlying cause of these findings?",
    "What is the most appropriate next step in management of this patient?",
)
CHINESE = (
    "患者，{性}，{n}岁。{症}{m}天，伴{症}、{症}。查体：{征}，体温38.{t}℃。最可能的诊断是",
    "关于{病}的叙述，下列哪项是错误的",
    "{病}患者出现{症}时，首选的检查方法是",
    "{性}，{n}岁，反复{症}{m}年，加重伴{症}{t}天，既往有{病}史。该患者首先考虑的治疗措施是",
    "下列不属于{病}临床表现的是",
    "{n}岁{性}患者因{症}就诊，检查发现{征}，血红蛋白{p}g/L，应诊断为",
    "{药}的主要不良反应是",
    "治疗{病}时，{药}与{药}合用可引起",
    "可用于{病}引起的{症}的药物是",
    "{药}抑制细菌生长的机制是影响",
)
PLACES = "左侧胸部 右上腹 下腹 腰背 颈项 双下肢 前额 咽喉 肩关节 膝部 眼眶 耳后 心前区 剑突下 会阴 足底".split()
QUALITIES = "阵发性 持续性 间断 夜间 活动后 进食后 剧烈 轻微 突发 进行性 晨起 无痛性".split()
COMPLAINTS = """发热 咳嗽 疼痛 绞痛 头晕 乏力 心悸 气促 恶心呕吐 腹泻 便血 水肿 肿痛 皮疹 视物模糊 尿频尿急
消瘦 盗汗 咯血 黄疸 麻木 抽搐 瘙痒 僵硬""".split()
FOUND = "湿啰音 肿大 压痛 反跳痛 杂音 叩击痛 淋巴结肿大 反射亢进 感觉减退 包块 浊音 紫癜".split()
ORGANS = "肺 肝 肾 心 胃 脾 胰 脑 骨 甲状腺 膀胱 结肠 食管 皮肤 前列腺 子宫 卵巢 乳腺 角膜 主动脉 胆囊 垂体".split()
DISORDERS = "炎 脓肿 结核 囊肿 恶性肿瘤 良性肿瘤 功能不全 出血 纤维化 梗死 结石 损伤 综合征 变性 狭窄".split()
STAGES = "急性 慢性 原发性 继发性 先天性 老年性 药物性 复发性 遗传性 特发性".split()
SYLLABLES = (
    "阿莫西林罗红霉素头孢克洛替硝唑氟康地平卡托普利美沙坦辛伐他汀格列本脲奥拉米呋塞螺内酯华法肝氯吡雷尼索布洛芬萘普"
)
PATIENTS = ("man", "woman", "boy", "girl", "patient")
SHORT_NAME = 24
FILL = "usually however today clearly often perhaps recently mostly again later".split()


@dataclass
class Corpus:
    """Questions in random order, and which of them were planted: (id of the copy, id of its original) by kind."""

    questions: list[Question] = field(default_factory=list)
    planted: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: {kind: [] for kind in SHARES})


Make = Callable[[random.Random], Question]


@cache
def _names(longest: int = 60) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Findings and diseases, as a sentence has them, of so many characters at the most."""
    nodes = list(Hpo().nodes())
    findings = sorted(
        {node.name[0].lower() + node.name[1:] for node in nodes if node.type == "finding" and len(node.name) <= longest}
    )
    diseases = sorted({node.name for node in nodes if node.type == "disease" and len(node.name) <= longest})
    return tuple(findings), tuple(diseases)


def _filled(draw: random.Random, pattern: str, longest: int = 60) -> str:
    findings, diseases = _names(longest)
    values: dict[str, Callable[[], str]] = {
        "{f}": lambda: draw.choice(findings),
        "{d}": lambda: draw.choice(diseases),
        "{n}": lambda: str(draw.randint(2, 89)),
        "{m}": lambda: str(draw.randint(2, 30)),
        "{p}": lambda: str(draw.randint(58, 119)),
        "{t}": lambda: str(draw.randint(0, 9)),
        "{u}": lambda: str(draw.randint(0, 9)),
        "{who}": lambda: draw.choice(PATIENTS),
        "{症}": lambda: _complaint(draw),
        "{征}": lambda: draw.choice(PLACES) + draw.choice(FOUND),
        "{病}": lambda: _disorder(draw),
        "{药}": lambda: _drug(draw),
        "{性}": lambda: draw.choice("男女"),
    }
    for slot, value in values.items():
        while slot in pattern:
            pattern = pattern.replace(slot, value(), 1)
    return pattern


def _disorder(draw: random.Random) -> str:
    """One of three is named after somebody."""
    named = "".join(draw.sample(SYLLABLES, 3)) if draw.random() < 0.33 else draw.choice(STAGES)
    return named + draw.choice(ORGANS) + draw.choice(DISORDERS)


def _complaint(draw: random.Random) -> str:
    return "".join(draw.choice(each) for each in (PLACES, QUALITIES, COMPLAINTS)[draw.randrange(3) :])


def _drug(draw: random.Random) -> str:
    return "".join(draw.sample(SYLLABLES, draw.randint(3, 5)))


def _question(draw: random.Random, stem: str, options: list[str], **more: object) -> Question:
    return Question.model_validate(
        {"id": _id(draw), "stem": stem, "options": tuple(options), "gold": draw.randrange(4), "source": "perf", **more}
    )


def _id(draw: random.Random) -> str:
    return f"q-{draw.getrandbits(64):016x}"


def short(draw: random.Random) -> Question:
    options = draw.sample(draw.choice(_names(SHORT_NAME)), 4)
    if draw.random() < 0.1:
        options[3] = "None of the above"
    return _question(draw, _filled(draw, draw.choice(SHORT), SHORT_NAME), options)


def long(draw: random.Random) -> Question:
    sentences = [
        draw.choice(OPENING),
        *draw.sample(HISTORY, draw.randint(2, 4)),
        *draw.sample(SIGNS, draw.randint(2, 3)),
    ]
    stem = " ".join(_filled(draw, sentence) for sentence in [*sentences, draw.choice(ASKED)])
    return _question(draw, stem, draw.sample(_names()[1], 4))


def chinese(draw: random.Random) -> Question:
    made = draw.choice((_disorder, _complaint, _drug))
    options: dict[str, None] = {}
    while len(options) < 4:
        options[made(draw) + draw.choice(("", "、" + made(draw)))] = None
    return _question(draw, _filled(draw, draw.choice(CHINESE)), list(options), language="zh")


def from_graph(draw: random.Random) -> Question:
    """A disease by four findings; ids are places in the lists of names."""
    findings, diseases = _names()
    found, tried = (draw.sample(range(len(names)), 4) for names in (findings, diseases))
    return _question(
        draw,
        f"A patient has {', '.join(findings[each] for each in found)}. Which one of these diseases explains all of it?",
        [diseases[each] for each in tried],
        option_ids=tuple(f"OMIM:{each:06}" for each in tried),
        conditions=tuple(Condition(subject=ANSWER, relation="has_finding", object=f"HP:{each:07}") for each in found),
    )


def exact_copy(draw: random.Random, question: Question) -> Question:
    """Options in another order, and what typing changes."""
    order = draw.sample(range(4), 4)
    spaced = question.stem.replace(" ", "  ", 1)
    return question.model_copy(
        update={
            "id": _id(draw),
            "stem": spaced.upper() if draw.random() < 0.5 else f" {spaced} ",
            "options": tuple(f"{question.options[i]}." for i in order),
            "option_ids": tuple(question.option_ids[i] for i in order) if question.option_ids else (),
            "gold": order.index(question.gold),
        }
    )


def edited(draw: random.Random, question: Question) -> Question:
    """A word more, or one finding of a question from a graph fewer."""
    if question.conditions:
        listed, _, asked = question.stem.rpartition(". ")
        stem = f"{listed.rpartition(', ')[0]}. {asked}"
        return question.model_copy(update={"conditions": question.conditions[:-1], "stem": stem})
    unit = "" if question.language == "zh" else " "
    words = question.stem.split(" ") if unit else list(question.stem)
    at = draw.choice((0, len(words), draw.randrange(len(words))))
    word = draw.choice(FILL) if unit else draw.choice(SYLLABLES)
    return question.model_copy(update={"stem": unit.join([*words[:at], word, *words[at:]])})


def copies(draw: random.Random, kind: str, question: Question) -> Iterator[Question]:
    """The copy, or nothing where the question is too short for one of this kind."""
    if kind == "exact":
        yield exact_copy(draw, question)
        return
    low, high = (THRESHOLD, 1.0) if kind == "near" else (0.5, THRESHOLD)
    copy, likeness = question, 1.0
    while likeness >= high and (copy is question or not question.conditions or copy.conditions):
        copy = edited(draw, copy)
        likeness = jaccard(tokens(copy), tokens(question))
    if low <= likeness < high:
        yield copy.model_copy(update={"id": _id(draw)})


def corpus(count: int, shares: dict[Make, float], seed: int = 0) -> Corpus:
    """`count` questions of these kinds, of which the planted ones are a part."""
    draw = random.Random(seed)
    made = Corpus()
    makers, weights = list(shares), list(shares.values())
    while len(made.questions) < count:
        question = draw.choices(makers, weights)[0](draw)
        made.questions.append(question)
        chance = draw.random() * (1 - sum(SHARES.values()))  # the copies are a share of all, not of the originals
        for kind, share in SHARES.items():
            if 0 <= chance < share:
                for copy in copies(draw, kind, question):
                    made.questions.append(copy)
                    made.planted[kind].append((copy.id, question.id))
            chance -= share
    draw.shuffle(made.questions)
    made.questions = [Question.model_validate_json(each.model_dump_json()) for each in made.questions]  # as from a file
    return made
