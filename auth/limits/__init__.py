"""Limits that all gateways share: requests of a minute, distinct subjects of a day."""

from __future__ import annotations

from typing import Any

import asyncpg

from auth.limits.pool import open_limits
from auth.limits.quota import SubjectQuota
from auth.limits.rate import RequestRate

__all__ = ["SharedLimits", "open_limits"]


class SharedLimits:
    """The limits that are counted in PostgreSQL, over a pool of `open_limits`."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self.rate = RequestRate(pool)
        self.quota = SubjectQuota(pool)
