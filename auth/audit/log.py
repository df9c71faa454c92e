"""The writer of a process: every record is durable before its response leaves.

Records that wait while a commit is under way are committed together (group commit), so that the cost per request falls
as the load rises.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg

from auth.audit.chain import INSERT_PLAN, INSERT_RECORD, Chain
from auth.audit.checkpoints import CheckpointWriter
from auth.audit.record import AuditRecord
from auth.audit.subjects import SubjectHasher
from auth.cache import LruCache
from auth.database import OUTAGES
from auth.errors import AuditError

__all__ = ["AuditLog"]

_MAX_GROUP = 256
_KNOWN_PLANS = 10_000
_LOG = logging.getLogger("lienthong.audit")
_BEGIN = "INSERT INTO governance.audit_chain VALUES ($1, $2)"

Waiting = tuple[AuditRecord, "asyncio.Future[None]"]


class AuditLog:
    """Writes a chain of records through a connection of its own to `url`. `hasher` is for whoever makes records.

    `timeout` in seconds bounds the wait for a commit; `interval` is the time in seconds between `checkpoints`; names of
    its chains begin with `prefix`.
    """

    def __init__(
        self,
        url: str,
        hasher: SubjectHasher,
        *,
        timeout: float,
        checkpoints: CheckpointWriter | None = None,
        interval: float = 1.0,
        prefix: str = "",
    ) -> None:
        self.hasher = hasher
        self._url = url
        self._timeout = timeout
        self._checkpoints = checkpoints
        self._interval = interval
        self._prefix = prefix
        self._waiting: list[Waiting] = []
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._connection: Any = None
        self._chain: Chain | None = None
        self._plans: LruCache[bytes, bool] = LruCache(_KNOWN_PLANS)
        self.observe: Callable[[float, int], None] = _unobserved
        """Told of each commit: seconds, and records; none of these when it failed."""

    @property
    def waiting(self) -> int:
        """How many records wait for a commit to begin."""
        return len(self._waiting)

    async def start(self) -> None:
        """Start the writer."""
        self._tasks.append(asyncio.create_task(self._write_groups(), name="audit-writer"))
        if self._checkpoints is not None:
            self._tasks.append(asyncio.create_task(self._checkpoint(), name="audit-checkpoints"))

    async def stop(self) -> None:
        """Stop the writer; records that wait are refused."""
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._end_chain()
        _refuse(self._waiting)

    async def write(self, record: AuditRecord) -> None:
        """Return when the record is durable. Raises `AuditError` when it cannot be written in time."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, done))
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
            group = [(record, done) for record, done in group if not done.done()]
            if not group:
                continue
            began = time.perf_counter()
            try:
                await self._commit([record for record, _ in group])
            except Exception as error:  # noqa: BLE001 - whatever happened, nothing is answered and the writer goes on
                if not isinstance(error, OUTAGES):
                    _LOG.error("audit: unexpected %s", type(error).__name__)
                _refuse(group)
                self._end_chain()
                self.observe(time.perf_counter() - began, 0)
                continue
            except asyncio.CancelledError:
                _refuse(group)
                raise
            for _, done in group:
                if not done.done():
                    done.set_result(None)
            self.observe(time.perf_counter() - began, len(group))

    async def _commit(self, records: list[AuditRecord]) -> None:
        now = datetime.now(UTC)
        if self._chain is None or self._connection.is_closed():
            self._end_chain()
            await self._begin_chain(now)
        assert self._chain is not None
        rows, link = self._chain.rows(records, now)
        fresh = {r.facts.digest: r.facts for r in records if not self._plans.get(r.facts.digest)}
        if fresh:
            async with self._connection.transaction():
                await self._connection.executemany(INSERT_PLAN, [(d, f.description) for d, f in fresh.items()])
                await self._connection.executemany(INSERT_RECORD, rows)
            for digest in fresh:  # known to be kept; one that is forgotten is written again, in vain
                self._plans.put(digest, entry=True)
        else:
            await self._connection.executemany(INSERT_RECORD, rows)
        self._chain.link = link

    async def _begin_chain(self, now: datetime) -> None:
        self._connection = await asyncpg.connect(
            self._url,
            timeout=self._timeout,
            command_timeout=self._timeout,
            server_settings={"application_name": "lienthong-audit"},
        )
        chain = Chain.new(now, self._prefix)
        await self._connection.execute(_BEGIN, chain.link.chain, now)
        self._chain = chain
        self._sign()

    def _end_chain(self) -> None:
        """Part with the writer's connection and its chain; neither is used again."""
        self._sign()
        self._chain = None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _checkpoint(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            await asyncio.to_thread(self._sign)

    def _sign(self) -> None:
        chain = self._chain
        if self._checkpoints is not None and chain is not None:
            self._checkpoints.write(chain.link)


def _unobserved(_seconds: float, _records: int) -> None:
    """Nobody looks."""


def _refuse(group: list[Waiting]) -> None:
    for _, done in group:
        if not done.done():
            done.set_exception(AuditError())
            done.exception()
