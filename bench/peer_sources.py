"""The databases as both peers open them: the gateway's drivers and pool sizes, and the fetches of the query.

A peer knows its query, so each fetch has its columns written out. Rows come in the order that the gateway gives.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from pymongo import AsyncMongoClient

__all__ = ["ENVIRONMENT", "Document", "Sources", "open_sources"]

ENVIRONMENT = "BENCH_SOURCES"
"""The environment variable with the databases' URLs by source name, as JSON."""

POOL_SIZE = 10
"""The default of the gateway's `pool_size`."""

_ONE_BATCH = 100_000

_CITIZENS = """
SELECT c.personal_id, c.birth_full_name, c.permanent_country_code, c.permanent_province_code, p.name, c.household_id
FROM population.citizen c
LEFT JOIN population.administrative_unit p ON p.code = c.permanent_province_code
WHERE c.personal_id = ANY($1)
"""
_MEMBERS = """
SELECT household_id, personal_id, birth_full_name FROM population.citizen
WHERE household_id = ANY($1) ORDER BY registered_no
"""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sources:
    """One PostgreSQL pool and one MongoDB client for each document database."""

    pool: asyncpg.Pool[asyncpg.Record]
    social_insurance: AsyncMongoClient[Document]
    transport: AsyncMongoClient[Document]

    async def citizens(self, personal_ids: Sequence[str]) -> list[asyncpg.Record]:
        """(number, full name, country, province code, province name, household) of each citizen found."""
        rows: list[asyncpg.Record] = await self.pool.fetch(_CITIZENS, personal_ids)
        return rows

    async def members(self, household_ids: Sequence[int]) -> list[asyncpg.Record]:
        """(household, number, full name) of each member, in order of registration."""
        rows: list[asyncpg.Record] = await self.pool.fetch(_MEMBERS, household_ids)
        return rows

    async def cards(self, personal_ids: Sequence[str]) -> list[Document]:
        """Health insurance cards, the oldest entry first."""
        return await _find(
            self.social_insurance, "social_insurance", "the_bhyt", "personalId", personal_ids, "maThe", "gtTheDen"
        )

    async def licences(self, personal_ids: Sequence[str]) -> list[Document]:
        """Driving licences, the oldest entry first."""
        return await _find(
            self.transport, "transport", "giay_phep_lai_xe", "personalId", personal_ids, "soGPLX", "hang"
        )

    async def vehicles(self, personal_ids: Sequence[str]) -> list[Document]:
        """Vehicles, the oldest entry first."""
        return await _find(self.transport, "transport", "phuong_tien", "ownerPersonalId", personal_ids, "bienSo")


async def _find(
    client: AsyncMongoClient[Document], database: str, table: str, key: str, keys: Sequence[str], *elements: str
) -> list[Document]:
    cursor = client[database][table].find(
        {key: {"$in": keys}},
        {"_id": 0, key: 1, **dict.fromkeys(elements, 1)},
        sort=[("_id", 1)],
        batch_size=_ONE_BATCH,
    )
    return await cursor.to_list(None)


@contextlib.asynccontextmanager
async def open_sources() -> AsyncIterator[Sources]:
    """The databases that the environment names, open while the block runs."""
    urls: dict[str, str] = json.loads(os.environ[ENVIRONMENT])
    async with (
        asyncpg.create_pool(urls["population"], min_size=0, max_size=POOL_SIZE) as pool,
        AsyncMongoClient[Document](urls["social_insurance"], maxPoolSize=POOL_SIZE) as social_insurance,
        AsyncMongoClient[Document](urls["transport"], maxPoolSize=POOL_SIZE) as transport,
    ):
        yield Sources(pool, social_insurance, transport)
