"""What a model is asked: the case to write, and the translation back. No option's name is ever in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from florey.llm.requests import Message, Request
from florey.synthesis.rewriting.brief import Brief
from florey.synthesis.rewriting.closing import Language

TOKENS = 768  # of one answer
_LANGUAGES = {"en": "English", "zh": "Chinese"}
_SYSTEM = (
    "You rewrite a list of facts as a short clinical vignette in {language}: a few natural sentences, as in an "
    "examination. Rules:\n"
    "- Tell every fact exactly once, as certain and of the patient, and call it by the given name or one of its "
    "synonyms{naming}.\n"
    "- Add no other finding, disease, drug, test result, number, duration or family history, and deny nothing that is "
    "not given as absent.\n"
    "- You may say where and with whom the patient comes to the doctor.\n"
    "- Name no diagnosis that is not given. Ask no question: one will be added after your text.\n"
    '- Answer with JSON: "case" is the text, "mentions" gives for every fact its number as "id" and as "text" the '
    "words of your text that tell it, copied exactly."
)
_ZH_NAMING = ", in Chinese medical terms, each written once"
_BACK = (
    "Translate this Chinese examination question into English, literally. Keep every medical term, every negation and "
    "the order of the diseases; add and leave out nothing. Answer with JSON."
)


def case_request(brief: Brief, language: Language, names: Mapping[str, Sequence[str]], sample: int = 0) -> Request:
    """The first question for a case. `names`: what each fact may be called, the first name first."""
    system = _SYSTEM.format(language=_LANGUAGES[language], naming=_ZH_NAMING if language == "zh" else "")
    lines = [f"{number}. {_fact(brief, node, names[node])}" for number, node in enumerate(brief.facts, 1)]
    told = brief.patient.phrase
    who = f"'{told}', and nothing else on age or sex" if told else "'the patient'; say nothing on age or sex"
    if not brief.patient.sexes:
        who += ", not even by a pronoun"
    follows = f"After your text stands: {brief.closing['en']}\n" if language == "en" else ""
    content = f"Call the patient {who}.\n{follows}Facts:\n" + "\n".join(lines)
    messages = (Message(role="system", content=system), Message(role="user", content=content))
    return Request(messages, schema=_case_schema(len(brief.facts)), max_tokens=TOKENS, sample=sample)


def asked_again(request: Request, text: str, fault: str, sample: int) -> Request:
    """The same question with the last answer and what was wrong with it."""
    turns = (
        Message(role="assistant", content=text),
        Message(role="user", content=f"Not accepted: {fault}. Write the case again, by the same rules, as JSON."),
    )
    return Request((*request.messages, *turns), schema=request.schema, max_tokens=request.max_tokens, sample=sample)


def back_request(case: str, question: str, sample: int = 0) -> Request:
    """The translation of a Chinese case by a model that sees neither the original nor what the text should say."""
    content = f"Case: {case}\nQuestion: {question}"
    messages = (Message(role="system", content=_BACK), Message(role="user", content=content))
    return Request(messages, schema=_BACK_SCHEMA, max_tokens=TOKENS, sample=sample)


def _fact(brief: Brief, node: str, names: Sequence[str]) -> str:
    first, *others = names
    also = f" (also: {'; '.join(others)})" if others else ""
    if node in brief.absent:
        return f"{first}{also}: absent, say that the patient does not have it"
    if node in brief.compared:
        return f"{first}{also}: a possible diagnosis, neither confirmed nor excluded"
    return f"{first}{also}"


def _case_schema(facts: int) -> dict[str, Any]:
    number = {"type": "integer", "enum": list(range(1, facts + 1))}
    mention = _object(id=number, text={"type": "string", "minLength": 1})
    return _object(
        case={"type": "string", "minLength": 1},
        mentions={"type": "array", "items": mention, "minItems": facts, "maxItems": 2 * facts},
    )


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


_BACK_SCHEMA = _object(case={"type": "string", "minLength": 1}, question={"type": "string", "minLength": 1})
