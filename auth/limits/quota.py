"""How many different persons a contract reads in a day, counted by PostgreSQL for all gateways.

A request is counted after it has read and before it answers, all of its subjects or none. What a gateway knows to be
counted today it does not ask about again; only persons who are new to it cost a statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg

from auth.contract import Contract
from auth.database import ask
from auth.errors import QuotaExceededError
from auth.moments import VIETNAM

__all__ = ["SubjectQuota"]

_MOST_KNOWN = 1_000_000
_COUNT = "SELECT governance.count_subjects($1, $2, $3, $4) AS counted"


class SubjectQuota:
    """Counts distinct subjects by contract and day (of Vietnamese time, by this gateway's clock).

    `prefix` stands before the contract's id in the counters.
    """

    def __init__(self, pool: asyncpg.Pool[Any], *, prefix: str = "") -> None:
        self._pool = pool
        self._prefix = prefix
        self._day: date = date.min
        self._counted: dict[str, set[bytes]] = {}
        self._known = 0

    async def count(self, contract: Contract, subjects: Sequence[bytes], now: datetime) -> None:
        """Count the hashed subjects of a request.

        Raises `QuotaExceededError` (and counts none of them) or `GovernanceUnavailableError`.
        """
        local = now.astimezone(VIETNAM)
        today = local.date()
        if today != self._day:
            self._day, self._counted, self._known = today, {}, 0
        counted = self._counted.setdefault(contract.contract_id, set())
        if counted.issuperset(subjects):
            return
        allowed = contract.limits.subjects_per_day
        fresh = list({subject for subject in subjects if subject not in counted})
        row = await ask(self._pool, _COUNT, self._prefix + contract.contract_id, today, fresh, allowed)
        if not row["counted"]:
            midnight = datetime.combine(today + timedelta(days=1), datetime.min.time(), VIETNAM)
            retry_after = max(1, int((midnight - local).total_seconds()) + 1)
            raise QuotaExceededError(None, limit="subjects_per_day", allowed=allowed, retryAfter=retry_after)
        if today == self._day and self._known + len(fresh) <= _MOST_KNOWN:
            before = len(counted)
            counted.update(fresh)
            self._known += len(counted) - before
