"""Prompts by name: Florey's own, and those that others ask the benchmarks with, each a file with where it is from.

The name of a prompt says whose words they are; its version is a digest of them, so that two figures under one version
were asked in the same words.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from florey.answer import INSTRUCTION, show
from florey.errors import BadInput, nearest
from florey.files import digest
from florey.llm.requests import Message
from florey.records import LETTERS, Question, Reading, Record
from florey.settings import load_settings

FOLDER = Path(__file__).parent / "texts"
OFFICIAL = "official"
"""Instead of a name: for each benchmark the prompt that was written for it, where there is one, else Florey's."""


class Prompt(Record):
    """How a question is put.

    In `system`, `user` and `then` are filled in: {context}, {stem}, {options}, {letters} ("A, B, or C"), {last}
    (letter), {specialty}, and {shown}, the question as Florey shows it.
    """

    name: str
    source: str = Field(description="whose words these are, and where they stand")
    reading: Reading = Field(description="where the answer stands that it asks for")
    languages: tuple[Literal["en", "zh"], ...] = ("en",)
    benchmarks: tuple[str, ...] = Field((), description="those that it was written for; none: any")
    system: str | None = None
    user: str
    then: str | None = Field(None, description="a second turn, where the answer is asked for apart from the thought")
    context: str = Field("{context}\n\n", description="how {context} is written, where a question has one")
    option: str = Field("{letter}. {text}", description="how one of {options} is written")
    between: str = Field("\n", description="what stands between {options}")

    @property
    def version(self) -> str:
        """12 hex digits over all that a model sees of it."""
        seen = {name: getattr(self, name) for name in ("system", "user", "then", "context", "option", "between")}
        return digest(seen, 12)

    @property
    def shows_letters(self) -> bool:
        """Whether it shows the options, with their letters."""
        return "{options}" in self.user or "{shown}" in self.user

    def messages(self, question: Question) -> tuple[Message, ...]:
        """What is asked first."""
        filled = self._filled(question)
        user = Message(role="user", content=self.user.format(**filled))
        if self.system is None:
            return (user,)
        return Message(role="system", content=self.system.format(**filled)), user

    def second(self, question: Question) -> str | None:
        """What is asked in the second turn, where there is one."""
        return None if self.then is None else self.then.format(**self._filled(question))

    def _filled(self, question: Question) -> dict[str, str]:
        letters = LETTERS[: len(question.options)]
        options = (
            self.option.format(letter=letter, text=text) for letter, text in zip(letters, question.options, strict=True)
        )
        return {
            "context": self.context.format(context=question.context) if question.context else "",
            "stem": question.stem,
            "options": self.between.join(options),
            "letters": f"{', '.join(letters[:-1])}{',' * (len(letters) > 2)} or {letters[-1]}",
            "last": letters[-1],
            "specialty": question.specialty or "medicine",
            "shown": show(question),
        }


FLOREY = Prompt(
    name="florey",
    source="The format of Fleming-R1 (arXiv 2509.15279, section 3.3), in Florey's words",
    reading="tags",
    languages=("en", "zh"),
    system=INSTRUCTION,
    user="{shown}",
)
"""What Florey trains and evaluates with unless told otherwise."""


@cache
def _all() -> dict[str, Prompt]:
    found = {FLOREY.name: FLOREY}
    for file in sorted(FOLDER.glob("*.yaml")):
        prompt = load_settings(file, Prompt, "prompt")
        found[prompt.name] = prompt
    return found


def prompt_names() -> list[str]:
    """Florey's own first."""
    return list(_all())


def prompt_named(name: str, benchmark: str | None = None) -> Prompt:
    """`benchmark`: the source of the questions, which decides where the name is "official".

    BadInput with the nearest name where there is none.
    """
    if name == OFFICIAL:
        return next((prompt for prompt in _all().values() if benchmark in prompt.benchmarks), FLOREY)
    if name not in _all():
        known = [*_all(), OFFICIAL]
        raise BadInput(f"prompt: no '{name}'{nearest(name, known)}; there are {', '.join(known)}")
    return _all()[name]
