"""A live wiki through the MediaWiki API, politely: who asks is named, one request at a time, not too often, and a
server that is busy is given time. What was read stays on disk, so that a second run asks nothing twice.

https://www.mediawiki.org/wiki/API:Etiquette
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2

from florey import __version__
from florey.errors import BadInput, FloreyError
from florey.files import digest, read_json, write_json
from florey.graph.wiki.article import Page, normal_title
from florey.graph.wiki.wikitext import redirect_target, take_apart

ENGLISH = "https://en.wikipedia.org/w/api.php"
_BUSY = frozenset(("maxlag", "ratelimited", "readonly", "internal_api_error_DBQueryError"))
_LONGEST_WAIT_S = 120.0


class LiveWiki:
    """A `florey.graph.wiki.dump_library.Wiki` on the network. Requests go out one after the other."""

    local = False

    def __init__(
        self,
        contact: str,
        cache: Path,
        *,
        base_url: str = ENGLISH,
        name: str = "enwiki",
        requests_per_s: float = 2.0,
        attempts: int = 6,
        timeout_s: float = 30.0,
        maxlag_s: int = 5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`contact`: a mail address or page of whoever runs this; Wikimedia asks for it and blocks who names none.

        `cache`: folder for the revisions read; delete it to read newer ones. Raises BadInput without a contact.
        """
        if not re.fullmatch(r"\S+@\S+\.\S+|https?://\S+", contact):
            raise BadInput(f"contact '{contact}': expected a mail address or a web address, which Wikimedia asks for")
        if requests_per_s <= 0 or attempts < 1:
            raise BadInput(f"{requests_per_s} requests a second in {attempts} attempts: expected more than 0 of both")
        self.name = name
        self.requests = 0  # sent, retries included
        self._base_url, self._cache, self._attempts, self._maxlag = base_url, cache, attempts, maxlag_s
        self._interval, self._sleep, self._last = 1 / requests_per_s, sleep, float("-inf")
        agent = f"florey/{__version__} ({contact})"
        self._client = httpx2.Client(headers={"User-Agent": agent}, timeout=timeout_s, follow_redirects=True)

    @property
    def identity(self) -> str:
        return f"{self.name}: {self._base_url}"

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> LiveWiki:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def page(self, title: str) -> Page | None:
        title = normal_title(title)
        kept = self._cache / self.name / f"{digest(title, 32)}.json"
        if kept.is_file():
            return _page(kept, read_json(kept))
        answer = self._ask(prop="revisions", rvprop="ids|content", rvslots="main", redirects="1", titles=_safe(title))
        found: dict[str, Any] = next(iter(answer.get("query", {}).get("pages", ())), {})
        if "missing" in found or "invalid" in found or not found.get("revisions"):
            return None
        try:
            revision = found["revisions"][0]
            record = {
                **{"title": found["title"], "page_id": found["pageid"], "namespace": found["ns"]},
                **{"revision": revision["revid"], "text": revision["slots"]["main"]["content"]},
            }
        except (KeyError, IndexError, TypeError) as error:
            raise FloreyError(f"{self._base_url}: page '{title}': no {error} in the answer") from None
        write_json(kept, record)
        return _page(kept, record)

    def redirects_to(self, title: str) -> list[str]:
        answers = self._all(prop="redirects", rdnamespace="0", rdlimit="max", titles=_safe(title))
        pages = [page for answer in answers for page in answer.get("query", {}).get("pages", ())]
        return sorted({normal_title(found["title"]) for page in pages for found in page.get("redirects", ())})

    def homonyms(self, title: str) -> list[str]:
        page = self.page(title)
        return list(take_apart(page).disambiguates) if page and page.redirect is None else []

    def titles(self) -> list[str]:
        raise BadInput(
            f"{self.name}: a live wiki is not read as a whole; start from pages or categories, or read a dump"
        )

    def in_category(self, name: str) -> list[str]:
        category = f"Category:{_safe(name)}"
        answers = self._all(list="categorymembers", cmtitle=category, cmnamespace="0", cmlimit="max")
        members = [found for answer in answers for found in answer.get("query", {}).get("categorymembers", ())]
        return sorted({normal_title(found["title"]) for found in members})

    def _all(self, **asked: str) -> Iterator[dict[str, Any]]:
        """The answer and its continuations."""
        more: dict[str, str] = {}
        while True:
            answer = self._ask(**asked, **more)
            yield answer
            following = {key: str(value) for key, value in answer.get("continue", {}).items()}
            if not following:
                return
            if following == more:
                raise FloreyError(f"{self._base_url}: the same continuation twice: {following}")
            more = following

    def _ask(self, **asked: str) -> dict[str, Any]:
        """One question, repeated while the server is busy or the answer does not arrive whole."""
        parameters = {"action": "query", "format": "json", "formatversion": "2", "maxlag": str(self._maxlag), **asked}
        trouble = ""
        for attempt in range(self._attempts):
            self._pace()
            self.requests += 1
            wait = ""
            try:
                response = self._client.get(self._base_url, params=parameters)
                wait = response.headers.get("Retry-After", "")
                if response.status_code == 429 or response.status_code >= 500:
                    trouble = f"HTTP {response.status_code}"
                elif response.status_code >= 400:
                    raise BadInput(f"{self._base_url}: HTTP {response.status_code}; expected a MediaWiki API")
                else:
                    answer = response.json()
                    if not isinstance(answer, dict):
                        raise BadInput(f"{self._base_url}: a JSON {type(answer).__name__}; expected a MediaWiki API")
                    error = answer.get("error")
                    if not error:
                        return answer
                    trouble = f"{error.get('code')}: {error.get('info')}"
                    if error.get("code") not in _BUSY:
                        raise BadInput(f"{self._base_url}: {trouble}")
            except (httpx2.TransportError, httpx2.DecodingError, json.JSONDecodeError, UnicodeDecodeError) as error:
                trouble = f"{type(error).__name__}: {error}"
            if attempt + 1 < self._attempts:
                self._sleep(_pause(wait, attempt))
        raise FloreyError(f"{self._base_url}: no answer in {self._attempts} attempts; the last: {trouble}")

    def _pace(self) -> None:
        early = self._last + self._interval - time.monotonic()
        if early > 0:
            self._sleep(early)
        self._last = time.monotonic()


def _pause(asked: str, attempt: int) -> float:
    """Seconds to wait: what the server asks for, else 1, 2, 4 … with some chance, so that not all come back at once."""
    seconds = float(asked) if asked.isdecimal() else 2**attempt * random.uniform(0.75, 1.25)
    return min(seconds, _LONGEST_WAIT_S)


def _safe(title: str) -> str:
    return normal_title(title).replace("|", " ")  # | would part two titles


def _page(path: Path, record: dict[str, Any]) -> Page:
    try:
        text = record["text"]
        title, page_id, revision = normal_title(record["title"]), record["page_id"], record["revision"]
        return Page(title, page_id, revision, text, redirect_target(text), record["namespace"])
    except (KeyError, TypeError, AttributeError):
        raise BadInput(f"{path}: expected a page that was read from a wiki; delete the file to read it again") from None
