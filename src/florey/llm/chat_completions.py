"""The wire format of OpenAI's chat completions: what is sent, and what is read out of what comes back."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from email.utils import parsedate_to_datetime
from itertools import accumulate
from typing import Any

from florey.errors import BadInput
from florey.llm.faults import Fault
from florey.llm.requests import Reply, Request, Usage

PARAMETERS = ("max_tokens", "temperature", "top_p", "seed")
"""Parameters that some models do not take."""
_DEFAULTS = {field.name: field.default for field in fields(Request)}
THOUGHTS = ("reasoning_content", "reasoning")
"""Where servers put a thought that they hand out apart from the answer: DeepSeek, llama.cpp and vLLM; newer vLLM and
OpenRouter."""
TOP_TOKENS = 20
"""The most likely ones that are asked for at each place; servers give no more."""
CONTINUING = {
    "continue_final_message": True,
    "add_generation_prompt": False,
    "chat_template_kwargs": {"enable_thinking": False},
}
"""How vLLM and SGLang are told that the last message goes on. llama.cpp sees it by itself, but refuses it for a model
that thinks unless thinking is off."""
_PLAIN = Request(())
_TAG = re.compile(r"</?(?:think|answer)>")
_UNSUPPORTED = re.compile(rf"(?i)unsupported (?:parameter|value)\W+({'|'.join(PARAMETERS)})\b")


class Unsupported(Fault):
    """HTTP 400: the model does not take this parameter, or not this value of it."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__("rejected", message, retryable=False)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a model wants to be spoken to, as far as its refusals have told."""

    length: str = "max_tokens"  # the name of the limit; newer models of OpenAI have another
    unsent: frozenset[str] = frozenset()  # left to the model where a request has the default

    def body(self, model: str, request: Request) -> dict[str, Any]:
        """The call's JSON."""
        body: dict[str, Any] = {"model": model, "messages": list(request.messages), self.length: request.max_tokens}
        for name in ("temperature", "top_p"):
            value = getattr(request, name)
            if name not in self.unsent or value != _DEFAULTS[name]:
                body[name] = value
        if request.seed is not None:
            body["seed"] = request.seed + request.sample  # trials under one seed still differ
        if request.schema is not None:
            wanted = {"name": "answer", "schema": request.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        if request.likely_after is not None:
            body |= {"logprobs": True, "top_logprobs": TOP_TOKENS}
        if request.continues:
            body |= CONTINUING
        return body

    def without(self, refused: Unsupported, request: Request) -> Dialect:
        """The dialect once the model has refused a parameter of this request. BadInput if the request insists on it."""
        name = refused.parameter
        if name == "max_tokens":
            return replace(self, length="max_completion_tokens")
        if (value := getattr(request, name)) != _DEFAULTS[name]:
            raise BadInput(
                f"the model does not take {name} {value:g} ({refused}); "
                f"leave {name} at its default, or ask another model"
            )
        return replace(self, unsent=self.unsent | {name})


def read_reply(body: str, request: Request = _PLAIN) -> Reply:
    """Reads a chat completion, trusting no field of it, as far as the request wants it. Fault if it is none."""
    try:
        completion = json.loads(body)
        choice = completion["choices"][0]
        finish = choice["finish_reason"]
        text = _whole(choice["message"], finish, request)
        read = _usage(completion.get("usage") or {})
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise Fault("malformed reply", f"not a chat completion: {body[:80]!r}") from None
    if finish == "content_filter" or choice["message"].get("refusal"):
        raise Fault("refused", "the server's content filter gave no answer", retryable=False)
    if not isinstance(text, str) or finish not in ("stop", "length"):
        raise Fault("malformed reply", f"neither text nor an end: finish_reason {finish!r}")
    likely = None if request.likely_after is None else _likely(choice, request.likely_after)
    return Reply(text, finish, read, likely=likely)


def _usage(usage: Mapping[str, Any]) -> Usage:
    """Some servers count a thought in the total alone."""
    prompt, written, total = (int(usage.get(f"{name}_tokens") or 0) for name in ("prompt", "completion", "total"))
    return Usage(prompt, max(written, total - prompt) if prompt else written)


Likely = tuple[tuple[str, float], ...]
"""Tokens with their log-probabilities, the likeliest first."""


def _likely(choice: Mapping[str, Any], after: str) -> Likely | None:
    """See `likely_behind`; None where the server gave no log-probabilities."""
    try:
        places = choice["logprobs"]["content"]
        tokens = [str(place["token"]) for place in places]
        tops = [[(str(top["token"]), float(top["logprob"])) for top in place["top_logprobs"]] for place in places]
    except (KeyError, TypeError, ValueError):
        return None
    return likely_behind(tokens, tops, after)


def likely_behind(tokens: Sequence[str], tops: Sequence[Sequence[tuple[str, float]]], after: str) -> Likely | None:
    """The likely tokens where a model wrote the first character behind the last match of the pattern `after`; None
    where nothing stands there. `tops[i]` are those that were likely in the place of `tokens[i]`.

    A token may begin before that character (">B"); of the others at its place those count that begin like it.
    """
    written = "".join(tokens)
    at = last_end(after, written)
    if at is None or at == len(written):
        return None
    starts = accumulate(map(len, tokens), initial=0)
    number, start = max((number, start) for number, start in enumerate(starts) if start <= at and number < len(tokens))
    before = tokens[number][: at - start]
    if not before.strip():
        return tuple((token.lstrip(), value) for token, value in tops[number])
    return tuple((token.removeprefix(before), value) for token, value in tops[number] if token.startswith(before))


def last_end(pattern: str, text: str) -> int | None:
    """Where the last match of a pattern ends."""
    return max((found.end() for found in re.finditer(pattern, text)), default=None)


def _whole(message: Mapping[str, Any], finish: str, request: Request) -> Any:
    """The text; where it gives an answer without its thought, behind the thought that came apart from it.

    Any other text is left as it is: who asks for JSON or for prose wants no thoughts in it. A completion that was cut
    while it still thought has no text yet, and an empty one is read as that; only one that is to be scored is what it
    thought so far. Where a turn goes on, some servers take all that comes for a thought.
    """
    text = message.get("content")
    thoughts = (message.get(name) for name in THOUGHTS)
    thought = next((said.strip() for said in thoughts if isinstance(said, str) and said.strip()), None)
    if request.continues:
        return text or thought or text
    if thought and isinstance(text or "", str) and "<think>" not in (text or ""):
        said = _TAG.sub("", thought).strip()  # it may speak of the tags that are to be written; they answer nothing
        if text and text.strip() and (request.measured or "<answer>" in text):
            return f"<think>{said}</think>{text.strip()}"
        if not text and finish == "length" and request.measured:
            return f"<think>{said}"
    return "" if text is None and finish == "length" else text


def error_text(body: str) -> str:
    """The message in an error's body, in whichever of the usual places it stands."""
    try:
        error = json.loads(body)
    except ValueError:
        return body.strip()
    for name in ("error", "message", "detail"):
        if isinstance(error, dict) and name in error:
            error = error[name]
    return error if isinstance(error, str) else json.dumps(error)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from a header that gives seconds, milliseconds or a date; None if there is none that can be read."""
    try:
        if "retry-after-ms" in headers:
            seconds = float(headers["retry-after-ms"]) / 1000
        elif re.fullmatch(r"[\d.]+", text := headers["retry-after"].strip()):
            seconds = float(text)
        else:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
    except (KeyError, ValueError, TypeError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def unsupported(body: str) -> str | None:
    """The parameter that an error's body says the model does not take, in OpenAI's words or its codes."""
    try:
        error = json.loads(body)["error"]
        if str(error["code"]).startswith("unsupported") and error["param"] in PARAMETERS:
            return str(error["param"])
    except (ValueError, KeyError, TypeError):
        pass
    found = _UNSUPPORTED.search(error_text(body))
    return found.group(1) if found else None
