"""Outages that a test asks for: a source that fails for certain keys, or for one request, and for nobody else.

It is for the sandbox only. It stands outside the guard of a connector, so that an outage on demand says nothing of the
source's health: one client's test must not open the breaker for another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from connectors.errors import SourceError, SourceUnavailableError
from connectors.fetch import Connector, Fetch, Row, Statement

__all__ = ["OutageOnDemand", "outage_of"]

_DOWN: ContextVar[frozenset[str]] = ContextVar("lienthong_outage", default=frozenset())


@contextmanager
def outage_of(sources: frozenset[str]) -> Iterator[None]:
    """Inside the block, and in the tasks that begin there, `OutageOnDemand` has these sources down."""
    token = _DOWN.set(sources)
    try:
        yield
    finally:
        _DOWN.reset(token)


class OutageOnDemand:
    """A connector that fails where `outage_of` names its source, or for a fetch with a key of `failures`.

    Any other fetch is `inner`'s.
    """

    def __init__(self, inner: Connector, source: str, failures: Mapping[str, type[SourceError]]) -> None:
        self.inner = inner
        self.source = source
        self._failures = failures

    async def fetch(self, fetch: Fetch) -> list[Row]:
        """The rows of `fetch`. Raises `SourceUnavailableError` inside an outage, or the error that a key stands for."""
        if self.source in _DOWN.get():
            raise SourceUnavailableError(self.source)
        for value in fetch.values:
            for key in value if isinstance(value, tuple) else (value,):
                failure = self._failures.get(key) if isinstance(key, str) else None
                if failure is not None:
                    raise failure(self.source)
        return await self.inner.fetch(fetch)

    async def ping(self) -> None:
        """Ping the source, which is not down."""
        await self.inner.ping()

    async def close(self) -> None:
        """Close the source."""
        await self.inner.close()

    def render(self, statement: Statement) -> str:
        """The statement as the source sees it."""
        return self.inner.render(statement)
