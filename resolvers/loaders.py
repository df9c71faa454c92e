"""One loader per request. Its keys are whole fetches, so that a batch costs one entry whatever its rows.

Equal fetches (aliases, branches) are answered once. Fetches of one statement that are asked for in the same
turn and differ only in their keys become one fetch over all the keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiodataloader import DataLoader
from opentelemetry import trace

from connectors.fetch import Connector, Fetch, Row
from connectors.spans import key_count

_PLAIN = frozenset({str, int})

__all__ = ["FetchLoader", "Fetched", "as_keys"]


@dataclass(slots=True)
class Fetched:
    """Rows in the source's order, and grouped by key when the statement has one."""

    rows: Sequence[Row]
    by_key: dict[Any, list[Row]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Row], key: int | None) -> Fetched:
        """Group rows by the value at `key`; a row whose key is a list belongs once to each of its items."""
        if key is None:
            return cls(rows)
        groups: dict[Any, list[Row]] = {}
        for row in rows:
            value = row[key]
            for one in (value,) if value.__class__ in _PLAIN else as_keys(value):
                group = groups.get(one)
                if group is None:
                    groups[one] = [row]
                else:
                    group.append(row)
        return cls(rows, groups)

    def latest(self, keys: Iterable[Any]) -> list[Row]:
        """The last row of each key that has one."""
        return [group[-1] for key in keys if (group := self.by_key.get(key))]

    def of_keys(self, keys: Iterable[Any]) -> list[Row]:
        """The rows of these keys: a fetch may have been merged with others that asked for more."""
        return [row for key in keys for row in self.by_key.get(key, ())]


def as_keys(value: Any) -> list[Any]:
    """What a stored value is as a key: itself, or the items of a list; what no key can be is left out."""
    items = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(item for item in items if isinstance(item, Hashable)))


class FetchLoader(DataLoader[Fetch, "asyncio.Task[Fetched]"]):
    """Loads fetches from the connectors of one process, for one request.

    What is loaded is the running task of a fetch, so that no fetch waits for a slower one of the same turn. The span of
    a load tells which fields it serves; those of its fetch are below it.
    """

    def __init__(self, connectors: Mapping[str, Connector], tracer: trace.Tracer | None = None) -> None:
        super().__init__()
        self._connectors = connectors
        self._served: dict[Fetch, list[str]] = {}
        self._tracer = tracer or trace.NoOpTracer()
        self.rows: dict[str, int] = {}

    def load_for(self, path: tuple[str, ...], fetch: Fetch) -> asyncio.Future[asyncio.Task[Fetched]]:
        """Load a fetch for the field at a schema path."""
        self._served.setdefault(fetch, []).append(".".join(path))
        return self.load(fetch)

    async def fetched(self, loading: asyncio.Future[asyncio.Task[Fetched]]) -> Fetched:
        """The outcome of a `load`. Raises the `SourceError` of a fetch that failed."""
        return await (await loading)

    async def batch_load_fn(self, keys: list[Fetch]) -> list[asyncio.Task[Fetched]]:
        """Start the fetches side by side, each once."""
        started: dict[Fetch, asyncio.Task[Fetched]] = {}
        for fetch, originals in _merge(keys).items():
            task = asyncio.ensure_future(self._run(fetch, originals))
            started.update(dict.fromkeys(originals, task))
        return [started[key] for key in keys]

    async def _run(self, fetch: Fetch, originals: list[Fetch]) -> Fetched:
        source, table = fetch.statement.source, fetch.statement.table
        described: dict[str, Any] = {
            "lienthong.source": source,
            "lienthong.fields": sorted({path for one in originals for path in self._served.get(one, ())}),
            "graphql.dataloader.batch.size": key_count(fetch),
        }
        with self._tracer.start_as_current_span(f"load {table}", attributes=described):
            rows = await self._connectors[source].fetch(fetch)
            self.rows[source] = self.rows.get(source, 0) + len(rows)
            return Fetched.of(rows, fetch.statement.key)


def _merge(fetches: list[Fetch]) -> dict[Fetch, list[Fetch]]:
    """Fetches to run -> the asked ones that each answers."""
    if len(fetches) == 1:
        return {fetches[0]: fetches}
    groups: dict[Any, list[Fetch]] = {}
    for fetch in fetches:
        mergeable = fetch.statement.key is not None and fetch.limit is None
        identity = (fetch.statement, fetch.values[1:]) if mergeable else fetch
        groups.setdefault(identity, []).append(fetch)
    merged: dict[Fetch, list[Fetch]] = {}
    for group in groups.values():
        first = group[0]
        if len(group) > 1:
            keys = dict.fromkeys(key for fetch in group for key in fetch.values[0])  # type: ignore[attr-defined]
            first = Fetch(first.statement, (tuple(keys), *first.values[1:]))
        merged[first] = group
    return merged
