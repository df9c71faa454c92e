"""The audit: one durable record per request, written before the response leaves.

Names of fields are recorded, values never; a citizen is recorded as a keyed hash. Records that wait while a commit is
under way are committed together (group commit), so that the cost per request falls as the load rises.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson

from auth.errors import AuditError

__all__ = ["AuditLog", "AuditRecord", "SubjectHasher"]

_MAX_GROUP = 256
_INSERT = """
INSERT INTO governance.audit_record (
    trace_id, client_id, contract_id, version, purpose, operation_type, operation_name, document_hash,
    requested, granted, denied, sources, row_counts, subjects, outcome, codes
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""


@dataclass(slots=True)
class AuditRecord:
    """What is kept of a request. `outcome` is `answered`, `partial` or `refused`; `codes` are its error codes."""

    trace_id: str
    client_id: str | None = None
    contract_id: str | None = None
    version: int | None = None
    purpose: str | None = None
    operation_type: str | None = None
    operation_name: str | None = None
    document_hash: bytes | None = None
    requested: Sequence[str] = ()
    granted: Sequence[str] = ()
    denied: Sequence[str] = ()
    sources: Sequence[str] = ()
    row_counts: Mapping[str, int] = field(default_factory=dict)
    subjects: Sequence[bytes] = ()
    outcome: str = "refused"
    codes: Sequence[str] = ()

    def row(self) -> tuple[Any, ...]:
        """The values of the record's columns."""
        return (
            self.trace_id,
            self.client_id,
            self.contract_id,
            self.version,
            self.purpose,
            self.operation_type,
            self.operation_name,
            self.document_hash,
            self.requested,
            self.granted,
            self.denied,
            self.sources,
            orjson.dumps(dict(self.row_counts)).decode(),
            self.subjects,
            self.outcome,
            self.codes,
        )


class SubjectHasher:
    """Keyed hashes of personal numbers (BLAKE2b, 16 bytes): equal for equal numbers, useless without the key."""

    def __init__(self, key: bytes) -> None:
        self._base = hashlib.blake2b(key=key, digest_size=16)

    def __call__(self, subject: str) -> bytes:
        """The hash of one number."""
        hashed = self._base.copy()
        hashed.update(subject.encode())
        return hashed.digest()


class AuditLog:
    """Writes records through one connection, which it keeps. `timeout` in seconds bounds the wait for a commit."""

    def __init__(self, pool: asyncpg.Pool[Any], *, timeout: float) -> None:
        self._pool = pool
        self._timeout = timeout
        self._waiting: list[tuple[tuple[Any, ...], asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._connection: Any = None

    async def start(self) -> None:
        """Start the writer."""
        self._writer = asyncio.create_task(self._write_groups(), name="audit-writer")

    async def stop(self) -> None:
        """Stop the writer; records that wait are refused."""
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self._give_back()
        for _, done in self._waiting:
            if not done.done():
                done.set_exception(AuditError())

    async def write(self, record: AuditRecord) -> None:
        """Return when the record is durable. Raises `AuditError` when it cannot be written in time."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((record.row(), done))
        self._wake.set()
        try:
            async with asyncio.timeout(self._timeout):
                await done
        except TimeoutError as error:
            raise AuditError from error

    async def _write_groups(self) -> None:
        while True:
            await self._wake.wait()
            group, self._waiting = self._waiting[:_MAX_GROUP], self._waiting[_MAX_GROUP:]
            if not self._waiting:
                self._wake.clear()
            group = [(row, done) for row, done in group if not done.done()]
            if group:
                await self._commit(group)

    async def _commit(self, group: list[tuple[tuple[Any, ...], asyncio.Future[None]]]) -> None:
        try:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._pool.acquire()
            await self._connection.executemany(_INSERT, [row for row, _ in group])
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await self._give_back()
            for _, done in group:
                if not done.done():
                    done.set_exception(AuditError())
                    done.exception()
            return
        for _, done in group:
            if not done.done():
                done.set_result(None)

    async def _give_back(self) -> None:
        """Part with the writer's connection; it is not used again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
            await self._pool.release(connection)
