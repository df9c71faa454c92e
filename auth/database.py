"""The governance database: pools of connections to it, and what counts as its outage."""

from __future__ import annotations

from typing import Any

import asyncpg

from auth.errors import GovernanceUnavailableError

__all__ = ["OUTAGES", "ask", "open_governance"]

OUTAGES = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


async def open_governance(url: str, *, pool_size: int, timeout: float, durable: bool = True) -> asyncpg.Pool[Any]:
    """A pool to the governance schema; connections are made when first needed. `timeout` in seconds.

    What is written over one that is not `durable` reaches the disk with the next commit of one that is, at the latest.
    """
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=pool_size,
        timeout=timeout,
        command_timeout=timeout,
        server_settings={
            "application_name": "lienthong-governance",
            "synchronous_commit": "on" if durable else "off",
        },
        reset=_stay,
    )


async def _stay(_connection: Any) -> None:
    """No reset between uses: nothing here ever changes a session's state."""


async def ask(pool: asyncpg.Pool[Any], sql: str, *values: Any) -> Any:
    """The one row of a query. Raises `GovernanceUnavailableError`."""
    try:
        return await pool.fetchrow(sql, *values)
    except OUTAGES as error:
        raise GovernanceUnavailableError from error
