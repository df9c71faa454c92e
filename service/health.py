"""Health: whether the process lives, and whether each database answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.responses import Response as HttpResponse

from auth.errors import GovernanceUnavailableError
from auth.store import ContractStore
from connectors.errors import SourceError
from connectors.guard import GuardedConnector

__all__ = ["Readiness", "healthz", "show_version"]


async def healthz(_request: Request) -> HttpResponse:
    """The process is alive."""
    return JSONResponse({"status": "ok"})


async def show_version(_request: Request) -> HttpResponse:
    """Name and version of the distribution."""
    return JSONResponse({"name": "lienthong", "version": version("lienthong")})


class Readiness:
    """Asks every database at once. `limit` in seconds bounds each check; an answer is kept for `kept` seconds.

    A specialised database that is away degrades the service; contracts that cannot be read make it not ready. The
    `sandbox`'s databases are reported beside them and change nothing: nobody but a test waits for them.
    """

    def __init__(
        self,
        connectors: Mapping[str, GuardedConnector],
        store: ContractStore,
        *,
        sandbox: Mapping[str, GuardedConnector] | None = None,
        limit: float = 2.0,
        kept: float = 1.0,
    ) -> None:
        self._connectors = connectors
        self._sandbox = sandbox or {}
        self._store = store
        self._limit = limit
        self._kept = kept
        self._answer: tuple[float, dict[str, Any], int] | None = None
        self._asking = asyncio.Lock()

    async def __call__(self) -> HttpResponse:
        """200 when ready or degraded, 503 when not."""
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if self._answer is None or now - self._answer[0] > self._kept:
                self._answer = (now, *await self._ask())
            return JSONResponse(self._answer[1], self._answer[2])

    async def _ask(self) -> tuple[dict[str, Any], int]:
        governance, sources, sandbox = await asyncio.gather(
            self._governance(), self._sources(self._connectors), self._sources(self._sandbox)
        )
        degraded = any(state != "ok" for state in sources.values())
        status = "not ready" if governance != "ok" else "degraded" if degraded else "ready"
        body: dict[str, Any] = {"status": status, "governance": governance, "sources": sources}
        if sandbox:
            body["sandbox"] = sandbox
        return body, 200 if governance == "ok" else 503

    async def _sources(self, connectors: Mapping[str, GuardedConnector]) -> dict[str, str]:
        states = await asyncio.gather(*map(self._source, connectors.values()))
        return dict(zip(connectors, states, strict=True))

    async def _source(self, connector: GuardedConnector) -> str:
        try:
            async with asyncio.timeout(self._limit):
                await connector.ping()
        except SourceError as error:
            return error.code
        except TimeoutError:
            return "SOURCE_TIMEOUT"
        return "ok"

    async def _governance(self) -> str:
        try:
            async with asyncio.timeout(self._limit):
                await self._store.ping()
        except (GovernanceUnavailableError, TimeoutError):
            return GovernanceUnavailableError.code
        return "ok"
