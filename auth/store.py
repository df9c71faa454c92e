"""Contracts and keys as PostgreSQL keeps them, cached while the database tells of every change.

A change is announced by NOTIFY and empties the cache of every worker at once. While the channel is lost nothing is
cached: each request reads for itself, and is refused when it cannot.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from auth.contract import Client, Contract, Grant, Limits, Purpose
from auth.credentials import ApiKey
from auth.documents import by_digest
from auth.errors import (
    ContractUnknownError,
    CredentialsExpiredError,
    CredentialsInvalidError,
    GovernanceUnavailableError,
)

__all__ = ["CHANNEL", "ContractStore", "open_governance"]

CHANNEL = "lienthong_governance"
_OUTAGES = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
_KEY_SQL = "SELECT contract_id, secret_sha256, expires_at, revoked_at FROM governance.api_key WHERE key_id = $1"
_CONTRACT_SQL = """
SELECT c.*, l.name AS client_name
FROM governance.contract c JOIN governance.client l USING (client_id)
WHERE c.contract_id = $1 AND c.state <> 'DRAFT'
ORDER BY c.state IN ('ACTIVE', 'SUSPENDED') DESC, c.version DESC
LIMIT 1
"""
_PURPOSE_SQL = (
    "SELECT code, text, legal_basis FROM governance.purpose WHERE contract_id = $1 AND version = $2 ORDER BY code"
)
_GRANT_SQL = """
SELECT purpose, coordinate, readable, filterable FROM governance.field_grant
WHERE contract_id = $1 AND version = $2 ORDER BY purpose, coordinate
"""
_DOCUMENT_SQL = "SELECT document FROM governance.stored_document WHERE contract_id = $1 AND version = $2"


class _StatelessConnection(asyncpg.Connection):
    """A connection that needs no reset between uses: nothing here ever changes a session's state."""

    def get_reset_query(self) -> str:
        return ""


async def open_governance(url: str, *, pool_size: int, timeout: float) -> asyncpg.Pool[Any]:
    """A pool to the governance schema; connections are made when first needed. `timeout` in seconds."""
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=pool_size,
        timeout=timeout,
        command_timeout=timeout,
        connection_class=_StatelessConnection,
        server_settings={"application_name": "lienthong-governance"},
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    digest: bytes
    expires_at: datetime
    revoked: bool
    contract: Contract | None


class ContractStore:
    """Finds the contract in force for a key. `listen` must run beside it for caching to be allowed."""

    def __init__(self, pool: asyncpg.Pool[Any], url: str, *, retry: float = 0.5) -> None:
        self._pool = pool
        self._url = url
        self._retry = retry
        self._entries: dict[str, _Entry | None] = {}
        self._generation = 0
        self._listening = False
        self._listener: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen for changes; returns at once, also when the database is away."""
        self._listener = asyncio.create_task(self._listen(), name="governance-listener")

    async def stop(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener

    async def authenticate(self, key: ApiKey, now: datetime) -> Contract:
        """The contract that a key stands for.

        Raises `CredentialsInvalidError`, `CredentialsExpiredError`, `ContractUnknownError` or
        `GovernanceUnavailableError`.
        """
        entry = self._entries.get(key.key_id) or await self._read(key.key_id)
        if entry is None or not key.matches(entry.digest):
            raise CredentialsInvalidError
        if entry.revoked or now >= entry.expires_at:
            raise CredentialsExpiredError
        if entry.contract is None:
            raise ContractUnknownError
        return entry.contract

    async def ping(self) -> None:
        """Raise `GovernanceUnavailableError` when contracts cannot be read."""
        try:
            await self._pool.fetchval("SELECT 1")
        except _OUTAGES as error:
            raise GovernanceUnavailableError from error

    async def _read(self, key_id: str) -> _Entry | None:
        generation = self._generation
        try:
            async with self._pool.acquire() as connection:
                row = await connection.fetchrow(_KEY_SQL, key_id)
                if row is None:
                    return None
                contract = await read_contract(connection, row["contract_id"])
        except _OUTAGES as error:
            raise GovernanceUnavailableError from error
        entry = _Entry(row["secret_sha256"], row["expires_at"], row["revoked_at"] is not None, contract)
        if self._listening and generation == self._generation:
            self._entries[key_id] = entry
        return entry

    def _forget(self, *_: object) -> None:
        self._generation += 1
        self._entries.clear()

    async def _listen(self) -> None:
        while True:
            lost = asyncio.Event()
            connection: asyncpg.Connection[Any] | None = None
            try:
                connection = await asyncpg.connect(
                    self._url, timeout=2, server_settings={"application_name": "lienthong-listener"}
                )
                connection.add_termination_listener(lambda *_, lost=lost: lost.set())
                await connection.add_listener(CHANNEL, self._forget)
                self._forget()
                self._listening = True
                await self._watch(connection, lost)
            except _OUTAGES:
                pass
            finally:
                self._listening = False
                self._forget()
                if connection is not None and not connection.is_closed():
                    connection.terminate()
            await asyncio.sleep(self._retry)

    async def _watch(self, connection: asyncpg.Connection[Any], lost: asyncio.Event) -> None:
        """Return when the channel is lost; a silent loss is found by asking twice a second."""
        while not lost.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), self._retry)
                return
            await connection.execute("SELECT 1", timeout=self._retry)


async def read_contract(connection: Any, contract_id: str) -> Contract | None:
    """The version of a contract that counts now: the one in force, else the latest that ended. None without any."""
    row = await connection.fetchrow(_CONTRACT_SQL, contract_id)
    if row is None:
        return None
    version = row["version"]
    purposes = await connection.fetch(_PURPOSE_SQL, contract_id, version)
    grants: dict[str, list[Grant]] = {}
    for grant in await connection.fetch(_GRANT_SQL, contract_id, version):
        granted = Grant(grant["coordinate"], grant["readable"], grant["filterable"])
        grants.setdefault(grant["purpose"], []).append(granted)
    documents = await connection.fetch(_DOCUMENT_SQL, contract_id, version)
    return Contract(
        contract_id=contract_id,
        version=version,
        client=Client(row["client_id"], row["client_name"]),
        state=row["state"],
        services=frozenset(row["services"]),
        purposes={p["code"]: Purpose(p["code"], p["text"], p["legal_basis"]) for p in purposes},
        grants={purpose: tuple(given) for purpose, given in grants.items()},
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        unpermitted=row["unpermitted"],
        row_scope={name: tuple(values) for name, values in orjson.loads(row["row_scope"]).items()},
        limits=Limits(**orjson.loads(row["limits"])),
        title=row["title"],
        documents=by_digest(document["document"] for document in documents),
        allow_list_only=row["allow_list_only"],
    )
