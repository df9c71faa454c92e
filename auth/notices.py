"""Notices to clients: planned maintenance, suspension, and contracts whose time is nearly over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import asyncpg

from auth.contract import Contract
from auth.database import OUTAGES
from auth.errors import GovernanceUnavailableError
from auth.moments import VIETNAM

__all__ = ["COLUMNS", "NEAR_EXPIRY", "Notice", "NoticeBoard", "NoticeKind", "notice_of"]

NoticeKind = Literal["MAINTENANCE", "SUSPENSION", "EXPIRY"]
NEAR_EXPIRY = timedelta(days=30)
"""How long before its end a contract's expiry is announced."""
COLUMNS = (
    "notice_id, kind, contracts, starts_at, ends_at, text_vi, text_en, force_majeure, published_at, actor, "
    "withdrawn_at, withdrawal"
)
_MOST = 100
_CURRENT = f"""
SELECT {COLUMNS} FROM governance.notice
WHERE withdrawn_at IS NULL AND (ends_at IS NULL OR ends_at > $2) AND (contracts IS NULL OR $1 = ANY (contracts))
ORDER BY starts_at, notice_id LIMIT {_MOST}
"""  # noqa: S608 - names of ours, values are parameters


@dataclass(frozen=True, slots=True)
class Notice:
    """What is announced: from `starts_at` to `ends_at` (open without it), to `contracts`, or to all without any.

    `force_majeure` is the reason why it was not announced seven working days ahead. A notice of expiry is made from the
    contract itself: it has no number, and was published by nobody.
    """

    kind: NoticeKind
    starts_at: datetime
    text_vi: str
    text_en: str
    ends_at: datetime | None = None
    contracts: tuple[str, ...] | None = None
    force_majeure: str | None = None
    notice_id: int | None = None
    published_at: datetime | None = None
    actor: str | None = None
    withdrawn_at: datetime | None = None
    withdrawal: str | None = None


def notice_of(row: Any) -> Notice:
    """A notice from a row of `COLUMNS`."""
    contracts = row["contracts"]
    return Notice(**{**dict(row), "contracts": None if contracts is None else tuple(contracts)})


class NoticeBoard:
    """What a client's system is told, over a pool of the gateway's role."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool

    async def current(self, contract: Contract, now: datetime) -> list[Notice]:
        """What concerns a contract and is not over, the earliest first, 100 at most, and its own end if that is near.

        Raises `GovernanceUnavailableError`.
        """
        try:
            rows = await self._pool.fetch(_CURRENT, contract.contract_id, now)
        except OUTAGES as error:
            raise GovernanceUnavailableError from error
        return [*map(notice_of, rows), *_expiry(contract, now)]


def _expiry(contract: Contract, now: datetime) -> list[Notice]:
    if contract.valid_to - now > NEAR_EXPIRY:
        return []
    day = contract.valid_to.astimezone(VIETNAM)
    return [
        Notice(
            "EXPIRY",
            contract.valid_to,
            f"Hợp đồng {contract.contract_id} hết hạn lúc {day:%H:%M ngày %d/%m/%Y}; cần gia hạn thì nộp bản mới.",
            f"Contract {contract.contract_id} ends at {day:%H:%M on %d/%m/%Y} (UTC+7); apply for a new version.",
            contracts=(contract.contract_id,),
        )
    ]
