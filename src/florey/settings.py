"""Settings from a YAML file into a pydantic model, with errors that name file, line and key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from florey.errors import BadInput, nearest

M = TypeVar("M", bound=BaseModel)


def load_settings(path: Path | None, model: type[M], what: str, overrides: Iterable[str] = ()) -> M:
    """Reads a YAML file (None: an empty one) as `model` and applies `key.sub=value` overrides (values are YAML).

    `what`: how errors call it.

    Raises BadInput naming file, line and key, with the nearest known key.
    """
    try:
        text = path.read_text(encoding="utf-8") if path else "{}"
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise BadInput(f"{path}: cannot read the {what} ({reason})") from None
    try:
        root, data = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that is none
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise BadInput(f"{where}: not YAML: {problem}") from None
    if not isinstance(data, dict):
        needed = [repr(name) for name, field in model.model_fields.items() if field.is_required()]
        least = f" with at least {', '.join(needed)}" if needed else ""
        raise BadInput(f"{path}: expected a {what} (a mapping{least}), found {type(data).__name__}")
    places = {}
    for override in overrides:
        key, value = _split_override(override)
        places[_put(data, key, value, override)] = f"--set {override}"
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise BadInput(_explain(error, model, what, path, root, places)) from None


def _split_override(override: str) -> tuple[tuple[str, ...], Any]:
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise BadInput(f"--set {override}: expected key=value, for example --set seed=1")
    try:
        return tuple(key.strip().split(".")), yaml.safe_load(value)
    except (yaml.YAMLError, ValueError):
        raise BadInput(f"--set {override}: the value is not YAML") from None


def _put(data: dict[str, Any], key: tuple[str, ...], value: Any, override: str) -> tuple[str, ...]:
    """Sets `key` in `data`; returns it, or the group above it that had to be made first."""
    made = key
    for depth, part in enumerate(key[:-1], 1):
        if data.get(part) is None:
            data[part] = {}
            made = min(made, key[:depth], key=len)
        data = data[part]
        if not isinstance(data, dict):
            raise BadInput(f"--set {override}: '{part}' is not a group of settings")
    data[key[-1]] = value
    return made


def _explain(
    error: ValidationError,
    model: type[BaseModel],
    what: str,
    path: Path | None,
    root: Any,
    places: dict[tuple[str, ...], str],
) -> str:
    # an unknown key first: it is often the misspelt one that another error misses
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    location, known = _place(model, tuple(str(part) for part in first["loc"]))
    name = ".".join(location) or f"the {what}"
    overridden = [key for key in places if location[: len(key)] == key]
    where = places[max(overridden, key=len)] if overridden else f"{path}, line {_line(root, location)}"
    if first["type"] == "extra_forbidden":
        return f"{where}: unknown key '{name}'{nearest(location[-1], known)}"
    message = first["msg"].removeprefix("Value error, ")
    given = "" if isinstance(first["input"], dict) else f", got {first['input']!r}"
    return f"{where}: {name}: {message}{given}"


def _line(node: Any, location: tuple[str, ...]) -> int:
    """The 1-based line of the deepest part of `location` that stands in the file."""
    line = 1
    for part in location:
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            found = (node.value[int(part)], node.value[int(part)])
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def _place(model: type[BaseModel], location: tuple[str, ...]) -> tuple[tuple[str, ...], list[str]]:
    """Where in the file an error is, and the keys that the group there knows.

    Pydantic names in the location also the branch of a union that it took, by its tag: that stands in no file.
    """
    place: list[str] = []
    known: list[str] = []
    annotation: Any = model
    for part in location:
        kinds = list(_models(annotation))
        fields = {field.alias or name: field for kind in kinds for name, field in kind.model_fields.items()}
        tagged = [kind for kind in kinds if "kind" in kind.model_fields and kind.model_fields["kind"].default == part]
        if tagged and place and place[-1].isdigit():
            annotation = tagged[0]
            continue
        place.append(part)
        if get_origin(annotation) is dict:  # the key is the user's own
            annotation = get_args(annotation)[1]
        elif not part.isdigit():
            annotation = fields[part].annotation if part in fields else None
            known = sorted(fields)
    return tuple(place), known


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a value of that type can be or hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
