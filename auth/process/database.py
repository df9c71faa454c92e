"""Transactions of the process over a pool of the role `lienthong_process`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from auth.database import OUTAGES
from auth.errors import GovernanceUnavailableError
from auth.process.errors import ValueRefusedError

__all__ = ["transaction"]


@asynccontextmanager
async def transaction(pool: asyncpg.Pool[Any]) -> AsyncIterator[Any]:
    """A connection in a transaction.

    An outage is a `GovernanceUnavailableError`, a value that cannot be kept a `ValueRefusedError`; what else the
    database refuses stays what it is.
    """
    try:
        async with pool.acquire() as connection, connection.transaction():
            yield connection
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.RaiseError):
        raise
    except OUTAGES as error:
        # The driver's own refusals are `ValueError`s, the server's are `DataError`s.
        if isinstance(error, asyncpg.DataError | ValueError):
            raise ValueRefusedError from error
        raise GovernanceUnavailableError from error
