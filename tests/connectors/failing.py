"""Ways to make the real servers slow, rude or silent, each undone at the end of its block."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pymongo

from service.embedded import EmbeddedServers
from tests.connectors.dataset import SOURCE, Kind

SESSIONS = f"SELECT count(*) FROM pg_stat_activity WHERE usename = 'lienthong_reader' AND query LIKE '%{SOURCE}%'"


@asynccontextmanager
async def slow(kind: Kind, servers: EmbeddedServers, milliseconds: int = 5_000) -> AsyncIterator[None]:
    """Fetches do not end while the block lasts; those of the document server end after `milliseconds`."""
    if kind.driver is None:
        async with locked(servers):
            yield
    else:
        async with fail_point(servers, blockConnection=True, blockTimeMS=milliseconds):
            yield


@asynccontextmanager
async def locked(servers: EmbeddedServers) -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
    """Another connection holds the table of PostgreSQL; gives what runs a query there."""
    connection = await asyncpg.connect(servers.admin_url)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {SOURCE}.nguoi IN ACCESS EXCLUSIVE MODE")
            yield connection.fetchval
    finally:
        await connection.close()


@asynccontextmanager
async def fail_point(servers: EmbeddedServers, **data: Any) -> AsyncIterator[None]:
    """Every find of the document server fails in the given way."""
    with pymongo.MongoClient[dict[str, Any]](servers.mongo_url("admin")) as client:
        given = {"failCommands": ["find"], **data}
        client.admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": given})
        try:
            yield
        finally:
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


async def end_sessions(servers: EmbeddedServers) -> None:
    """Cut every connection of the reader to PostgreSQL."""
    connection = await asyncpg.connect(servers.admin_url)
    try:
        await connection.execute(SESSIONS.replace("count(*)", "pg_terminate_backend(pid)"))
    finally:
        await connection.close()
