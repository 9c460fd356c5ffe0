"""Answers that hold to a JSON schema: asked for in words, read out of what was written, sent back if they miss."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from florey.errors import BadInput
from florey.files import canonical
from florey.llm.json_repair import json_values
from florey.llm.requests import Message, Reply, Request

if TYPE_CHECKING:
    from jsonschema.protocols import Validator  # type: ignore[import-untyped]

LONGEST_PROBLEM = 300  # characters of an error that are shown to the model


def in_words(request: Request) -> Request:
    """The same request with its schema in the last message, for models that cannot be held to it otherwise."""
    if request.schema is None:
        return request
    *before, last = request.messages
    wanted = "Answer with one JSON value that holds to this JSON Schema, and with nothing else:\n" + json.dumps(
        request.schema, ensure_ascii=False
    )
    asked = Message(role=last["role"], content=f"{last['content']}\n\n{wanted}")
    return replace(request, messages=(*before, asked), schema=None)


def read(reply: Reply, schema: dict[str, Any]) -> tuple[Any, str | None]:
    """(the JSON value, None) or (None, what is wrong with it, in words for the model)."""
    check = validator(canonical(schema))
    problem = None
    for value in json_values(reply.text, whole=reply.finish == "stop"):
        error = next(iter(check.iter_errors(value)), None)
        if error is None:
            return value, None
        problem = problem or f"at {error.json_path}: {error.message[:LONGEST_PROBLEM]}"
    if problem is None:
        problem = "it is not JSON" if reply.finish == "stop" else "it was cut off; a shorter one is needed"
    return None, problem


def asked_again(request: Request, reply: Reply, problem: str) -> Request:
    """The conversation so far and what is wrong with the answer."""
    complaint = f"This answer does not hold to the JSON Schema: {problem}. Answer again, with the JSON value alone."
    turns = (Message(role="assistant", content=reply.text), Message(role="user", content=complaint))
    return replace(request, messages=(*request.messages, *turns))


@lru_cache(maxsize=64)
def validator(schema: str) -> Validator:
    """For a schema as canonical JSON. BadInput if it is none."""
    from jsonschema import SchemaError  # type: ignore[import-untyped]
    from jsonschema.validators import validator_for  # type: ignore[import-untyped]

    wanted = json.loads(schema)
    kind = validator_for(wanted)
    try:
        kind.check_schema(wanted)
    except SchemaError as error:
        raise BadInput(f"not a JSON Schema: at {error.json_path}: {error.message}") from None
    return kind(wanted)
