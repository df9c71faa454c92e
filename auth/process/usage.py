"""How a contract in force is used: requests, outcomes and persons, from the audit and the limits' own tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg

from auth.moments import VIETNAM
from auth.process.actors import Account
from auth.process.database import transaction
from auth.process.reading import Examiner, read_dossier

__all__ = ["Usage", "UsageDay", "Usages"]

# Days are Vietnamese days, as those of the limits are. The client's index leads to the rows. What was tried in the
# sandbox is on chains of its own.
_DAYS = """
SELECT (recorded_at AT TIME ZONE interval '07:00')::date AS day, outcome, count(*) AS requests
FROM governance.audit_record
WHERE client_id = $1 AND contract_id = $2 AND recorded_at >= $3 AND chain NOT LIKE 'sandbox-%' GROUP BY 1, 2
"""
_MINUTE = """
SELECT count(*) FROM governance.audit_record
WHERE client_id = $1 AND contract_id = $2 AND recorded_at >= date_trunc('minute', now()) AND chain NOT LIKE 'sandbox-%'
"""
_CODES = """
SELECT code, count(*) AS requests FROM governance.audit_record, unnest(codes) AS code
WHERE client_id = $1 AND contract_id = $2 AND recorded_at >= $3 AND chain NOT LIKE 'sandbox-%'
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
"""
_PERSONS = "SELECT day, subjects FROM governance.subject_day WHERE contract_id = $1 AND day >= $2 ORDER BY day"


@dataclass(frozen=True, slots=True)
class UsageDay:
    """A day: requests by outcome (`answered`, `partial`, `refused`), and different persons that were read."""

    day: date
    outcomes: Mapping[str, int]
    persons: int

    @property
    def requests(self) -> int:
        """All requests of the day."""
        return sum(self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Usage:
    """The use of a contract: days oldest first, the last of them today; requests of the running minute; error codes."""

    days: Sequence[UsageDay]
    this_minute: int
    codes: Sequence[tuple[str, int]]

    @property
    def today(self) -> UsageDay:
        """The day that runs."""
        return self.days[-1]


class Usages:
    """The use of contracts over a pool of the role `lienthong_process`."""

    def __init__(self, pool: asyncpg.Pool[Any], examiner: Examiner) -> None:
        self._pool = pool
        self._examiner = examiner

    async def of(self, actor: Account, contract_id: str, *, days: int = 30) -> Usage:
        """The use of a contract in the last days, for whoever may see it. Raises `DossierUnknownError`."""
        today = datetime.now(UTC).astimezone(VIETNAM).date()
        first = today - timedelta(days=days - 1)
        since = datetime(first.year, first.month, first.day, tzinfo=VIETNAM)
        async with transaction(self._pool) as connection:
            dossier = await read_dossier(connection, self._examiner, actor, contract_id, None)
            whose = (dossier.summary.client.client_id, contract_id)
            counted: dict[date, dict[str, int]] = {}
            for row in await connection.fetch(_DAYS, *whose, since):
                counted.setdefault(row["day"], {})[row["outcome"]] = row["requests"]
            persons = {row["day"]: row["subjects"] for row in await connection.fetch(_PERSONS, contract_id, first)}
            codes = [(row["code"], row["requests"]) for row in await connection.fetch(_CODES, *whose, since)]
            minute = await connection.fetchval(_MINUTE, *whose)
        every = [first + timedelta(days=n) for n in range(days)]
        return Usage([UsageDay(day, counted.get(day, {}), persons.get(day, 0)) for day in every], minute, codes)
