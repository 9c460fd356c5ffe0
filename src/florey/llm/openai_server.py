"""A server that speaks OpenAI's chat completions, as a backend: every failure becomes a Fault or a BadInput."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from florey.errors import BadInput, nearest
from florey.llm.chat_completions import Dialect, Unsupported, error_text, read_reply, retry_after, unsupported
from florey.llm.faults import Fault
from florey.llm.prefill import OPENING, opens_thought
from florey.llm.requests import Reply, Request
from florey.llm.settings import LlmSettings
from florey.llm.structured import in_words

if TYPE_CHECKING:
    import openai

PATH = "/chat/completions"
CONNECT_S = 10.0
SLOWEST, SHORTEST_S = 4.0, 120.0
"""Where no time is set: tokens a second that a server writes at least, and the least time that is waited."""
NO_KEY = "none"  # servers without keys take any
SHORTEST_SECRET = (
    8  # "x" or "EMPTY", given to servers without keys, are no secrets; striking them out would damage answers
)
LONGEST_EXCERPT = 300  # characters of a server's own words in an error
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class OpenAIServer:
    """Plain calls, not streams: a body is whole or it is a Fault. The package's own retries are off: the client counts.

    The key is read from the environment here and nowhere else, and struck out of whatever the server says.
    """

    def __init__(self, settings: LlmSettings) -> None:
        """BadInput for a base URL or a variable's name that cannot be one."""
        self.model = settings.model
        self._settings = settings
        self._key = _key_from_environment(settings.api_key_env)
        self._in_words = settings.schema_mode == "prompt"
        self._continues = True  # until it refuses
        self._opening: asyncio.Task[bool] | None = None
        self._dialect = Dialect()
        self._server = self._connect(settings)

    def _connect(self, settings: LlmSettings) -> openai.AsyncOpenAI:
        import httpx2
        import openai

        host = _checked_host(settings.base_url)
        most = settings.max_concurrency
        connections = openai.DefaultAsyncHttpxClient(
            limits=httpx2.Limits(max_connections=most, max_keepalive_connections=max(8, most // 8)),
            timeout=httpx2.Timeout(None, connect=CONNECT_S),  # the whole call has its own, see `complete`
            trust_env=host not in LOOPBACK,  # no proxy stands between this machine and itself
        )
        return openai.AsyncOpenAI(
            api_key=self._key or NO_KEY, base_url=settings.base_url, max_retries=0, http_client=connections
        )

    async def complete(self, request: Request) -> Reply:
        """One call. Fault for what failed, BadInput for a wrong URL, model or key."""
        if request.continues:
            return await self._continue(request)
        if request.measured:
            reply = await self._call(request)
            inside = not reply.text.lstrip().startswith(OPENING) and await self._opens_thought(request)
            return replace(reply, prefilled=inside)
        if request.schema is None or self._in_words:
            return await self._call(in_words(request))
        try:
            return await self._call(request)
        except Fault as fault:
            if fault.kind != "rejected" or self._settings.schema_mode == "server":
                raise
        reply = await self._call(in_words(request))  # raises if it was not the schema that the server rejected
        self._in_words = True
        return reply

    async def close(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        await self._server.close()

    async def _continue(self, request: Request) -> Reply:
        """The model's own turn goes on where the server can do that: vLLM, SGLang and llama.cpp can (the last says the
        turn's beginning once more). Where it refuses, other turns stand in place of that one."""
        if self._continues:
            try:
                return await self._call(request)
            except Fault as fault:
                if fault.kind != "rejected" or not request.instead:
                    raise
        reply = await self._call(replace(request, messages=(*request.messages[:-1], *request.instead)))
        self._continues = False
        return reply

    async def _opens_thought(self, request: Request) -> bool:
        """Asked once; of all requests, the template says the same."""
        if self._opening is None:
            self._opening = asyncio.create_task(opens_thought(self._ask_server, self.model, request.messages))
        return await asyncio.shield(self._opening)

    async def _ask_server(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """A path beside /v1, of servers that have more than OpenAI's."""
        import httpx2
        import openai

        try:
            async with asyncio.timeout(CONNECT_S):
                url = self._settings.base_url.rstrip("/").removesuffix("/v1") + path
                found = (await self._server.post(url, cast_to=httpx2.Response, body=body)).json()
        except (openai.OpenAIError, TimeoutError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    async def _call(self, request: Request) -> Reply:
        """One call; once more for each parameter that the model turns out not to take, which the session remembers."""
        while True:
            body = self._dialect.body(self.model, request)
            try:
                return await self._post(body, request)
            except Unsupported as refused:
                if refused.parameter not in body:
                    raise
                self._dialect = self._dialect.without(refused, request)

    async def _post(self, body: dict[str, Any], request: Request) -> Reply:
        import httpx2
        import openai

        problem: Fault | BadInput
        url = self._settings.base_url
        patience = self._settings.timeout_s or max(SHORTEST_S, request.max_tokens / SLOWEST)
        try:
            async with asyncio.timeout(patience):
                # not `chat.completions.create`: its transformation of typed parameters takes a fifth of a call's time
                response = await self._server.post(PATH, cast_to=httpx2.Response, body=body)
            return read_reply(self._clean(response.content.decode()), request)
        except UnicodeDecodeError:
            problem = Fault("malformed reply", "not a chat completion: not UTF-8")
        except TimeoutError:
            problem = Fault("timeout", f"no whole answer within {patience:g} s")
        except openai.APITimeoutError:
            problem = Fault("connection", f"no connection to {url} within {CONNECT_S:g} s", reached=False)
        except openai.APIStatusError as error:
            problem = await self._refusal(error.response.status_code, error.response.headers, error.response.text)
        except openai.APIConnectionError as error:
            cause = self._clean(str(error.__cause__ or error)) or "connection lost"
            reached = not isinstance(error.__cause__, httpx2.ConnectError)
            problem = Fault("connection", f"{url}: {cause}", reached=reached)
        raise problem  # out here, so that no SDK exception, with its headers, hangs on it

    async def _refusal(self, status: int, headers: Mapping[str, str], body: str) -> Fault | BadInput:
        """What an HTTP error means."""
        said = self._clean(error_text(body))[:LONGEST_EXCERPT]
        if status in (401, 402, 403, 404) or "insufficient_quota" in body:
            return BadInput(f"{self._settings.base_url}: {await self._to_mend(status)} (HTTP {status}: {said})")
        wait = retry_after(headers)
        if status == 429:
            return Fault("rate limit", f"HTTP 429: {said}", retry_after=wait, overload=True)
        if status in (408, 409, 425) or status >= 500:
            return Fault("server error", f"HTTP {status}: {said}", retry_after=wait, overload=status in (503, 529))
        if parameter := unsupported(body):
            return Unsupported(parameter, f"HTTP {status}: {said}")
        return Fault("rejected", f"HTTP {status}: {said}", retryable=False)

    async def _to_mend(self, status: int) -> str:
        """What the user can do about an error that no waiting mends."""
        variable = self._settings.api_key_env
        if status == 401:
            state = "holds a key that it does not take" if self._key else "is not set"
            return f"the server wants a key, and the environment variable {variable} {state}"
        if status == 403:
            return f"the key in the environment variable {variable} may not use model '{self.model}'"
        if status == 404:
            return await self._not_found()
        return "the account is out of money or quota"

    async def _not_found(self) -> str:
        """Whether it is the URL or the model, and which models there are."""
        import openai

        try:
            async with asyncio.timeout(CONNECT_S):
                names = [each.id for each in (await self._server.models.list()).data]
        except (openai.OpenAIError, TimeoutError, ValueError, TypeError, AttributeError):
            return "no chat completions there; expected a base_url that ends in /v1"
        listed = ", ".join(sorted(names)[:10]) or "none"
        return self._clean(f"no model '{self.model}'{nearest(self.model, names)}; the server has: {listed}")

    def _clean(self, text: str) -> str:
        secret = self._key is not None and len(self._key) >= SHORTEST_SECRET
        return text.replace(str(self._key), "[key]") if secret else text


def _key_from_environment(variable: str) -> str | None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):  # not shown: it may be the key itself
        raise BadInput("api_key_env: expected the name of an environment variable, such as OPENAI_API_KEY, not a key")
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise BadInput(f"the environment variable {variable} holds no key: expected printable ASCII without spaces")
    return key or None


def _checked_host(url: str) -> str:
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query:  # not shown either
        raise BadInput("base_url: a key has no place in a URL; put it into an environment variable (api_key_env)")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"base_url '{url}': expected http://HOST:PORT/v1 or https://HOST/v1")
    return parts.hostname
