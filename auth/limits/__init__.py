"""Limits that all gateways share: requests of a minute, distinct subjects of a day."""

from __future__ import annotations

from typing import Any

import asyncpg

from auth.limits.quota import SubjectQuota
from auth.limits.rate import RequestRate

__all__ = ["SharedLimits"]


class SharedLimits:
    """The limits that are counted in PostgreSQL, over a pool that need not be durable: the audit commit comes after.

    `prefix` stands before the contract's id in every counter: what is counted under one uses up nothing of another.
    """

    def __init__(self, pool: asyncpg.Pool[Any], *, prefix: str = "") -> None:
        self.rate = RequestRate(pool, prefix=prefix)
        self.quota = SubjectQuota(pool, prefix=prefix)
