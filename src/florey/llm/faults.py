"""What may go wrong with one call, as the client sees it: whether to wait and try again, and for how long."""

from __future__ import annotations

from florey.llm.requests import Kind


class Fault(Exception):
    """One call without a usable answer. The message never holds a key.

    `retryable`: the same call may succeed later. `retry_after`: seconds that the server asked for. `overload`: the
    server has too much to do, so that fewer calls at a time will help. `reached`: there is a server;
    false where no connection was made.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        retryable: bool = True,
        retry_after: float | None = None,
        overload: bool = False,
        reached: bool = True,
    ) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.retryable, self.retry_after = retryable, retry_after
        self.overload, self.reached = overload, reached
