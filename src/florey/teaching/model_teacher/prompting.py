"""The prompts: files in English and Chinese, known by their content hash, which every trace carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from florey.answer import show
from florey.errors import BadInput
from florey.files import digest
from florey.llm.requests import Message, Request
from florey.records import LETTERS, Question
from florey.teaching.facts import facts
from florey.teaching.model_teacher.config import TeacherConfig
from florey.teaching.problem import Problem

LANGUAGES = ("en", "zh")
KINDS = ("solve", "told", "backtracking", "path_exploration", "self_correction", "rewrite", "repair")


@cache
def source(kind: str, language: str) -> str:
    """A prompt's file; the English one for a language that has none."""
    name = f"{kind}.{language if language in LANGUAGES else 'en'}.md"
    return resources.files("florey.teaching.model_teacher").joinpath("prompts", name).read_text(encoding="utf-8")


@cache
def prompts_version() -> str:
    """16 hex digits over all prompts."""
    return digest({f"{kind}.{language}": source(kind, language) for kind in KINDS for language in LANGUAGES})


@cache
def _environment() -> Environment:
    # not escaped: these are prompts, no pages; sandboxed, so that no text in them can run anything
    return SandboxedEnvironment(autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def _template(kind: str, language: str) -> Template:
    return _environment().from_string(source(kind, language))


def solve_request(question: Question, sample: int, config: TeacherConfig) -> Request:
    """Without the answer."""
    system = _template("solve", question.language).render(max_words=config.max_words)
    return _request(system, show(question), sample, config)


def told_request(question: Question, sample: int, names: Mapping[str, str], config: TeacherConfig) -> Request:
    """With the answer, and with what the certificate says where there is one."""
    system = _template("told", question.language).render(
        letter=question.letter, max_words=config.max_words, evidence=evidence(question, names, config)
    )
    return _request(system, show(question), sample, config)


def repair_request(
    question: Question,
    text: str,
    problems: Sequence[Problem],
    kind: str,
    turn: int,
    names: Mapping[str, str],
    config: TeacherConfig,
) -> Request:
    """A refused trace with what is wrong with it, to be written anew in the manner of `kind`."""
    task = _template(kind, question.language).render(letter=question.letter).strip()
    system = _template("repair", question.language).render(
        task=task,
        problems=problems,
        evidence=evidence(question, names, config),
        text=text,
        letter=question.letter,
        max_words=config.max_words,
    )
    return _request(system, show(question), turn, config)


def evidence(question: Question, names: Mapping[str, str], config: TeacherConfig) -> tuple[str, ...]:
    """What is told beside the answer: what the certificate says of each option, one line each; nothing where there is
    none, or the settings forbid it."""
    try:
        known = facts(question, names) if config.evidence else None
    except BadInput:
        known = None
    if known is None:
        return ()
    return tuple(
        f"{LETTERS[reading.option]} {reading.name}: "
        + (", ".join(f"{label} {word}" for label, word in zip(known.labels, reading.words, strict=False)) or "nothing")
        for reading in known.best
    )


def _request(system: str, user: str, sample: int, config: TeacherConfig) -> Request:
    messages = (Message(role="system", content=system), Message(role="user", content=user))
    return Request(
        messages,
        sample=sample,
        max_tokens=config.max_tokens,
        temperature=config.temperature,
        top_p=config.top_p,
        seed=config.seed,
    )
