"""The citizen's view: which records of the audit tell of a citizen, found by an index that is made after the fact.

An index on the audit itself would cost a fifth of each request (decision 0021). This one is filled from the chains, off
the path of a request: each knows up to which record it has been read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from auth.audit.chain import SANDBOX
from auth.audit.subjects import SubjectHasher
from auth.errors import GovernanceUnavailableError
from auth.process.database import transaction

__all__ = ["CitizenReads", "DataRead", "Place", "ReadPage"]

Place = tuple[datetime, int, int]
"""Where a read is in the index: when, and its chain and record."""

_BATCH = 1_000
_AT_ONCE = 10_000
_CHAINS = 100
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('lienthong subject index'))"
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('lienthong subject index'))"
_BEHIND = f"""
SELECT c.chain, coalesce(s.sequence, 0) AS sequence
FROM governance.audit_chain c LEFT JOIN governance.subject_chain s USING (chain)
WHERE EXISTS (SELECT FROM governance.audit_record r WHERE r.chain = c.chain AND r.sequence > coalesce(s.sequence, 0))
  AND c.chain NOT LIKE '{SANDBOX}%'
ORDER BY c.chain LIMIT {_CHAINS}
"""  # noqa: S608 - names and numbers of ours
_BEGIN = "INSERT INTO governance.subject_chain (chain) VALUES ($1) ON CONFLICT DO NOTHING"
_INDEX = """
WITH fresh AS MATERIALIZED (
    SELECT sequence, recorded_at, subjects, outcome FROM governance.audit_record
    WHERE chain = $1 AND sequence > $2 ORDER BY sequence LIMIT $3
), added AS (
    INSERT INTO governance.subject_read
    SELECT DISTINCT one.subject, fresh.recorded_at,
           (SELECT chain_no FROM governance.subject_chain WHERE chain = $1), fresh.sequence
    FROM fresh, unnest(governance.split_subjects(fresh.subjects)) AS one (subject)
    WHERE fresh.outcome IN ('answered', 'partial')
    ON CONFLICT DO NOTHING
)
SELECT max(sequence) AS reached, count(*) AS read FROM fresh
"""
_REACHED = "UPDATE governance.subject_chain SET sequence = $2 WHERE chain = $1"
# A read made under a concealment comes into view when that is over or lifted.
_PAGE = """
SELECT i.recorded_at, i.chain_no, i.sequence, r.client_id, l.name AS client_name, r.contract_id, r.purpose,
       p.text AS purpose_text, p.legal_basis, governance.texts(a.description -> 'granted') AS granted
FROM governance.subject_read i
JOIN governance.subject_chain c USING (chain_no)
JOIN governance.audit_record r ON r.chain = c.chain AND r.sequence = i.sequence
JOIN governance.audit_plan a ON a.digest = r.plan
LEFT JOIN governance.client l ON l.client_id = r.client_id
LEFT JOIN governance.purpose p ON p.contract_id = r.contract_id AND p.version = r.version AND p.code = r.purpose
WHERE i.subject = ANY($1) AND ($2::timestamptz IS NULL OR (i.recorded_at, i.chain_no, i.sequence) < ($2, $3, $4))
  AND NOT EXISTS (SELECT FROM governance.concealment k
                  WHERE k.contract_id = r.contract_id AND k.lifted_at IS NULL
                    AND k.starts_at <= i.recorded_at AND k.ends_at > clock_timestamp())
ORDER BY i.recorded_at DESC, i.chain_no DESC, i.sequence DESC LIMIT $5
"""
_ROOTS = ("Query.", "Mutation.")


@dataclass(frozen=True, slots=True)
class DataRead:
    """A read: who, when, for which purpose, which services and fields; never a value.

    `fields` are all that the operation asked for and was permitted, of whomever it read.
    """

    at: datetime
    client_id: str | None
    client_name: str | None
    contract_id: str | None
    purpose: str | None
    purpose_text: str | None
    legal_basis: str | None
    services: Sequence[str]
    fields: Sequence[str]
    place: Place


@dataclass(frozen=True, slots=True)
class ReadPage:
    """Reads, the latest first, and whether there are more."""

    reads: Sequence[DataRead]
    more: bool


class CitizenReads:
    """Reads of citizens' data over a pool of the role `lienthong_process`.

    `hashers` hash numbers as the audit does: under its present key and former ones.
    """

    def __init__(self, pool: asyncpg.Pool[Any], hashers: Sequence[SubjectHasher]) -> None:
        self._pool = pool
        self._hashers = hashers

    async def page(self, number: str, first: int, after: Place | None = None) -> ReadPage:
        """A page of the reads of a citizen's data. What was recorded before the call is in it.

        Raises `GovernanceUnavailableError` while the index is more than some ten thousand records behind: better no
        answer than one that leaves something out.
        """
        if not await self.catch_up(wait=True):
            raise GovernanceUnavailableError("the index of the audit is being made")
        at, chain, sequence = after or (None, None, None)
        subjects = [hasher(number) for hasher in self._hashers]
        async with transaction(self._pool) as connection:
            rows = await connection.fetch(_PAGE, subjects, at, chain, sequence, first + 1)
        return ReadPage([_read(row) for row in rows[:first]], len(rows) > first)

    async def catch_up(self, *, wait: bool = False) -> bool:
        """Read on in the chains, ten thousand records or so; whether the index has all of them now.

        One process does it at a time: others `wait` for it, or leave it at that (and say False).
        """
        left = _AT_ONCE
        while left > 0:
            async with transaction(self._pool) as connection:
                if wait:
                    await connection.execute(_LOCK)
                elif not await connection.fetchval(_TRY_LOCK):
                    return False
                read = await _read_on(connection)
            if read == 0:
                return True
            left -= read
        return False


async def _read_on(connection: Any) -> int:
    """Index a batch of records, of as many chains as they are in; how many there were."""
    left = _BATCH
    for behind in await connection.fetch(_BEHIND):
        chain = behind["chain"]
        await connection.execute(_BEGIN, chain)
        indexed = await connection.fetchrow(_INDEX, chain, behind["sequence"], left)
        await connection.execute(_REACHED, chain, indexed["reached"])
        left -= indexed["read"]
        if left <= 0:
            break
    return _BATCH - left


def _read(row: Any) -> DataRead:
    granted: list[str] = row["granted"]
    return DataRead(
        at=row["recorded_at"],
        client_id=row["client_id"],
        client_name=row["client_name"],
        contract_id=row["contract_id"],
        purpose=row["purpose"],
        purpose_text=row["purpose_text"],
        legal_basis=row["legal_basis"],
        services=[name.partition(".")[2] for name in granted if name.startswith(_ROOTS)],
        fields=[name for name in granted if not name.startswith(_ROOTS)],
        place=(row["recorded_at"], row["chain_no"], row["sequence"]),
    )
