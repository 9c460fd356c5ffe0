"""Answers on disk: what was answered once is never paid for twice, whenever the process dies.

One SQLite file in WAL mode, one row a call. A reply is handed out only after its row has been committed, that is given
to the operating system: `kill -9` loses nothing that anyone has seen. The disk itself is synchronised at checkpoints
only, so a power cut may lose the last rows (never damage earlier ones); they are asked again. Every row carries a
checksum; a row that does not match it is dropped, counted and asked again. Several processes may share a file (on a
local disk: WAL needs shared memory).
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from florey.errors import BadInput
from florey.files import digest
from florey.llm.requests import Reply, Request, Usage

APPLICATION, FORMAT = 0x464C4F52, 1  # "FLOR": SQLite keeps both numbers in the file's head
BUSY_S = 60.0  # how long to wait for another process that is writing

_CREATE = (
    "CREATE TABLE replies (key TEXT PRIMARY KEY, reply BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT, WITHOUT ROWID"
)
_PUT = (
    "INSERT INTO replies VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET reply = ?2, checksum = ?3 "
    "WHERE ?4"  # only in the place of a damaged row: otherwise the first answer stands
)


def request_key(model: str, request: Request) -> str:
    """32 hex digits over all that an answer depends on: model, messages, schema, parameters and sample index."""
    messages = [[message["role"], message["content"]] for message in request.messages]
    parameters: list[object] = [request.max_tokens, request.temperature, request.top_p, request.seed]
    instead = [[message["role"], message["content"]] for message in request.instead]
    rarely = (request.likely_after, "measured" if request.measured else None, instead)
    parameters += [each for each in rarely if each]  # not otherwise, so that answers of earlier versions are found
    try:
        return digest([model, messages, request.schema, parameters, request.sample], 32)
    except UnicodeEncodeError as error:
        raise BadInput(f"a message holds a character that is no text ({error.reason}); no server takes it") from None


class Cache:
    """Replies by request key. `damaged` counts the rows that were dropped."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file. BadInput if it is something else, or damaged."""
        self.path = path
        self.damaged = 0
        self._writer = ThreadPoolExecutor(1, "cache")  # a slow disk does not hold up the event loop
        self._waiting: list[tuple[str, Reply, asyncio.Future[Reply]]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._dropped: set[str] = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._reads, self._writes = self._connect(), self._connect()
            self._prepare()
        except sqlite3.DatabaseError as error:
            raise self._unusable(error) from None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _prepare(self) -> None:
        self._log_ahead()
        self._writes.execute("BEGIN IMMEDIATE")  # two processes may open a new file at once
        found = (self._number("application_id"), self._number("user_version"))
        if found == (0, 0) and not self._writes.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            self._writes.execute(_CREATE)
            self._writes.execute(f"PRAGMA application_id = {APPLICATION}")
            self._writes.execute(f"PRAGMA user_version = {FORMAT}")
        elif found != (APPLICATION, FORMAT):
            raise BadInput(f"{self.path}: expected a request cache of format {FORMAT}; give another file")
        self._writes.execute("COMMIT")

    def _log_ahead(self) -> None:
        """Into WAL mode. SQLite itself does not wait here for another process that opens the file, so this does."""
        until = time.monotonic() + BUSY_S
        while True:
            try:
                self._writes.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if not _busy(error) or time.monotonic() >= until:
                    raise
            time.sleep(0.01)

    def _number(self, pragma: str) -> int:
        return int(self._writes.execute(f"PRAGMA {pragma}").fetchone()[0])

    def __len__(self) -> int:
        return int(self._reads.execute("SELECT count(*) FROM replies").fetchone()[0])

    def get(self, key: str) -> Reply | None:
        """The reply that was stored first, or None."""
        try:
            row = self._reads.execute("SELECT reply, checksum FROM replies WHERE key = ?", (key,)).fetchone()
        except sqlite3.DatabaseError as error:
            raise self._unusable(error) from None
        if row is None or key in self._dropped:
            return None
        if zlib.crc32(row[0]) != row[1]:
            self.damaged += 1
            self._dropped.add(key)
            return None
        return _decode(row[0])

    async def put(self, key: str, reply: Reply) -> Reply:
        """Stores the reply; returns once it is in the file. If another process was first, its reply is returned."""
        stored: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, reply, stored))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        return await stored

    async def _flush(self) -> None:
        """Commits all that waits as one transaction; what comes meanwhile waits for the next."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                rows = [(key, reply) for key, reply, _ in batch]
                replies = await loop.run_in_executor(self._writer, self._commit, rows)
            except Exception as error:  # whatever it is, it belongs to those who wait
                for *_, stored in batch:
                    if not stored.done():
                        stored.set_exception(error)
                continue
            for (*_, stored), reply in zip(batch, replies, strict=True):
                if not stored.done():
                    stored.set_result(reply)

    def _commit(self, rows: list[tuple[str, Reply]]) -> list[Reply]:
        kept = []
        try:
            self._writes.execute("BEGIN IMMEDIATE")
            for key, reply in rows:
                blob = _encode(reply)
                made = self._writes.execute(_PUT, (key, blob, zlib.crc32(blob), key in self._dropped)).rowcount
                kept.append(reply if made else self._first(key))
            self._writes.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            if self._writes.in_transaction:
                self._writes.execute("ROLLBACK")
            raise self._unusable(error) from None
        self._dropped.difference_update(key for key, _ in rows)
        return kept

    def _first(self, key: str) -> Reply:
        blob: bytes = self._writes.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()[0]
        return _decode(blob)

    def close(self) -> None:
        self._writer.shutdown()
        self._reads.close()
        self._writes.close()

    def _unusable(self, error: sqlite3.DatabaseError) -> BadInput:
        mend = "another process holds it" if _busy(error) else "move it away or give another file"
        return BadInput(f"{self.path}: not usable as a request cache ({error}); {mend}")


def _busy(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY  # the low byte of an extended code


def _encode(reply: Reply) -> bytes:
    usage = [reply.usage.prompt_tokens, reply.usage.completion_tokens]
    return json.dumps([reply.text, reply.finish, usage, reply.prefilled, reply.likely]).encode()


def _decode(blob: bytes) -> Reply:
    text, finish, usage, *more = json.loads(blob)  # earlier versions wrote three
    prefilled, likely = more or (False, None)
    return Reply(text, finish, Usage(*usage), prefilled, None if likely is None else tuple(map(tuple, likely)))
