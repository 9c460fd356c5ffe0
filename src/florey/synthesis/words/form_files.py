"""The forms that come with Florey (`forms/*.yaml`), and those that a metapath file brings of its own.

    openings:                    # named sentences that tell the evidence, by what they tell
      findings:
        clinic: "{patient} has {f}."
        tests: {text: "Symptoms and signs: {f.signs}. Laboratory: {f.lab}.", needs: [lab]}
    findings_to_gene:            # a kind of question
      forms: ["Findings: {f:exact}. Which gene …?"]      # each a text, or {text: …, needs: […]}
      openings: findings         # further forms: each of those openings, followed by each of
      closings: ["Which gene …?", …]                     # these

The order counts: `forms=N` limits a choice to the first N, and the first is the short one. Forms made of an opening and
a closing follow in rounds: first every opening once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from florey.errors import BadInput, nearest
from florey.synthesis.words.grammar import Form, parse_form

LEAST = 12
"""Forms that fit every scene, at least, of each kind here."""
_KEYS = ("forms", "openings", "closings")
_FORM_KEYS = ("text", "needs")


class _Marked(str):
    """A text that knows its line."""

    line: int


class _Loader(yaml.SafeLoader):
    pass


def _marked(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> _Marked:
    text = _Marked(loader.construct_scalar(node))
    text.line = node.start_mark.line + 1
    return text


_Loader.add_constructor("tag:yaml.org,2002:str", _marked)


@cache
def built_in() -> Mapping[str, tuple[Form, ...]]:
    """The forms by kind of question. BadInput naming file and line."""
    folder = files("florey.synthesis.words").joinpath("forms")
    texts = {
        entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".yaml")
    }
    return read_forms(dict(sorted(texts.items())))


def read_forms(texts: Mapping[str, str], least: int = LEAST) -> dict[str, tuple[Form, ...]]:
    """The forms of all files, given as text by name; openings of one file serve in all."""
    read = {name: _load(name, text) for name, text in texts.items()}
    openings: dict[str, dict[str, Form]] = {}
    for name, data in read.items():
        for group, members in _mapping(data.pop("openings", {}), f"{name}: openings").items():
            place = f"{name}: openings.{group}"
            openings[group] = {key: _form(form, f"{place}.{key}") for key, form in _mapping(members, place).items()}
    found: dict[str, tuple[Form, ...]] = {}
    for name, data in read.items():
        for kind, declared in data.items():
            where = f"{_place(kind, name)}: {kind}"
            if kind in found:
                raise BadInput(f"{where}: has its forms elsewhere already")
            found[kind] = forms_of(declared, where, openings, least=least)
    return found


def forms_of(
    declared: Any,
    where: str,
    openings: Mapping[str, Mapping[str, Form]] | None = None,
    *,
    variables: Iterable[str] | None = None,
    least: int = 1,
) -> tuple[Form, ...]:
    """The forms of one kind, from a list of forms or a mapping as in the head of this module.

    Every form must name the same variables: `variables`, or those of the first. `least`: how many must fit
    every scene. BadInput, beginning with `where`, names what is wrong.
    """
    known = openings or {}
    data = declared if isinstance(declared, Mapping) else {"forms": declared}
    if wrong := sorted(set(data) - set(_KEYS)):
        raise BadInput(f"{where}: unknown key '{wrong[0]}'{nearest(wrong[0], _KEYS)}; known: {', '.join(_KEYS)}")
    found = [_form(text, f"{where}: form {i}") for i, text in enumerate(_list(data, "forms", where), 1)]
    closings = [_form(text, f"{where}: closing {i}") for i, text in enumerate(_list(data, "closings", where), 1)]
    first = _openings(data.get("openings"), known, where) if closings else []
    for shift in range(len(closings)):
        for i, opening in enumerate(first):
            closing = closings[(i + shift) % len(closings)]
            needs = sorted(opening.needs | closing.needs)
            between = "" if opening.text.endswith("\n") else " "
            found.append(parse_form(opening.text + between + closing.text, needs, where=where))
    if not found:
        raise BadInput(f"{where}: no forms")
    _same_variables(found, frozenset(variables) if variables is not None else found[0].variables, where)
    if not found[0].universal:
        raise BadInput(f"{where}: the first form must do without needs and without a patient: {found[0].text!r}")
    if (plain := len({form.text for form in found if form.universal})) < least:
        raise BadInput(f"{where}: {plain} different forms that fit every scene, expected at least {least}")
    return tuple(found)


def _same_variables(forms: Sequence[Form], expected: frozenset[str], where: str) -> None:
    for form in forms:
        for name in sorted(form.mentioned - expected):
            known = ", ".join(sorted(expected))
            raise BadInput(f"{where}: unknown slot '{name}' in {form.text!r}{nearest(name, expected)}; known: {known}")
        for name in sorted(expected - form.variables):
            raise BadInput(
                f"{where}: the slot '{name}' is missing in {form.text!r}; every form must tell all conditions"
            )


def _openings(named: Any, known: Mapping[str, Mapping[str, Form]], where: str) -> list[Form]:
    """The openings of a group."""
    if isinstance(named, str):
        if named not in known:
            raise BadInput(f"{where}: no openings '{named}'{nearest(named, known)}; known: {', '.join(sorted(known))}")
        return list(known[named].values())
    raise BadInput(f"{where}: closings need openings: one of {', '.join(sorted(known)) or 'none, there are none'}")


def _form(value: Any, where: str) -> Form:
    data = value if isinstance(value, Mapping) else {"text": value}
    text, needs = data.get("text"), data.get("needs", [])
    if wrong := sorted(set(data) - set(_FORM_KEYS)):
        raise BadInput(f"{where}: unknown key '{wrong[0]}'{nearest(wrong[0], _FORM_KEYS)}")
    if not isinstance(text, str) or not isinstance(needs, list):
        raise BadInput(f"{where}: expected a text, or a mapping with 'text' and 'needs' (a list)")
    line = f", line {text.line}" if isinstance(text, _Marked) else ""
    return parse_form(str(text), [str(need) for need in needs], where=where + line)


def _list(data: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = data.get(key, [])
    if not isinstance(value, list | tuple):
        raise BadInput(f"{where}: {key}: expected a list, found {type(value).__name__}")
    return list(value)


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInput(f"{where}: expected a mapping, found {type(value).__name__}")
    return value


def _place(kind: str, name: str) -> str:
    return f"{name}, line {kind.line}" if isinstance(kind, _Marked) else name


def _load(name: str, text: str) -> dict[str, Any]:
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader that keeps the lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}, line {mark.line + 1}" if mark else name
        raise BadInput(f"{place}: not YAML: {getattr(error, 'problem', None) or error}") from None
    return _mapping(data, name)
