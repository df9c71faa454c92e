"""One loader per request. Its keys are whole fetches, so that a batch costs one entry whatever its rows.

Equal fetches (aliases, branches) are answered once. Fetches of one statement that are asked for in the same
turn and differ only in their keys become one fetch over all the keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiodataloader import DataLoader

from connectors.fetch import Connector, Fetch, Row

__all__ = ["FetchLoader", "Fetched"]


@dataclass(slots=True)
class Fetched:
    """Rows in the source's order, and grouped by key when the statement has one."""

    rows: Sequence[Row]
    by_key: dict[Any, list[Row]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Row], key: int | None) -> Fetched:
        """Group rows by the value at `key`; a row whose key is a list belongs to each of its items."""
        if key is None:
            return cls(rows)
        groups: dict[Any, list[Row]] = {}
        for row in rows:
            value = row[key]
            for one in value if type(value) is list else (value,):
                group = groups.get(one)
                if group is None:
                    groups[one] = [row]
                else:
                    group.append(row)
        return cls(rows, groups)


class FetchLoader(DataLoader[Fetch, Fetched]):
    """Loads fetches from the connectors of one process, for one request."""

    def __init__(self, connectors: Mapping[str, Connector]) -> None:
        super().__init__()
        self._connectors = connectors
        self.rows: dict[str, int] = {}

    async def batch_load_fn(self, keys: list[Fetch]) -> list[Fetched | BaseException]:  # type: ignore[override]
        """Run the fetches side by side; a failed one gives its error."""
        merged = _merge(keys)
        results = await asyncio.gather(*(self._run(fetch) for fetch in merged), return_exceptions=True)
        by_fetch = {
            original: result
            for (_, originals), result in zip(merged.items(), results, strict=True)
            for original in originals
        }
        return [by_fetch[key] for key in keys]

    async def _run(self, fetch: Fetch) -> Fetched:
        source = fetch.statement.source
        rows = await self._connectors[source].fetch(fetch)
        self.rows[source] = self.rows.get(source, 0) + len(rows)
        return Fetched.of(rows, fetch.statement.key)


def _merge(fetches: list[Fetch]) -> dict[Fetch, list[Fetch]]:
    """Fetches to run -> the asked ones that each answers."""
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
