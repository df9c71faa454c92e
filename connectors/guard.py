"""What stands round every connector: a bound on concurrency and time, a breaker, and a client span.

Span names and attributes follow OpenTelemetry's semantic conventions for databases; no value is recorded.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from connectors.errors import SourceError, SourceTimeoutError, SourceUnavailableError
from connectors.fetch import Connector, Fetch, Row, Statement

__all__ = ["Breaker", "GuardedConnector"]

_OPERATIONS = {"postgresql": "SELECT", "mongodb": "find", "memory": "scan"}


class Breaker:
    """Opens after `failures` failures in a row and lets one trial through after `rest` seconds.

    `clock` gives seconds and never runs backwards.
    """

    def __init__(self, *, failures: int = 5, rest: float = 2.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures = failures
        self._rest = rest
        self._clock = clock
        self._in_a_row = 0
        self._closed_until: float = 0.0

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        if self._in_a_row < self._failures:
            return "closed"
        return "open" if self._clock() < self._closed_until else "half-open"

    def admit(self) -> bool:
        """Whether a fetch may be tried now; a half-open breaker admits one and shuts again."""
        state = self.state
        if state == "half-open":
            self._closed_until = self._clock() + self._rest
        return state != "open"

    def succeeded(self) -> None:
        """Close the breaker."""
        self._in_a_row = 0

    def failed(self) -> None:
        """Count a failure; the last one allowed opens the breaker."""
        self._in_a_row += 1
        if self._in_a_row >= self._failures:
            self._closed_until = self._clock() + self._rest


class GuardedConnector:
    """A connector with its guards. `timeout` in seconds covers waiting for a slot and the fetch itself.

    Only outages and time-outs count against the breaker: a refused statement says nothing about the source's health.
    """

    def __init__(
        self,
        inner: Connector,
        source: str,
        *,
        timeout: float,
        concurrency: int,
        breaker: Breaker | None = None,
    ) -> None:
        self.inner = inner
        self.source = source
        self.breaker = breaker or Breaker()
        self._timeout = timeout
        self._slots = asyncio.Semaphore(concurrency)
        self._tracer = trace.get_tracer("lienthong.connectors")
        self._attributes = _attributes(inner, source)
        self._operation = self._attributes["db.operation.name"]

    async def fetch(self, fetch: Fetch) -> list[Row]:
        """The rows of `fetch`. Raises a `SourceError`, at the latest when the time limit is over."""
        table = fetch.statement.table
        span = self._tracer.start_span(
            f"{self._operation} {table}",
            kind=SpanKind.CLIENT,
            attributes={
                **self._attributes,
                "db.collection.name": table,
                "lienthong.fetch.keys": _key_count(fetch),
                "lienthong.breaker.state": self.breaker.state,
            },
        )
        try:
            rows = await self._bounded(fetch)
        except SourceError as error:
            span.set_attribute("error.type", error.code)
            span.set_status(Status(StatusCode.ERROR, error.code))
            raise
        else:
            span.set_attribute("lienthong.fetch.rows", len(rows))
            return rows
        finally:
            span.end()

    async def _bounded(self, fetch: Fetch) -> list[Row]:
        if not self.breaker.admit():
            raise SourceUnavailableError(self.source)
        try:
            async with asyncio.timeout(self._timeout), self._slots:
                rows = await self.inner.fetch(fetch)
        except TimeoutError as error:
            self.breaker.failed()
            raise SourceTimeoutError(self.source) from error
        except SourceError as error:
            if error.retryable:
                self.breaker.failed()
            raise
        self.breaker.succeeded()
        return rows

    async def ping(self) -> None:
        """Ping within the time limit, past the breaker."""
        try:
            async with asyncio.timeout(self._timeout):
                await self.inner.ping()
        except TimeoutError as error:
            raise SourceTimeoutError(self.source) from error

    async def close(self) -> None:
        """Close the source."""
        await self.inner.close()

    def render(self, statement: Statement) -> str:
        """The statement as the source sees it."""
        return self.inner.render(statement)


def _attributes(inner: Any, source: str) -> dict[str, Any]:
    system = getattr(inner, "system", "other_sql")
    attributes = {
        "db.system.name": system,
        "db.namespace": getattr(inner, "namespace", source),
        "db.operation.name": _OPERATIONS.get(system, "fetch"),
        "server.address": getattr(inner, "address", "localhost"),
        "lienthong.source": source,
    }
    if getattr(inner, "port", None):
        attributes["server.port"] = inner.port
    return attributes


def _key_count(fetch: Fetch) -> int:
    first = fetch.values[0] if fetch.values else ()
    return len(first) if isinstance(first, tuple) else 1
