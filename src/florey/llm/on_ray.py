"""A backend whose calls are made by the machines of a Ray cluster in turn.

Each talks to the server, or holds a copy of a model. Cache, retries, pacing and counting stay with the client, so that
the answers are those of one machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from florey.distributed import joined
from florey.errors import BadInput, FloreyError
from florey.llm.faults import Fault
from florey.llm.requests import Backend, Reply, Request

Factory = Callable[[Any], Backend]


class _Worker:
    """On a node. `make` stands in a module; what it makes belongs to the event loop here."""

    def __init__(self, make: Factory, what: Any) -> None:
        self._make, self._what = make, what
        self._backend: Backend | None = None

    async def complete(self, request: Request) -> tuple[Reply | None, dict[str, Any] | None]:
        """(reply, None), or (None, what the fault was): an exception with names for its parts does not travel."""
        if self._backend is None:
            self._backend = self._make(self._what)
        try:
            return await self._backend.complete(request), None
        except Fault as fault:
            names = ("kind", "retryable", "retry_after", "overload", "reached")
            return None, {"message": str(fault), **{name: getattr(fault, name) for name in names}}


class RayBackend:
    """One worker for each node. `make(what)` gives a node's own backend."""

    def __init__(self, model: str, make: Factory, what: Any, address: str) -> None:
        """BadInput where the cluster cannot be joined."""
        self.model, self._turn = model, 0
        self._cluster = joined(address)
        ray: Any = self._cluster.__enter__()
        nodes = max(1, sum(node["Alive"] for node in ray.nodes()))
        spread = {"num_cpus": 1, "scheduling_strategy": "SPREAD", "max_restarts": -1, "max_task_retries": -1}
        self._workers = [ray.remote(_Worker).options(**spread).remote(make, what) for _ in range(nodes)]

    async def complete(self, request: Request) -> Reply:
        import ray

        worker = self._workers[self._turn % len(self._workers)]
        self._turn += 1
        try:
            reply, fault = await worker.complete.remote(request)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, FloreyError):
                raise error.cause from None
            raise FloreyError(f"a call on the cluster failed: {error.cause}") from error
        except ray.exceptions.RayError as error:
            raise BadInput(f"a worker of the cluster is lost: {str(error).splitlines()[0]}") from error
        if fault is not None:
            raise Fault(fault.pop("kind"), fault.pop("message"), **fault)
        made: Reply = reply
        return made

    async def close(self) -> None:
        import ray

        for worker in self._workers:
            ray.kill(worker)
        self._cluster.__exit__(None, None, None)
