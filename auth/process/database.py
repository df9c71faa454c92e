"""Transactions of the process over a pool of the role `lienthong_process`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from auth.database import OUTAGES
from auth.errors import GovernanceUnavailableError

__all__ = ["transaction"]


@asynccontextmanager
async def transaction(pool: asyncpg.Pool[Any]) -> AsyncIterator[Any]:
    """A connection in a transaction. An outage is a `GovernanceUnavailableError`; what the database refuses is not."""
    try:
        async with pool.acquire() as connection, connection.transaction():
            yield connection
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.RaiseError, asyncpg.DataError):
        raise
    except OUTAGES as error:
        raise GovernanceUnavailableError from error
