"""The PostgreSQL side of a load.

Empty the register, take secondary indexes and foreign keys off, copy, put them back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from samples.generate import GENERATOR, Sample, Shard
from samples.places import UNITS
from samples.register import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable

    Connection = asyncpg.Connection[asyncpg.Record]

_LOCK = 4620220
_TABLES = ", ".join(f"population.{table}" for table in reversed(COLUMNS))
_MARKER = """CREATE TABLE IF NOT EXISTS population.sample_load (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    citizens bigint NOT NULL,
    seed bigint NOT NULL,
    generator integer NOT NULL,
    loaded_at timestamptz,
    set_aside text[] NOT NULL
)"""
# The statement that drops each object, and the one that makes it again as the migrations did.
_DEFINITIONS = """
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS "drop",
           format('ALTER TABLE %s ADD CONSTRAINT %I %s',
                  conrelid::regclass, conname, pg_get_constraintdef(oid)) AS make
    FROM pg_constraint
    WHERE contype = 'f' AND conrelid = ANY($1::text[]::regclass[])
    UNION ALL
    SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    FROM pg_index
    WHERE indrelid = ANY($1::text[]::regclass[])
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
    ORDER BY make DESC"""


class LoadError(Exception):
    """The sample cannot be loaded here; the message says what to do."""


async def connect(admin_url: str) -> Connection:
    """A connection for loading, with the settings that make bulk writes fast."""
    return await asyncpg.connect(
        admin_url,
        server_settings={"synchronous_commit": "off", "maintenance_work_mem": "256MB"},
        command_timeout=1800,
    )


async def lock(connection: Connection) -> None:
    """Keep a second loader out until this connection closes. Raises LoadError when another one is at work."""
    if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
        raise LoadError("another sample load is running on this database")


async def is_loaded(connection: Connection, sample: Sample) -> bool:
    """Whether exactly this sample is there.

    Raises LoadError if the schema is missing or holds data of other origin.
    """
    if await connection.fetchval("SELECT to_regclass('population.relative')") is None:
        raise LoadError("schema population is missing: run the migrations first")
    if await connection.fetchval("SELECT to_regclass('population.sample_load')") is None:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM population.citizen)"):
            raise LoadError("population.citizen holds people that no sample load put there: refusing to replace them")
        return False
    found = await connection.fetchval(
        """SELECT count(*) FROM population.sample_load
           WHERE citizens = $1 AND seed = $2 AND generator = $3 AND loaded_at IS NOT NULL""",
        sample.citizens,
        sample.seed,
        GENERATOR,
    )
    return bool(found)


async def prepare(connection: Connection, sample: Sample) -> None:
    """Empty the register and take off what slows copying.

    What was taken off is noted, so that a broken load can be mended.
    """
    async with connection.transaction():
        await connection.execute(_MARKER)
        await _put_back(connection)
        reload = await connection.fetchval("DELETE FROM population.sample_load RETURNING true")
        await connection.execute(f"TRUNCATE {_TABLES}")
        if reload:
            await connection.execute("DELETE FROM population.administrative_unit WHERE level > 1")
        await connection.executemany(
            """INSERT INTO population.administrative_unit
                   (code, level, name, parent_code, dissolved_on, successor_code)
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING""",
            [(u.code, u.level, u.name, u.parent_code, u.dissolved_on, u.successor_code) for u in UNITS],
        )
        tables = [f"population.{table}" for table in COLUMNS]
        definitions = await connection.fetch(_DEFINITIONS, tables)
        for definition in definitions:
            await connection.execute(definition["drop"])
        await connection.execute(
            """INSERT INTO population.sample_load (citizens, seed, generator, set_aside)
               VALUES ($1, $2, $3, $4)""",
            sample.citizens,
            sample.seed,
            GENERATOR,
            [definition["make"] for definition in definitions],
        )


async def copy(connection: Connection, shard: Shard) -> None:
    """Copy one shard's rows, all or none."""
    async with connection.transaction():
        for table, columns in COLUMNS.items():
            await connection.copy_records_to_table(
                table, schema_name="population", columns=columns, records=shard.tables[table]
            )


async def finish(connection: Connection, advance: Callable[[int, int], None]) -> None:
    """Put indexes and foreign keys back as the migrations define them, and note the load as done."""
    await _put_back(connection, advance)
    await connection.execute(f"VACUUM (ANALYZE) {_TABLES}, population.administrative_unit")
    await connection.execute("UPDATE population.sample_load SET loaded_at = now()")


async def _put_back(connection: Connection, advance: Callable[[int, int], None] | None = None) -> None:
    statements = await connection.fetchval("SELECT set_aside FROM population.sample_load") or []
    async with connection.transaction():
        for done, statement in enumerate(statements, 1):
            await connection.execute(statement)
            if advance is not None:
                advance(done, len(statements))
        await connection.execute("UPDATE population.sample_load SET set_aside = '{}'")
