"""Concealment: for a time, reads under a contract stay out of the citizen's view, as in an investigation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from auth.audit.acts import record_act
from auth.process.actors import Account, Role
from auth.process.database import transaction
from auth.process.errors import ConcealmentRefusedError, RoleRequiredError

__all__ = ["LONGEST", "Concealment", "Concealments"]

LONGEST = timedelta(days=366)
"""How far ahead a concealment may end; what takes longer is decided anew."""
_MAX_REASON = 2_000
_COLUMNS = "concealment_id, contract_id, starts_at, ends_at, reason, actor, set_at, lifted_at, lifted_by"
_INSERT = f"""
INSERT INTO governance.concealment (contract_id, starts_at, ends_at, reason, actor)
VALUES ($1, $2, $3, $4, $5) RETURNING {_COLUMNS}
"""  # noqa: S608 - names of ours, values are parameters
_LIFT = f"""
UPDATE governance.concealment SET lifted_at = clock_timestamp(), lifted_by = $2
WHERE concealment_id = $1 AND lifted_at IS NULL RETURNING {_COLUMNS}
"""  # noqa: S608
_LIST = f"SELECT {_COLUMNS} FROM governance.concealment ORDER BY concealment_id DESC LIMIT 500"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Concealment:
    """Reads under a contract from `starts_at` on stay out of the citizen's view until `ends_at`, or until it is lifted.

    After that they are shown, those that were made under it too.
    """

    concealment_id: int
    contract_id: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    actor: str
    set_at: datetime
    lifted_at: datetime | None = None
    lifted_by: str | None = None


class Concealments:
    """Concealments over a pool of the role `lienthong_process`."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool

    async def set(
        self, actor: Account, contract_id: str, *, starts_at: datetime, ends_at: datetime, reason: str
    ) -> Concealment:
        """Conceal reads under a contract, with the act in the audit. `starts_at` may be past: reads that were made.

        Raises `RoleRequiredError`, or `ConcealmentRefusedError` that says what is wrong.
        """
        _require(actor)
        words, now = _words(reason), datetime.now(UTC)
        if not max(starts_at, now) < ends_at <= now + LONGEST:
            raise ConcealmentRefusedError(f"it must end after its start, in the next {LONGEST.days} days")
        async with transaction(self._pool) as connection:
            if not await connection.fetchval(
                "SELECT EXISTS (SELECT FROM governance.contract WHERE contract_id = $1)", contract_id
            ):
                raise ConcealmentRefusedError("there is no such contract")
            row = await connection.fetchrow(_INSERT, contract_id, starts_at, ends_at, words, actor.account_id)
            concealment = Concealment(**dict(row))
            note = f"{concealment.concealment_id} {starts_at.isoformat()} to {ends_at.isoformat()}: {words}"
            await _record(connection, "concealment.set", actor, concealment, note)
        return concealment

    async def lift(self, actor: Account, concealment_id: int, reason: str) -> Concealment:
        """End a concealment before its time, with the act in the audit."""
        _require(actor)
        words = _words(reason)
        async with transaction(self._pool) as connection:
            row = await connection.fetchrow(_LIFT, concealment_id, actor.account_id)
            if row is None:
                raise ConcealmentRefusedError("there is no such concealment, or it was lifted before")
            concealment = Concealment(**dict(row))
            await _record(connection, "concealment.lift", actor, concealment, f"{concealment_id}: {words}")
        return concealment

    async def list(self, actor: Account) -> Sequence[Concealment]:
        """All concealments, the latest first, 500 at most: for approvers and auditors."""
        if not actor.roles & {Role.APPROVER, Role.AUDITOR}:
            raise RoleRequiredError("this is for approvers and auditors")
        async with transaction(self._pool) as connection:
            return [Concealment(**dict(row)) for row in await connection.fetch(_LIST)]


def _require(actor: Account) -> None:
    if Role.APPROVER not in actor.roles:
        raise RoleRequiredError("concealment is decided by an approver of the managing agency")


def _words(reason: str) -> str:
    words = reason.strip()
    if not words or len(words) > _MAX_REASON:
        raise ConcealmentRefusedError(f"it needs a reason of at most {_MAX_REASON} characters")
    return words


async def _record(connection: Any, act: str, actor: Account, concealment: Concealment, note: str) -> None:
    await record_act(connection, act, actor=actor.account_id, contract=(concealment.contract_id, None), note=note)
