"""How many requests a contract sends in a minute, counted by PostgreSQL for all gateways.

A gateway takes leases of some requests at a time, so that few requests have to ask: the allowed number is never passed.
A lease ends with its minute; what is left of it is lost, which is at most one part in `_SHARE` of what was left when it
was taken. Contracts with small limits take one at a time.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from auth.contract import Contract
from auth.database import ask
from auth.errors import RateLimitedError

__all__ = ["RequestRate"]

_SHARE = 64
_LEASE = "SELECT leased, seconds_left FROM governance.lease_requests($1, $2, $3)"


@dataclass(slots=True)
class _Lease:
    """`left` requests until the monotonic time `ends`, under the limit `allowed`; `spent` when there are no more."""

    allowed: int = 0
    left: int = 0
    ends: float = 0.0
    spent: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def holds(self, allowed: int) -> bool:
        return self.allowed == allowed and time.monotonic() < self.ends


class RequestRate:
    """Counts requests by contract and minute (of the database's clock).

    `prefix` stands before the contract's id in the counters.
    """

    def __init__(self, pool: asyncpg.Pool[Any], *, prefix: str = "") -> None:
        self._pool = pool
        self._prefix = prefix
        self._leases: dict[str, _Lease] = {}

    async def take(self, contract: Contract) -> None:
        """Count one request. Raises `RateLimitedError` or `GovernanceUnavailableError`."""
        lease = self._leases.setdefault(contract.contract_id, _Lease())
        allowed = contract.limits.requests_per_minute
        if not (lease.left > 0 and lease.holds(allowed)):
            async with lease.lock:
                await self._renew(contract.contract_id, lease, allowed)
        lease.left -= 1

    async def _renew(self, contract_id: str, lease: _Lease, allowed: int) -> None:
        if not lease.holds(allowed):
            lease.left, lease.spent = 0, False
        if lease.left == 0 and not lease.spent:
            row = await ask(self._pool, _LEASE, self._prefix + contract_id, allowed, _SHARE)
            lease.allowed, lease.left = allowed, row["leased"]
            lease.ends = time.monotonic() + row["seconds_left"]
            lease.spent = lease.left == 0
        if lease.left == 0:
            retry_after = max(1, math.ceil(lease.ends - time.monotonic()))
            raise RateLimitedError(None, limit="requests_per_minute", allowed=allowed, retryAfter=retry_after)
