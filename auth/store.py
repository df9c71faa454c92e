"""Contracts and keys as PostgreSQL keeps them, cached while the database tells of every change.

A change is announced by NOTIFY and empties the caches of every worker at once. While the channel is lost nothing is
cached: each request reads for itself, and is refused when it cannot. Keys and contracts are cached apart, so that a
contract is the same whatever credentials led to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, Literal, TypeVar

import asyncpg
import orjson

from auth.cache import LruCache
from auth.contract import Client, Contract, Grant, Limits, Purpose
from auth.database import OUTAGES
from auth.documents import by_digest
from auth.errors import GovernanceUnavailableError

__all__ = ["CHANNEL", "ContractStore", "Environment", "StoredKey", "read_contract", "read_version"]

CHANNEL = "lienthong_governance"
Environment = Literal["production", "sandbox"]
"""Production answers with citizens' data, the sandbox with that of test personas, both by the same contracts."""

_T = TypeVar("_T")
_CACHED = 10_000
_EVER, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_READS = 8
_KEY_SQL = (
    "SELECT contract_id, secret_sha256, expires_at, revoked_at, certificate_sha256 "
    "FROM governance.api_key WHERE key_id = $1 AND environment = $2"
)
_IN_FORCE = ["ACTIVE", "SUSPENDED"]
_ENDED = ["TERMINATED", "EXPIRED", "SUPERSEDED"]
# In the sandbox a version under test comes before the one in force; production knows only what was decided.
_TESTED = ["TECHNICAL_TEST", "SECURITY_CHECK", "APPROVED"]
_RANKED: dict[Environment, tuple[list[str], ...]] = {
    "production": (_IN_FORCE, _ENDED),
    "sandbox": (_TESTED, _IN_FORCE, _ENDED),
}
_CLIENT_SQL = (
    "SELECT DISTINCT contract_id FROM governance.contract WHERE client_id = $1 AND state = ANY($2) ORDER BY contract_id"
)
_SELECT_CONTRACT = """
SELECT c.*, l.name AS client_name
FROM governance.contract c JOIN governance.client l USING (client_id)
WHERE c.contract_id = $1
"""
_VERSION_SQL = _SELECT_CONTRACT + " AND c.version = $2"
_CONTRACT_SQL = _SELECT_CONTRACT + " AND c.state = ANY($2) ORDER BY c.version DESC LIMIT 1"
_PURPOSE_SQL = (
    "SELECT code, text, legal_basis FROM governance.purpose WHERE contract_id = $1 AND version = $2 ORDER BY code"
)
_GRANT_SQL = """
SELECT purpose, coordinate, readable, filterable, protected FROM governance.field_grant
WHERE contract_id = $1 AND version = $2 ORDER BY purpose, coordinate
"""
_CLOCK_SQL = "SELECT extract(epoch FROM clock_timestamp())::float8"
_DOCUMENT_SQL = "SELECT document FROM governance.stored_document WHERE contract_id = $1 AND version = $2"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """An API key as it is kept; `certificate` is the SHA-256 of the client certificate that it is bound to, if any."""

    contract_id: str
    digest: bytes
    expires_at: datetime
    revoked: bool
    certificate: bytes | None


class _Table(Generic[_T]):
    """What was read of one kind by name, and apart from it the names of what there is not: guesses displace nothing."""

    def __init__(self, read: Callable[[Any, str], Awaitable[_T | None]]) -> None:
        self.read = read
        self.found: LruCache[str, _T] = LruCache(_CACHED)
        self.missing: LruCache[str, bool] = LruCache(_CACHED)

    def put(self, name: str, found: _T | None) -> None:
        """Keep what was found, or that nothing was."""
        if found is None:
            self.missing.put(name, entry=True)
        else:
            self.found.put(name, found)

    def clear(self) -> None:
        """Forget everything."""
        self.found.clear()
        self.missing.clear()


class ContractStore:
    """Finds keys and contracts of one environment. It caches only after `start`. `timeout` in seconds bounds a read.

    At most a few reads are under way at a time; others wait, and find the answer in the cache when it was theirs too.
    """

    def __init__(
        self,
        pool: asyncpg.Pool[Any],
        url: str,
        *,
        environment: Environment = "production",
        timeout: float = 5.0,
        retry: float = 0.5,
    ) -> None:
        self._pool = pool
        self._url = url
        self._timeout = timeout
        self._retry = retry
        self._keys = _Table(partial(_read_key, environment=environment))
        self._contracts = _Table(partial(read_contract, environment=environment))
        self._clients = _Table(partial(_read_client, environment=environment))
        self._reads = asyncio.Semaphore(_READS)
        self._generation = 0
        self._listening = False
        self._listener: asyncio.Task[None] | None = None
        self._ahead: float | None = None
        self.observe: Callable[[float], None] = _unobserved
        """Told of each change that took effect here: the seconds since it was made, by the database's clock."""

    @property
    def listening(self) -> bool:
        """Whether changes are announced; while they are not, nothing is cached."""
        return self._listening

    async def start(self) -> None:
        """Begin to listen for changes; returns at once, also when the database is away."""
        self._listener = asyncio.create_task(self._listen(), name="governance-listener")

    async def stop(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener

    async def key(self, key_id: str, admit: Callable[[], None]) -> StoredKey | None:
        """The key with an id, or None. `admit` is called before the database is read, and may raise.

        Raises `GovernanceUnavailableError`.
        """
        if (key := self._keys.found.get(key_id)) is not None:
            return key
        return await self._find(self._keys, key_id, admit)

    async def contract(self, contract_id: str) -> Contract | None:
        """The version of a contract that counts now, or None. Raises `GovernanceUnavailableError`."""
        if (contract := self._contracts.found.get(contract_id)) is not None:
            return contract
        return await self._find(self._contracts, contract_id)

    async def contracts_of(self, client_id: str) -> tuple[str, ...]:
        """The ids of a client's contracts in force, suspended ones too. Raises `GovernanceUnavailableError`."""
        if (contracts := self._clients.found.get(client_id)) is not None:
            return contracts
        return await self._find(self._clients, client_id) or ()

    async def ping(self) -> None:
        """Raise `GovernanceUnavailableError` when contracts cannot be read."""
        try:
            await self._pool.fetchval("SELECT 1")
        except OUTAGES as error:
            raise GovernanceUnavailableError from error

    async def _find(self, table: _Table[_T], name: str, admit: Callable[[], None] | None = None) -> _T | None:
        if table.missing.get(name):
            return None
        try:
            async with asyncio.timeout(self._timeout), self._reads:
                if (found := table.found.get(name)) or table.missing.get(name):
                    return found
                if admit is not None:
                    admit()
                generation = self._generation
                async with self._pool.acquire() as connection:
                    found = await table.read(connection, name)
        except OUTAGES as error:
            raise GovernanceUnavailableError from error
        if self._listening and generation == self._generation:
            table.put(name, found)
        return found

    def _changed(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        """Let a change take effect, and tell how long it took (its payload ends with the time)."""
        self._forget()
        with contextlib.suppress(ValueError, IndexError):
            made = float(str(payload).split()[1])
            if self._ahead is not None:
                self.observe(max(0.0, time.time() + self._ahead - made))

    def _forget(self) -> None:
        self._generation += 1
        for table in (self._keys, self._contracts, self._clients):
            table.clear()

    async def _listen(self) -> None:
        while True:
            lost = asyncio.Event()
            connection: asyncpg.Connection[Any] | None = None
            try:
                connection = await asyncpg.connect(
                    self._url, timeout=2, server_settings={"application_name": "lienthong-listener"}
                )
                connection.add_termination_listener(lambda *_, lost=lost: lost.set())
                await connection.add_listener(CHANNEL, self._changed)
                await self._compare_clocks(connection)
                self._forget()
                self._listening = True
                await self._watch(connection, lost)
            except OUTAGES:
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
            await self._compare_clocks(connection)

    async def _compare_clocks(self, connection: Any) -> None:
        """Learn how far the database's clock is ahead of ours, as seen from the middle of the way there and back."""
        asked = time.time()
        theirs = await connection.fetchval(_CLOCK_SQL, timeout=self._retry)
        self._ahead = theirs - (asked + time.time()) / 2


def _unobserved(_seconds: float) -> None:
    """Nobody looks."""


async def _read_key(connection: Any, key_id: str, environment: Environment) -> StoredKey | None:
    row = await connection.fetchrow(_KEY_SQL, key_id, environment)
    if row is None:
        return None
    return StoredKey(
        contract_id=row["contract_id"],
        digest=row["secret_sha256"],
        expires_at=row["expires_at"],
        revoked=row["revoked_at"] is not None,
        certificate=row["certificate_sha256"],
    )


async def _read_client(connection: Any, client_id: str, environment: Environment) -> tuple[str, ...] | None:
    states = [state for rank in _RANKED[environment] if rank is not _ENDED for state in rank]
    return tuple(row["contract_id"] for row in await connection.fetch(_CLIENT_SQL, client_id, states)) or None


async def read_contract(connection: Any, contract_id: str, environment: Environment = "production") -> Contract | None:
    """The version of a contract that counts now: the one in force, else the latest that ended. None without any.

    In the sandbox one under test comes first; it is judged there as if it were in force.
    """
    for rank in _RANKED[environment]:
        row = await connection.fetchrow(_CONTRACT_SQL, contract_id, rank)
        if row is not None:
            contract = await _contract(connection, row)
            if rank is _TESTED:
                contract = replace(contract, state="ACTIVE", valid_from=_EVER, valid_to=_NEVER)
            return contract
    return None


async def read_version(connection: Any, contract_id: str, version: int) -> Contract | None:
    """One version of a contract in whatever state, or None."""
    row = await connection.fetchrow(_VERSION_SQL, contract_id, version)
    return None if row is None else await _contract(connection, row)


async def _contract(connection: Any, row: Any) -> Contract:
    contract_id = row["contract_id"]
    version = row["version"]
    purposes = await connection.fetch(_PURPOSE_SQL, contract_id, version)
    grants: dict[str, list[Grant]] = {}
    for grant in await connection.fetch(_GRANT_SQL, contract_id, version):
        granted = Grant(grant["coordinate"], grant["readable"], grant["filterable"], grant["protected"])
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
