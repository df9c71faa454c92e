"""The process of contracts as one service of the application: its parts over one pool, and its clock."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from auth.audit import SubjectHasher
from auth.database import open_governance
from auth.errors import GovernanceUnavailableError
from auth.process.accounts import Accounts
from auth.process.attachments import Attachments
from auth.process.cases import Cases
from auth.process.concealment import Concealments
from auth.process.conformance import Conformance, Tests
from auth.process.dossiers import Dossiers
from auth.process.keys import Keys
from auth.process.moves import Moves
from auth.process.notices import Notices
from auth.process.reads import CitizenReads
from auth.process.records import Records
from auth.process.sessions import Sessions
from auth.process.usage import Usages
from auth.process.vault import Vault
from graph.catalog import Catalog
from resolvers.examine import examiner_of
from samples.personas import person
from service.conformance_examples import examples_of

__all__ = ["Process", "open_process"]

_CLOCK_SECONDS = 30.0
_INDEX_SECONDS = 5.0
_POOL_SIZE = 4
_LOG = logging.getLogger("lienthong.process")


@dataclass(frozen=True, slots=True)
class Process:
    """The parts of the process, all over one pool of the role `lienthong_process`."""

    pool: asyncpg.Pool[Any]
    catalog: Catalog
    accounts: Accounts
    dossiers: Dossiers
    moves: Moves
    attachments: Attachments
    keys: Keys
    notices: Notices
    cases: Cases
    reads: CitizenReads
    concealments: Concealments
    tests: Tests
    sessions: Sessions
    usages: Usages
    records: Records

    @classmethod
    def of(
        cls, pool: asyncpg.Pool[Any], catalog: Catalog, audit_keys: Sequence[bytes], holidays: Collection[date] = ()
    ) -> Process:
        """The process over a pool.

        `audit_keys` hash subjects, the present one first: they find a citizen in the audit, and tell when a test has
        read the protected persona. `holidays` are the public holidays that are set each year.
        """
        examiner = examiner_of(catalog)
        conformance = Conformance(
            examples_of(catalog),
            shielded=catalog.shielded,
            protected=[SubjectHasher(key)(person("PROTECTED").number) for key in audit_keys],
        )
        return cls(
            pool=pool,
            catalog=catalog,
            accounts=Accounts(pool),
            dossiers=Dossiers(pool, examiner),
            moves=Moves(pool, examiner, conformance.unfinished),
            attachments=Attachments(pool, examiner),
            keys=Keys(pool, examiner),
            notices=Notices(pool, holidays),
            cases=Cases(pool, Vault.of(audit_keys)),
            reads=CitizenReads(pool, [SubjectHasher(key) for key in audit_keys]),
            concealments=Concealments(pool),
            tests=Tests(pool, examiner, conformance),
            sessions=Sessions(pool),
            usages=Usages(pool, examiner),
            records=Records(pool),
        )


@asynccontextmanager
async def open_process(
    url: str, catalog: Catalog, *, timeout: float, audit_keys: Sequence[bytes], holidays: Collection[date] = ()
) -> AsyncIterator[Process]:
    """The process over its database, and its clock, while the block runs. `timeout` in seconds bounds a statement."""
    pool = await open_governance(url, pool_size=_POOL_SIZE, timeout=timeout)
    process = Process.of(pool, catalog, audit_keys, holidays)
    tasks = [
        asyncio.create_task(_tick(process.moves), name="process-clock"),
        asyncio.create_task(_index(process.reads), name="subject-index"),
    ]
    try:
        yield process
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        pool.terminate()


async def _tick(moves: Moves) -> None:
    """Let time pass: versions whose time is over are moved to EXPIRED. Enforcement does not wait for it."""
    while True:
        try:
            for contract_id, version in await moves.expire():
                _LOG.info("contract %s version %s expired", contract_id, version)
        except GovernanceUnavailableError:
            _LOG.warning("the clock of the process waits for its database")
        await asyncio.sleep(_CLOCK_SECONDS)


async def _index(reads: CitizenReads) -> None:
    """Keep the index of the audit by subject no more than some seconds behind, in one process at a time."""
    while True:
        try:
            await reads.catch_up()
        except GovernanceUnavailableError:
            _LOG.warning("the index of the audit waits for its database")
        await asyncio.sleep(_INDEX_SECONDS)
