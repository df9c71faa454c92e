"""PostgreSQL through asyncpg: the exact columns, and `= ANY($1)` for a batch of keys."""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg

from connectors.errors import SourceFaultError, SourceTimeoutError, SourceUnavailableError
from connectors.fetch import Column, Condition, Fetch, Reference, Row, Statement

__all__ = ["PostgresConnector", "compile_sql"]

_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
_LISTS = frozenset({"any", "overlaps"})
_OUTAGES = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.OperatorInterventionError,
)


class _StatelessConnection(asyncpg.Connection):
    """A connection that needs no reset between fetches: nothing here ever changes a session's state."""

    def get_reset_query(self) -> str:
        return ""


class PostgresConnector:
    """A source kept in one schema of a PostgreSQL database; the schema has the source's name.

    `pool_size` connections at most; `timeout` in seconds bounds connecting and, on the server, each statement.
    """

    system = "postgresql"

    def __init__(self, source: str, url: str, *, pool_size: int, timeout: float) -> None:
        self.source = source
        self.namespace = f"{urlsplit(url).path.lstrip('/') or source}.{source}"
        self.address, self.port = _address(url)
        self._url = url
        self._pool_size = pool_size
        self._timeout = timeout
        self._pool: asyncpg.Pool[Any] | None = None
        self._opening = asyncio.Lock()

    async def fetch(self, fetch: Fetch) -> list[Row]:
        """Run one SELECT. Raises `SourceUnavailableError`, `SourceTimeoutError` or `SourceFaultError`."""
        sql = compile_sql(fetch.statement)
        values = [list(v) if isinstance(v, tuple) and c.operator in _LISTS else v for v, c in _pairs(fetch)]
        values = [item for value in values for item in (value if isinstance(value, tuple) else (value,))]
        if fetch.statement.limited:
            values.append(fetch.limit)
        try:
            pool = self._pool or await self._open()
            async with pool.acquire() as connection:
                rows = await _select(connection, sql, values)
        except (TimeoutError, asyncpg.QueryCanceledError) as error:
            raise SourceTimeoutError(self.source) from error
        except _OUTAGES as error:
            raise SourceUnavailableError(self.source) from error
        except asyncpg.PostgresError as error:
            raise SourceFaultError(self.source) from error
        return rows

    async def ping(self) -> None:
        """Run `SELECT 1`."""
        try:
            pool = self._pool or await self._open()
            await pool.fetchval("SELECT 1")
        except TimeoutError as error:
            raise SourceTimeoutError(self.source) from error
        except (*_OUTAGES, asyncpg.PostgresError) as error:
            raise SourceUnavailableError(self.source) from error

    async def close(self) -> None:
        """Close the pool."""
        if self._pool is not None:
            await self._pool.close()

    def render(self, statement: Statement) -> str:
        """The SQL text."""
        return compile_sql(statement)

    async def _open(self) -> asyncpg.Pool[Any]:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=0,
                    max_size=self._pool_size,
                    timeout=self._timeout,
                    connection_class=_StatelessConnection,
                    server_settings={
                        "application_name": "lienthong",
                        "statement_timeout": str(int(self._timeout * 1000)),
                        "default_transaction_read_only": "on",
                    },
                )
        return self._pool


async def _select(connection: Any, sql: str, values: list[Any]) -> list[Row]:
    """The rows of a SELECT. A value that the driver refuses leaves the protocol half way, so the connection goes."""
    try:
        rows: list[Row] = await connection.fetch(sql, *values)
    except asyncpg.DataError:
        connection.terminate()
        raise
    return rows


@lru_cache(maxsize=2048)
def compile_sql(statement: Statement) -> str:
    """The SELECT of a statement. Every name is checked; values travel only as parameters."""
    schema = _checked(statement.source)
    references = _references(statement.columns)
    projection = ", ".join(_column(column, references) for column in statement.columns)
    lines = [f"SELECT {projection}", f"FROM {schema}.{_checked(statement.table)} t"]
    lines += [
        f"LEFT JOIN {schema}.{_checked(reference.table)} {alias} "
        f"ON {alias}.{_checked(reference.remote)} = t.{_checked(reference.local)}"
        for reference, alias in references.items()
    ]
    position, where = 1, []
    for condition in statement.conditions:
        where.append(_condition(condition, position))
        position += len(condition.columns)
    if statement.unless is not None:
        where.append(f"NOT t.{_checked(statement.unless)}")
    if where:
        lines.append("WHERE " + " AND ".join(where))
    if statement.order:
        lines.append("ORDER BY " + ", ".join(f"t.{_checked(name)}" for name in statement.order))
    if statement.limited:
        lines.append(f"LIMIT ${position}")
    return "\n".join(lines)


def _references(columns: tuple[Column, ...]) -> dict[Reference, str]:
    aliases: dict[Reference, str] = {}
    for column in columns:
        if column.via is not None:
            aliases.setdefault(column.via, f"r{len(aliases) + 1}")
    return aliases


def _column(column: Column, references: dict[Reference, str]) -> str:
    alias = "t" if column.via is None else references[column.via]
    text = f"{alias}.{_checked(column.name)}"
    return text if column.unless is None else f"CASE WHEN NOT t.{_checked(column.unless)} THEN {text} END"


def _condition(condition: Condition, position: int) -> str:
    names = [f"t.{_checked(name)}" for name in condition.columns]
    if condition.operator == "after":
        marks = ", ".join(f"${position + offset}" for offset in range(len(names)))
        return f"({', '.join(names)}) > ({marks})"
    return {
        "any": f"{names[0]} = ANY(${position})",
        "overlaps": f"{names[0]} && ${position}",
        "equals": f"{names[0]} = ${position}",
        "prefix": f"{names[0]} ^@ ${position}",
    }[condition.operator]


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise ValueError(f"not a plain SQL name: {name!r}")
    return name


def _pairs(fetch: Fetch) -> list[tuple[Any, Condition]]:
    return list(zip(fetch.values, fetch.statement.conditions, strict=True))


def _address(url: str) -> tuple[str, int | None]:
    parts = urlsplit(url)
    match = re.search(r"[?&]host=([^&]+)", url)
    return (unquote(parts.hostname or (match.group(1) if match else "localhost")), parts.port)
