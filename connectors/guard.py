"""What stands round every connector: a bound on concurrency and time, a breaker, a second attempt, and client spans."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from connectors.breaker import Breaker
from connectors.errors import SourceError, SourceTimeoutError, SourceUnavailableError
from connectors.fetch import Connector, Fetch, Row, Statement
from connectors.spans import FetchSpans, size_of

__all__ = ["GuardedConnector", "Slots"]

# A connection that broke shows at once; what failed later than this share of the time limit is not tried again.
_SOON = 0.2
_PAUSE = (0.01, 0.05)


class Slots:
    """The fetches that may be under way at a time: `most` at most, `used` now, while `waiting` wait their turn."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.used = 0
        self.waiting = 0
        self._free = asyncio.Semaphore(most)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[float]:
        """Hold a slot; gives the seconds for which it was waited for."""
        waited = 0.0
        if self._free.locked():
            began = time.perf_counter()
            self.waiting += 1
            try:
                await self._free.acquire()
            finally:
                self.waiting -= 1
            waited = time.perf_counter() - began
        else:
            await self._free.acquire()
        self.used += 1
        try:
            yield waited
        finally:
            self.used -= 1
            self._free.release()


class GuardedConnector:
    """A connector with its guards. `timeout` in seconds covers waiting for a slot and the fetch itself.

    `slots` fetches are under way at most: as many as the connector has connections, so that none waits inside the
    driver, unseen. Only outages and time-outs count against the breaker: a refused statement says nothing about the
    source's health. What fails at once for want of a connection is tried a second time, for a fetch only reads.
    """

    def __init__(
        self, inner: Connector, source: str, *, timeout: float, slots: int, breaker: Breaker | None = None
    ) -> None:
        self.inner = inner
        self.source = source
        self.breaker = breaker or Breaker()
        self.slots = Slots(slots)
        self._timeout = timeout
        self._spans = FetchSpans(inner, source)

    async def fetch(self, fetch: Fetch) -> list[Row]:
        """The rows of `fetch`. Raises a `SourceError`, at the latest when the time limit is over.

        Each time the source is asked is a client span of its own; a fetch that the guard refuses is none.
        """
        state = self.breaker.state
        if not self.breaker.admit():
            trace.get_current_span().set_attribute("lienthong.breaker.state", state)
            raise SourceUnavailableError(self.source)
        waited: float | None = None
        try:
            async with asyncio.timeout(self._timeout) as limit, self.slots.one() as waited:
                rows = await self._attempts(fetch, waited, limit)
        except TimeoutError as error:
            if waited is None:  # no connection became free: this tells nothing of the source
                trace.get_current_span().set_attribute("lienthong.pool.exhausted", True)  # noqa: FBT003
            else:
                self.breaker.failed()
            raise SourceTimeoutError(self.source) from error
        self.breaker.succeeded()
        return rows

    async def _attempts(self, fetch: Fetch, waited: float, limit: asyncio.Timeout) -> list[Row]:
        began = time.perf_counter()
        try:
            return await self._attempt(fetch, 1, waited, limit)
        except SourceUnavailableError:
            if self.breaker.state != "closed" or time.perf_counter() - began > self._timeout * _SOON:
                raise
        await asyncio.sleep(random.uniform(*_PAUSE))  # noqa: S311 - spreads attempts, keeps no secret
        return await self._attempt(fetch, 2, 0.0, limit)

    async def _attempt(self, fetch: Fetch, attempt: int, waited: float, limit: asyncio.Timeout) -> list[Row]:
        span = self._spans.begin(fetch, attempt=attempt, waited=waited, breaker=self.breaker.state)
        failure: str | None = None
        try:
            rows = await self.inner.fetch(fetch)
        except SourceError as error:
            failure = error.code
            if error.retryable:
                self.breaker.failed()
            raise
        except asyncio.CancelledError:
            failure = SourceTimeoutError.code if limit.expired() else "CANCELLED"
            raise
        else:
            if span.is_recording():
                span.set_attribute("db.response.returned_rows", len(rows))
                if (size := size_of(rows)) is not None:
                    span.set_attribute("lienthong.fetch.bytes", size)
            return rows
        finally:
            if failure is not None:
                span.set_attribute("error.type", failure)
                span.set_status(Status(StatusCode.ERROR, failure))
            span.end()

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
