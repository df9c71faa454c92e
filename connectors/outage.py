"""Outages that a test asks for: a source that fails for whoever asks about certain keys, and for nobody else.

It is for the sandbox only. It stands outside the guard of a connector, so that an outage on demand says nothing of the
source's health: one client's test must not open the breaker for another.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.errors import SourceError
from connectors.fetch import Connector, Fetch, Row, Statement

__all__ = ["OutageOnDemand"]


class OutageOnDemand:
    """A connector that raises `failures[key](source)` for a fetch with such a key, and asks `inner` for any other."""

    def __init__(self, inner: Connector, source: str, failures: Mapping[str, type[SourceError]]) -> None:
        self.inner = inner
        self.source = source
        self._failures = failures

    async def fetch(self, fetch: Fetch) -> list[Row]:
        """The rows of `fetch`. Raises the `SourceError` of the first of its keys that stands for one."""
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
