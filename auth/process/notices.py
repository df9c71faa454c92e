"""Publishing and withdrawing notices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any

import asyncpg

from auth.audit.acts import record_act
from auth.notices import COLUMNS, Notice, notice_of
from auth.process.actors import Account, Role
from auth.process.database import transaction
from auth.process.errors import NoticeRefusedError, RoleRequiredError
from auth.working_days import after_working_days

__all__ = ["WORKING_DAYS_AHEAD", "Notices"]

WORKING_DAYS_AHEAD = 7
"""How many whole working days lie between a notice and what it announces, force majeure aside."""
_MAX_TEXT = 2_000
_INSERT = f"""
INSERT INTO governance.notice (kind, contracts, starts_at, ends_at, text_vi, text_en, force_majeure, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {COLUMNS}
"""  # noqa: S608 - names of ours, values are parameters
_WITHDRAW = f"""
UPDATE governance.notice SET withdrawn_at = clock_timestamp(), withdrawal = $2
WHERE notice_id = $1 AND withdrawn_at IS NULL RETURNING {COLUMNS}
"""  # noqa: S608
_LIST = f"""
SELECT {COLUMNS} FROM governance.notice
WHERE ($1::text IS NULL
       OR (withdrawn_at IS NULL AND (contracts IS NULL OR EXISTS (
           SELECT FROM governance.contract c WHERE c.client_id = $1 AND c.contract_id = ANY (contracts)))))
ORDER BY starts_at DESC, notice_id DESC LIMIT 500
"""  # noqa: S608
_UNKNOWN = """
SELECT given FROM unnest($1::text[]) AS one (given)
WHERE NOT EXISTS (SELECT FROM governance.contract c WHERE c.contract_id = given) ORDER BY given
"""
_PUBLISHERS = {
    # Who suspends says so beforehand; who runs the service announces when it is not there.
    "SUSPENSION": frozenset({Role.APPROVER}),
    "MAINTENANCE": frozenset({Role.APPROVER, Role.OPERATOR}),
}


class Notices:
    """Notices over a pool of the role `lienthong_process`. `holidays` are the public holidays set each year."""

    def __init__(self, pool: asyncpg.Pool[Any], holidays: Collection[date] = ()) -> None:
        self._pool = pool
        self._holidays = frozenset(holidays)

    def earliest(self, now: datetime) -> datetime:
        """The earliest start of what is announced at `now` without force majeure."""
        return after_working_days(now, WORKING_DAYS_AHEAD, self._holidays)

    async def publish(self, actor: Account, notice: Notice) -> Notice:
        """Publish a notice, with its act in the audit; as it is kept.

        Raises `RoleRequiredError`, or `NoticeRefusedError` that says what is wrong with it.
        """
        _require(actor, notice.kind)
        texts = [notice.text_vi.strip(), notice.text_en.strip()]
        reason = notice.force_majeure and notice.force_majeure.strip()
        if not all(texts) or any(len(text) > _MAX_TEXT for text in (*texts, reason or "")):
            raise NoticeRefusedError(f"a notice has texts in Vietnamese and English of at most {_MAX_TEXT} characters")
        contracts = None if notice.contracts is None else sorted(set(notice.contracts))
        self._check(notice, contracts, reason)
        async with transaction(self._pool) as connection:
            if unknown := [row["given"] for row in await connection.fetch(_UNKNOWN, contracts or [])]:
                raise NoticeRefusedError(f"there is no contract `{unknown[0]}`")
            row = await connection.fetchrow(
                _INSERT, notice.kind, contracts, notice.starts_at, notice.ends_at, *texts, reason or None,
                actor.account_id,
            )  # fmt: skip
            published = notice_of(row)
            await self._record(connection, "notice.publish", actor, published, reason or None)
        return published

    async def withdraw(self, actor: Account, notice_id: int, reason: str) -> Notice:
        """Take a notice back, with a reason. Raises `NoticeRefusedError` when there is none that stands."""
        words = reason.strip()
        if not words or len(words) > _MAX_TEXT:
            raise NoticeRefusedError(f"a withdrawal needs a reason of at most {_MAX_TEXT} characters")
        async with transaction(self._pool) as connection:
            row = await connection.fetchrow(_WITHDRAW, notice_id, words)
            if row is None:
                raise NoticeRefusedError("there is no such notice, or it was withdrawn before")
            withdrawn = notice_of(row)
            _require(actor, withdrawn.kind)
            await self._record(connection, "notice.withdraw", actor, withdrawn, words)
        return withdrawn

    async def list(self, actor: Account) -> Sequence[Notice]:
        """The notices that an account may see, the latest first: an officer, those to the unit that stand."""
        unit = actor.client_id if actor.roles == {Role.UNIT_OFFICER} else None
        async with transaction(self._pool) as connection:
            return [notice_of(row) for row in await connection.fetch(_LIST, unit)]

    def _check(self, notice: Notice, contracts: Sequence[str] | None, reason: str | None) -> None:
        now = datetime.now(UTC)
        if notice.kind == "SUSPENSION" and not contracts:
            raise NoticeRefusedError("a suspension names its contracts")
        if contracts is not None and not contracts:
            raise NoticeRefusedError("a notice goes to all, or names contracts")
        if notice.kind == "MAINTENANCE" and notice.ends_at is None:
            raise NoticeRefusedError("maintenance has an end")
        if notice.ends_at is not None and notice.ends_at <= max(notice.starts_at, now):
            raise NoticeRefusedError("it must end after it starts, and in the future")
        if reason is None and notice.starts_at < (earliest := self.earliest(now)):
            raise NoticeRefusedError(
                f"it must start {WORKING_DAYS_AHEAD} working days ahead, or give the reason of force majeure",
                earliest=earliest.isoformat(),
            )

    @staticmethod
    async def _record(connection: Any, act: str, actor: Account, notice: Notice, reason: str | None) -> None:
        to = "all" if notice.contracts is None else ", ".join(notice.contracts)
        note = f"{notice.notice_id} {notice.kind} {notice.starts_at.isoformat()} to {to}"
        words = note if reason is None else f"{note}: {reason}"
        await record_act(connection, act, actor=actor.account_id, note=words)


def _require(actor: Account, kind: str) -> None:
    publishers = _PUBLISHERS.get(kind)
    if publishers is None:
        raise NoticeRefusedError("a notice is of MAINTENANCE or of SUSPENSION")
    if not actor.roles & publishers:
        named = " or ".join(sorted(role.value.lower() for role in publishers))
        raise RoleRequiredError(f"this notice is for an {named} of the managing agency")
